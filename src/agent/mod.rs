//! `outguide agent`: a kiosk's own small computer drives its scanners and printer and serves its page, through outages.
//! It has no ledger and judges nothing; it keeps, forwards, prints and shows.
//!
//! # A scan
//! ```text
//! scanner -> framer -> store (fsync) -> "saved here, not yet recorded" -> POST .../scans -> receipt -> kept 7 days
//! page ---- POST ----/      \-> told to the page when no receipt came within 1.5 s, at once without the server
//! ```
//! [`recorder`] puts each scan on disk with its id and the queue's next number before anything else. [`forward`] sends
//! them one by one in that order. A scan leaves the queue when a receipt names its entry, or when the server will never
//! take it (4xx): then it is parked in sight of staff and the next goes on. 401, 403 and 404 mean that this kiosk may not,
//! whatever it sends: everything waits, the page says so. All else is tried again, later and later, with jitter ([`fate`]).
//! Sent twice it is harmless: the ledger knows the id. Recorded scans are kept seven days and offered again, in their old
//! places, to a ledger with another epoch. What cannot be kept (disk or queue full) makes its scanner wait and is said
//! loudly; nothing that was not recorded is ever deleted. A scanner sounds its verdict's tone when the receipt comes in
//! time, and "look at the screen" when the scan was only kept ([`tones`]).
//!
//! # The page
//! It is the kiosk's page as the server serves it, from this program, on loopback only, and needs no sign-in: who stands
//! before the computer is at the kiosk. Requests must name this computer as their host, and changes must carry the header
//! of our own pages, so that no foreign page can reach in. Scans of the page (touched, typed, a keyboard wedge) go into the
//! same queue under the id that the page gave them: the answer is the receipt when it comes at once, else 202 "kept here",
//! with which the page hands the scan over and forgets it. So there is one queue and one order, and a page that asks again
//! meets its own id. The kiosk's state and touches are asked of the server, with the kiosk's token and never a user's;
//! the kiosk's live events are followed by [`news`] and passed on; receipts of scans sent from here are told by their
//! sender. Without the server the page gets what was known last, in the language that the kiosk speaks, without patients,
//! and the last receipts of this run; what the page itself showed last it keeps itself.
//!
//! # A print job
//! The server's outbox has printers whose transport is `agent`; [`remote`] is how they look there. Its worker notes the job
//! as `sending` and offers its bytes; [`print`] puts the offer on disk, takes it for good, notes it as `sending` on this
//! side too, and only then sends the first byte. Its fate stays on disk until the server's ledger has it. Whoever dies
//! when: an offer that was not taken was not sent; one that was `sending` here is `unknown`; the server makes what it does
//! not hear of `unknown` as well, and follows when the agent tells more. Labels' bytes, which name patients, are erased
//! from this disk as soon as the job's fate is known.
//!
//! # Trust
//! The server's certificate must be signed by the site's own authority; the kiosk's token is in a file that nobody else
//! may read, put there by `outguide agent enrol` with a one-time code. A withdrawn token bars the agent; scans are kept.
//!
//! # Versions
//! Each contact begins with a greeting in which both say which protocols they speak ([`protocol`]). Neighbours agree;
//! strangers say who has to be updated, and scans wait. Forms pass over what they do not know ([`wire`]).

mod fate;
mod forward;
mod news;
mod presence;
mod print;
pub mod protocol;
mod recorder;
pub mod remote;
mod report;
mod shared;
mod store;
mod tones;
mod upstream;
pub mod wire;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use jiff::Timestamp;
use outguide_hardware::printer::Printer;
use outguide_hardware::scanner::Stop;
use serde_json::{Value, json};
use tokio::sync::broadcast;

use crate::custody::Language;
use crate::intake::{Intake, ScannerSpec, StartError};
use crate::ledger::{Clock, Ids};
pub use shared::{LinkState, News};
pub use store::{Added, NewScan, StoreError};
pub use upstream::{PROGRAM, Settings, SettingsError, Unanswered, Upstream, write_token};

