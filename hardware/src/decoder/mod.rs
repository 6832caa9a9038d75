//! What scanners send, understood; and what they are told. Pure: bytes and time in, events and replies out.
//!
//! | decoder | for |
//! |---|---|
//! | [`plain`] | text with a terminator: serial lines, USB CDC, TCP, keyboards |
//! | [`ssi`] | Zebra's Simple Serial Interface: packets with checksums that are acknowledged |
//! | [`hid_pos`] | HID reports of usage page 8C |
//!
//! A decoder belongs to one connection: a new connection gets a new one, so that nothing half read outlives it.

pub mod hid_pos;
pub mod plain;
#[cfg(test)]
mod properties;
pub mod report_descriptor;
pub mod ssi;
pub mod us_keyboard;

use std::time::Duration;

use crate::framer::FrameEvent;
use crate::scanner::bell::Signal;

/// What came of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// What was understood, in order.
    pub events: Vec<FrameEvent>,
    /// What goes back to the scanner, in order; each is handed over in one write.
    pub replies: Vec<Vec<u8>>,
}

/// Understands one connection's bytes. Time is that since any fixed moment and never goes back.
pub trait Decoder: Send {
    /// What is said to a scanner that has just come.
    fn greet(&mut self, _now: Duration, _out: &mut Output) {}

    /// Takes what one read gave.
    fn feed(&mut self, bytes: &[u8], now: Duration, out: &mut Output);

    /// Nothing was read, and it is `now`.
    fn tick(&mut self, now: Duration, out: &mut Output);

    /// The connection ended.
    fn hang_up(&mut self, out: &mut Output);

    /// Says `signal` in the scanner's language. Nothing where it knows no such word.
    fn signal(&mut self, _signal: Signal, _now: Duration, _out: &mut Output) {}

    /// How many bytes it holds; bounded by the profile's limit and one packet.
    fn held_bytes(&self) -> usize;
}
