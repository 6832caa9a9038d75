//! Work that nobody stands and waits for: import chunks, sweeps. One job goes into a batch, when it is its turn.

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard, mpsc};

use super::jobs::Job;

/// A background job's turn; over when it is dropped.
pub(super) type Turn = OwnedMutexGuard<()>;

/// The queue of background jobs. One goes when it is its turn: see [`checkpoint`](super::checkpoint).
pub(super) struct Background {
    jobs: mpsc::Receiver<Box<dyn Job>>,
    /// Taken from the queue; it waits for its turn.
    waiting: Option<Box<dyn Job>>,
    turn: Arc<Mutex<()>>,
}

impl Background {
    pub fn new(jobs: mpsc::Receiver<Box<dyn Job>>, turn: Arc<Mutex<()>>) -> Background {
        Background { jobs, waiting: None, turn }
    }

    /// The next one and its turn. Nothing is lost when this is not waited for to its end.
    pub async fn next(&mut self) -> Option<(Box<dyn Job>, Turn)> {
        if self.waiting.is_none() {
            self.waiting = self.jobs.recv().await;
        }
        self.waiting.as_ref()?;
        let turn = self.turn.clone().lock_owned().await;
        self.waiting.take().map(|job| (job, turn))
    }

    /// The same, if there is one and it is its turn already.
    pub fn try_next(&mut self) -> Option<(Box<dyn Job>, Turn)> {
        let turn = self.turn.clone().try_lock_owned().ok()?;
        self.waiting.take().or_else(|| self.jobs.try_recv().ok()).map(|job| (job, turn))
    }
}
