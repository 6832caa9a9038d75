//! A scanner made of software: sends the bytes it is given, can be unplugged, and can scan by itself from a script.
//! Its bytes go through the same framer as those of a real one.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::bell::{Bell, Signal};
use super::{LinkState, Scanner, ScannerEvent, Stop};
use crate::framer::Framer;
use crate::profile::Profile;

/// How many inputs can wait; further ones are refused.
const INPUTS_MAX: usize = 256;
/// How many tones are remembered.
const TONES_MAX: usize = 256;
/// How often the loop looks at the clock and at `stop`.
const TURN: Duration = Duration::from_millis(50);

/// What a person's hand does to it.
#[derive(Debug)]
enum Input {
    Bytes(Vec<u8>),
    Unplug,
    Plug,
}

/// One step of a script: wait, then these bytes come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimStep {
    /// How long after the step before.
    pub wait: Duration,
    /// What is sent.
    pub bytes: Vec<u8>,
}

/// What a scanner does by itself. It ends when the iterator does.
pub type SimScript = Box<dyn Iterator<Item = SimStep> + Send>;

/// The hand on a simulated scanner. Clones hold the same one.
#[derive(Debug, Clone)]
pub struct SimHand {
    inputs: SyncSender<Input>,
    tones: Arc<Mutex<VecDeque<Signal>>>,
}

/// A simulated scanner does not take more input: too much waits, or it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the simulated scanner takes no more input now")]
pub struct SimBusy;

impl SimHand {
    /// Pulls the trigger on a code: its text and a carriage return.
    pub fn scan(&self, code: &str) -> Result<(), SimBusy> {
        self.bytes(format!("{code}\r").into_bytes())
    }

    /// Sends bytes as they are.
    pub fn bytes(&self, bytes: Vec<u8>) -> Result<(), SimBusy> {
        self.give(Input::Bytes(bytes))
    }

    /// Pulls the cable out; what is sent meanwhile is lost.
    pub fn unplug(&self) -> Result<(), SimBusy> {
        self.give(Input::Unplug)
    }

    /// Puts it back.
    pub fn plug(&self) -> Result<(), SimBusy> {
        self.give(Input::Plug)
    }

    /// What it let its holder hear since the last time; the newest 256.
    pub fn tones(&self) -> Vec<Signal> {
        self.tones.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
    }

    fn give(&self, input: Input) -> Result<(), SimBusy> {
        self.inputs.try_send(input).map_err(|_| SimBusy)
    }
}

/// The simulated scanner.
pub struct SimScanner {
    inputs: Receiver<Input>,
    /// Keeps the channel open when nobody holds a hand.
    hand: SimHand,
    bell: Option<Bell>,
    script: Option<SimScript>,
    framer: Framer,
    plugged: bool,
}

impl SimScanner {
    /// A scanner that speaks as `profile` says, and the hand on it.
    pub fn new(profile: &Profile, script: Option<SimScript>) -> (SimScanner, SimHand) {
        let (sender, inputs) = sync_channel(INPUTS_MAX);
        let hand = SimHand { inputs: sender, tones: Arc::default() };
        let framer = Framer::new(profile.framing.clone());
        (SimScanner { inputs, hand: hand.clone(), bell: Bell::new().ok(), script, framer, plugged: true }, hand)
    }

    /// Sounds what was rung.
    fn sound(&self) {
        let rung = self.bell.as_ref().map(Bell::take).unwrap_or_default();
        let mut tones = self.hand.tones.lock().unwrap_or_else(PoisonError::into_inner);
        tones.extend(rung);
        while tones.len() > TONES_MAX {
            tones.pop_front();
        }
    }

    fn obey(&mut self, input: Option<Input>, now: Duration, sink: &mut dyn FnMut(ScannerEvent)) {
        let mut events = Vec::new();
        let link = match input {
            None => {
                self.framer.tick(now, &mut events);
                None
            }
            Some(Input::Bytes(bytes)) if self.plugged => {
                self.framer.feed(&bytes, now, &mut events);
                None
            }
            Some(Input::Unplug) if self.plugged => {
                self.plugged = false;
                self.framer.hang_up(&mut events);
                Some(ScannerEvent::Link(LinkState::Gone, Some("unplugged".into())))
            }
            Some(Input::Plug) if !self.plugged => {
                self.plugged = true;
                Some(ScannerEvent::Link(LinkState::Ready, None))
            }
            Some(_) => None,
        };
        for event in events.into_iter().map(ScannerEvent::Frame).chain(link) {
            sink(event);
        }
    }

    fn next_step(&mut self, now: Instant) -> Option<(Instant, Vec<u8>)> {
        let step = self.script.as_mut()?.next()?;
        Some((now.checked_add(step.wait)?, step.bytes))
    }
}

impl Scanner for SimScanner {
    fn run(&mut self, sink: &mut dyn FnMut(ScannerEvent), stop: &Stop) {
        let began = Instant::now();
        sink(ScannerEvent::Link(LinkState::Ready, None));
        let mut step = self.next_step(began);
        while !stop.is_set() {
            let now = Instant::now();
            let until_step = step.as_ref().map_or(TURN, |(at, _)| at.saturating_duration_since(now));
            let input = match self.inputs.recv_timeout(until_step.min(TURN)) {
                Ok(input) => Some(input),
                Err(RecvTimeoutError::Timeout) => {
                    let due = step.take_if(|(at, _)| *at <= Instant::now());
                    if due.is_some() {
                        step = self.next_step(Instant::now());
                    }
                    due.map(|(_, bytes)| Input::Bytes(bytes))
                }
                Err(RecvTimeoutError::Disconnected) => return,
            };
            self.obey(input, began.elapsed(), sink);
            self.sound();
        }
    }

    fn bell(&self) -> Option<Bell> {
        self.bell.clone()
    }

    fn transport(&self) -> &'static str {
        "sim"
    }

    fn simulated(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::super::start;
    use super::*;
    use crate::framer::FrameEvent;

    #[test]
    fn hand_and_script_scan_and_an_unplugged_one_is_gone() {
        let step = |bytes: &[u8]| SimStep { wait: Duration::from_millis(1), bytes: bytes.to_vec() };
        let script: SimScript = Box::new(vec![step(b"S1\r"), step(b"C1\r")].into_iter());
        let (scanner, hand) = SimScanner::new(&Profile::named("generic").unwrap(), Some(script));
        let (sender, events) = mpsc::channel();
        let stop = Stop::default();
        let thread = start("t", Box::new(scanner), move |event| drop(sender.send(event)), stop.clone()).unwrap();
        let next = || events.recv_timeout(Duration::from_secs(5)).unwrap();
        let frame = |text: &str| ScannerEvent::Frame(FrameEvent::Frame(text.into()));
        assert_eq!(next(), ScannerEvent::Link(LinkState::Ready, None));
        assert_eq!([next(), next()], [frame("S1"), frame("C1")]);
        hand.scan("C2").unwrap();
        hand.bytes(b"C3".to_vec()).unwrap();
        hand.unplug().unwrap();
        hand.scan("LOST").unwrap();
        hand.plug().unwrap();
        hand.scan("C4").unwrap();
        assert_eq!(next(), frame("C2"));
        assert_eq!(next(), ScannerEvent::Frame(FrameEvent::HalfRead { bytes: 2 }));
        assert!(matches!(next(), ScannerEvent::Link(LinkState::Gone, _)));
        assert_eq!(next(), ScannerEvent::Link(LinkState::Ready, None));
        assert_eq!(next(), frame("C4"));
        stop.set();
        thread.join().unwrap();
    }
}
