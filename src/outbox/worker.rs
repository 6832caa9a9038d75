//! One printer's worker.

use std::sync::Arc;
use std::time::{Duration, Instant};

use outguide_hardware::printer::fault::advice;
use outguide_hardware::printer::{Fault, Payload, Printer, PrinterState, SendOutcome};

use super::{Desk, Jobs, JobsError, LabelFault, Limits, PrinterSpec};
use crate::labels::{self, Labels, Target};
use crate::ledger::{PrintJobRow, PrintJobState};

/// Said of jobs that were being sent when the server stopped.
const STOPPED_WHILE_SENDING: &str =
    "Outguide stopped while this was being sent: look whether it was printed, then confirm or retry it";

/// How long the worker waits when the ledger does not record or cannot be read.
const LEDGER_RETRY: Duration = Duration::from_secs(1);

pub(super) struct Worker {
    spec: PrinterSpec,
    printer: Arc<dyn Printer>,
    jobs: Arc<dyn Jobs>,
    desk: Arc<Desk>,
    limits: Limits,
    asked_at: Option<Instant>,
    hindrance: Option<String>,
    /// Attempts at the job in hand since it was queued or retried; the row counts them over its whole life.
    tries: (u64, u16),
}

impl Worker {
    pub(super) fn new(
        spec: PrinterSpec,
        printer: Arc<dyn Printer>,
        jobs: Arc<dyn Jobs>,
        desk: Arc<Desk>,
        limits: Limits,
    ) -> Self {
        Self { spec, printer, jobs, desk, limits, asked_at: None, hindrance: None, tries: (0, 0) }
    }

    pub(super) fn run(mut self) {
        self.give_up_interrupted();
        self.ask();
        while !self.desk.stopping() {
            match self.jobs.next(&self.spec.id) {
                Ok(Some(job)) => self.deliver(&job),
                Ok(None) => {
                    if self.asked_at.is_none_or(|at| at.elapsed() >= self.limits.ask_every) {
                        self.ask();
                    }
                    self.desk.wait(self.limits.poll_every);
                }
                Err(error) => {
                    tracing::warn!(printer = %self.spec.id, %error, "the print queue cannot be read");
                    self.desk.pause(LEDGER_RETRY);
                }
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

    /// One job, until its fate is known or it waits for its next attempt.
    fn deliver(&mut self, job: &PrintJobRow) {
        if let Some(fault) = self.hold() {
            if !self.desk.stopping() {
                self.settle(job, PrintJobState::Failed, Some(fault));
            }
            return;
        }
        let bytes = match self.make(job) {
            Ok(bytes) => bytes,
            Err(LabelFault::Never(fault)) => return self.settle(job, PrintJobState::Failed, Some(fault)),
            Err(LabelFault::NotNow(fault)) => {
                tracing::warn!(printer = %self.spec.id, job = job.id.0, fault, "the label cannot be made now");
                return self.desk.pause(LEDGER_RETRY);
            }
        };
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
        let name = format!("job-{:06}.{}", job.id.0, self.spec.format.extension());
        let outcome = self.printer.send(Payload {
            name: &name,
            bytes: &bytes,
            labels: u32::from(job.copies),
            language: self.spec.format.extension(),
        });
        self.conclude(&noted, outcome);
        self.desk.status().sending = None;
    }

    fn make(&self, job: &PrintJobRow) -> Result<Vec<u8>, LabelFault> {
        let never = |error: labels::LabelError| LabelFault::Never(error.to_string());
        let template = Labels::built_in().and_then(|labels| labels.template(&job.template)).map_err(never)?;
        if let Some(loaded) = &self.spec.stock
            && *loaded != template.stock.name
            && *loaded != template.name
        {
            let needed = &template.stock.name;
            return Err(LabelFault::Never(format!(
                "printer {} is loaded with {loaded}, this label needs {needed}: load it and change `stock` of the \
                 printer in the configuration, or use another printer",
                self.spec.id
            )));
        }
        let data = self.jobs.label(job)?;
        let target = Target { format: self.spec.format, dpi: self.spec.dpi, copies: job.copies };
        let rendered = labels::render(&job.template, &data, target).map_err(never)?;
        for note in &rendered.notes {
            let kind = if matches!(note, labels::Note::Cut(_)) { "a text was cut" } else { "letters are missing" };
            tracing::info!(printer = %self.spec.id, job = job.id.0, kind, "the label is not as it should be");
        }
        Ok(rendered.bytes)
    }

    fn conclude(&mut self, job: &PrintJobRow, outcome: SendOutcome) {
        match outcome {
            SendOutcome::Sent(_) => {
                self.settle(job, PrintJobState::Sent, None);
                if self.hindrance.is_some() {
                    self.ask();
                }
            }
            SendOutcome::Unknown { sent_bytes, error } => {
                let fault =
                    format!("{error} after {sent_bytes} bytes: look whether it was printed, then confirm or retry it");
                self.settle(job, PrintJobState::Unknown, Some(fault));
                self.ask();
            }
            SendOutcome::NothingSent(error) => {
                self.ask();
                let tries = if self.tries.0 == job.id.0 { self.tries.1 + 1 } else { 1 };
                self.tries = (job.id.0, tries);
                if tries >= self.limits.attempts_most {
                    self.tries = (0, 0);
                    let fault = format!("{error}; tried {tries} times: see to the printer, then retry");
                    return self.settle(job, PrintJobState::Failed, Some(fault));
                }
                self.settle(job, PrintJobState::Queued, Some(error.to_string()));
                self.desk.pause(self.backoff(tries));
            }
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

    /// Waits while the printer itself says that it cannot print; answers with the fault if that takes too long.
    fn hold(&mut self) -> Option<String> {
        let since = Instant::now();
        let mut wait = self.limits.backoff_first;
        while self.hindrance.is_some() {
            let state = self.ask();
            let faults = hindering(&state);
            if faults.is_empty() {
                return None;
            }
            if since.elapsed() >= self.limits.hold_most || self.desk.stopping() {
                return Some(format!("{}; nothing was sent", advice(&faults)));
            }
            self.desk.pause(wait);
            wait = wait.saturating_mul(2).min(self.limits.backoff_most);
        }
        None
    }

    /// Asks the printer how it is, shows it, and tells the house what changed.
    fn ask(&mut self) -> PrinterState {
        let state = self.printer.state();
        self.asked_at = Some(Instant::now());
        let (word, hindrance) = match &state {
            PrinterState::Ready => ("ready", None),
            PrinterState::CannotAsk => ("unasked", None),
            PrinterState::NotReady(faults) if faults.contains(&Fault::Unreachable) => {
                ("unreachable", Some(advice(faults)))
            }
            PrinterState::NotReady(faults) => ("not_ready", Some(advice(faults))),
        };
        {
            let mut status = self.desk.status();
            status.state = word;
            status.detail.clone_from(&hindrance);
        }
        if hindrance != self.hindrance {
            self.jobs.printer_changed(&self.spec.id, hindrance.as_deref());
            self.hindrance = hindrance;
        }
        state
    }
}

/// Faults the printer itself told. One that cannot be reached or gives no answer is tried all the same: many printers
/// and print servers never answer, and what cannot be connected to sends nothing.
fn hindering(state: &PrinterState) -> Vec<Fault> {
    match state {
        PrinterState::NotReady(faults) => {
            faults.iter().copied().filter(|fault| !matches!(fault, Fault::NoAnswer | Fault::Unreachable)).collect()
        }
        PrinterState::Ready | PrinterState::CannotAsk => Vec::new(),
    }
}
