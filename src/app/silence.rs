//! The server's ear on its scanners: their scans are counted, and one that is silent where scans are usual is told of.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::schedule::Repeating;
use crate::agent::remote::Agents;
use crate::alerts::{SilenceRule, Stretch};
use crate::intake::{DeviceState, DeviceStatus, Intake};
use crate::ledger::changes::{CountScans, OpenSilence};
use crate::ledger::queries::Listened;
use crate::ledger::{Actor, ChangeError, Ledger, ReadError, ScannerKey};

/// How often scans are counted: an alert about a scanner that is heard again stands so long at most.
const EVERY: Duration = Duration::from_secs(2);
/// The most tallies in one turn: a flood of scans is counted after it, and not beside it.
const TALLIES_A_TURN: usize = 3;

/// What looks after scanners.
struct Ear {
    ledger: Ledger,
    intake: Arc<Intake>,
    agents: Agents,
    rule: Option<SilenceRule>,
    zone: TimeZone,
    /// Nothing was listened to before.
    started_at: Timestamp,
    /// The ledger's head when everything was counted.
    counted: Option<u64>,
    /// The stretch that was judged last.
    judged: Option<Stretch>,
}

/// Counts scans from now on and, where there is a rule, opens alerts.
pub fn watch(
    ledger: &Ledger,
    intake: &Arc<Intake>,
    agents: &Agents,
    rule: Option<SilenceRule>,
    zone: TimeZone,
) -> std::io::Result<Repeating> {
    let mut ear = Ear {
        ledger: ledger.clone(),
        intake: Arc::clone(intake),
        agents: agents.clone(),
        rule,
        zone,
        started_at: ledger.now(),
        counted: None,
        judged: None,
    };
    Repeating::start("silence", EVERY, move || match ear.count() {
        Ok(true) => ear.judge(),
        Ok(false) => {}
        Err(error) => tracing::warn!(%error, "scans could not be counted"),
    })
}

/// Why counting stopped; the next turn goes on where it did.
#[derive(Debug, thiserror::Error)]
enum Stopped {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Change(#[from] ChangeError),
}

impl Ear {
    /// Counts what was recorded since; `true` once everything is counted.
    fn count(&mut self) -> Result<bool, Stopped> {
        let head = self.ledger.head().seq;
        if self.counted == Some(head) {
            return Ok(true);
        }
        for _ in 0..TALLIES_A_TURN {
            let tally = self.ledger.read_blocking(crate::ledger::Reader::scan_tally)?;
            let more = tally.more;
            if !tally.is_empty() {
                self.ledger.change_blocking(&Actor::System, CountScans { tally })?;
            }
            if !more {
                self.counted = Some(head);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Once for each quarter of an hour. What fails is tried again at the next turn.
    fn judge(&mut self) {
        let Some(rule) = self.rule else { return };
        let stretch = Stretch::before(self.ledger.now(), rule.after);
        if self.judged == Some(stretch) {
            return;
        }
        let listened = self.listened();
        let found = self.ledger.read_blocking(|reader| reader.silences(&listened, stretch, rule, &self.zone));
        let silences = match found {
            Ok(silences) => silences,
            Err(error) => return tracing::warn!(%error, "silent scanners could not be looked for"),
        };
        for silence in silences {
            let scanner = silence.scanner.clone();
            if let Err(error) = self.ledger.change_blocking(&Actor::System, OpenSilence { silence }) {
                return tracing::warn!(?scanner, %error, "the alert about a silent scanner was not recorded");
            }
        }
        self.judged = Some(stretch);
    }

    /// Scanners that are there, and kiosks that have none but what types into their page.
    fn listened(&self) -> Vec<Listened> {
        let kiosks = self.ledger.kiosks();
        let in_use = |kiosk: &str| kiosks.get(kiosk).is_some_and(|known| known.active);
        let here = self.intake.statuses();
        // What waits at a kiosk's own computer is not in the ledger yet: silence there proves nothing.
        let agents = self.agents.rows().into_iter().filter(|agent| agent.connected && agent.waiting == 0);
        let heard: HashSet<String> = agents.map(|agent| agent.kiosk).collect();
        let there = self.agents.devices();
        let with_scanner: HashSet<&str> = here.iter().chain(&there).map(|device| device.kiosk.as_str()).collect();
        let scanners = here.iter().chain(there.iter().filter(|device| heard.contains(&device.kiosk)));
        let ready = scanners.filter(|device| device.state == DeviceState::Ready && in_use(&device.kiosk));
        let scanner = |device: &DeviceStatus| Listened {
            scanner: ScannerKey { kiosk: device.kiosk.clone(), device: Some(device.id.clone()) },
            since: device.since.max(self.started_at),
        };
        let mut listened: Vec<Listened> = ready.map(scanner).collect();
        let pages = kiosks.iter().filter(|known| known.active && !with_scanner.contains(known.kiosk.id.as_str()));
        listened.extend(pages.map(|known| Listened {
            scanner: ScannerKey { kiosk: known.kiosk.id.clone(), device: None },
            since: self.started_at,
        }));
        listened
    }
}
