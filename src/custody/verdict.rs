//! What a scan came to. A closed set: expected refusals are values, named by their rule.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Custody;
use crate::barcode::{BadgeNumber, ChartNumber, PlaceCode, Unrecognised};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each word is the contract's own")]
pub enum VerdictKind {
    SignedIn,
    SignedOff,
    DestinationSet,
    ModeSet,
    CheckedOut,
    Returned,
    Received,
    Sent,
    AlreadyHere,
    Sighted,
    Located,
    ReportedMissing,
    Found,
    LabelQueued,
    Undone,
    Unrecognised,
    Refused,
}

/// How it looks and sounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Done.
    Ok,
    /// Done, and there is something to know.
    Attention,
    /// Not done; written down; says what to do.
    Refused,
    /// The ledger could not commit: nothing happened, scan again. HTTP 503.
    NotRecorded,
}

/// The rule that refused. Its word goes out as `rule` in the receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each word says it")]
pub enum Rule {
    RefuseWhenNobodyIsSignedIn,
    RefuseWhenBadgeIsUnknown,
    RefuseWhenBadgeIsInactive,
    RefuseWhenPlaceIsUnknown,
    RefuseWhenPlaceIsInactive,
    RefuseWhenChartIsUnknown,
    RefuseWhenChartIsRetired,
    RefuseWhenSeveralChartsFit,
    RefuseWhenRoleMayNot,
    RefuseWhenCommandIsNotYetServed,
    RefuseWhenNothingToUndo,
    RefuseWhenChartWasTouchedSince,
    RefuseWhenReferenceIsNotTheChart,
    RefuseWhenChartIsNotMissing,
    RefuseWhenKioskHasNoPrinter,
    RefuseWhenKioskPlaceIsUnknown,
    RefuseWhenCodeIsUnrecognised,
    RefuseWhenDestinationIsMissing,
    RefuseWhenEcho,
}

/// What else there is to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each word says it")]
pub enum NoteKind {
    WasMissingCaseClosed,
    LabelSuperseded,
    OtherVolumesElsewhere,
    RestrictedRecord,
    BelongsElsewhere,
    Unattributed,
    LateScan,
    SeenElsewhereSince,
    WantedElsewhere,
    LooseSheetsWaiting,
    SightingKept,
    WasOverdue,
    IsMissing,
    ChooseOne,
}

/// A note on a verdict, with what its wording needs; texts are made when it is shown, never stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What kind.
    pub kind: NoteKind,
    /// A place it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceCode>,
    /// A number it names (volumes, candidates).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Charts it names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charts: Vec<ChartNumber>,
    /// A time it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// What a scan came to, without words and without patient data: this is what the ledger keeps. Words are made from
/// it by `custody::wording`, for the live receipt and for a repeated one alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What happened.
    pub kind: VerdictKind,
    /// How it looks and sounds.
    pub tone: Tone,
    /// The rule that refused, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// The chart it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart: Option<ChartNumber>,
    /// The place it names: the destination, the kiosk's place, where a chart should be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceCode>,
    /// The person it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub badge: Option<BadgeNumber>,
    /// The command it answers (modes, commands not served yet).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<crate::barcode::CommandWord>,
    /// Why the code was not recognised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Unrecognised>,
    /// What else there is to know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

impl Note {
    /// A note that names nothing yet.
    pub fn new(kind: NoteKind) -> Note {
        Note { kind, place: None, count: None, charts: Vec::new(), at: None }
    }

    /// A late act: the chart stands where a newer one says.
    pub(super) fn seen_elsewhere_since(stands: &Custody) -> Note {
        let (place, at) = (Some(stands.place.clone()), Some(stands.last.effective_at));
        Note { place, at, ..Note::new(NoteKind::SeenElsewhereSince) }
    }

    /// Does it turn a verdict that is fine into one to look at?
    pub fn calls_attention(&self) -> bool {
        !matches!(self.kind, NoteKind::SightingKept | NoteKind::LateScan)
    }
}

impl Verdict {
    /// A verdict that names nothing yet.
    pub fn new(kind: VerdictKind, tone: Tone) -> Verdict {
        Verdict {
            kind,
            tone,
            rule: None,
            chart: None,
            place: None,
            badge: None,
            command: None,
            reason: None,
            notes: Vec::new(),
        }
    }

    /// The refusal named by `rule`.
    pub fn refused(rule: Rule) -> Verdict {
        Verdict { rule: Some(rule), ..Verdict::new(VerdictKind::Refused, Tone::Refused) }
    }
}
