//! Import chunks: small enough that scans go on between them. The same rows twice change nothing.

use std::collections::HashSet;

use jiff::Timestamp;
use jiff::civil::Date;

use serde_json::json;

use super::super::error::ChangeError;
use super::super::rows::{self, ChartRecord};
use super::super::work::Work;
use super::super::{Effect, PatientId};
use super::charts::{self, ChartRegistration};
use super::import_runs::{self, ImportRun};
use super::{Change, patients, places, staff, versioned};
use crate::barcode::{self, BadgeNumber, ChartNumber, PlaceCode};
use crate::custody::{Act, Place, PlaceKind, Role, Staff};
use crate::records::{Patient, tidied};

/// The most rows in one chunk: what the writer does in well under 10 ms.
pub const IMPORT_CHUNK_ROWS: usize = 100;

/// What became of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowOutcome {
    /// New.
    Added,
    /// It was there and differed.
    Changed,
    /// It was there as it is.
    Unchanged,
    /// Not taken.
    Rejected {
        /// The field at fault.
        field: &'static str,
        /// What is wrong with it.
        text: String,
    },
}

/// A row of places.csv.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs, reason = "the contract's columns")]
pub struct PlaceRow {
    pub code: PlaceCode,
    pub name: String,
    pub kind: PlaceKind,
    pub loan_hours: Option<u32>,
}

/// A row of staff.csv.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs, reason = "the contract's columns")]
pub struct StaffRow {
    pub badge: BadgeNumber,
    pub name: String,
    pub role: Role,
    pub place: Option<PlaceCode>,
    pub email: Option<String>,
}

/// A row of patients.csv.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs, reason = "the contract's columns")]
pub struct PatientRow {
    pub mrn: String,
    pub last_name: String,
    pub first_name: String,
    pub birth_date: Option<Date>,
    pub sex: Option<String>,
}

/// A row of charts.csv.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs, reason = "the contract's columns")]
pub struct ChartRow {
    pub mrn: String,
    pub record_type: String,
    pub volume: u16,
    pub home: PlaceCode,
    pub place: Option<PlaceCode>,
    pub holder: Option<BadgeNumber>,
    pub out_since: Option<Timestamp>,
    pub legacy_barcode: Option<String>,
}

/// A chunk of places; one outcome for each row, in order. Here and in the other chunks only the first rows have one where
/// it was time to leave the writer to others: the rest was left undone.
#[derive(Debug, Clone)]
pub struct ImportPlaces {
    /// At most [`IMPORT_CHUNK_ROWS`].
    pub rows: Vec<PlaceRow>,
}

impl Change for ImportPlaces {
    type Made = Vec<RowOutcome>;
    const BACKGROUND: bool = true;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let (mut outcomes, mut effects) = begun(&self.rows)?;
        for row in self.rows {
            if enough(work, &outcomes) {
                break;
            }
            let before = rows::place(work.conn(), &row.code)?;
            let kept = before.as_ref().map_or((false, true), |(place, _)| (place.restricted, place.active));
            let after = Place {
                code: row.code,
                name: row.name.trim().to_owned(),
                kind: row.kind,
                loan_hours: row.loan_hours,
                restricted: kept.0,
                active: kept.1,
            };
            if let Some((_, field, text)) = places::fault(&after) {
                outcomes.push(RowOutcome::Rejected { field, text });
                continue;
            }
            outcomes.push(outcome(before.as_ref().map(|(row, _)| row), &after));
            if outcomes.last() != Some(&RowOutcome::Unchanged) {
                let before = before.as_ref().map(|(row, version)| (row, *version));
                effects.push(versioned::put_place(work, &after, before)?);
                work.store.forget_rows();
            }
        }
        finished(work, "places_imported", outcomes, effects)
    }
}

/// A chunk of staff; one outcome for each row, in order.
#[derive(Debug, Clone)]
pub struct ImportStaff {
    /// At most [`IMPORT_CHUNK_ROWS`].
    pub rows: Vec<StaffRow>,
}

impl Change for ImportStaff {
    type Made = Vec<RowOutcome>;
    const BACKGROUND: bool = true;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let (mut outcomes, mut effects) = begun(&self.rows)?;
        for row in self.rows {
            if enough(work, &outcomes) {
                break;
            }
            let before = rows::staff(work.conn(), &row.badge)?;
            let after = Staff {
                badge: row.badge,
                name: row.name.trim().to_owned(),
                role: row.role,
                place: row.place,
                email: row.email,
                active: before.as_ref().is_none_or(|(staff, _)| staff.active),
            };
            if let Some((_, field, text)) = staff::fault(work, &after)? {
                outcomes.push(RowOutcome::Rejected { field, text });
                continue;
            }
            outcomes.push(outcome(before.as_ref().map(|(row, _)| row), &after));
            if outcomes.last() != Some(&RowOutcome::Unchanged) {
                let before = before.as_ref().map(|(row, version)| (row, *version));
                effects.push(versioned::put_staff(work, &after, before)?);
            }
        }
        finished(work, "staff_imported", outcomes, effects)
    }
}

