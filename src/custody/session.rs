//! The session at a kiosk (one for each lane).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
    pub staff: Option<BadgeNumber>,
    /// Where charts go.
    pub destination: Option<Destination>,
    /// What the next chart scan means.
    pub mode: SessionMode,
    /// The last scan or touch; the idle sign-off counts from here.
    pub active_at: Option<Timestamp>,
    /// This session's last custody change: the chart and the entry.
    pub last_change: Option<(ChartNumber, u64)>,
}
