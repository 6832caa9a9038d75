//! How a device is, as kiosks and the console show it.

use jiff::Timestamp;
use outguide_hardware::scanner::LinkState;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The state of a device, and of what came from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeviceState {
    /// Not tried yet.
    Connecting,
    /// What is scanned is recorded.
    Ready,
    /// It was there and went away.
    Gone,
    /// There, but this program may not open it.
    NoPermission,
    /// Not there since the start.
    NotFound,
    /// There, but another program has it.
    InUse,
    /// There, but it cannot be opened for another reason.
    Failed,
    /// The ledger could not record its last scan; that is kept and tried again.
    NotRecorded,
    /// So many scans wait that the scanner has to.
    QueueFull,
    /// The kiosk's computer that it hangs on is not heard.
    Unknown,
}

impl DeviceState {
    /// The word for it in HTTP and on screens.
    pub fn word(self) -> &'static str {
        match self {
            DeviceState::Connecting => "connecting",
            DeviceState::Ready => "ready",
            DeviceState::Gone => "gone",
            DeviceState::NoPermission => "no_permission",
            DeviceState::NotFound => "not_found",
            DeviceState::InUse => "in_use",
            DeviceState::Failed => "failed",
            DeviceState::NotRecorded => "not_recorded",
            DeviceState::QueueFull => "queue_full",
            DeviceState::Unknown => "unknown",
        }
    }
}

impl From<LinkState> for DeviceState {
    fn from(link: LinkState) -> Self {
        match link {
            LinkState::Connecting => DeviceState::Connecting,
            LinkState::Ready => DeviceState::Ready,
            LinkState::Gone => DeviceState::Gone,
            LinkState::NoPermission => DeviceState::NoPermission,
            LinkState::NotFound => DeviceState::NotFound,
            LinkState::InUse => DeviceState::InUse,
            LinkState::Failed => DeviceState::Failed,
        }
    }
}

/// A device and how it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeviceStatus {
    /// Its id.
    pub id: String,
    /// The kiosk it belongs to.
    pub kiosk: String,
    /// Its lane, empty for the kiosk's only one.
    pub lane: String,
    /// The transport's word.
    pub transport: String,
    /// Is it made of software?
    pub simulated: bool,
    /// How it is.
    pub state: DeviceState,
    /// More about the state or the last fault, for a person.
    pub detail: Option<String>,
    /// Since when it is in this state.
    pub since: Timestamp,
    /// When it was last heard.
    pub last_scan_at: Option<Timestamp>,
    /// How many of its scans the ledger took since the start.
    pub scans: u64,
    /// How many of those were echoes: the same code again at once, written down and nothing done.
    pub echoes: u64,
    /// How many codes came in the last sixty minutes.
    pub scans_last_hour: u64,
    /// How often it said that it saw no code, where it was told to say so.
    pub no_reads: u64,
    /// It was told to say so.
    #[serde(default)]
    pub tells_no_reads: bool,
    /// How often it came back after it was gone.
    pub reconnects: u64,
    /// How full its battery is, in percent, where it tells.
    pub battery_percent: Option<u8>,
    /// Faults since the start: garbled, too long or half-read frames, scans the ledger would not take.
    pub errors: u64,
    /// How many of its scans wait for the ledger now.
    pub waiting: u64,
}
