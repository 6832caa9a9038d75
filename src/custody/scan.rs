//! A scan as it was submitted, before its text is understood.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// How the text came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, Default)]
#[serde(rename_all = "snake_case")]
pub enum ScanSource {
    /// Read by a scanner.
    #[default]
    Scanned,
    /// A button on the screen.
    Touched,
    /// Typed by hand: evidence of what someone said, not a sighting.
    Typed,
}

/// One scan, from whatever it came. `id` makes sending it twice harmless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// Its id; a kiosk or agent that queued it brings its own.
    pub id: Uuid,
    /// The kiosk it was made at.
    pub kiosk: String,
    /// The scanner, where it is known.
    pub device: Option<String>,
    /// The lane within the kiosk, each with a session of its own; empty for the kiosk's only one.
    pub lane: String,
    /// How the text came in.
    pub source: ScanSource,
    /// What the scanner said it read (AIM identifier or name), where it said so.
    pub symbology: Option<String>,
    /// The text as it was read, at most [`Scan::DATA_MAX_BYTES`].
    pub data: String,
    /// When it was read, by the kiosk's clock; `None` means now.
    pub observed_at: Option<Timestamp>,
    /// The kiosk's own counter, for a scan that waited in its queue.
    pub queue_seq: Option<u64>,
    /// When it was sent, by the kiosk's clock: tells the clock's error.
    pub sent_at: Option<Timestamp>,
    /// When it arrived here, by the server's clock.
    pub received_at: Timestamp,
}

impl Scan {
    /// The longest text taken, in bytes; a QR code of a patient's wristband is well below it.
    pub const DATA_MAX_BYTES: usize = 1024;

    /// A scan this much older than its arrival waited in a kiosk's queue: it cannot be judged by who is there now.
    const LATE_AFTER: SignedDuration = SignedDuration::from_secs(10);

    /// Was it replayed from a kiosk's queue, rather than made just now?
    pub fn is_late(&self, recorded_at: Timestamp) -> bool {
        self.queue_seq.is_some() && recorded_at.duration_since(self.effective_at()) > Self::LATE_AFTER
    }

    /// How far the kiosk's clock was off when it sent this, in microseconds to add to its times.
    pub fn clock_error_us(&self) -> i64 {
        self.sent_at.map_or(0, |sent| self.received_at.as_microsecond() - sent.as_microsecond())
    }

    /// When it was read: `observed_at` corrected by the kiosk's clock error, never later than its arrival.
    pub fn effective_at(&self) -> Timestamp {
        let Some(observed) = self.observed_at else { return self.received_at };
        let corrected = observed.as_microsecond().saturating_add(self.clock_error_us());
        Timestamp::from_microsecond(corrected).unwrap_or(self.received_at).min(self.received_at)
    }
}
