//! What the writer holds: its connection, the chain's head, the next numbers and caches of rows that scans touch.
//! All of it but the connection is a memory of committed rows and can be dropped and loaded again at any time.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;
use sha2::Sha256;
use uuid::Uuid;

use super::ahead::Ahead;
use super::api::{Head, Published};
use super::chain;
use super::clock::{Clock, Ids};
use super::error::StoreError;
use super::kiosks::Kiosks;
use super::line::{Draft, Line};
use super::projection::Projector;
use super::rows::ChartRecord;
use super::{Effect, rows, schema};
use crate::barcode::{self, BadgeNumber, ChartNumber, PlaceCode};
use crate::custody::{Custody, FoundSession, Kiosk, KioskSession, LaneSessions, Place, Staff};
use crate::records::{Numbering, RecordType};

/// The most rows of one kind in a cache; beyond it the cache starts anew, as in tests it does all the time.
const CACHE_ROWS_MAX: usize = if cfg!(test) { 4 } else { 20_000 };

/// What does not change while the ledger is open.
pub(super) struct Fixed {
    pub dir: PathBuf,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    /// Those of the configuration.
    pub kiosks: Vec<Kiosk>,
    pub codes: barcode::Reader,
    pub numbering: Numbering,
    pub zone: TimeZone,
    /// Templates of the LABEL command, by printer.
    pub chart_labels: HashMap<String, String>,
}

/// A kiosk and a lane.
pub(super) type Lane = (String, String);

/// The numbers that the next entry, chart, … will have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Next {
    pub seq: u64,
    pub prev_hash: [u8; 32],
    pub chart: u32,
    pub patient: u64,
    pub alert: u64,
    pub print_job: u64,
}

/// What a lane's scanner read last, for the echo rule.
#[derive(Debug, Clone)]
pub(super) struct LastRead {
    pub device: String,
    pub data_hmac: String,
    pub at: Timestamp,
}

/// The writer's state.
pub(super) struct Store {
    pub conn: Connection,
    pub fixed: Arc<Fixed>,
    pub epoch: Uuid,
    pub next: Next,
    pub sessions: HashMap<Lane, LaneSessions>,
    pub sessions_changed: HashSet<Lane>,
    pub last_reads: HashMap<Lane, LastRead>,
    /// Entries of the batch in the making; announced after COMMIT.
    pub published: Vec<Published>,
    row_key: [u8; 32],
    projector: Projector,
    places: HashMap<PlaceCode, Option<Arc<Place>>>,
    staff: HashMap<BadgeNumber, Option<Arc<Staff>>>,
    record_types: HashMap<String, Option<Arc<RecordType>>>,
    kiosks: Option<Kiosks>,
    /// Charts that were scanned lately: a chart that moves is often scanned again within hours.
    charts: HashMap<ChartNumber, ChartRecord>,
    /// While scans are judged ahead: entries are kept here, and `conn` only reads.
    pub ahead: Option<Ahead>,
}

impl Store {
    /// Opens the writer's connection and loads what it remembers. The schema must be there.
    pub fn load(fixed: Arc<Fixed>) -> Result<Store, StoreError> {
        let conn = schema::open_writer(&fixed.dir)?;
        let epoch = schema::meta(&conn, "epoch")?.and_then(|bytes| Uuid::from_slice(&bytes).ok());
        let epoch = epoch.ok_or_else(|| StoreError::Unreadable("meta has no epoch".into()))?;
        let row_key = schema::meta_key(&conn, "row_key")?;
        let row_key = row_key.ok_or_else(|| StoreError::Unreadable("meta has no row key".into()))?;
        Ok(Store {
            epoch,
            next: load_next(&conn)?,
            sessions: load_sessions(&conn)?,
            sessions_changed: HashSet::new(),
            last_reads: HashMap::new(),
            published: Vec::new(),
            row_key,
            projector: Projector::main(),
            places: HashMap::new(),
            staff: HashMap::new(),
            record_types: HashMap::new(),
            kiosks: None,
            charts: HashMap::new(),
            ahead: None,
            fixed,
            conn,
        })
    }

    /// The chain's newest entry, committed or not.
    pub fn head(&self) -> Head {
        Head { seq: self.next.seq - 1, hash: self.next.prev_hash, epoch: self.epoch }
    }

    /// Forgets rows of versioned tables, because one was written or a savepoint was rolled back.
    pub fn forget_rows(&mut self) {
        self.places.clear();
        self.staff.clear();
        self.record_types.clear();
        self.kiosks = None;
        self.charts.clear();
    }

