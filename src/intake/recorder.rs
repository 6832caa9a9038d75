//! What intake asks of the ledger. A trait, so that its rules are tested without one.

use std::time::Duration;

use jiff::Timestamp;

use crate::custody::{Receipt, Scan};
use crate::ledger::changes::{CloseAlert, OpenAlert};
use crate::ledger::{Actor, AlertKind, ChangeError, Ledger, ScanError};

/// Takes scans and device alerts. Called from threads of their own; may block.
pub trait Recorder: Send + Sync {
    /// Records a scan; the same code again within `echo_window` is an echo. The same scan again is harmless. Without a
    /// receipt it is safe on this computer's disk and its verdict comes later.
    fn record(&self, scan: Scan, echo_window: Duration) -> Result<Option<Receipt>, ScanError>;
    /// Opens an alert about a device of this kiosk, if none is open.
    fn raise(&self, device: &str, kiosk: &str) -> Result<(), ChangeError>;
    /// Closes the alert about a device, if one is open.
    fn settle(&self, device: &str) -> Result<(), ChangeError>;
    /// Now.
    fn now(&self) -> Timestamp;
}

impl Recorder for Ledger {
    fn record(&self, scan: Scan, echo_window: Duration) -> Result<Option<Receipt>, ScanError> {
        self.scan_read(scan, echo_window).map(Some)
    }

    fn raise(&self, device: &str, kiosk: &str) -> Result<(), ChangeError> {
        let place = self.kiosks().get(kiosk).map(|known| known.kiosk.place.clone());
        let alert = OpenAlert { kind: AlertKind::Device, subject: device.to_owned(), place };
        self.change_blocking(&Actor::Device(device.to_owned()), alert).map(drop)
    }

    fn settle(&self, device: &str) -> Result<(), ChangeError> {
        let alert =
            CloseAlert { kind: AlertKind::Device, subject: device.to_owned(), resolution: "recovered".to_owned() };
        self.change_blocking(&Actor::Device(device.to_owned()), alert).map(drop)
    }

    fn now(&self) -> Timestamp {
        Ledger::now(self)
    }
}
