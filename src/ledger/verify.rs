//! Proving that nothing was altered: the chain holds, the projections are the fold of what it says, and each row of a
//! versioned table and each note is the one whose keyed hash it has. Streams: memory does not grow with the ledger.

use std::fmt;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde_json::json;

use super::chain::{COLUMNS, Entry, genesis};
use super::changes::NOTED;
use super::error::{ReadError, StoreError};
use super::projection::{FoldedBody, Projector, SHADOW, TABLES, drop_shadow};
use super::store::{canonical, keyed_hash};
use super::{Effect, equipment, legacy, rows, schema};
use crate::barcode::{BadgeNumber, ChartNumber, PlaceCode};
use crate::equipment::{EquipmentId, ServiceId};

/// The most faults reported; the first says enough.
const FAULTS_MAX: usize = 20;

/// How many entries pass between two words about progress.
const PROGRESS_EVERY: u64 = 4_096;

/// How much is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The chain only.
    Chain,
    /// The chain, the projections and the versioned rows.
    Full,
}

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The chain breaks at an entry.
    Chain {
        /// The first entry that does not fit.
        seq: u64,
        /// What about it.
        what: &'static str,
    },
    /// A projection is not the fold of the entries.
    Projection {
        /// The table.
        table: &'static str,
        /// Rows that should not be there, or differ.
        extra: u64,
        /// Rows that should be there, or differ.
        wanting: u64,
    },
    /// A row of a versioned table is not the one that was recorded.
    Row {
        /// The table.
        table: String,
        /// Its key.
        key: String,
    },
    /// The entry that was expected is not there, or is another one: the tail was cut or rewritten.
    Head {
        /// The expected entry.
        seq: u64,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Chain { seq, what } => write!(f, "entry {seq}: {what}"),
            Fault::Projection { table, extra, wanting } => {
                write!(f, "{table}: {extra} rows differ from the ledger, {wanting} rows of the ledger are not there")
            }
            Fault::Row { table, key } => write!(f, "{table}, row {key}: not as it was recorded"),
            Fault::Head { seq } => write!(f, "entry {seq} is not the one that was expected"),
        }
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Entries looked at.
    pub entries: u64,
    /// The newest entry's hash.
    pub head: [u8; 32],
    /// What is wrong; empty when all is well.
    pub faults: Vec<Fault>,
}

impl Report {
    /// The first entry at which the chain does not hold.
    pub fn first_bad_seq(&self) -> Option<u64> {
        self.faults.iter().find_map(|fault| match fault {
            Fault::Chain { seq, .. } | Fault::Head { seq } => Some(*seq),
            _ => None,
        })
    }
}

/// Verifies the database file `path`, beside a running server or without one. `expect` is a head noted earlier;
/// `progress` hears how many entries of how many are done.
pub fn verify(
    path: &Path,
    depth: Depth,
    expect: Option<(u64, [u8; 32])>,
    mut progress: impl FnMut(u64, u64),
) -> Result<Report, ReadError> {
    let conn = schema::open_reader(path)?;
    // Today's fold writes today's tables.
    let conn = if depth == Depth::Full { schema::as_of_today(conn)? } else { conn };
    conn.execute_batch("BEGIN")?;
    let mut report = Report { entries: 0, head: genesis(), faults: Vec::new() };
    let projector = Projector::shadow();
    if depth == Depth::Full {
        Projector::make_shadow(&conn)?;
        conn.execute_batch(
            "CREATE TEMP TABLE recorded_rows (source TEXT, key TEXT, version INTEGER, hmac TEXT, \
             PRIMARY KEY (source, key)) WITHOUT ROWID",
        )?;
    }
    let mut notes = Notes::new(&conn)?;
    walk(&conn, &mut report, &mut progress, expect, |entry| {
        if depth == Depth::Chain {
            return Ok(());
        }
        notes.look(entry)?;
        let effective_at = Timestamp::from_microsecond(entry.effective_at)
            .map_err(|error| StoreError::Unreadable(error.to_string()))?;
        let body: FoldedBody = serde_json::from_str(&entry.body)?;
        note_rows(&conn, &body.effects)?;
        projector.apply(&conn, &body.stamp(entry.seq, effective_at, entry.kiosk.as_deref()), &body.effects)
    })?;
    if depth == Depth::Full && report.faults.is_empty() {
        compare_projections(&conn, &mut report)?;
        compare_rows(&conn, &mut report)?;
        report.faults.extend(notes.end()?);
    }
    Ok(report)
}

