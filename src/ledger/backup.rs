//! Backups: made online through SQLite's backup interface, verified after writing, put in place by renaming; and the
//! way back. A backup holds the whole ledger, its row key included: keep it as safe as the data directory.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::backup::Backup;
use serde_json::json;

use super::api::{Actor, Ledger, OpenOptions};
use super::error::{ChangeError, OpenError, ReadError};
use super::open::{fixed_of, lock};
use super::schema::{self, DB_FILE};
use super::store::Store;
use super::verify::{Depth, verify};
use super::work::Work;

/// Pages copied at a time.
const PAGES_PER_STEP: i32 = 2_048;

/// What the names of backups begin and end with; between them the time, so that they sort by it.
const NAME: (&str, &str) = ("outguide-", ".db");

/// Why there is no backup, or nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file could not be written or read.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// What was written is not what should be there.
    #[error("{path} does not verify: {fault}")]
    Damaged {
        /// Which.
        path: PathBuf,
        /// The first fault.
        fault: String,
    },
    /// The database said no.
    #[error("the backup's database: {0}")]
    Sql(#[from] rusqlite::Error),
    /// It could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The data directory could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The restore could not be recorded.
    #[error(transparent)]
    Change(#[from] ChangeError),
}

impl Ledger {
    /// Writes a verified backup into `directory` beside the running ledger and keeps the newest `keep` of them
    /// (`None`: all). Blocks for as long as it takes; never waits for the writer, nor the writer for it.
    pub fn backup(&self, directory: &Path, keep: Option<usize>) -> Result<PathBuf, BackupError> {
        backup(&self.dir().join(DB_FILE), directory, self.now(), keep)
    }
}

/// The same for a database file that no server has open.
pub fn backup(database: &Path, directory: &Path, now: Timestamp, keep: Option<usize>) -> Result<PathBuf, BackupError> {
    fs::create_dir_all(directory).map_err(io(directory))?;
    let name = format!("{}{}{}", NAME.0, now.strftime("%Y%m%dT%H%M%S%6fZ"), NAME.1);
    let (path, part) = (directory.join(&name), directory.join(format!("{name}.part")));
    let written = copy(database, &part).and_then(|()| check(&part, Depth::Chain));
    if let Err(error) = written {
        // What is half written is of no use to anybody; that it is gone is no second fault.
        let _ = fs::remove_file(&part);
        return Err(error);
    }
    fs::rename(&part, &path).map_err(io(&path))?;
    sync(directory)?;
    if let Some(keep) = keep {
        prune(directory, keep.max(1))?;
    }
    Ok(path)
}

/// What the names of folders begin with in which a restore keeps what was there before.
pub(super) const ASIDE: &str = "before-restore-";
/// Where a restore makes its ledger ready.
pub(super) const STAGING: &str = "restoring";

/// Puts the backup `source` in place of what the data directory holds, which is kept beside it. The ledger gets a new
/// epoch and an entry `restored`. No server may be running. Whenever the power fails, a whole ledger is in place: the
/// old one or the new one. Only where the old one cannot be read may there be none for a moment, and `open` says so.
pub fn restore(source: &Path, options: OpenOptions) -> Result<(), BackupError> {
    let _lock = lock(&options.dir)?;
    check(source, Depth::Full)?;
    let fixed = fixed_of(options);
    let now = fixed.clock.now();
    let (dir, staging) = (fixed.dir.clone(), fixed.dir.join(STAGING));
    if staging.exists() {
        fs::remove_dir_all(&staging).map_err(io(&staging))?;
    }
    fs::create_dir(&staging).map_err(io(&staging))?;
    copy(source, &staging.join(DB_FILE))?;
    let mut staged = fixed;
    staged.dir.clone_from(&staging);
    begin_epoch(Arc::new(staged))?;
    sync(&staging.join(DB_FILE))?;
    set_aside(&dir, now)?;
    fs::rename(staging.join(DB_FILE), dir.join(DB_FILE)).map_err(io(&dir))?;
    sync(&dir)?;
    fs::remove_dir_all(&staging).map_err(io(&staging))
}

/// A new epoch, said by the chain itself.
fn begin_epoch(fixed: Arc<super::store::Fixed>) -> Result<(), BackupError> {
    let mut conn = schema::open_writer(&fixed.dir)?;
    schema::migrate(&mut conn)?;
    drop(conn);
    let epoch = fixed.ids.uuid();
    let mut store = Store::load(fixed).map_err(OpenError::from)?;
    let former = store.head();
    // People sign in anew. Browsers of kiosks stay enrolled: by themselves they offer again what the backup does not have,
    // and that belongs to the sessions that the backup knew.
    let forget = "BEGIN IMMEDIATE; DELETE FROM web_sessions WHERE kiosk IS NULL;";
    store.conn.execute_batch(forget)?;
    store.end_sessions();
    store.write_sessions().map_err(OpenError::from)?;
    schema::set_meta(&store.conn, "epoch", epoch.as_bytes())?;
    let said = json!({ "epoch": epoch, "former_epoch": former.epoch, "head": former.seq });
    Work::new(&mut store, &Actor::System).record("restored", said, Vec::new())?;
    store.conn.execute_batch("COMMIT")?;
    // One file, no log beside it: it is moved next.
    store.conn.pragma_update(None, "journal_mode", "DELETE")?;
    Ok(())
}

/// Keeps what was there, under a name that says when it was set aside.
fn set_aside(dir: &Path, now: Timestamp) -> Result<(), BackupError> {
    let files = ["", "-wal", "-shm", "-journal"].map(|end| format!("{DB_FILE}{end}"));
    let database = dir.join(DB_FILE);
    // Of an empty database SQLite would throw away the log.
    if fs::metadata(&database).is_ok_and(|database| database.len() > 0) {
        // Where that fails the files are moved as they are, below.
        let _as_it_is = into_one_file(dir);
    }
    let there: Vec<&String> = files.iter().filter(|file| dir.join(file).exists()).collect();
    if there.is_empty() {
        return Ok(());
    }
    let name = format!("{ASIDE}{}", now.strftime("%Y%m%dT%H%M%S%6fZ"));
    let aside = dir.join(name);
    fs::create_dir(&aside).map_err(io(&aside))?;
    if there.len() == 1 && database.exists() {
        // It has a second name there and stays in place until the new one takes its first.
        keep_a_copy(&database, &aside.join(DB_FILE))?;
        sync(&aside)?;
        return sync(dir);
    }
    // The database first: without it no server takes what is left for a ledger, or begins one in its place. A new one
    // must not find a log that is not its own.
    for file in there {
        fs::rename(dir.join(file), aside.join(file)).map_err(io(&dir.join(file)))?;
        sync(&aside)?;
        sync(dir)?;
    }
    Ok(())
}

/// Brings what stands in a database's log into the database. The last connection to close takes the log away.
fn into_one_file(dir: &Path) -> Result<(), BackupError> {
    let conn = schema::open_writer(dir)?;
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    drop(conn);
    sync(&dir.join(DB_FILE))
}

/// A second name for the same file; a copy where the file system has no second names.
fn keep_a_copy(from: &Path, to: &Path) -> Result<(), BackupError> {
    if fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    fs::copy(from, to).map_err(io(to))?;
    sync(to)
}

/// Copies one moment of a database, whatever is written to it meanwhile, into one file without a log.
fn copy(from: &Path, to: &Path) -> Result<(), BackupError> {
    let source = schema::open_reader(from)?;
    // The read transaction pins the moment: without it the copy starts over at every commit.
    source.execute_batch("BEGIN")?;
    source.query_row("SELECT count(*) FROM main.meta", [], |_| Ok(()))?;
    let mut copy = Connection::open(to)?;
    Backup::new(&source, &mut copy)?.run_to_completion(PAGES_PER_STEP, Duration::ZERO, None)?;
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    drop(copy);
    sync(to)
}

fn check(path: &Path, depth: Depth) -> Result<(), BackupError> {
    let damaged = |fault: String| BackupError::Damaged { path: path.to_owned(), fault };
    let pages: String = schema::open_reader(path)?.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if pages != "ok" {
        return Err(damaged(pages));
    }
    let report = verify(path, depth, None, |_, _| {})?;
    report.faults.first().map_or(Ok(()), |fault| Err(damaged(fault.to_string())))
}

/// Deletes all but the newest `keep` backups.
fn prune(directory: &Path, keep: usize) -> Result<(), BackupError> {
    let entries = fs::read_dir(directory).map_err(io(directory))?;
    let is_backup = |name: &str| name.starts_with(NAME.0) && name.ends_with(NAME.1);
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| is_backup(name)).collect();
    names.sort_unstable();
    let surplus = names.len().saturating_sub(keep);
    for name in names.into_iter().take(surplus) {
        let path = directory.join(name);
        fs::remove_file(&path).map_err(io(&path))?;
    }
    Ok(())
}

fn sync(path: &Path) -> Result<(), BackupError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(io(path))
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::Io { path, source }
}
