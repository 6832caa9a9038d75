//! Printers: how bytes get to one, and what is honestly known afterwards.
//!
//! No transport here can know that a label was printed. [`SendOutcome`] therefore has three answers: nothing left this
//! machine (safe to send again), all of it was handed over, or something in between, which a person must look at.
//! All calls block and belong on a thread of their own; each ends within its named limits.

pub mod device;
pub mod folder;
pub mod host_status;
pub mod sim;
pub mod sim_server;
pub mod tcp;
mod watchdog;

use std::io;

pub use host_status::HostStatus;

/// One job: the bytes of one or more labels, with a name that a folder can use as a file's.
#[derive(Debug, Clone, Copy)]
pub struct Payload<'a> {
    /// What it is called, with its extension (`job-12.zpl`). The same job has the same name each time it is sent.
    pub name: &'a str,
    /// What the printer gets.
    pub bytes: &'a [u8],
}

/// What is known after sending.
#[derive(Debug)]
pub enum SendOutcome {
    /// Nothing left this machine: the job can be sent again without harm.
    NothingSent(SendError),
    /// All of it was handed over. That is not "printed".
    Sent,
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
    /// An earlier job still hangs in the system's hands.
    #[error("{to} still holds up an earlier job: switch it off and on")]
    StillStuck {
        /// Where to.
        to: String,
    },
}

/// What stops a printer, in the words of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// No labels left.
    PaperOut,
    /// No ribbon left.
    RibbonOut,
    /// The head is open.
    HeadOpen,
    /// Someone pressed pause.
    Paused,
    /// It takes no more data.
    BufferFull,
    /// Its memory is damaged.
    CorruptMemory,
    /// The head is too hot or too cold.
    HeadTemperature,
    /// It answers nothing, as newer printers do while they lack labels or stand open.
    NoAnswer,
    /// It cannot be reached.
    Unreachable,
}

impl Fault {
    /// The word for it in alerts and HTTP.
    pub fn word(self) -> &'static str {
        match self {
            Fault::PaperOut => "paper_out",
            Fault::RibbonOut => "ribbon_out",
            Fault::HeadOpen => "head_open",
            Fault::Paused => "paused",
            Fault::BufferFull => "buffer_full",
            Fault::CorruptMemory => "corrupt_memory",
            Fault::HeadTemperature => "head_temperature",
            Fault::NoAnswer => "no_answer",
            Fault::Unreachable => "unreachable",
        }
    }
}

/// What a printer says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrinterState {
    /// It said that it is ready.
    Ready,
    /// It is not ready; why, in its own order.
    NotReady(Vec<Fault>),
    /// This transport has no way to ask; the place it leads to is there.
    CannotAsk,
}

impl PrinterState {
    /// The word for it in HTTP: `ready`, `not_ready`, `unasked`.
    pub fn word(&self) -> &'static str {
        match self {
            PrinterState::Ready => "ready",
            PrinterState::NotReady(_) => "not_ready",
            PrinterState::CannotAsk => "unasked",
        }
    }
}

/// A way to a printer.
pub trait Printer: Send + Sync {
    /// Hands `job` over. Blocks, within the transport's limits.
    fn send(&self, job: Payload<'_>) -> SendOutcome;

    /// Asks how it is. Blocks, within the transport's limits.
    fn state(&self) -> PrinterState;

    /// The transport's word: `tcp`, `serial`, `device`, `folder`, `sim`.
    fn transport(&self) -> &'static str;

    /// Is it made of software?
    fn simulated(&self) -> bool {
        false
    }
}
