//! Import chunks: small enough that scans go on between them. The same rows twice change nothing.

use jiff::Timestamp;
use jiff::civil::Date;

use super::super::error::ChangeError;
use super::super::work::Work;
use super::Change;
use crate::barcode::{BadgeNumber, PlaceCode};
use crate::custody::{PlaceKind, Role};

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

/// A chunk of places; one outcome for each row, in order.
#[derive(Debug, Clone)]
pub struct ImportPlaces {
    /// At most [`IMPORT_CHUNK_ROWS`].
    pub rows: Vec<PlaceRow>,
}

impl Change for ImportPlaces {
    type Made = Vec<RowOutcome>;
    const BACKGROUND: bool = true;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let _ = work;
        todo!()
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
        let _ = work;
        todo!()
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
        let _ = work;
        todo!()
    }
}

/// A chunk of charts; one outcome for each row, in order.
#[derive(Debug, Clone)]
pub struct ImportCharts {
    /// At most [`IMPORT_CHUNK_ROWS`].
    pub rows: Vec<ChartRow>,
}

impl Change for ImportCharts {
    type Made = Vec<RowOutcome>;
    const BACKGROUND: bool = true;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let _ = work;
        todo!()
    }
}
