//! One printer's worker.

use std::sync::Arc;
use std::time::{Duration, Instant};

use outguide_hardware::printer::fault::advice;
use outguide_hardware::printer::{
    Fault, Health, Payload, Printer, PrinterState, Progress, SendError, SendOutcome, Warning,
};

use super::following::Following;
use super::making::{self, Made};
use super::{Desk, Jobs, JobsError, LabelFault, Limits, PrinterSpec};
use crate::ledger::{PrintJobRow, PrintJobState};

/// Said of jobs that were being sent when the server stopped.
const STOPPED_WHILE_SENDING: &str = "Outguide stopped while this was being sent: look at the printer";

/// How late a look at the printer may be while jobs are sent: each of them looks at it too.
const LOOKS_LATE_MOST: Duration = Duration::from_millis(500);

/// How long the worker waits when the ledger does not record or cannot be read.
const LEDGER_RETRY: Duration = Duration::from_secs(1);

pub(super) struct Worker {
    spec: PrinterSpec,
    printer: Arc<dyn Printer>,
    jobs: Arc<dyn Jobs>,
    desk: Arc<Desk>,
    limits: Limits,
    asked_at: Option<Instant>,
    /// What the house was told last.
    hindrance: Option<String>,
    /// Other stock is loaded than a job was for; until one goes through, or staff load something.
    wrong_stock: Option<(Option<String>, String)>,
    /// Attempts at the job in hand since it was queued or retried; the row counts them over its whole life.
    tries: (u64, u16),
    /// Nothing is sent before, unless the printer is well again by then.
    rests_until: Option<Instant>,
    /// The next job waits for a printer that says that it cannot print.
    hold: Option<Hold>,
    /// What the printer took and has not shown to be done.
    following: Following,
}

/// A job waits for the printer.
struct Hold {
    since: Instant,
    wait: Duration,
    ask_at: Instant,
}

/// Whether the next job may go.
enum Gate {
    Open,
    Shut,
    /// The printer has been waited for long enough.
    GivenUp(String),
}

impl Worker {
    pub(super) fn new(
        spec: PrinterSpec,
        printer: Arc<dyn Printer>,
        jobs: Arc<dyn Jobs>,
        desk: Arc<Desk>,
        limits: Limits,
    ) -> Self {
        Self {
            spec,
            printer,
            jobs,
            desk,
            limits,
            asked_at: None,
            hindrance: None,
            wrong_stock: None,
            tries: (0, 0),
            rests_until: None,
            hold: None,
            following: Following::default(),
        }
    }

    /// Sends what waits, as long as the printer has not too much before it; looks at what it took; asks how it is. What
    /// waits goes first: so nothing is followed at the cost of a label.
    pub(super) fn run(mut self) {
        self.give_up_interrupted();
        self.ask();
        while !self.desk.stopping() {
            let more = self.send_next().unwrap_or_else(|error| {
                tracing::warn!(printer = %self.spec.id, %error, "the print queue cannot be read");
                self.desk.pause(LEDGER_RETRY);
                false
            });
            if self.following.is_due(if more { LOOKS_LATE_MOST } else { Duration::ZERO }) {
                self.follow();
            }
            let stale = self.asked_at.is_none_or(|at| at.elapsed() >= self.limits.ask_every);
            if !self.following.is_alone() && (stale || self.desk.is_to_ask()) {
                self.ask();
            }
            if more {
                continue;
            }
            let awaited = [self.rests_until, self.hold.as_ref().map(|hold| hold.ask_at), self.following.look_at()];
            let now = Instant::now();
            let next = awaited.into_iter().flatten().map(|at| at.saturating_duration_since(now)).min();
            let most = self.limits.poll_every.min(self.limits.ask_every);
            self.desk.wait(next.map_or(most, |next| next.min(most)));
        }
    }

    /// The next job, or the next of a batch, where one may go now. `true`: there may be more.
    fn send_next(&mut self) -> Result<bool, JobsError> {
        let rests = self.rests_until.is_some_and(|until| until > Instant::now());
        if rests || !self.following.has_room(self.limits.ahead_labels_most) {
            return Ok(false);
        }
        self.rests_until = None;
        match self.jobs.next(&self.spec.id)? {
            Some(job) => Ok(match self.gate() {
                Gate::Open => {
                    self.deliver(&job);
                    true
                }
                Gate::Shut => false,
                Gate::GivenUp(fault) => {
                    self.give_up(&job, fault);
                    true
                }
            }),
            None => {
                self.hold = None;
                self.jobs.feed(&self.spec.id)
            }
        }
    }

    /// What a former process was sending: nobody knows how much of it was printed.
    fn give_up_interrupted(&self) {
        loop {
            match self.jobs.sending(&self.spec.id) {
                Ok(interrupted) => {
                    for job in interrupted {
                        self.settle(&job, PrintJobState::Unknown, Some(STOPPED_WHILE_SENDING.to_owned()));
                    }
                    return;
                }
                Err(error) => {
                    tracing::warn!(printer = %self.spec.id, %error, "the print queue cannot be read");
                    self.desk.pause(LEDGER_RETRY);
                    if self.desk.stopping() {
                        return;
                    }
                }
            }
        }
    }

