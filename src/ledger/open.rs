//! Opening and closing: the directory's lock, the first entry, the threads.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{broadcast, mpsc};
use uuid::Uuid;

use super::api::{Actor, OpenOptions};
use super::background::Background;
use super::backup::{ASIDE, STAGING};
use super::changes::versioned;
use super::checkpoint::{self, Database, Signal};
use super::error::{ChangeError, OpenError};
use super::files::Files;
use super::jobs::Job;
use super::legacy;
use super::reader::Pool;
use super::schema::{self, DB_FILE};
use super::shared::{Paced, Shared};
use super::store::{Fixed, Lane, Store};
use super::work::Work;
use super::writer::{ANNOUNCED_MAX, BACKGROUND_WAITING_MAX, Held, LIVE_WAITING_MAX, Writer};
use crate::custody::KioskSession;
use crate::records::RecordType;

/// The lock's name in the data directory.
const LOCK_FILE: &str = "lock";

/// An open ledger; dropping it ends the threads and releases the lock.
pub(super) struct Inner {
    pub fixed: Arc<Fixed>,
    pub shared: Arc<Shared>,
    pub readers: Pool,
    pub files: Arc<Files>,
    queues: Option<Queues>,
    /// Never used once the writer runs: what is sent here is refused.
    closed: mpsc::Sender<Box<dyn Job>>,
    threads: Vec<JoinHandle<()>>,
    /// Below every connection, see [`Database`].
    _database: Database,
    _lock: File,
}

struct Queues {
    live: mpsc::Sender<Box<dyn Job>>,
    background: mpsc::Sender<Box<dyn Job>>,
}

impl Inner {
    /// The queue of scans and console changes.
    pub fn live(&self) -> &mpsc::Sender<Box<dyn Job>> {
        self.queues.as_ref().map_or(&self.closed, |queues| &queues.live)
    }

    /// A lane's session as committed.
    pub fn session(&self, lane: &Lane) -> KioskSession {
        let sessions = self.shared.sessions.read().unwrap_or_else(PoisonError::into_inner);
        sessions.get(lane).map(|sessions| sessions.current.clone()).unwrap_or_default()
    }

    /// The queue of import chunks and sweeps.
    pub fn background(&self) -> &mpsc::Sender<Box<dyn Job>> {
        self.queues.as_ref().map_or(&self.closed, |queues| &queues.background)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Readers first: the last connection to close moves the log into the database file, and only a writing one can.
        self.readers.close();
        self.queues = None;
        self.shared.checkpoints.stop();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the ledger had panicked");
            }
        }
    }
}

/// Opens the ledger.
pub(super) fn open(options: OpenOptions) -> Result<Inner, OpenError> {
    let lock = lock(&options.dir)?;
    let fixed = Arc::new(fixed_of(options));
    prepare(&fixed)?;
    let mut store = Store::load(fixed.clone())?;
    if store.head().seq == 0 {
        begin(&mut store)?;
    }
    legacy::record_unrecorded(&mut store)?;
    let (announce, _) = broadcast::channel(ANNOUNCED_MAX);
    let shared = Arc::new(Shared {
        head: RwLock::new(store.head()),
        sessions: RwLock::new(store.sessions.clone()),
        kiosks: RwLock::new(store.kiosks()?),
        announce,
        checkpoints: Signal::default(),
        paced: Paced::default(),
    });
    let (live, live_jobs) = mpsc::channel(LIVE_WAITING_MAX);
    let (background, background_jobs) = mpsc::channel(BACKGROUND_WAITING_MAX);
    let (closed, _) = mpsc::channel(1);
    let io = |source| OpenError::Io { path: fixed.dir.clone(), source };
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(io)?;
    let keeper = schema::open_reader(&fixed.dir.join(DB_FILE))?;
    keeper.query_row("SELECT count(*) FROM main.meta", [], |_| Ok(()))?;
    let files = Arc::new(Files::of(&fixed.dir).map_err(io)?);
    let held = Held { _keeper: keeper, files: files.clone() };
    let background_jobs = Background::new(background_jobs, shared.checkpoints.turn.clone());
    let writer = Writer::new(store, held, shared.clone(), live_jobs, background_jobs).map_err(io)?;
    let spawn = |name: &str| std::thread::Builder::new().name(name.to_owned());
    let writer = spawn("ledger-writer").spawn(move || writer.run(&runtime)).map_err(io)?;
    let database: Database = Arc::new(File::open(fixed.dir.join(DB_FILE)).map_err(io)?);
    let (of, synced, seen) = (fixed.clone(), database.clone(), shared.clone());
    let checkpointer = spawn("ledger-checkpointer").spawn(move || checkpoint::run(&of, &synced, &seen)).map_err(io)?;
    Ok(Inner {
        readers: Pool::new(fixed.clone(), shared.clone()),
        files,
        fixed,
        shared,
        queues: Some(Queues { live, background }),
        closed,
        threads: vec![writer, checkpointer],
        _database: database,
        _lock: lock,
    })
}

