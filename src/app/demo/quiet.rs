//! Guests at the sample's kiosks: while somebody tries one out, its simulated scanner scans nothing by itself, so that
//! nobody is signed off by a ghost.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::broadcast::error::RecvError;

use crate::config::Scanner;
use crate::ledger::{Ledger, Published};

/// A guest counts as gone so long after the last scan: longer than a kiosk's idle sign-off.
const STAYS: Duration = Duration::from_secs(180);

/// Whoever tries out one kiosk.
#[derive(Debug, Default)]
pub struct Guest {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// Scans of the script that the ledger has not told of yet.
    own: u32,
    last: Option<Instant>,
}

impl Guest {
    /// Did somebody scan here lately?
    pub fn is_here(&self) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.last.is_some_and(|last| last.elapsed() < STAYS)
    }

    /// The script is about to scan: the next scan of its scanner is no guest's.
    pub fn expect_own(&self) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).own += 1;
    }

    fn scanned(&self, by_the_scanner: bool) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if by_the_scanner && seen.own > 0 {
            seen.own -= 1;
        } else {
            seen.last = Some(Instant::now());
        }
    }
}

/// The guests of all kiosks.
#[derive(Debug, Clone)]
pub struct Guests {
    /// Kiosk to its scanner and its guest.
    kiosks: Arc<HashMap<String, (String, Arc<Guest>)>>,
}

impl Guests {
    /// Nobody yet, at the kiosks of these scanners.
    pub fn new(scanners: &[Scanner]) -> Guests {
        let kiosks = scanners.iter().map(|scanner| (scanner.kiosk.clone(), (scanner.id.clone(), Arc::default())));
        Guests { kiosks: Arc::new(kiosks.collect()) }
    }

    /// The guest at this scanner's kiosk.
    pub fn of(&self, scanner: &str) -> Arc<Guest> {
        let known = self.kiosks.values().find(|(id, _)| id == scanner);
        known.map(|(_, guest)| Arc::clone(guest)).unwrap_or_default()
    }

    /// Notices guests by what the ledger tells, until it ends.
    pub fn watch(self, ledger: &Ledger) -> io::Result<()> {
        let mut news = ledger.subscribe();
        let watch = move || {
            loop {
                match news.blocking_recv() {
                    Ok(entry) => self.notice(&entry),
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                }
            }
        };
        std::thread::Builder::new().name("guests".to_owned()).spawn(watch).map(drop)
    }

    fn notice(&self, entry: &Published) {
        let Some((scanner, guest)) = entry.kiosk.as_ref().and_then(|kiosk| self.kiosks.get(kiosk)) else { return };
        if entry.receipt.is_some() {
            guest.scanned(entry.device.as_ref() == Some(scanner));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_beyond_the_scripts_own_is_a_guests() {
        let guest = Guest::default();
        guest.expect_own();
        guest.scanned(true);
        assert!(!guest.is_here());
        guest.scanned(true);
        assert!(guest.is_here());
    }

    #[test]
    fn a_scan_that_no_scanner_made_is_a_guests() {
        let guest = Guest::default();
        guest.expect_own();
        guest.scanned(false);
        assert!(guest.is_here());
    }
}
