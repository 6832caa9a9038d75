//! Backups on a schedule.

use crate::config::Schedule;
use crate::ledger::Ledger;

/// Makes one and says so in the log.
pub fn make(schedule: &Schedule, ledger: &Ledger) {
    let keep = usize::try_from(schedule.keep).ok();
    match ledger.backup(&schedule.directory, keep) {
        Ok(file) => tracing::info!(file = %file.display(), "backup made and verified"),
        Err(error) => tracing::error!(%error, directory = %schedule.directory.display(), "no backup could be made"),
    }
}
