//! Print jobs.

use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ChartRow, Page, Paging, ReadError, Reader, Sight, time_at, word};
use crate::barcode::{ChartNumber, LabelIssue};
use crate::ledger::{PrintJobId, PrintJobRow, PrintJobState};

/// A print job with the chart whose label it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PrintJobView {
    /// The job.
    #[serde(flatten)]
    pub job: PrintJobRow,
    /// The chart and whose it is. Named so because `chart` is its number.
    pub chart_row: Option<ChartRow>,
}

/// Jobs with the words of a reason that is not one of the listed ones.
const SELECT_JOBS: &str = "SELECT *, (SELECT text FROM print_reasons WHERE job = id) AS said FROM print_jobs";

/// The most jobs that an outbox worker takes up at once.
const WAITING_MAX: i64 = 500;

impl Reader {
    /// Print jobs, newest first, of one state or printer where asked for.
    pub fn print_jobs(
        &self,
        state: Option<PrintJobState>,
        printer: Option<&str>,
        paging: &Paging,
        sight: Sight,
    ) -> Result<Page<PrintJobView>, ReadError> {
        let state = state.map(serde_json::to_value).transpose()?;
        let state = state.as_ref().and_then(serde_json::Value::as_str);
        let sql = format!(
            "{SELECT_JOBS} WHERE id < ?1 AND (?2 IS NULL OR state = ?2)
                   AND (?3 IS NULL OR printer = ?3) ORDER BY id DESC LIMIT ?4"
        );
        let before = paging.number()?.unwrap_or(i64::MAX);
        let jobs = self.jobs(&sql, params![before, state, printer, paging.fetch()])?;
        let page = Page::cut(jobs, paging.limit(), |job| job.id.0.to_string());
        let rows: Result<Vec<_>, ReadError> = page
            .rows
            .into_iter()
            .map(|job| Ok(PrintJobView { chart_row: self.chart(job.chart, sight)?, job }))
            .collect();
        Ok(Page { rows: rows?, next_cursor: page.next_cursor })
    }

    /// One job.
    pub fn print_job(&self, id: PrintJobId) -> Result<Option<PrintJobRow>, ReadError> {
        let id = i64::try_from(id.0).unwrap_or(i64::MAX);
        Ok(self.jobs(&format!("{SELECT_JOBS} WHERE id = ?1"), params![id])?.pop())
    }

    /// Jobs of a printer that are queued or were being sent, oldest first: the outbox's work.
    pub fn waiting_print_jobs(&self, printer: &str) -> Result<Vec<PrintJobRow>, ReadError> {
        let sql = format!(
            "{SELECT_JOBS} WHERE printer = ?1 AND state IN ('queued', 'sending')
                   ORDER BY id LIMIT ?2"
        );
        self.jobs(&sql, params![printer, WAITING_MAX])
    }

    fn jobs(&self, sql: &str, with: impl rusqlite::Params) -> Result<Vec<PrintJobRow>, ReadError> {
        let mut statement = self.conn().prepare_cached(sql)?;
        let mut rows = statement.query(with)?;
        let mut jobs = Vec::new();
        while let Some(row) = rows.next()? {
            jobs.push(job_row(row)?);
        }
        Ok(jobs)
    }
}

fn job_row(row: &Row<'_>) -> Result<PrintJobRow, ReadError> {
    Ok(PrintJobRow {
        id: PrintJobId(row.get::<_, i64>("id")?.unsigned_abs()),
        printer: row.get("printer")?,
        template: row.get("template")?,
        chart: ChartNumber(row.get("chart")?),
        issue: LabelIssue(row.get("issue")?),
        copies: row.get("copies")?,
        reason: row.get::<_, Option<String>>("said")?.map_or_else(|| row.get("reason"), Ok)?,
        state: word(row.get("state")?)?,
        requested_by: row.get("requested_by")?,
        requested_at: time_at(row, "requested_at")?,
        changed_at: time_at(row, "changed_at")?,
        attempts: row.get("attempts")?,
        fault: row.get("fault")?,
    })
}