/// Walks the chain up to its first fault.
fn walk(
    conn: &Connection,
    report: &mut Report,
    progress: &mut impl FnMut(u64, u64),
    expect: Option<(u64, [u8; 32])>,
    mut each: impl FnMut(&Entry) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let total: u64 = conn.query_row("SELECT coalesce(max(seq), 0) FROM main.entries", [], |row| row.get(0))?;
    let mut expected_found = expect.is_none_or(|(seq, hash)| seq == 0 && hash == genesis());
    let mut select = conn.prepare(&format!("SELECT {COLUMNS} FROM main.entries ORDER BY seq"))?;
    let mut entries = select.query([])?;
    while let Some(row) = entries.next()? {
        let entry = Entry::from_row(row)?;
        if let Some(what) = broken(&entry, report) {
            report.faults.push(Fault::Chain { seq: report.entries + 1, what });
            return Ok(());
        }
        if each(&entry).is_err() {
            report.faults.push(Fault::Chain { seq: entry.seq, what: "its body cannot be read" });
            return Ok(());
        }
        expected_found |= expect == Some((entry.seq, entry.hash));
        (report.entries, report.head) = (entry.seq, entry.hash);
        if entry.seq.is_multiple_of(PROGRESS_EVERY) {
            progress(entry.seq, total);
        }
    }
    progress(report.entries, total);
    if let Some((seq, _)) = expect.filter(|_| !expected_found) {
        report.faults.push(Fault::Head { seq });
    }
    Ok(())
}

fn broken(entry: &Entry, before: &Report) -> Option<&'static str> {
    if entry.seq != before.entries + 1 {
        return Some("it is not there");
    }
    if entry.prev_hash != before.head {
        return Some("it does not follow the entry before it");
    }
    (entry.content_hash() != entry.hash).then_some("it does not fit its hash")
}

fn note_rows(conn: &Connection, effects: &[Effect]) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO temp.recorded_rows (source, key, version, hmac) VALUES (?, ?, ?, ?)";
    for effect in effects {
        if let Effect::RowSet { table, key, version, row_hmac, .. } = effect {
            conn.prepare_cached(sql)?.execute(params![table, key, version, row_hmac])?;
        }
    }
    Ok(())
}

fn compare_projections(conn: &Connection, report: &mut Report) -> Result<(), StoreError> {
    for table in TABLES {
        let count = |one: &str, other: &str| -> rusqlite::Result<u64> {
            let sql = format!("SELECT count(*) FROM (SELECT * FROM {one}{table} EXCEPT SELECT * FROM {other}{table})");
            conn.query_row(&sql, [], |row| row.get(0))
        };
        let (extra, wanting) = (count("main.", SHADOW)?, count(SHADOW, "main.")?);
        if extra + wanting > 0 {
            report.faults.push(Fault::Projection { table, extra, wanting });
        }
    }
    drop_shadow(conn)?;
    Ok(())
}

