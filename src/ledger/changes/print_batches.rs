//! Batches: many labels under one name. Their charts are fixed when the batch is made; their labels are queued a few at a
//! time, so that single labels go out in between and nobody's scan waits.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, params};
use serde_json::json;

use super::super::error::ChangeError;
use super::super::labels::{self, LabelOrder};
use super::super::rows::{self, PRINT_BATCH_COLUMNS, PRINT_JOB_COLUMNS};
use super::super::work::Work;
use super::super::{Effect, PrintBatchId, PrintBatchRow, PrintBatchState, PrintJobRow, PrintJobState, Proof, Subject};
use super::Change;
use super::print_jobs::{check_start, next_labels, said};
use crate::barcode::ChartNumber;

/// A new batch, its charts still to be gathered.
#[derive(Debug, Clone)]
pub struct OpenBatch {
    /// What staff call it, 1 to [`OpenBatch::NAME_MAX_CHARS`] characters; kept beside the chain.
    pub name: String,
    /// The printer's id as configured.
    pub printer: String,
    /// The template's name.
    pub template: String,
    /// How many of each label.
    pub copies: u16,
    /// On sheets: where on the first sheet it begins, from 1.
    pub start_at: u16,
    /// Labels on a sheet of the template's stock; 1 for a roll.
    pub per_sheet: u16,
    /// Why: one of [`super::PRINT_REASONS`]; other words are kept as "other".
    pub reason: Option<String>,
}

impl OpenBatch {
    /// The longest name.
    pub const NAME_MAX_CHARS: usize = 80;
}

impl Change for OpenBatch {
    type Made = PrintBatchRow;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        check_start(self.start_at, self.per_sheet)?;
        if !(1..=COPIES_MAX).contains(&self.copies) {
            let text = format!("print 1 to {COPIES_MAX} copies");
            return Err(ChangeError::refused("refuse_when_copies_are_out_of_range", Some("copies"), text));
        }
        let (reason, _) = said(self.reason)?;
        let sql = "SELECT coalesce(max(id), 0) + 1 FROM main.print_batches";
        let id = work.conn().prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        let batch = PrintBatchRow {
            id: PrintBatchId(id),
            name: self.name,
            printer: self.printer,
            template: self.template,
            copies: self.copies,
            start_at: self.start_at,
            per_sheet: self.per_sheet,
            reason: reason.unwrap_or_else(|| "not given".to_owned()),
            state: PrintBatchState::Gathering,
            total: 0,
            next: 1,
            note: None,
            requested_by: work.actor(),
            requested_at: work.now(),
            changed_at: work.now(),
        };
        let sql = "INSERT INTO main.print_batch_names (batch, name) VALUES (?, ?)";
        work.conn().prepare_cached(sql)?.execute(params![batch.id.0, batch.name])?;
        let change = json!({ "print_batch": batch.id, "name_hmac": work.text_hmac(&batch.name)? });
        record(work, batch, "print_batch_opened", (change, Vec::new()))
    }
}

/// Some of a batch's charts. A background change: it goes in between scans.
#[derive(Debug, Clone)]
pub struct GatherBatch {
    /// Which.
    pub id: PrintBatchId,
    /// Charts in the batch's order, at most [`GatherBatch::CHUNK`].
    pub charts: Vec<ChartNumber>,
    /// These were the last: the batch runs from now on.
    pub last: bool,
}

impl GatherBatch {
    /// The most charts in one change.
    pub const CHUNK: usize = 200;
    /// The most labels in one batch.
    pub const LABELS_MAX: usize = 300_000;
}

impl Change for GatherBatch {
    type Made = PrintBatchRow;
    const BACKGROUND: bool = true;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let batch = by_id(work, self.id)?;
        if batch.state != PrintBatchState::Gathering || self.charts.len() > Self::CHUNK {
            return Err(ended(&batch));
        }
        let added = u32::try_from(self.charts.len()).unwrap_or(u32::MAX);
        let charts = Effect::PrintBatchCharts { batch: batch.id, first: batch.total + 1, charts: self.charts };
        let state = if self.last { PrintBatchState::Running } else { PrintBatchState::Gathering };
        let batch = PrintBatchRow { total: batch.total.saturating_add(added), state, ..batch };
        set(work, batch, "print_batch_gathered", vec![charts])
    }
}

