//! People with badges.

use serde_json::json;

use super::super::error::ChangeError;
use super::super::rows;
use super::super::work::Work;
use super::{Change, Was, versioned};
use crate::barcode::{BadgeNumber, PlaceCode};
use crate::custody::{Role, Staff};
use crate::records::NAME_MAX_CHARS;

/// A new person.
#[derive(Debug, Clone)]
pub struct AddStaff {
    /// The whole row.
    pub staff: Staff,
}

impl Change for AddStaff {
    type Made = Staff;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let staff = checked(work, self.staff)?;
        if rows::staff(work.conn(), &staff.badge)?.is_some() {
            return Err(ChangeError::clash("badge", format!("badge {} is in use already", staff.badge)));
        }
        let set = versioned::put_staff(work, &staff, None)?;
        work.record("staff_added", json!({ "badge": staff.badge }), vec![set])?;
        Ok(staff)
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
    /// What those fields were when they were looked at.
    pub was: Was,
}

impl Change for CorrectStaff {
    type Made = Staff;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let unknown = || ChangeError::NotFound(format!("there is no badge {}", self.badge));
        let (before, version) = rows::staff(work.conn(), &self.badge)?.ok_or_else(unknown)?;
        self.was.check(&before)?;
        let patch = self.patch;
        let after = Staff {
            badge: before.badge.clone(),
            name: patch.name.unwrap_or_else(|| before.name.clone()),
            role: patch.role.unwrap_or(before.role),
            place: patch.place.unwrap_or_else(|| before.place.clone()),
            email: patch.email.unwrap_or_else(|| before.email.clone()),
            active: patch.active.unwrap_or(before.active),
        };
        let after = checked(work, after)?;
        if after != before {
            let set = versioned::put_staff(work, &after, Some((&before, version)))?;
            work.record("staff_corrected", json!({ "badge": after.badge }), vec![set])?;
        }
        Ok(after)
    }
}

fn checked(work: &mut Work<'_>, staff: Staff) -> Result<Staff, ChangeError> {
    let staff = Staff {
        name: staff.name.trim().to_owned(),
        email: staff.email.map(|email| email.trim().to_owned()).filter(|email| !email.is_empty()),
        ..staff
    };
    match fault(work, &staff)? {
        None => Ok(staff),
        Some((rule, field, text)) => Err(ChangeError::refused(rule, Some(field), text)),
    }
}

/// What is wrong with a person's row, if anything: rule, field, text.
pub(super) fn fault(
    work: &mut Work<'_>,
    staff: &Staff,
) -> Result<Option<(&'static str, &'static str, String)>, ChangeError> {
    if staff.name.is_empty() {
        return Ok(Some(("refuse_when_name_is_empty", "name", "give the person a name".into())));
    }
    if staff.name.chars().count() > NAME_MAX_CHARS {
        let text = format!("a name may have {NAME_MAX_CHARS} characters");
        return Ok(Some(("refuse_when_name_is_too_long", "name", text)));
    }
    if staff.email.as_ref().is_some_and(|email| !email.contains('@') || email.len() > 254) {
        return Ok(Some(("refuse_when_email_is_malformed", "email", "that is not a mail address".into())));
    }
    if let Some(place) = &staff.place
        && work.store.place(place)?.is_none()
    {
        return Ok(Some(("refuse_when_place_is_unknown", "place", format!("there is no place {place}"))));
    }
    Ok(None)
}
