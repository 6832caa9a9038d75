//! Print jobs, and the labels that each chart has had.

use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ChartRow, Page, Paging, ReadError, Reader, Sight, time_at, word};
use crate::barcode::{ChartNumber, LabelIssue};
use crate::ledger::rows::{self, PRINTER_STOCK_COLUMNS};
use crate::ledger::{PrintBatchId, PrintJobId, PrintJobRow, PrintJobState, PrinterStockRow, Proof, Subject};

/// A print job with the chart that it is about, where it is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PrintJobView {
    /// The job.
    #[serde(flatten)]
    pub job: PrintJobRow,
    /// The chart and whose it is. Named so because `chart` is its number.
    pub chart_row: Option<ChartRow>,
}

/// Which print jobs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PrintJobFilter {
    /// In this state.
    pub state: Option<PrintJobState>,
    /// Of this printer.
    pub printer: Option<String>,
    /// Of this batch.
    pub batch: Option<PrintBatchId>,
}

/// Where a label of a chart is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LabelStanding {
    /// It is the newest that was confirmed or scanned.
    OnChart,
    /// A newer one is on the chart.
    Superseded,
    /// It was handed to a print job; nobody has seen it on the chart yet.
    Awaited,
}

/// One printing of a chart's label: who asked for it, why, when, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LabelIssueView {
    /// The issue.
    pub issue: LabelIssue,
    /// Where it is.
    pub standing: LabelStanding,
    /// The job that printed it.
    #[serde(flatten)]
    pub job: LabelJob,
}

/// The print job of one issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LabelJob {
    /// Its number.
    pub job: PrintJobId,
    /// The printer.
    pub printer: String,
    /// The template.
    pub template: String,
    /// Why, or `not given`.
    pub reason: String,
    /// Who asked, as an entry's actor.
    pub requested_by: String,
    /// When.
    pub requested_at: jiff::Timestamp,
    /// What became of it.
    pub state: PrintJobState,
    /// How it is known that it was printed.
    pub proof: Option<Proof>,
}

/// Jobs with the words of a reason that is not one of the listed ones.
const SELECT_JOBS: &str = "SELECT *, (SELECT text FROM print_reasons WHERE job = id) AS said FROM print_jobs";

/// The most jobs that were being sent when a server stopped.
const SENDING_MAX: i64 = 500;

/// The most issues of one chart's label.
const ISSUES_MAX: i64 = 999;

impl Reader {
    /// Print jobs, newest first.
    pub fn print_jobs(
        &self,
        filter: &PrintJobFilter,
        paging: &Paging,
        sight: Sight,
    ) -> Result<Page<PrintJobView>, ReadError> {
        let state = filter.state.map(serde_json::to_value).transpose()?;
        let state = state.as_ref().and_then(serde_json::Value::as_str);
        // What wants someone's attention is few among many: an index holds only those.
        let few = match filter.state {
            Some(PrintJobState::Unknown | PrintJobState::Failed) => " AND state IN ('unknown', 'failed')",
            _ => "",
        };
        let batch = filter.batch.map(|PrintBatchId(id)| id);
        let of_batch = if batch.is_some() { " AND batch = ?5" } else { " AND ?5 IS NULL" };
        let sql = format!(
            "{SELECT_JOBS} WHERE id < ?1 AND (?2 IS NULL OR state = ?2){few}{of_batch}
                   AND (?3 IS NULL OR printer = ?3) ORDER BY id DESC LIMIT ?4"
        );
        let before = paging.number()?.unwrap_or(i64::MAX);
        let jobs = self.jobs(&sql, params![before, state, filter.printer, paging.fetch(), batch])?;
        let page = Page::cut(jobs, paging.limit(), |job| job.id.0.to_string());
        let rows: Result<Vec<_>, ReadError> =
            page.rows.into_iter().map(|job| self.print_job_view(job, sight)).collect();
        Ok(Page { rows: rows?, next_cursor: page.next_cursor })
    }

    /// A job as it is shown: that charts go to a restricted place is as confidential as that they are there.
    pub fn shown_print_job(&self, mut job: PrintJobRow, sight: Sight) -> Result<PrintJobRow, ReadError> {
        if let Subject::Transfer { to, .. } = &mut job.subject
            && sight != Sight::Full
            && let Some(code) = to.as_ref()
            && self.place(code)?.is_none_or(|place| place.restricted)
        {
            *to = None;
        }
        Ok(job)
    }

    fn print_job_view(&self, job: PrintJobRow, sight: Sight) -> Result<PrintJobView, ReadError> {
        let job = self.shown_print_job(job, sight)?;
        let chart_row = match &job.subject {
            Subject::Label(label) => self.chart(label.chart, sight)?,
            Subject::Reference(chart) => self.chart(*chart, sight)?,
            _ => None,
        };
        Ok(PrintJobView { chart_row, job })
    }

