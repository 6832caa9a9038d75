//! The server's eye on its kiosks' own computers: alerts for those that are away or cannot go on, and
//! news of their devices.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::broadcast::error::RecvError;

use super::schedule::Repeating;
use crate::agent::remote::{AgentRow, Agents};
use crate::ledger::changes::{CloseAlert, OpenAlert};
use crate::ledger::{Actor, AlertKind, Ledger};
use crate::outbox::Outbox;

/// How often is looked; nobody is asked for that.
const EVERY: Duration = Duration::from_secs(1);
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
        agents.notice_silence();
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

/// A printer that an agent tells of is looked at again at once. Must be called inside the async runtime.
pub fn ask_printers(agents: &Agents, outbox: &Arc<Outbox>) {
    let (mut changed, outbox) = (agents.subscribe_printers(), Arc::downgrade(outbox));
    tokio::spawn(async move {
        loop {
            let printer = match changed.recv().await {
                Ok(printer) => printer,
                // Workers ask by themselves too, so what was missed is only late.
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return,
            };
            let Some(outbox) = outbox.upgrade() else { return };
            outbox.ask(&printer);
        }
    });
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