/// Queues the next labels of a printer's oldest running batch, a chunk of them. Answers whether it did anything: then
/// there may be more.
#[derive(Debug, Clone)]
pub struct FeedBatch {
    /// The printer's id as configured.
    pub printer: String,
}

impl FeedBatch {
    /// Labels that are queued at once, or one sheet: as many as a single label may have to wait for.
    pub const CHUNK: u32 = 10;
}

impl Change for FeedBatch {
    type Made = bool;
    const BACKGROUND: bool = true;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let Some(batch) = running(work, &self.printer)? else { return Ok(false) };
        if batch.next > batch.total {
            set(
                work,
                PrintBatchRow { state: PrintBatchState::Done, note: None, ..batch },
                "print_batch_done",
                Vec::new(),
            )?;
            return Ok(true);
        }
        match next_jobs(work, &batch) {
            Ok((effects, next)) => set(work, PrintBatchRow { next, ..batch }, "print_batch_queued", effects)?,
            // One chart's trouble is said, and the batch can be resumed behind it.
            Err(ChangeError::Refused(refusal)) => {
                let note = Some(format!("stopped before label {}: {}", batch.next, refusal.text));
                let paused = PrintBatchRow { state: PrintBatchState::Paused, note, ..batch };
                set(work, paused, "print_batch_paused", Vec::new())?
            }
            Err(error) => return Err(error),
        };
        Ok(true)
    }
}

/// What is done with a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchStep {
    /// Nothing more of it is sent until it is resumed.
    Pause {
        /// Why, in words for staff; none where a person pauses it.
        note: Option<String>,
    },
    /// It goes on; from this label where one is named, with the issues that those labels have already.
    Resume {
        /// The label, from 1.
        from: Option<u32>,
        /// Where on its sheet it goes, from 1; as it was where none is named.
        start_at: Option<u16>,
    },
    /// Given up: nothing more of it is sent.
    Cancel,
}

/// A step in a batch's life.
#[derive(Debug, Clone)]
pub struct SteerBatch {
    /// Which.
    pub id: PrintBatchId,
    /// What is done.
    pub step: BatchStep,
}

impl Change for SteerBatch {
    type Made = PrintBatchRow;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        use PrintBatchState::{Cancelled, Done, Paused, Running};
        let batch = by_id(work, self.id)?;
        match (self.step, batch.state) {
            (BatchStep::Pause { note }, Running) => {
                let batch = PrintBatchRow { state: Paused, note, ..batch };
                set(work, batch, "print_batch_paused", Vec::new())
            }
            (BatchStep::Resume { from, start_at }, Running | Paused | Done) => resume(work, batch, from, start_at),
            (BatchStep::Cancel, state) if !matches!(state, Cancelled | Done) => {
                let effects = cancelled(work, batch.id)?;
                set(work, PrintBatchRow { state: Cancelled, ..batch }, "print_batch_cancelled", effects)
            }
            _ => Err(ended(&batch)),
        }
    }
}

/// The most copies of one label.
const COPIES_MAX: u16 = 50;

/// One batch.
pub(super) fn by_id(work: &Work<'_>, id: PrintBatchId) -> Result<PrintBatchRow, ChangeError> {
    let sql = format!("SELECT {PRINT_BATCH_COLUMNS} FROM main.print_batches WHERE id = ?");
    let found = work.conn().prepare_cached(&sql)?.query_row([id.0], rows::print_batch).optional()?;
    found.ok_or_else(|| ChangeError::NotFound(format!("there is no batch {}", id.0)))
}

