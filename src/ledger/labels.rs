//! Label issues and the print jobs that use them up.

use jiff::Timestamp;

use super::error::ChangeError;
use super::rows::ChartRecord;
use super::store::Store;
use super::{Effect, PrintJobId, PrintJobRow, PrintJobState};
use crate::barcode::LabelIssue;

/// The template that a kiosk's LABEL command prints.
pub(super) const KIOSK_TEMPLATE: &str = "folder-4x2";

/// The highest label issue: three digits on the label.
const ISSUE_MAX: u16 = 999;

/// What a print job is asked for with.
pub(super) struct LabelOrder<'a> {
    pub printer: &'a str,
    pub template: &'a str,
    pub copies: u16,
    pub reason: Option<&'a str>,
    pub requested_by: String,
    pub at: Timestamp,
}

/// Queues a label of the chart's next issue; the second effect is the job.
pub(super) fn queue(
    store: &mut Store,
    chart: &ChartRecord,
    order: &LabelOrder<'_>,
) -> Result<(Effect, PrintJobRow), ChangeError> {
    let issue = chart.issued.max(chart.on_chart).map_or(1, |LabelIssue(newest)| newest + 1);
    if issue > ISSUE_MAX {
        let text =
            format!("chart {} has used up its {ISSUE_MAX} label issues: give the folder a new number", chart.number);
        return Err(ChangeError::refused("refuse_when_label_issues_are_used_up", Some("charts"), text));
    }
    let issue = LabelIssue(issue);
    let id = PrintJobId(store.next.print_job);
    store.next.print_job += 1;
    let job = PrintJobRow {
        id,
        printer: order.printer.to_owned(),
        template: order.template.to_owned(),
        chart: chart.number,
        issue,
        copies: order.copies,
        reason: order.reason.unwrap_or("not given").to_owned(),
        state: PrintJobState::Queued,
        requested_by: order.requested_by.clone(),
        requested_at: order.at,
        changed_at: order.at,
        attempts: 0,
        fault: None,
    };
    Ok((Effect::LabelIssueSet { chart: chart.number, issued: Some(issue), on_chart: chart.on_chart }, job))
}
