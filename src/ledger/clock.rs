//! Time and ids as parameters: the ledger reads neither the machine's clock nor its randomness by itself.

use jiff::Timestamp;
use uuid::Uuid;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;
}

/// The machine's clock, cut to the microsecond that the database keeps.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }
}

/// Makes ids.
pub trait Ids: Send + Sync {
    /// A new id, never given before.
    fn uuid(&self) -> Uuid;
}

/// UUIDv7: they sort by the time they were made, which keeps the index on ids compact.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl Ids for RandomIds {
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }
}