fn running(work: &Work<'_>, printer: &str) -> Result<Option<PrintBatchRow>, ChangeError> {
    let sql = format!(
        "SELECT {PRINT_BATCH_COLUMNS} FROM main.print_batches WHERE printer = ? \
         AND state IN ('gathering', 'running', 'paused') AND state = 'running' ORDER BY id LIMIT 1"
    );
    Ok(work.conn().prepare_cached(&sql)?.query_row([printer], rows::print_batch).optional()?)
}

fn resume(
    work: &mut Work<'_>,
    batch: PrintBatchRow,
    from: Option<u32>,
    start_at: Option<u16>,
) -> Result<PrintBatchRow, ChangeError> {
    let next = from.unwrap_or(batch.next);
    if next == 0 || next > batch.total.max(batch.next) {
        let text = format!("this batch has the labels 1 to {}", batch.total);
        return Err(ChangeError::refused("refuse_when_label_is_not_in_the_batch", Some("from"), text));
    }
    // Sheets are laid out anew from there, so those that wait are not sent as they are.
    let again = batch.per_sheet > 1 && (from.is_some() || start_at.is_some());
    let effects = if again { cancelled(work, batch.id)? } else { Vec::new() };
    let begins = match start_at {
        Some(start_at) => {
            check_start(start_at, batch.per_sheet)?;
            let (per_sheet, before) = (u32::from(batch.per_sheet), next - 1);
            let begins = (u32::from(start_at) - 1 + per_sheet - before % per_sheet) % per_sheet + 1;
            u16::try_from(begins).unwrap_or(1)
        }
        None => batch.start_at,
    };
    let batch = PrintBatchRow { state: PrintBatchState::Running, note: None, next, start_at: begins, ..batch };
    set(work, batch, "print_batch_resumed", effects)
}

/// Effects that take back the batch's jobs that wait to be sent: at most a chunk, because no more are queued at once.
fn cancelled(work: &Work<'_>, batch: PrintBatchId) -> Result<Vec<Effect>, ChangeError> {
    let sql =
        format!("SELECT {PRINT_JOB_COLUMNS} FROM main.print_jobs WHERE batch = ? AND state = 'queued' LIMIT 1000");
    let mut select = work.conn().prepare_cached(&sql)?;
    let jobs = select.query_map([batch.0], rows::print_job)?;
    let cancel = |job| {
        let (state, changed_at) = (PrintJobState::Cancelled, work.now());
        Effect::PrintJobSet(PrintJobRow { state, changed_at, ..job })
    };
    Ok(jobs.map(|job| job.map(cancel)).collect::<rusqlite::Result<_>>()?)
}

/// The batch's next jobs and where it goes on after them. Labels that were printed before are printed with the issues
/// they have.
fn next_jobs(work: &mut Work<'_>, batch: &PrintBatchRow) -> Result<(Vec<Effect>, u32), ChangeError> {
    if batch.per_sheet > 1 {
        return next_sheet(work, batch);
    }
    let last = batch.next.saturating_add(FeedBatch::CHUNK - 1).min(batch.total);
    let (charts, before) = (charts(work, batch.id, batch.next, last)?, made_before(work, batch.id, batch.next, last)?);
    let mut effects = Vec::new();
    for label in batch.next..=last {
        if let Some(job) = before.iter().find(|job| job.position == Some(label)) {
            effects.extend(again(work, job).map(Effect::PrintJobSet));
        } else if let Some(chart) = charts.get(&label) {
            let (issued, subject) = next_labels(work, &[*chart], 1)?;
            effects.extend(issued);
            effects.push(Effect::PrintJobSet(new_job(work, batch, label, subject)));
        }
    }
    Ok((effects, last + 1))
}

