//! What stands beside the chain because it may name a patient: each row of a versioned table and each note on an alert is
//! the one whose keyed hash is in its entry.

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde_json::json;

use super::chain::Entry;
use super::changes::NOTED;
use super::error::StoreError;
use super::store::{canonical, keyed_hash};
use super::verify::Fault;
use super::{Effect, equipment, legacy, rows, schema};
use crate::barcode::{BadgeNumber, ChartNumber, PlaceCode};
use crate::equipment::{EquipmentId, ServiceId};

/// The most faults reported; the first says enough.
const FAULTS_MAX: usize = 20;

/// Versioned tables and their keys.
const KEYED: [(&str, &str); 8] = [
    ("patients", "id"),
    ("places", "code"),
    ("staff", "badge"),
    ("record_types", "code"),
    ("kiosks", "id"),
    ("equipment", "id"),
    ("equipment_services", "id"),
    ("legacy_barcodes", "chart"),
];

/// Compares while the chain is walked: first each entry, then what is left.
pub(super) struct Beside<'a> {
    conn: &'a Connection,
    key: [u8; 32],
    faults: Vec<Fault>,
}

impl Beside<'_> {
    /// Nothing looked at yet. What the entries say of rows is kept in a temporary table, on disk where it is long.
    pub fn new(conn: &Connection) -> Result<Beside<'_>, StoreError> {
        conn.execute_batch(
            "CREATE TEMP TABLE recorded_rows (source TEXT, key TEXT, version INTEGER, hmac TEXT, \
             PRIMARY KEY (source, key)) WITHOUT ROWID",
        )?;
        let key = schema::meta_key(conn, "row_key")?;
        let key = key.ok_or_else(|| StoreError::Unreadable("meta has no row key".into()))?;
        Ok(Beside { conn, key, faults: Vec::new() })
    }

    /// The next entry of the chain, with its effects.
    pub fn look(&mut self, entry: &Entry, effects: &[Effect]) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO temp.recorded_rows (source, key, version, hmac) VALUES (?, ?, ?, ?)";
        for effect in effects {
            if let Effect::RowSet { table, key, version, row_hmac, .. } = effect {
                self.conn.prepare_cached(sql)?.execute(params![table, key, version, row_hmac])?;
            }
        }
        if entry.kind == NOTED && !self.has_note(entry)? {
            self.fault("alert_notes", entry.seq.to_string());
        }
        Ok(())
    }

    /// What is wrong, after the last entry.
    pub fn faults(mut self) -> Result<Vec<Fault>, StoreError> {
        self.compare_rows()?;
        for (table, key) in KEYED {
            self.unrecorded_rows(table, key)?;
        }
        let sql = "SELECT seq FROM main.alert_notes WHERE NOT EXISTS (SELECT 1 FROM main.entries \
                   WHERE entries.seq = alert_notes.seq AND kind = ?) LIMIT 1";
        let unrecorded: Option<u64> = self.conn.query_row(sql, [NOTED], |row| row.get(0)).optional()?;
        if let Some(seq) = unrecorded {
            self.fault("alert_notes", seq.to_string());
        }
        Ok(self.faults)
    }

    fn fault(&mut self, table: &str, key: String) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(Fault::Row { table: table.to_owned(), key });
        }
    }

    /// Is the note of this entry there as it was written?
    fn has_note(&self, entry: &Entry) -> Result<bool, StoreError> {
        let sql = "SELECT alert, author, at, text FROM main.alert_notes WHERE seq = ?";
        let mut select = self.conn.prepare_cached(sql)?;
        let mut rows = select.query([entry.seq])?;
        let Some(row) = rows.next()? else { return Ok(false) };
        let (author, at, text): (String, i64, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
        let said: serde_json::Value = serde_json::from_str(&entry.body)?;
        let now = json!({ "alert": row.get::<_, u64>(0)?, "text_hmac": keyed_hash(&self.key, text.as_bytes())? });
        Ok(said["change"] == now && author == entry.actor && at == entry.recorded_at)
    }

    /// Each recorded row is there in the recorded version with the recorded hash.
    fn compare_rows(&mut self) -> Result<(), StoreError> {
        let mut select = self.conn.prepare("SELECT source, key, version, hmac FROM temp.recorded_rows")?;
        let mut recorded = select.query([])?;
        while let Some(row) = recorded.next()? {
            let (table, key): (String, String) = (row.get(0)?, row.get(1)?);
            let Some(now) = row_now(self.conn, &self.key, &table, &key)? else { continue };
            if now != Some((row.get(2)?, row.get(3)?)) {
                self.fault(&table, key);
            }
            if self.faults.len() >= FAULTS_MAX {
                break;
            }
        }
        Ok(())
    }

    /// No other row is there.
    fn unrecorded_rows(&mut self, table: &str, key: &str) -> Result<(), StoreError> {
        // A backup that an older Outguide wrote has not all of them.
        let there = "SELECT count(*) FROM main.sqlite_schema WHERE type = 'table' AND name = ?";
        if !self.conn.query_row(there, [table], |row| row.get::<_, bool>(0))? {
            return Ok(());
        }
        // They are recorded when Outguide starts the next time.
        let later = table == "legacy_barcodes" && legacy::has_unrecorded(self.conn)?;
        let but = if later { "version > 0 AND " } else { "" };
        let sql = format!(
            "SELECT CAST({key} AS TEXT) FROM main.{table} WHERE {but}NOT EXISTS (SELECT 1 FROM temp.recorded_rows \
             WHERE source = '{table}' AND key = CAST({key} AS TEXT)) LIMIT 1"
        );
        let unrecorded: Option<String> = self.conn.query_row(&sql, [], |row| row.get(0)).optional()?;
        if let Some(key) = unrecorded {
            self.fault(table, key);
        }
        Ok(())
    }
}

