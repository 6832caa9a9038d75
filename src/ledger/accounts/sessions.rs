//! Web sessions, of console users and of enrolled kiosk browsers, and the one-time codes that enrol them.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, params};
use serde_json::json;

use super::super::changes::Change;
use super::super::error::{ChangeError, ReadError};
use super::super::reader::Reader;
use super::super::work::Work;
use super::Owner;
use super::access::{Access, write};
use super::password::PasswordHash;
use super::secret::SecretHash;
use crate::custody::Role;

/// A console session ends after so long without use (HIPAA 164.312(a)(2)(iii): automatic logoff).
pub const SESSION_IDLE_SECONDS: i64 = 30 * 60;
/// And after so long in any case: one shift.
pub const SESSION_MAX_SECONDS: i64 = 12 * 60 * 60;
/// An enrolled kiosk browser stays so for: nobody is there at night to enrol it again.
pub const ENROLMENT_SECONDS: i64 = 2 * 365 * 24 * 60 * 60;
/// A one-time code is good for so long.
pub const ENROL_CODE_SECONDS: i64 = 10 * 60;
/// A session's last use is written down this often at most.
const TOUCH_SECONDS: i64 = 60;
const ENROL_CODE_CHARS: usize = 8;
/// No 0 O, 1 I L: the code is read from one screen and typed at another. 31 letters to the 8th are 40 bits.
const ENROL_ALPHABET: &[u8] = b"ABCDEFGHJKMNPQRSTUVWXYZ23456789";

/// Begins a console user's session and logs the sign-in, or that it was refused: the account was closed, or got another
/// password, after `verified` was compared with what was typed. Answers whether it began.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct StartSession {
    pub user: String,
    pub verified: PasswordHash,
    pub session: SecretHash,
    pub address: Option<String>,
}

impl Change for StartSession {
    type Made = bool;

    fn make(self, work: &mut Work<'_>) -> Result<bool, ChangeError> {
        let sql = "SELECT count(*) FROM users WHERE name = ?1 AND active = 1 AND password_hash = ?2";
        let still =
            work.conn().prepare_cached(sql)?.query_row(params![self.user, self.verified.0], |row| row.get(0))?;
        let mut log = Access { what: "sign_in".to_owned(), address: self.address, ..Access::default() };
        if still {
            insert(work, &self.session, Some(&self.user), None, SESSION_MAX_SECONDS)?;
        } else {
            log.outcome = "refused".to_owned();
        }
        write(work, &log)?;
        Ok(still)
    }
}

/// Ends one session.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct EndSession {
    pub session: SecretHash,
    pub address: Option<String>,
}

impl Change for EndSession {
    type Made = ();

    fn make(self, work: &mut Work<'_>) -> Result<(), ChangeError> {
        let sql = "DELETE FROM web_sessions WHERE token_hash = ?1";
        if work.conn().prepare_cached(sql)?.execute(params![self.session.0])? > 0 {
            let log = Access { what: "sign_out".to_owned(), address: self.address, ..Access::default() };
            write(work, &log)?;
        }
        Ok(())
    }
}

/// Notes that a session was used just now.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct TouchSession {
    pub session: SecretHash,
}

impl Change for TouchSession {
    type Made = ();

    fn make(self, work: &mut Work<'_>) -> Result<(), ChangeError> {
        let sql = "UPDATE web_sessions SET seen_at = ?2 WHERE token_hash = ?1";
        work.conn().prepare_cached(sql)?.execute(params![self.session.0, work.now().as_microsecond()])?;
        Ok(())
    }
}

/// A one-time code that enrols a browser, shown in the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolCode {
    /// The code.
    pub code: String,
    /// Good until.
    pub expires_at: Timestamp,
}

/// Makes a one-time code for a kiosk. That the kiosk exists is the caller's to check.
#[derive(Debug, Clone)]
pub struct MakeEnrolCode {
    /// Which.
    pub kiosk: String,
}

impl Change for MakeEnrolCode {
    type Made = EnrolCode;

    fn make(self, work: &mut Work<'_>) -> Result<EnrolCode, ChangeError> {
        let code = random_code()?;
        let expires_at = after(work.now(), ENROL_CODE_SECONDS)?;
        work.conn()
            .prepare_cached("DELETE FROM enrol_codes WHERE expires_at < ?1")?
            .execute(params![work.now().as_microsecond()])?;
        let by = work.actor().to_string();
        work.conn()
            .prepare_cached(
                "INSERT INTO enrol_codes (code_hash, kiosk, created_by, expires_at) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![SecretHash::of(&code).0, self.kiosk, by, expires_at.as_microsecond()])?;
        work.record("enrol_code_made", json!({"kiosk": self.kiosk}), Vec::new())?;
        Ok(EnrolCode { code, expires_at })
    }
}

/// Uses a one-time code up; answers the kiosk whose browser the new session is.
#[derive(Debug, Clone)]
pub struct EnrolKiosk {
    /// As typed; blanks, dashes and case do not matter.
    pub code: String,
    /// The new session.
    pub session: SecretHash,
}

impl Change for EnrolKiosk {
    type Made = String;

