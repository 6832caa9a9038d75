//! Whether an agent is there, and how its scanners and printers look from here. Pure: what was heard and what time it is.
//!
//! Nobody vouches for the devices of an agent that is away, nor for those of one that is back and has not yet said how they
//! are: their state is `unknown` since the agent was last heard, and never what it was before.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::wire::{AgentStatus, PrinterReport};
use crate::intake::{DeviceState, DeviceStatus};

/// An agent that was not heard for so long is away: nothing is offered to it.
pub const AWAY_AFTER: Duration = Duration::from_secs(20);
/// An agent whose event stream closed opens it again within a second; one that was not heard for so long after is away.
const CLOSED_MOST: Duration = Duration::from_millis(1500);
/// Said of a scanner at an agent that is away.
const NOT_HEARD: &str = "the kiosk's computer is not heard; it keeps what is scanned there";

/// What is known of an agent that was heard.
pub struct Known {
    /// When it was last heard, by a clock that nobody sets.
    pub heard: Instant,
    /// The same for people.
    pub heard_at: Timestamp,
    /// How it said it is.
    pub status: AgentStatus,
    /// Of which scanners the ledger was told that they are missing, or not.
    pub said: HashMap<String, bool>,
    devices: Vec<DeviceStatus>,
    /// How many event streams it has open.
    streams: usize,
    /// When the last of them closed, and nothing was heard since.
    closed: Option<Instant>,
    /// It was away and has not said since how its devices are.
    stale: bool,
    told_devices: HashMap<String, (DeviceState, Option<String>)>,
    told_printers: HashMap<String, Option<PrinterReport>>,
}

/// What changed since it was last asked.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Scanners whose state changed.
    pub devices: Vec<DeviceStatus>,
    /// Printers that are not as they were.
    pub printers: Vec<String>,
}

impl Known {
    /// Heard for the first time.
    pub fn new(now: Instant, at: Timestamp) -> Known {
        Known {
            heard: now,
            heard_at: at,
            status: AgentStatus::default(),
            said: HashMap::new(),
            devices: Vec::new(),
            streams: 0,
            closed: None,
            stale: false,
            told_devices: HashMap::new(),
            told_printers: HashMap::new(),
        }
    }

    /// It was heard, and may have said how it is.
    pub fn hear(&mut self, kiosk: &str, now: Instant, at: Timestamp, status: Option<AgentStatus>) {
        self.stale |= self.is_away(now);
        (self.heard, self.heard_at, self.closed) = (now, at, None);
        let Some(status) = status else { return };
        // A device in a state of a newer agent is left out rather than misread.
        let read = |device: &serde_json::Value| serde_json::from_value::<DeviceStatus>(device.clone()).ok();
        self.devices = status.devices.iter().filter_map(read).collect();
        self.devices.iter_mut().for_each(|device| kiosk.clone_into(&mut device.kiosk));
        self.status = status;
        self.stale = false;
    }

    /// It opened an event stream.
    pub fn opened(&mut self) {
        self.streams += 1;
        self.closed = None;
    }

    /// One of its event streams closed.
    pub fn closed(&mut self, now: Instant) {
        self.streams = self.streams.saturating_sub(1);
        if self.streams == 0 {
            self.closed = Some(now);
        }
    }

    /// Is it away?
    pub fn is_away(&self, now: Instant) -> bool {
        let longer = |since: Instant, most| now.saturating_duration_since(since) >= most;
        longer(self.heard, AWAY_AFTER) || self.closed.is_some_and(|closed| longer(closed, CLOSED_MOST))
    }

    /// Does nobody know how its devices are?
    pub fn is_unknown(&self, now: Instant) -> bool {
        self.stale || self.is_away(now)
    }

    /// Its scanners, as far as anybody knows.
    pub fn devices(&self, now: Instant) -> Vec<DeviceStatus> {
        let mut devices = self.devices.clone();
        if self.is_unknown(now) {
            for device in &mut devices {
                (device.state, device.since) = (DeviceState::Unknown, self.heard_at);
                device.detail = Some(NOT_HEARD.to_owned());
            }
        }
        devices
    }

    /// Which of its scanners are missing or not, as it says itself.
    pub fn missing(&self) -> impl Iterator<Item = (&str, bool)> {
        self.devices.iter().map(|device| (device.id.as_str(), self.status.missing.contains(&device.id)))
    }

