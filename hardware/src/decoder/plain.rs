//! Text with a terminator, and the bytes that make such a scanner beep.

use std::time::Duration;

use super::{Decoder, Output};
use crate::framer::Framer;
use crate::profile::{HostCommands, Profile};
use crate::scanner::bell::Signal;

/// The [`Framer`] as a decoder, with the host commands of the profile.
#[derive(Debug)]
pub struct Plain {
    framer: Framer,
    host: HostCommands,
}

impl Plain {
    /// As `profile` says.
    pub fn new(profile: &Profile) -> Plain {
        Plain { framer: Framer::new(profile.framing.clone()), host: profile.host.clone() }
    }

    /// The same for a device that takes no bytes, as a keyboard.
    pub fn listening_only(profile: &Profile) -> Plain {
        Plain { framer: Framer::new(profile.framing.clone()), host: HostCommands::default() }
    }
}

impl Decoder for Plain {
    fn greet(&mut self, _now: Duration, out: &mut Output) {
        out.replies.extend(self.host.hello.iter().map(|text| text.clone().into_bytes()));
    }

    fn feed(&mut self, bytes: &[u8], now: Duration, out: &mut Output) {
        self.framer.feed(bytes, now, &mut out.events);
    }

    fn tick(&mut self, now: Duration, out: &mut Output) {
        self.framer.tick(now, &mut out.events);
    }

    fn hang_up(&mut self, out: &mut Output) {
        self.framer.hang_up(&mut out.events);
    }

    fn signal(&mut self, signal: Signal, _now: Duration, out: &mut Output) {
        let text = self.host.for_signal(signal);
        out.replies.extend(Some(text).filter(|text| !text.is_empty()).map(|text| text.as_bytes().to_vec()));
    }

    fn held_bytes(&self) -> usize {
        self.framer.held_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datalogic_scanner_is_enabled_and_beeps_when_told() {
        let mut plain = Plain::new(&Profile::named("datalogic-cdc").unwrap());
        let mut out = Output::default();
        plain.greet(Duration::ZERO, &mut out);
        plain.signal(Signal::Good, Duration::ZERO, &mut out);
        plain.signal(Signal::Refused, Duration::ZERO, &mut out);
        // E enables, BEL forces the good-read tone, F is the not-on-file tone.
        assert_eq!(out.replies, [b"E".to_vec(), b"\x07".to_vec(), b"F".to_vec()]);
    }

    #[test]
    fn a_honeywell_2020_is_told_success_and_failure() {
        let mut plain = Plain::new(&Profile::named("honeywell-2020").unwrap());
        let mut out = Output::default();
        Signal::ALL.iter().for_each(|signal| plain.signal(*signal, Duration::ZERO, &mut out));
        assert_eq!(out.replies, [&b"\x1B7"[..], b"\x1B7", b"\x1B8", b"\x1B8"].map(<[u8]>::to_vec));
    }

    #[test]
    fn nothing_is_said_to_a_scanner_that_knows_no_words() {
        let mut plain = Plain::new(&Profile::named("generic").unwrap());
        let mut out = Output::default();
        plain.greet(Duration::ZERO, &mut out);
        Signal::ALL.iter().for_each(|signal| plain.signal(*signal, Duration::ZERO, &mut out));
        assert_eq!(out, Output::default());
    }
}
