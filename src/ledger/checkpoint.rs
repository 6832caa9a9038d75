//! Checkpoints on a thread and connection of their own, so that they never stand in the writer's path.
//!
//! A passive checkpoint copies pages from the log into the database file while the writer goes on. What it cannot do
//! is begin the log anew while there always is a newer frame, as in an import; for that SQLite takes the writer's lock,
//! copies the rest, syncs the database file and only then lets go. So that this takes a moment and not the quarter of
//! a second that hundreds of megabytes of unsynced pages need, all that can be done before is done before: the pages
//! are copied and synced without the lock, and again what came meanwhile, until little is left. Then it is the
//! checkpointer's turn instead of background work's, and what is left is copied and synced in the pause between two
//! scans: nothing of it is left for the time under the lock, unless scans come so fast that there is no such pause.

use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync;

use super::hand::Hand;
use super::schema;
use super::shared::Shared;
use super::store::Fixed;

/// How often the log is checkpointed while something is written.
const EVERY: Duration = Duration::from_millis(500);

/// With more frames than this (256 MB of pages) the log is begun anew. That costs a moment of the writer's time and syncs
/// of the database file, which make its own slower: the less often the better. What is in the log when the power fails is
/// read at the next start.
const LOG_MAX_FRAMES: i64 = if cfg!(test) { 512 } else { 64 * 1024 };

/// So few frames (half a megabyte) may be left when background work has to wait, or where scans leave no pause, under
/// the writer's lock: their sync is what these wait for.
const LAST_FRAMES_MAX: i64 = 128;

/// With more frames left (8 MB) than this somebody reads what was long before them, a backup say: the log is begun anew
/// some other time.
const LEFT_MAX: i64 = 2 * 1024;

/// How often copying without the lock is repeated to come down to that: each round has less to sync than the one before.
const ROUNDS_MAX: usize = 8;

/// How often a pause between scans is looked for in which the last frames are copied and synced.
const PAUSES_MAX: usize = 3;

/// How long beginning the log anew may wait for readers, and so hold up the writer, before it gives up until the next
/// time.
const READERS_WAIT: Duration = Duration::from_millis(2);

/// How long readers are given before it is looked again whether they hold up the copying.
const READERS_LOOK: Duration = Duration::from_micros(250);

/// Tells the checkpointer what was written and when to stop.
#[derive(Default)]
pub(super) struct Signal {
    /// Commits so far.
    pub commits: AtomicU64,
    /// Whose turn it is: a background job's or the checkpointer's that begins the log anew. What waits for the one must
    /// not have to wait for the other too.
    pub turn: Arc<sync::Mutex<()>>,
    /// Who writes.
    pub hand: Hand,
    stopped: Mutex<bool>,
    stop: Condvar,
}

impl Signal {
    /// Ends the thread soon.
    pub fn stop(&self) {
        *self.stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.stop.notify_all();
    }

    /// Waits; true when it is time to stop.
    fn wait(&self) -> bool {
        let stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        let (stopped, _) =
            self.stop.wait_timeout_while(stopped, EVERY, |stopped| !*stopped).unwrap_or_else(PoisonError::into_inner);
        *stopped
    }
}

/// The database file as this thread syncs it. To close any handle of a file takes away all locks that the process has
/// on it, SQLite's among them: so it must live until the ledger's last connection is closed.
pub(super) type Database = Arc<File>;

/// Checkpoints until told to stop. A failure is logged and tried again: the log then grows, nothing is lost.
pub(super) fn run(fixed: &Fixed, database: &File, shared: &Shared) {
    let signal = &shared.checkpoints;
    let mut seen = 0;
    let mut conn = None;
    while !signal.wait() {
        let commits = signal.commits.load(Ordering::Relaxed);
        if commits == seen {
            continue;
        }
        seen = commits;
        if conn.is_none() {
            conn = schema::open_writer(&fixed.dir).ok();
        }
        let Some(open) = &conn else { continue };
        if let Err(error) = checkpoint(open, database, shared) {
            tracing::warn!(%error, "the ledger's log could not be checkpointed; it will be tried again");
            conn = None;
        }
    }
}

fn checkpoint(conn: &Connection, database: &File, shared: &Shared) -> Result<(), CheckpointError> {
    let mut log = pass(conn, "PASSIVE")?;
    if log.frames <= LOG_MAX_FRAMES {
        return Ok(());
    }
    let mut last = i64::MAX;
    for _ in 0..ROUNDS_MAX {
        database.sync_data()?;
        let before = log.copied;
        log = pass(conn, "PASSIVE")?;
        let came = log.copied - before;
        // It is little, and so will be what comes until the last step; or it will not become less.
        if came <= LAST_FRAMES_MAX || came > last / 2 {
            break;
        }
        last = came;
    }
    database.sync_data()?;
    if log.left() > LEFT_MAX {
        return Ok(());
    }
    let _turn = shared.checkpoints.turn.blocking_lock();
    begin_anew(conn, database, shared)
}

/// Tries to have the next commit begin at the log's start, while background work waits.
fn begin_anew(conn: &Connection, database: &File, shared: &Shared) -> Result<(), CheckpointError> {
    let mut log = pass(conn, "PASSIVE")?;
    let mut paused = false;
    for _ in 0..PAUSES_MAX {
        if log.left() > LEFT_MAX {
            return Ok(());
        }
        if log.left() > 0 {
            // Somebody still reads what was before them.
            std::thread::sleep(READERS_LOOK);
        }
        let before = log;
        log = pass(conn, "PASSIVE")?;
        // Nothing came while the pass before was at work: it has copied and synced all that is in the log.
        paused = before.left() == 0 && log.left() == 0 && log.frames == before.frames;
        if paused {
            break;
        }
    }
    if !paused {
        database.sync_data()?;
    }
    conn.busy_timeout(READERS_WAIT)?;
    let hand = shared.checkpoints.hand.between();
    let began = Instant::now();
    let passed = pass(conn, "RESTART");
    drop(hand);
    // Where readers refuse it, or it fails, the writer waited all the same.
    shared.paced.held_by_the_log(began.elapsed());
    passed?;
    Ok(())
}

#[derive(Debug, thiserror::Error)]
enum CheckpointError {
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    #[error("the database file could not be synced: {0}")]
    Sync(#[from] std::io::Error),
}

/// The log after a checkpoint.
#[derive(Clone, Copy)]
struct Log {
    /// Frames in it when the checkpoint began; -1 where another one is at work.
    frames: i64,
    /// Those that are in the database file.
    copied: i64,
}

impl Log {
    /// Frames that could not be copied.
    fn left(&self) -> i64 {
        if self.frames < 0 { i64::MAX } else { self.frames - self.copied }
    }
}

fn pass(conn: &Connection, mode: &str) -> rusqlite::Result<Log> {
    conn.prepare_cached(&format!("PRAGMA wal_checkpoint({mode})"))?
        .query_row([], |row| Ok(Log { frames: row.get(1)?, copied: row.get(2)? }))
}
