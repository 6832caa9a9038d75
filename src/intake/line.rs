//! One scanner's line to the ledger: a thread that reads and a thread that records, with a bounded queue between.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use jiff::SignedDuration;
use outguide_hardware::aim;
use outguide_hardware::framer::FrameEvent;
use outguide_hardware::scanner::bell::{Bell, Signal};
use outguide_hardware::scanner::{self, Backoff, Scanner, ScannerEvent, Stop};

use super::board::{Board, Fate};
use super::{QUEUE_MAX_SCANS, Recorder, Taken};
use crate::custody::{Receipt, Rule, Scan, ScanSource, Tone};
use crate::ledger::{Ids, ScanError};

/// The first and the longest pause before a scan that was not recorded is offered again.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(2);
/// A tone that comes later than this after its scan says nothing to anyone.
const TONE_FRESH: SignedDuration = SignedDuration::from_secs(5);
/// How often a full queue is looked at again.
const QUEUE_TURN: Duration = Duration::from_millis(20);

/// A scanner's line.
#[derive(Clone)]
pub struct Line {
    /// The scanner.
    pub device: String,
    /// Its kiosk.
    pub kiosk: String,
    /// Its lane.
    pub lane: String,
    /// The same code again within this time is an echo.
    pub echo_window: Duration,
    /// The way back to it.
    pub bell: Option<Bell>,
    /// Where its state hangs.
    pub board: Arc<Board>,
    /// Who takes its scans.
    pub recorder: Arc<dyn Recorder>,
    /// Gives each scan its id.
    pub ids: Arc<dyn Ids>,
    /// Ends it.
    pub stop: Stop,
}

impl Line {
    /// Starts both threads. The recording one ends when the reading one has ended and the queue is empty.
    pub fn start(self, scanner: Box<dyn Scanner>) -> io::Result<[JoinHandle<()>; 2]> {
        let (queue, waiting) = sync_channel(QUEUE_MAX_SCANS);
        let reader = self.clone();
        let sink = move |event| reader.hear(event, &queue);
        let reading = scanner::start(&self.device, scanner, sink, self.stop.clone())?;
        let recording =
            thread::Builder::new().name(format!("record-{}", self.device)).spawn(move || self.record_all(&waiting))?;
        Ok([reading, recording])
    }

    fn hear(&self, event: ScannerEvent, queue: &SyncSender<Scan>) {
        match event {
            ScannerEvent::Link(link, detail) => self.board.link(&self.device, link, detail, self.recorder.now()),
            ScannerEvent::Battery(percent) => self.board.battery(&self.device, percent),
            ScannerEvent::Frame(FrameEvent::NoRead) => self.board.no_read(&self.device),
            ScannerEvent::Frame(FrameEvent::Frame(text)) => self.enqueue(self.scan(&text), queue),
            // Whoever pulled the trigger must hear that it came to nothing: it goes to the ledger as unrecognised.
            ScannerEvent::Frame(FrameEvent::Garbled(text)) => {
                self.fault("garbled frame");
                self.enqueue(self.scan(&text), queue);
            }
            ScannerEvent::Frame(FrameEvent::HalfRead { bytes }) => {
                self.fault(&format!("half-read frame, {bytes} B"));
                self.ring(Signal::NotRecorded);
            }
            ScannerEvent::Frame(FrameEvent::Overflow { max_bytes }) => {
                self.fault(&format!("frame longer than {max_bytes} B"));
                self.ring(Signal::NotRecorded);
            }
            ScannerEvent::Frame(FrameEvent::Noise { bytes }) => self.fault(&format!("noise, {bytes} B")),
        }
    }

    fn fault(&self, what: &str) {
        tracing::warn!(device = self.device, what, "a scanner sent what is no code");
        self.board.fault(&self.device);
    }

