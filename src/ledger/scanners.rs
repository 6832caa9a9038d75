//! What the entries say of scanners: when each was last heard, and how many scans it made in each quarter of an hour.
//!
//! Two small tables beside the chain, counted from the entries by whoever looks after scanners, each entry once. A scan
//! itself writes nothing for it, and nothing ever has to look through the ledger for its past.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::error::StoreError;
use super::rows::{self, ALERT_COLUMNS};
use super::{AlertRow, schema};
use crate::alerts::{self, Heard, QUARTER, Stretch, WEEKS};

/// So many days are kept of the counts: four weeks, and room for an hour that is looked at late.
pub(super) const KEPT_DAYS: i64 = 7 * WEEKS as i64 + 2;
/// The most entries in one tally.
const TALLY_ENTRIES_MAX: usize = 2_000;
/// Where `meta` says up to which entry was counted.
const COUNTED: &str = "scans_counted";

/// A scanner: of a kiosk, or (`None`) whatever types into the kiosk's own page, its buttons included.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScannerKey {
    /// The kiosk.
    pub kiosk: String,
    /// The scanner's id.
    pub device: Option<String>,
}

/// What a stretch of entries says of a scanner in one quarter of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tallied {
    pub scans: u64,
    pub heard_at: Timestamp,
}

/// Scans of a stretch of entries, counted and not yet written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// The last entry of the tally before; `None` for the first.
    pub(super) after: Option<u64>,
    /// The last entry of this one.
    pub(super) to: u64,
    /// By kiosk, device (empty for none) and quarter.
    pub(super) counts: BTreeMap<(String, String, i64), Tallied>,
    /// There are entries after it.
    pub more: bool,
}

impl Tally {
    /// There was nothing to count.
    pub fn is_empty(&self) -> bool {
        self.after == Some(self.to)
    }
}

/// The quarter's number since 1970.
pub(super) fn number_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(QUARTER.as_secs())
}

/// Up to which entry was counted.
pub(super) fn counted(conn: &Connection) -> Result<Option<u64>, StoreError> {
    let Some(bytes) = schema::meta(conn, COUNTED)? else { return Ok(None) };
    let bytes = bytes.try_into().map_err(|_| StoreError::Unreadable(format!("meta {COUNTED:?} is not 8 bytes")))?;
    Ok(Some(u64::from_be_bytes(bytes)))
}

/// Notes up to which entry was counted.
pub(super) fn set_counted(conn: &Connection, seq: u64) -> rusqlite::Result<()> {
    schema::set_meta(conn, COUNTED, &seq.to_be_bytes())
}

/// Counts what follows the last tally.
pub(super) fn tally(conn: &Connection, now: Timestamp) -> Result<Tally, StoreError> {
    let after = counted(conn)?;
    let since = now.checked_sub(SignedDuration::from_hours(24 * KEPT_DAYS)).unwrap_or(Timestamp::MIN);
    let from = match after {
        Some(seq) => seq,
        None => last_before(conn, since)?,
    };
    let mut tally = Tally { after, to: from, counts: BTreeMap::new(), more: false };
    let sql = "SELECT seq, kiosk, device, effective_at FROM main.entries WHERE seq > ? ORDER BY seq LIMIT ?";
    let mut select = conn.prepare_cached(sql)?;
    let mut entries = select.query(params![from, TALLY_ENTRIES_MAX])?;
    let mut read = 0;
    while let Some(entry) = entries.next()? {
        read += 1;
        tally.to = entry.get(0)?;
        // Only scans name a kiosk.
        let Some(kiosk) = entry.get::<_, Option<String>>(1)? else { continue };
        let device = entry.get::<_, Option<String>>(2)?.unwrap_or_default();
        let at = rows::time(entry, 3)?;
        let counted = tally.counts.entry((kiosk, device, number_of(at)));
        let counted = counted.or_insert(Tallied { scans: 0, heard_at: at });
        counted.scans += 1;
        counted.heard_at = counted.heard_at.max(at);
    }
    tally.more = read == TALLY_ENTRIES_MAX;
    Ok(tally)
}

/// The last entry recorded before `since`, found by halves: entries are recorded in the order of their numbers.
fn last_before(conn: &Connection, since: Timestamp) -> Result<u64, StoreError> {
    let (mut low, mut high) =
        (0u64, conn.query_row("SELECT coalesce(max(seq), 0) FROM main.entries", [], |row| row.get::<_, u64>(0))?);
    let mut select = conn.prepare_cached("SELECT recorded_at FROM main.entries WHERE seq = ?")?;
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        let recorded_at: Option<i64> = select.query_row([middle], |row| row.get(0)).optional()?;
        if recorded_at.is_some_and(|at| at < since.as_microsecond()) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Ok(low)
}

/// When it was last heard; the page's own is heard with any scan of its kiosk.
pub(super) fn heard_at(conn: &Connection, key: &ScannerKey) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT max(heard_at) FROM main.scanners_heard WHERE kiosk = ?1 AND (?2 IS NULL OR device = ?2)";
    let row = params![key.kiosk, key.device];
    Ok(conn.prepare_cached(sql)?.query_row(row, |row| rows::time_or_null(row, 0))?)
}

/// How many scans it made in `stretch`.
fn scans_in(conn: &Connection, key: &ScannerKey, stretch: Stretch) -> Result<u64, StoreError> {
    let (from, to) = (number_of(stretch.from), number_of(stretch.to));
    let of_device = "SELECT coalesce(sum(scans), 0) FROM main.scanner_quarters \
                     WHERE kiosk = ? AND device = ? AND quarter >= ? AND quarter < ?";
    let of_kiosk = "SELECT coalesce(sum(scans), 0) FROM main.scanner_quarters \
                    WHERE kiosk = ? AND quarter >= ? AND quarter < ?";
    let scans = match &key.device {
        Some(device) => {
            conn.prepare_cached(of_device)?.query_row(params![key.kiosk, device, from, to], |row| row.get(0))?
        }
        None => conn.prepare_cached(of_kiosk)?.query_row(params![key.kiosk, from, to], |row| row.get(0))?,
    };
    Ok(scans)
}

/// What its past says of it; it was listened to since `listening_since`.
pub(super) fn heard(
    conn: &Connection,
    key: &ScannerKey,
    listening_since: Timestamp,
    weeks: [Stretch; WEEKS],
) -> Result<Heard, StoreError> {
    let mut heard = Heard { last: heard_at(conn, key)?, listening_since, weeks: [0; WEEKS] };
    for (scans, week) in heard.weeks.iter_mut().zip(weeks) {
        *scans = scans_in(conn, key, week)?;
    }
    Ok(heard)
}

/// The newest alert about its silence.
pub(super) fn newest_alert(conn: &Connection, key: &ScannerKey) -> Result<Option<AlertRow>, StoreError> {
    let prefix = alerts::silence_prefix(&key.kiosk, key.device.as_deref());
    let end = format!("{prefix}\u{10FFFF}");
    let sql = format!(
        "SELECT {ALERT_COLUMNS} FROM main.alerts WHERE kind = 'device' AND subject >= ? AND subject < ? \
         ORDER BY id DESC LIMIT 1"
    );
    Ok(conn.prepare_cached(&sql)?.query_row([&prefix, &end], rows::alert).optional()?)
}
