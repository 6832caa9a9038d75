//! Print jobs: queued here, sent by the outbox, their fate recorded here.

use rusqlite::OptionalExtension;
use serde_json::json;

use super::super::error::ChangeError;
use super::super::labels::{self, LabelOrder};
use super::super::rows::{self, PRINT_JOB_COLUMNS};
use super::super::work::Work;
use super::super::{Effect, PrintBatchState, PrintJobId, PrintJobRow, PrintJobState, Proof, Subject};
use super::Change;
use super::charts::{known_chart, usable_chart};
use super::print_batches;
use super::printer_stock::counted_down;
use crate::barcode::ChartNumber;

/// Queues a label for each chart, each with the chart's next label issue; copies share one issue. Where the stock is a
/// sheet of several, there is one job for each sheet.
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
    /// On a sheet: the position of the first label, from 1.
    pub start_at: u16,
    /// Labels on a sheet of the template's stock; 1 for a roll.
    pub per_sheet: u16,
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
        check_copies(self.copies)?;
        check_start(self.start_at, self.per_sheet)?;
        let (reason, words) = said(self.reason)?;
        let mut charts = self.charts;
        // Sheets keep the order that was asked for: that is the order in which labels are taken off.
        if self.per_sheet == 1 {
            charts.sort_unstable();
        }
        let mut known = std::collections::BTreeSet::new();
        charts.retain(|chart| known.insert(*chart));
        // A label that comes out would be stuck on a folder that nobody may use.
        charts.iter().try_for_each(|chart| usable_chart(work, *chart).map(drop))?;
        let mut order = LabelOrder {
            printer: &self.printer,
            template: &self.template,
            copies: self.copies,
            start_at: self.start_at,
            batch: None,
            reason: reason.as_deref(),
            requested_by: work.actor(),
            at: work.now(),
        };
        let (mut jobs, mut effects) = (Vec::with_capacity(charts.len()), Vec::with_capacity(2 * charts.len()));
        let mut rest = charts.as_slice();
        while !rest.is_empty() {
            let room = usize::from(self.per_sheet + 1 - order.start_at).min(rest.len());
            let (sheet, later) = rest.split_at(room);
            let (issued, subject) = next_labels(work, sheet, self.per_sheet)?;
            let job = labels::job(work.store, &order, subject);
            effects.extend(issued);
            effects.push(Effect::PrintJobSet(job.clone()));
            jobs.push(job);
            (order.start_at, rest) = (1, later);
        }
        let mut change = json!({ "labels": charts.len() });
        if let Some(words) = words {
            change["reason_hmac"] = work.text_hmac(&words)?.into();
            keep_words(work, &jobs, &words)?;
        }
        work.record("labels_queued", change, effects)?;
        Ok(jobs)
    }
}

/// The next label of each of these charts, as one job's subject, and the effects that use the issues up.
pub(super) fn next_labels(
    work: &Work<'_>,
    charts: &[ChartNumber],
    per_sheet: u16,
) -> Result<(Vec<Effect>, Subject), ChangeError> {
    let (mut issued, mut made) = (Vec::with_capacity(charts.len()), Vec::with_capacity(charts.len()));
    for number in charts {
        let (effect, label) = labels::next_label(&known_chart(work, *number)?)?;
        issued.push(effect);
        made.push(label);
    }
    match made.as_slice() {
        [label] if per_sheet == 1 => Ok((issued, Subject::Label(*label))),
        _ => Ok((issued, Subject::Sheet(made))),
    }
}

/// Queues something that uses up no label issue: a slip, a card, a badge, a list.
#[derive(Debug, Clone)]
pub struct QueuePaper {
    /// The template's name.
    pub template: String,
    /// What it is about; a chart's own labels are for [`QueueLabels`].
    pub subject: Subject,
    /// The printer's id as configured.
    pub printer: String,
    /// How many.
    pub copies: u16,
    /// On a sheet: the position of the first, from 1.
    pub start_at: u16,
    /// Pieces on a sheet of the template's stock; 1 for a roll.
    pub per_sheet: u16,
}

impl Change for QueuePaper {
    type Made = PrintJobRow;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        check_copies(self.copies)?;
        check_start(self.start_at, self.per_sheet)?;
        if !self.subject.labels().is_empty() || self.subject.charts().len() > QueueLabels::CHARTS_MAX {
            let text = format!("name at most {} charts", QueueLabels::CHARTS_MAX);
            return Err(ChangeError::refused("refuse_when_too_many_charts", Some("charts"), text));
        }
        for chart in self.subject.charts() {
            known_chart(work, chart)?;
        }
        let order = LabelOrder {
            printer: &self.printer,
            template: &self.template,
            copies: self.copies,
            start_at: self.start_at,
            batch: None,
            reason: None,
            requested_by: work.actor(),
            at: work.now(),
        };
        let job = labels::job(work.store, &order, self.subject);
        work.record("paper_queued", json!({ "print_job": job.id }), vec![Effect::PrintJobSet(job.clone())])?;
        Ok(job)
    }
}

