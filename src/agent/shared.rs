//! What the agent's threads share: how the server is, what the page is told, and who is woken by what.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use tokio::sync::broadcast;

use super::wire::PrinterReport;

/// Receipts that the page is given when it is opened.
const RECENT_RECEIPTS: usize = 20;
/// Events that a slow page may be behind before it is told to resync.
const BEHIND_MAX_EVENTS: usize = 256;

/// How the server is, from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// Not tried yet.
    #[default]
    Trying,
    /// It answers, and this kiosk may.
    Reached,
    /// It does not answer, or its certificate is not to be trusted.
    Unreachable,
    /// It answers that this kiosk may not: its token was withdrawn, or the kiosk was switched off.
    Barred,
    /// Its version and this one do not understand each other.
    Strangers,
}

/// How the server is, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Link {
    /// In a word.
    pub state: LinkState,
    /// Why, for a person.
    pub why: Option<String>,
}

/// An event for the kiosk's page.
#[derive(Debug, Clone)]
pub struct News {
    /// Its name: `receipt`, `saved`, `device`, `agent`, `session`, `resync`.
    pub name: String,
    /// What it tells.
    pub data: Value,
}

#[derive(Default)]
struct Facts {
    link: Link,
    full: Option<String>,
    recent: VecDeque<Value>,
    missing: BTreeSet<String>,
    printers: BTreeMap<String, PrinterReport>,
    /// Counts what was queued, so that who looks between two looks misses nothing.
    queued: u64,
}

/// The shared part of a running agent.
pub struct Shared {
    facts: Mutex<Facts>,
    changed: Condvar,
    news: broadcast::Sender<News>,
}

impl Default for Shared {
    fn default() -> Self {
        Self { facts: Mutex::default(), changed: Condvar::new(), news: broadcast::channel(BEHIND_MAX_EVENTS).0 }
    }
}

impl Shared {
    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the server is.
    pub fn link(&self) -> Link {
        self.facts().link.clone()
    }

    /// Does it answer?
    pub fn reached(&self) -> bool {
        self.facts().link.state == LinkState::Reached
    }

    /// How it turned out to be.
    pub fn set_link(&self, state: LinkState, why: Option<String>) {
        let link = Link { state, why };
        let mut facts = self.facts();
        if facts.link == link {
            return;
        }
        match state {
            LinkState::Reached => tracing::info!("the server is reached"),
            _ => tracing::warn!(state = ?link.state, why = ?link.why, "the server is not reached"),
        }
        facts.link = link;
        self.changed.notify_all();
    }

    /// Why no scan can be kept, if so.
    pub fn full(&self) -> Option<String> {
        self.facts().full.clone()
    }

    /// A scan could not be kept (and why), or could again.
    pub fn set_full(&self, why: Option<String>) {
        let mut facts = self.facts();
        if facts.full.is_some() != why.is_some() {
            match &why {
                Some(why) => tracing::error!(why, "a scan cannot be kept"),
                None => tracing::info!("scans are kept again"),
            }
        }
        facts.full = why;
    }

    /// A scan was queued.
    pub fn queued(&self) {
        self.facts().queued += 1;
        self.changed.notify_all();
    }

    /// How many scans were queued since the start: a mark to wait behind.
    pub fn mark(&self) -> u64 {
        self.facts().queued
    }

    /// Waits until something was queued after `mark`, but no longer than `most`.
    pub fn wait_queued(&self, mark: u64, most: Duration) {
        let facts = self.facts();
        drop(self.changed.wait_timeout_while(facts, most, |facts| facts.queued == mark));
    }

    /// Waits until the server is reached, but no longer than `most`: is it?
    pub fn wait_reached(&self, most: Duration) -> bool {
        let waited = self
            .changed
            .wait_timeout_while(self.facts(), most, |facts| facts.link.state != LinkState::Reached)
            .unwrap_or_else(PoisonError::into_inner);
        waited.0.link.state == LinkState::Reached
    }

    /// Tells the page.
    pub fn tell(&self, name: &str, data: Value) {
        if name == "receipt" {
            let mut facts = self.facts();
            facts.recent.push_back(data.clone());
            if facts.recent.len() > RECENT_RECEIPTS {
                facts.recent.pop_front();
            }
        }
        // No page is open: nothing is lost by that.
        let _nobody = self.news.send(News { name: name.to_owned(), data });
    }

    /// What the page is told from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<News> {
        self.news.subscribe()
    }

    /// The newest receipts, oldest first.
    pub fn recent(&self) -> Vec<Value> {
        self.facts().recent.iter().cloned().collect()
    }

    /// A scanner has been away for long, or is back.
    pub fn set_missing(&self, device: &str, missing: bool) {
        let mut facts = self.facts();
        if missing {
            facts.missing.insert(device.to_owned());
        } else {
            facts.missing.remove(device);
        }
    }

    /// Scanners that have been away for long.
    pub fn missing(&self) -> Vec<String> {
        self.facts().missing.iter().cloned().collect()
    }

    /// How a printer is.
    pub fn set_printer(&self, report: PrinterReport) {
        self.facts().printers.insert(report.id.clone(), report);
    }

    /// How the printers are.
    pub fn printers(&self) -> Vec<PrinterReport> {
        self.facts().printers.values().cloned().collect()
    }
}
