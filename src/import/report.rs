//! How far an import has come, and what it came to.

use std::io;
use std::path::PathBuf;

use super::columns::HeaderFault;
use super::rows::SinkError;

/// How far an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Bytes read.
    pub bytes: u64,
    /// Bytes in the file.
    pub bytes_total: u64,
    /// Rows that are new.
    pub added: u64,
    /// Rows that were there and differed.
    pub changed: u64,
    /// Rows that were there, the same.
    pub unchanged: u64,
    /// Rows that were not taken.
    pub rejected: u64,
}

/// What an import came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportReport {
    /// The counts at the end.
    pub counts: Progress,
    /// The file of rejects, if there were any.
    pub rejects: Option<PathBuf>,
}

/// Why an import stopped. What was loaded stays; it can be run again.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file, or the file of rejects.
    #[error("{}: {source}", .path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The header row; nothing was loaded.
    #[error("{}: {fault}", .path.display())]
    Header {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        fault: HeaderFault,
    },
    /// The ledger did not take a chunk.
    #[error("stopped before line {line}: {source}. What was loaded stays; run the import again to go on")]
    Sink {
        /// What stands before it was loaded, perhaps more.
        line: u64,
        /// Why.
        source: SinkError,
    },
}