/// A chunk of patients; one outcome for each row, in order.
#[derive(Debug, Clone)]
pub struct ImportPatients {
    /// At most [`IMPORT_CHUNK_ROWS`].
    pub rows: Vec<PatientRow>,
}

impl Change for ImportPatients {
    type Made = Vec<RowOutcome>;
    const BACKGROUND: bool = true;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let (mut outcomes, mut effects) = begun(&self.rows)?;
        for row in self.rows {
            if enough(work, &outcomes) {
                break;
            }
            let before = rows::patient(work.conn(), row.mrn.trim())?;
            let after = tidied(Patient {
                mrn: row.mrn,
                last_name: row.last_name,
                first_name: row.first_name,
                birth_date: row.birth_date,
                sex: row.sex,
                active: before.as_ref().is_none_or(|(_, (patient, _))| patient.active),
            });
            if let Some((_, field, text)) = patients::fault(work, &after) {
                outcomes.push(RowOutcome::Rejected { field, text });
                continue;
            }
            outcomes.push(outcome(before.as_ref().map(|(_, (row, _))| row), &after));
            if outcomes.last() != Some(&RowOutcome::Unchanged) {
                let id = before.as_ref().map_or(PatientId(work.store.next.patient), |(id, _)| *id);
                work.store.next.patient += u64::from(before.is_none());
                let before = before.as_ref().map(|(_, (row, version))| (row, *version));
                effects.push(versioned::put_patient(work, id, &after, before)?);
            }
        }
        finished(work, "patients_imported", outcomes, effects)
    }
}

/// A chunk of charts; one outcome for each row, in order.
#[derive(Debug, Clone)]
pub struct ImportCharts {
    /// At most [`IMPORT_CHUNK_ROWS`].
    pub rows: Vec<ChartRow>,
    /// The run that the chunk belongs to, where it is one.
    pub run: Option<ImportRun>,
}

impl Change for ImportCharts {
    type Made = Vec<RowOutcome>;
    const BACKGROUND: bool = true;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let (mut outcomes, mut effects) = begun(&self.rows)?;
        let mut named = HashSet::new();
        let first = work.store.next.chart;
        for row in self.rows {
            if enough(work, &outcomes) {
                break;
            }
            outcomes.push(match chart_row(work, row, &mut named, &mut effects)? {
                Ok(outcome) => outcome,
                Err((field, text)) => RowOutcome::Rejected { field, text },
            });
        }
        let change = match &self.run {
            Some(run) if !effects.is_empty() => {
                let last = work.store.next.chart - 1;
                let new = (first <= last).then_some((ChartNumber(first), ChartNumber(last)));
                let counts = (count(&outcomes, &RowOutcome::Added), count(&outcomes, &RowOutcome::Changed));
                let (of_run, change) = import_runs::chunk(work, run, new, counts)?;
                effects.extend(of_run);
                change
            }
            _ => json!({}),
        };
        finished_with(work, "charts_imported", outcomes, effects, change)
    }
}

