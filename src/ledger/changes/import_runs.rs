//! Which import a chunk of charts belongs to.

use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::super::error::ChangeError;
use super::super::rows::{self, IMPORT_RUN_COLUMNS};
use super::super::work::Work;
use super::super::{Effect, ImportRunId, ImportRunRow};
use crate::barcode::ChartNumber;

/// One run of an import: all its chunks have the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRun {
    /// Given once, by whoever imports.
    pub id: Uuid,
    /// The file's name, at most [`ImportRun::FILE_MAX_CHARS`]; what is longer is cut. Kept beside the chain.
    pub file: String,
}

impl ImportRun {
    /// The longest name that is kept.
    pub const FILE_MAX_CHARS: usize = 120;

    fn file(&self) -> String {
        self.file.chars().filter(|letter| !letter.is_control()).take(Self::FILE_MAX_CHARS).collect()
    }
}

/// What a chunk did to its run: the run's effects, and its part of the entry's `change`.
pub(super) fn chunk(
    work: &Work<'_>,
    run: &ImportRun,
    new: Option<(ChartNumber, ChartNumber)>,
    (added, changed): (usize, usize),
) -> Result<(Vec<Effect>, serde_json::Value), ChangeError> {
    let sql = format!("SELECT {IMPORT_RUN_COLUMNS} FROM main.import_runs WHERE key = ?");
    let known = work.conn().prepare_cached(&sql)?.query_row([run.id.to_string()], rows::import_run).optional()?;
    let mut change = serde_json::json!({});
    let before = match known {
        Some(known) => known,
        None => {
            let sql = "SELECT coalesce(max(id), 0) + 1 FROM main.import_runs";
            let id = ImportRunId(work.conn().prepare_cached(sql)?.query_row([], |row| row.get(0))?);
            let file = run.file();
            change["file_hmac"] = work.text_hmac(&file)?.into();
            let sql = "INSERT INTO main.import_run_names (run, name) VALUES (?, ?)";
            work.conn().prepare_cached(sql)?.execute(params![id.0, file])?;
            let (now, imported_by) = (work.now(), work.actor());
            ImportRunRow { id, key: run.id, file, added: 0, changed: 0, imported_by, began_at: now, changed_at: now }
        }
    };
    change["import_run"] = before.id.0.into();
    let count = |before: u32, more: usize| before.saturating_add(u32::try_from(more).unwrap_or(u32::MAX));
    let (added, changed) = (count(before.added, added), count(before.changed, changed));
    let run = before.id;
    let set = ImportRunRow { file: String::new(), added, changed, changed_at: work.now(), ..before };
    let charts = new.map(|(first, last)| Effect::ImportRunCharts { run, first, last });
    Ok((charts.into_iter().chain([Effect::ImportRunSet(set)]).collect(), change))
}
