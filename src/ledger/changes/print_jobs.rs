//! Print jobs: queued here, sent by the outbox, their fate recorded here.

use rusqlite::OptionalExtension;
use serde_json::json;

use super::super::error::ChangeError;
use super::super::labels::{self, LabelOrder};
use super::super::rows::{self, PRINT_JOB_COLUMNS};
use super::super::work::Work;
use super::super::{Effect, PrintJobId, PrintJobRow, PrintJobState};
use super::Change;
use super::charts::known_chart;
use crate::barcode::ChartNumber;

/// Queues a label for each chart, each with the chart's next label issue; copies share one issue.
#[derive(Debug, Clone)]
pub struct QueueLabels {
    /// The template's name.
    pub template: String,
    /// Whose labels, at most [`QueueLabels::CHARTS_MAX`].
    pub charts: Vec<ChartNumber>,
    /// The printer's id as configured.
    pub printer: String,
    /// How many of each.
    pub copies: u16,
    /// Why, where given.
    pub reason: Option<String>,
}

impl QueueLabels {
    /// The most charts in one change.
    pub const CHARTS_MAX: usize = 500;
}

impl Change for QueueLabels {
    type Made = Vec<PrintJobRow>;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        if self.charts.is_empty() || self.charts.len() > Self::CHARTS_MAX {
            let text = format!("name 1 to {} charts", Self::CHARTS_MAX);
            return Err(ChangeError::refused("refuse_when_too_many_charts", Some("charts"), text));
        }
        if !(1..=COPIES_MAX).contains(&self.copies) {
            let text = format!("print 1 to {COPIES_MAX} copies");
            return Err(ChangeError::refused("refuse_when_copies_are_out_of_range", Some("copies"), text));
        }
        let (reason, words) = said(self.reason)?;
        let order = LabelOrder {
            printer: &self.printer,
            template: &self.template,
            copies: self.copies,
            reason: reason.as_deref(),
            requested_by: work.actor(),
            at: work.now(),
        };
        let mut charts = self.charts;
        charts.sort_unstable();
        charts.dedup();
        let (mut jobs, mut effects) = (Vec::with_capacity(charts.len()), Vec::with_capacity(2 * charts.len()));
        for number in charts {
            let chart = known_chart(work, number)?;
            let (issued, job) = labels::queue(work.store, &chart, &order)?;
            effects.extend([issued, Effect::PrintJobSet(job.clone())]);
            jobs.push(job);
        }
        let mut change = json!({ "labels": jobs.len() });
        if let Some(words) = words {
            change["reason_hmac"] = work.text_hmac(&words)?.into();
            for job in &jobs {
                let sql = "INSERT INTO main.print_reasons (job, text) VALUES (?, ?)";
                work.conn().prepare_cached(sql)?.execute(rusqlite::params![job.id.0, words])?;
            }
        }
        work.record("labels_queued", change, effects)?;
        Ok(jobs)
    }
}

/// What became of a print job.
#[derive(Debug, Clone)]
pub struct PrintJobFate {
    /// Which.
    pub id: PrintJobId,
    /// Its new state.
    pub state: PrintJobState,
    /// What went wrong, in words for staff.
    pub fault: Option<String>,
}

impl Change for PrintJobFate {
    type Made = PrintJobRow;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let job = by_id(work, self.id)?;
        if job.state == self.state && job.fault == self.fault && self.state != PrintJobState::Sending {
            return Ok(job);
        }
        if matches!(job.state, PrintJobState::Printed | PrintJobState::Cancelled) {
            return Err(ended(&job));
        }
        let attempts = job.attempts.saturating_add(u16::from(self.state == PrintJobState::Sending));
        set(work, PrintJobRow { state: self.state, fault: self.fault, attempts, ..job }, Vec::new())
    }
}

/// Someone has seen the label: printed, and on the chart.
#[derive(Debug, Clone)]
pub struct ConfirmPrintJob {
    /// Which.
    pub id: PrintJobId,
}

