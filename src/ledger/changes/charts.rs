//! Charts and what people at the console say about them.

use jiff::Timestamp;

use super::super::error::ChangeError;
use super::super::work::Work;
use super::Change;
use crate::barcode::{BadgeNumber, ChartNumber, PlaceCode};

/// A new chart for a patient, filed at its home.
#[derive(Debug, Clone)]
pub struct AddChart {
    /// Whose.
    pub mrn: String,
    /// Record type's code.
    pub record_type: String,
    /// Volume; the one after the highest where it is not given.
    pub volume: Option<u16>,
    /// Where it is filed.
    pub home: PlaceCode,
}

impl Change for AddChart {
    type Made = ChartNumber;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let _ = work;
        todo!()
    }
}

/// What to change of a chart's registration; `None` leaves a field alone.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the fields are the chart's own")]
pub struct ChartPatch {
    pub record_type: Option<String>,
    pub volume: Option<u16>,
    pub home: Option<PlaceCode>,
    pub retired: Option<bool>,
}

/// Corrects, retires or brings back a chart.
#[derive(Debug, Clone)]
pub struct CorrectChart {
    /// Which.
    pub number: ChartNumber,
    /// What to change.
    pub patch: ChartPatch,
}

impl Change for CorrectChart {
    type Made = ();

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let _ = work;
        todo!()
    }
}

/// The console says that a chart is at a place, with a person: a checkout or return that is asserted, not scanned.
#[derive(Debug, Clone)]
pub struct MoveChart {
    /// Which.
    pub number: ChartNumber,
    /// Where to; its home means returned.
    pub place: PlaceCode,
    /// Who has it.
    pub holder: Option<BadgeNumber>,
}

impl Change for MoveChart {
    type Made = ();

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let _ = work;
        todo!()
    }
}

/// Someone looked and did not find it: opens a missing case.
#[derive(Debug, Clone)]
pub struct ReportMissing {
    /// Which.
    pub number: ChartNumber,
}

impl Change for ReportMissing {
    type Made = ();

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let _ = work;
        todo!()
    }
}

/// Someone says it is found: closes the missing case.
#[derive(Debug, Clone)]
pub struct ReportFound {
    /// Which.
    pub number: ChartNumber,
    /// Where, where known.
    pub place: Option<PlaceCode>,
}

impl Change for ReportFound {
    type Made = ();

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let _ = work;
        todo!()
    }
}

/// Extends a loan.
#[derive(Debug, Clone)]
pub struct RenewLoan {
    /// Which.
    pub number: ChartNumber,
    /// The new due time; by the place's loan hours from now where it is not given.
    pub due_at: Option<Timestamp>,
}

impl Change for RenewLoan {
    type Made = ();

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let _ = work;
        todo!()
    }
}