    /// What changed since this was last asked.
    pub fn changes(&mut self, now: Instant) -> Changes {
        let as_shown = |device: &DeviceStatus| (device.state, device.detail.clone());
        let mut devices = self.devices(now);
        let shown = devices.iter().map(|device| (device.id.clone(), as_shown(device))).collect();
        let before = std::mem::replace(&mut self.told_devices, shown);
        devices.retain(|device| before.get(&device.id) != Some(&as_shown(device)));
        let unknown = self.is_unknown(now);
        let report = |report: &PrinterReport| (report.id.clone(), (!unknown).then(|| report.clone()));
        let printers: HashMap<_, _> = self.status.printers.iter().map(report).collect();
        let before = std::mem::replace(&mut self.told_printers, printers);
        let changed = self.told_printers.iter().filter(|(id, report)| before.get(*id) != Some(*report));
        let changed = changed.map(|(id, _)| id.clone());
        // One that it tells of no more is not as it was either.
        let left = before.keys().filter(|id| !self.told_printers.contains_key(*id)).cloned();
        Changes { devices, printers: changed.chain(left).collect() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn status(state: &str) -> AgentStatus {
        let gun = json!({"id": "gun", "kiosk": "other", "lane": "", "transport": "serial", "simulated": false,
            "state": state, "detail": null, "since": "2026-01-01T00:00:00Z", "last_scan_at": null, "scans": 0,
            "echoes": 0, "scans_last_hour": 0, "no_reads": 0, "reconnects": 0, "battery_percent": null, "errors": 0,
            "waiting": 0});
        let newer = json!({"id": "new", "state": "napping"});
        let zebra = PrinterReport { id: "zebra".into(), state: "ready".into(), ..PrinterReport::default() };
        AgentStatus { devices: vec![gun, newer], printers: vec![zebra], ..AgentStatus::default() }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn states(changes: &Changes) -> Vec<DeviceState> {
        changes.devices.iter().map(|device| device.state).collect()
    }

    #[test]
    fn each_change_is_told_once_and_under_the_agents_own_kiosk() {
        let now = Instant::now();
        let mut known = Known::new(now, at(0));
        known.hear("er-1", now, at(0), Some(status("ready")));
        let first = known.changes(now);
        assert_eq!((states(&first), &first.printers[..]), (vec![DeviceState::Ready], &["zebra".to_owned()][..]));
        assert_eq!(first.devices[0].kiosk, "er-1");
        known.hear("er-1", now, at(1), Some(status("ready")));
        assert_eq!(known.changes(now), Changes::default());
        known.hear("er-1", now, at(2), Some(status("gone")));
        assert_eq!(states(&known.changes(now)), [DeviceState::Gone]);
        known.hear("er-1", now, at(3), Some(AgentStatus::default()));
        assert_eq!(known.changes(now).printers, ["zebra"], "it is not in the agent's file any more");
    }

    #[test]
    fn who_is_not_heard_has_devices_in_no_known_state_until_it_tells_of_them() {
        let now = Instant::now();
        let mut known = Known::new(now, at(7));
        known.hear("er-1", now, at(7), Some(status("ready")));
        known.changes(now);
        assert_eq!(known.changes(now + AWAY_AFTER - Duration::from_millis(1)), Changes::default());
        let later = now + AWAY_AFTER;
        let away = known.changes(later);
        assert_eq!((states(&away), away.devices[0].since), (vec![DeviceState::Unknown], at(7)));
        assert_eq!(away.printers, ["zebra"]);
        known.hear("er-1", later, at(27), None);
        assert!(!known.is_away(later) && known.is_unknown(later), "a greeting says nothing of devices");
        assert_eq!(states(&known.changes(later)), []);
        known.hear("er-1", later, at(28), Some(status("ready")));
        assert_eq!(states(&known.changes(later)), [DeviceState::Ready]);
    }

    #[test]
    fn a_closed_stream_is_the_agents_end_unless_it_is_heard_or_opens_another() {
        let now = Instant::now();
        let mut known = Known::new(now, at(0));
        known.opened();
        known.opened();
        known.closed(now);
        assert!(!known.is_away(now + CLOSED_MOST), "one of two");
        known.closed(now);
        assert!(!known.is_away(now + CLOSED_MOST / 2) && known.is_away(now + CLOSED_MOST));
        known.opened();
        assert!(!known.is_away(now + CLOSED_MOST));
        known.closed(now);
        known.hear("er-1", now + CLOSED_MOST / 2, at(1), None);
        assert!(!known.is_away(now + CLOSED_MOST) && !known.is_unknown(now + CLOSED_MOST));
    }
}