/// Each recorded row is there in the recorded version with the recorded hash, and no other row is.
fn compare_rows(conn: &Connection, report: &mut Report) -> Result<(), StoreError> {
    let key = row_key(conn)?;
    let sql = "SELECT source, key, version, hmac FROM temp.recorded_rows";
    let mut select = conn.prepare(sql)?;
    let mut recorded = select.query([])?;
    while let Some(row) = recorded.next()? {
        let (table, row_key): (String, String) = (row.get(0)?, row.get(1)?);
        let Some(now) = row_now(conn, &key, &table, &row_key)? else { continue };
        if now != Some((row.get(2)?, row.get(3)?)) {
            report.faults.push(Fault::Row { table, key: row_key });
        }
        if report.faults.len() >= FAULTS_MAX {
            return Ok(());
        }
    }
    let keyed = [
        ("patients", "id"),
        ("places", "code"),
        ("staff", "badge"),
        ("record_types", "code"),
        ("kiosks", "id"),
        ("equipment", "id"),
        ("equipment_services", "id"),
        ("legacy_barcodes", "chart"),
    ];
    let unrecorded_barcodes = legacy::has_unrecorded(conn)?;
    for (table, column) in keyed {
        // A backup that an older Outguide wrote has not all of them.
        let there = "SELECT count(*) FROM main.sqlite_schema WHERE type = 'table' AND name = ?";
        if !conn.query_row(there, [table], |row| row.get::<_, bool>(0))? {
            continue;
        }
        // They are recorded when Outguide starts the next time.
        let but = if table == "legacy_barcodes" && unrecorded_barcodes { "version > 0 AND " } else { "" };
        let sql = format!(
            "SELECT CAST({column} AS TEXT) FROM main.{table} WHERE {but}NOT EXISTS (SELECT 1 FROM temp.recorded_rows \
             WHERE source = '{table}' AND key = CAST({column} AS TEXT)) LIMIT 1"
        );
        let unrecorded: Option<String> = conn.query_row(&sql, [], |row| row.get(0)).optional()?;
        report.faults.extend(unrecorded.map(|key| Fault::Row { table: table.to_owned(), key }));
    }
    Ok(())
}

/// What rows beside the chain are hashed with.
fn row_key(conn: &Connection) -> Result<[u8; 32], StoreError> {
    schema::meta_key(conn, "row_key")?.ok_or_else(|| StoreError::Unreadable("meta has no row key".into()))
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

/// Notes on alerts, each beside the entry that has its keyed hash.
struct Notes<'a> {
    conn: &'a Connection,
    key: [u8; 32],
    faults: Vec<Fault>,
}

impl Notes<'_> {
    fn new(conn: &Connection) -> Result<Notes<'_>, StoreError> {
        Ok(Notes { conn, key: row_key(conn)?, faults: Vec::new() })
    }

    /// Is the note of this entry, if it has one, there as it was written?
    fn look(&mut self, entry: &Entry) -> Result<(), StoreError> {
        if entry.kind != NOTED || self.faults.len() >= FAULTS_MAX {
            return Ok(());
        }
        let sql = "SELECT alert, author, at, text FROM main.alert_notes WHERE seq = ?";
        let mut select = self.conn.prepare_cached(sql)?;
        let mut rows = select.query([entry.seq])?;
        let said: serde_json::Value = serde_json::from_str(&entry.body)?;
        let kept = match rows.next()? {
            Some(row) => {
                let (author, at, text): (String, i64, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
                let now =
                    json!({ "alert": row.get::<_, u64>(0)?, "text_hmac": keyed_hash(&self.key, text.as_bytes())? });
                said["change"] == now && author == entry.actor && at == entry.recorded_at
            }
            None => false,
        };
        if !kept {
            self.faults.push(note_fault(entry.seq));
        }
        Ok(())
    }

    /// What is wrong, with a note that no entry has.
    fn end(mut self) -> Result<Vec<Fault>, StoreError> {
        let sql = "SELECT seq FROM main.alert_notes WHERE NOT EXISTS (SELECT 1 FROM main.entries \
                   WHERE entries.seq = alert_notes.seq AND kind = ?) LIMIT 1";
        let unrecorded: Option<u64> = self.conn.query_row(sql, [NOTED], |row| row.get(0)).optional()?;
        self.faults.extend(unrecorded.map(note_fault));
        Ok(self.faults)
    }
}

fn note_fault(seq: u64) -> Fault {
    Fault::Row { table: "alert_notes".to_owned(), key: seq.to_string() }
}