impl Change for ConfirmPrintJob {
    type Made = PrintJobRow;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let job = by_id(work, self.id)?;
        match job.state {
            PrintJobState::Printed => return Ok(job),
            PrintJobState::Queued | PrintJobState::Cancelled => return Err(ended(&job)),
            _ => {}
        }
        let chart = known_chart(work, job.chart)?;
        let on_chart = chart.on_chart.max(Some(job.issue));
        let seen = Effect::LabelIssueSet { chart: chart.number, issued: chart.issued, on_chart };
        set(work, PrintJobRow { state: PrintJobState::Printed, fault: None, ..job }, vec![seen])
    }
}

/// Queues a job again, with the same issue.
#[derive(Debug, Clone)]
pub struct RetryPrintJob {
    /// Which.
    pub id: PrintJobId,
}

impl Change for RetryPrintJob {
    type Made = PrintJobRow;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let job = by_id(work, self.id)?;
        if !matches!(job.state, PrintJobState::Failed | PrintJobState::Unknown | PrintJobState::Sent) {
            return Err(ended(&job));
        }
        set(work, PrintJobRow { state: PrintJobState::Queued, fault: None, ..job }, Vec::new())
    }
}

/// Gives a job up.
#[derive(Debug, Clone)]
pub struct CancelPrintJob {
    /// Which.
    pub id: PrintJobId,
}

impl Change for CancelPrintJob {
    type Made = PrintJobRow;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let job = by_id(work, self.id)?;
        if !matches!(job.state, PrintJobState::Queued | PrintJobState::Failed | PrintJobState::Unknown) {
            return Err(ended(&job));
        }
        set(work, PrintJobRow { state: PrintJobState::Cancelled, ..job }, Vec::new())
    }
}

/// The most copies of one label.
const COPIES_MAX: u16 = 50;

/// The reason as the chain has it, and the words beside it where it is none of [`REASONS`]: free words may name a
/// patient, so the chain holds their keyed hash only.
fn said(reason: Option<String>) -> Result<(Option<String>, Option<String>), ChangeError> {
    let Some(words) = reason.map(|words| words.trim().to_owned()).filter(|words| !words.is_empty()) else {
        return Ok((None, None));
    };
    if words.chars().count() > REASON_MAX_CHARS || words.chars().any(char::is_control) {
        let text = format!("use at most {REASON_MAX_CHARS} characters on one line");
        return Err(ChangeError::refused("refuse_when_reason_does_not_fit", Some("reason"), text));
    }
    if REASONS.contains(&words.as_str()) {
        return Ok((Some(words), None));
    }
    Ok((Some(OTHER.to_owned()), Some(words)))
}

/// Why a label may be printed. A closed list, because reasons go into the chain and free text may name a patient.
pub const REASONS: [&str; 6] = ["first label", "damaged", "unreadable", "lost", "new folder", "corrected details"];
/// What the chain says of any other reason.
const OTHER: &str = "other";
/// The longest reason.
const REASON_MAX_CHARS: usize = 200;

fn by_id(work: &Work<'_>, id: PrintJobId) -> Result<PrintJobRow, ChangeError> {
    let sql = format!("SELECT {PRINT_JOB_COLUMNS} FROM main.print_jobs WHERE id = ?");
    let found = work.conn().prepare_cached(&sql)?.query_row([id.0], rows::print_job).optional()?;
    found.ok_or_else(|| ChangeError::NotFound(format!("there is no print job {}", id.0)))
}

fn ended(job: &PrintJobRow) -> ChangeError {
    let state = rows::word(&job.state).unwrap_or_default();
    ChangeError::Conflict(format!("print job {} is {state}", job.id.0))
}

fn set(work: &mut Work<'_>, job: PrintJobRow, mut effects: Vec<Effect>) -> Result<PrintJobRow, ChangeError> {
    let job = PrintJobRow { changed_at: work.now(), ..job };
    let kind = format!("print_job_{}", rows::word(&job.state)?);
    effects.push(Effect::PrintJobSet(job.clone()));
    work.record(&kind, json!({ "print_job": job.id }), effects)?;
    Ok(job)
}
