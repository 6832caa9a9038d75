//! Making the projections anew from the entries: into shadow tables first, then swapped in, all in one transaction.

use jiff::Timestamp;
use serde_json::json;

use super::chain::{COLUMNS, Entry};
use super::changes::Change;
use super::error::{ChangeError, StoreError};
use super::projection::{FoldedBody, Projector, SHADOW, TABLES, drop_shadow};
use super::work::Work;

/// Rebuilds all projections; answers with the number of entries folded. It holds the writer until it is done.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rebuild;

impl Change for Rebuild {
    type Made = u64;
    const BACKGROUND: bool = true;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let folded = fold_all(work)?;
        for table in TABLES {
            let swap = format!("DELETE FROM main.{table}; INSERT INTO main.{table} SELECT * FROM {SHADOW}{table};");
            work.conn().execute_batch(&swap)?;
        }
        drop_shadow(work.conn())?;
        work.store.forget_rows();
        work.record("projections_rebuilt", json!({ "entries": folded }), Vec::new())?;
        Ok(folded)
    }
}

fn fold_all(work: &Work<'_>) -> Result<u64, StoreError> {
    let conn = work.conn();
    Projector::make_shadow(conn)?;
    let projector = Projector::shadow();
    let mut select = conn.prepare(&format!("SELECT {COLUMNS} FROM main.entries ORDER BY seq"))?;
    let mut entries = select.query([])?;
    let mut folded = 0;
    while let Some(row) = entries.next()? {
        let entry = Entry::from_row(row)?;
        let effective_at = Timestamp::from_microsecond(entry.effective_at)
            .map_err(|error| StoreError::Unreadable(error.to_string()))?;
        let body: FoldedBody = serde_json::from_str(&entry.body)?;
        projector.apply(conn, &body.stamp(entry.seq, effective_at, entry.kiosk.as_deref()), &body.effects)?;
        folded += 1;
    }
    Ok(folded)
}
