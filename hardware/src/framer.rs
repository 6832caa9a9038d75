//! Bytes and time in, frames out. Pure: no port, no clock, no thread.
//!
//! A frame is what one trigger pull sent, without its framing. Whatever arrives, the memory used is bounded by
//! [`Framing::max_bytes`], nothing panics, and what is not a frame is an event, never silence. How the stream was cut
//! into reads makes no difference (property-tested in `framer_properties.rs`).

use std::time::Duration;

use serde::Deserialize;

const NUL: u8 = 0x00;
const STX: u8 = 0x02;
const ETX: u8 = 0x03;
const TAB: u8 = 0x09;
const LF: u8 = 0x0A;
const CR: u8 = 0x0D;

/// A beginning that holds bytes which are no text cannot become a frame any more; after this pause it is dropped, so
/// that noise (a plug that was moved) does not spoil the next scan as well. A whole code takes less at 9600 baud.
const SPOILT_IDLE_TIMEOUT: Duration = Duration::from_millis(150);

/// What ends a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Terminator {
    /// Carriage return. A line feed straight after it belongs to it.
    Cr,
    /// Line feed.
    Lf,
    /// Carriage return and line feed, both; one alone is data.
    CrLf,
    /// Tab.
    Tab,
    /// A zero byte.
    Nul,
}

/// Is each frame wrapped in STX … ETX?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StxEtx {
    /// The two bytes mean nothing.
    Off,
    /// They may be there: STX starts afresh, ETX is one more terminator.
    #[default]
    Optional,
    /// Only ETX ends a frame, and what stands outside the pair is noise.
    Required,
}

/// What a pause in the middle of a frame means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AtIdle {
    /// The rest was lost: what came is dropped and said so.
    #[default]
    Discard,
    /// The scanner sends no terminator; the pause is it.
    Frame,
}

/// How a scanner marks its frames. Part of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Framing {
    /// What ends a frame; any of these.
    pub terminators: Vec<Terminator>,
    /// STX and ETX.
    pub stx_etx: StxEtx,
    /// Text before each code, taken off; a frame without it is garbled.
    pub prefix: String,
    /// Text after each code and before the terminator, taken off; a frame without it is garbled.
    pub suffix: String,
    /// What the scanner sends when it saw no code, where it was told to say so; empty where it says nothing.
    pub no_read: String,
    /// The longest frame, in bytes, prefix and suffix included.
    pub max_bytes: usize,
    /// The longest pause within a frame, in milliseconds. At 9600 baud a byte takes one.
    pub idle_timeout_ms: u64,
    /// What a longer pause means.
    pub at_idle: AtIdle,
}

impl Framing {
    /// No profile may ask for longer frames than this.
    pub const MAX_BYTES_LIMIT: usize = 8192;

    fn idle_timeout(&self) -> Duration {
        Duration::from_millis(self.idle_timeout_ms)
    }
}

impl Default for Framing {
    fn default() -> Self {
        Self {
            terminators: vec![Terminator::Cr, Terminator::Lf, Terminator::Tab, Terminator::Nul],
            stx_etx: StxEtx::Optional,
            prefix: String::new(),
            suffix: String::new(),
            no_read: String::new(),
            max_bytes: 1024,
            idle_timeout_ms: 1000,
            at_idle: AtIdle::Discard,
        }
    }
}

/// What came out of the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FrameEvent {
    /// A whole frame of clean text, never empty.
    Frame(String),
    /// A whole frame that cannot be right: it holds bytes that are no text, or lacks its prefix or suffix. The text
    /// has U+FFFD for what could not be read, so that it can be shown and never fits a code by accident.
    Garbled(String),
    /// The trigger was pulled and no code was seen: the scanner's own word for it.
    NoRead,
    /// The beginning of a frame whose end never came (pause, unplugged, a new STX): dropped, never joined to the next.
    HalfRead {
        /// How much was dropped.
        bytes: usize,
    },
    /// A frame grew beyond the limit. Everything up to its terminator is dropped.
    Overflow {
        /// The limit, in bytes.
        max_bytes: usize,
    },
    /// Bytes that belong to no frame: outside STX … ETX where those are required, or a beginning that was spoilt
    /// before it stopped.
    Noise {
        /// How many.
        bytes: usize,
    },
}

