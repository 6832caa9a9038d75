//! Patients, numbering, volumes and filing order. Pure.

mod fields;
mod name;
mod numbering;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A patient as the index keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Patient {
    /// The medical record number, as the hospital's numbering has it.
    pub mrn: String,
    /// Family name.
    pub last_name: String,
    /// Given names.
    pub first_name: String,
    /// Birth date, where known.
    pub birth_date: Option<Date>,
    /// Administrative sex as the hospital writes it (HL7 table 0001: F, M, O, U, A, N), where known.
    pub sex: Option<String>,
    /// Deactivated patients are kept, and offered for nothing new.
    pub active: bool,
}

/// A kind of record, for example `MR`, the medical record proper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordType {
    /// Its code, 1 to 12 of `A-Z 0-9`.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Where such a chart is, is confidential.
    pub restricted: bool,
    /// Inactive types are offered for nothing new.
    pub active: bool,
}

/// How folders are ordered on the shelf (`domain` facts: terminal digit compares pairs from the right).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Filing {
    /// Last pair, middle pair, first pair.
    TerminalDigit,
    /// Middle pair, first pair, last pair.
    MiddleDigit,
    /// Ascending number.
    Straight,
    /// Family name, given name.
    Alphabetic,
}

pub use fields::{BIRTH_YEAR_MIN, Fault, NAME_MAX_CHARS, patient_fault, tidied};
pub use name::{fold_name, shown, sort_name};
pub use numbering::{MRN_MAX_CHARS, Numbering, NumberingError};
