//! The one writer: a thread that takes all that waits and does it in one transaction; after COMMIT `answers` tells.
//!
//! **What "recorded" means.** An entry is recorded when the COMMIT that holds it returned, which under
//! `synchronous=FULL` means that its frames in the write-ahead log were synced. When a COMMIT or its sync fails, the
//! frames may or may not stand in the log, unsynced, and could come back to life when the log is next recovered. So
//! after a failure nothing is answered from memory: the writer drops its connection and every cache, opens a new
//! connection and looks for the batch's entries by id.
//!
//! - None is there: a small probe is committed. It overwrites the dead frames in the log (its checksums do not chain
//!   to theirs), and its sync succeeded, so they can never come back. The callers hear "not recorded".
//! - Some are there (the log was recovered with them, which a connection kept open for that purpose prevents while
//!   the process lives): they are only known to be in the page cache, and a second sync would report success for pages
//!   the first one dropped. So the whole log is first checkpointed into the database file and truncated; only when
//!   that succeeded do their callers get receipts.
//! - Either step fails (the disk still is full or broken): everything is "not recorded", and each following batch
//!   begins with another attempt, before it does anything else. Should the process end before one succeeds, the dead
//!   frames may be recovered at the next start: then a scan offered again under its id gets its receipt.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{broadcast, mpsc};
use uuid::Uuid;

use super::answers::{Answers, Desk, Settled};
use super::api::{Head, Published};
use super::checkpoint::Signal;
use super::error::StoreError;
use super::files::Files;
use super::kiosks::Kiosks;
use super::schema;
use super::store::{Fixed, Lane, Store, entry_exists};
use crate::custody::KioskSession;

/// The most jobs in one transaction.
pub(super) const BATCH_MAX: usize = 256;

/// The most live jobs (scans, console changes) that wait.
pub(super) const LIVE_WAITING_MAX: usize = 4_096;

/// The most background jobs (import chunks, sweeps) that wait; one goes into each batch.
pub(super) const BACKGROUND_WAITING_MAX: usize = 4;

/// The most entries a slow receiver of announcements may be behind before it has to read on by `seq`.
pub(super) const ANNOUNCED_MAX: usize = 4_096;

/// What came of a job's attempt inside its savepoint.
pub(super) enum Ran {
    /// It stays.
    Keep,
    /// It is rolled back; the job holds its own answer.
    Discard,
}

/// How the batch ended for a job.
#[derive(Debug, Clone)]
pub(super) enum Fate {
    /// COMMIT returned; the job's own answer is true.
    Committed,
    /// Nothing of it is on disk.
    NotRecorded(String),
}

/// Something for the writer to do.
pub(super) trait Job: Send {
    /// Does it inside a savepoint and remembers the answer.
    fn run(&mut self, store: &mut Store) -> Ran;
    /// The id of the entry by which its fate can be found after a failure.
    fn recorded(&self) -> Option<Uuid>;
    /// Answers the caller, at the desk where words are made.
    fn finish(self: Box<Self>, fate: Fate, desk: &mut Desk);
}

/// How the writer has kept up since the ledger was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pace {
    /// Transactions committed.
    pub commits: u64,
    /// The longest that a transaction with a background job in it (an import's chunk, a sweep) held the writer, the
    /// disk's own time at its COMMIT left out: as long as a scan may have had to wait for it.
    pub longest_background: Duration,
    /// The longest COMMIT: the disk's own time.
    pub longest_commit: Duration,
}

/// [`Pace`] as the writer keeps it.
#[derive(Default)]
pub(super) struct Paced {
    commits: AtomicU64,
    background_us: AtomicU64,
    commit_us: AtomicU64,
}

impl Paced {
    /// As it is now.
    pub fn pace(&self) -> Pace {
        Pace {
            commits: self.commits.load(Ordering::Relaxed),
            longest_background: Duration::from_micros(self.background_us.load(Ordering::Relaxed)),
            longest_commit: Duration::from_micros(self.commit_us.load(Ordering::Relaxed)),
        }
    }

    fn committed(&self, worked: Duration, commit: Duration, background: bool) {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.commit_us.fetch_max(micros(commit), Ordering::Relaxed);
        if background {
            self.background_us.fetch_max(micros(worked), Ordering::Relaxed);
        }
    }
}