    fn make(self, work: &mut Work<'_>) -> Result<String, ChangeError> {
        let kiosk = used_code(work, &self.code)?;
        insert(work, &self.session, None, Some(&kiosk), ENROLMENT_SECONDS)?;
        work.record("kiosk_enrolled", json!({"kiosk": kiosk}), Vec::new())?;
        Ok(kiosk)
    }
}

/// Uses up an enrolment code: its kiosk.
pub(super) fn used_code(work: &mut Work<'_>, code: &str) -> Result<String, ChangeError> {
    let code: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    let hash = SecretHash::of(&code.to_ascii_uppercase());
    let now = work.now().as_microsecond();
    let sql = "UPDATE enrol_codes SET used_at = ?2 WHERE code_hash = ?1 AND used_at IS NULL AND expires_at > ?2
               RETURNING kiosk";
    let kiosk: Option<String> =
        work.conn().prepare_cached(sql)?.query_row(params![hash.0, now], |row| row.get(0)).optional()?;
    let Some(kiosk) = kiosk else {
        let text = "this code is not good, or not any more; make a new one in the console";
        return Err(ChangeError::refused("refuse_when_enrol_code_is_not_good", Some("code"), text));
    };
    if work.store.kiosks()?.get(&kiosk).is_some_and(|known| !known.active) {
        let text = format!("kiosk {kiosk} is deactivated; activate it in the console first");
        return Err(ChangeError::refused("refuse_when_kiosk_is_deactivated", Some("code"), text));
    }
    Ok(kiosk)
}

impl Reader {
    /// Whom a session stands for, if it is alive, and whether its last use should be written down again.
    pub(super) fn session_owner(&self, session: &SecretHash) -> Result<Option<(Owner, bool)>, ReadError> {
        let sql = "SELECT s.user, u.role, s.kiosk, s.seen_at FROM web_sessions s
                   LEFT JOIN users u ON u.name = s.user AND u.active = 1
                   WHERE s.token_hash = ?1 AND s.expires_at > ?2 AND (s.user IS NULL OR s.seen_at > ?3)";
        type Found = (Option<String>, Option<String>, Option<String>, i64);
        let now = self.now().as_microsecond();
        let idle_since = now - SESSION_IDLE_SECONDS * 1_000_000;
        let found: Option<Found> = self
            .conn()
            .prepare_cached(sql)?
            .query_row(params![session.0, now, idle_since], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()?;
        Ok(found.and_then(|(user, role, kiosk, seen_at)| {
            let owner = match (user, role, kiosk) {
                (Some(name), Some(role), None) => Owner::User { name, role: Role::from_word(&role)? },
                (None, None, Some(kiosk)) => Owner::Kiosk { kiosk },
                _ => return None,
            };
            Some((owner, now - seen_at > TOUCH_SECONDS * 1_000_000))
        }))
    }
}

fn insert(
    work: &Work<'_>,
    session: &SecretHash,
    user: Option<&str>,
    kiosk: Option<&str>,
    seconds: i64,
) -> Result<(), ChangeError> {
    let now = work.now().as_microsecond();
    let expires_at = after(work.now(), seconds)?.as_microsecond();
    work.conn()
        .prepare_cached("DELETE FROM web_sessions WHERE expires_at < ?1 OR (user IS NOT NULL AND seen_at < ?2)")?
        .execute(params![now, now - SESSION_IDLE_SECONDS * 1_000_000])?;
    let sql = "INSERT INTO web_sessions (token_hash, user, kiosk, created_at, seen_at, expires_at)
               VALUES (?1, ?2, ?3, ?4, ?4, ?5)";
    work.conn().prepare_cached(sql)?.execute(params![session.0, user, kiosk, now, expires_at])?;
    Ok(())
}

fn after(now: Timestamp, seconds: i64) -> Result<Timestamp, ChangeError> {
    now.checked_add(SignedDuration::from_secs(seconds)).map_err(|error| ChangeError::NotRecorded(error.to_string()))
}

/// Bytes beyond the last whole multiple of the alphabet are thrown away, so that no letter is likelier.
fn random_code() -> Result<String, ChangeError> {
    let letters = ENROL_ALPHABET.len();
    let fair = 256 - 256 % letters;
    let mut code = String::with_capacity(ENROL_CODE_CHARS);
    while code.len() < ENROL_CODE_CHARS {
        let mut bytes = [0u8; 16];
        getrandom::fill(&mut bytes).map_err(|error| ChangeError::NotRecorded(error.to_string()))?;
        let picked = bytes.into_iter().map(usize::from).filter(|byte| *byte < fair);
        code.extend(picked.filter_map(|byte| ENROL_ALPHABET.get(byte % letters)).map(|letter| char::from(*letter)));
    }
    code.truncate(ENROL_CODE_CHARS);
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_of_letters_that_cannot_be_confused() {
        for _ in 0..200 {
            let code = random_code().unwrap();
            assert_eq!(code.len(), ENROL_CODE_CHARS);
            assert!(!code.contains(['0', 'O', '1', 'I', 'L']), "{code}");
        }
    }
}
