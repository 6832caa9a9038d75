//! The server's eye on its kiosks' own computers: alerts for those that are away or cannot go on.

use std::collections::HashMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::schedule::Repeating;
use crate::agent::remote::{AgentRow, Agents};
use crate::ledger::changes::{CloseAlert, OpenAlert};
use crate::ledger::{Actor, AlertKind, Ledger};

/// How often is looked.
const EVERY: Duration = Duration::from_secs(5);
/// A computer may be away so long (a restart, a cable that was moved) before anyone is called.
const AWAY_FOR: SignedDuration = SignedDuration::from_secs(60);

/// What can be wrong with a computer: the words of the alert, and whether it is so.
fn wrong(row: &AgentRow, now: Timestamp) -> [(&'static str, bool); 3] {
    [
        ("does not answer", now.duration_since(row.heard_at) > AWAY_FOR),
        ("can keep no more scans", row.full.is_some()),
        ("has scans that were not taken", row.parked > 0),
    ]
}

/// Looks after the agents that were heard since the start.
pub fn watch(ledger: &Ledger, agents: &Agents) -> std::io::Result<Repeating> {
    let (ledger, agents) = (ledger.clone(), agents.clone());
    let mut said: HashMap<String, bool> = HashMap::new();
    Repeating::start("agents", EVERY, move || {
        for row in agents.rows() {
            for (words, is_so) in wrong(&row, ledger.now()) {
                let subject = format!("agent {}: {words}", row.kiosk);
                if said.get(&subject) != Some(&is_so) && tell(&ledger, &row.kiosk, &subject, is_so) {
                    said.insert(subject, is_so);
                }
            }
        }
    })
}

fn tell(ledger: &Ledger, kiosk: &str, subject: &str, is_so: bool) -> bool {
    let (kind, subject) = (AlertKind::Device, subject.to_owned());
    let told = if is_so {
        let place = ledger.kiosks().get(kiosk).map(|known| known.kiosk.place.clone());
        ledger.change_blocking(&Actor::System, OpenAlert { kind, subject, place }).map(drop)
    } else {
        let resolution = "recovered".to_owned();
        ledger.change_blocking(&Actor::System, CloseAlert { kind, subject, resolution }).map(drop)
    };
    told.inspect_err(|error| tracing::warn!(kiosk, %error, "an agent's alert was not recorded")).is_ok()
}
