//! Printers: how bytes get to one, and what is honestly known afterwards.
//!
//! Handing bytes over is not printing. [`SendOutcome`] has three answers: nothing left this machine (safe to send
//! again), all of it was handed over, or something in between, which a person must look at. What was handed over can
//! be followed ([`Printer::follow_all`]), and only the printer's own count makes it [`Progress::Printed`]; see [`track`]
//! for what counts as one. All calls block and belong on a thread of their own; each ends within its named limits.

mod convoy;
#[cfg(test)]
mod convoy_tests;
mod device;
mod dialect;
pub mod fault;
pub mod folder;
pub mod host_status;
pub mod ipp;
pub mod ipp_access;
mod ipp_reasons;
pub mod other_status;
mod port;
pub mod ql_status;
#[cfg(test)]
mod ql_tspl_tests;
pub mod raw;
#[cfg(test)]
mod raw_tests;
mod reports;
pub mod sim;
mod sim_line;
pub mod sim_ql;
pub mod sim_server;
pub mod sim_tspl;
mod tcp;
pub mod track;
mod watchdog;

use std::io;
use std::path::Path;

use crate::profile::LineSettings;

pub use fault::{Fault, Health, PrinterState, Warning};
pub use host_status::HostStatus;
pub use raw::{RawPrinter, Speech};
pub use track::{Doubt, Evidence, Progress, Track};
pub use watchdog::Limits;

/// One job: the bytes of one or more labels, with a name that a folder can use as a file's.
#[derive(Debug, Clone, Copy)]
pub struct Payload<'a> {
    /// What it is called, with its extension (`job-12.zpl`). The same job has the same name each time it is sent.
    pub name: &'a str,
    /// What the printer gets.
    pub bytes: &'a [u8],
    /// How many labels (pages, of a document) come out of it, copies counted.
    pub labels: u32,
    /// The language of the bytes: a word of [`crate::language::LANGUAGES`], or `pdf`.
    pub language: &'a str,
}

/// What is known after sending.
#[derive(Debug)]
pub enum SendOutcome {
    /// Nothing left this machine: the job can be sent again without harm.
    NothingSent(SendError),
    /// All of it was handed over. That is not "printed": give the track to [`Printer::follow_all`].
    Sent(Track),
    /// Some or all of it may have got there: sending it again may print it twice.
    Unknown {
        /// At least this much was handed over.
        sent_bytes: usize,
        /// What went wrong.
        error: SendError,
    },
}

impl SendOutcome {
    /// After a failure with `sent_bytes` gone.
    pub fn failed(sent_bytes: usize, error: SendError) -> Self {
        if sent_bytes == 0 { Self::NothingSent(error) } else { Self::Unknown { sent_bytes, error } }
    }
}

/// Why a job did not get through.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The printer could not be reached or opened.
    #[error("{to} cannot be reached: {error}")]
    Unreachable {
        /// Where it should be.
        to: String,
        /// What the system said.
        error: io::Error,
    },
    /// The line broke or the system refused to write on.
    #[error("writing to {to} failed: {error}")]
    Write {
        /// Where to.
        to: String,
        /// What the system said.
        error: io::Error,
    },
    /// The printer took no more bytes for too long.
    #[error("{to} took no more data for {seconds} s")]
    Stuck {
        /// Where to.
        to: String,
        /// For how long.
        seconds: u64,
    },
    /// The printer said beforehand that it cannot print this.
    #[error("{to} cannot print now: {}", fault::advice(faults))]
    NotReady {
        /// Which.
        to: String,
        /// Why.
        faults: Vec<Fault>,
    },
    /// Other labels are loaded than this job is for.
    #[error("{to} is loaded with {loaded}, this job needs {needed}: change the roll")]
    WrongStock {
        /// Which.
        to: String,
        /// What the printer says is in it.
        loaded: String,
        /// What the job was made for.
        needed: String,
    },
    /// The printer or its queue refused the job.
    #[error("{to} refused the job: {why}")]
    Refused {
        /// Which.
        to: String,
        /// In its words.
        why: String,
    },
    /// An earlier job still hangs in the system's hands.
    #[error("{to} still holds up an earlier job: switch it off and on")]
    StillStuck {
        /// Where to.
        to: String,
    },
}

/// A way to a printer.
pub trait Printer: Send + Sync {
    /// Hands `job` over. Blocks, within the transport's limits.
    fn send(&self, job: Payload<'_>) -> SendOutcome;

    /// Asks what became of jobs that were sent, oldest first; one answer for each, in order. Blocks, within the
    /// transport's limits. Ask again, with the same tracks, while an answer is [`Progress::StillPrinting`], as late as that
    /// says; every other answer is the last one. While a track [is alone](Track::is_alone) nothing else may be sent or
    /// asked, or the printer's count is of both.
    fn follow_all(&self, tracks: &mut [Track]) -> Vec<Progress>;

    /// The same of one job.
    fn follow(&self, track: &mut Track) -> Progress {
        self.follow_all(std::slice::from_mut(track)).pop().unwrap_or(Progress::Unproven(Doubt::CannotCount))
    }

    /// Asks how it is. Blocks, within the transport's limits.
    fn health(&self) -> Health;

    /// Whether it can print, as part of its health.
    fn state(&self) -> PrinterState {
        self.health().state
    }

    /// The transport's word: `tcp`, `serial`, `device`, `ipp`, `folder`, `sim`.
    fn transport(&self) -> &'static str;

    /// Is it known for certain when it cannot be reached? Then trying is no use, and its jobs wait. Of others only a try
    /// tells.
    fn knows_when_away(&self) -> bool {
        false
    }

    /// Is it made of software?
    fn simulated(&self) -> bool {
        false
    }
}

/// A printer on raw TCP at `host:port`.
pub fn tcp(address: &str, speech: &Speech, limits: Limits) -> RawPrinter {
    RawPrinter::new(tcp::Tcp(address.to_owned()), speech, limits)
}

/// A printer on a serial line.
pub fn serial(path: &Path, line: LineSettings, speech: &Speech, limits: Limits) -> RawPrinter {
    RawPrinter::new(device::Serial { path: path.to_owned(), line }, speech, limits)
}

/// A printer behind a device file, such as `/dev/usb/lp0`.
pub fn device(path: &Path, speech: &Speech, limits: Limits) -> RawPrinter {
    RawPrinter::new(device::Device(path.to_owned()), speech, limits)
}
