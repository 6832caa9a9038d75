//! Counts for `/metrics`: each answered from a partial index or the end of a table.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ReadError, Reader};

/// How much there is of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Counts {
    pub entries: u64,
    pub charts: u64,
    pub charts_out: u64,
    pub charts_missing: u64,
    pub alerts_live: u64,
    pub print_jobs_waiting: u64,
}

impl Reader {
    /// The counts. Charts and entries are numbered without gaps, so their newest number is their count.
    pub fn counts(&self) -> Result<Counts, ReadError> {
        let count = |sql: &str| -> Result<u64, ReadError> {
            let count: i64 = self.conn().prepare_cached(sql)?.query_row([], |row| row.get(0))?;
            Ok(count.unsigned_abs())
        };
        Ok(Counts {
            entries: count("SELECT ifnull(max(seq), 0) FROM entries")?,
            charts: count("SELECT ifnull(max(number), 0) FROM charts")?,
            charts_out: count("SELECT count(*) FROM charts WHERE out_since IS NOT NULL AND retired = 0")?,
            charts_missing: count("SELECT count(*) FROM charts WHERE missing IS NOT NULL AND retired = 0")?,
            alerts_live: count("SELECT count(*) FROM alerts WHERE state <> 'resolved'")?,
            print_jobs_waiting: count("SELECT count(*) FROM print_jobs WHERE state IN ('queued', 'sending')")?,
        })
    }
}
