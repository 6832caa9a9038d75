//! Scans from the devices of this machine: the way from a scanner's frames to the ledger.
//!
//! ```text
//! scanner thread -> framer -> bounded queue -> recorder thread -> Ledger::scan_blocking
//!      ^              \-> state of the device -> board -> kiosks, console, alerts
//!      \--------------- bell: the verdict's tone, after the commit ---------------/
//! ```
//! Each scanner has its own two threads, so that one that hangs holds up no other. A scan keeps its id and the time it
//! was read until the ledger has it: when the ledger cannot commit, it is offered again in its order; when the queue
//! is full the scanner is made to wait. Both are a state of the device that kiosks show. Nothing is dropped silently.

mod alerts;
mod board;
mod line;
mod rate;
mod recorder;
mod status;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use outguide_hardware::drivers::ScannerTransport;
use outguide_hardware::profile::Profile;
use outguide_hardware::scanner::Stop;
use outguide_hardware::scanner::bell::Bell;
use outguide_hardware::scanner::sim::SimHand;
use tokio::sync::broadcast;

use crate::ledger::Ids;
use board::Board;
pub use recorder::{Recorder, Taken};
pub use status::{DeviceState, DeviceStatus};

/// How many scans of one device can wait for the ledger.
pub const QUEUE_MAX_SCANS: usize = 256;

/// A scanner as it was configured.
#[derive(Debug)]
pub struct ScannerSpec {
    /// Its id.
    pub id: String,
    /// The kiosk it belongs to.
    pub kiosk: String,
    /// The way to it.
    pub transport: ScannerTransport,
    /// How it speaks.
    pub profile: Profile,
    /// Its lane, empty for the kiosk's only one.
    pub lane: String,
    /// The same code again within this time, nothing between, is an echo.
    pub echo_window: Duration,
}

/// Why the devices could not be started. What can go wrong with a device itself is its state, not an error.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Two scanners share an id.
    #[error("two scanners are called {0:?}: give each an id of its own")]
    SameId(String),
    /// The system gives no more threads.
    #[error("no thread could be started: {0}")]
    NoThread(#[from] std::io::Error),
}

/// The devices of this machine at work.
pub struct Intake {
    board: Arc<Board>,
    recorder: Arc<dyn Recorder>,
    hands: HashMap<String, SimHand>,
    bells: HashMap<String, Bell>,
    stop: Stop,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Intake {
    /// Starts every scanner. They are tried in the background: see [`Intake::all_tried`].
    pub fn start(
        recorder: Arc<dyn Recorder>,
        ids: Arc<dyn Ids>,
        scanners: Vec<ScannerSpec>,
    ) -> Result<Intake, StartError> {
        let mut board = Board::default();
        for spec in &scanners {
            if !board.add(spec, recorder.now()) {
                return Err(StartError::SameId(spec.id.clone()));
            }
        }
        let mut intake = Intake {
            board: Arc::new(board),
            recorder: Arc::clone(&recorder),
            hands: HashMap::new(),
            bells: HashMap::new(),
            stop: Stop::default(),
            threads: Mutex::new(Vec::new()),
        };
        let mut threads = Vec::new();
        for spec in scanners {
            let id = spec.id.clone();
            let (scanner, hand) = spec.transport.scanner(&spec.profile);
            let bell = scanner.bell();
            let line = line::Line {
                device: spec.id,
                kiosk: spec.kiosk,
                lane: spec.lane,
                echo_window: spec.echo_window,
                bell: bell.clone(),
                board: Arc::clone(&intake.board),
                recorder: Arc::clone(&recorder),
                ids: Arc::clone(&ids),
                stop: intake.stop.clone(),
            };
            intake.bells.extend(bell.map(|bell| (id.clone(), bell)));
            threads.extend(line.start(scanner)?);
            intake.hands.extend(hand.map(|hand| (id, hand)));
        }
        threads.push(alerts::start(Arc::clone(&intake.board), recorder, intake.stop.clone())?);
        intake.threads = Mutex::new(threads);
        Ok(intake)
    }

    /// The ways back to those scanners that can sound a tone.
    pub fn bells(&self) -> HashMap<String, Bell> {
        self.bells.clone()
    }

    /// How every device is, in the order of the configuration.
    pub fn statuses(&self) -> Vec<DeviceStatus> {
        self.board.statuses(self.recorder.now())
    }

    /// How the devices of one kiosk are.
    pub fn statuses_at(&self, kiosk: &str) -> Vec<DeviceStatus> {
        self.statuses().into_iter().filter(|status| status.kiosk == kiosk).collect()
    }

    /// Each change of a device's state from now on. A receiver that lags asks for [`Intake::statuses`] again.
    pub fn subscribe(&self) -> broadcast::Receiver<DeviceStatus> {
        self.board.subscribe()
    }

    /// Has every device been tried at least once?
    pub fn all_tried(&self) -> bool {
        self.statuses().iter().all(|status| status.state != DeviceState::Connecting)
    }

    /// The hand on a simulated scanner, by the device's id.
    pub fn hand(&self, device: &str) -> Option<SimHand> {
        self.hands.get(device).cloned()
    }

    /// The hand on the first simulated scanner of a kiosk.
    pub fn hand_at(&self, kiosk: &str) -> Option<SimHand> {
        let simulated = self.statuses().into_iter().find(|status| status.kiosk == kiosk && status.simulated)?;
        self.hand(&simulated.id)
    }

    /// Stops reading, offers what waits to the ledger once more, and waits for the threads. Call it before the ledger
    /// is closed, and never inside the async runtime.
    pub fn stop(&self) {
        self.stop.set();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            let _ = thread.join();
        }
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        self.stop.set();
    }
}
