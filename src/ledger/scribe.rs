//! The scribe: a thread with the connection that writes. It writes a page of judged scans in one transaction and hands
//! it on to be answered, while the writer judges what will stand on the next page.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::Notify;

use super::answers::{Answers, Settled};
use super::api::{Head, Published};
use super::error::StoreError;
use super::files::Files;
use super::jobs::{Fate, Job};
use super::line::Line;
use super::processors::{Part, Processors};
use super::projection::Projector;
use super::shared::Shared;
use super::store::{Lane, write_session};
use super::transaction::commit;
use super::writer::BATCH_MAX;
use crate::custody::LaneSessions;

/// A job that was judged and is to be written.
pub(super) struct Judged {
    pub job: Box<dyn Job>,
    /// Its entry; a touch and a scan that was recorded before have none.
    pub line: Option<Line>,
    pub published: Option<Published>,
    /// The sessions it changed.
    pub sessions: Vec<(Lane, LaneSessions)>,
    /// The chain's newest entry after it.
    pub head: Head,
}

/// A page that could not be written.
pub(super) struct Failed {
    pub jobs: Vec<Box<dyn Job>>,
    pub error: StoreError,
    /// It may have been committed all the same.
    pub in_doubt: bool,
}

/// What the two threads share.
#[derive(Default)]
struct Desk {
    /// The page that the writer fills.
    open: Vec<Judged>,
    /// Pages that were taken to be written; of them those that are committed, and those whose callers were answered.
    taken: u64,
    committed: u64,
    answered: u64,
    /// The jobs on the one that was taken last.
    jobs: usize,
    /// Here while nothing is written; the writer may take it then.
    conn: Option<Connection>,
    failed: Option<Failed>,
    ended: bool,
}

/// Who does not wait for the desk hears by these.
#[derive(Default)]
pub(super) struct Told {
    /// A page could not be written.
    pub failed: Notify,
    /// A page was committed or could not be written.
    pub done: Notify,
}