    /// One job, until the printer has it or it waits for its next attempt.
    fn deliver(&mut self, job: &PrintJobRow) {
        let Some(made) = self.make(job) else { return };
        // Durable before the first byte: whatever happens from here on, this job is not sent twice unseen.
        let noted = match self.jobs.note(job.id, PrintJobState::Sending, None) {
            Ok(noted) => noted,
            Err(JobsError::Changed(why)) => {
                tracing::info!(printer = %self.spec.id, job = job.id.0, why, "not sent");
                return self.desk.pause(Duration::from_millis(50));
            }
            Err(error) => {
                tracing::warn!(printer = %self.spec.id, job = job.id.0, %error, "not sent");
                return self.desk.pause(LEDGER_RETRY);
            }
        };
        self.desk.status().sending = Some(job.id);
        let language = self.spec.format.extension();
        let name = super::job_name(job.id, language);
        let payload = Payload { name: &name, bytes: &made.bytes, labels: made.labels, language };
        let outcome = self.printer.send(payload);
        self.conclude(noted, made.labels, outcome);
        self.desk.status().sending = None;
    }

    /// The job's bytes; where it cannot be made, its fate is noted.
    fn make(&mut self, job: &PrintJobRow) -> Option<Made> {
        let loaded = self.jobs.loaded(&self.spec.id);
        let stock = loaded.as_deref().or(self.spec.stock.as_deref());
        let made = making::make(&self.spec, &self.jobs.labels(), stock, job, || self.jobs.data(job));
        match made {
            Ok(made) => return Some(made),
            Err(LabelFault::Never(fault)) => self.settle(job, PrintJobState::Failed, Some(fault)),
            Err(LabelFault::WrongStock(fault)) => {
                self.wrong_stock = Some((loaded, fault.clone()));
                self.give_up(job, fault);
                self.ask();
            }
            Err(LabelFault::NotNow(fault)) => {
                tracing::warn!(printer = %self.spec.id, job = job.id.0, fault, "the label cannot be made now");
                self.desk.pause(LEDGER_RETRY);
            }
        }
        None
    }

    /// Nothing of it was sent, and waiting longer is no use: one of a batch waits with it, any other has failed.
    fn give_up(&self, job: &PrintJobRow, fault: String) {
        if !self.jobs.hold_back(job, &fault) {
            self.settle(job, PrintJobState::Failed, Some(fault));
        }
    }

    fn conclude(&mut self, job: PrintJobRow, labels: u32, outcome: SendOutcome) {
        match outcome {
            SendOutcome::Sent(track) => {
                self.wrong_stock = None;
                self.settle(&job, PrintJobState::Sent, None);
                let alone = track.is_alone();
                self.following.add(job, labels, track);
                if self.hindrance.is_some() && !alone {
                    self.ask();
                }
            }
            SendOutcome::Unknown { sent_bytes, error } => {
                let fault = format!("{error} after {sent_bytes} bytes: look at the printer");
                self.settle(&job, PrintJobState::Unknown, Some(fault));
                self.ask();
            }
            SendOutcome::NothingSent(error) => self.not_sent(&job, &error),
        }
    }

    fn not_sent(&mut self, job: &PrintJobRow, error: &SendError) {
        if let SendError::WrongStock { .. } = error {
            self.wrong_stock = Some((self.jobs.loaded(&self.spec.id), error.to_string()));
        }
        let state = self.ask();
        if self.is_away(&state) {
            // No attempt: it went away while the job was offered, and the job waits until it is back.
            return self.settle(job, PrintJobState::Queued, Some(error.to_string()));
        }
        let tries = if self.tries.0 == job.id.0 { self.tries.1 + 1 } else { 1 };
        let hopeless = matches!(error, SendError::WrongStock { .. } | SendError::Refused { .. });
        if hopeless || tries >= self.limits.attempts_most {
            self.tries = (0, 0);
            let fault = format!("{error}; tried {tries} times: see to the printer, then print it again");
            self.settle(job, PrintJobState::Queued, Some(error.to_string()));
            return self.give_up(job, if hopeless { error.to_string() } else { fault });
        }
        // What the printer said beforehand is waited out, and is no attempt.
        self.tries = (job.id.0, if matches!(error, SendError::NotReady { .. }) { tries - 1 } else { tries });
        self.settle(job, PrintJobState::Queued, Some(error.to_string()));
        self.rests_until = Some(Instant::now() + self.backoff(tries));
    }

    /// Asks the printer what became of the jobs that it took.
    fn follow(&mut self) {
        let mut faults = None;
        for (job, progress) in self.following.look(self.printer.as_ref(), &self.limits) {
            match progress {
                Progress::Printed(_) => self.settle(&job, PrintJobState::Printed, None),
                Progress::Failed(why) => {
                    let fault = format!("the printer gave it up ({why}): look whether some of it came out");
                    self.settle(&job, PrintJobState::Failed, Some(fault));
                }
                Progress::Unproven(_) => {}
                Progress::StillPrinting { faults: told, .. } => faults = Some(told),
            }
        }
        match faults {
            Some(faults) => self.heard(&PrinterState::from_faults(faults).into()),
            None if self.hindrance.is_some() => drop(self.ask()),
            None => {}
        }
    }

