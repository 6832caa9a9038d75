//! Places.

use super::super::error::ChangeError;
use super::super::work::Work;
use super::Change;
use crate::barcode::PlaceCode;
use crate::custody::{Place, PlaceKind};

/// A new place.
#[derive(Debug, Clone)]
pub struct AddPlace {
    /// The whole row.
    pub place: Place,
}

impl Change for AddPlace {
    type Made = Place;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let _ = work;
        todo!()
    }
}

/// What to change of a place; `None` leaves a field alone, `Some(None)` empties it.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the fields are Place's own")]
pub struct PlacePatch {
    pub name: Option<String>,
    pub kind: Option<PlaceKind>,
    pub loan_hours: Option<Option<u32>>,
    pub restricted: Option<bool>,
    pub active: Option<bool>,
}

/// Corrects, deactivates or reactivates a place.
#[derive(Debug, Clone)]
pub struct CorrectPlace {
    /// Which.
    pub code: PlaceCode,
    /// What to change.
    pub patch: PlacePatch,
}

impl Change for CorrectPlace {
    type Made = Place;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let _ = work;
        todo!()
    }
}
