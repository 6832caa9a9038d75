//! The one writer: takes all that waits and does it in one transaction; after COMMIT `answers` tells.
//!
//! Two threads do it. The writer judges: it has the queue and everything that is remembered. Scans that do not depend
//! on each other it judges from committed rows and puts on a page, which the [scribe](super::scribe) writes and
//! commits while the writer judges the next ([`ahead`](super::ahead) says which scans those are, and which wait for a
//! page). All other work it does itself: when the scribe has written everything it takes the connection, and does what
//! waits in one transaction, a savepoint for each where it is more than one job.
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
//!
//! What was judged after a page that could not be written rests on what is not there: it is judged anew.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use rusqlite::Connection;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::ahead::{self, Ahead, Judgement, WAITING_MAX, Waiting};
use super::answers::{Answers, Settled};
use super::background::{Background, Turn};
use super::error::StoreError;
use super::files::Files;
use super::jobs::{Batch, Fate, Job};
use super::processors::{Part, Processors};
use super::projection::Projector;
use super::schema::{self, DB_FILE};
use super::scribe::{Judged, Pen, Scribe, Told};
use super::shared::Shared;
use super::store::{Fixed, Store, entry_exists};
use super::transaction::{commit, transact};

/// The most jobs in one transaction.
pub(super) const BATCH_MAX: usize = 256;

/// The most live jobs (scans, console changes) that wait.
pub(super) const LIVE_WAITING_MAX: usize = 4_096;

/// The most background jobs (import chunks, sweeps) that wait; one goes into each batch.
pub(super) const BACKGROUND_WAITING_MAX: usize = 4;

/// The most entries a slow receiver of announcements may be behind before it has to read on by `seq`.
pub(super) const ANNOUNCED_MAX: usize = 4_096;

/// A scribe that has nothing to do begins when so many scans are judged, and does not wait for the rest of a batch.
const JUDGED_AT_ONCE: usize = 8;

/// How much lower than its scribe's the writer's thread stands: what is judged has to be written before anybody hears.
/// The threads that speak HTTP stand lower still.
const BEHIND_THE_SCRIBE: i32 = 3;

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
    /// `None` after a failure until recovery succeeds. Its connection only reads but while the writer writes by itself.
    store: Option<Store>,
    /// The reading connection, while the store has the one that writes.
    reading: Option<Connection>,
    /// What the scribe has and has not committed.
    ahead: Ahead,
    /// What cannot be judged before a page is committed, in the order in which it came.
    waiting: Waiting,
    scribe: Scribe,
    told: Arc<Told>,
    shared: Arc<Shared>,
    answers: Arc<Answers>,
    live: mpsc::Receiver<Box<dyn Job>>,
    background: Background,
}

impl Writer {
    pub fn new(
        store: Store,
        held: Held,
        shared: Arc<Shared>,
        live: mpsc::Receiver<Box<dyn Job>>,
        background: Background,
    ) -> std::io::Result<Self> {
        let fixed = store.fixed.clone();
        let answers = Arc::new(Answers::start(fixed.clone(), shared.clone())?);
        let told = Arc::new(Told::default());
        let pen = Pen {
            projector: Projector::main(),
            files: held.files.clone(),
            shared: shared.clone(),
            answers: answers.clone(),
        };
        let scribe = Scribe::start(pen, told.clone())?;
        let (store, reading, ahead, waiting) = (Some(store), None, Ahead::default(), Waiting::default());
        Ok(Writer { fixed, held, store, reading, ahead, waiting, scribe, told, shared, answers, live, background })
    }

    /// Works until every handle is gone.
    pub fn run(mut self, runtime: &tokio::runtime::Runtime) {
        // Linux keeps this for each thread. Where it is refused, all stand alike.
        let _refused = rustix::process::nice(BEHIND_THE_SCRIBE);
        let mut processors = Processors::of(Part::Judging);
        self.lend();
        while let Some((batch, turn)) = self.next_batch(runtime) {
            self.mend();
            // A background job alone leaves the scribe nothing to do.
            let alone = turn.is_some() && batch.len() == 1;
            processors.suit(if alone { 0 } else { self.scribe.jobs() });
            let batch = self.judge_ahead(batch);
            if !batch.is_empty() {
                self.do_directly(batch, turn.is_some());
            }
        }
        let writing = self.settle();
        // What reads must be closed before what writes: see `Inner`.
        drop(self.scribe);
        drop(self.answers);
        drop(self.held);
        drop((self.store, self.reading));
        drop(writing);
    }

