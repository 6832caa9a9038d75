//! Runs of imports.

use rusqlite::params;

use super::{Page, Paging, ReadError, Reader};
use crate::ledger::rows::{self, IMPORT_RUN_COLUMNS};
use crate::ledger::{ImportRunId, ImportRunRow};

impl Reader {
    /// Imports of charts, newest first.
    pub fn import_runs(&self, paging: &Paging) -> Result<Page<ImportRunRow>, ReadError> {
        let sql = format!("SELECT {IMPORT_RUN_COLUMNS} FROM import_runs WHERE id < ?1 ORDER BY id DESC LIMIT ?2");
        let mut statement = self.conn().prepare_cached(&sql)?;
        let before = paging.number()?.unwrap_or(i64::MAX);
        let rows = statement.query_map(params![before, paging.fetch()], rows::import_run)?;
        let runs = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(Page::cut(runs, paging.limit(), |run| run.id.0.to_string()))
    }

    /// Is there such an import?
    pub fn has_import_run(&self, run: ImportRunId) -> Result<bool, ReadError> {
        Ok(self.conn().prepare_cached("SELECT 1 FROM import_runs WHERE id = ?1")?.exists(params![run.0])?)
    }
}
