//! Record types.

use super::super::error::ChangeError;
use super::super::work::Work;
use super::Change;
use crate::records::RecordType;

/// A new record type.
#[derive(Debug, Clone)]
pub struct AddRecordType {
    /// The whole row.
    pub record_type: RecordType,
}

impl Change for AddRecordType {
    type Made = RecordType;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let _ = work;
        todo!()
    }
}

/// What to change of a record type; `None` leaves a field alone.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the fields are RecordType's own")]
pub struct RecordTypePatch {
    pub name: Option<String>,
    pub restricted: Option<bool>,
    pub active: Option<bool>,
}

/// Corrects, restricts or deactivates a record type.
#[derive(Debug, Clone)]
pub struct CorrectRecordType {
    /// Which.
    pub code: String,
    /// What to change.
    pub patch: RecordTypePatch,
}

impl Change for CorrectRecordType {
    type Made = RecordType;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let _ = work;
        todo!()
    }
}
