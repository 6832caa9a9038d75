//! Import chunks, those of charts apart: small enough that scans go on between them. The same rows twice change nothing.

use jiff::civil::Date;
use serde_json::json;

use super::super::error::ChangeError;
use super::super::rows;
use super::super::work::Work;
use super::super::{Effect, PatientId};
use super::{Change, patients, places, staff, versioned};
use crate::barcode::{BadgeNumber, PlaceCode};
use crate::custody::{Place, PlaceKind, Role, Staff};
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
            if before.is_none()
                && let Some(text) = patients::former_mrn(work.conn(), &after.mrn)?
            {
                outcomes.push(RowOutcome::Rejected { field: "mrn", text });
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

pub(super) fn begun<T>(rows: &[T]) -> Result<(Vec<RowOutcome>, Vec<Effect>), ChangeError> {
    if rows.len() > IMPORT_CHUNK_ROWS {
        let text = format!("a chunk has at most {IMPORT_CHUNK_ROWS} rows");
        return Err(ChangeError::refused("refuse_when_chunk_is_too_large", None, text));
    }
    Ok((Vec::with_capacity(rows.len()), Vec::with_capacity(2 * rows.len())))
}

/// Is it time to leave the rest of the chunk undone? One row is done in any case, so that it comes to an end.
pub(super) fn enough(work: &Work<'_>, outcomes: &[RowOutcome]) -> bool {
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

pub(super) fn count(outcomes: &[RowOutcome], wanted: &RowOutcome) -> usize {
    outcomes.iter().filter(|outcome| *outcome == wanted).count()
}

/// The same, with more to say in the entry's `change`.
pub(super) fn finished_with(
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
