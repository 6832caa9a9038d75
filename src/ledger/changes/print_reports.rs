//! What a kiosk's agent tells of a print job after the outbox stopped waiting for it.

use super::super::error::ChangeError;
use super::super::work::Work;
use super::super::{PrintJobId, PrintJobRow, PrintJobState};
use super::Change;
use super::print_jobs::{by_id, ended, settle};

/// An agent knows what became of a job that is `unknown` here, or noted as being sent by a server that stopped. It is the
/// one who sent it, so its word counts; what a person decided meanwhile stands.
#[derive(Debug, Clone)]
pub struct ReportPrintJob {
    /// Which.
    pub id: PrintJobId,
    /// The printer that the agent speaks of.
    pub printer: String,
    /// What became of it: `queued` means that nothing of it was sent.
    pub state: PrintJobState,
    /// What went wrong, in words for staff.
    pub fault: Option<String>,
}

impl Change for ReportPrintJob {
    type Made = PrintJobRow;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let job = by_id(work, self.id)?;
        if job.printer != self.printer {
            return Err(ChangeError::NotFound(format!("print job {} is of another printer", job.id.0)));
        }
        if job.state == self.state {
            return Ok(job);
        }
        if !may_become(job.state, self.state) {
            return Err(ended(&job));
        }
        settle(work, job, self.state, self.fault)
    }
}

fn may_become(now: PrintJobState, told: PrintJobState) -> bool {
    use PrintJobState::{Failed, Printed, Queued, Sending, Sent, Unknown};
    match told {
        Queued | Sent => matches!(now, Sending | Unknown),
        Unknown => now == Sending,
        Printed | Failed => matches!(now, Sending | Sent | Unknown),
        Sending | PrintJobState::Cancelled => false,
    }
}
