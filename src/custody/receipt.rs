//! The receipt: what a kiosk is told, in the contract's words. Made from what the ledger kept, never stored.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{KioskMode, KnownBy, NoteKind, Role, Rule, SessionMode, Tone, VerdictKind};
use crate::barcode::{BadgeNumber, ChartNumber, PlaceCode};

/// What a scan came to and where its entry stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// The entry.
    pub seq: u64,
    /// The ledger's epoch, new after each restore.
    pub epoch: Uuid,
    /// The scan's id.
    pub id: Uuid,
    /// This scan was taken before; this is its first receipt again.
    pub duplicate: bool,
    /// What happened.
    pub verdict: ReceiptVerdict,
    /// The lane's session after it.
    pub session: ReceiptSession,
}

/// A verdict in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReceiptVerdict {
    /// What happened.
    pub kind: VerdictKind,
    /// How it looks and sounds.
    pub tone: Tone,
    /// The verb that happened, for giant type: "Checked out".
    pub headline: String,
    /// The rest of the sentence: where to, until when, what to do next.
    pub detail: String,
    /// The rule that refused.
    pub rule: Option<Rule>,
    /// The chart.
    pub chart: Option<ChartView>,
    /// What else there is to know.
    pub notes: Vec<ReceiptNote>,
}

/// A note in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReceiptNote {
    /// What kind.
    pub kind: NoteKind,
    /// Its text.
    pub text: String,
    /// With `choose_one`: the charts that the code fits, for the screen to offer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<ChartChoice>,
}

/// One of several charts that a code fits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChartChoice {
    /// The chart.
    pub number: ChartNumber,
    /// The chart's reference: submitted with source `touched` it means this chart.
    pub code: String,
    /// The medical record number.
    pub mrn: String,
    /// The MRN as it is filed.
    pub filing: String,
    /// Record type's code.
    pub record_type: String,
    /// Volume.
    pub volume: u16,
}

/// A chart as kiosks and lists show it: no name, no birth date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChartView {
    /// Its number.
    pub number: ChartNumber,
    /// The medical record number.
    pub mrn: String,
    /// The MRN as it is filed, pairs set apart.
    pub filing: String,
    /// Record type's code.
    pub record_type: String,
    /// Volume.
    pub volume: u16,
    /// Where it is filed; `None` where that is withheld.
    pub home: Option<PlaceCode>,
    /// Where it is; `None` where that is withheld.
    pub place: Option<PlaceCode>,
    /// That place's name.
    pub place_name: Option<String>,
    /// Who has it.
    pub holder: Option<BadgeNumber>,
    /// That person's name.
    pub holder_name: Option<String>,
    /// How the place is known.
    pub known_by: KnownBy,
    /// Last seen when.
    pub seen_at: Option<Timestamp>,
    /// Last seen where; may differ from `place`.
    pub seen_place: Option<PlaceCode>,
    /// Due when.
    pub due_at: Option<Timestamp>,
    /// Left home when.
    pub out_since: Option<Timestamp>,
    /// Missing since when.
    pub missing_since: Option<Timestamp>,
    /// No longer in use.
    pub retired: bool,
    /// Its place is shown only to some, or after a reason.
    pub restricted: bool,
    /// Where it is was left out because the one who asks may not see it.
    pub withheld: bool,
}

/// A lane's session as a screen shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReceiptSession {
    /// The badge of who is signed in.
    pub staff: Option<BadgeNumber>,
    /// That person's name.
    pub staff_name: Option<String>,
    /// What that person's badge may do at kiosks: the screen marks the commands that would be refused.
    pub staff_role: Option<Role>,
    /// Where charts go.
    pub destination: Option<PlaceCode>,
    /// That place's name.
    pub destination_name: Option<String>,
    /// Who takes them, where OUT and a badge named one.
    pub holder: Option<BadgeNumber>,
    /// That person's name.
    pub holder_name: Option<String>,
    /// What the next chart means: a command's mode, or the kiosk's own (`receive`, `return`); `unclear` after a place card
    /// or a command that was refused.
    pub mode: String,
    /// The lane.
    pub lane: String,
    /// When the session ends if nothing is scanned or touched.
    pub signs_off_at: Option<Timestamp>,
}

impl ReceiptSession {
    /// The word for `mode` at a kiosk of this kind.
    pub fn mode_word(mode: SessionMode, kiosk: KioskMode) -> &'static str {
        match (mode, kiosk) {
            (SessionMode::Automatic, KioskMode::Receive) | (SessionMode::Receive, _) => "receive",
            (SessionMode::Automatic, KioskMode::Return) | (SessionMode::Return, _) => "return",
            (SessionMode::Out, _) => "out",
            (SessionMode::Where, _) => "where",
            (SessionMode::Missing, _) => "missing",
            (SessionMode::Found, _) => "found",
            (SessionMode::Label, _) => "label",
            (SessionMode::Unclear, _) => "unclear",
        }
    }
}