    fn scan(&self, text: &str) -> Scan {
        let (symbology, code) = aim::split(text);
        let mut end = code.len().min(Scan::DATA_MAX_BYTES);
        while !code.is_char_boundary(end) {
            end -= 1;
        }
        Scan {
            id: self.ids.uuid(),
            kiosk: self.kiosk.clone(),
            device: Some(self.device.clone()),
            lane: self.lane.clone(),
            source: ScanSource::Scanned,
            symbology: symbology.map(str::to_owned),
            data: code.get(..end).unwrap_or(code).to_owned(),
            observed_at: None,
            queue_seq: None,
            sent_at: None,
            received_at: self.recorder.now(),
        }
    }

    /// Waits for room: the scanner's own buffers then fill, and what is in them is read later, not lost.
    fn enqueue(&self, scan: Scan, queue: &SyncSender<Scan>) {
        self.board.heard(&self.device, scan.received_at);
        let mut unsent = Some(scan);
        while let Some(scan) = unsent.take() {
            match queue.try_send(scan) {
                Ok(()) => self.board.queue_full(&self.device, false, self.recorder.now()),
                Err(TrySendError::Full(scan)) => {
                    self.board.queue_full(&self.device, true, self.recorder.now());
                    if self.stop.wait(QUEUE_TURN) {
                        self.lost("the program ends and the queue is full");
                    } else {
                        unsent = Some(scan);
                    }
                }
                Err(TrySendError::Disconnected(_)) => self.lost("its recording thread has ended"),
            }
        }
    }

    fn record_all(&self, waiting: &Receiver<Scan>) {
        while let Ok(scan) = waiting.recv() {
            self.record(scan);
        }
    }

    /// Offers a scan until the ledger has taken or refused it. Its id makes offering it again harmless.
    fn record(&self, scan: Scan) {
        let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MAX);
        let mut told = false;
        loop {
            let stopping = self.stop.is_set();
            match self.recorder.record(scan.clone(), self.echo_window) {
                Ok(Taken::Recorded(receipt)) => return self.recorded(&scan, &receipt),
                Ok(Taken::Kept { tone_follows }) => return self.kept(tone_follows),
                Err(error @ (ScanError::NotRecorded(_) | ScanError::Busy)) => {
                    if stopping {
                        return self.lost(&error.to_string());
                    }
                    self.board.not_recorded(&self.device, &error.to_string(), self.recorder.now());
                    if !std::mem::replace(&mut told, true) {
                        self.ring(Signal::NotRecorded);
                    }
                    self.stop.wait(backoff.pause());
                }
                Err(
                    error @ (ScanError::Conflict
                    | ScanError::UnknownKiosk(_)
                    | ScanError::InactiveKiosk(_)
                    | ScanError::Invalid(_)),
                ) => return self.lost(&error.to_string()),
            }
        }
    }

    fn recorded(&self, scan: &Scan, receipt: &Receipt) {
        let (now, signal) = (self.recorder.now(), signal_for(receipt));
        if now.duration_since(scan.received_at) <= TONE_FRESH {
            signal.into_iter().for_each(|signal| self.ring(signal));
        }
        self.board.answered(&self.device, if signal.is_some() { Fate::Recorded } else { Fate::Echo }, now);
    }

    /// On this computer's disk, not judged yet: "look at the screen", never the sound of a good scan.
    fn kept(&self, tone_follows: bool) {
        if !tone_follows {
            self.ring(Signal::Attention);
        }
        self.board.answered(&self.device, Fate::Recorded, self.recorder.now());
    }

    fn ring(&self, signal: Signal) {
        self.bell.iter().for_each(|bell| bell.ring(signal));
    }

    fn lost(&self, why: &str) {
        tracing::error!(device = self.device, kiosk = self.kiosk, why, "a scan was not recorded: scan it again");
        self.ring(Signal::NotRecorded);
        self.board.answered(&self.device, Fate::Lost, self.recorder.now());
    }
}

/// What the scanner is to sound. Nothing for an echo: a code that lies under a reader was answered already.
fn signal_for(receipt: &Receipt) -> Option<Signal> {
    if receipt.verdict.rule == Some(Rule::RefuseWhenEcho) {
        return None;
    }
    Some(match receipt.verdict.tone {
        Tone::Ok => Signal::Good,
        Tone::Attention => Signal::Attention,
        Tone::Refused => Signal::Refused,
        Tone::NotRecorded => Signal::NotRecorded,
    })
}