fn next_sheet(work: &mut Work<'_>, batch: &PrintBatchRow) -> Result<(Vec<Effect>, u32), ChangeError> {
    let per_sheet = u32::from(batch.per_sheet);
    let last = (batch.next + per_sheet - sheet_position(batch, batch.next)).min(batch.total);
    let charts = charts(work, batch.id, batch.next, last)?;
    let before = made_before(work, batch.id, batch.next.saturating_sub(per_sheet - 1), last)?;
    let has = |chart: ChartNumber| {
        before.iter().flat_map(|job| job.subject.labels()).find(|label| label.chart == chart).copied()
    };
    let (mut effects, mut labels) = (Vec::new(), Vec::new());
    for chart in (batch.next..=last).filter_map(|label| charts.get(&label).copied()) {
        if let Some(label) = has(chart) {
            labels.push(label);
            continue;
        }
        let (issued, subject) = next_labels(work, &[chart], 1)?;
        effects.extend(issued);
        labels.extend_from_slice(subject.labels());
    }
    effects.push(Effect::PrintJobSet(new_job(work, batch, batch.next, Subject::Sheet(labels))));
    Ok((effects, last + 1))
}

/// Where on its sheet a label of the batch stands, from 1.
fn sheet_position(batch: &PrintBatchRow, label: u32) -> u32 {
    (u32::from(batch.start_at) - 1 + label - 1) % u32::from(batch.per_sheet) + 1
}

fn new_job(work: &mut Work<'_>, batch: &PrintBatchRow, first: u32, subject: Subject) -> PrintJobRow {
    let start_at = u16::try_from(sheet_position(batch, first)).unwrap_or(1);
    let order = LabelOrder {
        printer: &batch.printer,
        template: &batch.template,
        copies: batch.copies,
        start_at,
        batch: Some((batch.id, first)),
        reason: Some(&batch.reason),
        requested_by: batch.requested_by.clone(),
        at: work.now(),
    };
    labels::job(work.store, &order, subject)
}

/// A label that is printed again because someone said so; one that waits already, or was scanned on its chart, is not.
fn again(work: &Work<'_>, job: &PrintJobRow) -> Option<PrintJobRow> {
    let waits = matches!(job.state, PrintJobState::Queued | PrintJobState::Sending);
    if waits || job.proof == Some(Proof::Scanned) {
        return None;
    }
    let (state, changed_at) = (PrintJobState::Queued, work.now());
    Some(PrintJobRow { state, changed_at, proof: None, fault: None, ..job.clone() })
}

fn charts(
    work: &Work<'_>,
    batch: PrintBatchId,
    first: u32,
    last: u32,
) -> Result<HashMap<u32, ChartNumber>, ChangeError> {
    let sql = "SELECT position, chart FROM main.print_batch_charts WHERE batch = ? AND position BETWEEN ? AND ?";
    let mut select = work.conn().prepare_cached(sql)?;
    let rows = select.query_map(params![batch.0, first, last], |row| Ok((row.get(0)?, ChartNumber(row.get(1)?))))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn made_before(work: &Work<'_>, batch: PrintBatchId, first: u32, last: u32) -> Result<Vec<PrintJobRow>, ChangeError> {
    let sql = format!(
        "SELECT {PRINT_JOB_COLUMNS} FROM main.print_jobs WHERE batch = ? AND position BETWEEN ? AND ? ORDER BY id DESC"
    );
    let mut select = work.conn().prepare_cached(&sql)?;
    let rows = select.query_map(params![batch.0, first, last], rows::print_job)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn ended(batch: &PrintBatchRow) -> ChangeError {
    let state = rows::word(&batch.state).unwrap_or_default();
    ChangeError::Conflict(format!("batch {} is {state}", batch.id.0))
}

fn set(
    work: &mut Work<'_>,
    batch: PrintBatchRow,
    kind: &str,
    effects: Vec<Effect>,
) -> Result<PrintBatchRow, ChangeError> {
    let change = json!({ "print_batch": batch.id });
    record(work, batch, kind, (change, effects))
}

fn record(
    work: &mut Work<'_>,
    batch: PrintBatchRow,
    kind: &str,
    (change, mut effects): (serde_json::Value, Vec<Effect>),
) -> Result<PrintBatchRow, ChangeError> {
    let batch = PrintBatchRow { changed_at: work.now(), ..batch };
    effects.push(Effect::PrintBatchSet(PrintBatchRow { name: String::new(), ..batch.clone() }));
    work.record(kind, change, effects)?;
    Ok(batch)
}
