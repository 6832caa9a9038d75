//! Reading: a pool of read-only connections. The questions themselves are in `queries`.

use std::sync::{Arc, Mutex, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use rusqlite::Connection;
use sha2::Sha256;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::clock::Clock;
use super::error::ReadError;
use super::kiosks::Kiosks;
use super::schema::{self, DB_FILE};
use super::shared::Shared;
use super::store::Fixed;
use crate::barcode;
use crate::records::Numbering;

/// One read-only connection and what is needed to answer. Within one `read` all answers are of one moment
/// (a read transaction is open).
pub struct Reader {
    pub(in crate::ledger) conn: Connection,
    pub(in crate::ledger) kiosks: Kiosks,
    pub(in crate::ledger) clock: Arc<dyn Clock>,
    pub(in crate::ledger) barcodes: barcode::Reader,
    pub(in crate::ledger) numbering: Numbering,
}

impl Reader {
    /// A key of this ledger for a purpose of its own, the same after each start.
    pub fn derived_key(&self, purpose: &str) -> Result<[u8; 32], ReadError> {
        let failed = |cause: String| ReadError::Failed(cause);
        let key = schema::meta_key(&self.conn, "row_key").map_err(|error| failed(error.to_string()))?;
        let key = key.ok_or_else(|| failed("meta has no row key".to_owned()))?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|error| failed(error.to_string()))?;
        mac.update(purpose.as_bytes());
        Ok(mac.finalize().into_bytes().into())
    }

    /// The connection, for this room's queries. Use `prepare_cached`.
    pub(in crate::ledger) fn conn(&self) -> &Connection {
        &self.conn
    }

    /// Now, by the ledger's clock.
    pub(in crate::ledger) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The kiosks.
    pub(in crate::ledger) fn kiosks(&self) -> &Kiosks {
        &self.kiosks
    }
    /// Understands searched texts.
    pub(in crate::ledger) fn barcodes(&self) -> &barcode::Reader {
        &self.barcodes
    }

    /// How MRNs look and are filed.
    pub(in crate::ledger) fn numbering(&self) -> &Numbering {
        &self.numbering
    }
}

/// The most questions answered at one time through [`Pool::room`], and the most idle connections kept.
const READERS_MAX: usize = 8;

/// The pool of readers.
pub(super) struct Pool {
    fixed: Arc<Fixed>,
    shared: Arc<Shared>,
    idle: Mutex<Vec<Reader>>,
    room: Semaphore,
}

impl Pool {
    /// An empty pool; connections are opened when they are first needed.
    pub fn new(fixed: Arc<Fixed>, shared: Arc<Shared>) -> Self {
        Pool { fixed, shared, idle: Mutex::new(Vec::new()), room: Semaphore::new(READERS_MAX) }
    }

    /// Waits for room; `None` never comes, the semaphore is not closed.
    pub async fn room(&self) -> Option<SemaphorePermit<'_>> {
        self.room.acquire().await.ok()
    }

    /// Answers a question in one read transaction.
    pub fn ask<T>(&self, question: impl FnOnce(&Reader) -> Result<T, ReadError>) -> Result<T, ReadError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let reader = match idle {
            Some(reader) => Reader { kiosks: self.shared.kiosks(), ..reader },
            None => self.open()?,
        };
        reader.conn.prepare_cached("BEGIN")?.execute([])?;
        let answer = question(&reader);
        // A reader that cannot end its transaction is dropped, which ends it.
        if reader.conn.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([])).is_ok() {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < READERS_MAX {
                idle.push(reader);
            }
        }
        answer
    }

    /// Closes the idle connections. Nothing is asked any more.
    pub fn close(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn open(&self) -> Result<Reader, ReadError> {
        Ok(Reader {
            conn: schema::open_reader(&self.fixed.dir.join(DB_FILE))?,
            kiosks: self.shared.kiosks(),
            clock: self.fixed.clock.clone(),
            barcodes: self.fixed.codes.clone(),
            numbering: self.fixed.numbering.clone(),
        })
    }
}