/// Version and hash of a row as it is now: `None` for a table whose rows are not compared, `Some(None)` where the row
/// is gone.
#[allow(clippy::option_option, reason = "two different absences")]
fn row_now(
    conn: &Connection,
    hmac_key: &[u8; 32],
    table: &str,
    key: &str,
) -> Result<Option<Option<(u32, String)>>, StoreError> {
    fn hashed<T: Serialize>(
        key: &[u8; 32],
        found: Option<rows::Versioned<T>>,
    ) -> Result<Option<(u32, String)>, StoreError> {
        found.map(|(row, version)| Ok((version, keyed_hash(key, &canonical(&row)?)?))).transpose()
    }
    let malformed = |error: crate::barcode::InvalidCode| StoreError::Unreadable(error.to_string());
    let number = || key.parse::<u32>().map_err(|_| StoreError::Unreadable(format!("key {key:?} of {table}")));
    Ok(Some(match table {
        "patients" => {
            let id: u64 = key.parse().map_err(|_| StoreError::Unreadable(format!("patient key {key:?}")))?;
            hashed(hmac_key, rows::patient_by_id(conn, id)?)?
        }
        "equipment" => hashed(hmac_key, equipment::equipment(conn, EquipmentId(number()?))?)?,
        "equipment_services" => hashed(hmac_key, equipment::service(conn, ServiceId(number()?))?)?,
        "places" => hashed(hmac_key, rows::place(conn, &PlaceCode::new(key).map_err(malformed)?)?)?,
        "staff" => hashed(hmac_key, rows::staff(conn, &BadgeNumber::new(key).map_err(malformed)?)?)?,
        "record_types" => hashed(hmac_key, rows::record_type(conn, key)?)?,
        "kiosks" => hashed(hmac_key, rows::kiosk(conn, key)?)?,
        "legacy_barcodes" => hashed(hmac_key, legacy::legacy_barcode(conn, ChartNumber(number()?))?)?,
        _ => return Ok(None),
    }))
}
