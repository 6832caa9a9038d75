//! Patients: rows beside the chain; the chain keeps a keyed hash of each version.

use jiff::civil::Date;
use rusqlite::Connection;
use serde_json::json;

use super::super::error::ChangeError;
use super::super::work::Work;
use super::super::{PatientId, rows};
use super::{Change, Was, versioned};
use crate::records::{Fault, Patient, patient_fault, tidied};

/// A new patient.
#[derive(Debug, Clone)]
pub struct AddPatient {
    /// The whole row.
    pub patient: Patient,
}

impl Change for AddPatient {
    type Made = Patient;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let patient = checked(work, self.patient)?;
        if rows::patient(work.conn(), &patient.mrn)?.is_some() {
            return Err(ChangeError::clash("mrn", format!("there is a patient with MRN {} already", patient.mrn)));
        }
        let id = PatientId(work.store.next.patient);
        work.store.next.patient += 1;
        let set = versioned::put_patient(work, id, &patient, None)?;
        work.record("patient_added", json!({ "patient": id }), vec![set])?;
        Ok(patient)
    }
}

/// What to change of a patient; `None` leaves a field alone, `Some(None)` empties it.
#[derive(Debug, Clone, Default, PartialEq)]
#[allow(missing_docs, reason = "the fields are Patient's own")]
pub struct PatientPatch {
    pub mrn: Option<String>,
    pub last_name: Option<String>,
    pub first_name: Option<String>,
    pub birth_date: Option<Option<Date>>,
    pub sex: Option<Option<String>>,
    pub active: Option<bool>,
}

/// Corrects, deactivates or reactivates a patient.
#[derive(Debug, Clone)]
pub struct CorrectPatient {
    /// Who, by the present MRN.
    pub mrn: String,
    /// What to change.
    pub patch: PatientPatch,
    /// What those fields were when they were looked at.
    pub was: Was,
}

impl Change for CorrectPatient {
    type Made = Patient;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let unknown = || ChangeError::NotFound(format!("there is no patient with MRN {}", self.mrn));
        let (id, (before, version)) = rows::patient(work.conn(), &self.mrn)?.ok_or_else(unknown)?;
        self.was.check(&before)?;
        let patch = self.patch;
        let after = Patient {
            mrn: patch.mrn.unwrap_or_else(|| before.mrn.clone()),
            last_name: patch.last_name.unwrap_or_else(|| before.last_name.clone()),
            first_name: patch.first_name.unwrap_or_else(|| before.first_name.clone()),
            birth_date: patch.birth_date.unwrap_or(before.birth_date),
            sex: patch.sex.unwrap_or_else(|| before.sex.clone()),
            active: patch.active.unwrap_or(before.active),
        };
        let after = checked(work, after)?;
        if after == before {
            return Ok(after);
        }
        if after.mrn != before.mrn && rows::patient(work.conn(), &after.mrn)?.is_some() {
            return Err(ChangeError::clash("mrn", format!("there is a patient with MRN {} already", after.mrn)));
        }
        let set = versioned::put_patient(work, id, &after, Some((&before, version)))?;
        work.record("patient_corrected", json!({ "patient": id }), vec![set])?;
        Ok(after)
    }
}

fn checked(work: &Work<'_>, patient: Patient) -> Result<Patient, ChangeError> {
    let patient = tidied(patient);
    fault(work, &patient).map_or(Ok(patient), |(rule, field, text)| Err(ChangeError::refused(rule, Some(field), text)))
}

/// What is wrong with a patient's row, if anything, on the hospital's date.
pub(super) fn fault(work: &Work<'_>, patient: &Patient) -> Option<Fault> {
    let fixed = &work.store.fixed;
    patient_fault(patient, &fixed.numbering, work.now().to_zoned(fixed.zone.clone()).date())
}

/// What is wrong with the MRN of a patient whom an import brings and nobody knows: a file from before an MRN was
/// corrected would make a second patient of the same person.
pub(in crate::ledger) fn former_mrn(conn: &Connection, mrn: &str) -> rusqlite::Result<Option<String>> {
    let now = rows::mrn_after(conn, mrn)?;
    Ok(now.map(|now| format!("{mrn} was corrected to {now}: correct the file, or add another patient at the console")))
}
