//! What intake asks of the ledger. A trait, so that its rules are tested without one.

use std::time::Duration;

use jiff::Timestamp;

use crate::custody::{Receipt, Scan};
use crate::ledger::changes::{CloseAlert, OpenAlert};
use crate::ledger::{Actor, AlertKind, ChangeError, Ledger, ScanError};

/// What became of a scan.
#[derive(Debug)]
pub enum Taken {
    /// It is in the ledger.
    Recorded(Box<Receipt>),
    /// It is safe on this computer's disk; its verdict comes later.
    Kept {
        /// Who keeps it sounds the scanner's tone, once the verdict or its delay is known.
        tone_follows: bool,
    },
}

/// Takes scans and device alerts. Called from threads of their own; may block.
pub trait Recorder: Send + Sync {
    /// Records a scan; the same code again within `echo_window` is an echo. The same scan again is harmless.
    fn record(&self, scan: Scan, echo_window: Duration) -> Result<Taken, ScanError>;
    /// Opens an alert about a device of this kiosk, if none is open.
    fn raise(&self, device: &str, kiosk: &str) -> Result<(), ChangeError>;
    /// Closes the alert about a device, if one is open.
    fn settle(&self, device: &str) -> Result<(), ChangeError>;
    /// Now.
    fn now(&self) -> Timestamp;
}

impl Recorder for Ledger {
    fn record(&self, scan: Scan, echo_window: Duration) -> Result<Taken, ScanError> {
        self.scan_read(scan, echo_window).map(|receipt| Taken::Recorded(Box::new(receipt)))
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
