//! What the rest of the house may ask of the ledger.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{broadcast, oneshot};
use uuid::Uuid;

use super::changes::Change;
use super::clock::{Clock, Ids};
use super::error::{ChangeError, OpenError, ReadError, ScanError};
use super::jobs::{ChangeJob, Job, ScanJob, TouchJob};
use super::kiosks::Kiosks;
use super::open::{Inner, open};
use super::reader::Reader;
use super::scanning::{Echo, Origin};
use super::shared::Pace;
use super::{AlertRow, PrintJobRow, scanning};
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
    /// What the LABEL command prints at a printer, where that is not the usual folder label: a template by printer's id.
    pub chart_labels: HashMap<String, String>,
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

/// How a scan with an id of its own came in (HTTP, an agent's queue).
#[derive(Debug, Clone, Default)]
pub struct Sent {
    /// The computer that read it calls it an echo: it is written down and does nothing. Only a scanner has echoes; a scan
    /// without one is recorded as any other.
    pub echo: bool,
    /// Who submitted it, where that is not the kiosk: whose badge was scanned there did not do it alone.
    pub by: Option<Actor>,
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
    /// It names a place that is restricted, whatever the chart is now.
    pub restricted: bool,
}

/// How long a caller waits for room in a full queue before it hears "busy".
const QUEUE_WAIT: Duration = Duration::from_secs(2);

/// What a caller hears when the writer is gone, which only happens while the process ends.
const STOPPED: &str = "the ledger is closing";

/// The ledger: a handle that is cheap to clone. The last one dropped stops the writer and releases the directory.
#[derive(Clone)]
pub struct Ledger {
    pub(super) inner: Arc<Inner>,
}

impl Ledger {
    /// Opens the ledger in `options.dir`, makes or migrates it where needed, and starts its threads.
    pub fn open(options: OpenOptions) -> Result<Ledger, OpenError> {
        Ok(Ledger { inner: Arc::new(open(options)?) })
    }

    /// Records a scan that came with an id of its own, from its kiosk, and says what it came to. Answers after COMMIT
    /// only.
    pub async fn scan(&self, scan: Scan) -> Result<Receipt, ScanError> {
        self.scan_sent(scan, Sent::default()).await
    }

    /// The same of a scan that came in as `sent` says.
    pub async fn scan_sent(&self, scan: Scan, sent: Sent) -> Result<Receipt, ScanError> {
        let echo = if sent.echo { Echo::Said } else { Echo::Never };
        let origin = Origin { echo, submitted_by: sent.by };
        scanning::check(&scan)?;
        let (reply, answer) = oneshot::channel();
        let room = tokio::time::timeout(QUEUE_WAIT, self.inner.live().send(ScanJob::boxed(scan, origin, reply)));
        match room.await {
            Err(_) => return Err(ScanError::Busy),
            Ok(Err(_)) => return Err(ScanError::NotRecorded(STOPPED.into())),
            Ok(Ok(())) => {}
        }
        answer.await.unwrap_or_else(|_| Err(ScanError::NotRecorded(STOPPED.into())))
    }

    /// Records a scan that one of our own readers made, from that reader's thread: the echo rule applies to it, with the
    /// usual window of two seconds. Never call it inside the async runtime.
    pub fn scan_blocking(&self, scan: Scan) -> Result<Receipt, ScanError> {
        self.scan_read(scan, Duration::from_secs(2))
    }

    /// The same: the same code from the same reader within `echo_window`, nothing between, is an echo; at zero none is.
    pub fn scan_read(&self, scan: Scan, echo_window: Duration) -> Result<Receipt, ScanError> {
        scanning::check(&scan)?;
        let (reply, answer) = oneshot::channel();
        let window = SignedDuration::try_from(echo_window).unwrap_or(SignedDuration::MAX);
        let origin = Origin { echo: Echo::Within(window), submitted_by: None };
        let sent = self.inner.live().blocking_send(ScanJob::boxed(scan, origin, reply));
        sent.map_err(|_| ScanError::NotRecorded(STOPPED.into()))?;
        answer.blocking_recv().unwrap_or_else(|_| Err(ScanError::NotRecorded(STOPPED.into())))
    }

