//! Which files the ledger is in: a database moved or replaced under an open connection would take entries that nobody
//! finds again, and every COMMIT would still succeed.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::error::StoreError;
use super::schema::DB_FILE;

/// The database and its log as they were when the ledger was opened.
pub(super) struct Files {
    known: [(PathBuf, Identity); 2],
}

/// Device and inode.
type Identity = (u64, u64);

impl Files {
    /// Those in `dir`, while a connection that has read holds them open: SQLite then keeps both.
    pub fn of(dir: &Path) -> io::Result<Files> {
        let of = |name: String| {
            let path = dir.join(name);
            identity(&path).map(|identity| (path, identity))
        };
        Ok(Files { known: [of(DB_FILE.to_owned())?, of(format!("{DB_FILE}-wal"))?] })
    }

    /// An error unless the names still lead to them. A few microseconds.
    pub fn in_place(&self) -> Result<(), StoreError> {
        let moved = |(path, known): &&(PathBuf, Identity)| identity(path).ok() != Some(*known);
        match self.known.iter().find(moved) {
            None => Ok(()),
            Some((path, _)) => Err(StoreError::NotInPlace(path.clone())),
        }
    }
}

fn identity(path: &Path) -> io::Result<Identity> {
    fs::metadata(path).map(|file| (file.dev(), file.ino()))
}
