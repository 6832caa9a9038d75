//! What is made by the clock and missed only on the day it is needed: that it fails is an alert, which closes with the
//! next that is made.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::ledger::changes::{Change, CloseAlert, OpenAlert};
use crate::ledger::{Actor, AlertKind, Ledger};

/// One thing that is made again and again.
pub struct Watched {
    ledger: Ledger,
    /// The alert's words. They are the same at each failure, and so is the alert; the error itself is in the log.
    words: &'static str,
    last_made_s: AtomicI64,
}

/// All of them. Clones watch the same.
#[derive(Clone)]
pub struct Upkeep {
    /// The scheduled backup.
    pub backup: Arc<Watched>,
    /// The scheduled downtime list.
    pub downtime_list: Arc<Watched>,
}

impl Upkeep {
    /// Nothing was made yet.
    pub fn new(ledger: &Ledger) -> Upkeep {
        let watched = |words| Arc::new(Watched { ledger: ledger.clone(), words, last_made_s: AtomicI64::new(0) });
        Upkeep {
            backup: watched("No scheduled backup could be made"),
            downtime_list: watched("No downtime list could be made"),
        }
    }
}

impl Watched {
    /// It was made. An alert that an earlier run of the program left closes too.
    pub fn made(&self) {
        self.last_made_s.store(self.ledger.now().as_second(), Ordering::Relaxed);
        let (kind, subject) = (AlertKind::System, self.words.to_owned());
        self.tell(CloseAlert { kind, subject, resolution: "recovered".to_owned() });
    }

    /// It could not be made. An alert that was resolved by hand meanwhile comes back: what it says is still so.
    pub fn failed(&self) {
        let (kind, subject) = (AlertKind::System, self.words.to_owned());
        self.tell(OpenAlert { kind, subject, place: None });
    }

    fn tell(&self, change: impl Change) {
        if let Err(error) = self.ledger.change_blocking(&Actor::System, change) {
            tracing::warn!(alert = self.words, %error, "how it went was not recorded");
        }
    }

    /// When the last was made, in seconds since 1970 UTC; 0 where none was since the start.
    pub fn last_made_s(&self) -> i64 {
        self.last_made_s.load(Ordering::Relaxed)
    }
}
