//! Kiosks made, corrected and switched off in the console.

use rusqlite::params;
use serde_json::json;

use super::super::error::{ChangeError, StoreError};
use super::super::kiosks::KnownKiosk;
use super::super::rows;
use super::super::work::Work;
use super::silence::end_silences;
use super::{Change, Was, versioned};
use crate::barcode::PlaceCode;
use crate::custody::{Kiosk, KioskMode, Language};
use crate::records::NAME_MAX_CHARS;

/// The longest id of a kiosk that is made in the console.
const ID_MAX_CHARS: usize = 32;

/// Ids that are taken: `/api/v1/kiosks/enrol` is another thing.
const ID_TAKEN: &str = "enrol";

/// A new kiosk. That its printer exists is the caller's to check.
#[derive(Debug, Clone)]
pub struct AddKiosk {
    /// The whole kiosk.
    pub kiosk: Kiosk,
}

impl Change for AddKiosk {
    type Made = KnownKiosk;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        check_id(&self.kiosk.id)?;
        let kiosk = checked(self.kiosk)?;
        check_place(work, &kiosk.place)?;
        if work.store.kiosks()?.get(&kiosk.id).is_some() {
            return Err(ChangeError::clash("id", format!("there is a kiosk {} already", kiosk.id)));
        }
        // A kiosk of this id that has left the configuration is another kiosk: what spoke for it speaks no more.
        let revoked = end_credentials(work, &kiosk.id)?;
        let made = KnownKiosk { kiosk, configured: false, active: true };
        put(work, &made, "kiosk_added", revoked)?;
        Ok(made)
    }
}

/// What to change of a kiosk; `None` leaves a field alone, `Some(None)` empties it.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the fields are Kiosk's own")]
pub struct KioskPatch {
    pub name: Option<String>,
    pub place: Option<PlaceCode>,
    pub mode: Option<KioskMode>,
    pub idle_sign_off_seconds: Option<u32>,
    pub printer: Option<Option<String>>,
    pub language: Option<Language>,
    pub active: Option<bool>,
}

/// Corrects, deactivates or reactivates a kiosk. A reactivated kiosk starts anew: its former tokens and enrolled
/// browsers, one of which may have been the reason to switch it off, stay dead.
#[derive(Debug, Clone)]
pub struct CorrectKiosk {
    /// Which.
    pub id: String,
    /// What to change.
    pub patch: KioskPatch,
    /// What those fields were when they were looked at.
    pub was: Was,
}

impl Change for CorrectKiosk {
    type Made = KnownKiosk;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let unknown = || ChangeError::NotFound(format!("there is no kiosk {}", self.id));
        let before = work.store.kiosks()?.get(&self.id).cloned().ok_or_else(unknown)?;
        self.was.check(&before)?;
        let active = self.patch.active.unwrap_or(before.active);
        let wanted = patched(&before.kiosk, self.patch);
        let kiosk = if wanted == before.kiosk {
            wanted
        } else if before.configured {
            let text = format!("kiosk {} is set in the configuration file: change it there and start again", self.id);
            let field = first_difference(&before.kiosk, &wanted);
            return Err(ChangeError::refused("refuse_when_kiosk_is_configured", Some(field), text));
        } else {
            checked(wanted)?
        };
        if kiosk.place != before.kiosk.place {
            check_place(work, &kiosk.place)?;
        }
        let after = KnownKiosk { kiosk, configured: before.configured, active };
        if after != before {
            let begins = after.active && !before.active;
            let revoked = if begins { end_credentials(work, &self.id)? } else { Vec::new() };
            put(work, &after, "kiosk_corrected", revoked)?;
            if !after.active {
                end_silences(work, &self.id)?;
            }
        }
        Ok(after)
    }
}

fn patched(before: &Kiosk, patch: KioskPatch) -> Kiosk {
    Kiosk {
        id: before.id.clone(),
        name: patch.name.unwrap_or_else(|| before.name.clone()),
        place: patch.place.unwrap_or_else(|| before.place.clone()),
        mode: patch.mode.unwrap_or(before.mode),
        idle_sign_off_seconds: patch.idle_sign_off_seconds.unwrap_or(before.idle_sign_off_seconds),
        printer: patch.printer.unwrap_or_else(|| before.printer.clone()),
        language: patch.language.or(before.language),
    }
}