/// Where in the stream we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Collecting a frame, or waiting for its first byte.
    Collecting,
    /// Outside STX … ETX, where those are required; counts what does not belong there.
    Outside { noise_bytes: usize },
    /// The frame was too long: everything up to its end is dropped.
    Skipping,
}

/// Makes frames of bytes.
#[derive(Debug)]
pub struct Framer {
    framing: Framing,
    place: Place,
    frame: Vec<u8>,
    after_cr: bool,
    last_byte_at: Duration,
}

impl Framer {
    /// A framer at the start of a stream. `max_bytes` beyond [`Framing::MAX_BYTES_LIMIT`] counts as that.
    pub fn new(mut framing: Framing) -> Self {
        framing.max_bytes = framing.max_bytes.clamp(1, Framing::MAX_BYTES_LIMIT);
        let mut framer = Self {
            framing,
            place: Place::Collecting,
            frame: Vec::new(),
            after_cr: false,
            last_byte_at: Duration::ZERO,
        };
        framer.start_over();
        framer
    }

    /// Takes what was read at `now` (time since any fixed moment, never going back) and adds what came of it to `out`.
    pub fn feed(&mut self, bytes: &[u8], now: Duration, out: &mut Vec<FrameEvent>) {
        if bytes.is_empty() {
            return;
        }
        self.tick(now, out);
        self.last_byte_at = now;
        for &byte in bytes {
            self.take(byte, out);
        }
    }

    /// Says that it is `now` and nothing was read: ends what has waited too long.
    pub fn tick(&mut self, now: Duration, out: &mut Vec<FrameEvent>) {
        let pause = now.saturating_sub(self.last_byte_at);
        if pause < self.framing.idle_timeout() {
            if pause >= SPOILT_IDLE_TIMEOUT && self.framing.at_idle == AtIdle::Discard && self.is_spoilt() {
                out.push(FrameEvent::Noise { bytes: self.frame.len() });
                self.after_cr = false;
                self.start_over();
            }
            return;
        }
        if self.framing.at_idle == AtIdle::Frame && self.place == Place::Collecting {
            self.end_frame(out);
        }
        self.hang_up(out);
    }

    /// The line was cut: what was half read is dropped, and what comes next is a new beginning.
    pub fn hang_up(&mut self, out: &mut Vec<FrameEvent>) {
        match self.place {
            Place::Collecting if !self.frame.is_empty() => out.push(FrameEvent::HalfRead { bytes: self.frame.len() }),
            Place::Outside { noise_bytes } if noise_bytes > 0 => out.push(FrameEvent::Noise { bytes: noise_bytes }),
            _ => {}
        }
        self.after_cr = false;
        self.start_over();
    }

    /// How many bytes it holds; never more than the limit.
    pub fn held_bytes(&self) -> usize {
        self.frame.len()
    }

    /// Can what is held no longer become a clean frame?
    fn is_spoilt(&self) -> bool {
        let mut bytes = self.frame.as_slice();
        while let [rest @ .., CR] = bytes {
            bytes = rest;
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => !text.chars().all(is_text),
            // An unfinished character at the end is no fault yet.
            Err(error) => error.error_len().is_some(),
        }
    }

    fn start_over(&mut self) {
        self.frame.clear();
        self.place = match self.framing.stx_etx {
            StxEtx::Required => Place::Outside { noise_bytes: 0 },
            StxEtx::Off | StxEtx::Optional => Place::Collecting,
        };
    }

