//! What the outbox asks of the house.

use std::sync::Arc;

use super::PrinterSpec;
use crate::labels::{LabelData, Labels};
use crate::ledger::{PrintJobId, PrintJobRow, PrintJobState};

/// The queue and its ledger. Called from the workers' threads; may block.
pub trait Jobs: Send + Sync + 'static {
    /// The printer's oldest queued job.
    fn next(&self, printer: &str) -> Result<Option<PrintJobRow>, JobsError>;

    /// The printer's jobs that are noted as being sent.
    fn sending(&self, printer: &str) -> Result<Vec<PrintJobRow>, JobsError>;

    /// Nothing is queued: queues the next labels of the printer's batches. Was there anything to do?
    fn feed(&self, printer: &str) -> Result<bool, JobsError>;

    /// The templates as they are now.
    fn labels(&self) -> Arc<Labels>;

    /// What stands on the job's labels: everything as it is now, with the job's issues.
    fn data(&self, job: &PrintJobRow) -> Result<Vec<LabelData>, LabelFault>;

    /// Notes what became of a job. Answers when it is durable.
    fn note(&self, job: PrintJobId, state: PrintJobState, fault: Option<String>) -> Result<PrintJobRow, JobsError>;

    /// Nothing of this job could be sent for long. One of a batch waits with its batch until someone resumes it; is it?
    fn hold_back(&self, job: &PrintJobRow, why: &str) -> bool;

    /// The stock that staff said is loaded, where they said so.
    fn loaded(&self, printer: &str) -> Option<String>;

    /// A printer is hindered (and by what), or no longer.
    fn printer_changed(&self, printer: &PrinterSpec, hindrance: Option<&str>);

    /// A printer was asked: how many labels it says are left, where it counts them, and whether it says that they are few.
    fn stock(&self, printer: &PrinterSpec, left: Option<u32>, few: bool);
}

/// The queue could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JobsError {
    /// The job is in another state by now: someone cancelled it, or another worker has it.
    #[error("the job changed: {0}")]
    Changed(String),
    /// Nothing was recorded; try again later.
    #[error("not recorded: {0}")]
    NotRecorded(String),
}

/// Why a job has no label.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LabelFault {
    /// The chart cannot be labelled, and will not be by waiting: it is gone, or retired.
    #[error("{0}")]
    Never(String),
    /// Other stock is loaded than the label is for.
    #[error("{0}")]
    WrongStock(String),
    /// The ledger cannot be read now.
    #[error("{0}")]
    NotNow(String),
}
