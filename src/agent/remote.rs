//! The server's side of its agents: who is there and how they are, and printers that stand at an agent's computer.
//!
//! To the outbox such a printer is one like any other: [`AgentPrinter`] offers the bytes, the agent takes them, prints and
//! reports, and `send` returns what the report says. Nothing here is on disk: the outbox has noted the job as `sending`
//! before, the agent keeps its fate until the ledger has it, and what falls between is `unknown` until one of them speaks.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use outguide_hardware::printer::{
    Doubt, Evidence, Fault, Health, Payload, Printer, Progress, SendError, SendOutcome, Track,
};
use serde::Serialize;
use tokio::sync::{Notify, broadcast};
use utoipa::ToSchema;
use uuid::Uuid;

pub use super::presence::AWAY_AFTER;
use super::presence::{Changes, Known};
use super::wire::{AgentStatus, JobFate, Offer, PrinterReport};
use crate::intake::DeviceStatus;
use crate::ledger::Ids;

/// An agent that took a job and was not heard for so long will not tell soon: the job is unknown until it does.
const SILENT_MOST: Duration = Duration::from_secs(60);
/// An offer waits so long for an agent that is there, for instance while it follows the job before.
const OFFERED_MOST: Duration = Duration::from_secs(15 * 60);
/// The longest that a printer can take over one job before a person is asked.
const TAKEN_MOST: Duration = Duration::from_secs(30 * 60);
/// How often a waiting worker looks whether the agent is still there.
const TURN: Duration = Duration::from_millis(500);
/// The pause between two looks at a job that was sent.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// Changes that a slow listener may be behind; what it missed is made good by the next.
const CHANGES_MAX: usize = 256;
/// The largest job that is handed to an agent.
const JOB_MAX_BYTES: usize = 16 * 1024 * 1024;

/// An agent as the console shows it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AgentRow {
    /// Its kiosk.
    pub kiosk: String,
    /// It was heard just now.
    pub connected: bool,
    /// When it was last heard.
    pub heard_at: Timestamp,
    /// Its program's version.
    pub version: String,
    /// How many scans wait there.
    pub waiting: u64,
    /// Since when the oldest waits, by the agent's clock.
    pub oldest_at: Option<Timestamp>,
    /// How many scans were parked there.
    pub parked: u64,
    /// Why it can keep no more scans.
    pub full: Option<String>,
}

struct Live {
    kiosk: String,
    offer: Offer,
    taken: bool,
    fate: Option<JobFate>,
}

#[derive(Default)]
struct State {
    known: HashMap<String, Known>,
    /// The job in hand of each printer.
    live: HashMap<String, Live>,
    closed: bool,
}

/// All agents of this server. Clones are the same.
#[derive(Clone)]
pub struct Agents {
    state: Arc<Mutex<State>>,
    told: Arc<Condvar>,
    offered: Arc<Notify>,
    devices: broadcast::Sender<DeviceStatus>,
    printers: broadcast::Sender<String>,
    ids: Arc<dyn Ids>,
}

/// An agent's open event stream: dropped when it closes, for whatever reason.
pub struct Listening {
    agents: Agents,
    kiosk: String,
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(known) = self.agents.state().known.get_mut(&self.kiosk) {
            known.closed(Instant::now());
        }
    }
}

/// What a report met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// The outbox waits for it.
    Live,
    /// Nobody waits for it any more: the ledger is to be asked.
    Late,
    /// The job is out again, under another offer: what is reported is of no account.
    Stale,
}

