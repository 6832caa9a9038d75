//! The sessions of a kiosk's lane: the one that goes on there, and those of before it, in which scans were made that
//! still wait in a queue.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Kiosk, KioskSession, Scan};

/// A late scan this much older than its lane's last scan was not made in the session that goes on there.
const STALE_AFTER: SignedDuration = SignedDuration::from_secs(10);

/// The most sessions of before that a lane remembers; beyond it the one that was used longest ago is forgotten.
const EARLIER_MAX: usize = 8;

/// A lane's sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct LaneSessions {
    /// The one that goes on, which the screen shows.
    #[serde(flatten)]
    pub current: KioskSession,
    /// Those of before it, the one used last at the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    earlier: Vec<KioskSession>,
}

/// The session that a scan belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundSession {
    /// As it stands at the scan's time.
    pub session: KioskSession,
    /// The scan is older than the session that goes on, and leaves that one alone.
    pub stale: bool,
    /// Which of those of before it is; `None` for a new one.
    earlier: Option<usize>,
}

impl LaneSessions {
    /// The session that `scan` belongs to: a late one to that of its own time, whatever was scanned in the lane since.
    #[must_use]
    pub fn of(&self, scan: &Scan, recorded_at: Timestamp, kiosk: &Kiosk) -> FoundSession {
        let (late, time) = (scan.is_late(recorded_at), scan.effective_at().min(recorded_at));
        let current = || self.current.clone();
        if !late {
            return FoundSession { session: current().as_of(time, kiosk), stale: false, earlier: None };
        }
        if self.current.last_scan().is_none_or(|last| last.duration_since(time) <= STALE_AFTER) {
            return FoundSession { session: current().as_of_late(time, kiosk), stale: false, earlier: None };
        }
        self.earlier_of(time, kiosk)
    }

    /// The session that had begun last by `time`. The one that goes on is copied, not used: what was scanned in it since
    /// was judged without this scan.
    fn earlier_of(&self, time: Timestamp, kiosk: &Kiosk) -> FoundSession {
        let current = self.current.since.filter(|since| *since <= time).map(|since| (since, None));
        // A queue's times are as exact as the clock error measured with each of its scans.
        let began = |since: &Timestamp| since.duration_since(time) <= STALE_AFTER;
        let earlier = self.earlier.iter().enumerate();
        let earlier = earlier.filter_map(|(at, session)| Some((session.since.filter(began)?, Some(at))));
        let last = current.into_iter().chain(earlier).max_by_key(|(since, _)| *since).map(|(_, at)| at);
        let copied = || KioskSession { last_change: None, choosing: Vec::new(), ..self.current.clone() };
        let session = match last {
            Some(at) => at.and_then(|at| self.earlier.get(at).cloned()).unwrap_or_else(copied),
            None => KioskSession::default(),
        };
        let session = session.as_of_late(time, kiosk);
        let ended = session == KioskSession::default();
        FoundSession { session, stale: true, earlier: last.flatten().filter(|_| !ended) }
    }

    /// Keeps what the session that was `found` became. Where another one begins, the one before it is remembered.
    pub fn keep(&mut self, found: &FoundSession, after: KioskSession) {
        let used = if found.stale {
            if let Some(at) = found.earlier.filter(|at| *at < self.earlier.len()) {
                self.earlier.remove(at);
            }
            after
        } else {
            let another = self.current.since != after.since;
            let before = std::mem::replace(&mut self.current, after);
            if !another {
                return;
            }
            before
        };
        if used.since.is_some() {
            self.earlier.push(used);
        }
        let excess = self.earlier.len().saturating_sub(EARLIER_MAX);
        self.earlier.drain(..excess);
    }

    /// Signs everybody off at `at`. Scans that still wait in a queue find the session that they were made in.
    pub fn end(&mut self, at: Timestamp) {
        let ended =
            KioskSession { active_at: Some(at), scanned_at: Some(at), since: Some(at), ..KioskSession::default() };
        self.keep(&FoundSession { session: KioskSession::default(), stale: false, earlier: None }, ended);
    }
}
