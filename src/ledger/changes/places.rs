//! Places.

use serde_json::json;

use super::super::error::ChangeError;
use super::super::rows;
use super::super::work::Work;
use super::{Change, Was, versioned};
use crate::barcode::PlaceCode;
use crate::custody::{Place, PlaceKind};
use crate::records::NAME_MAX_CHARS;

/// A new place.
#[derive(Debug, Clone)]
pub struct AddPlace {
    /// The whole row.
    pub place: Place,
}

impl Change for AddPlace {
    type Made = Place;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let place = checked(self.place)?;
        if rows::place(work.conn(), &place.code)?.is_some() {
            return Err(ChangeError::clash("code", format!("there is a place {} already", place.code)));
        }
        let set = versioned::put_place(work, &place, None)?;
        work.record("place_added", json!({ "place": place.code }), vec![set])?;
        Ok(place)
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
    /// What those fields were when they were looked at.
    pub was: Was,
}

impl Change for CorrectPlace {
    type Made = Place;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let unknown = || ChangeError::NotFound(format!("there is no place {}", self.code));
        let (before, version) = rows::place(work.conn(), &self.code)?.ok_or_else(unknown)?;
        self.was.check(&before)?;
        let patch = self.patch;
        let after = checked(Place {
            code: before.code.clone(),
            name: patch.name.unwrap_or_else(|| before.name.clone()),
            kind: patch.kind.unwrap_or(before.kind),
            loan_hours: patch.loan_hours.unwrap_or(before.loan_hours),
            restricted: patch.restricted.unwrap_or(before.restricted),
            active: patch.active.unwrap_or(before.active),
        })?;
        if after != before {
            let set = versioned::put_place(work, &after, Some((&before, version)))?;
            work.record("place_corrected", json!({ "place": after.code }), vec![set])?;
        }
        Ok(after)
    }
}

/// The longest loan, in hours: ten years.
const LOAN_HOURS_MAX: u32 = 87_600;

fn checked(place: Place) -> Result<Place, ChangeError> {
    let place = Place { name: place.name.trim().to_owned(), ..place };
    fault(&place).map_or(Ok(place), |(rule, field, text)| Err(ChangeError::refused(rule, Some(field), text)))
}

/// What is wrong with a place's row, if anything: rule, field, text.
pub(super) fn fault(place: &Place) -> Option<(&'static str, &'static str, String)> {
    if place.name.is_empty() {
        return Some(("refuse_when_name_is_empty", "name", "give the place a name".into()));
    }
    if place.name.chars().count() > NAME_MAX_CHARS {
        return Some(("refuse_when_name_is_too_long", "name", format!("a name may have {NAME_MAX_CHARS} characters")));
    }
    if place.loan_hours.is_some_and(|hours| hours == 0 || hours > LOAN_HOURS_MAX) {
        let text = format!("use 1 to {LOAN_HOURS_MAX} hours, or leave it empty for no due time");
        return Some(("refuse_when_loan_hours_are_out_of_range", "loan_hours", text));
    }
    None
}