impl Agents {
    /// None heard yet.
    pub fn new(ids: Arc<dyn Ids>) -> Agents {
        let (devices, printers) = (broadcast::channel(CHANGES_MAX).0, broadcast::channel(CHANGES_MAX).0);
        Agents { state: Arc::default(), told: Arc::default(), offered: Arc::default(), devices, printers, ids }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The agent of `kiosk` was heard at `now`, and may have said how it is.
    pub fn heard(&self, kiosk: &str, now: Timestamp, status: Option<AgentStatus>) {
        let mut state = self.state();
        let instant = Instant::now();
        let known = state.known.entry(kiosk.to_owned()).or_insert_with(|| Known::new(instant, now));
        known.hear(kiosk, instant, now, status);
        self.publish(known.changes(instant));
        drop(state);
        self.told.notify_all();
    }

    /// The agent of `kiosk` listens to events from `now` on, until what is returned is dropped: a program that ends or
    /// loses its line is noticed by that long before it is missed.
    pub fn listens(&self, kiosk: &str, now: Timestamp) -> Listening {
        self.heard(kiosk, now, None);
        if let Some(known) = self.state().known.get_mut(kiosk) {
            known.opened();
        }
        Listening { agents: self.clone(), kiosk: kiosk.to_owned() }
    }

    /// Tells of the devices of agents that are away by now.
    pub fn notice_silence(&self) {
        let now = Instant::now();
        for known in self.state().known.values_mut() {
            self.publish(known.changes(now));
        }
    }

    /// Called under the lock, so that changes arrive in their order. Nobody listening is fine.
    fn publish(&self, changes: Changes) {
        for device in changes.devices {
            tracing::info!(device = device.id, kiosk = device.kiosk, state = ?device.state, "device state");
            let _nobody = self.devices.send(device);
        }
        for printer in changes.printers {
            let _nobody = self.printers.send(printer);
        }
    }

    /// Each change of a scanner at an agent from now on.
    pub fn subscribe_devices(&self) -> broadcast::Receiver<DeviceStatus> {
        self.devices.subscribe()
    }

    /// Each printer at an agent that is not as it was, from now on.
    pub fn subscribe_printers(&self) -> broadcast::Receiver<String> {
        self.printers.subscribe()
    }

    /// Since when nobody knows how the devices of this kiosk's computer are, if so and if it was ever heard.
    pub fn not_heard_since(&self, kiosk: &str) -> Option<Timestamp> {
        let state = self.state();
        let known = state.known.get(kiosk).filter(|known| known.is_unknown(Instant::now()))?;
        Some(known.heard_at)
    }

    /// Every agent that was heard since the start.
    pub fn rows(&self) -> Vec<AgentRow> {
        let (state, now) = (self.state(), Instant::now());
        let row = |(kiosk, known): (&String, &Known)| AgentRow {
            kiosk: kiosk.clone(),
            connected: !known.is_away(now),
            heard_at: known.heard_at,
            version: known.status.version.clone(),
            waiting: known.status.waiting,
            oldest_at: known.status.oldest_at,
            parked: known.status.parked,
            full: known.status.full.clone(),
        };
        let mut rows: Vec<_> = state.known.iter().map(row).collect();
        rows.sort_by(|one, other| one.kiosk.cmp(&other.kiosk));
        rows
    }

    /// The scanners at agents, as they last said; how those of an agent that is away are is not known.
    pub fn devices(&self) -> Vec<DeviceStatus> {
        let (state, now) = (self.state(), Instant::now());
        let mut devices: Vec<_> = state.known.values().flat_map(|known| known.devices(now)).collect();
        devices.sort_by(|one, other| one.id.cmp(&other.id));
        devices
    }

    /// Those of one kiosk.
    pub fn devices_at(&self, kiosk: &str) -> Vec<DeviceStatus> {
        self.state().known.get(kiosk).map(|known| known.devices(Instant::now())).unwrap_or_default()
    }

    /// Which of a kiosk's scanners the ledger should hear of: missing, or (`false`) not any more. The first word of each
    /// is due too: an alert of an earlier run may be open.
    pub fn alerts_due(&self, kiosk: &str) -> Vec<(String, bool)> {
        let state = self.state();
        let Some(known) = state.known.get(kiosk) else { return Vec::new() };
        let due = known.missing().filter(|(device, missing)| known.said.get(*device) != Some(missing));
        due.map(|(device, missing)| (device.to_owned(), missing)).collect()
    }

    /// The ledger was told.
    pub fn alert_said(&self, kiosk: &str, device: &str, missing: bool) {
        if let Some(known) = self.state().known.get_mut(kiosk) {
            known.said.insert(device.to_owned(), missing);
        }
    }

    /// The next job for a printer of this kiosk, waiting for one for `wait` at most.
    pub async fn next(&self, kiosk: &str, printer: &str, wait: Duration) -> Option<Offer> {
        let end = tokio::time::Instant::now() + wait;
        loop {
            let offered = self.offered.notified();
            if let Some(offer) = self.open_offer(kiosk, printer) {
                return Some(offer);
            }
            if tokio::time::timeout_at(end, offered).await.is_err() {
                return self.open_offer(kiosk, printer);
            }
        }
    }

    fn open_offer(&self, kiosk: &str, printer: &str) -> Option<Offer> {
        let state = self.state();
        let live = state.live.get(printer).filter(|live| live.kiosk == kiosk && !live.taken)?;
        Some(live.offer.clone())
    }

    /// The agent takes an offer for good. `false`: it was withdrawn, nothing of it may be sent.
    pub fn take(&self, kiosk: &str, offer: Uuid) -> bool {
        let mut state = self.state();
        let live = state.live.values_mut().find(|live| live.offer.offer == offer && live.kiosk == kiosk);
        let Some(live) = live.filter(|live| live.fate.is_none()) else { return false };
        live.taken = true;
        drop(state);
        self.told.notify_all();
        true
    }

    /// The agent tells what became of an offer.
    pub fn report(&self, kiosk: &str, offer: Uuid, printer: &str, name: &str, fate: JobFate) -> Heard {
        let mut state = self.state();
        let Some(live) = state.live.get_mut(printer).filter(|live| live.kiosk == kiosk) else { return Heard::Late };
        if live.offer.offer == offer {
            live.fate = Some(fate);
            live.offer.bytes = String::new();
            drop(state);
            self.told.notify_all();
            return Heard::Live;
        }
        if live.offer.name == name { Heard::Stale } else { Heard::Late }
    }

    /// The server stops: nobody is waited for any more.
    pub fn close(&self) {
        self.state().closed = true;
        self.told.notify_all();
    }

    /// Offers a job and waits for its fate.
    fn deliver(&self, kiosk: &str, printer: &str, payload: Payload<'_>) -> SendOutcome {
        let away =
            |text: &str| SendError::Unreachable { to: printer.to_owned(), error: io::Error::other(text.to_owned()) };
        if payload.bytes.len() > JOB_MAX_BYTES {
            let why = format!("{} bytes are more than a kiosk's computer is sent", payload.bytes.len());
            return SendOutcome::NothingSent(SendError::Refused { to: printer.to_owned(), why });
        }
        let offer = Offer {
            offer: self.ids.uuid(),
            printer: printer.to_owned(),
            name: payload.name.to_owned(),
            language: payload.language.to_owned(),
            labels: payload.labels,
            bytes: hex::encode(payload.bytes),
        };
        let mut state = self.state();
        let live = Live { kiosk: kiosk.to_owned(), offer, taken: false, fate: None };
        state.live.insert(printer.to_owned(), live);
        self.offered.notify_waiters();
        let began = Instant::now();
        loop {
            let silent = state.known.get(kiosk).map_or(Duration::MAX, |known| known.heard.elapsed());
            let closed = state.closed;
            let Some(live) = state.live.get_mut(printer) else { return SendOutcome::NothingSent(away("withdrawn")) };
            if let Some(fate) = live.fate.clone() {
                return outcome(printer, fate);
            }
            let lost = match live.taken {
                false if closed || silent > AWAY_AFTER || began.elapsed() > OFFERED_MOST => {
                    let text = "the kiosk's computer does not answer";
                    Some(SendOutcome::NothingSent(away(text)))
                }
                true if closed || silent > SILENT_MOST || began.elapsed() > TAKEN_MOST => {
                    let error = broken(printer, "the kiosk's computer fell silent while it printed".to_owned());
                    Some(SendOutcome::Unknown { sent_bytes: 0, error })
                }
                _ => None,
            };
            if let Some(lost) = lost {
                state.live.remove(printer);
                return lost;
            }
            state = self.told.wait_timeout(state, TURN).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn progress(&self, kiosk: &str, printer: &str) -> Progress {
        let state = self.state();
        let present = state.known.get(kiosk).is_some_and(|known| known.heard.elapsed() < AWAY_AFTER);
        match state.live.get(printer).and_then(|live| live.fate.as_ref()) {
            _ if state.closed => Progress::Unproven(Doubt::Interrupted),
            Some(JobFate::Printed) => Progress::Printed(Evidence::JobCompleted),
            Some(JobFate::Failed { why }) => Progress::Failed(why.text.clone()),
            Some(JobFate::Unproven) => Progress::Unproven(Doubt::CannotCount),
            Some(JobFate::Sent) if present => {
                Progress::StillPrinting { left: None, faults: Vec::new(), look_again: LOOK_AGAIN }
            }
            _ => Progress::Unproven(Doubt::Interrupted),
        }
    }

    fn health(&self, kiosk: &str, printer: &str) -> Health {
        let state = self.state();
        let known = state.known.get(kiosk).filter(|known| !known.is_unknown(Instant::now()));
        let Some(known) = known else { return Health::down(Fault::Unreachable) };
        let report = known.status.printers.iter().find(|report| report.id == printer);
        // Its agent is there and says nothing of it: it is not in the agent's file, or was not asked yet.
        report.map_or_else(|| Health::down(Fault::NoAnswer), PrinterReport::health)
    }
}

fn broken(printer: &str, why: String) -> SendError {
    SendError::Write { to: printer.to_owned(), error: io::Error::other(why) }
}

fn outcome(printer: &str, fate: JobFate) -> SendOutcome {
    match fate {
        JobFate::NothingSent { why } => SendOutcome::NothingSent(why.into_error(printer)),
        JobFate::Unknown { sent_bytes, why } => SendOutcome::Unknown {
            sent_bytes: usize::try_from(sent_bytes).unwrap_or(usize::MAX),
            error: broken(printer, why.text),
        },
        // What more is known is followed.
        JobFate::Sent | JobFate::Printed | JobFate::Unproven | JobFate::Failed { .. } => {
            SendOutcome::Sent(Track::elsewhere())
        }
    }
}

/// A printer at an agent's computer.
pub struct AgentPrinter {
    /// Its id.
    pub id: String,
    /// The agent's kiosk.
    pub kiosk: String,
    /// The agents.
    pub agents: Agents,
}

impl Printer for AgentPrinter {
    fn send(&self, job: Payload<'_>) -> SendOutcome {
        self.agents.deliver(&self.kiosk, &self.id, job)
    }

    /// One at most: an agent's job is alone.
    fn follow_all(&self, tracks: &mut [Track]) -> Vec<Progress> {
        tracks.iter().map(|_| self.agents.progress(&self.kiosk, &self.id)).collect()
    }

    fn health(&self) -> Health {
        self.agents.health(&self.kiosk, &self.id)
    }

    fn transport(&self) -> &'static str {
        "agent"
    }

    /// Its computer is heard every few seconds, or is away.
    fn knows_when_away(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::wire::Why;
    use crate::ledger::RandomIds;

    fn house() -> (Agents, AgentPrinter) {
        let agents = Agents::new(Arc::new(RandomIds));
        (agents.clone(), AgentPrinter { id: "zebra".into(), kiosk: "er-1".into(), agents })
    }

    fn job() -> Payload<'static> {
        Payload { name: "job-000007.zpl", bytes: b"^XA^XZ", labels: 1, language: "zpl" }
    }

    fn offered(agents: &Agents) -> Offer {
        let began = Instant::now();
        loop {
            if let Some(offer) = agents.open_offer("er-1", "zebra") {
                return offer;
            }
            assert!(began.elapsed() < Duration::from_secs(10), "no offer");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn nothing_is_offered_to_an_agent_that_was_never_heard() {
        let (_agents, printer) = house();
        assert!(matches!(printer.send(job()), SendOutcome::NothingSent(SendError::Unreachable { .. })));
        assert_eq!(printer.health(), Health::down(Fault::Unreachable));
    }

    #[test]
    fn a_job_is_taken_reported_and_followed() {
        let (agents, printer) = house();
        agents.heard("er-1", Timestamp::UNIX_EPOCH, None);
        let sending = std::thread::spawn(move || (printer.send(job()), printer));
        let offer = offered(&agents);
        assert_eq!(offer.bytes, hex::encode(b"^XA^XZ"));
        assert!(!agents.take("rr-1", offer.offer), "another kiosk's");
        assert!(
            agents.take("er-1", offer.offer) && agents.take("er-1", offer.offer),
            "asked again after a lost answer"
        );
        assert!(agents.open_offer("er-1", "zebra").is_none(), "not offered twice");
        let stale = agents.report("er-1", Uuid::nil(), "zebra", "job-000007.zpl", JobFate::Sent);
        assert_eq!(stale, Heard::Stale);
        let late = agents.report("er-1", Uuid::nil(), "zebra", "job-000001.zpl", JobFate::Sent);
        assert_eq!(late, Heard::Late);
        assert_eq!(agents.report("er-1", offer.offer, "zebra", &offer.name, JobFate::Sent), Heard::Live);
        let (outcome, printer) = sending.join().unwrap();
        assert!(matches!(outcome, SendOutcome::Sent(_)));
        assert!(!agents.take("er-1", offer.offer), "its end is known");
        assert!(matches!(printer.follow(&mut Track::none()), Progress::StillPrinting { .. }));
        agents.report("er-1", offer.offer, "zebra", &offer.name, JobFate::Printed);
        assert!(matches!(printer.follow(&mut Track::none()), Progress::Printed(_)));
    }

    #[test]
    fn a_server_that_stops_leaves_what_was_taken_unknown_and_withdraws_the_rest() {
        let (agents, printer) = house();
        agents.heard("er-1", Timestamp::UNIX_EPOCH, None);
        let sending = std::thread::spawn(move || (printer.send(job()), printer));
        let offer = offered(&agents);
        agents.take("er-1", offer.offer);
        agents.close();
        let (outcome, printer) = sending.join().unwrap();
        assert!(matches!(outcome, SendOutcome::Unknown { .. }));
        assert!(matches!(printer.send(job()), SendOutcome::NothingSent(_)));
        let fate = JobFate::NothingSent { why: Why::said("x") };
        assert_eq!(agents.report("er-1", offer.offer, "zebra", &offer.name, fate), Heard::Late);
    }

    #[tokio::test]
    async fn who_waits_for_a_job_hears_of_it_at_once() {
        let (agents, printer) = house();
        agents.heard("er-1", Timestamp::UNIX_EPOCH, None);
        assert!(agents.next("er-1", "zebra", Duration::from_millis(20)).await.is_none());
        let sending = std::thread::spawn(move || printer.send(job()));
        let offer = agents.next("er-1", "zebra", Duration::from_secs(10)).await.unwrap();
        agents.take("er-1", offer.offer);
        agents.report("er-1", offer.offer, "zebra", &offer.name, JobFate::Sent);
        assert!(matches!(sending.join().unwrap(), SendOutcome::Sent(_)));
    }
}