    /// Keeps what a session of a lane became; written once with the batch.
    pub fn keep_session(&mut self, lane: &Lane, found: &FoundSession, after: KioskSession) {
        match self.sessions.get_mut(lane) {
            Some(known) => known.keep(found, after),
            None => self.sessions.entry(lane.clone()).or_default().keep(found, after),
        }
        self.session_changed(lane);
    }

    /// The lane's session that goes on was touched; written once with the batch.
    pub fn touch_session(&mut self, lane: &Lane, kiosk: &Kiosk, at: Timestamp) {
        let Some(known) = self.sessions.get_mut(lane) else { return };
        known.current = std::mem::take(&mut known.current).touched(at, kiosk);
        self.session_changed(lane);
    }

    /// Signs everybody off everywhere.
    pub fn end_sessions(&mut self) {
        let now = self.fixed.clock.now();
        self.sessions.values_mut().for_each(|sessions| sessions.end(now));
        self.sessions_changed.extend(self.sessions.keys().cloned());
    }

    fn session_changed(&mut self, lane: &Lane) {
        if !self.sessions_changed.contains(lane) {
            self.sessions_changed.insert(lane.clone());
        }
    }

    /// A chart.
    pub fn chart(&mut self, number: ChartNumber) -> Result<Option<ChartRecord>, StoreError> {
        let known = self.charts.get(&number).cloned();
        let is_known = known.is_some();
        let found = if is_known { known } else { rows::chart(&self.conn, number)? };
        let Some(found) = found else { return Ok(None) };
        // First of all: the row of a chart in flight is not what it will be, and must not be remembered.
        self.ahead.as_mut().map_or(Ok(()), |ahead| ahead.look_at(found.patient))?;
        if !is_known {
            bounded(&mut self.charts).insert(number, found.clone());
        }
        Ok(Some(found))
    }

    /// What `effects` made of the charts that are remembered.
    fn follow(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Acted { chart, custody, .. } => {
                    if let Some(known) = self.charts.get_mut(chart) {
                        known.custody = Custody::clone(custody);
                    }
                }
                Effect::LabelIssueSet { chart, issued, on_chart } => {
                    if let Some(known) = self.charts.get_mut(chart) {
                        (known.issued, known.on_chart) = (*issued, *on_chart);
                    }
                }
                Effect::ChartSet { chart, .. } => {
                    self.charts.remove(chart);
                }
                _ => {}
            }
        }
    }

    /// The kiosks.
    pub fn kiosks(&mut self) -> Result<Kiosks, StoreError> {
        if let Some(known) = &self.kiosks {
            return Ok(known.clone());
        }
        let found = Kiosks::load(&self.conn, &self.fixed.kiosks)?;
        Ok(self.kiosks.insert(found).clone())
    }

    /// A place.
    pub fn place(&mut self, code: &PlaceCode) -> Result<Option<Arc<Place>>, StoreError> {
        if let Some(known) = self.places.get(code) {
            return Ok(known.clone());
        }
        let found = rows::place(&self.conn, code)?.map(|(place, _)| Arc::new(place));
        bounded(&mut self.places).insert(code.clone(), found.clone());
        Ok(found)
    }

    /// A person.
    pub fn staff(&mut self, badge: &BadgeNumber) -> Result<Option<Arc<Staff>>, StoreError> {
        if let Some(known) = self.staff.get(badge) {
            return Ok(known.clone());
        }
        let found = rows::staff(&self.conn, badge)?.map(|(staff, _)| Arc::new(staff));
        bounded(&mut self.staff).insert(badge.clone(), found.clone());
        Ok(found)
    }

    /// A record type.
    pub fn record_type(&mut self, code: &str) -> Result<Option<Arc<RecordType>>, StoreError> {
        if let Some(known) = self.record_types.get(code) {
            return Ok(known.clone());
        }
        let found = rows::record_type(&self.conn, code)?.map(|(kind, _)| Arc::new(kind));
        bounded(&mut self.record_types).insert(code.to_owned(), found.clone());
        Ok(found)
    }

    /// HMAC-SHA256 under this ledger's key, hex.
    pub fn keyed_hash(&self, bytes: &[u8]) -> Result<String, StoreError> {
        keyed_hash(&self.row_key, bytes)
    }

    /// Appends an entry and folds its effects, or keeps it for that while scans are judged ahead. Answers with its
    /// number.
    pub fn append(&mut self, draft: Draft<'_>) -> Result<u64, StoreError> {
        let (lane, recorded_at) = (draft.lane, draft.recorded_at);
        if self.ahead.is_some() {
            Ahead::check_effects(&draft.effects)?;
        }
        let line = Line::new(draft, &self.next);
        let (seq, hash) = (line.entry.seq, line.entry.hash);
        let mut announced = line.announcement(lane, recorded_at);
        for place in line.effects.iter().flat_map(Effect::places) {
            announced.restricted |= self.restricted(&place)?;
        }
        self.follow(&line.effects);
        match &mut self.ahead {
            Some(ahead) => ahead.keep(line),
            None => line.write(&self.conn, &self.projector)?,
        }
        self.next.seq += 1;
        self.next.prev_hash = hash;
        self.published.push(announced);
        Ok(seq)
    }

    /// Is it confidential that something is at this place?
    pub fn restricted(&mut self, code: &PlaceCode) -> Result<bool, StoreError> {
        Ok(self.place(code)?.is_some_and(|place| place.restricted))
    }

    /// Writes the sessions that the batch changed, each once.
    pub fn write_sessions(&self) -> Result<(), StoreError> {
        let changed = self.sessions_changed.iter().filter_map(|lane| self.sessions.get_key_value(lane));
        changed.into_iter().try_for_each(|(lane, session)| write_session(&self.conn, lane, session))
    }

    /// Takes note of the sessions that were changed, of each lane once.
    pub fn take_sessions(&mut self) -> Vec<(Lane, LaneSessions)> {
        let changed = self.sessions_changed.drain();
        changed.filter_map(|lane| self.sessions.get(&lane).cloned().map(|session| (lane, session))).collect()
    }
}

