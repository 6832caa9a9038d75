//! The outbox: print jobs leave the house here, durably noted, retried, and honest about what is unknown.
//!
//! Each printer has a thread of its own, so that a jam delays nobody else. Jobs go out one by one in the order in which
//! they were queued. A batch's labels are queued ten at a time (or one sheet), once nothing else waits: so a single label
//! waits for ten others at the most, and a batch goes on between single labels. A job is noted as `sending` before its first
//! byte leaves; if the line then breaks, or the server dies, the job is `unknown` and is never printed again by itself:
//! a person looks at the printer and says. An unknown job does not hold up those behind it. The next job does not wait for
//! the fate of the one before: what a printer took is followed while more is sent, up to ten labels ahead of what it has
//! shown to be out.

mod following;
mod from_ledger;
mod jobs;
mod making;
mod texts;
mod worker;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use outguide_hardware::printer::Printer;
use tokio::sync::broadcast;

use crate::labels::Format;
use crate::ledger::PrintJobId;

pub use from_ledger::{LedgerJobs, Shelf};
pub use jobs::{Jobs, JobsError, LabelFault};
pub use texts::{Texts, chart_label, list_row};

/// Changes that a slow listener may be behind; what it missed is made good by the next.
const CHANGES_MAX: usize = 256;

/// A printer as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrinterSpec {
    /// Its id.
    pub id: String,
    /// Where it stands.
    pub place: Option<String>,
    /// What it understands.
    pub format: Format,
    /// Its resolution in dots per inch.
    pub dpi: u16,
    /// The stock in it, by the stock's or the template's name; labels for other stock are not sent.
    pub stock: Option<String>,
    /// So few labels left are told, where staff said how many were loaded.
    pub low_stock: u32,
}

/// The outbox's bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Attempts at a job of which nothing ever left this machine.
    pub attempts_most: u16,
    /// Wait after the first such attempt; doubled after each.
    pub backoff_first: Duration,
    /// The longest such wait.
    pub backoff_most: Duration,
    /// How long a job waits for a printer that says it is out of labels, open or paused.
    pub hold_most: Duration,
    /// How long a job waits for a printer of which it is known that it is away, as at a kiosk's own computer that is
    /// switched off for a night.
    pub away_most: Duration,
    /// How long a job that the printer took is asked after.
    pub follow_most: Duration,
    /// Labels that a printer may have taken without having shown that they are out: so much comes out of a batch that is
    /// paused, and so much is to be looked at behind a jam.
    pub ahead_labels_most: u32,
    /// How often the queue is looked at without being told.
    pub poll_every: Duration,
    /// How often a printer is asked how it is: with the time that asking takes, a fault is told within 10 s.
    pub ask_every: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            attempts_most: 6,
            backoff_first: Duration::from_secs(1),
            backoff_most: Duration::from_secs(30),
            hold_most: Duration::from_secs(15 * 60),
            away_most: Duration::from_secs(24 * 3600),
            poll_every: Duration::from_secs(2),
            follow_most: Duration::from_secs(60),
            ahead_labels_most: 10,
            ask_every: Duration::from_secs(3),
        }
    }
}

/// How a printer is, for screens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrinterStatus {
    /// The printer.
    pub spec: PrinterSpec,
    /// Its transport's word.
    pub transport: &'static str,
    /// It is not real.
    pub simulated: bool,
    /// How it is: `untried`, `ready`, `not_ready`, `unreachable`, `unasked` (its transport cannot ask).
    pub state: &'static str,
    /// What hinders it, in words of `hardware`: `paper_out`, `head_open`, ….
    pub faults: Vec<&'static str>,
    /// What will hinder it soon: `paper_low`, `ribbon_low`.
    pub warnings: Vec<&'static str>,
    /// What hinders it and what to do about it.
    pub detail: Option<String>,
    /// The job that it is being sent.
    pub sending: Option<PrintJobId>,
}

/// The running outbox. Dropping it stops the workers after the job in hand.
pub struct Outbox {
    workers: Vec<Arc<Desk>>,
    changes: broadcast::Sender<String>,
    threads: Vec<JoinHandle<()>>,
}

/// What a job is called on its way: the same each time it is sent.
fn job_name(job: PrintJobId, language: &str) -> String {
    format!("job-{:06}.{language}", job.0)
}

/// The job of this name, where it is one.
pub fn named_job(name: &str) -> Option<PrintJobId> {
    let (number, _language) = name.strip_prefix("job-")?.split_once('.')?;
    number.parse().ok().map(PrintJobId)
}