/// The way to the thread.
pub(super) struct Scribe {
    shared: Arc<(Mutex<Desk>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Scribe {
    /// Starts the thread; it has nothing to write with until it is lent a connection.
    pub fn start(pen: Pen, told: Arc<Told>) -> std::io::Result<Scribe> {
        let shared = Arc::new((Mutex::new(Desk::default()), Condvar::new()));
        let desk = shared.clone();
        let thread =
            std::thread::Builder::new().name("ledger-scribe".to_owned()).spawn(move || run(&desk, &pen, &told))?;
        Ok(Scribe { shared, thread: Some(thread) })
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is room on the open page for so many jobs.
    pub fn room(&self, jobs: usize) {
        let full =
            |desk: &mut Desk| desk.open.len() + jobs > BATCH_MAX && !desk.open.is_empty() && desk.failed.is_none();
        drop(self.shared.1.wait_while(self.desk(), full).unwrap_or_else(PoisonError::into_inner));
    }

    /// Puts a judged job on the open page and says which page that is.
    pub fn add(&self, judged: Judged) -> u64 {
        let mut desk = self.desk();
        desk.open.push(judged);
        desk.taken + 1
    }

    /// Has the open page written, as soon as the one before is.
    pub fn go(&self) {
        self.shared.1.notify_all();
    }

    /// The newest page that is committed; so are all before it.
    pub fn committed(&self) -> u64 {
        self.desk().committed
    }

    /// How many jobs were on the page that was taken last.
    pub fn jobs(&self) -> usize {
        self.desk().jobs
    }

    /// Is this page committed, or could one not be written?
    pub fn is_done_with(&self, page: u64) -> bool {
        let desk = self.desk();
        desk.committed >= page || desk.failed.is_some()
    }

    /// Waits until everything is written and on its way to be answered (what is done next is announced after it), and
    /// takes the connection; `None` after a failure, and where it was lent none.
    pub fn settle(&self) -> Option<Connection> {
        self.go();
        let busy = |desk: &mut Desk| desk.failed.is_none() && (!desk.open.is_empty() || desk.taken > desk.answered);
        let mut desk = self.shared.1.wait_while(self.desk(), busy).unwrap_or_else(PoisonError::into_inner);
        if desk.failed.is_some() { None } else { desk.conn.take() }
    }

    /// Gives it a connection to write with.
    pub fn lend(&self, conn: Connection) {
        self.desk().conn = Some(conn);
    }

    /// The page that could not be written, and the jobs that were judged after it; from then on it writes again.
    pub fn failure(&self) -> Option<(Failed, Vec<Box<dyn Job>>)> {
        let mut desk = self.desk();
        let failed = desk.failed.take()?;
        (desk.committed, desk.answered) = (desk.taken, desk.taken);
        Some((failed, std::mem::take(&mut desk.open).into_iter().map(|judged| judged.job).collect()))
    }
}

impl Drop for Scribe {
    fn drop(&mut self) {
        self.desk().ended = true;
        self.go();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that writes the ledger had panicked");
        }
    }
}

fn run(shared: &(Mutex<Desk>, Condvar), pen: &Pen, told: &Told) {
    let mut processors = Processors::of(Part::Writing);
    let (desk, changed) = shared;
    loop {
        let waits = |desk: &mut Desk| !desk.ended && (desk.open.is_empty() || desk.conn.is_none());
        let desk_now = desk.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taking = changed.wait_while(desk_now, waits).unwrap_or_else(PoisonError::into_inner);
        if taking.ended {
            return;
        }
        let Some(conn) = taking.conn.take() else { continue };
        let page = std::mem::take(&mut taking.open);
        taking.taken += 1;
        taking.jobs = page.len();
        drop(taking);
        processors.suit(page.len());
        // A full page has room again.
        changed.notify_all();
        // A panic is nobody's answer either; whether it came before or after the COMMIT is not known.
        let panicked = |_| Err((StoreError::Unreadable("the page could not be written".into()), true));
        let written = catch_unwind(AssertUnwindSafe(|| pen.write(&conn, &page))).unwrap_or_else(panicked);
        let desk = || desk.lock().unwrap_or_else(PoisonError::into_inner);
        match written {
            Ok(()) => {
                let mut done = desk();
                done.committed = done.taken;
                drop(done);
                pen.answer(page);
                let mut done = desk();
                done.answered = done.taken;
                done.conn = Some(conn);
            }
            Err((error, in_doubt)) => {
                // The connection is not used again: see `writer`.
                drop(conn);
                let jobs = page.into_iter().map(|judged| judged.job).collect();
                desk().failed = Some(Failed { jobs, error, in_doubt });
                told.failed.notify_one();
            }
        }
        changed.notify_all();
        told.done.notify_one();
    }
}

/// What the scribe writes and tells with.
pub(super) struct Pen {
    pub projector: Projector,
    pub files: Arc<Files>,
    pub shared: Arc<Shared>,
    pub answers: Arc<Answers>,
}

impl Pen {
    /// Commits a page; where that failed, whether it may be on disk all the same.
    fn write(&self, conn: &Connection, page: &[Judged]) -> Result<(), (StoreError, bool)> {
        let _hand = self.shared.checkpoints.hand.for_transaction();
        let began = Instant::now();
        self.files.in_place().and_then(|()| self.transact(conn, page)).map_err(|error| (error, false))?;
        let worked = began.elapsed();
        commit(conn).and_then(|()| self.files.in_place()).map_err(|error| (error, true))?;
        self.committed(page, worked, began.elapsed().saturating_sub(worked));
        Ok(())
    }

    fn transact(&self, conn: &Connection, page: &[Judged]) -> Result<(), StoreError> {
        conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        page.iter().filter_map(|judged| judged.line.as_ref()).try_for_each(|line| line.write(conn, &self.projector))?;
        let sessions: HashMap<_, _> = sessions(page).map(|(lane, session)| (lane, session)).collect();
        sessions.into_iter().try_for_each(|(lane, session)| write_session(conn, lane, session))
    }

    /// Makes the committed state visible to readers of the handle.
    fn committed(&self, page: &[Judged], worked: Duration, took: Duration) {
        self.shared.paced.committed(worked, took, false);
        if let Some(last) = page.last() {
            *self.shared.head.write().unwrap_or_else(PoisonError::into_inner) = last.head;
        }
        let mut known = self.shared.sessions.write().unwrap_or_else(PoisonError::into_inner);
        known.extend(sessions(page).map(|(lane, session)| (lane.clone(), session.clone())));
    }

    fn answer(&self, page: Vec<Judged>) {
        let (mut jobs, mut published) = (Vec::with_capacity(page.len()), Vec::with_capacity(page.len()));
        for judged in page {
            jobs.push((judged.job, Fate::Committed));
            published.extend(judged.published);
        }
        self.answers.give(Settled { jobs, published });
        self.shared.checkpoints.commits.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
}

fn sessions(page: &[Judged]) -> impl Iterator<Item = &(Lane, LaneSessions)> {
    page.iter().flat_map(|judged| &judged.sessions)
}