/// What the writer shares with readers of the handle.
pub(super) struct Shared {
    pub head: RwLock<Head>,
    pub sessions: RwLock<std::collections::HashMap<Lane, KioskSession>>,
    pub kiosks: RwLock<Kiosks>,
    pub announce: broadcast::Sender<Arc<Published>>,
    pub checkpoints: Arc<Signal>,
    pub paced: Paced,
}

impl Shared {
    /// The kiosks as committed.
    pub fn kiosks(&self) -> Kiosks {
        self.kiosks.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

/// The files, held open.
pub(super) struct Held {
    /// Never asked for anything: while it is open the log's index lives on, so that frames of a failed COMMIT are not
    /// taken for committed ones when the writer's own connection is opened again.
    pub _keeper: Connection,
    /// What is committed elsewhere than in these is not recorded.
    pub files: Arc<Files>,
}

/// The writer thread's own state.
pub(super) struct Writer {
    fixed: Arc<Fixed>,
    held: Held,
    /// `None` after a failure until recovery succeeds.
    store: Option<Store>,
    shared: Arc<Shared>,
    answers: Answers,
    live: mpsc::Receiver<Box<dyn Job>>,
    background: mpsc::Receiver<Box<dyn Job>>,
}

impl Writer {
    pub fn new(
        store: Store,
        held: Held,
        shared: Arc<Shared>,
        live: mpsc::Receiver<Box<dyn Job>>,
        background: mpsc::Receiver<Box<dyn Job>>,
    ) -> std::io::Result<Self> {
        let fixed = store.fixed.clone();
        let answers = Answers::start(fixed.clone(), shared.clone())?;
        Ok(Writer { fixed, held, store: Some(store), shared, answers, live, background })
    }

    /// Works until every handle is gone.
    pub fn run(mut self, runtime: &tokio::runtime::Runtime) {
        while let Some((batch, background)) = self.next_batch(runtime) {
            self.do_batch(batch, background);
        }
        // What reads must be closed before what writes: see `Inner`.
        drop(self.answers);
        drop(self.held);
        drop(self.store);
    }

    /// Waits for work, then takes what else waits: live jobs up to [`BATCH_MAX`], and one background job; says whether
    /// that is in it.
    fn next_batch(&mut self, runtime: &tokio::runtime::Runtime) -> Option<(Vec<Box<dyn Job>>, bool)> {
        let first = runtime.block_on(async {
            tokio::select! {
                biased;
                Some(job) = self.live.recv() => Some((job, false)),
                Some(job) = self.background.recv() => Some((job, true)),
                else => None,
            }
        })?;
        let (job, mut has_background) = first;
        let mut batch = vec![job];
        while batch.len() < BATCH_MAX
            && let Ok(job) = self.live.try_recv()
        {
            batch.push(job);
        }
        if !has_background && let Ok(job) = self.background.try_recv() {
            batch.push(job);
            has_background = true;
        }
        Some((batch, has_background))
    }

    fn do_batch(&mut self, mut batch: Vec<Box<dyn Job>>, background: bool) {
        if self.store.is_none()
            && let Err(error) = self.recover(&[])
        {
            return self.not_recorded(batch, &error);
        }
        if let Err(error) = self.held.files.in_place() {
            return self.fail(batch, &error);
        }
        let Some(store) = self.store.as_mut() else { return };
        let began = Instant::now();
        let worked = transact(store, &mut batch).map(|()| began.elapsed());
        let committed = worked.and_then(|worked| commit(store).map(|()| worked));
        match committed.and_then(|worked| self.held.files.in_place().map(|()| worked)) {
            Ok(worked) => {
                self.shared.paced.committed(worked, began.elapsed() - worked, background);
                let published = std::mem::take(&mut store.published);
                self.commit_shared();
                let jobs = batch.into_iter().map(|job| (job, Fate::Committed)).collect();
                self.answers.give(Settled { jobs, published });
                self.shared.checkpoints.commits.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => self.fail(batch, &error),
        }
    }

    /// Makes the committed state visible to readers of the handle.
    fn commit_shared(&mut self) {
        let Some(store) = self.store.as_mut() else { return };
        *self.shared.head.write().unwrap_or_else(std::sync::PoisonError::into_inner) = store.head();
        match store.kiosks() {
            Ok(kiosks) if kiosks.same(&self.shared.kiosks()) => {}
            Ok(kiosks) => *self.shared.kiosks.write().unwrap_or_else(std::sync::PoisonError::into_inner) = kiosks,
            // The next commit tries again; the writer itself never goes by the shared ones.
            Err(error) => tracing::error!(%error, "the kiosks could not be read"),
        }
        if !store.sessions_changed.is_empty() {
            let mut sessions = self.shared.sessions.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            for lane in store.sessions_changed.drain() {
                if let Some(session) = store.sessions.get(&lane) {
                    sessions.insert(lane, session.clone());
                }
            }
        }
    }

    /// The batch could not be committed: finds out what is true and says so.
    fn fail(&mut self, batch: Vec<Box<dyn Job>>, error: &StoreError) {
        tracing::error!(%error, jobs = batch.len(), "the ledger could not commit");
        self.store = None;
        let ids: Vec<Uuid> = batch.iter().filter_map(|job| job.recorded()).collect();
        match self.recover(&ids) {
            Err(again) => {
                tracing::error!(error = %again, "the ledger could not be opened again; it will be tried with the next scan");
                self.not_recorded(batch, error);
            }
            Ok(found) => {
                let fate = |job: &dyn Job| {
                    let kept = job.recorded().is_some_and(|id| found.contains(&id));
                    if kept { Fate::Committed } else { Fate::NotRecorded(error.to_string()) }
                };
                let jobs = batch.into_iter().map(|job| (fate(job.as_ref()), job)).map(|(fate, job)| (job, fate));
                self.answers.give(Settled { jobs: jobs.collect(), published: Vec::new() });
            }
        }
    }

    /// Opens the ledger again, see the top of this file; answers with those of `ids` that are recorded.
    fn recover(&mut self, ids: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
        self.held.files.in_place()?;
        let store = Store::load(self.fixed.clone())?;
        let mut found = Vec::new();
        for id in ids {
            if entry_exists(&store.conn, *id)? {
                found.push(*id);
            }
        }
        // An entry beyond the last head that was committed and announced came from a log that was recovered.
        let announced = self.shared.head.read().unwrap_or_else(std::sync::PoisonError::into_inner).seq;
        if store.head().seq != announced {
            let busy: bool = store.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
            if busy {
                return Err(StoreError::Unreadable("the log is in use and could not be made safe".into()));
            }
        }
        let now = store.fixed.clock.now().as_microsecond().to_be_bytes();
        schema::set_meta(&store.conn, "recovered_at", &now)?;
        *self.shared.sessions.write().unwrap_or_else(std::sync::PoisonError::into_inner) = store.sessions.clone();
        self.store = Some(store);
        self.commit_shared();
        Ok(found)
    }

    fn not_recorded(&self, batch: Vec<Box<dyn Job>>, error: &StoreError) {
        let fate = Fate::NotRecorded(error.to_string());
        let jobs = batch.into_iter().map(|job| (job, fate.clone())).collect();
        self.answers.give(Settled { jobs, published: Vec::new() });
    }
}

/// One transaction for the whole batch, a savepoint for each job; [`commit`] ends it.
fn transact(store: &mut Store, batch: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
    store.published.clear();
    store.conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    for job in batch {
        store.conn.prepare_cached("SAVEPOINT job")?.execute([])?;
        let (next, announced) = (store.next, store.published.len());
        // A scan that makes the judgement panic must not end the records room's day: it alone is not recorded.
        let ran = catch_unwind(AssertUnwindSafe(|| job.run(store))).unwrap_or(Ran::Discard);
        if let Ran::Discard = ran {
            // Some failures (disk full, read error) have rolled the whole transaction back by themselves.
            if store.conn.is_autocommit() {
                return Err(StoreError::Unreadable("the disk is full or failing".into()));
            }
            store.conn.prepare_cached("ROLLBACK TO job")?.execute([])?;
            store.next = next;
            store.published.truncate(announced);
            store.forget_rows();
        }
        store.conn.prepare_cached("RELEASE job")?.execute([])?;
    }
    store.write_sessions()
}

fn commit(store: &Store) -> Result<(), StoreError> {
    store.conn.prepare_cached("COMMIT")?.execute([])?;
    Ok(())
}
