//! Scanners: how bytes come from one, through the framer, as events in their order.
//!
//! A scanner is a blocking loop with a thread of its own ([`start`]). It never gives up: a port that is missing, taken
//! or forbidden is tried again, ever more slowly, and its state is said at each change.

pub mod bell;
pub mod hid;
pub mod linked;
pub mod serial;
pub mod sim;
pub mod tcp;

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::framer::FrameEvent;
use bell::Bell;

/// The state of the way to a scanner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkState {
    /// Not tried yet.
    Connecting,
    /// Open: what is scanned arrives.
    Ready,
    /// Was there and went away.
    Gone,
    /// There, but this program may not open it.
    NoPermission,
    /// Not there since the start.
    NotFound,
    /// There, but another program has it.
    InUse,
    /// There, but it cannot be opened for another reason (it is no serial port, the driver fails).
    Failed,
}

impl LinkState {
    /// The word for it in HTTP and on screens.
    pub fn word(self) -> &'static str {
        match self {
            LinkState::Connecting => "connecting",
            LinkState::Ready => "ready",
            LinkState::Gone => "gone",
            LinkState::NoPermission => "no_permission",
            LinkState::NotFound => "not_found",
            LinkState::InUse => "in_use",
            LinkState::Failed => "failed",
        }
    }
}

/// What a scanner tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScannerEvent {
    /// The way to it changed; the text says more for a person, where there is more to say.
    Link(LinkState, Option<String>),
    /// Something was read.
    Frame(FrameEvent),
    /// How full its battery is, in percent.
    Battery(u8),
}

/// A scanner.
pub trait Scanner: Send {
    /// Runs until `stop`, giving events to `sink` as they come. `sink` may block: the scanner then waits with it.
    fn run(&mut self, sink: &mut dyn FnMut(ScannerEvent), stop: &Stop);

    /// The way back to it, where it can be told anything.
    fn bell(&self) -> Option<Bell> {
        None
    }

    /// The transport's word: `serial`, `tcp`, `hid`, `sim`.
    fn transport(&self) -> &'static str;

    /// Is it made of software?
    fn simulated(&self) -> bool {
        false
    }
}

/// Runs `scanner` on a thread of its own until `stop` is set; then join it.
pub fn start(
    name: &str,
    mut scanner: Box<dyn Scanner>,
    mut sink: impl FnMut(ScannerEvent) + Send + 'static,
    stop: Stop,
) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name(format!("scan-{name}")).spawn(move || scanner.run(&mut sink, &stop))
}

/// Tells loops to end. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    inner: Arc<(Mutex<bool>, Condvar)>,
}

impl Stop {
    /// From now on everything that looks at it ends.
    pub fn set(&self) {
        *self.inner.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.inner.1.notify_all();
    }

    /// Was it set?
    pub fn is_set(&self) -> bool {
        *self.inner.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps for `pause`, or until it is set. Tells whether it was.
    pub fn wait(&self, pause: Duration) -> bool {
        let stopped = self.inner.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.inner.1.wait_timeout_while(stopped, pause, |stopped| !*stopped);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// Pauses between tries: doubled each time up to a limit, from the start again after a success.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    max: Duration,
    next: Duration,
}

impl Backoff {
    /// Pauses from `first` to `max`.
    pub fn new(first: Duration, max: Duration) -> Self {
        Self { first, max, next: first }
    }

    /// It worked: the next pause is the first again.
    pub fn reset(&mut self) {
        self.next = self.first;
    }

    /// The pause before the next try.
    pub fn pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = pause.saturating_mul(2).min(self.max);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_to_its_limit_and_resets() {
        let ms = Duration::from_millis;
        let mut backoff = Backoff::new(ms(100), ms(350));
        assert_eq!([backoff.pause(), backoff.pause(), backoff.pause(), backoff.pause()], [100, 200, 350, 350].map(ms));
        backoff.reset();
        assert_eq!(backoff.pause(), ms(100));
    }

    #[test]
    fn stop_ends_a_wait() {
        let stop = Stop::default();
        let other = stop.clone();
        let waiter = thread::spawn(move || other.wait(Duration::from_secs(60)));
        stop.set();
        assert!(waiter.join().unwrap() && stop.is_set());
    }
}
