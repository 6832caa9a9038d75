//! Where every device's state hangs for all to see.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use outguide_hardware::scanner::LinkState;
use tokio::sync::broadcast;

use super::{DeviceState, DeviceStatus, ScannerSpec};

/// How many changes a slow listener may be behind before it has to ask for all states again.
const CHANGES_MAX: usize = 256;
/// What a person is told when the queue is full for want of speed.
const QUEUE_FULL: &str = "scans come faster than they are recorded";

/// One device: the way to it, and what holds up its scans, are told apart here and shown as one state.
#[derive(Debug)]
struct Device {
    status: DeviceStatus,
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
    pub fn add(&mut self, spec: &ScannerSpec) -> bool {
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
            last_scan_at: None,
            scans: 0,
            errors: 0,
            waiting: 0,
        };
        devices.push(Device {
            status,
            link: LinkState::Connecting,
            link_detail: None,
            queue_full: false,
            not_recorded: None,
        });
        true
    }

    /// Every state, in the order they were hung up.
    pub fn statuses(&self) -> Vec<DeviceStatus> {
        self.lock().iter().map(|device| device.status.clone()).collect()
    }

    /// Each change of a state from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<DeviceStatus> {
        self.changes.subscribe()
    }

    /// The way to the device changed.
    pub fn link(&self, id: &str, link: LinkState, detail: Option<String>) {
        self.change(id, |device| {
            device.link = link;
            device.link_detail = detail;
        });
    }

    /// Its queue has no room, or has some again.
    pub fn queue_full(&self, id: &str, full: bool) {
        self.change(id, |device| device.queue_full = full);
    }

    /// Its oldest waiting scan was not recorded, for this reason.
    pub fn not_recorded(&self, id: &str, why: &str) {
        self.change(id, |device| device.not_recorded = Some(why.to_owned()));
    }

    /// A scan came in at `at` and waits.
    pub fn heard(&self, id: &str, at: Timestamp) {
        self.change(id, |device| {
            device.status.last_scan_at = Some(at);
            device.status.waiting += 1;
        });
    }

    /// A scan waits no more: the ledger took it, or (`false`) never will.
    pub fn answered(&self, id: &str, recorded: bool) {
        self.change(id, |device| {
            device.status.waiting = device.status.waiting.saturating_sub(1);
            device.not_recorded = None;
            if recorded {
                device.status.scans += 1;
            } else {
                device.status.errors += 1;
            }
        });
    }

    /// Something came that is no scan.
    pub fn fault(&self, id: &str) {
        self.change(id, |device| device.status.errors += 1);
    }

    /// Listeners hear of changed states; counters are there for who asks.
    fn change(&self, id: &str, change: impl FnOnce(&mut Device)) {
        let mut devices = self.lock();
        let Some(device) = devices.iter_mut().find(|device| device.status.id == id) else { return };
        let before = (device.status.state, device.status.detail.clone());
        change(device);
        device.settle();
        if before != (device.status.state, device.status.detail.clone()) {
            tracing::info!(device = id, state = ?device.status.state, detail = ?device.status.detail, "device state");
            // Nobody listening is fine. Sent under the lock, so that changes arrive in their order.
            let _ = self.changes.send(device.status.clone());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Device>> {
        self.devices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