    fn backoff(&self, tries: u16) -> Duration {
        let doubled = 1_u32.checked_shl(u32::from(tries.saturating_sub(1))).unwrap_or(u32::MAX);
        self.limits.backoff_first.saturating_mul(doubled).min(self.limits.backoff_most)
    }

    /// Notes a job's fate, for as long as it takes. If the server stops first the job stays `sending`, which is honest.
    fn settle(&self, job: &PrintJobRow, state: PrintJobState, fault: Option<String>) {
        loop {
            match self.jobs.note(job.id, state, fault.clone()) {
                Ok(_) => return,
                Err(JobsError::Changed(why)) => {
                    tracing::warn!(printer = %self.spec.id, job = job.id.0, why, "its fate was not noted");
                    return self.desk.pause(Duration::from_millis(50));
                }
                Err(error) => {
                    tracing::error!(printer = %self.spec.id, job = job.id.0, %error, "its fate waits to be recorded");
                    self.desk.pause(LEDGER_RETRY);
                    if self.desk.stopping() {
                        return;
                    }
                }
            }
        }
    }

    /// Whether the printer can print, as far as it says so itself.
    fn gate(&mut self) -> Gate {
        if self.hindrance.is_none() {
            self.hold = None;
            return Gate::Open;
        }
        let now = Instant::now();
        let (first, most) = (self.limits.backoff_first, self.limits.backoff_most);
        let mut hold = self.hold.take().unwrap_or(Hold { since: now, wait: first, ask_at: now });
        if now >= hold.ask_at {
            let state = self.ask();
            let away = self.is_away(&state);
            let faults = if away { vec![Fault::Unreachable] } else { hindering(&state) };
            if faults.is_empty() {
                return Gate::Open;
            }
            if hold.since.elapsed() >= if away { self.limits.away_most } else { self.limits.hold_most } {
                return Gate::GivenUp(format!("{}; nothing was sent", advice(&faults)));
            }
            hold.ask_at = Instant::now() + hold.wait.min(self.limits.ask_every);
            hold.wait = hold.wait.saturating_mul(2).min(most);
        }
        self.hold = Some(hold);
        Gate::Shut
    }

    fn is_away(&self, state: &PrinterState) -> bool {
        self.printer.knows_when_away() && state.faults().contains(&Fault::Unreachable)
    }

    /// Asks the printer how it is, shows it, and tells the house what changed.
    fn ask(&mut self) -> PrinterState {
        let health = self.printer.health();
        let now = Instant::now();
        self.asked_at = Some(now);
        self.heard(&health);
        // A long rest ends once the printer says that it is well; a short one is soon over.
        if health.state == PrinterState::Ready
            && self.rests_until.is_some_and(|until| until > now + self.limits.ask_every)
        {
            self.rests_until = None;
        }
        self.jobs.stock(&self.spec, health.stock_left, health.warnings.contains(&Warning::PaperLow));
        health.state
    }

    fn heard(&mut self, health: &Health) {
        if self.wrong_stock.as_ref().is_some_and(|(loaded, _)| *loaded != self.jobs.loaded(&self.spec.id)) {
            self.wrong_stock = None;
        }
        let faults = health.state.faults();
        let mut words: Vec<&'static str> = faults.iter().map(|fault| fault.word()).collect();
        let mut said: Vec<String> = if faults.is_empty() { Vec::new() } else { vec![advice(faults)] };
        if let Some((_, wrong)) = &self.wrong_stock {
            words.push(Fault::WrongStock.word());
            said.push(wrong.clone());
        }
        let state = match &health.state {
            PrinterState::NotReady(faults) if faults.contains(&Fault::Unreachable) => "unreachable",
            _ if !words.is_empty() => "not_ready",
            PrinterState::CannotAsk => "unasked",
            _ => "ready",
        };
        let hindrance = if said.is_empty() { None } else { Some(said.join("; ")) };
        {
            let mut status = self.desk.status();
            let before = status.clone();
            status.state = state;
            status.faults = words;
            status.warnings = health.warnings.iter().map(|warning| warning.word()).collect();
            status.detail.clone_from(&hindrance);
            if *status != before {
                // Nobody listening is fine.
                let _nobody = self.desk.changes.send(self.spec.id.clone());
            }
        }
        if hindrance != self.hindrance {
            self.jobs.printer_changed(&self.spec, hindrance.as_deref());
            self.hindrance = hindrance;
        }
    }
}

/// Faults the printer itself told. Any other that cannot be reached or gives no answer is tried all the same: many printers
/// and print servers never answer, and what cannot be connected to sends nothing.
fn hindering(state: &PrinterState) -> Vec<Fault> {
    let told = |fault: &Fault| !matches!(fault, Fault::NoAnswer | Fault::Unreachable);
    state.faults().iter().copied().filter(told).collect()
}
