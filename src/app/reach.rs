//! A command's way to the ledger: its own where no server runs, through the server where one does.

use std::sync::Arc;

use super::control::Remote;
use super::printing;
use super::say::Failure;
use super::tasks::{Done, Task};
use crate::config::Config;
use crate::ledger::{Ledger, OpenError, OpenOptions, RandomIds, SystemClock};

/// Where a command's work is done.
pub enum Reach {
    /// Here: this process holds the ledger.
    Here(Ledger),
    /// In the running server.
    There(Remote),
}

impl Reach {
    /// Opens the ledger, or connects to the server that holds it.
    pub fn open(config: &Config) -> Result<Reach, Failure> {
        match open(config) {
            Ok(ledger) => Ok(Reach::Here(ledger)),
            Err(OpenError::Locked { dir }) => Remote::connect(&dir).map(Reach::There).map_err(|error| {
                Failure::new(format_args!(
                    "{} is in use by another process that does not take commands ({error}): stop it, then run this again",
                    dir.display()
                ))
            }),
            Err(error) => Err(Failure::new(error)),
        }
    }

    /// Does `task` here or there.
    pub fn run(&mut self, task: &Task) -> Result<Done, Failure> {
        match self {
            Reach::Here(ledger) => task.run(ledger).map_err(Failure::new),
            Reach::There(remote) => remote.run(task).map_err(Failure::new),
        }
    }
}

/// The ledger of this configuration.
pub fn open(config: &Config) -> Result<Ledger, OpenError> {
    Ledger::open(options(config))
}

/// What the ledger of this configuration is opened with.
pub fn options(config: &Config) -> OpenOptions {
    OpenOptions {
        dir: config.data_dir.clone(),
        clock: Arc::new(SystemClock),
        ids: Arc::new(RandomIds),
        kiosks: config.kiosks.clone(),
        barcodes: config.reader.clone(),
        numbering: config.numbering.clone(),
        zone: config.time_zone.clone(),
        chart_labels: printing::chart_labels(config),
    }
}
