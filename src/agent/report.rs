//! Tells how things are: the page at once, the server when something changed and every few seconds.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use outguide_hardware::scanner::Stop;
use serde_json::{Map, Value, json};

use super::forward::{Forwarder, LIVE_FOR};
use super::shared::{LinkState, Shared};
use super::store::{Counts, Store, StoreError};
use super::tones::Tones;
use super::upstream::Upstream;
use super::wire::{AgentStatus, Noted};
use crate::intake::Intake;
use crate::ledger::Clock;

/// The fact that remembers the kiosk as the server described it last.
pub const VIEW: &str = "view";
/// How often the server hears without any change.
const STATUS_EVERY: Duration = Duration::from_secs(5);
/// How often is looked whether something changed.
const TURN: Duration = Duration::from_millis(250);
/// Without a receipt for this long the person is told that the scan is saved here.
const SAVED_AFTER: Duration = Duration::from_millis(1500);
/// How often old scans are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(3600);
/// How often a store that could keep no more is tried again.
const TRY_DISK_EVERY: Duration = Duration::from_secs(1);
/// Waiting scans that are looked at in one turn.
const TOLD_AT_ONCE: u32 = 20;

/// How the agent is, for its page.
pub fn agent_view(store: &Store, shared: &Shared) -> Result<Value, StoreError> {
    let (counts, link) = (store.counts()?, shared.link());
    Ok(json!({
        "link": link.state, "why": link.why, "waiting": counts.waiting, "oldest_at": counts.oldest_at,
        "parked": store.parked()?, "parked_count": counts.parked, "full": shared.full(),
    }))
}

/// The kiosk as the server describes it now.
pub fn server_view(upstream: &Upstream) -> Option<Value> {
    upstream.get(&upstream.kiosk_path(""), Duration::ZERO).ok()?.read().filter(Value::is_object)
}

/// Remembers the kiosk as the server described it, for a page that is opened without the server.
pub fn remember_view(store: &Store, view: &Map<String, Value>) -> Result<(), StoreError> {
    let text = remembered_part(view).to_string();
    if store.fact(VIEW)?.as_ref() == Some(&text) { Ok(()) } else { store.set_fact(VIEW, &text) }
}

/// What of the server's description is remembered on disk: nothing of sessions and patients.
fn remembered_part(view: &Map<String, Value>) -> Value {
    let mut kept = view.clone();
    kept.remove("devices");
    for (field, empty) in [("recent", json!([])), ("session", Value::Null), ("sessions", json!([]))] {
        kept.insert(field.to_owned(), empty);
    }
    kept.into()
}

/// The thread that tells the page.
pub struct PageTeller {
    /// The queue.
    pub store: Arc<Store>,
    /// Who is told.
    pub shared: Arc<Shared>,
    /// The scanners that sound that a scan was only kept.
    pub tones: Arc<Tones>,
    /// What time it is here.
    pub clock: Arc<dyn Clock>,
    /// Ends it.
    pub stop: Stop,
}

impl PageTeller {
    /// Until it is stopped.
    pub fn run(&self) {
        let (mut last, mut told) = (Value::Null, 0);
        let (mut forgot, mut tried) = (None::<Instant>, None::<Instant>);
        while !self.stop.wait(TURN) {
            if self.shared.full().is_some() && tried.is_none_or(|at| at.elapsed() >= TRY_DISK_EVERY) {
                tried = Some(Instant::now());
                self.shared.set_full(self.store.try_disk().err().map(|error| error.to_string()));
            }
            self.tones.tell_kept(self.patience());
            if let Err(error) = self.tell_saved(&mut told) {
                tracing::warn!(%error, "the queue cannot be read");
            }
            match agent_view(&self.store, &self.shared) {
                Ok(view) if view != last => {
                    self.shared.tell("agent", view.clone());
                    last = view;
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "the queue cannot be read"),
            }
            if forgot.is_none_or(|at| at.elapsed() >= FORGET_EVERY) {
                forgot = Some(Instant::now());
                if let Err(error) = self.store.forget(self.clock.now()) {
                    tracing::warn!(%error, "old scans cannot be forgotten");
                }
            }
        }
    }

    /// So long a person waits for a verdict before being told that the scan is kept.
    fn patience(&self) -> Duration {
        if self.shared.reached() { SAVED_AFTER } else { Duration::ZERO }
    }