    fn take(&mut self, byte: u8, out: &mut Vec<FrameEvent>) {
        let lf_of_crlf = self.after_cr && byte == LF;
        self.after_cr = false;
        if byte == STX && self.framing.stx_etx != StxEtx::Off {
            self.hang_up(out);
            self.place = Place::Collecting;
            return;
        }
        match self.place {
            Place::Outside { noise_bytes } => {
                if !matches!(byte, CR | LF | TAB | NUL) {
                    self.place = Place::Outside { noise_bytes: noise_bytes.saturating_add(1) };
                }
            }
            Place::Collecting | Place::Skipping if self.ends(byte) => {
                if self.place == Place::Collecting {
                    self.end_frame(out);
                }
                self.after_cr = byte == CR;
                self.start_over();
            }
            Place::Collecting if lf_of_crlf => {}
            Place::Collecting if self.frame.len() >= self.framing.max_bytes => {
                out.push(FrameEvent::Overflow { max_bytes: self.framing.max_bytes });
                self.frame.clear();
                self.place = Place::Skipping;
                self.remember_cr(byte);
            }
            Place::Collecting => self.frame.push(byte),
            Place::Skipping => self.remember_cr(byte),
        }
    }

    /// While skipping, the last byte is all that is kept: CR LF may end the skipping.
    fn remember_cr(&mut self, byte: u8) {
        self.frame.clear();
        if byte == CR {
            self.frame.push(CR);
        }
    }

    fn ends(&self, byte: u8) -> bool {
        if self.framing.stx_etx == StxEtx::Required {
            return byte == ETX;
        }
        let has = |terminator| self.framing.terminators.contains(&terminator);
        match byte {
            CR => has(Terminator::Cr),
            LF => has(Terminator::Lf) || (has(Terminator::CrLf) && self.frame.last() == Some(&CR)),
            TAB => has(Terminator::Tab),
            NUL => has(Terminator::Nul),
            ETX => self.framing.stx_etx == StxEtx::Optional,
            _ => false,
        }
    }

    fn end_frame(&mut self, out: &mut Vec<FrameEvent>) {
        let mut bytes = self.frame.as_slice();
        // The terminator inside the packet (STX code CR LF ETX), or the CR of a CR LF.
        while let [rest @ .., CR | LF | TAB | NUL] = bytes {
            bytes = rest;
        }
        if !bytes.is_empty() {
            out.push(self.event_for(bytes));
        }
        self.frame.clear();
    }

    fn event_for(&self, bytes: &[u8]) -> FrameEvent {
        let code = bytes
            .strip_prefix(self.framing.prefix.as_bytes())
            .and_then(|rest| rest.strip_suffix(self.framing.suffix.as_bytes()));
        match code.filter(|code| !code.is_empty()) {
            Some(code) if code == self.framing.no_read.as_bytes() => FrameEvent::NoRead,
            Some(code) => text_event(code),
            None => FrameEvent::Garbled(readable(bytes)),
        }
    }
}

/// A whole code's event, clean or garbled.
pub(crate) fn text_event(code: &[u8]) -> FrameEvent {
    match std::str::from_utf8(code) {
        Ok(text) if text.chars().all(is_text) => FrameEvent::Frame(text.to_owned()),
        _ => FrameEvent::Garbled(readable(code)),
    }
}

/// Control characters have no place in a code, except the separators of GS1 and ISO/IEC 15434 messages.
fn is_text(c: char) -> bool {
    !c.is_control() || matches!(c, '\u{1D}' | '\u{1E}' | '\u{1F}' | '\u{04}')
}

