//! What happens to a chart, and the state that the fold of it gives.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use utoipa::ToSchema;

use crate::barcode::{BadgeNumber, PlaceCode};

/// The place of an act in a chart's history: the fold's order. Two acts never share one, because `seq` is unique.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OrderKey {
    /// When it happened, corrected for the kiosk's clock error, never later than it was recorded (but see
    /// [`OrderKey::behind`]).
    pub effective_at: Timestamp,
    /// The kiosk, empty for the console.
    pub kiosk: SmolStr,
    /// The kiosk's own counter for scans it queued; 0 for live ones.
    pub queue_seq: u64,
    /// The ledger entry, the last tie-breaker.
    pub seq: u64,
}

impl OrderKey {
    /// This key, but behind `last` where that is later than `now`: the server's clock was ahead when `last` was recorded,
    /// and has been put right since. What happens now comes after it all the same; the chart could not be moved otherwise
    /// until the clock has come there again.
    #[must_use]
    pub fn behind(self, last: &OrderKey, now: Timestamp) -> OrderKey {
        if last.effective_at <= now {
            return self;
        }
        let effective_at = last.effective_at.checked_add(SignedDuration::from_micros(1)).unwrap_or(last.effective_at);
        OrderKey { effective_at, ..self }
    }
}

/// How a location is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KnownBy {
    /// Seen there by a scan.
    Scanned,
    /// Someone said so: a destination scanned elsewhere, the console, an import.
    Asserted,
    /// Concluded from something else.
    Inferred,
}

impl KnownBy {
    /// How it is known that a chart last seen at `seen` is at `place`: a scan shows it there only until another one
    /// shows it elsewhere.
    #[must_use]
    pub fn of_place(self, place: &PlaceCode, seen: Option<&PlaceCode>) -> KnownBy {
        if self == KnownBy::Scanned && seen != Some(place) { KnownBy::Asserted } else { self }
    }
}

/// One thing that happened to one chart. Acts say what was done, not what came of it: that is the fold's to say, so
/// that a late act takes its place without harm. Dates a rule gave (due times) are kept as given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// The chart came under control: created or imported, said to be at `place`.
    Registered {
        /// Where it was said to be.
        place: PlaceCode,
        /// With whom, when it came in as out.
        holder: Option<BadgeNumber>,
        /// Since when it is out, when it came in as out.
        out_since: Option<Timestamp>,
        /// When it is due, when it came in as out.
        due_at: Option<Timestamp>,
    },
    /// Lent to a place and, where known, a person.
    CheckedOut {
        /// The destination.
        to: PlaceCode,
        /// The person who has it.
        holder: Option<BadgeNumber>,
        /// When it is due there.
        due_at: Option<Timestamp>,
        /// Is the destination the chart's home?
        home: bool,
        /// Where it was scanned; `None` when only said at the console.
        seen_at: Option<PlaceCode>,
        /// Said at the destination itself, or without the chart in hand: nobody had it anew to lend it, so a loan to
        /// the same holder that runs goes on as it is.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        same_loan: bool,
    },
    /// Scanned at a kiosk without a destination: it is in this place now.
    Received {
        /// The kiosk's place.
        place: PlaceCode,
        /// When it is due from there.
        due_at: Option<Timestamp>,
        /// Is the place the chart's home?
        home: bool,
    },
    /// Seen; custody is left alone.
    Sighted {
        /// Where it was seen.
        place: PlaceCode,
        /// Its label was read, but where that was is what someone said: a photograph does not know where it was taken.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        asserted: bool,
    },
    /// Someone looked and did not find it.
    ReportedMissing {
        /// Where its own label was read to say so: it was seen there, and the case is open all the same.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<PlaceCode>,
    },
    /// Someone says it is found (the console; a scan of the chart itself is a sighting and closes the case too).
    ReportedFound {
        /// Where, where known.
        place: Option<PlaceCode>,
        /// Is that place the chart's home?
        #[serde(default)]
        home: bool,
        /// When it is due from there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due_at: Option<Timestamp>,
    },
    /// The loan's term was extended.
    Renewed {
        /// The new due time.
        due_at: Option<Timestamp>,
    },
    /// The act of entry `target` is taken back, if it still is the last custody change. The sighting stays.
    Undone {
        /// The `seq` of the entry whose act is taken back.
        target: u64,
        /// Where the chart was in hand when it was taken back, where known.
        place: Option<PlaceCode>,
    },
}

/// An open missing case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingCase {
    /// The entry that opened it.
    pub seq: u64,
    /// When.
    pub since: Timestamp,
}

/// The last custody change and what stood before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undoable {
    /// The entry that made the change.
    pub target: u64,
    /// Custody as it stood before (its own `undo` is `None`: one step only).
    pub before: Box<Custody>,
}

/// Where a chart is and how that is known: the fold of its acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Custody {
    /// The place that has it.
    pub place: PlaceCode,
    /// The person who has it, where known.
    pub holder: Option<BadgeNumber>,
    /// How the place was known when the chart came to it or was seen at it; see [`Custody::place_known_by`].
    pub known_by: KnownBy,
    /// At this place since.
    pub since: Timestamp,
    /// Last seen when, by any scan of the chart itself.
    pub seen_at: Option<Timestamp>,
    /// Last seen where; may differ from `place`.
    pub seen_place: Option<PlaceCode>,
    /// Left home when; runs on through hand-offs; `None` at home.
    pub out_since: Option<Timestamp>,
    /// Due back or onward when.
    pub due_at: Option<Timestamp>,
    /// The entry that began the running term: names the loan for its overdue alert. `None` when not out.
    pub loan: Option<u64>,
    /// The open missing case.
    pub missing: Option<MissingCase>,
    /// What UNDO would take back.
    pub undo: Option<Undoable>,
    /// The order key of the latest act folded in. A chart's registration stands before everything else, whatever its
    /// time: its key has the earliest one here.
    pub last: OrderKey,
}

impl Custody {
    /// How the place is known now.
    pub fn place_known_by(&self) -> KnownBy {
        self.known_by.of_place(&self.place, self.seen_place.as_ref())
    }
}
