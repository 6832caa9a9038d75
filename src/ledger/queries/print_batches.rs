//! Batches of labels, and the charts that one is made of.

use rusqlite::params;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Page, Paging, ReadError, Reader};
use crate::barcode::{ChartNumber, PlaceCode};
use crate::ledger::rows::{self, PRINT_BATCH_COLUMNS};
use crate::ledger::{ImportRunId, PrintBatchId, PrintBatchRow};

/// A batch and how far it is, in labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PrintBatchView {
    /// The batch.
    #[serde(flatten)]
    pub batch: PrintBatchRow,
    /// Queued or being sent.
    pub waiting: u32,
    /// The printer took them; whether they were printed is not known.
    pub sent: u32,
    /// Counted by the printer, scanned, or seen by a person.
    pub printed: u32,
    /// Not printed.
    pub failed: u32,
    /// Perhaps printed: someone has to look.
    pub unknown: u32,
}

/// Charts of which a batch is made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LabelSelection {
    /// Of these sections of the shelf, from and to: the terminal digits, or the middle ones where filing is by those.
    pub sections: Option<(u8, u8)>,
    /// Filed here.
    pub home: Option<PlaceCode>,
    /// Brought by this run of an import.
    pub import_run: Option<ImportRunId>,
    /// Only charts for which Outguide never printed a label, as those that an import brought.
    pub unlabelled: bool,
}

impl Reader {
    /// Batches, newest first.
    pub fn print_batches(&self, paging: &Paging) -> Result<Page<PrintBatchView>, ReadError> {
        let sql = format!("SELECT {PRINT_BATCH_COLUMNS} FROM print_batches WHERE id < ?1 ORDER BY id DESC LIMIT ?2");
        let mut statement = self.conn().prepare_cached(&sql)?;
        let before = paging.number()?.unwrap_or(i64::MAX);
        let rows = statement.query_map(params![before, paging.fetch()], rows::print_batch)?;
        let batches = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        let page = Page::cut(batches, paging.limit(), |batch| batch.id.0.to_string());
        let views: Result<Vec<_>, ReadError> = page.rows.into_iter().map(|batch| self.batch_view(batch)).collect();
        Ok(Page { rows: views?, next_cursor: page.next_cursor })
    }

    /// One batch.
    pub fn print_batch(&self, id: PrintBatchId) -> Result<Option<PrintBatchView>, ReadError> {
        let sql = format!("SELECT {PRINT_BATCH_COLUMNS} FROM print_batches WHERE id = ?1");
        let mut statement = self.conn().prepare_cached(&sql)?;
        let found = statement.query_map(params![id.0], rows::print_batch)?.next().transpose()?;
        found.map(|batch| self.batch_view(batch)).transpose()
    }

    /// Batches whose charts were being gathered when the server stopped.
    pub fn gathering_batches(&self) -> Result<Vec<PrintBatchRow>, ReadError> {
        let sql = format!("SELECT {PRINT_BATCH_COLUMNS} FROM print_batches WHERE state = 'gathering' LIMIT 1000");
        let mut statement = self.conn().prepare_cached(&sql)?;
        let rows = statement.query_map([], rows::print_batch)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Has this printer a batch that runs?
    pub fn runs_a_batch(&self, printer: &str) -> Result<bool, ReadError> {
        let sql = "SELECT 1 FROM print_batches WHERE printer = ?1 AND state IN ('gathering', 'running', 'paused')
                   AND state = 'running'";
        Ok(self.conn().prepare_cached(sql)?.exists(params![printer])?)
    }

    fn batch_view(&self, batch: PrintBatchRow) -> Result<PrintBatchView, ReadError> {
        // On a roll an index alone answers; sheets are few.
        let labels = if batch.per_sheet == 1 { "count(*)" } else { "sum(json_array_length(subject, '$.labels'))" };
        let sql = format!("SELECT state, {labels} FROM print_jobs WHERE batch = ?1 GROUP BY state");
        let mut statement = self.conn().prepare_cached(&sql)?;
        let mut rows = statement.query(params![batch.id.0])?;
        let mut view = PrintBatchView { batch, waiting: 0, sent: 0, printed: 0, failed: 0, unknown: 0 };
        while let Some(row) = rows.next()? {
            let count: u32 = row.get(1)?;
            match row.get_ref(0)?.as_str().map_err(super::failed)? {
                "queued" | "sending" => view.waiting += count,
                "sent" => view.sent = count,
                "printed" => view.printed = count,
                "failed" => view.failed = count,
                "unknown" => view.unknown = count,
                _ => {}
            }
        }
        Ok(view)
    }

    /// The first of these that is no chart.
    pub fn first_unknown_chart(&self, charts: &[ChartNumber]) -> Result<Option<ChartNumber>, ReadError> {
        let mut statement = self.conn().prepare_cached("SELECT 1 FROM charts WHERE number = ?1")?;
        for chart in charts {
            if !statement.exists(params![chart.0])? {
                return Ok(Some(*chart));
            }
        }
        Ok(None)
    }

    /// The charts in use that fit, in the order of the shelf; at most `most` and one, which tells that there are more.
    pub fn select_for_labels(&self, wanted: &LabelSelection, most: usize) -> Result<Vec<ChartNumber>, ReadError> {
        // CROSS JOIN keeps the order: a run's stretches of numbers first, then the charts in them.
        let from = match wanted.import_run {
            Some(_) => "import_run_charts r CROSS JOIN charts c ON r.run = ?3 AND c.number BETWEEN r.first AND r.last",
            None => "charts c",
        };
        let sql = format!(
            "SELECT c.number, p.mrn, p.sort_name, c.volume FROM {from} JOIN patients p ON p.id = c.patient
             WHERE c.retired = 0 AND (?1 IS NULL OR c.home = ?1) AND (?2 = 0 OR c.issued IS NULL) AND (?3 IS NULL OR ?3 > 0)"
        );
        let mut statement = self.conn().prepare_cached(&sql)?;
        let home = wanted.home.as_ref().map(PlaceCode::as_str);
        let run = wanted.import_run.map(|ImportRunId(id)| id);
        let mut rows = statement.query(params![home, wanted.unlabelled, run])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let mrn: String = row.get(1)?;
            if let Some((from, to)) = wanted.sections
                && !self.numbering().section(&mrn).is_some_and(|section| (from..=to).contains(&section))
            {
                continue;
            }
            let key = self.numbering().sort_key(&mrn, row.get_ref(2)?.as_str().map_err(super::failed)?);
            found.push((key, row.get::<_, u16>(3)?, ChartNumber(row.get(0)?)));
            if found.len() > most {
                break;
            }
        }
        found.sort_unstable();
        Ok(found.into_iter().map(|(_, _, chart)| chart).collect())
    }
}
