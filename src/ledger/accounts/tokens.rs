//! Bearer tokens: of a role, or of a kiosk.

use rusqlite::{OptionalExtension, params};
use serde_json::json;

use super::super::changes::Change;
use super::super::error::{ChangeError, ReadError};
use super::super::queries::TokenRow;
use super::super::reader::Reader;
use super::super::work::Work;
use super::Owner;
use super::secret::SecretHash;
use super::sessions::used_code;
use crate::custody::Role;

const NAME_MAX_CHARS: usize = 64;

/// A new token, of a role or of a kiosk, never both. The caller keeps the secret long enough to show it once.
#[derive(Debug, Clone)]
pub struct CreateToken {
    /// What it is called; a living token of that name stands against it.
    pub name: String,
    /// The role it gives.
    pub role: Option<Role>,
    /// The kiosk it speaks for.
    pub kiosk: Option<String>,
    /// The secret's hash.
    pub secret: SecretHash,
}

impl Change for CreateToken {
    type Made = TokenRow;

    fn make(self, work: &mut Work<'_>) -> Result<TokenRow, ChangeError> {
        let name = self.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > NAME_MAX_CHARS || name.chars().any(char::is_control) {
            let text = format!("use 1 to {NAME_MAX_CHARS} characters");
            return Err(ChangeError::refused("refuse_when_token_name_does_not_fit", Some("name"), text));
        }
        if self.role.is_some() == self.kiosk.is_some() {
            let text = "a token is either of a role or of a kiosk";
            return Err(ChangeError::refused("refuse_when_token_is_of_nobody_or_of_two", Some("role"), text));
        }
        let sql = "SELECT count(*) FROM tokens WHERE name = ?1 AND revoked_at IS NULL";
        if work.conn().prepare_cached(sql)?.query_row(params![name], |row| row.get::<_, bool>(0))? {
            return Err(ChangeError::clash("name", format!("there is a token {name:?} already; revoke it first")));
        }
        let row = TokenRow { name, role: self.role, kiosk: self.kiosk, created_at: work.now(), revoked_at: None };
        let sql = "INSERT INTO tokens (token_hash, name, role, kiosk, created_at) VALUES (?1, ?2, ?3, ?4, ?5)";
        let at = row.created_at.as_microsecond();
        let role = row.role.map(Role::word);
        work.conn().prepare_cached(sql)?.execute(params![self.secret.0, row.name, role, row.kiosk, at])?;
        work.record("token_created", json!({"token": row.name, "role": row.role, "kiosk": row.kiosk}), Vec::new())?;
        Ok(row)
    }
}

/// Ends a token at once.
#[derive(Debug, Clone)]
pub struct RevokeToken {
    /// Its name.
    pub name: String,
}

impl Change for RevokeToken {
    type Made = ();

    fn make(self, work: &mut Work<'_>) -> Result<(), ChangeError> {
        let sql = "UPDATE tokens SET revoked_at = ?2 WHERE name = ?1 AND revoked_at IS NULL";
        let ended = work.conn().prepare_cached(sql)?.execute(params![self.name, work.now().as_microsecond()])?;
        if ended == 0 {
            return Err(ChangeError::NotFound(format!("there is no living token {:?}", self.name)));
        }
        work.record("token_revoked", json!({"token": self.name}), Vec::new())?;
        Ok(())
    }
}

/// Enrols a kiosk's own computer with a one-time code: a bearer token of the kiosk. An older one of the same kiosk's
/// computer is dead at once.
#[derive(Debug, Clone)]
pub struct EnrolAgent {
    /// As typed; blanks, dashes and case do not matter.
    pub code: String,
    /// The new token's hash.
    pub secret: SecretHash,
}

impl Change for EnrolAgent {
    type Made = String;

    fn make(self, work: &mut Work<'_>) -> Result<String, ChangeError> {
        let kiosk = used_code(work, &self.code)?;
        let name = format!("agent {kiosk}");
        match (RevokeToken { name: name.clone() }).make(work) {
            Ok(()) | Err(ChangeError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
        CreateToken { name, role: None, kiosk: Some(kiosk.clone()), secret: self.secret }.make(work)?;
        Ok(kiosk)
    }
}

impl Reader {
    /// Whom a token stands for, if it is alive.
    pub(super) fn token_owner(&self, secret: &SecretHash) -> Result<Option<Owner>, ReadError> {
        let sql = "SELECT name, role, kiosk FROM tokens WHERE token_hash = ?1 AND revoked_at IS NULL";
        let found: Option<(String, Option<String>, Option<String>)> = self
            .conn()
            .prepare_cached(sql)?
            .query_row(params![secret.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        Ok(found.and_then(|(name, role, kiosk)| match (role, kiosk) {
            (Some(role), None) => Some(Owner::Token { name, role: Role::from_word(&role)? }),
            (None, Some(kiosk)) => Some(Owner::Kiosk { kiosk }),
            _ => None,
        }))
    }
}