    /// Tells once of each scan that waits for longer than a person would: it is saved here, not yet recorded.
    fn tell_saved(&self, told: &mut u64) -> Result<(), StoreError> {
        let patience = self.patience();
        let now = self.clock.now();
        for queued in self.store.waiting_after(*told, TOLD_AT_ONCE)? {
            let age = age(queued.scan.observed_at, now);
            if age < patience {
                break;
            }
            *told = queued.queue_seq;
            if age < LIVE_FOR {
                let scan = &queued.scan;
                let saved = json!({"id": scan.id, "data": scan.data, "lane": scan.lane, "source": scan.source,
                    "device": scan.device, "observed_at": scan.observed_at, "queue_seq": queued.queue_seq});
                self.shared.tell("saved", saved);
            }
        }
        Ok(())
    }
}

fn age(since: Timestamp, now: Timestamp) -> Duration {
    // A clock that was set back makes no scan old.
    Duration::try_from(now.duration_since(since)).unwrap_or_default()
}

/// The thread that tells the server.
pub struct ServerTeller {
    /// The queue.
    pub store: Arc<Store>,
    /// How everything is.
    pub shared: Arc<Shared>,
    /// The scanners.
    pub intake: Arc<Intake>,
    /// The way to the server.
    pub upstream: Upstream,
    /// Who has to know of another epoch.
    pub forwarder: Arc<Forwarder>,
    /// This program's version.
    pub version: String,
    /// Ends it.
    pub stop: Stop,
}

impl ServerTeller {
    /// Until it is stopped.
    pub fn run(&self) {
        let (mut last, mut at) = (Value::Null, None::<Instant>);
        while !self.stop.wait(TURN) {
            if !self.shared.reached() {
                (last, at) = (Value::Null, None);
                continue;
            }
            let status = match self.status() {
                Ok(status) => status,
                Err(error) => {
                    tracing::warn!(%error, "the queue cannot be read");
                    continue;
                }
            };
            if at.is_none() {
                self.learn_view();
            }
            let gist = gist(&status);
            if gist == last && at.is_some_and(|at| at.elapsed() < STATUS_EVERY) {
                continue;
            }
            if self.tell(&status) {
                last = gist;
            }
            at = Some(Instant::now());
        }
    }

    /// At each new contact, so that a page that is opened in an outage is itself.
    fn learn_view(&self) {
        let view = server_view(&self.upstream);
        let Some(fields) = view.as_ref().and_then(Value::as_object) else { return };
        if let Err(error) = remember_view(&self.store, fields) {
            tracing::warn!(%error, "the kiosk's description cannot be kept");
        }
    }

    fn status(&self) -> Result<AgentStatus, StoreError> {
        let Counts { waiting, oldest_at, parked } = self.store.counts()?;
        let devices = self.intake.statuses();
        Ok(AgentStatus {
            version: self.version.clone(),
            devices: devices.iter().filter_map(|device| serde_json::to_value(device).ok()).collect(),
            missing: self.shared.missing(),
            printers: self.shared.printers(),
            waiting,
            oldest_at,
            parked,
            full: self.shared.full(),
        })
    }

    fn tell(&self, status: &AgentStatus) -> bool {
        match self.upstream.post(&self.upstream.agent_path("/status"), status) {
            Ok(answer) => {
                let barred = matches!(answer.status, 401 | 403).then(|| answer.said());
                if let Some(why) = barred {
                    self.shared.set_link(LinkState::Barred, Some(why));
                }
                let Some(noted) = answer.read::<Noted>() else { return false };
                if let Err(error) = self.forwarder.meet_epoch(noted.epoch) {
                    tracing::warn!(%error, "the ledger's epoch cannot be remembered");
                }
                true
            }
            Err(broken) => {
                // An idle queue would not notice by itself; the forwarder finds out when the server is back.
                self.shared.set_link(LinkState::Unreachable, Some(broken.to_string()));
                self.shared.queued();
                false
            }
        }
    }
}

/// What of a status makes it worth telling at once.
fn gist(status: &AgentStatus) -> Value {
    let of = |device: &Value| ["id", "state", "detail"].map(|field| device.get(field).cloned());
    let states: Vec<_> = status.devices.iter().map(of).collect();
    json!([states, status.missing, status.printers, status.waiting > 0, status.parked, status.full.is_some()])
}
