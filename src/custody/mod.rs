//! Chart, place, holder, due rules, the kiosk session and what a scan means. Pure: state, scan and time come in,
//! a decision goes out.
//!
//! A chart's whereabouts are the fold of its [`Act`]s in [`OrderKey`] order, so any order of arrival gives one result.

mod act;
mod context;
mod decide;
mod decision;
mod fold;
mod lane;
mod language;
mod moves;
mod receipt;
mod refusals;
mod role;
mod scan;
mod session;
mod verdict;
pub mod wording;

pub use act::{Act, Custody, KnownBy, MissingCase, OrderKey, Undoable};
pub use decide::{decide, echo};
pub use decision::{Decision, Outcome, Situation};
pub use fold::{apply, changes_nothing, fold};
pub use lane::{FoundSession, LaneSessions};
pub use language::Language;
pub use receipt::{ChartChoice, ChartView, Receipt, ReceiptNote, ReceiptSession, ReceiptVerdict};
pub use role::Role;
pub use scan::{Scan, ScanSource};
pub use session::{Destination, KioskSession, SessionMode};
pub use verdict::{Note, NoteKind, Rule, Tone, Verdict, VerdictKind};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::barcode::{BadgeNumber, ChartNumber, LabelIssue, PlaceCode};

/// A kiosk's id as configured, for example `er-1`.
pub type KioskId = String;

/// What kind of place it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaceKind {
    /// Where charts are filed.
    FileRoom,
    /// A ward or department.
    Department,
    /// A clinic.
    Clinic,
    /// A person's office.
    Office,
    /// A cart.
    Cart,
    /// An offsite store.
    Offsite,
}

/// Anything that can hold a chart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Place {
    /// Its code, as on its location card.
    pub code: PlaceCode,
    /// Its name as people say it.
    pub name: String,
    /// What kind of place.
    pub kind: PlaceKind,
    /// How many hours a chart may stay; `None` means no due time.
    pub loan_hours: Option<u32>,
    /// That a chart is here is itself confidential.
    pub restricted: bool,
    /// Inactive places are no destination any more.
    pub active: bool,
}

/// A person with a badge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Staff {
    /// The badge number.
    pub badge: BadgeNumber,
    /// The person's name.
    pub name: String,
    /// What the badge may do at kiosks.
    pub role: Role,
    /// Where the person works.
    pub place: Option<PlaceCode>,
    /// For notices.
    pub email: Option<String>,
    /// A lost or withdrawn badge is inactive: dead at once.
    pub active: bool,
}

/// A kiosk's mode: what a chart scanned there without a destination means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KioskMode {
    /// A department: the chart is received here.
    Receive,
    /// The records room: the chart is returned.
    Return,
}

/// A kiosk as the decision needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Kiosk {
    /// Its id.
    pub id: KioskId,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub place: PlaceCode,
    /// What a chart without a destination means here.
    pub mode: KioskMode,
    /// Seconds without a scan or touch after which the session ends.
    pub idle_sign_off_seconds: u32,
    /// Where its LABEL command prints.
    pub printer: Option<String>,
    /// What it speaks; where nothing is said, English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
}

impl Kiosk {
    /// What it speaks.
    pub fn language(&self) -> Language {
        self.language.unwrap_or_default()
    }

    /// After how many seconds a session may be made to end.
    pub const IDLE_SECONDS: std::ops::RangeInclusive<u32> = 10..=3_600;
}

/// One chart with all that a decision about it may need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// Its number.
    pub number: ChartNumber,
    /// The patient's MRN, as shown.
    pub mrn: String,
    /// Record type's code.
    pub record_type: String,
    /// Volume, from 1.
    pub volume: u16,
    /// Where it is filed.
    pub home: PlaceCode,
    /// Is that place in use? Nothing is sent home to one that was closed.
    pub home_in_use: bool,
    /// Retired charts refuse custody changes; a scan still is a sighting.
    pub retired: bool,
    /// The chart's record type is confidential.
    pub restricted: bool,
    /// The newest issue that was confirmed or scanned; older ones are superseded. `None`: Outguide never printed one,
    /// any issue is accepted.
    pub label_issue: Option<LabelIssue>,
    /// The newest issue that was handed to a print job; `None`: Outguide never printed one.
    pub label_issued: Option<LabelIssue>,
    /// Where it is and how that is known.
    pub custody: Custody,
    /// Other volumes of the same patient and record type that are not where this one is.
    pub other_volumes_elsewhere: u16,
}

#[cfg(test)]
mod tests;
