//! Label issues and the print jobs that use them up.

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use super::Effect;
use super::error::{ChangeError, StoreError};
use super::printing::{ChartLabel, PrintBatchId, PrintJobId, PrintJobRow, PrintJobState, Proof, Subject};
use super::rows::{self, ChartRecord};
use super::store::Store;
use crate::barcode::{ChartNumber, LabelIssue};

/// The template that a kiosk's LABEL command prints, unless the configuration says otherwise of its printer.
const KIOSK_TEMPLATE: &str = "folder-4x2";

/// The highest label issue: three digits on the label.
const ISSUE_MAX: u16 = 999;

/// What a print job is asked for with.
pub(super) struct LabelOrder<'a> {
    pub printer: &'a str,
    pub template: &'a str,
    pub copies: u16,
    /// The first position on a sheet, from 1.
    pub start_at: u16,
    /// The batch, and which of its labels this is.
    pub batch: Option<(PrintBatchId, u32)>,
    pub reason: Option<&'a str>,
    pub requested_by: String,
    pub at: Timestamp,
}

impl<'a> LabelOrder<'a> {
    /// One label, on its own.
    pub fn single(printer: &'a str, template: Option<&'a str>, requested_by: String, at: Timestamp) -> Self {
        let template = template.unwrap_or(KIOSK_TEMPLATE);
        Self { printer, template, copies: 1, start_at: 1, batch: None, reason: None, requested_by, at }
    }
}

/// Queues a label of the chart's next issue; the first effect uses the issue up.
pub(super) fn queue(
    store: &mut Store,
    chart: &ChartRecord,
    order: &LabelOrder<'_>,
) -> Result<(Effect, PrintJobRow), ChangeError> {
    let (issued, label) = next_label(chart)?;
    Ok((issued, job(store, order, Subject::Label(label))))
}

/// The chart's next label, and the effect that uses its issue up.
pub(super) fn next_label(chart: &ChartRecord) -> Result<(Effect, ChartLabel), ChangeError> {
    let issue = chart.issued.max(chart.on_chart).map_or(1, |LabelIssue(newest)| newest + 1);
    if issue > ISSUE_MAX {
        let text =
            format!("chart {} has used up its {ISSUE_MAX} label issues: give the folder a new number", chart.number);
        return Err(ChangeError::refused("refuse_when_label_issues_are_used_up", Some("charts"), text));
    }
    let issue = LabelIssue(issue);
    let issued = Effect::LabelIssueSet { chart: chart.number, issued: Some(issue), on_chart: chart.on_chart };
    Ok((issued, ChartLabel { chart: chart.number, issue }))
}

/// A new job, queued.
pub(super) fn job(store: &mut Store, order: &LabelOrder<'_>, subject: Subject) -> PrintJobRow {
    let id = PrintJobId(store.next.print_job);
    store.next.print_job += 1;
    PrintJobRow {
        id,
        printer: order.printer.to_owned(),
        template: order.template.to_owned(),
        subject,
        copies: order.copies,
        start_at: order.start_at,
        batch: order.batch.map(|(batch, _)| batch),
        position: order.batch.map(|(_, position)| position),
        reason: order.reason.unwrap_or("not given").to_owned(),
        state: PrintJobState::Queued,
        proof: None,
        requested_by: order.requested_by.clone(),
        requested_at: order.at,
        changed_at: order.at,
        attempts: 0,
        fault: None,
    }
}

/// A scan of this label proves that it was printed: its job as it is from then on, where that is news.
pub(super) fn scanned_back(
    store: &Store,
    chart: ChartNumber,
    issue: LabelIssue,
    at: Timestamp,
) -> Result<Option<PrintJobRow>, StoreError> {
    let sql = format!(
        "SELECT {} FROM main.print_jobs WHERE id = (SELECT job FROM main.label_issues WHERE chart = ? AND issue = ?)",
        rows::PRINT_JOB_COLUMNS
    );
    let key = rusqlite::params![chart.0, issue.0];
    let job = store.conn.prepare_cached(&sql)?.query_row(key, rows::print_job).optional()?;
    // A job that waits to be printed again on someone's word is left to that word.
    let news = |job: &PrintJobRow| match job.state {
        PrintJobState::Queued | PrintJobState::Cancelled => false,
        PrintJobState::Printed => job.proof != Some(Proof::Scanned),
        _ => true,
    };
    let proven = |job| PrintJobRow {
        state: PrintJobState::Printed,
        proof: Some(Proof::Scanned),
        fault: None,
        changed_at: at,
        ..job
    };
    Ok(job.filter(news).map(proven))
}
