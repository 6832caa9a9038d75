//! Who writes: for a transaction the scribe or the writer, and between two of them the checkpointer.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The right to write. SQLite's own lock would do for safety, but who waits for that looks for it now and then: where
/// transactions follow each other closely the checkpointer would never see it free.
#[derive(Default)]
pub(super) struct Hand {
    /// Taken first, and by whoever writes transactions let go at once.
    next: Mutex<()>,
    free: Mutex<()>,
}

/// The right to write, until it is dropped.
pub(super) struct Right<'a> {
    _free: MutexGuard<'a, ()>,
    /// Kept by who goes between two transactions.
    _next: Option<MutexGuard<'a, ()>>,
}

impl Hand {
    /// For one transaction, after who wants to go between.
    pub fn for_transaction(&self) -> Right<'_> {
        drop(lock(&self.next));
        Right { _free: lock(&self.free), _next: None }
    }

    /// Between the transaction in hand, if there is one, and the next.
    pub fn between(&self) -> Right<'_> {
        let next = lock(&self.next);
        Right { _free: lock(&self.free), _next: Some(next) }
    }
}

fn lock(mutex: &Mutex<()>) -> MutexGuard<'_, ()> {
    // Nothing is kept in it that a panic could have left half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
