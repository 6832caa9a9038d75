//! The agent's outbox on disk: the second and last place with SQL, apart from the ledger. It is a small store of its own
//! because a kiosk's computer has no ledger; it knows nothing of what a scan means.
//!
//! Every change is one transaction with `synchronous=FULL`: when a call returns, it is on disk. A scan is `waiting` until
//! it was recorded (`kept`, for seven days, to be offered to a ledger that was restored) or refused for good (`parked`,
//! until staff decide). Scans that wait or are parked are never deleted and their number is bounded: a full store refuses
//! the next one, and whoever brought it says so.

mod jobs;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use uuid::Uuid;

use crate::custody::ScanSource;
pub use jobs::{JobState, StoredJob};

/// How long recorded scans are kept.
pub const KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 3600);
/// The store's file never grows beyond this, in pages of 4 KiB: 1 GiB. Reached, a change fails like on a full disk.
const PAGES_MAX: u32 = 262_144;
/// Parked scans that are shown.
const PARKED_SHOWN: u32 = 100;
/// How many scans before one are looked at for the last of its lane: more are not read within the time of an echo.
const LOOKED_BACK: u32 = 64;
/// The schema's version in this program.
const VERSION: u32 = 1;

/// A scan as it came from a scanner or the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewScan {
    /// Its id.
    pub id: Uuid,
    /// The scanner.
    pub device: Option<String>,
    /// The lane.
    pub lane: String,
    /// How the text came in.
    pub source: ScanSource,
    /// What the scanner said it read.
    pub symbology: Option<String>,
    /// The text.
    pub data: String,
    /// When it was read, by this computer's clock.
    pub observed_at: Timestamp,
}

/// A scan in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedScan {
    /// Its place in the order.
    pub queue_seq: u64,
    /// The scan.
    pub scan: NewScan,
    /// How often the server failed on it.
    pub refusals: u32,
}

/// A scan that the server would not take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ParkedScan {
    /// Its place in the order.
    pub queue_seq: u64,
    /// Its id.
    pub id: Uuid,
    /// The text.
    pub data: String,
    /// The lane.
    pub lane: String,
    /// When it was read.
    pub observed_at: Timestamp,
    /// The HTTP status.
    pub status: u16,
    /// What the server said.
    pub why: String,
}

/// What became of [`Store::add`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is on disk and waits.
    Queued(u64),
    /// It was there already, and waits or is parked.
    WasQueued,
    /// It was there already, and was recorded (or set aside).
    WasRecorded,
    /// Its id was used for another scan.
    Conflict,
}

/// What waits and what is parked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// How many wait.
    pub waiting: u64,
    /// Since when the oldest waits.
    pub oldest_at: Option<Timestamp>,
    /// How many are parked.
    pub parked: u64,
}