/// What became of a print job, as the outbox or the printer says.
#[derive(Debug, Clone)]
pub struct PrintJobFate {
    /// Which.
    pub id: PrintJobId,
    /// Its new state. `printed` means that the printer counted it.
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
        if !may_become(job.state, self.state) {
            return Err(ended(&job));
        }
        if self.state == PrintJobState::Sending
            && let Some(batch) = job.batch
        {
            let batch = print_batches::by_id(work, batch)?;
            if !matches!(batch.state, PrintBatchState::Running | PrintBatchState::Done) {
                return Err(ChangeError::Conflict(format!("batch {} is not running", batch.id.0)));
            }
        }
        settle(work, job, self.state, self.fault)
    }
}

/// Writes down a job's new state; labels that went out are counted down.
pub(super) fn settle(
    work: &mut Work<'_>,
    job: PrintJobRow,
    state: PrintJobState,
    fault: Option<String>,
) -> Result<PrintJobRow, ChangeError> {
    let left = match state {
        PrintJobState::Sent => counted_down(work, &job.printer, job.pieces())?,
        _ => None,
    };
    let attempts = job.attempts.saturating_add(u16::from(state == PrintJobState::Sending));
    let proof = (state == PrintJobState::Printed).then_some(Proof::Counted);
    let effects = left.map(Effect::PrinterStockSet).into_iter().collect();
    set(work, PrintJobRow { state, proof, fault, attempts, ..job }, effects)
}

/// What the outbox may make of a job. Only what is queued is sent, so that nothing is sent twice without a person's word.
fn may_become(now: PrintJobState, next: PrintJobState) -> bool {
    use PrintJobState::{Failed, Printed, Queued, Sending, Sent, Unknown};
    match next {
        Sending => now == Queued,
        Queued => matches!(now, Queued | Sending),
        Failed => matches!(now, Queued | Sending | Sent),
        Sent | Unknown => now == Sending,
        Printed => matches!(now, Sending | Sent | Unknown),
        PrintJobState::Cancelled => false,
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
        let mut effects = Vec::new();
        for label in job.subject.labels() {
            let chart = known_chart(work, label.chart)?;
            let on_chart = chart.on_chart.max(Some(label.issue));
            effects.push(Effect::LabelIssueSet { chart: chart.number, issued: chart.issued, on_chart });
        }
        if job.state == PrintJobState::Unknown {
            effects.extend(counted_down(work, &job.printer, job.pieces())?.map(Effect::PrinterStockSet));
        }
        let proof = Some(Proof::Seen);
        set(work, PrintJobRow { state: PrintJobState::Printed, proof, fault: None, ..job }, effects)
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

fn check_copies(copies: u16) -> Result<(), ChangeError> {
    if (1..=COPIES_MAX).contains(&copies) {
        return Ok(());
    }
    let text = format!("print 1 to {COPIES_MAX} copies");
    Err(ChangeError::refused("refuse_when_copies_are_out_of_range", Some("copies"), text))
}

/// Is there such a position on a sheet?
pub(super) fn check_start(start_at: u16, per_sheet: u16) -> Result<(), ChangeError> {
    if (1..=per_sheet).contains(&start_at) {
        return Ok(());
    }
    let text = match per_sheet {
        1 => "labels on a roll start at 1".to_owned(),
        most => format!("a sheet of this stock has the positions 1 to {most}"),
    };
    Err(ChangeError::refused("refuse_when_position_is_not_on_the_sheet", Some("start_at"), text))
}

/// Keeps a reason's own words beside the chain.
pub(super) fn keep_words(work: &Work<'_>, jobs: &[PrintJobRow], words: &str) -> Result<(), ChangeError> {
    let sql = "INSERT INTO main.print_reasons (job, text) VALUES (?, ?)";
    for job in jobs {
        work.conn().prepare_cached(sql)?.execute(rusqlite::params![job.id.0, words])?;
    }
    Ok(())
}

/// The reason as the chain has it, and the words beside it where it is none of [`REASONS`]: free words may name a
/// patient, so the chain holds their keyed hash only.
pub(super) fn said(reason: Option<String>) -> Result<(Option<String>, Option<String>), ChangeError> {
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
pub const REASONS: [&str; 8] = [
    "first label",
    "damaged",
    "unreadable",
    "lost",
    "new folder",
    "corrected details",
    "superseded label",
    "printer jam",
];
/// What the chain says of any other reason.
const OTHER: &str = "other";
/// The longest reason.
const REASON_MAX_CHARS: usize = 200;

pub(super) fn by_id(work: &Work<'_>, id: PrintJobId) -> Result<PrintJobRow, ChangeError> {
    let sql = format!("SELECT {PRINT_JOB_COLUMNS} FROM main.print_jobs WHERE id = ?");
    let found = work.conn().prepare_cached(&sql)?.query_row([id.0], rows::print_job).optional()?;
    found.ok_or_else(|| ChangeError::NotFound(format!("there is no print job {}", id.0)))
}

pub(super) fn ended(job: &PrintJobRow) -> ChangeError {
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