    /// Waits for work, then takes what else waits: live jobs up to [`BATCH_MAX`], and one background job, with its turn.
    /// Nothing, if a page could not be written.
    fn next_batch(&mut self, runtime: &tokio::runtime::Runtime) -> Option<(Batch, Option<Turn>)> {
        let Waiting { jobs: mut batch, page } = std::mem::take(&mut self.waiting);
        let mut in_turn = None;
        if batch.is_empty() {
            match self.first(runtime)? {
                First::Live(job) => batch.push(job),
                First::Background(job, turn) => in_turn = Some((job, turn)),
                First::PageFailed => return Some((batch, None)),
            }
            self.take_live(&mut batch);
        } else if !self.take_live(&mut batch) {
            batch.extend(self.until_done_with(page, runtime));
            self.take_live(&mut batch);
        }
        // Behind those that somebody waits for.
        let Some((job, turn)) = in_turn.or_else(|| self.background.try_next()) else { return Some((batch, None)) };
        batch.push(job);
        Some((batch, Some(turn)))
    }

    /// Waits for something to do; `None`, when there will be nothing any more.
    fn first(&mut self, runtime: &tokio::runtime::Runtime) -> Option<First> {
        let Writer { live, background, told, .. } = self;
        runtime.block_on(async {
            tokio::select! {
                biased;
                () = told.failed.notified() => Some(First::PageFailed),
                first = async {
                    tokio::select! {
                        biased;
                        Some(job) = live.recv() => Some(First::Live(job)),
                        Some((job, turn)) = background.next() => Some(First::Background(job, turn)),
                        else => None,
                    }
                } => first,
            }
        })
    }

    /// Waits until the scribe is done with this page, or for a job that comes before that.
    fn until_done_with(&mut self, page: u64, runtime: &tokio::runtime::Runtime) -> Option<Box<dyn Job>> {
        runtime.block_on(async {
            while !self.scribe.is_done_with(page) {
                tokio::select! {
                    biased;
                    () = self.told.done.notified() => {}
                    Some(job) = self.live.recv() => return Some(job),
                }
            }
            None
        })
    }

    /// Takes live jobs that wait; was there any?
    fn take_live(&mut self, batch: &mut Batch) -> bool {
        let before = batch.len();
        while batch.len() < BATCH_MAX
            && let Ok(job) = self.live.try_recv()
        {
            batch.push(job);
        }
        batch.len() > before
    }

    /// Judges what can be judged ahead, up to the first job that is done otherwise, and gives it to the scribe; what has
    /// to wait for a page is judged with the next batch. Answers with the rest.
    fn judge_ahead(&mut self, batch: Batch) -> Batch {
        let Some(store) = self.store.as_mut() else { return batch };
        self.scribe.room(batch.len());
        // What is committed by now is seen by the rows as they are from here on: in this order.
        self.ahead.committed(self.scribe.committed());
        if let Err(error) = store.conn.prepare_cached("BEGIN").and_then(|mut begin| begin.execute([])) {
            tracing::error!(%error, "the ledger's rows could not be read");
            self.store = None;
            return batch;
        }
        store.ahead = Some(std::mem::take(&mut self.ahead));
        let (mut jobs, mut waiting, mut directly) = (batch.into_iter(), Waiting::default(), None);
        let mut judged: usize = 0;
        for mut job in jobs.by_ref() {
            if waiting.holds_up(job.as_ref()) {
                waiting.push(job, waiting.page);
                continue;
            }
            match ahead::judge(store, job.as_mut()) {
                Judgement::Made => put_on_page(store, &self.scribe, job),
                Judgement::After(page) => {
                    waiting.push(job, page);
                    continue;
                }
                Judgement::Directly => {
                    directly = Some(job);
                    break;
                }
            }
            judged += 1;
            if judged.is_multiple_of(JUDGED_AT_ONCE) {
                self.scribe.go();
            }
        }
        self.scribe.go();
        self.ahead = store.ahead.take().unwrap_or_default();
        if let Err(error) = store.conn.prepare_cached("END").and_then(|mut end| end.execute([])) {
            tracing::error!(%error, "the ledger's rows could not be let go");
            self.store = None;
        }
        if directly.is_none() && waiting.jobs.len() <= WAITING_MAX {
            self.waiting = waiting;
            return Batch::new();
        }
        waiting.jobs.into_iter().chain(directly).chain(jobs).collect()
    }

