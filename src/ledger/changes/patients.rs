//! Patients: rows beside the chain; the chain keeps a keyed hash of each version.

use jiff::civil::Date;

use super::super::error::ChangeError;
use super::super::work::Work;
use super::Change;
use crate::records::Patient;

/// A new patient.
#[derive(Debug, Clone)]
pub struct AddPatient {
    /// The whole row.
    pub patient: Patient,
}

impl Change for AddPatient {
    type Made = Patient;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let _ = work;
        todo!()
    }
}

/// What to change of a patient; `None` leaves a field alone, `Some(None)` empties it.
#[derive(Debug, Clone, Default)]
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
}

impl Change for CorrectPatient {
    type Made = Patient;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let _ = work;
        todo!()
    }
}
