//! Brings the queue to the server: one scan at a time, in order, for as long as it takes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use outguide_hardware::scanner::Stop;
use serde_json::{Value, json};
use uuid::Uuid;

use super::fate::{self, Fate};
use super::shared::{LinkState, Shared};
use super::store::{QueuedScan, Store, StoreError};
use super::tones::Tones;
use super::upstream::{Upstream, welcome};
use crate::ledger::Clock;

/// A scan older than this is no longer in anyone's hand: its receipt is listed, not announced.
pub const LIVE_FOR: Duration = Duration::from_secs(10);
/// How often an empty queue is looked at without being told.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// The fact that remembers the ledger's epoch.
const EPOCH: &str = "epoch";

/// The forwarding thread's work.
pub struct Forwarder {
    /// The queue.
    pub store: Arc<Store>,
    /// Who hears what came of it.
    pub shared: Arc<Shared>,
    /// The scanners that sound it.
    pub tones: Arc<Tones>,
    /// Within which time each scanner's same code again is an echo.
    pub echo_windows: HashMap<String, Duration>,
    /// The way to the server.
    pub upstream: Upstream,
    /// What time it is here.
    pub clock: Arc<dyn Clock>,
    /// A random number for each wait.
    pub dice: Arc<dyn Fn() -> u32 + Send + Sync>,
    /// Ends it.
    pub stop: Stop,
}

impl Forwarder {
    /// Until it is stopped. What was not acknowledged by then stays on disk.
    pub fn run(&self) {
        let mut failures = 0;
        while !self.stop.is_set() {
            let mark = self.shared.mark();
            match self.step() {
                Ok(Step::Next) => failures = 0,
                Ok(Step::Idle) => {
                    failures = 0;
                    self.shared.wait_queued(mark, LOOK_EVERY);
                }
                Ok(Step::Wait) => {
                    failures += 1;
                    self.stop.wait(fate::wait(failures, (self.dice)()));
                }
                Err(error) => {
                    // The disk: what it holds stays as it is, and is tried again.
                    self.shared.set_full(Some(error.to_string()));
                    failures += 1;
                    self.stop.wait(fate::wait(failures, (self.dice)()));
                }
            }
        }
    }

    fn step(&self) -> Result<Step, StoreError> {
        if !self.shared.reached() && !self.meet()? {
            return Ok(Step::Wait);
        }
        match self.store.first()? {
            Some(first) => self.send(&first),
            None => Ok(Step::Idle),
        }
    }

    /// Introduces this program and learns the ledger's epoch. May it go on?
    fn meet(&self) -> Result<bool, StoreError> {
        if self.shared.link().state == LinkState::Barred
            && let Err(error) = self.upstream.read_token()
        {
            self.shared.set_link(LinkState::Barred, Some(error.to_string()));
        }
        let answer = match self.upstream.hello() {
            Ok(answer) => answer,
            Err(broken) => {
                self.shared.set_link(LinkState::Unreachable, Some(broken.to_string()));
                return Ok(false);
            }
        };
        let (status, said) = (answer.status, answer.said());
        let Some(welcome) = welcome(answer) else {
            let state = match status {
                401 | 403 => LinkState::Barred,
                426 => LinkState::Strangers,
                // A server from before there were agents has no such address.
                404 => {
                    let why = "this server knows no agents: update Outguide on the server".to_owned();
                    self.shared.set_link(LinkState::Strangers, Some(why));
                    return Ok(false);
                }
                _ => LinkState::Unreachable,
            };
            self.shared.set_link(state, Some(said));
            return Ok(false);
        };
        self.meet_epoch(welcome.epoch)?;
        self.shared.set_link(LinkState::Reached, None);
        Ok(true)
    }

    /// Another epoch than before: the ledger was restored, and what it acknowledged may be missing there.
    pub fn meet_epoch(&self, epoch: Uuid) -> Result<(), StoreError> {
        let text = epoch.to_string();
        if self.store.fact(EPOCH)?.as_deref() == Some(&text) {
            return Ok(());
        }
        self.store.forget(self.clock.now())?;
        let again = self.store.offer_again(epoch)?;
        if again > 0 {
            tracing::warn!(scans = again, "the ledger was restored: recorded scans are offered again");
        }
        self.store.set_fact(EPOCH, &text)?;
        self.shared.queued();
        Ok(())
    }