    /// Makes a change. Answers after COMMIT only. Background changes wait for room as long as it takes, which is what
    /// keeps an import at the writer's pace.
    pub async fn change<C: Change>(&self, by: &Actor, change: C) -> Result<C::Made, ChangeError> {
        let (reply, answer) = oneshot::channel();
        let job: Box<dyn Job> = ChangeJob::boxed(by.clone(), change, reply);
        let stopped = || ChangeError::NotRecorded(STOPPED.into());
        if C::BACKGROUND {
            self.inner.background().send(job).await.map_err(|_| stopped())?;
        } else {
            let room = tokio::time::timeout(QUEUE_WAIT, self.inner.live().send(job)).await;
            let room = room.map_err(|_| ChangeError::NotRecorded("the ledger is busy: try again".into()))?;
            room.map_err(|_| stopped())?;
        }
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// The same from a thread of its own; never call it inside the async runtime.
    pub fn change_blocking<C: Change>(&self, by: &Actor, change: C) -> Result<C::Made, ChangeError> {
        let (reply, answer) = oneshot::channel();
        let queue = if C::BACKGROUND { self.inner.background() } else { self.inner.live() };
        let stopped = || ChangeError::NotRecorded(STOPPED.into());
        queue.blocking_send(ChangeJob::boxed(by.clone(), change, reply)).map_err(|_| stopped())?;
        answer.blocking_recv().unwrap_or_else(|_| Err(stopped()))
    }

    /// Reads on a connection of the pool, on a blocking thread; never waits for the writer.
    pub async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Reader) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ReadError> {
        let _room = self.inner.readers.room().await;
        let inner = self.inner.clone();
        let asked = tokio::task::spawn_blocking(move || inner.readers.ask(question));
        asked.await.unwrap_or_else(|error| Err(ReadError::Failed(error.to_string())))
    }

    /// The same on the calling thread.
    pub fn read_blocking<T>(&self, question: impl FnOnce(&Reader) -> Result<T, ReadError>) -> Result<T, ReadError> {
        self.inner.readers.ask(question)
    }

    /// Every entry from now on, after its COMMIT. A receiver that lags must read on from the entries by `seq`.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Published>> {
        self.inner.shared.announce.subscribe()
    }

    /// The newest committed entry.
    pub fn head(&self) -> Head {
        *self.inner.shared.head.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ledger's epoch.
    pub fn epoch(&self) -> Uuid {
        self.head().epoch
    }

    /// A lane's session as a screen shows it.
    pub async fn session(&self, kiosk: &str, lane: &str) -> Result<ReceiptSession, ReadError> {
        let lane = (kiosk.to_owned(), lane.to_owned());
        let session = self.inner.session(&lane);
        self.read(move |reader| scanning::session_view(reader, &lane, &session)).await
    }

    /// A touch on the screen keeps the lane's session alive; answers with the session.
    pub async fn touch(&self, kiosk: &str, lane: &str) -> Result<ReceiptSession, ReadError> {
        let (reply, answer) = oneshot::channel();
        let job = TouchJob::boxed((kiosk.to_owned(), lane.to_owned()), reply);
        // A touch is no record: where the ledger is too busy for it, the session as it is is the answer.
        if self.inner.live().try_send(job).is_ok() {
            let _ = answer.await;
        }
        self.session(kiosk, lane).await
    }

    /// How the writer has kept up since the ledger was opened.
    pub fn pace(&self) -> Pace {
        self.inner.shared.paced.pace()
    }

    /// Is the ledger still in the files that were opened? While it is not, nothing is recorded.
    pub fn is_in_place(&self) -> bool {
        self.inner.files.in_place().is_ok()
    }

    /// The kiosks as they are now, in use or not.
    pub fn kiosks(&self) -> Kiosks {
        self.inner.shared.kiosks()
    }

    /// The ledger's clock.
    pub fn now(&self) -> Timestamp {
        self.inner.fixed.clock.now()
    }

    /// The data directory.
    pub fn dir(&self) -> &std::path::Path {
        &self.inner.fixed.dir
    }
}