/// Writes a lane's sessions.
pub(super) fn write_session(conn: &Connection, lane: &Lane, sessions: &LaneSessions) -> Result<(), StoreError> {
    let sql = "INSERT INTO main.kiosk_sessions (kiosk, lane, session) VALUES (?1, ?2, ?3) \
               ON CONFLICT (kiosk, lane) DO UPDATE SET session = ?3";
    conn.prepare_cached(sql)?.execute([&lane.0, &lane.1, &serde_json::to_string(sessions)?])?;
    Ok(())
}

/// HMAC-SHA256, hex.
pub(super) fn keyed_hash(key: &[u8; 32], bytes: &[u8]) -> Result<String, StoreError> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key).map_err(|error| StoreError::Unreadable(format!("row key: {error}")))?;
    mac.update(bytes);
    Ok(hex::encode(mac.finalize().into_bytes()))
}

/// The canonical JSON of a row: its fields in the order of its type, no blanks.
pub(super) fn canonical(row: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    Ok(serde_json::to_vec(row)?)
}

fn bounded<K, V>(cache: &mut HashMap<K, V>) -> &mut HashMap<K, V> {
    if cache.len() >= CACHE_ROWS_MAX {
        cache.clear();
    }
    cache
}

fn load_next(conn: &Connection) -> Result<Next, StoreError> {
    let (seq, prev_hash) = chain::last(conn)?;
    let highest = |table: &str, column: &str| -> rusqlite::Result<u64> {
        conn.query_row(&format!("SELECT coalesce(max({column}), 0) FROM main.{table}"), [], |row| row.get(0))
    };
    let chart = u32::try_from(highest("charts", "number")? + 1)
        .map_err(|_| StoreError::Unreadable("chart numbers are used up".into()))?;
    Ok(Next {
        seq: seq + 1,
        prev_hash,
        chart,
        patient: highest("patients", "id")? + 1,
        alert: highest("alerts", "id")? + 1,
        print_job: highest("print_jobs", "id")? + 1,
    })
}

fn load_sessions(conn: &Connection) -> Result<HashMap<Lane, LaneSessions>, StoreError> {
    let mut select = conn.prepare("SELECT kiosk, lane, session FROM main.kiosk_sessions")?;
    let sessions = select.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), rows::json(row, 2)?)))?;
    Ok(sessions.collect::<rusqlite::Result<_>>()?)
}

/// Is an entry of this id stored?
pub(super) fn entry_exists(conn: &Connection, id: Uuid) -> rusqlite::Result<bool> {
    let found: Option<i64> = conn
        .prepare_cached("SELECT 1 FROM main.entries WHERE id = ?")?
        .query_row([id.to_string()], |row| row.get(0))
        .optional()?;
    Ok(found.is_some())
}
