//! One printer at this computer: takes the server's jobs for it, one by one, and tells what became of each.
//!
//! ```text
//! offered (on disk) -> the server says "still meant" -> sending (on disk) -> bytes -> done (on disk) -> told -> forgotten
//! ```
//! A job that was `sending` when the agent stopped is `unknown`: how much of it came out nobody can know, and it is never
//! sent again from here. One that was only `offered` is asked after first; nothing of it had left this computer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use outguide_hardware::printer::{Payload, Printer, Progress, SendOutcome, Track};
use outguide_hardware::scanner::Stop;
use uuid::Uuid;

use super::shared::Shared;
use super::store::{JobState, Store, StoreError, StoredJob};
use super::upstream::Upstream;
use super::wire::{JobFate, JobReport, Offer, PrinterReport, Why};

/// How long the server keeps the question for the next job open.
const WAIT_FOR_JOB: Duration = Duration::from_secs(3);
/// The wait after the server or the disk failed.
const TRY_AGAIN: Duration = Duration::from_secs(1);
/// How often the printer is asked how it is, at most.
const ASK_EVERY: Duration = Duration::from_secs(3);
/// How long a job that a printer took is asked after, running or stopped.
const FOLLOW_MOST: Duration = Duration::from_secs(60);
const FOLLOW_STOPPED_MOST: Duration = Duration::from_secs(15 * 60);
/// Said of a job that was being sent when the agent stopped.
const STOPPED_WHILE_SENDING: &str = "the kiosk's computer stopped while this was being sent";

/// One printer's worker.
pub struct PrintWorker {
    /// The printer's id, the same as at the server.
    pub id: String,
    /// What it understands.
    pub language: String,
    /// The way to it.
    pub printer: Arc<dyn Printer>,
    /// Jobs on disk.
    pub store: Arc<Store>,
    /// How it is, for all to see.
    pub shared: Arc<Shared>,
    /// The way to the server.
    pub upstream: Upstream,
    /// Ends it.
    pub stop: Stop,
}

impl PrintWorker {
    /// Until it is stopped, after the job in hand.
    pub fn run(&self) {
        while let Err(error) = self.give_up_interrupted() {
            tracing::warn!(printer = self.id, %error, "print jobs cannot be read");
            if self.stop.wait(TRY_AGAIN) {
                return;
            }
        }
        let mut asked = None::<Instant>;
        while !self.stop.is_set() {
            if asked.is_none_or(|at| at.elapsed() >= ASK_EVERY) {
                self.shared.set_printer(PrinterReport::of(&self.id, &self.printer.health()));
                asked = Some(Instant::now());
            }
            if !self.shared.wait_reached(TRY_AGAIN) {
                continue;
            }
            match self.step() {
                Ok(true) => asked = None,
                Ok(false) => {}
                Err(why) => {
                    tracing::warn!(printer = self.id, why, "printing waits");
                    self.stop.wait(TRY_AGAIN);
                }
            }
        }
    }

    fn give_up_interrupted(&self) -> Result<(), StoreError> {
        for job in self.store.jobs(&self.id)?.iter().filter(|job| job.state == JobState::Sending) {
            let why = Why::said(STOPPED_WHILE_SENDING);
            self.store.job_done(job.offer, &JobFate::Unknown { sent_bytes: 0, why })?;
        }
        Ok(())
    }

    /// What was done is told before anything new is taken. Was there a job?
    fn step(&self) -> Result<bool, String> {
        let jobs = self.store.jobs(&self.id).map_err(text)?;
        if let Some(done) = jobs.iter().find(|job| job.state == JobState::Done) {
            return self.tell(done).map(|()| true);
        }
        let job = match jobs.into_iter().next() {
            Some(job) => job,
            None => match self.next()? {
                Some(job) => job,
                None => return Ok(false),
            },
        };
        if self.still_meant(&job)? {
            self.deliver(&job)?;
        } else {
            // Withdrawn: the server knows that nothing was sent, or asks a person.
            self.store.job_done(job.offer, &JobFate::NothingSent { why: Why::said("withdrawn") }).map_err(text)?;
        }
        Ok(true)
    }

    fn next(&self) -> Result<Option<StoredJob>, String> {
        let path = format!("/printers/{}/next?wait_seconds={}", self.id, WAIT_FOR_JOB.as_secs());
        let answer = self.upstream.get(&self.upstream.agent_path(&path), WAIT_FOR_JOB).map_err(text)?;
        if answer.status == 204 {
            return Ok(None);
        }
        let said = answer.said();
        let offer: Offer = answer.read().ok_or(said)?;
        let bytes = hex::decode(&offer.bytes).map_err(text)?;
        self.store.add_job(&offer, &bytes).map_err(text)?;
        Ok(self.store.jobs(&self.id).map_err(text)?.into_iter().find(|job| job.offer == offer.offer))
    }