    fn send(&self, first: &QueuedScan) -> Result<Step, StoreError> {
        let echo = self.is_echo(first)?;
        let sent_at = self.clock.now();
        let answer = match self.upstream.post(&self.upstream.kiosk_path("/scans"), &body(first, sent_at, echo)) {
            Ok(answer) => answer,
            Err(broken) => {
                self.shared.set_link(LinkState::Unreachable, Some(broken.to_string()));
                return Ok(Step::Wait);
            }
        };
        let number = first.queue_seq;
        match fate::of_answer(answer.status, &answer.body, first.refusals) {
            Fate::Recorded { seq, epoch, duplicate } => {
                let known = self.store.fact(EPOCH)?.and_then(|text| text.parse().ok());
                // A repeated receipt may carry the epoch of its first time; that the ledger has it now is what counts.
                let epoch_now = if duplicate { known.unwrap_or(epoch) } else { epoch };
                self.store.acknowledge(number, seq, epoch_now, self.clock.now())?;
                self.tones.recorded(first.scan.id, &answer.body);
                self.shared.tell("receipt", self.live(first, answer.body, sent_at));
                if !duplicate {
                    self.meet_epoch(epoch)?;
                }
                Ok(Step::Next)
            }
            Fate::Parked { status, why } => {
                tracing::warn!(queue_seq = number, status, why, "the server will not take a scan: parked");
                self.store.park(number, status, &why)?;
                self.tones.parked(first.scan.id);
                let told = json!({"id": first.scan.id, "data": first.scan.data, "lane": first.scan.lane,
                    "observed_at": first.scan.observed_at, "queue_seq": number, "status": status, "why": why});
                self.shared.tell("parked", told);
                Ok(Step::Next)
            }
            Fate::Later { why, refused } => {
                if refused {
                    self.store.refused(number)?;
                }
                self.shared.set_link(LinkState::Unreachable, Some(why));
                Ok(Step::Wait)
            }
            Fate::Barred { why } => {
                self.shared.set_link(LinkState::Barred, Some(why));
                Ok(Step::Wait)
            }
        }
    }

    /// The same code again from the same scanner within its window, nothing between in its lane, as the server finds it
    /// out for its own scanners. The window slides: each is measured from the one before. Told from what is on disk, so
    /// that a scan which is sent again is told of in the same way.
    fn is_echo(&self, queued: &QueuedScan) -> Result<bool, StoreError> {
        let scan = &queued.scan;
        let window = scan.device.as_ref().and_then(|device| self.echo_windows.get(device));
        let Some(window) = window.filter(|window| !window.is_zero()) else { return Ok(false) };
        let Some(before) = self.store.before(queued)? else { return Ok(false) };
        // A clock that was set back between the two says nothing.
        let apart = Duration::try_from(scan.observed_at.duration_since(before.observed_at));
        Ok(before.device == scan.device && before.data == scan.data && apart.is_ok_and(|apart| apart < *window))
    }

    /// A receipt as it comes live: with the scanner, the lane, and when it happened by this computer's clock. The page
    /// announces what happened just now and lists the rest.
    fn live(&self, of: &QueuedScan, mut receipt: Value, sent_at: Timestamp) -> Value {
        let age = sent_at.duration_since(of.scan.observed_at).unsigned_abs();
        let at = if age < LIVE_FOR { self.clock.now() } else { of.scan.observed_at };
        if let Some(fields) = receipt.as_object_mut() {
            fields.insert("at".to_owned(), json!(at));
            fields.insert("device".to_owned(), json!(of.scan.device));
            fields.insert("lane".to_owned(), json!(of.scan.lane));
        }
        receipt
    }
}

enum Step {
    Next,
    Idle,
    Wait,
}

fn body(queued: &QueuedScan, sent_at: Timestamp, echo: bool) -> Value {
    let scan = &queued.scan;
    let mut body = json!({
        "id": scan.id, "data": scan.data, "source": scan.source, "observed_at": scan.observed_at,
        "queue_seq": queued.queue_seq, "sent_at": sent_at,
    });
    if let Some(fields) = body.as_object_mut() {
        let lane = Some(&scan.lane).filter(|lane| !lane.is_empty());
        for (name, value) in [("lane", lane), ("device", scan.device.as_ref()), ("symbology", scan.symbology.as_ref())]
        {
            fields.extend(value.map(|value| (name.to_owned(), json!(value))));
        }
        // A server from before passes over it, and records the scan as any other.
        if echo {
            fields.insert("echo".to_owned(), json!(true));
        }
    }
    body
}
