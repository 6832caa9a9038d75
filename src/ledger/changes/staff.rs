//! People with badges.

use super::super::error::ChangeError;
use super::super::work::Work;
use super::Change;
use crate::barcode::{BadgeNumber, PlaceCode};
use crate::custody::{Role, Staff};

/// A new person.
#[derive(Debug, Clone)]
pub struct AddStaff {
    /// The whole row.
    pub staff: Staff,
}

impl Change for AddStaff {
    type Made = Staff;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let _ = work;
        todo!()
    }
}

/// What to change of a person; `None` leaves a field alone, `Some(None)` empties it.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the fields are Staff's own")]
pub struct StaffPatch {
    pub name: Option<String>,
    pub role: Option<Role>,
    pub place: Option<Option<PlaceCode>>,
    pub email: Option<Option<String>>,
    pub active: Option<bool>,
}

/// Corrects, deactivates (a lost badge is dead at once) or reactivates a person.
#[derive(Debug, Clone)]
pub struct CorrectStaff {
    /// Who.
    pub badge: BadgeNumber,
    /// What to change.
    pub patch: StaffPatch,
}

impl Change for CorrectStaff {
    type Made = Staff;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let _ = work;
        todo!()
    }
}