    /// One job.
    pub fn print_job(&self, id: PrintJobId) -> Result<Option<PrintJobRow>, ReadError> {
        let id = i64::try_from(id.0).unwrap_or(i64::MAX);
        Ok(self.jobs(&format!("{SELECT_JOBS} WHERE id = ?1"), params![id])?.pop())
    }

    /// The printer's oldest queued job, those of batches that do not run left out.
    pub fn next_print_job(&self, printer: &str) -> Result<Option<PrintJobRow>, ReadError> {
        let sql = format!(
            "{SELECT_JOBS} WHERE printer = ?1 AND state IN ('queued', 'sending') AND state = 'queued' AND (batch IS NULL
                   OR (SELECT b.state FROM print_batches b WHERE b.id = batch) IN ('running', 'done'))
                   ORDER BY id LIMIT 1"
        );
        Ok(self.jobs(&sql, params![printer])?.pop())
    }

    /// The printer's jobs that were being sent, oldest first.
    pub fn sending_print_jobs(&self, printer: &str) -> Result<Vec<PrintJobRow>, ReadError> {
        let sql = format!(
            "{SELECT_JOBS} WHERE printer = ?1 AND state IN ('queued', 'sending') AND state = 'sending'
                   ORDER BY id LIMIT ?2"
        );
        self.jobs(&sql, params![printer, SENDING_MAX])
    }

    /// Every printing of a chart's label, newest first. Reasons in somebody's own words may say where it is, or was.
    pub fn label_issues(&self, chart: ChartNumber, sight: Sight) -> Result<Vec<LabelIssueView>, ReadError> {
        let withheld = self.chart(chart, sight)?.is_some_and(|row| row.chart.withheld);
        let sql = "SELECT l.issue, c.on_chart, j.*, (SELECT text FROM print_reasons WHERE job = j.id) AS said
                   FROM label_issues l JOIN print_jobs j ON j.id = l.job JOIN charts c ON c.number = l.chart
                   WHERE l.chart = ?1 ORDER BY l.issue DESC LIMIT ?2";
        let mut statement = self.conn().prepare_cached(sql)?;
        let mut rows = statement.query(params![chart.0, ISSUES_MAX])?;
        let mut issues = Vec::new();
        while let Some(row) = rows.next()? {
            let (issue, on_chart): (u16, Option<u16>) = (row.get("issue")?, row.get("on_chart")?);
            let standing = match on_chart {
                Some(on_chart) if issue == on_chart => LabelStanding::OnChart,
                Some(on_chart) if issue < on_chart => LabelStanding::Superseded,
                _ => LabelStanding::Awaited,
            };
            let job = job_row(row)?;
            let job = LabelJob {
                job: job.id,
                printer: job.printer,
                template: job.template,
                reason: if withheld { String::new() } else { job.reason },
                requested_by: job.requested_by,
                requested_at: job.requested_at,
                state: job.state,
                proof: job.proof,
            };
            issues.push(LabelIssueView { issue: LabelIssue(issue), standing, job });
        }
        Ok(issues)
    }

    /// What staff said is loaded in each printer, counted down.
    pub fn printer_stocks(&self) -> Result<Vec<PrinterStockRow>, ReadError> {
        let sql = format!("SELECT {PRINTER_STOCK_COLUMNS} FROM printer_stock ORDER BY printer");
        let mut statement = self.conn().prepare_cached(&sql)?;
        let rows = statement.query_map([], rows::printer_stock)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The same of one printer.
    pub fn printer_stock(&self, printer: &str) -> Result<Option<PrinterStockRow>, ReadError> {
        Ok(self.printer_stocks()?.into_iter().find(|stock| stock.printer == printer))
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
        subject: serde_json::from_str(row.get_ref("subject")?.as_str().map_err(super::failed)?)?,
        copies: row.get("copies")?,
        start_at: row.get("start_at")?,
        batch: row.get::<_, Option<i64>>("batch")?.map(|id| PrintBatchId(id.unsigned_abs())),
        position: row.get("position")?,
        reason: row.get::<_, Option<String>>("said")?.map_or_else(|| row.get("reason"), Ok)?,
        state: word(row.get("state")?)?,
        proof: row.get::<_, Option<String>>("proof")?.map(word).transpose()?,
        requested_by: row.get("requested_by")?,
        requested_at: time_at(row, "requested_at")?,
        changed_at: time_at(row, "changed_at")?,
        attempts: row.get("attempts")?,
        fault: row.get("fault")?,
    })
}
