//! The way back: what a scanner's own beeper and lamps tell the person who holds it, once the ledger has spoken.
//!
//! A scanner's own good-read tone says only that it saw bars. The tones here come after the commit, so they are the
//! ones to listen to.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::event::{EventfdFlags, eventfd};

/// How many signals can wait for a slow scanner; the oldest goes, for the newest is about the code in hand.
const SIGNALS_MAX: usize = 8;

/// What a scanner is to let its holder hear and see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signal {
    /// Recorded.
    Good,
    /// Recorded, and the screen has something to read.
    Attention,
    /// Heard, written down, and refused.
    Refused,
    /// Nothing happened: scan again, or look at the screen.
    NotRecorded,
}

impl Signal {
    /// All of them.
    pub const ALL: [Signal; 4] = [Signal::Good, Signal::Attention, Signal::Refused, Signal::NotRecorded];
}

/// Carries signals to a scanner's thread. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Bell {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    waiting: Mutex<VecDeque<Signal>>,
    /// Readable while something waits, so that one `poll` hears the scanner and the bell.
    wake: OwnedFd,
}

impl Bell {
    /// A bell nobody has rung. Fails where the system has no file descriptor left.
    pub fn new() -> io::Result<Bell> {
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Bell { inner: Arc::new(Inner { waiting: Mutex::new(VecDeque::new()), wake }) })
    }

    /// Rings it. Never waits.
    pub fn ring(&self, signal: Signal) {
        {
            let mut waiting = self.waiting();
            if waiting.len() >= SIGNALS_MAX {
                waiting.pop_front();
            }
            waiting.push_back(signal);
        }
        // It can only fail because it is rung already.
        let _already_awake = rustix::io::write(&self.inner.wake, &1_u64.to_ne_bytes());
    }

    /// Everything that was rung since the last time.
    pub fn take(&self) -> Vec<Signal> {
        let mut count = [0; 8];
        let _nothing_rung = rustix::io::read(&self.inner.wake, &mut count);
        self.waiting().drain(..).collect()
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Signal>> {
        self.inner.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsFd for Bell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inner.wake.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_rung_is_heard_once_and_the_newest_are_kept() {
        let bell = Bell::new().unwrap();
        assert!(bell.take().is_empty());
        bell.clone().ring(Signal::Good);
        assert_eq!(bell.take(), [Signal::Good]);
        (0..20).for_each(|_| bell.ring(Signal::Refused));
        bell.ring(Signal::Attention);
        let heard = bell.take();
        assert_eq!((heard.len(), heard.last()), (SIGNALS_MAX, Some(&Signal::Attention)));
        assert!(bell.take().is_empty());
    }
}
