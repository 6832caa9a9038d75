//! What this computer's scanners bring goes to disk, and nothing else happens on their threads.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::shared::Shared;
use super::store::{Added, NewScan, Store, StoreError};
use super::tones::Tones;
use crate::custody::Scan;
use crate::intake::{Recorder, Taken};
use crate::ledger::{ChangeError, Clock, ScanError};

/// Keeps scans.
pub struct Keeper {
    /// Where.
    pub store: Arc<Store>,
    /// Who hears of it.
    pub shared: Arc<Shared>,
    /// Scans whose tone is still to come.
    pub tones: Arc<Tones>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

impl Keeper {
    /// Puts a scan on disk. The same one again is harmless.
    pub fn keep(&self, scan: &NewScan) -> Result<Added, StoreError> {
        match self.store.add(scan) {
            Ok(added) => {
                self.shared.set_full(None);
                self.shared.queued();
                Ok(added)
            }
            Err(error) => {
                self.shared.set_full(Some(error.to_string()));
                Err(error)
            }
        }
    }
}

impl Recorder for Keeper {
    /// The receipt comes later, from the server, and the tone with it where the server is there. What cannot be kept is
    /// offered again by the scanner's own thread, which shows that it waits. Whether it is an echo is found out from what
    /// is on disk, when it is sent.
    fn record(&self, scan: Scan, _echo_window: Duration) -> Result<Taken, ScanError> {
        let kept = NewScan {
            id: scan.id,
            device: scan.device,
            lane: scan.lane,
            source: scan.source,
            symbology: scan.symbology,
            data: scan.data,
            observed_at: scan.observed_at.unwrap_or(scan.received_at),
        };
        // Before it is on disk, so that no receipt is too quick for it.
        let device = kept.device.as_deref().unwrap_or_default();
        let tone_follows = self.shared.reached() && self.tones.await_verdict(kept.id, device);
        let taken = match self.keep(&kept) {
            Ok(Added::Conflict) => Err(ScanError::Conflict),
            Ok(_) => Ok(Taken::Kept { tone_follows }),
            Err(error) => Err(ScanError::NotRecorded(error.to_string())),
        };
        if taken.is_err() {
            self.tones.forget(kept.id);
        }
        taken
    }

    fn raise(&self, device: &str, _kiosk: &str) -> Result<(), ChangeError> {
        self.shared.set_missing(device, true);
        Ok(())
    }

    fn settle(&self, device: &str) -> Result<(), ChangeError> {
        self.shared.set_missing(device, false);
        Ok(())
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