/// What of `bytes` can be shown; at least one U+FFFD, so that it is never taken for a code.
fn readable(bytes: &[u8]) -> String {
    let mut text: String =
        String::from_utf8_lossy(bytes).chars().map(|c| if is_text(c) { c } else { '\u{FFFD}' }).collect();
    if !text.contains('\u{FFFD}') {
        text.push('\u{FFFD}');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(framing: Framing, bytes: &[u8]) -> Vec<FrameEvent> {
        let mut out = Vec::new();
        Framer::new(framing).feed(bytes, Duration::ZERO, &mut out);
        out
    }

    fn frame(text: &str) -> FrameEvent {
        FrameEvent::Frame(text.to_owned())
    }

    #[test]
    fn every_terminator_ends_a_frame_and_empty_frames_are_nothing() {
        let out = frames(Framing::default(), b"A\rB\nC\r\nD\tE\0\r\n\r\n\x02F\x03\r\nG\r");
        assert_eq!(out, ["A", "B", "C", "D", "E", "F", "G"].map(frame));
    }

    #[test]
    fn crlf_alone_takes_both_bytes() {
        let framing = Framing { terminators: vec![Terminator::CrLf], ..Framing::default() };
        assert_eq!(frames(framing, b"A\r\nB\r\n"), ["A", "B"].map(frame));
    }

    #[test]
    fn lf_after_cr_belongs_to_it_where_only_cr_ends_frames() {
        let framing = Framing { terminators: vec![Terminator::Cr], ..Framing::default() };
        assert_eq!(frames(framing, b"A\r\nB\r\n"), ["A", "B"].map(frame));
    }

    #[test]
    fn required_packets_tell_noise_and_keep_nothing_of_it() {
        let framing = Framing { stx_etx: StxEtx::Required, ..Framing::default() };
        let out = frames(framing, b"xx\x02A\r\n\x03\r\nyy\x02B\x03");
        assert_eq!(out, [FrameEvent::Noise { bytes: 2 }, frame("A"), FrameEvent::Noise { bytes: 2 }, frame("B")]);
    }

    #[test]
    fn prefix_and_suffix_are_taken_off_and_must_be_there() {
        let framing = Framing { prefix: "<".into(), suffix: ">".into(), ..Framing::default() };
        let out = frames(framing, b"<A>\rB>\r");
        assert_eq!(out, [frame("A"), FrameEvent::Garbled("B>\u{FFFD}".into())]);
    }

    #[test]
    fn a_no_read_message_is_no_code() {
        let framing = Framing { no_read: "NR".into(), ..Framing::default() };
        assert_eq!(frames(framing, b"NR\rNRX\r"), [FrameEvent::NoRead, frame("NRX")]);
    }

    #[test]
    fn bytes_that_are_no_text_garble_the_frame_only() {
        let out = frames(Framing::default(), b"\xFF\xFEC0\x07\rC1\r");
        assert_eq!(out, [FrameEvent::Garbled("\u{FFFD}\u{FFFD}C0\u{FFFD}".into()), frame("C1")]);
    }

    #[test]
    fn too_long_is_said_once_and_the_next_frame_is_whole() {
        let framing = Framing { max_bytes: 4, ..Framing::default() };
        let out = frames(framing, b"1234\r12345678901234\rAB\r");
        assert_eq!(out, [frame("1234"), FrameEvent::Overflow { max_bytes: 4 }, frame("AB")]);
    }

    #[test]
    fn a_half_read_frame_is_never_joined_to_the_next() {
        let mut framer = Framer::new(Framing::default());
        let mut out = Vec::new();
        framer.feed(b"C0000", Duration::from_millis(10), &mut out);
        framer.hang_up(&mut out);
        framer.feed(b"K1\rC00", Duration::from_millis(20), &mut out);
        framer.feed(b"K2\r", Duration::from_millis(1020), &mut out);
        assert_eq!(
            out,
            [FrameEvent::HalfRead { bytes: 5 }, frame("K1"), FrameEvent::HalfRead { bytes: 3 }, frame("K2")]
        );
    }

    #[test]
    fn noise_is_dropped_after_a_short_pause_and_a_clean_beginning_is_not() {
        let mut framer = Framer::new(Framing::default());
        let mut out = Vec::new();
        framer.feed(b"\xFF\xFEx", Duration::ZERO, &mut out);
        framer.feed(b"C0", Duration::from_millis(150), &mut out);
        framer.feed(b"1\r", Duration::from_millis(900), &mut out);
        assert_eq!(out, [FrameEvent::Noise { bytes: 3 }, frame("C01")]);
    }

    #[test]
    fn a_pause_is_the_terminator_where_the_profile_says_so() {
        let framing =
            Framing { terminators: vec![], at_idle: AtIdle::Frame, idle_timeout_ms: 50, ..Framing::default() };
        let mut framer = Framer::new(framing);
        let mut out = Vec::new();
        framer.feed(b"C0", Duration::ZERO, &mut out);
        framer.feed(b"1", Duration::from_millis(49), &mut out);
        framer.tick(Duration::from_millis(98), &mut out);
        assert!(out.is_empty());
        framer.tick(Duration::from_millis(99), &mut out);
        assert_eq!(out, [frame("C01")]);
    }
}
