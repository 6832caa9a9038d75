//! The session at a kiosk (one for each lane).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Kiosk;
use crate::barcode::{BadgeNumber, ChartNumber, PlaceCode};

/// What the next chart scan means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, Default)]
#[serde(rename_all = "snake_case")]
pub enum SessionMode {
    /// To the destination where one is set, else what the kiosk is for.
    #[default]
    Automatic,
    /// OUT was scanned: the next badge is the person who takes the charts, the next place the destination.
    Out,
    /// Returned here.
    Return,
    /// Received here.
    Receive,
    /// Only told where it should be.
    Where,
    /// Reported missing.
    Missing,
    /// Reported found.
    Found,
    /// Its label is printed.
    Label,
    /// Nothing yet: a place card or a command was refused, and what the charts after it are for is to be said anew.
    Unclear,
}

/// Where charts are checked out to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// The place.
    pub place: PlaceCode,
    /// The person who takes them, where OUT and a badge named one.
    pub holder: Option<BadgeNumber>,
}

/// One kiosk lane's session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct KioskSession {
    /// Who is signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<BadgeNumber>,
    /// Where charts go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<Destination>,
    /// What the next chart scan means.
    pub mode: SessionMode,
    /// The last scan or touch; the idle sign-off counts from here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_at: Option<Timestamp>,
    /// The last scan; one that is older and arrives later was not made in this session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scanned_at: Option<Timestamp>,
    /// Since when person, destination and mode are these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// This session's last custody change: the chart and the entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_change: Option<(ChartNumber, u64)>,
    /// The code just read fits these charts: the reference of one of them, touched next, says which one is in hand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choosing: Vec<ChartNumber>,
}

impl KioskSession {
    /// The session as it stands at `at`: over, if nothing was scanned or touched for longer than the kiosk allows; and
    /// if it was last used as long after `at`, which means that the clock has been put back since.
    /// Judged when it is next looked at, by the scan's own time, so that a queued scan finds the session of its day.
    #[must_use]
    pub fn as_of(self, at: Timestamp, kiosk: &Kiosk) -> KioskSession {
        if self.is_over(at, kiosk) { KioskSession::default() } else { self }
    }

    /// The session as it stood at `at` for a scan that waited in a queue: what was scanned or touched after that says
    /// that the session still went on then.
    #[must_use]
    pub fn as_of_late(self, at: Timestamp, kiosk: &Kiosk) -> KioskSession {
        let over = self.idle_at(at).is_some_and(|idle| idle > allowed(kiosk));
        if over { KioskSession::default() } else { self }
    }

    fn is_over(&self, at: Timestamp, kiosk: &Kiosk) -> bool {
        self.idle_at(at).is_some_and(|idle| idle.abs() > allowed(kiosk))
    }

    fn idle_at(&self, at: Timestamp) -> Option<SignedDuration> {
        self.active_at.map(|active| at.duration_since(active))
    }

    /// The last scan. Sessions that were kept before scans and touches were told apart know only the last of both.
    pub(super) fn last_scan(&self) -> Option<Timestamp> {
        self.scanned_at.or(self.active_at)
    }

    /// When the session ends if nothing is scanned or touched; `None` when nobody is signed in.
    pub fn signs_off_at(&self, idle_sign_off_seconds: u32) -> Option<Timestamp> {
        self.staff.as_ref()?;
        self.active_at?.checked_add(SignedDuration::from_secs(i64::from(idle_sign_off_seconds))).ok()
    }

    /// The session after a touch of the screen at `at`: a session that is over does not come back, nor does another
    /// one begin.
    #[must_use]
    pub fn touched(self, at: Timestamp, kiosk: &Kiosk) -> KioskSession {
        if self.is_over(at, kiosk) {
            return self;
        }
        KioskSession { active_at: self.active_at.max(Some(at)), ..self }
    }

    /// A badge always starts over: another person, no destination, nothing to undo.
    pub(super) fn of(badge: &BadgeNumber) -> KioskSession {
        KioskSession { staff: Some(badge.clone()), ..KioskSession::default() }
    }

    /// A command ends what the destination was for.
    pub(super) fn in_mode(self, mode: SessionMode) -> KioskSession {
        KioskSession { mode, destination: None, since: None, ..self }
    }

    /// A place card or a command that is refused ends it too: who scanned it does not want what was said before. OUT
    /// still asks who takes the charts, or where to.
    pub(super) fn unclear(self) -> KioskSession {
        let asks = self.mode == SessionMode::Out && self.destination.as_ref().is_none_or(|to| to.holder.is_none());
        self.in_mode(if asks { SessionMode::Out } else { SessionMode::Unclear })
    }
}

/// How long a session may be idle.
fn allowed(kiosk: &Kiosk) -> SignedDuration {
    SignedDuration::from_secs(i64::from(kiosk.idle_sign_off_seconds))
}