    /// Takes the job for good. Asked again, the answer is the same, for as long as the server waits for its fate.
    fn still_meant(&self, job: &StoredJob) -> Result<bool, String> {
        let answer = self.upstream.post(&self.offer_path(job.offer, "take"), &serde_json::json!({})).map_err(text)?;
        match answer.status {
            200..=299 => Ok(true),
            404 | 409 | 410 => Ok(false),
            _ => Err(answer.said()),
        }
    }

    fn deliver(&self, job: &StoredJob) -> Result<(), String> {
        if job.language != self.language {
            let why = Why::refused(format!(
                "the printer speaks {} here and {} at the server: make both files say the same",
                self.language, job.language
            ));
            return self.done(job, &JobFate::NothingSent { why });
        }
        // Durable before the first byte: whatever happens from here on, this job is not sent twice unseen.
        if !self.store.sending_job(job.offer).map_err(text)? {
            return Ok(());
        }
        let payload = Payload { name: &job.name, bytes: &job.bytes, labels: job.labels, language: &job.language };
        match self.printer.send(payload) {
            SendOutcome::NothingSent(error) => self.done(job, &JobFate::NothingSent { why: error.into() }),
            SendOutcome::Unknown { sent_bytes, error } => {
                let sent_bytes = u64::try_from(sent_bytes).unwrap_or(u64::MAX);
                self.done(job, &JobFate::Unknown { sent_bytes, why: error.into() })
            }
            SendOutcome::Sent(track) => {
                self.done(job, &JobFate::Sent)?;
                // Best told at once; where that fails it is told with the next step, and the job is followed all the same.
                if let Err(why) = self.tell(&StoredJob { fate: Some(JobFate::Sent), ..job.clone() }) {
                    tracing::warn!(printer = self.id, why, "that a label was sent is told later");
                }
                self.follow(job, track)
            }
        }
    }

    /// Notes a fate, for as long as that takes: the disk may be full, the label is out.
    fn done(&self, job: &StoredJob, fate: &JobFate) -> Result<(), String> {
        loop {
            match self.store.job_done(job.offer, fate) {
                Ok(()) => return Ok(()),
                Err(error) => {
                    tracing::error!(printer = self.id, job = job.name, %error, "its fate waits to be written down");
                    if self.stop.wait(TRY_AGAIN) {
                        return Err(error.to_string());
                    }
                }
            }
        }
    }

    /// Asks the printer what became of a job that it took. Nothing else is sent meanwhile, or its count would be of both.
    fn follow(&self, job: &StoredJob, mut track: Track) -> Result<(), String> {
        let began = Instant::now();
        loop {
            match self.printer.follow(&mut track) {
                Progress::Printed(_) => return self.later(job, JobFate::Printed),
                Progress::Failed(why) => return self.later(job, JobFate::Failed { why: Why::said(why) }),
                Progress::Unproven(_) => return self.later(job, JobFate::Unproven),
                Progress::StillPrinting { faults, look_again, .. } => {
                    let most = if faults.is_empty() { FOLLOW_MOST } else { FOLLOW_STOPPED_MOST };
                    let state = outguide_hardware::printer::PrinterState::from_faults(faults);
                    self.shared.set_printer(PrinterReport::of(&self.id, &state.into()));
                    if began.elapsed() >= most || self.stop.wait(look_again) {
                        return self.later(job, JobFate::Unproven);
                    }
                }
            }
        }
    }

    /// More became known of a job that may have been told as sent and forgotten.
    fn later(&self, job: &StoredJob, fate: JobFate) -> Result<(), String> {
        self.store.add_fate(&self.id, job, &fate).map_err(text)
    }

    /// Tells the server; it answers once its own ledger has it.
    fn tell(&self, job: &StoredJob) -> Result<(), String> {
        let Some(fate) = job.fate.clone() else { return Ok(()) };
        let report = JobReport { name: job.name.clone(), printer: self.id.clone(), fate: fate.clone() };
        let answer = self.upstream.post(&self.offer_path(job.offer, "report"), &report).map_err(text)?;
        match answer.status {
            // 4xx: this server will never understand it, and asks a person what became of the job.
            200..=299 | 400 | 404 | 409 | 422 => self.store.forget_job(job.offer, &fate).map_err(text),
            _ => Err(answer.said()),
        }
    }

    fn offer_path(&self, offer: Uuid, verb: &str) -> String {
        self.upstream.agent_path(&format!("/offers/{offer}/{verb}"))
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
