//! Print jobs: queued here, sent by the outbox, their fate recorded here.

use super::super::error::ChangeError;
use super::super::work::Work;
use super::super::{PrintJobId, PrintJobRow, PrintJobState};
use super::Change;
use crate::barcode::ChartNumber;

/// Queues a label for each chart, each with the chart's next label issue; copies share one issue.
#[derive(Debug, Clone)]
pub struct QueueLabels {
    /// The template's name.
    pub template: String,
    /// Whose labels, at most [`QueueLabels::CHARTS_MAX`].
    pub charts: Vec<ChartNumber>,
    /// The printer's id as configured.
    pub printer: String,
    /// How many of each.
    pub copies: u16,
    /// Why, where given.
    pub reason: Option<String>,
}

impl QueueLabels {
    /// The most charts in one change.
    pub const CHARTS_MAX: usize = 500;
}

impl Change for QueueLabels {
    type Made = Vec<PrintJobRow>;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let _ = work;
        todo!()
    }
}

/// What became of a print job.
#[derive(Debug, Clone)]
pub struct PrintJobFate {
    /// Which.
    pub id: PrintJobId,
    /// Its new state.
    pub state: PrintJobState,
    /// What went wrong, in words for staff.
    pub fault: Option<String>,
}

impl Change for PrintJobFate {
    type Made = PrintJobRow;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let _ = work;
        todo!()
    }
}

/// Someone has seen the label: printed, and on the chart.
#[derive(Debug, Clone)]
pub struct ConfirmPrintJob {
    /// Which.
    pub id: PrintJobId,
}

impl Change for ConfirmPrintJob {
    type Made = PrintJobRow;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let _ = work;
        todo!()
    }
}

/// Queues a job again, with the same issue.
#[derive(Debug, Clone)]
pub struct RetryPrintJob {
    /// Which.
    pub id: PrintJobId,
}

impl Change for RetryPrintJob {
    type Made = PrintJobRow;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let _ = work;
        todo!()
    }
}

/// Gives a job up.
#[derive(Debug, Clone)]
pub struct CancelPrintJob {
    /// Which.
    pub id: PrintJobId,
}

impl Change for CancelPrintJob {
    type Made = PrintJobRow;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let _ = work;
        todo!()
    }
}
