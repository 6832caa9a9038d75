//! What the outbox asks of the house.

use crate::labels::LabelData;
use crate::ledger::{PrintJobId, PrintJobRow, PrintJobState};

/// The queue and its ledger. Called from the workers' threads; may block.
pub trait Jobs: Send + Sync + 'static {
    /// The printer's oldest queued job.
    fn next(&self, printer: &str) -> Result<Option<PrintJobRow>, JobsError>;

    /// The printer's jobs that are noted as being sent.
    fn sending(&self, printer: &str) -> Result<Vec<PrintJobRow>, JobsError>;

    /// What stands on the job's label: the chart as it is now, with the job's issue.
    fn label(&self, job: &PrintJobRow) -> Result<LabelData, LabelFault>;

    /// Notes what became of a job. Answers when it is durable.
    fn note(&self, job: PrintJobId, state: PrintJobState, fault: Option<String>) -> Result<PrintJobRow, JobsError>;

    /// A printer is hindered (and by what), or no longer.
    fn printer_changed(&self, printer: &str, hindrance: Option<&str>);
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
    /// The ledger cannot be read now.
    #[error("{0}")]
    NotNow(String),
}