    /// Takes the connection that writes when everything that was judged is written; `None` where there is none.
    fn settle(&mut self) -> Option<Connection> {
        loop {
            let writing = self.scribe.settle();
            if writing.is_some() || !self.mend() {
                return writing;
            }
        }
    }

    /// Does a batch in one transaction, when everything that was judged before is written.
    fn do_directly(&mut self, batch: Batch, background: bool) {
        let writing = self.settle();
        if let (Some(writing), Some(store)) = (writing, self.store.as_mut()) {
            self.reading = Some(std::mem::replace(&mut store.conn, writing));
        }
        self.do_batch(batch, background);
        self.lend();
    }

    /// Gives the writing connection to the scribe and reads from here on.
    fn lend(&mut self) {
        let Some(store) = self.store.as_mut() else { return };
        let open = || {
            let reading = schema::open_reader(&self.fixed.dir.join(DB_FILE))?;
            self.held.files.in_place().map(|()| reading)
        };
        match self.reading.take().map_or_else(open, Ok) {
            Ok(reading) => self.scribe.lend(std::mem::replace(&mut store.conn, reading)),
            Err(error) => {
                tracing::error!(%error, "the ledger could not be opened for reading; it will be tried with the next scan");
                self.store = None;
            }
        }
    }

    /// After a page that could not be written: its callers hear the truth, and what was judged after it is judged anew.
    /// False, if there is none.
    fn mend(&mut self) -> bool {
        let Some((failed, mut again)) = self.scribe.failure() else { return false };
        (self.store, self.reading, self.ahead) = (None, None, Ahead::default());
        if failed.in_doubt {
            self.fail(failed.jobs, &failed.error);
        } else {
            tracing::error!(error = %failed.error, jobs = failed.jobs.len(), "a page could not be written; each scan on it is tried by itself");
            again.splice(..0, failed.jobs);
        }
        while !again.is_empty() {
            let later = again.split_off(again.len().min(BATCH_MAX));
            self.do_batch(std::mem::replace(&mut again, later), false);
        }
        self.lend();
        true
    }

    fn do_batch(&mut self, mut batch: Batch, background: bool) {
        if self.store.is_none()
            && let Err(error) = self.recover(&[])
        {
            return self.not_recorded(batch, &error);
        }
        if let Err(error) = self.held.files.in_place() {
            return self.fail(batch, &error);
        }
        let Some(store) = self.store.as_mut() else { return };
        let hand = self.shared.checkpoints.hand.for_transaction();
        let began = Instant::now();
        let worked = transact(store, &mut batch).map(|()| began.elapsed());
        let committed = worked.and_then(|worked| commit(&store.conn).map(|()| worked));
        drop(hand);
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
        let changed = store.take_sessions();
        if !changed.is_empty() {
            self.shared.sessions.write().unwrap_or_else(std::sync::PoisonError::into_inner).extend(changed);
        }
    }

    /// The batch could not be committed: finds out what is true and says so.
    fn fail(&mut self, batch: Batch, error: &StoreError) {
        tracing::error!(%error, jobs = batch.len(), "the ledger could not commit");
        (self.store, self.reading) = (None, None);
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

    fn not_recorded(&self, batch: Batch, error: &StoreError) {
        let fate = Fate::NotRecorded(error.to_string());
        let jobs = batch.into_iter().map(|job| (job, fate.clone())).collect();
        self.answers.give(Settled { jobs, published: Vec::new() });
    }
}

/// What there is to do first.
enum First {
    Live(Box<dyn Job>),
    Background(Box<dyn Job>, Turn),
    /// A page could not be written.
    PageFailed,
}

/// A job that was judged goes onto the scribe's open page.
fn put_on_page(store: &mut Store, scribe: &Scribe, job: Box<dyn Job>) {
    let line = store.ahead.as_mut().and_then(Ahead::take);
    // Of one that was recorded before nothing is in flight.
    let id = line.as_ref().and(job.recorded());
    let (published, sessions) = (store.published.pop(), store.take_sessions());
    let page = scribe.add(Judged { job, line, published, sessions, head: store.head() });
    if let Some(ahead) = store.ahead.as_mut() {
        ahead.landed(id, page);
    }
}
