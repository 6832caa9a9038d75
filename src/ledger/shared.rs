//! What the ledger's threads share with readers of the handle: everything here is committed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::broadcast;

use super::api::{Head, Published};
use super::checkpoint::Signal;
use super::kiosks::Kiosks;
use super::store::Lane;
use crate::custody::LaneSessions;

/// The committed state as readers of the handle see it.
pub(super) struct Shared {
    pub head: RwLock<Head>,
    pub sessions: RwLock<HashMap<Lane, LaneSessions>>,
    pub kiosks: RwLock<Kiosks>,
    pub announce: broadcast::Sender<Arc<Published>>,
    pub checkpoints: Signal,
    pub paced: Paced,
}

impl Shared {
    /// The kiosks as committed.
    pub fn kiosks(&self) -> Kiosks {
        self.kiosks.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
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
    /// The longest that the log's new beginning held the writer, whether it came to one or not.
    pub longest_checkpoint: Duration,
}

/// [`Pace`] as the writer keeps it.
#[derive(Default)]
pub(super) struct Paced {
    commits: AtomicU64,
    background_us: AtomicU64,
    commit_us: AtomicU64,
    checkpoint_us: AtomicU64,
}

impl Paced {
    /// As it is now.
    pub fn pace(&self) -> Pace {
        Pace {
            commits: self.commits.load(Ordering::Relaxed),
            longest_background: Duration::from_micros(self.background_us.load(Ordering::Relaxed)),
            longest_commit: Duration::from_micros(self.commit_us.load(Ordering::Relaxed)),
            longest_checkpoint: Duration::from_micros(self.checkpoint_us.load(Ordering::Relaxed)),
        }
    }

    /// A transaction took this long until its COMMIT, and that as long.
    pub fn committed(&self, worked: Duration, commit: Duration, background: bool) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.commit_us.fetch_max(micros(commit), Ordering::Relaxed);
        if background {
            self.background_us.fetch_max(micros(worked), Ordering::Relaxed);
        }
    }

    /// Beginning the log anew, or trying to, held the writer for this long.
    pub fn held_by_the_log(&self, took: Duration) {
        self.checkpoint_us.fetch_max(micros(took), Ordering::Relaxed);
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
