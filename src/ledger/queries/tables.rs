//! Places, staff, record types, accounts and tokens: short tables, read whole or by key.

use jiff::Timestamp;
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Page, Paging, ReadError, Reader, badge_at, failed, place_at, some_time_at, time_at, word};
use crate::barcode::{BadgeNumber, PlaceCode};
use crate::custody::{Place, Role, Staff};
use crate::records::RecordType;

/// A console account, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserRow {
    /// Its name.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// May it sign in?
    pub active: bool,
}

/// A bearer token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenRow {
    /// Its name.
    pub name: String,
    /// The role it gives; `None` for a kiosk's own.
    pub role: Option<Role>,
    /// The kiosk it speaks for.
    pub kiosk: Option<String>,
    /// Since when.
    pub created_at: Timestamp,
    /// Dead since.
    pub revoked_at: Option<Timestamp>,
}

impl Reader {
    /// One place.
    pub fn place(&self, code: &PlaceCode) -> Result<Option<Place>, ReadError> {
        let mut statement = self.conn().prepare_cached("SELECT * FROM places WHERE code = ?1")?;
        let mut rows = statement.query(params![code.as_str()])?;
        rows.next()?.map(place_row).transpose()
    }

    /// Places whose code begins with, or whose name holds, `query`; by code.
    pub fn places(&self, query: Option<&str>, paging: &Paging) -> Result<Page<Place>, ReadError> {
        let rows = self.keyed("places", "code", query, paging, place_row)?;
        Ok(Page::cut(rows, paging.limit(), |place| place.code.to_string()))
    }

    /// One person.
    pub fn staff_member(&self, badge: &BadgeNumber) -> Result<Option<Staff>, ReadError> {
        let mut statement = self.conn().prepare_cached("SELECT * FROM staff WHERE badge = ?1")?;
        let mut rows = statement.query(params![badge.as_str()])?;
        rows.next()?.map(staff_row).transpose()
    }

    /// A person's name.
    pub(super) fn staff_name(&self, badge: &str) -> Result<Option<String>, ReadError> {
        let mut statement = self.conn().prepare_cached("SELECT name FROM staff WHERE badge = ?1")?;
        let mut rows = statement.query(params![badge])?;
        Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
    }

    /// People whose badge begins with, or whose name holds, `query`; by badge.
    pub fn staff(&self, query: Option<&str>, paging: &Paging) -> Result<Page<Staff>, ReadError> {
        let rows = self.keyed("staff", "badge", query, paging, staff_row)?;
        Ok(Page::cut(rows, paging.limit(), |person| person.badge.to_string()))
    }

    /// Record types, by code.
    pub fn record_types(&self, paging: &Paging) -> Result<Page<RecordType>, ReadError> {
        let rows = self.keyed("record_types", "code", None, paging, |row| {
            Ok(RecordType {
                code: row.get("code")?,
                name: row.get("name")?,
                restricted: row.get("restricted")?,
                active: row.get("active")?,
            })
        })?;
        Ok(Page::cut(rows, paging.limit(), |kind| kind.code.clone()))
    }

    /// Console accounts, by name.
    pub fn users(&self, paging: &Paging) -> Result<Page<UserRow>, ReadError> {
        let rows = self.keyed("users", "name", None, paging, user_row)?;
        Ok(Page::cut(rows, paging.limit(), |user| user.name.clone()))
    }

    /// One account.
    pub fn user(&self, name: &str) -> Result<Option<UserRow>, ReadError> {
        let mut statement = self.conn().prepare_cached("SELECT * FROM users WHERE name = ?1")?;
        let mut rows = statement.query(params![name])?;
        rows.next()?.map(user_row).transpose()
    }

    /// All tokens, living ones first. There are few: they are made by hand.
    pub fn tokens(&self) -> Result<Vec<TokenRow>, ReadError> {
        let sql = "SELECT name, role, kiosk, created_at, revoked_at FROM tokens
                   ORDER BY revoked_at IS NOT NULL, name, created_at LIMIT 10000";
        let mut statement = self.conn().prepare_cached(sql)?;
        let mut rows = statement.query([])?;
        let mut tokens = Vec::new();
        while let Some(row) = rows.next()? {
            let role: Option<String> = row.get("role")?;
            tokens.push(TokenRow {
                name: row.get("name")?,
                role: role.as_deref().map(role_of).transpose()?,
                kiosk: row.get("kiosk")?,
                created_at: time_at(row, "created_at")?,
                revoked_at: some_time_at(row, "revoked_at")?,
            });
        }
        Ok(tokens)
    }

    /// Browsers enrolled for a kiosk: when each was enrolled and last seen.
    pub fn enrolled_browsers(&self, kiosk: &str) -> Result<Vec<(Timestamp, Timestamp)>, ReadError> {
        let sql = "SELECT created_at, seen_at FROM web_sessions WHERE kiosk = ?1 AND expires_at > ?2
                   ORDER BY seen_at DESC LIMIT 100";
        let mut statement = self.conn().prepare_cached(sql)?;
        let mut rows = statement.query(params![kiosk, self.now().as_microsecond()])?;
        let mut browsers = Vec::new();
        while let Some(row) = rows.next()? {
            browsers.push((time_at(row, "created_at")?, time_at(row, "seen_at")?));
        }
        Ok(browsers)
    }

    fn keyed<T>(
        &self,
        table: &str,
        key: &str,
        query: Option<&str>,
        paging: &Paging,
        read: impl Fn(&Row<'_>) -> Result<T, ReadError>,
    ) -> Result<Vec<T>, ReadError> {
        let sql = format!(
            "SELECT * FROM {table} WHERE {key} > ?1 AND (?2 IS NULL OR instr(lower({key}), ?2) = 1 OR instr(lower(name), ?2) > 0)
             ORDER BY {key} LIMIT ?3"
        );
        let query = query.map(|query| query.trim().to_lowercase()).filter(|query| !query.is_empty());
        let mut statement = self.conn().prepare_cached(&sql)?;
        let mut rows = statement.query(params![paging.cursor.as_deref().unwrap_or(""), query, paging.fetch()])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read(row)?);
        }
        Ok(found)
    }
}

pub(super) fn place_row(row: &Row<'_>) -> Result<Place, ReadError> {
    Ok(Place {
        code: place_at(row, "code")?.ok_or_else(|| failed("a place without a code"))?,
        name: row.get("name")?,
        kind: word(row.get("kind")?)?,
        loan_hours: row.get("loan_hours")?,
        restricted: row.get("restricted")?,
        active: row.get("active")?,
    })
}

pub(super) fn staff_row(row: &Row<'_>) -> Result<Staff, ReadError> {
    Ok(Staff {
        badge: badge_at(row, "badge")?.ok_or_else(|| failed("a person without a badge"))?,
        name: row.get("name")?,
        role: role_of(&row.get::<_, String>("role")?)?,
        place: place_at(row, "place")?,
        email: row.get("email")?,
        active: row.get("active")?,
    })
}

fn user_row(row: &Row<'_>) -> Result<UserRow, ReadError> {
    let role: String = row.get("role")?;
    Ok(UserRow { name: row.get("name")?, role: role_of(&role)?, active: row.get("active")? })
}

fn role_of(word: &str) -> Result<Role, ReadError> {
    Role::from_word(word).ok_or_else(|| failed(format!("{word:?} is not a role")))
}