/// A printer at this computer.
pub struct PrinterHere {
    /// Its id, the same as at the server.
    pub id: String,
    /// What it understands.
    pub language: String,
    /// The way to it.
    pub printer: Arc<dyn Printer>,
}

/// What an agent is started with.
pub struct Parts {
    /// The way to the server.
    pub settings: Settings,
    /// Where scans wait.
    pub data_dir: PathBuf,
    /// How many can wait or be parked.
    pub max_scans: u64,
    /// The scanners.
    pub scanners: Vec<ScannerSpec>,
    /// The printers.
    pub printers: Vec<PrinterHere>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Gives scans their ids.
    pub ids: Arc<dyn Ids>,
    /// A random number, for jitter.
    pub dice: Arc<dyn Fn() -> u32 + Send + Sync>,
}

/// Why an agent cannot start. What can go wrong with the server or a device is its state, not an error.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The token or the authority cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The outbox cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The scanners cannot be started.
    #[error(transparent)]
    Devices(#[from] StartError),
    /// The system gives no more threads.
    #[error("no thread could be started: {0}")]
    NoThread(#[from] std::io::Error),
}

/// A running agent.
pub struct Agent {
    keeper: Arc<recorder::Keeper>,
    intake: Arc<Intake>,
    upstream: Upstream,
    stop: Stop,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Agent {
    /// Starts every part. The server need not be there.
    pub fn start(parts: Parts) -> Result<Agent, AgentError> {
        let upstream = Upstream::open(&parts.settings)?;
        let store = Arc::new(store::Store::open(&parts.data_dir, parts.max_scans)?);
        let (shared, stop) = (Arc::new(shared::Shared::default()), Stop::default());
        let (clock, version) = (parts.clock, parts.settings.version.clone());
        let tones = Arc::new(tones::Tones::default());
        let keeper = Arc::new(recorder::Keeper {
            store: Arc::clone(&store),
            shared: Arc::clone(&shared),
            tones: Arc::clone(&tones),
            clock: Arc::clone(&clock),
        });
        let own_devices = parts.scanners.iter().map(|scanner| scanner.id.clone()).collect();
        let echo_windows = parts.scanners.iter().map(|scanner| (scanner.id.clone(), scanner.echo_window)).collect();
        let intake = Arc::new(Intake::start(Arc::clone(&keeper) as _, parts.ids, parts.scanners)?);
        tones.set_bells(intake.bells());
        let forwarder = Arc::new(forward::Forwarder {
            store: Arc::clone(&store),
            shared: Arc::clone(&shared),
            tones: Arc::clone(&tones),
            echo_windows,
            upstream: upstream.clone(),
            clock: Arc::clone(&clock),
            dice: parts.dice,
            stop: stop.clone(),
        });
        let follower = news::Follower {
            store: Arc::clone(&store),
            shared: Arc::clone(&shared),
            upstream: upstream.clone(),
            own_devices,
            stop: stop.clone(),
        };
        let page = report::PageTeller {
            store: Arc::clone(&store),
            shared: Arc::clone(&shared),
            tones,
            clock,
            stop: stop.clone(),
        };
        let server = report::ServerTeller {
            store: Arc::clone(&store),
            shared: Arc::clone(&shared),
            intake: Arc::clone(&intake),
            upstream: upstream.clone(),
            forwarder: Arc::clone(&forwarder),
            version,
            stop: stop.clone(),
        };
        let mut threads = vec![
            spawn("forward", move || forwarder.run())?,
            spawn("follow", move || follower.run())?,
            spawn("tell-page", move || page.run())?,
            spawn("tell-server", move || server.run())?,
        ];
        for PrinterHere { id, language, printer } in parts.printers {
            let (store, shared) = (Arc::clone(&store), Arc::clone(&shared));
            let (upstream, stop) = (upstream.clone(), stop.clone());
            let worker = print::PrintWorker { id, language, printer, store, shared, upstream, stop };
            threads.push(spawn("print", move || worker.run())?);
        }
        Ok(Agent { keeper, intake, upstream, stop, threads: Mutex::new(threads) })
    }

    /// The kiosk.
    pub fn kiosk(&self) -> &str {
        self.upstream.kiosk()
    }

    /// Now, by this computer's clock.
    pub fn now(&self) -> Timestamp {
        self.keeper.clock.now()
    }

    /// What the page is told from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<News> {
        self.keeper.shared.subscribe()
    }

    /// Each change of a scanner from now on.
    pub fn subscribe_devices(&self) -> broadcast::Receiver<crate::intake::DeviceStatus> {
        self.intake.subscribe()
    }

    /// Puts a scan of the page into the queue. Blocks for a disk write.
    pub fn keep(&self, scan: &NewScan) -> Result<Added, StoreError> {
        self.keeper.keep(scan)
    }

    /// Staff decided about a parked scan: to be sent again, or to be set aside. Was it there?
    pub fn decide(&self, queue_seq: u64, send_again: bool) -> Result<bool, StoreError> {
        let store = &self.keeper.store;
        let found = if send_again { store.unpark(queue_seq)? } else { store.set_aside(queue_seq, self.now())? };
        self.keeper.shared.queued();
        Ok(found)
    }

    /// The kiosk as its page shows it: as the server says, or as it said last, with this computer's own scanners, and how
    /// the agent is. `None`: the server was never reached. Blocks for an answer of the server.
    pub fn view(&self) -> Result<Option<Value>, StoreError> {
        let (store, shared) = (&self.keeper.store, &self.keeper.shared);
        let fresh = if shared.reached() { report::server_view(&self.upstream) } else { None };
        let live = fresh.is_some();
        let remembered = || -> Result<Option<Value>, StoreError> {
            Ok(store.fact(report::VIEW)?.and_then(|text| serde_json::from_str(&text).ok()))
        };
        let Some(mut view) = fresh.map_or_else(remembered, |view| Ok(Some(view)))? else { return Ok(None) };
        let agent = self.state()?;
        let Some(fields) = view.as_object_mut() else { return Ok(None) };
        if live {
            report::remember_view(store, fields)?;
        } else {
            fields.insert("recent".to_owned(), shared.recent().into());
        }
        let own = self.intake.statuses();
        let others = fields.remove("devices").and_then(|devices| devices.as_array().cloned()).unwrap_or_default();
        let elsewhere = |device: &Value| !own.iter().any(|own| device["id"] == own.id.as_str());
        let devices: Vec<Value> =
            own.iter().map(|own| json!(own)).chain(others.into_iter().filter(elsewhere)).collect();
        fields.insert("devices".to_owned(), devices.into());
        fields.insert("agent".to_owned(), agent);
        Ok(Some(view))
    }

    /// What the kiosk speaks, as the server said last. Never reached, or where the disk does not tell: the usual.
    pub fn language(&self) -> Language {
        let view = self.keeper.store.fact(report::VIEW).ok().flatten();
        let view = view.and_then(|text| serde_json::from_str::<Value>(&text).ok()).unwrap_or_default();
        view["language"].as_str().and_then(Language::from_tag).unwrap_or_default()
    }

    /// How the agent is, for its page.
    pub fn state(&self) -> Result<Value, StoreError> {
        report::agent_view(&self.keeper.store, &self.keeper.shared)
    }

    /// Keeps a lane's session alive at the server: its answer, status and JSON. Blocks for it.
    pub fn touch(&self, body: &Value) -> Result<(u16, Value), Unanswered> {
        if !self.keeper.shared.reached() {
            return Err(Unanswered(self.keeper.shared.link().why.unwrap_or_default()));
        }
        let answer = self.upstream.post(&self.upstream.kiosk_path("/touch"), body)?;
        Ok((answer.status, answer.body))
    }

    /// Have all devices been tried?
    pub fn all_tried(&self) -> bool {
        self.intake.all_tried()
    }

    /// Stops reading, puts what scanners hold on disk, and waits for the threads. Never inside the async runtime.
    pub fn stop(&self) {
        self.intake.stop();
        self.stop.set();
        self.keeper.shared.queued();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // One that panicked has said so in the log; what it had on disk is there.
            let _ended = thread.join();
        }
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    thread::Builder::new().name(format!("agent-{name}")).spawn(work)
}
