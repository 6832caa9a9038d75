//! An open way to a printer, in both directions. Which language goes through it is no affair of a port.

use std::fmt::Debug;
use std::io;
use std::time::Duration;

use super::watchdog::Limits;

/// An open port. Used by one thread, which the watchdog watches.
pub(super) trait Port: Send {
    /// Hands over some of `bytes`; an error of the kind "would block" or "timed out" says that nothing was taken yet.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// What the printer said; waits at most `most`, and then it is an error of the kind "timed out".
    fn read(&mut self, into: &mut [u8], most: Duration) -> io::Result<usize>;

    /// After a job's last byte: waits until all of it has left, as far as the system knows.
    fn finish(&mut self, limits: &Limits) -> io::Result<()>;
}

/// Where a printer is, and how to get there.
pub(super) trait Place: Debug + Send + Sync + 'static {
    /// Opens a port.
    fn open(&self, limits: &Limits) -> io::Result<Box<dyn Port>>;

    /// For error messages.
    fn name(&self) -> String;

    /// The transport's word.
    fn word(&self) -> &'static str;

    /// Whether something on the other end can answer at all: a plain file that stands in for a device cannot.
    fn can_answer(&self) -> bool {
        true
    }

    /// Whether the port stays open from the job to its end: what a printer says meanwhile is lost where it is not.
    fn stays_open(&self) -> bool {
        true
    }
}