/// What stays as it is while the ledger is open.
pub(super) fn fixed_of(options: OpenOptions) -> Fixed {
    Fixed {
        dir: options.dir,
        clock: options.clock,
        ids: options.ids,
        kiosks: options.kiosks,
        codes: options.barcodes,
        numbering: options.numbering,
        zone: options.zone,
        chart_labels: options.chart_labels,
    }
}

/// Makes the directory where needed (for its owner only) and takes its lock.
pub(super) fn lock(dir: &Path) -> Result<File, OpenError> {
    let io = |source: io::Error| OpenError::Io { path: dir.to_owned(), source };
    if !dir.is_dir() {
        if let Some(parent) = dir.parent() {
            fs::create_dir_all(parent).map_err(io)?;
        }
        DirBuilder::new().mode(0o700).create(dir).map_err(io)?;
    }
    let file = File::options().create(true).truncate(false).write(true).open(dir.join(LOCK_FILE)).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked { dir: dir.to_owned() }),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}

/// What stands in the log may have been written by a process that was killed before it could sync it. It is made
/// durable before anybody hears of it: into the database file, or where someone reads beside us, in the log.
fn make_durable(conn: &Connection, dir: &Path) -> Result<(), OpenError> {
    let busy: bool = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy {
        let log = dir.join(format!("{DB_FILE}-wal"));
        File::open(&log).and_then(|file| file.sync_all()).map_err(|source| OpenError::Io { path: log, source })?;
    }
    Ok(())
}

/// Schema, epoch and row key.
fn prepare(fixed: &Fixed) -> Result<(), OpenError> {
    let path = fixed.dir.join(DB_FILE);
    if !path.exists() {
        refuse_when_a_restore_was_interrupted(&fixed.dir)?;
    }
    if let Err(source) = File::options().create(true).append(true).open(&path) {
        return Err(OpenError::Io { path, source });
    }
    let mut conn: Connection = schema::open_writer(&fixed.dir)?;
    make_durable(&conn, &fixed.dir)?;
    schema::migrate(&mut conn)?;
    let start = conn.transaction()?;
    if schema::meta(&start, "epoch")?.is_none() {
        let epoch: Uuid = fixed.ids.uuid();
        schema::set_meta(&start, "epoch", epoch.as_bytes())?;
    }
    if schema::meta(&start, "row_key")?.is_none() {
        let mut key = [0u8; 32];
        getrandom::fill(&mut key)
            .map_err(|error| OpenError::Io { path: fixed.dir.clone(), source: io::Error::other(error.to_string()) })?;
        schema::set_meta(&start, "row_key", &key)?;
    }
    start.commit()?;
    Ok(())
}

/// An empty ledger must not begin where one was, and a new log would take the place of the one that is left.
fn refuse_when_a_restore_was_interrupted(dir: &Path) -> Result<(), OpenError> {
    let entries = fs::read_dir(dir).map_err(|source| OpenError::Io { path: dir.to_owned(), source })?;
    let names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    let aside = names.iter().filter(|name| name.starts_with(ASIDE) && dir.join(name).join(DB_FILE).exists());
    // Names hold their time, so the last by name is the newest.
    if let Some(former) = aside.max() {
        return Err(OpenError::SetAside { dir: dir.to_owned(), former: dir.join(former) });
    }
    let left = [format!("{DB_FILE}-wal"), STAGING.to_owned()].into_iter().find(|left| names.contains(left));
    left.map_or(Ok(()), |left| Err(OpenError::Left { dir: dir.to_owned(), left: dir.join(left) }))
}

/// The first entry: the ledger begins, with the record type that every hospital has.
fn begin(store: &mut Store) -> Result<(), OpenError> {
    store.conn.execute_batch("BEGIN IMMEDIATE")?;
    let medical_record =
        RecordType { code: "MR".into(), name: "Medical record".into(), restricted: false, active: true };
    let epoch = store.epoch;
    let mut work = Work::new(store, &Actor::System);
    let begun: Result<_, ChangeError> = versioned::put_record_type(&mut work, &medical_record, None)
        .map_err(ChangeError::from)
        .and_then(|set| work.record("ledger_begun", serde_json::json!({ "epoch": epoch }), vec![set]));
    begun.map_err(|error| OpenError::Sql(error.to_string()))?;
    store.published.clear();
    store.conn.execute_batch("COMMIT")?;
    Ok(())
}
