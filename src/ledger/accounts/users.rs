//! Console accounts.

use rusqlite::{OptionalExtension, params};
use serde_json::json;

use super::super::Effect;
use super::super::changes::{Change, Was};
use super::super::error::{ChangeError, ReadError};
use super::super::queries::UserRow;
use super::super::reader::Reader;
use super::super::work::Work;
use super::password::PasswordHash;
use crate::custody::Role;

const NAME_MAX_CHARS: usize = 64;

/// Names are told apart without regard to case and to blanks around them.
pub fn canonical(name: &str) -> String {
    name.trim().to_lowercase()
}

/// A new account.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct AddUser {
    pub name: String,
    pub role: Role,
    pub password: PasswordHash,
}

impl Change for AddUser {
    type Made = UserRow;

    fn make(self, work: &mut Work<'_>) -> Result<UserRow, ChangeError> {
        let name = canonical(&self.name);
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
        if name.is_empty() || name.chars().count() > NAME_MAX_CHARS || !name.chars().all(fits) {
            let text = format!("use 1 to {NAME_MAX_CHARS} letters, digits, dots, dashes, underscores or @");
            return Err(ChangeError::refused("refuse_when_user_name_does_not_fit", Some("name"), text));
        }
        if present(work, &name)?.is_some() {
            return Err(ChangeError::clash("name", format!("there is a user {name} already")));
        }
        let row = UserRow { name, role: self.role, active: true };
        let effect = row_set(work, &row, 1, &["name", "role", "active"])?;
        work.conn()
            .prepare_cached("INSERT INTO users (name, role, password_hash, version) VALUES (?1, ?2, ?3, 1)")?
            .execute(params![row.name, row.role.word(), self.password.0])?;
        work.record("user_added", json!({"user": row.name, "role": row.role}), vec![effect])?;
        Ok(row)
    }
}

/// Changes an account's role, or whether it may sign in. Ending an account ends its sessions.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct CorrectUser {
    pub name: String,
    pub role: Option<Role>,
    pub active: Option<bool>,
    /// What those were when they were looked at.
    pub was: Was,
}

impl Change for CorrectUser {
    type Made = UserRow;

    fn make(self, work: &mut Work<'_>) -> Result<UserRow, ChangeError> {
        let (before, version) = existing(work, &canonical(&self.name))?;
        self.was.check(&before)?;
        let row = UserRow {
            name: before.name.clone(),
            role: self.role.unwrap_or(before.role),
            active: self.active.unwrap_or(before.active),
        };
        let mut fields = Vec::new();
        fields.extend((row.role != before.role).then_some("role"));
        fields.extend((row.active != before.active).then_some("active"));
        if fields.is_empty() {
            return Ok(row);
        }
        if before.active && before.role == Role::Admin && (!row.active || row.role != Role::Admin) {
            refuse_when_no_admin_is_left(work, &row.name)?;
        }
        let effect = row_set(work, &row, version + 1, &fields)?;
        work.conn()
            .prepare_cached("UPDATE users SET role = ?2, active = ?3, version = ?4 WHERE name = ?1")?
            .execute(params![row.name, row.role.word(), row.active, version + 1])?;
        if !row.active {
            end_sessions(work, &row.name)?;
        }
        let kind = if fields == ["active"] && !row.active { "user_deactivated" } else { "user_corrected" };
        work.record(kind, json!({"user": row.name, "role": row.role, "active": row.active}), vec![effect])?;
        Ok(row)
    }
}

/// A new password; ends the account's sessions.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct SetPassword {
    pub name: String,
    pub password: PasswordHash,
}

impl Change for SetPassword {
    type Made = UserRow;

    fn make(self, work: &mut Work<'_>) -> Result<UserRow, ChangeError> {
        let (row, _) = existing(work, &canonical(&self.name))?;
        work.conn()
            .prepare_cached("UPDATE users SET password_hash = ?2 WHERE name = ?1")?
            .execute(params![row.name, self.password.0])?;
        end_sessions(work, &row.name)?;
        work.record("password_set", json!({"user": row.name}), Vec::new())?;
        Ok(row)
    }
}

impl Reader {
    /// The password hash and role of an account that may sign in.
    pub(super) fn credentials(&self, name: &str) -> Result<Option<(PasswordHash, Role)>, ReadError> {
        let sql = "SELECT password_hash, role FROM users WHERE name = ?1 AND active = 1";
        let found: Option<(String, String)> = self
            .conn()
            .prepare_cached(sql)?
            .query_row(params![name], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        Ok(found.and_then(|(hash, role)| Some((PasswordHash(hash), Role::from_word(&role)?))))
    }
}

fn refuse_when_no_admin_is_left(work: &Work<'_>, name: &str) -> Result<(), ChangeError> {
    let sql = "SELECT count(*) FROM users WHERE role = 'admin' AND active = 1 AND name <> ?1";
    let others: i64 = work.conn().prepare_cached(sql)?.query_row(params![name], |row| row.get(0))?;
    if others > 0 {
        return Ok(());
    }
    let text = format!("{name} is the last admin who can sign in; make another one first");
    Err(ChangeError::refused("refuse_when_no_admin_is_left", None, text))
}

fn end_sessions(work: &Work<'_>, name: &str) -> Result<(), ChangeError> {
    work.conn().prepare_cached("DELETE FROM web_sessions WHERE user = ?1")?.execute(params![name])?;
    Ok(())
}

fn existing(work: &Work<'_>, name: &str) -> Result<(UserRow, u32), ChangeError> {
    present(work, name)?.ok_or_else(|| ChangeError::NotFound(format!("there is no user {name}")))
}

fn present(work: &Work<'_>, name: &str) -> Result<Option<(UserRow, u32)>, ChangeError> {
    let sql = "SELECT role, active, version FROM users WHERE name = ?1";
    let found: Option<(String, bool, u32)> = work
        .conn()
        .prepare_cached(sql)?
        .query_row(params![name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((role, active, version)) = found else { return Ok(None) };
    let unknown = || ChangeError::NotRecorded(format!("{name} has the unknown role {role:?}"));
    let role = Role::from_word(&role).ok_or_else(unknown)?;
    Ok(Some((UserRow { name: name.to_owned(), role, active }, version)))
}

fn row_set(work: &Work<'_>, row: &UserRow, version: u32, fields: &[&str]) -> Result<Effect, ChangeError> {
    Ok(Effect::RowSet {
        table: "users".to_owned(),
        key: row.name.clone(),
        version,
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        row_hmac: work.row_hmac(row)?,
    })
}
