//! What is kept for a short time only, beside the chain.

use rusqlite::params;

use super::super::error::ChangeError;
use super::super::work::Work;
use super::Change;

/// How long the text of an unrecognised scan is kept: long enough to find out what a new label looks like, and no
/// longer, because people type passwords into the wrong window.
pub const RAW_SCAN_DAYS: i64 = 7;
const DAY_US: i64 = 86_400_000_000;

/// Forgets the texts of old unrecognised scans, and sessions that ended. No entry: nothing that anybody did.
#[derive(Debug, Clone, Copy, Default)]
pub struct Prune;

impl Change for Prune {
    type Made = usize;
    const BACKGROUND: bool = true;

    fn make(self, work: &mut Work<'_>) -> Result<usize, ChangeError> {
        let now = work.now().as_microsecond();
        let scans = work
            .conn()
            .prepare_cached("DELETE FROM main.raw_scans WHERE recorded_at < ?")?
            .execute(params![now.saturating_sub(RAW_SCAN_DAYS * DAY_US)])?;
        let sessions =
            work.conn().prepare_cached("DELETE FROM main.web_sessions WHERE expires_at < ?")?.execute(params![now])?;
        Ok(scans + sessions)
    }
}
