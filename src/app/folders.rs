//! Whether backups and downtime lists can be written where the configuration says, before the first has to be.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::config::{Config, ConfigError, Fault, Schedule};

/// Tries each folder and leaves nothing behind.
pub fn check(config: &Config) -> Result<(), ConfigError> {
    let backups = config.backup.as_ref().map(|schedule| ("backups", schedule));
    let all = backups.into_iter().chain([("downtime lists", &config.downtime)]);
    let faults: Vec<Fault> = all.filter_map(|(what, schedule)| fault(what, schedule)).collect();
    if faults.is_empty() { Ok(()) } else { Err(ConfigError { file: config.file.clone(), faults }) }
}

fn fault(what: &str, schedule: &Schedule) -> Option<Fault> {
    let (at, error) = try_to_write(&schedule.directory).err()?;
    let (directory, at) = (schedule.directory.display(), at.display());
    let text = format!(
        "directory: {what} cannot be written to {directory} ({at}: {error}): name a folder that this user may make and write"
    );
    Some(Fault { line: schedule.line, text })
}

/// Makes a file in the folder, or in the nearest above it that is there, and takes it away again.
fn try_to_write(directory: &Path) -> Result<(), (PathBuf, io::Error)> {
    let there = directory.ancestors().find(|folder| folder.symlink_metadata().is_ok());
    let there = there.unwrap_or(Path::new("."));
    let trial = there.join(format!(".outguide-trial-{}", std::process::id()));
    let tried = File::options().write(true).create_new(true).open(&trial).and_then(|_| fs::remove_file(&trial));
    tried.map_err(|error| (there.to_owned(), error))
}
