//! Opens an alert for a device that stays away, and closes it when it is back.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use outguide_hardware::scanner::Stop;

use super::board::Board;
use super::{DeviceState, Recorder};

/// A device may be away so long (a new battery, a plug that was moved) before anyone is called.
const ALERT_AFTER: Duration = Duration::from_secs(15);
/// How often the board is looked at.
const TURN: Duration = Duration::from_secs(1);

/// Looks at the board until `stop`.
pub fn start(board: Arc<Board>, recorder: Arc<dyn Recorder>, stop: Stop) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name("device-alerts".into()).spawn(move || {
        let mut keeper = Keeper::default();
        while !stop.wait(TURN) {
            keeper.turn(&board, recorder.as_ref(), Instant::now());
        }
    })
}

/// What was last said of a device's alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Open,
    Closed,
}

/// Remembers since when each device is away and what was said. At the start nothing was said: an alert of an earlier
/// run is closed by the first turn that finds the device well.
#[derive(Debug, Default)]
pub struct Keeper {
    away_since: HashMap<String, Instant>,
    said: HashMap<String, Said>,
}

impl Keeper {
    /// Compares the board with what was said. What the ledger does not take now is said again at the next turn.
    pub fn turn(&mut self, board: &Board, recorder: &dyn Recorder, now: Instant) {
        for status in board.statuses(recorder.now()) {
            let well = status.state == DeviceState::Ready;
            let due = match status.state {
                DeviceState::Ready => true,
                // Being tried: neither here nor away.
                DeviceState::Connecting => continue,
                _ => now.duration_since(*self.away_since.entry(status.id.clone()).or_insert(now)) >= ALERT_AFTER,
            };
            if well {
                self.away_since.remove(&status.id);
            }
            let say = if well { Said::Closed } else { Said::Open };
            if !due || self.said.get(&status.id) == Some(&say) {
                continue;
            }
            let taken = if well { recorder.settle(&status.id) } else { recorder.raise(&status.id, &status.kiosk) };
            match taken {
                Ok(()) => {
                    self.said.insert(status.id, say);
                }
                Err(error) => tracing::warn!(device = status.id, %error, "a device alert was not recorded"),
            }
        }
    }
}