fn first_difference(before: &Kiosk, after: &Kiosk) -> &'static str {
    let fields = [
        ("name", before.name != after.name),
        ("place", before.place != after.place),
        ("mode", before.mode != after.mode),
        ("idle_sign_off_seconds", before.idle_sign_off_seconds != after.idle_sign_off_seconds),
        ("language", before.language != after.language),
    ];
    fields.into_iter().find(|(_, differs)| *differs).map_or("printer", |(field, _)| field)
}

/// Writes the row, whatever row there was, and the entry.
fn put(work: &mut Work<'_>, after: &KnownKiosk, kind: &str, revoked: Vec<String>) -> Result<(), ChangeError> {
    let id = &after.kiosk.id;
    let stored = rows::kiosk(work.conn(), id)?;
    let before = stored.as_ref().map(|(row, version)| (row, *version));
    let mut after = after.clone();
    if stored
        .as_ref()
        .is_some_and(|(row, _)| row.kiosk.language.is_none() && row.kiosk.language() == after.kiosk.language())
    {
        // A row from before kiosks had a language: that it has the usual one is no change.
        after.kiosk.language = None;
    }
    let set = versioned::put_kiosk(work, &after, before)?;
    let mut said = json!({ "kiosk": id, "active": after.active });
    if !revoked.is_empty() {
        said["tokens_revoked"] = revoked.into();
    }
    work.record(kind, said, vec![set])?;
    Ok(())
}

/// Ends all that speaks for a kiosk; answers with the names of the tokens that were alive.
fn end_credentials(work: &Work<'_>, id: &str) -> Result<Vec<String>, StoreError> {
    let sql = "UPDATE main.tokens SET revoked_at = ?2 WHERE kiosk = ?1 AND revoked_at IS NULL RETURNING name";
    let mut revoke = work.conn().prepare_cached(sql)?;
    let names = revoke.query_map(params![id, work.now().as_microsecond()], |row| row.get(0))?;
    let names = names.collect::<rusqlite::Result<_>>()?;
    work.conn().prepare_cached("DELETE FROM main.web_sessions WHERE kiosk = ?")?.execute([id])?;
    work.conn().prepare_cached("DELETE FROM main.enrol_codes WHERE kiosk = ?")?.execute([id])?;
    Ok(names)
}

fn check_id(id: &str) -> Result<(), ChangeError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=ID_MAX_CHARS).contains(&id.len()) && id.bytes().all(plain) && !id.starts_with('-') && id != ID_TAKEN {
        return Ok(());
    }
    let text = format!("use 1 to {ID_MAX_CHARS} of a to z, 0 to 9 and the dash, as in er-2");
    Err(ChangeError::refused("refuse_when_kiosk_id_is_malformed", Some("id"), text))
}

fn check_place(work: &mut Work<'_>, code: &PlaceCode) -> Result<(), ChangeError> {
    if work.store.place(code)?.is_some_and(|place| place.active) {
        return Ok(());
    }
    let text = format!("there is no place {code} in use: add it first");
    Err(ChangeError::refused("refuse_when_place_is_unknown", Some("place"), text))
}

fn checked(kiosk: Kiosk) -> Result<Kiosk, ChangeError> {
    let kiosk = Kiosk { name: kiosk.name.trim().to_owned(), ..kiosk };
    if kiosk.name.is_empty() || kiosk.name.chars().count() > NAME_MAX_CHARS {
        let text = format!("give the kiosk a name of 1 to {NAME_MAX_CHARS} characters");
        return Err(ChangeError::refused("refuse_when_name_is_empty", Some("name"), text));
    }
    if !Kiosk::IDLE_SECONDS.contains(&kiosk.idle_sign_off_seconds) {
        let text = "use 10 seconds to an hour (3600)";
        return Err(ChangeError::refused("refuse_when_idle_time_is_out_of_range", Some("idle_sign_off_seconds"), text));
    }
    Ok(kiosk)
}
