//! Record types.

use serde_json::json;

use super::super::error::ChangeError;
use super::super::rows;
use super::super::work::Work;
use super::{Change, Was, versioned};
use crate::records::{NAME_MAX_CHARS, RecordType};

/// A new record type.
#[derive(Debug, Clone)]
pub struct AddRecordType {
    /// The whole row.
    pub record_type: RecordType,
}

impl Change for AddRecordType {
    type Made = RecordType;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let kind = checked(self.record_type)?;
        if rows::record_type(work.conn(), &kind.code)?.is_some() {
            return Err(ChangeError::clash("code", format!("there is a record type {} already", kind.code)));
        }
        let set = versioned::put_record_type(work, &kind, None)?;
        work.record("record_type_added", json!({ "record_type": kind.code }), vec![set])?;
        Ok(kind)
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
    /// What those fields were when they were looked at.
    pub was: Was,
}

impl Change for CorrectRecordType {
    type Made = RecordType;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let unknown = || ChangeError::NotFound(format!("there is no record type {}", self.code));
        let (before, version) = rows::record_type(work.conn(), &self.code)?.ok_or_else(unknown)?;
        self.was.check(&before)?;
        let after = checked(RecordType {
            code: before.code.clone(),
            name: self.patch.name.unwrap_or_else(|| before.name.clone()),
            restricted: self.patch.restricted.unwrap_or(before.restricted),
            active: self.patch.active.unwrap_or(before.active),
        })?;
        if after != before {
            let set = versioned::put_record_type(work, &after, Some((&before, version)))?;
            work.record("record_type_corrected", json!({ "record_type": after.code }), vec![set])?;
        }
        Ok(after)
    }
}

fn checked(kind: RecordType) -> Result<RecordType, ChangeError> {
    let kind = RecordType { code: kind.code.trim().to_ascii_uppercase(), name: kind.name.trim().to_owned(), ..kind };
    let fits = (1..=12).contains(&kind.code.len())
        && kind.code.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if !fits {
        let text = "use 1 to 12 of the letters A to Z and the digits 0 to 9";
        return Err(ChangeError::refused("refuse_when_code_is_malformed", Some("code"), text));
    }
    if kind.name.is_empty() || kind.name.chars().count() > NAME_MAX_CHARS {
        let text = format!("give it a name of 1 to {NAME_MAX_CHARS} characters");
        return Err(ChangeError::refused("refuse_when_name_is_empty", Some("name"), text));
    }
    Ok(kind)
}
