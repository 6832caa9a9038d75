//! Where every device's state hangs for all to see.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use outguide_hardware::scanner::LinkState;
use tokio::sync::broadcast;

use super::rate::Rate;
use super::{DeviceState, DeviceStatus, ScannerSpec};

/// How many changes a slow listener may be behind before it has to ask for all states again.
const CHANGES_MAX: usize = 256;
/// What a person is told when the queue is full for want of speed.
const QUEUE_FULL: &str = "scans come faster than they are recorded";

/// One device: the way to it, and what holds up its scans, are told apart here and shown as one state.
#[derive(Debug)]
struct Device {
    status: DeviceStatus,
    rate: Rate,
    /// It was open before.
    was_ready: bool,
    link: LinkState,
    link_detail: Option<String>,
    /// Its queue has no room.
    queue_full: bool,
    /// Why its oldest waiting scan was not recorded.
    not_recorded: Option<String>,
}

impl Device {
    /// What holds up scans comes first: it is what a person at the kiosk must hear of.
    fn settle(&mut self) {
        let (state, detail) = match (self.queue_full, &self.not_recorded) {
            (true, why) => (DeviceState::QueueFull, why.clone().or_else(|| Some(QUEUE_FULL.to_owned()))),
            (false, Some(why)) => (DeviceState::NotRecorded, Some(why.clone())),
            (false, None) => (self.link.into(), self.link_detail.clone()),
        };
        self.status.state = state;
        self.status.detail = detail;
    }

    fn at(&self, now: Timestamp) -> DeviceStatus {
        DeviceStatus { scans_last_hour: self.rate.last_hour(now), ..self.status.clone() }
    }
}

/// What became of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The ledger took it.
    Recorded,
    /// The ledger took it as an echo.
    Echo,
    /// The ledger will never take it.
    Lost,
}

/// The states of all devices.
#[derive(Debug)]
pub struct Board {
    devices: Mutex<Vec<Device>>,
    changes: broadcast::Sender<DeviceStatus>,
}

impl Default for Board {
    fn default() -> Self {
        Self { devices: Mutex::new(Vec::new()), changes: broadcast::channel(CHANGES_MAX).0 }
    }
}

impl Board {
    /// Hangs up a device that was not tried yet; `false` if its id is taken.
    pub fn add(&mut self, spec: &ScannerSpec, now: Timestamp) -> bool {
        let devices = self.devices.get_mut().unwrap_or_else(PoisonError::into_inner);
        if devices.iter().any(|device| device.status.id == spec.id) {
            return false;
        }
        let status = DeviceStatus {
            id: spec.id.clone(),
            kiosk: spec.kiosk.clone(),
            lane: spec.lane.clone(),
            transport: spec.transport.word().to_owned(),
            simulated: spec.transport.simulated(),
            state: DeviceState::Connecting,
            detail: None,
            since: now,
            last_scan_at: None,
            scans: 0,
            echoes: 0,
            scans_last_hour: 0,
            no_reads: 0,
            tells_no_reads: !spec.profile.framing.no_read.is_empty(),
            reconnects: 0,
            battery_percent: None,
            errors: 0,
            waiting: 0,
        };
        devices.push(Device {
            status,
            rate: Rate::default(),
            was_ready: false,
            link: LinkState::Connecting,
            link_detail: None,
            queue_full: false,
            not_recorded: None,
        });
        true
    }

    /// Every state, in the order they were hung up.
    pub fn statuses(&self, now: Timestamp) -> Vec<DeviceStatus> {
        self.lock().iter().map(|device| device.at(now)).collect()
    }

    /// Each change of a state from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<DeviceStatus> {
        self.changes.subscribe()
    }

    /// The way to the device changed.
    pub fn link(&self, id: &str, link: LinkState, detail: Option<String>, now: Timestamp) {
        self.change(id, now, |device| {
            if link == LinkState::Ready {
                device.status.reconnects += u64::from(device.was_ready);
                device.was_ready = true;
            }
            device.link = link;
            device.link_detail = detail;
        });
    }

    /// Its queue has no room, or has some again.
    pub fn queue_full(&self, id: &str, full: bool, now: Timestamp) {
        self.change(id, now, |device| device.queue_full = full);
    }

    /// Its oldest waiting scan was not recorded, for this reason.
    pub fn not_recorded(&self, id: &str, why: &str, now: Timestamp) {
        self.change(id, now, |device| device.not_recorded = Some(why.to_owned()));
    }

    /// A scan came in at `at` and waits.
    pub fn heard(&self, id: &str, at: Timestamp) {
        self.change(id, at, |device| {
            device.status.last_scan_at = Some(at);
            device.status.waiting += 1;
            device.rate.add(at);
        });
    }

    /// A scan waits no more: what became of it.
    pub fn answered(&self, id: &str, fate: Fate, now: Timestamp) {
        self.change(id, now, |device| {
            let status = &mut device.status;
            status.waiting = status.waiting.saturating_sub(1);
            device.not_recorded = None;
            match fate {
                Fate::Recorded => status.scans += 1,
                Fate::Echo => {
                    status.scans += 1;
                    status.echoes += 1;
                }
                Fate::Lost => status.errors += 1,
            }
        });
    }

    /// Something came that is no scan.
    pub fn fault(&self, id: &str) {
        self.count(id, |status| status.errors += 1);
    }

    /// It saw no code.
    pub fn no_read(&self, id: &str) {
        self.count(id, |status| status.no_reads += 1);
    }

    /// How full its battery is.
    pub fn battery(&self, id: &str, percent: u8) {
        self.count(id, |status| status.battery_percent = Some(percent));
    }

    fn count(&self, id: &str, count: impl FnOnce(&mut DeviceStatus)) {
        let mut devices = self.lock();
        if let Some(device) = devices.iter_mut().find(|device| device.status.id == id) {
            count(&mut device.status);
        }
    }

    /// Listeners hear of changed states; counters are there for who asks.
    fn change(&self, id: &str, now: Timestamp, change: impl FnOnce(&mut Device)) {
        let mut devices = self.lock();
        let Some(device) = devices.iter_mut().find(|device| device.status.id == id) else { return };
        let before = (device.status.state, device.status.detail.clone());
        change(device);
        device.settle();
        if before.0 != device.status.state {
            device.status.since = now;
        }
        if before != (device.status.state, device.status.detail.clone()) {
            tracing::info!(device = id, state = ?device.status.state, detail = ?device.status.detail, "device state");
            // Nobody listening is fine. Sent under the lock, so that changes arrive in their order.
            let _ = self.changes.send(device.at(now));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Device>> {
        self.devices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