/// Where one printer's worker and the rest of the house meet.
pub(crate) struct Desk {
    status: Mutex<PrinterStatus>,
    signal: Mutex<Signal>,
    signalled: Condvar,
    changes: broadcast::Sender<String>,
}

#[derive(Default)]
struct Signal {
    woken: bool,
    ask: bool,
    stop: bool,
}

impl Outbox {
    /// Starts one worker for each printer. Jobs that were being sent when the server last stopped become unknown first.
    pub fn start(
        jobs: &Arc<dyn Jobs>,
        printers: Vec<(PrinterSpec, Arc<dyn Printer>)>,
        limits: Limits,
    ) -> std::io::Result<Outbox> {
        let changes = broadcast::channel(CHANGES_MAX).0;
        let mut outbox = Outbox { workers: Vec::new(), changes: changes.clone(), threads: Vec::new() };
        for (spec, printer) in printers {
            let name = format!("outbox {}", spec.id);
            let desk = Arc::new(Desk::new(&spec, printer.as_ref(), changes.clone()));
            let worker = worker::Worker::new(spec, printer, Arc::clone(jobs), Arc::clone(&desk), limits);
            outbox.workers.push(desk);
            outbox.threads.push(std::thread::Builder::new().name(name).spawn(move || worker.run())?);
        }
        Ok(outbox)
    }

    /// Tells a printer's worker that its queue changed; without it the worker looks by itself every two seconds.
    pub fn wake(&self, printer: &str) {
        self.workers.iter().filter(|desk| desk.status().spec.id == printer).for_each(|desk| desk.wake());
    }

    /// The same for every printer.
    pub fn wake_all(&self) {
        self.workers.iter().for_each(|desk| desk.wake());
    }

    /// This printer may not be as it was: its worker asks it as soon as it can.
    pub fn ask(&self, printer: &str) {
        self.workers.iter().filter(|desk| desk.status().spec.id == printer).for_each(|desk| desk.ask());
    }

    /// The id of each printer whose state changed, from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<String> {
        self.changes.subscribe()
    }

    /// Every printer and how it is.
    pub fn printers(&self) -> Vec<PrinterStatus> {
        self.workers.iter().map(|desk| desk.status().clone()).collect()
    }

    /// Has every printer been asked, or found to be unreachable, at least once?
    pub fn all_tried(&self) -> bool {
        self.workers.iter().all(|desk| desk.status().state != "untried")
    }

    /// Stops the workers after the job in hand and waits for them.
    pub fn stop(mut self) {
        self.halt();
    }

    fn halt(&mut self) {
        self.workers.iter().for_each(|desk| desk.stop());
        for thread in self.threads.drain(..) {
            // A worker that panicked has said so in the log; its job is `sending` and becomes unknown at the next start.
            let _ = thread.join();
        }
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.halt();
    }
}

impl Desk {
    fn new(spec: &PrinterSpec, printer: &dyn Printer, changes: broadcast::Sender<String>) -> Self {
        let status = PrinterStatus {
            spec: spec.clone(),
            transport: printer.transport(),
            simulated: printer.simulated(),
            state: "untried",
            faults: Vec::new(),
            warnings: Vec::new(),
            detail: None,
            sending: None,
        };
        Self { status: Mutex::new(status), signal: Mutex::default(), signalled: Condvar::new(), changes }
    }

    fn status(&self) -> MutexGuard<'_, PrinterStatus> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn signal(&self) -> MutexGuard<'_, Signal> {
        self.signal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        self.signal().woken = true;
        self.signalled.notify_all();
    }

    fn ask(&self) {
        let mut signal = self.signal();
        (signal.woken, signal.ask) = (true, true);
        self.signalled.notify_all();
    }

    /// Is the printer to be asked at once? Said once.
    fn is_to_ask(&self) -> bool {
        std::mem::take(&mut self.signal().ask)
    }

    fn stop(&self) {
        self.signal().stop = true;
        self.signalled.notify_all();
    }

    /// Waits until woken, but no longer than this.
    fn wait(&self, most: Duration) {
        let signal = self.signal();
        let (mut signal, _) = self
            .signalled
            .wait_timeout_while(signal, most, |signal| !signal.woken && !signal.stop)
            .unwrap_or_else(PoisonError::into_inner);
        signal.woken = false;
    }

    /// Waits the whole time, whatever wakes others; only stopping ends it.
    fn pause(&self, whole: Duration) {
        let signal = self.signal();
        drop(self.signalled.wait_timeout_while(signal, whole, |signal| !signal.stop));
    }

    fn stopping(&self) -> bool {
        self.signal().stop
    }
}

#[cfg(test)]
mod tests;