/// Why the store could not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder or file cannot be used.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Another agent runs on the folder.
    #[error("{}: another agent runs on this folder", path.display())]
    Locked {
        /// Which.
        path: PathBuf,
    },
    /// The file is of a newer program.
    #[error("{}: version {found} is of a newer Outguide: update this one", path.display())]
    Newer {
        /// Which.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// So many scans wait that no more can be kept.
    #[error("{waiting} scans wait here for the server, and no more can be kept: see why it does not take them")]
    Full {
        /// How many.
        waiting: u64,
    },
    /// The database failed; most often because the disk is full.
    #[error("this computer cannot write it down: {0}")]
    Database(#[from] rusqlite::Error),
    /// A row cannot be read.
    #[error("a row of the agent's store cannot be read: {0}")]
    Row(String),
}

/// The outbox. All calls block for a disk write at most.
pub struct Store {
    inner: Mutex<Inner>,
    _lock: File,
}

struct Inner {
    db: Connection,
    /// Scans that wait or are parked.
    open: u64,
    max_scans: u64,
}

impl Store {
    /// Opens or makes the outbox in `dir`, for at most `max_scans` that wait or are parked.
    pub fn open(dir: &Path, max_scans: u64) -> Result<Store, StoreError> {
        let of = |path: &Path| {
            let path = path.to_owned();
            move |error| StoreError::File { path, error }
        };
        std::fs::create_dir_all(dir).map_err(of(dir))?;
        let lock_path = dir.join("lock");
        let lock = File::options().create(true).append(true).open(&lock_path).map_err(of(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Err(StoreError::Locked { path: dir.to_owned() }),
            Err(std::fs::TryLockError::Error(error)) => return Err(StoreError::File { path: lock_path, error }),
        }
        let path = dir.join("agent.db");
        let db = Connection::open(&path)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        db.pragma_update(None, "max_page_count", PAGES_MAX)?;
        // What was deleted held patient data.
        db.pragma_update(None, "secure_delete", "ON")?;
        let found: u32 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
        match found {
            0 => db.execute_batch(&format!("BEGIN;\n{}\nCOMMIT;", include_str!("schema.sql")))?,
            VERSION => {}
            found => return Err(StoreError::Newer { path, found }),
        }
        let sql = "SELECT count(*) FROM scans WHERE state IN ('waiting', 'parked')";
        let open = db.query_row(sql, [], |row| row.get(0))?;
        Ok(Store { inner: Mutex::new(Inner { db, open, max_scans }), _lock: lock })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a scan at the end of the queue. On disk when it returns; the same scan again is harmless.
    pub fn add(&self, scan: &NewScan) -> Result<Added, StoreError> {
        let mut inner = self.inner();
        let sql = "SELECT data, lane, state FROM scans WHERE id = ?1";
        let texts = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let known: Option<(String, String, String)> =
            inner.db.prepare_cached(sql)?.query_row([scan.id.to_string()], texts).optional()?;
        if let Some((data, lane, state)) = known {
            return Ok(match state.as_str() {
                _ if data != scan.data || lane != scan.lane => Added::Conflict,
                "kept" => Added::WasRecorded,
                _ => Added::WasQueued,
            });
        }
        if inner.open >= inner.max_scans {
            return Err(StoreError::Full { waiting: inner.open });
        }
        let sql = "INSERT INTO scans (id, device, lane, source, symbology, data, observed_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        inner.db.prepare_cached(sql)?.execute(params![
            scan.id.to_string(),
            scan.device,
            scan.lane,
            word(scan.source),
            scan.symbology,
            scan.data,
            scan.observed_at.as_microsecond()
        ])?;
        inner.open += 1;
        Ok(Added::Queued(u64::try_from(inner.db.last_insert_rowid()).unwrap_or_default()))
    }

    /// Can a scan be kept now? Found out by a write, so that it is known without one to keep.
    pub fn try_disk(&self) -> Result<(), StoreError> {
        {
            let inner = self.inner();
            if inner.open >= inner.max_scans {
                return Err(StoreError::Full { waiting: inner.open });
            }
        }
        let tried = self.fact("tried")?.and_then(|times| times.parse::<u64>().ok()).unwrap_or_default();
        self.set_fact("tried", &tried.wrapping_add(1).to_string())
    }

    /// The first scan of the queue.
    pub fn first(&self) -> Result<Option<QueuedScan>, StoreError> {
        Ok(self.waiting_after(0, 1)?.pop())
    }

    /// Scans that wait, behind the one with this number, `most` at once.
    pub fn waiting_after(&self, queue_seq: u64, most: u32) -> Result<Vec<QueuedScan>, StoreError> {
        let sql = "SELECT queue_seq, id, device, lane, source, symbology, data, observed_at, refusals FROM scans
                   WHERE state = 'waiting' AND queue_seq > ?1 ORDER BY queue_seq LIMIT ?2";
        let inner = self.inner();
        let mut statement = inner.db.prepare_cached(sql)?;
        let rows = statement.query_and_then(params![queue_seq, most], queued)?;
        rows.collect()
    }

    /// What was scanned in the same lane just before this one, if it was among the last few: of the page or a scanner.
    pub fn before(&self, after: &QueuedScan) -> Result<Option<NewScan>, StoreError> {
        let sql = "SELECT queue_seq, id, device, lane, source, symbology, data, observed_at, refusals FROM
                   (SELECT * FROM scans WHERE queue_seq < ?1 ORDER BY queue_seq DESC LIMIT ?2)
                   WHERE lane = ?3 ORDER BY queue_seq DESC LIMIT 1";
        let inner = self.inner();
        let mut statement = inner.db.prepare_cached(sql)?;
        let mut rows = statement.query_and_then(params![after.queue_seq, LOOKED_BACK, after.scan.lane], queued)?;
        Ok(rows.next().transpose()?.map(|before| before.scan))
    }

    /// The ledger has it: it is kept for a while.
    pub fn acknowledge(&self, queue_seq: u64, seq: u64, epoch: Uuid, now: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE scans SET state = 'kept', seq = ?2, epoch = ?3, kept_at = ?4
                   WHERE queue_seq = ?1 AND state = 'waiting'";
        let changed = params![queue_seq, seq, epoch.to_string(), now.as_microsecond()];
        let mut inner = self.inner();
        let closed = inner.db.prepare_cached(sql)?.execute(changed)? as u64;
        inner.open = inner.open.saturating_sub(closed);
        Ok(())
    }

    /// The server will not take it: out of the way, in sight of staff.
    pub fn park(&self, queue_seq: u64, status: u16, why: &str) -> Result<(), StoreError> {
        let sql = "UPDATE scans SET state = 'parked', status = ?2, why = ?3 WHERE queue_seq = ?1 AND state = 'waiting'";
        self.inner().db.prepare_cached(sql)?.execute(params![queue_seq, status, why])?;
        Ok(())
    }

    /// The server failed on it once more.
    pub fn refused(&self, queue_seq: u64) -> Result<(), StoreError> {
        let sql = "UPDATE scans SET refusals = refusals + 1 WHERE queue_seq = ?1";
        self.inner().db.prepare_cached(sql)?.execute([queue_seq])?;
        Ok(())
    }

    /// Staff want a parked scan to be sent again. Was it there?
    pub fn unpark(&self, queue_seq: u64) -> Result<bool, StoreError> {
        let sql = "UPDATE scans SET state = 'waiting', refusals = 0, status = NULL, why = NULL
                   WHERE queue_seq = ?1 AND state = 'parked'";
        Ok(self.inner().db.prepare_cached(sql)?.execute([queue_seq])? > 0)
    }

    /// Staff decided that a parked scan need not be recorded. Was it there?
    pub fn set_aside(&self, queue_seq: u64, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE scans SET state = 'kept', kept_at = ?2 WHERE queue_seq = ?1 AND state = 'parked'";
        let mut inner = self.inner();
        let closed = inner.db.prepare_cached(sql)?.execute(params![queue_seq, now.as_microsecond()])? as u64;
        inner.open = inner.open.saturating_sub(closed);
        Ok(closed > 0)
    }

    /// How many wait and are parked.
    pub fn counts(&self) -> Result<Counts, StoreError> {
        let inner = self.inner();
        let sql = "SELECT (SELECT count(*) FROM scans WHERE state = 'waiting'),
                          (SELECT observed_at FROM scans WHERE state = 'waiting' ORDER BY queue_seq LIMIT 1),
                          (SELECT count(*) FROM scans WHERE state = 'parked')";
        let mut statement = inner.db.prepare_cached(sql)?;
        let found: (u64, Option<i64>, u64) =
            statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(Counts { waiting: found.0, oldest_at: found.1.map(time).transpose()?, parked: found.2 })
    }

    /// The oldest parked scans, a hundred at most.
    pub fn parked(&self) -> Result<Vec<ParkedScan>, StoreError> {
        let sql = "SELECT queue_seq, id, data, lane, observed_at, status, why FROM scans WHERE state = 'parked'
                   ORDER BY queue_seq LIMIT ?1";
        let inner = self.inner();
        let mut statement = inner.db.prepare_cached(sql)?;
        let rows = statement.query_and_then([PARKED_SHOWN], |row| {
            Ok(ParkedScan {
                queue_seq: row.get(0)?,
                id: id(row.get(1)?)?,
                data: row.get(2)?,
                lane: row.get(3)?,
                observed_at: time(row.get(4)?)?,
                status: row.get::<_, Option<u16>>(5)?.unwrap_or_default(),
                why: row.get::<_, Option<String>>(6)?.unwrap_or_default(),
            })
        })?;
        rows.collect()
    }

    /// Is a scan of this id known here?
    pub fn knows(&self, id: Uuid) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM scans WHERE id = ?1";
        Ok(self.inner().db.prepare_cached(sql)?.exists([id.to_string()])?)
    }

    /// The ledger was restored: what it acknowledged in another epoch may be missing there and waits again, in its old
    /// place. How many?
    pub fn offer_again(&self, epoch: Uuid) -> Result<u64, StoreError> {
        let sql = "UPDATE scans SET state = 'waiting', seq = NULL, epoch = NULL, kept_at = NULL, refusals = 0
                   WHERE state = 'kept' AND epoch IS NOT NULL AND epoch <> ?1";
        let mut inner = self.inner();
        let opened = inner.db.prepare_cached(sql)?.execute([epoch.to_string()])? as u64;
        inner.open += opened;
        Ok(opened)
    }

    /// Forgets what was recorded long ago, and the oldest recorded ones where there are more than can wait.
    pub fn forget(&self, now: Timestamp) -> Result<(), StoreError> {
        let inner = self.inner();
        let before = now.as_microsecond() - i64::try_from(KEPT_FOR.as_micros()).unwrap_or(i64::MAX);
        inner.db.prepare_cached("DELETE FROM scans WHERE state = 'kept' AND kept_at < ?1")?.execute([before])?;
        let sql = "DELETE FROM scans WHERE queue_seq IN (SELECT queue_seq FROM scans WHERE state = 'kept'
                   ORDER BY kept_at DESC, queue_seq DESC LIMIT -1 OFFSET ?1)";
        inner.db.prepare_cached(sql)?.execute([inner.max_scans])?;
        Ok(())
    }

    /// Something that is remembered over a restart.
    pub fn fact(&self, name: &str) -> Result<Option<String>, StoreError> {
        let inner = self.inner();
        let mut statement = inner.db.prepare_cached("SELECT value FROM facts WHERE name = ?1")?;
        Ok(statement.query_row([name], |row| row.get(0)).optional()?)
    }

    /// Remembers it.
    pub fn set_fact(&self, name: &str, value: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO facts VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2";
        self.inner().db.prepare_cached(sql)?.execute([name, value])?;
        Ok(())
    }
}

fn queued(row: &Row<'_>) -> Result<QueuedScan, StoreError> {
    let source: String = row.get(4)?;
    let scan = NewScan {
        id: id(row.get(1)?)?,
        device: row.get(2)?,
        lane: row.get(3)?,
        source: serde_json::from_value(source.into()).map_err(|error| StoreError::Row(error.to_string()))?,
        symbology: row.get(5)?,
        data: row.get(6)?,
        observed_at: time(row.get(7)?)?,
    };
    Ok(QueuedScan { queue_seq: row.get(0)?, scan, refusals: row.get(8)? })
}

fn word(source: ScanSource) -> &'static str {
    match source {
        ScanSource::Scanned => "scanned",
        ScanSource::Touched => "touched",
        ScanSource::Typed => "typed",
    }
}

fn time(micros: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(micros).map_err(|error| StoreError::Row(error.to_string()))
}

fn id(text: String) -> Result<Uuid, StoreError> {
    text.parse().map_err(|error: uuid::Error| StoreError::Row(error.to_string()))
}

#[cfg(test)]
mod tests;
