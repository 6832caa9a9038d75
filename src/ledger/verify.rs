//! Proving that nothing was altered: the chain holds, the projections are the fold of what it says, and what stands
//! [beside](super::beside) it is what it has keyed hashes of. Streams: memory does not grow with the ledger.

use std::fmt;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::Connection;

use super::beside::Beside;
use super::chain::{COLUMNS, Entry, genesis};
use super::error::{ReadError, StoreError};
use super::projection::{FoldedBody, Projector, SHADOW, TABLES, drop_shadow};
use super::schema;

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
    }
    let mut beside = if depth == Depth::Full { Some(Beside::new(&conn)?) } else { None };
    walk(&conn, &mut report, &mut progress, expect, |entry| {
        let Some(beside) = &mut beside else { return Ok(()) };
        let effective_at = Timestamp::from_microsecond(entry.effective_at)
            .map_err(|error| StoreError::Unreadable(error.to_string()))?;
        let body: FoldedBody = serde_json::from_str(&entry.body)?;
        beside.look(entry, &body.effects)?;
        projector.apply(&conn, &body.stamp(entry.seq, effective_at, entry.kiosk.as_deref()), &body.effects)
    })?;
    if let Some(beside) = beside.filter(|_| report.faults.is_empty()) {
        compare_projections(&conn, &mut report)?;
        report.faults.extend(beside.faults()?);
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
