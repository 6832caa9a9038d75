//! Backups on a schedule.

use super::watched::Watched;
use crate::config::Schedule;
use crate::ledger::Ledger;

/// Makes one and says how it went: in the log, and to people where there is none.
pub fn make(schedule: &Schedule, ledger: &Ledger, watched: &Watched) {
    let keep = usize::try_from(schedule.keep).ok();
    match ledger.backup(&schedule.directory, keep) {
        Ok(file) => {
            tracing::info!(file = %file.display(), "backup made and verified");
            watched.made();
        }
        Err(error) => {
            tracing::error!(%error, directory = %schedule.directory.display(), "no backup could be made");
            watched.failed();
        }
    }
}
