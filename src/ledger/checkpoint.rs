//! Checkpoints on a thread and connection of their own, so that they never stand in the writer's path.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::schema::{self, DB_FILE};

/// How often the log is checkpointed while something is written.
const EVERY: Duration = Duration::from_millis(500);

/// Above this size the log is also truncated, which has to wait for readers.
const LOG_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// How long a truncation may wait for readers, and so hold up the writer, before it gives up until the next time.
const TRUNCATE_WAIT: Duration = Duration::from_millis(5);

/// Tells the checkpointer what was written and when to stop.
#[derive(Default)]
pub(super) struct Signal {
    /// Commits so far.
    pub commits: AtomicU64,
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

/// Checkpoints until told to stop. A failure is logged and tried again: the log then grows, nothing is lost.
pub(super) fn run(dir: PathBuf, signal: Arc<Signal>) {
    let mut seen = 0;
    let mut conn = None;
    while !signal.wait() {
        let commits = signal.commits.load(Ordering::Relaxed);
        if commits == seen {
            continue;
        }
        seen = commits;
        if conn.is_none() {
            conn = schema::open_writer(&dir).ok();
        }
        let Some(open) = &conn else { continue };
        if let Err(error) = checkpoint(open, &dir) {
            tracing::warn!(%error, "the ledger's log could not be checkpointed; it will be tried again");
            conn = None;
        }
    }
}

fn checkpoint(conn: &rusqlite::Connection, dir: &std::path::Path) -> rusqlite::Result<()> {
    conn.busy_timeout(TRUNCATE_WAIT)?;
    conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    let log_bytes = std::fs::metadata(dir.join(format!("{DB_FILE}-wal"))).map_or(0, |file| file.len());
    if log_bytes > LOG_MAX_BYTES {
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    }
    Ok(())
}
