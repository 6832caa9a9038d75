//! The ledger's errors, one enum for each border. Expected refusals of scans are verdicts, not errors.

use std::path::PathBuf;

/// Why a ledger could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("{dir} is in use by another Outguide process; stop it first, or use the command that goes through it")]
    Locked {
        /// The data directory.
        dir: PathBuf,
    },
    /// The directory or a file in it cannot be used.
    #[error("{path}: {source}")]
    Io {
        /// What was opened.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is no ledger, but one that a restore set aside.
    #[error(
        "{dir} holds no ledger, and a former one is in {former}: a restore was interrupted. Run `outguide restore` again; \
         or, to go on with the former one, move all its files back into {dir}"
    )]
    SetAside {
        /// The data directory.
        dir: PathBuf,
        /// Where the newest former ledger is.
        former: PathBuf,
    },
    /// There is no ledger, but something that belongs to one.
    #[error(
        "{dir} holds no ledger, but {left}, which is left of one: run `outguide restore`, or put the ledger's outguide.db \
         back; only to begin with an empty ledger, delete it"
    )]
    Left {
        /// The data directory.
        dir: PathBuf,
        /// What is left.
        left: PathBuf,
    },
    /// A newer Outguide wrote it.
    #[error("the ledger has format {found}, this Outguide knows up to {known}: use the newer Outguide that wrote it")]
    Newer {
        /// What was found.
        found: i64,
        /// The newest known here.
        known: i64,
    },
    /// The newest entry's hash does not fit its content.
    #[error("entry {seq} does not fit its hash: run `outguide verify`, and restore the last backup if it confirms")]
    Damaged {
        /// The entry.
        seq: u64,
    },
    /// SQLite said no.
    #[error("the ledger's database: {0}")]
    Sql(String),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error.to_string())
    }
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Damaged { seq } => Self::Damaged { seq },
            other => Self::Sql(other.to_string()),
        }
    }
}

/// What can go wrong between this room and its database; becomes one of the other errors at the border.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    /// SQLite said no.
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    /// A stored JSON text does not read, or something cannot be written as JSON.
    #[error("stored JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A stored value makes no sense.
    #[error("{0}")]
    Unreadable(String),
    /// The file was moved, removed or replaced while it is open here.
    #[error("{} was moved or replaced while Outguide uses it: stop Outguide, put the file back (or `outguide restore` a backup), start it again", .0.display())]
    NotInPlace(PathBuf),
    /// An entry does not fit its hash.
    #[error("entry {seq} does not fit its hash")]
    Damaged {
        /// The entry.
        seq: u64,
    },
    /// What is not yet committed may change what this depends on: it is judged when that is done. Nobody hears of it.
    #[error("what this depends on is still being recorded")]
    InFlight,
}

impl From<StoreError> for ChangeError {
    fn from(error: StoreError) -> Self {
        Self::NotRecorded(error.to_string())
    }
}

impl From<StoreError> for ScanError {
    fn from(error: StoreError) -> Self {
        Self::NotRecorded(error.to_string())
    }
}

impl From<StoreError> for ReadError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Why a scan has no receipt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// The id was used before with other data, or at another kiosk.
    #[error("this id was used before for another scan")]
    Conflict,
    /// There is no such kiosk.
    #[error("there is no kiosk {0:?}")]
    UnknownKiosk(String),
    /// The kiosk was switched off in the console.
    #[error("kiosk {0:?} is deactivated")]
    InactiveKiosk(String),
    /// Not a scan at all.
    #[error("{0}")]
    Invalid(String),
    /// The ledger could not commit: nothing happened, scan again.
    #[error("not recorded: {0}")]
    NotRecorded(String),
    /// Too many wait already; nothing happened.
    #[error("the ledger is busy: nothing happened, scan again")]
    Busy,
}

/// A change that a rule does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The rule's name, for example `refuse_when_mrn_does_not_fit`.
    pub rule: &'static str,
    /// What to do about it, for people.
    pub text: String,
    /// The field at fault, where one is.
    pub field: Option<&'static str>,
}

/// Why a change was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// A rule does not allow it.
    #[error("{}", .0.text)]
    Refused(Refusal),
    /// It exists already, or something else stands against it.
    #[error("{0}")]
    Conflict(String),
    /// Something stands against one value: another row has it, or somebody changed it meanwhile.
    #[error("{text}")]
    Clash {
        /// The field's name, as in HTTP.
        field: String,
        /// What stands against it, for people.
        text: String,
    },
    /// What should be changed does not exist.
    #[error("{0}")]
    NotFound(String),
    /// The ledger could not commit, or too many wait: nothing happened.
    #[error("not recorded: {0}")]
    NotRecorded(String),
}

impl ChangeError {
    /// A refusal by `rule` for the given field.
    pub fn refused(rule: &'static str, field: Option<&'static str>, text: impl Into<String>) -> Self {
        Self::Refused(Refusal { rule, text: text.into(), field })
    }

    /// Something stands against the value of `field`.
    pub fn clash(field: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Clash { field: field.into(), text: text.into() }
    }
}

impl From<rusqlite::Error> for ChangeError {
    fn from(error: rusqlite::Error) -> Self {
        Self::NotRecorded(error.to_string())
    }
}

impl From<serde_json::Error> for ChangeError {
    fn from(error: serde_json::Error) -> Self {
        Self::NotRecorded(error.to_string())
    }
}

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// The question makes no sense.
    #[error("{text}")]
    Invalid {
        /// The parameter at fault.
        field: &'static str,
        /// What is wrong with it.
        text: String,
    },
    /// The database or what it holds could not be read.
    #[error("the ledger could not be read: {0}")]
    Failed(String),
}

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<serde_json::Error> for ReadError {
    fn from(error: serde_json::Error) -> Self {
        Self::Failed(error.to_string())
    }
}