/// What is wrong with a row: the field and the text.
type Fault = (&'static str, String);

/// A chart's row. The columns after `home` say how things stood on the day of the change-over: they are taken with a
/// new chart, and left alone for one that is known, because what was scanned since is better evidence than the list.
fn chart_row(
    work: &mut Work<'_>,
    row: ChartRow,
    named: &mut HashSet<(PatientId, String, u16)>,
    effects: &mut Vec<Effect>,
) -> Result<Result<RowOutcome, Fault>, ChangeError> {
    let Some((patient, _)) = rows::patient(work.conn(), row.mrn.trim())? else {
        return Ok(Err(("mrn", format!("there is no patient {}: import patients first", row.mrn))));
    };
    if let Some(fault) = chart_fault(work, &row)? {
        return Ok(Err(fault));
    }
    if !named.insert((patient, row.record_type.clone(), row.volume)) {
        return Ok(Err(("volume", "the same chart stands twice in this part of the file".into())));
    }
    if let Some(before) = rows::chart_of(work.conn(), patient, &row.record_type, row.volume)? {
        let after = ChartRecord { home: row.home, ..before.clone() };
        let aliased = remember_barcode(work, &row.legacy_barcode, before.number.0)?;
        if after == before {
            return Ok(Ok(if aliased { RowOutcome::Changed } else { RowOutcome::Unchanged }));
        }
        effects.push(after.set());
        if before.custody.out_since.is_none() {
            effects.extend(charts::moved_home(work, &before, &after.home)?);
        }
        return Ok(Ok(RowOutcome::Changed));
    }
    let registered = registration(work, &row)?;
    let chart = ChartRegistration { patient, record_type: row.record_type, volume: row.volume, home: row.home };
    let (number, made) = charts::register(work, chart, registered)?;
    effects.extend(made);
    remember_barcode(work, &row.legacy_barcode, number.0)?;
    Ok(Ok(RowOutcome::Added))
}

fn chart_fault(work: &mut Work<'_>, row: &ChartRow) -> Result<Option<Fault>, ChangeError> {
    if work.store.record_type(&row.record_type)?.is_none() {
        let text = format!("there is no record type {}: add it in the console first", row.record_type);
        return Ok(Some(("record_type", text)));
    }
    if charts::in_range(row.volume).is_err() {
        return Ok(Some(("volume", "use a volume from 1 to 999".into())));
    }
    for (field, code) in [("home", Some(&row.home)), ("place", row.place.as_ref())] {
        if let Some(code) = code
            && work.store.place(code)?.is_none()
        {
            return Ok(Some((field, format!("there is no place {code}: import places first"))));
        }
    }
    if let Some(badge) = &row.holder
        && work.store.staff(badge)?.is_none()
    {
        return Ok(Some(("holder_badge", format!("there is no badge {badge}: import staff first"))));
    }
    if row.out_since.is_some_and(|since| since > work.now()) {
        return Ok(Some(("out_since", "that time is in the future".into())));
    }
    Ok(None)
}

/// A chart whose place is not its home comes in as out.
fn registration(work: &mut Work<'_>, row: &ChartRow) -> Result<Act, ChangeError> {
    let place = row.place.clone().unwrap_or_else(|| row.home.clone());
    if place == row.home {
        return Ok(Act::Registered { place, holder: None, out_since: None, due_at: None });
    }
    let since = row.out_since.unwrap_or(work.now());
    let due_at = work.store.place(&place)?.and_then(|place| charts::due(since, &place));
    Ok(Act::Registered { place, holder: row.holder.clone(), out_since: Some(since), due_at })
}

/// Remembers what the chart's old label says; true when it was not known.
fn remember_barcode(work: &Work<'_>, text: &Option<String>, chart: u32) -> Result<bool, ChangeError> {
    let Some(text) = text.as_deref().map(barcode::clean).filter(|text| !text.is_empty()) else { return Ok(false) };
    let sql = "INSERT OR IGNORE INTO main.legacy_barcodes (text, chart) VALUES (?, ?)";
    Ok(work.conn().prepare_cached(sql)?.execute(rusqlite::params![text, chart])? == 1)
}

fn begun<T>(rows: &[T]) -> Result<(Vec<RowOutcome>, Vec<Effect>), ChangeError> {
    if rows.len() > IMPORT_CHUNK_ROWS {
        let text = format!("a chunk has at most {IMPORT_CHUNK_ROWS} rows");
        return Err(ChangeError::refused("refuse_when_chunk_is_too_large", None, text));
    }
    Ok((Vec::with_capacity(rows.len()), Vec::with_capacity(2 * rows.len())))
}

/// Is it time to leave the rest of the chunk undone? One row is done in any case, so that it comes to an end.
fn enough(work: &Work<'_>, outcomes: &[RowOutcome]) -> bool {
    !outcomes.is_empty() && work.is_time_to_end()
}

fn outcome<T: PartialEq>(before: Option<&T>, after: &T) -> RowOutcome {
    match before {
        None => RowOutcome::Added,
        Some(before) if before == after => RowOutcome::Unchanged,
        Some(_) => RowOutcome::Changed,
    }
}

/// Records the chunk, unless nothing of it was new.
fn finished(
    work: &mut Work<'_>,
    kind: &str,
    outcomes: Vec<RowOutcome>,
    effects: Vec<Effect>,
) -> Result<Vec<RowOutcome>, ChangeError> {
    finished_with(work, kind, outcomes, effects, json!({}))
}

fn count(outcomes: &[RowOutcome], wanted: &RowOutcome) -> usize {
    outcomes.iter().filter(|outcome| *outcome == wanted).count()
}

/// The same, with more to say in the entry's `change`.
fn finished_with(
    work: &mut Work<'_>,
    kind: &str,
    outcomes: Vec<RowOutcome>,
    effects: Vec<Effect>,
    mut change: serde_json::Value,
) -> Result<Vec<RowOutcome>, ChangeError> {
    if !effects.is_empty() {
        change["added"] = count(&outcomes, &RowOutcome::Added).into();
        change["changed"] = count(&outcomes, &RowOutcome::Changed).into();
        work.record(kind, change, effects)?;
    }
    Ok(outcomes)
}
