//! What the rest of the house may ask of the ledger.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::broadcast;
use uuid::Uuid;

use super::changes::Change;
use super::clock::{Clock, Ids};
use super::error::{ChangeError, OpenError, ReadError, ScanError};
use super::reader::Reader;
use super::{AlertRow, PrintJobRow};
use crate::barcode::{self, BadgeNumber, ChartNumber, PlaceCode};
use crate::custody::{Kiosk, Receipt, ReceiptSession, Scan};
use crate::records::Numbering;

/// What a ledger is opened with.
pub struct OpenOptions {
    /// The data directory; made if it is not there.
    pub dir: PathBuf,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub ids: Arc<dyn Ids>,
    /// The configured kiosks.
    pub kiosks: Vec<Kiosk>,
    /// Understands scanned and searched texts, the hospital's own labels included.
    pub barcodes: barcode::Reader,
    /// How MRNs look and are filed.
    pub numbering: Numbering,
    /// The hospital's time zone, for the words of receipts.
    pub zone: TimeZone,
}

/// Who makes a change; its text is an entry's `actor`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A person with a badge, at a kiosk.
    Staff(BadgeNumber),
    /// A console account.
    User(String),
    /// A bearer token, by name.
    Token(String),
    /// A kiosk by itself, nobody signed in.
    Kiosk(String),
    /// A scanner or printer.
    Device(String),
    /// Outguide itself: sweeps, schedules, commands.
    System,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::Staff(badge) => write!(f, "staff:{badge}"),
            Actor::User(name) => write!(f, "user:{name}"),
            Actor::Token(name) => write!(f, "token:{name}"),
            Actor::Kiosk(kiosk) => write!(f, "kiosk:{kiosk}"),
            Actor::Device(device) => write!(f, "device:{device}"),
            Actor::System => f.write_str("system"),
        }
    }
}

/// The chain's newest entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its number; 0 before the first.
    pub seq: u64,
    /// Its hash.
    pub hash: [u8; 32],
    /// The ledger's epoch, new after each restore.
    pub epoch: Uuid,
}

/// An entry as announced after its COMMIT.
#[derive(Debug, Clone)]
pub struct Published {
    /// The entry.
    pub seq: u64,
    /// Its kind.
    pub kind: String,
    /// When it was recorded.
    pub at: Timestamp,
    /// The kiosk, for scans.
    pub kiosk: Option<String>,
    /// The lane at that kiosk.
    pub lane: Option<String>,
    /// The scanner, for scans.
    pub device: Option<String>,
    /// Who.
    pub actor: String,
    /// The chart it is about, where it is one.
    pub chart: Option<ChartNumber>,
    /// Places whose lists may have changed.
    pub places: Vec<PlaceCode>,
    /// The alert it opened or changed (the last, of several).
    pub alert: Option<AlertRow>,
    /// The print job it made or changed (the last, of several).
    pub print_job: Option<PrintJobRow>,
    /// The receipt, for scans.
    pub receipt: Option<Receipt>,
}

/// The ledger: a handle that is cheap to clone. The last one dropped stops the writer and releases the directory.
#[derive(Clone)]
pub struct Ledger {}

impl Ledger {
    /// Opens the ledger in `options.dir`, makes or migrates it where needed, and starts its threads.
    pub fn open(options: OpenOptions) -> Result<Ledger, OpenError> {
        let _ = options;
        todo!()
    }

    /// Records a scan and says what it came to. Answers after COMMIT only.
    pub async fn scan(&self, scan: Scan) -> Result<Receipt, ScanError> {
        let _ = scan;
        todo!()
    }

    /// The same from a thread of its own (device readers); never call it inside the async runtime.
    pub fn scan_blocking(&self, scan: Scan) -> Result<Receipt, ScanError> {
        let _ = scan;
        todo!()
    }

    /// Makes a change. Answers after COMMIT only.
    pub async fn change<C: Change>(&self, by: &Actor, change: C) -> Result<C::Made, ChangeError> {
        let _ = (by, change);
        todo!()
    }

    /// The same from a thread of its own; never call it inside the async runtime.
    pub fn change_blocking<C: Change>(&self, by: &Actor, change: C) -> Result<C::Made, ChangeError> {
        let _ = (by, change);
        todo!()
    }

    /// Reads on a connection of the pool, on a blocking thread; never waits for the writer.
    pub async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Reader) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ReadError> {
        let _ = question;
        todo!()
    }

    /// The same on the calling thread.
    pub fn read_blocking<T>(&self, question: impl FnOnce(&Reader) -> Result<T, ReadError>) -> Result<T, ReadError> {
        let _ = question;
        todo!()
    }

    /// Every entry from now on, after its COMMIT. A receiver that lags must read on from the entries by `seq`.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Published>> {
        todo!()
    }

    /// The newest committed entry.
    pub fn head(&self) -> Head {
        todo!()
    }

    /// The ledger's epoch.
    pub fn epoch(&self) -> Uuid {
        todo!()
    }

    /// A lane's session as a screen shows it.
    pub async fn session(&self, kiosk: &str, lane: &str) -> Result<ReceiptSession, ReadError> {
        let _ = (kiosk, lane);
        todo!()
    }

    /// A touch on the screen keeps the lane's session alive; answers with the session.
    pub async fn touch(&self, kiosk: &str, lane: &str) -> Result<ReceiptSession, ReadError> {
        let _ = (kiosk, lane);
        todo!()
    }

    /// The configured kiosks.
    pub fn kiosks(&self) -> &[Kiosk] {
        todo!()
    }

    /// The ledger's clock.
    pub fn now(&self) -> Timestamp {
        todo!()
    }
}
