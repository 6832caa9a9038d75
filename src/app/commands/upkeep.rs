//! `outguide verify`, `rebuild`, `backup` and `restore`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::app::cli::{BackupArgs, ConfigArg, RestoreArgs, VerifyArgs};
use crate::app::reach::{self, Reach};
use crate::app::say::{self, Failure, Progress};
use crate::app::tasks::{Done, Task};
use crate::config::Config;
use crate::ledger::{self, Clock, DB_FILE, Depth, Fault, OpenError, Report, SystemClock};

/// `outguide verify`: beside a running server too; it only reads.
pub fn verify(arguments: &VerifyArgs) -> Result<(), Failure> {
    let config = super::config(&arguments.config)?;
    let expect = arguments.expect_head.as_deref().map(head).transpose()?;
    let mut progress = None;
    let report = ledger::verify(&database(&config)?, Depth::Full, expect, |done, total| {
        progress.get_or_insert_with(|| Progress::new("Verifying", total)).at(done);
    });
    progress.into_iter().for_each(Progress::finish);
    let report = report.map_err(|error| {
        Failure::not_so(format_args!(
            "the ledger cannot be read ({error}): keep this file, restore the last good backup"
        ))
    })?;
    let head = format!("{}:{}", report.entries, hex::encode(report.head));
    if report.faults.is_empty() {
        say::line(format_args!("{} entries, chain intact, tables equal to the fold. Head {head}", report.entries));
        return Ok(());
    }
    report.faults.iter().for_each(say::line);
    Err(Failure::not_so(advice(&report)))
}

fn advice(report: &Report) -> String {
    let keep = "keep this file, restore the last good backup";
    match (report.first_bad_seq(), expected(report)) {
        (_, Some(seq)) if seq > report.entries => {
            format!(
                "the ledger ends at entry {} and should reach {seq}: its tail was cut. First {keep}",
                report.entries
            )
        }
        (Some(seq), _) => format!("the ledger does not verify from entry {seq} on: {keep}"),
        (None, _) if report.faults.iter().any(|fault| matches!(fault, Fault::Row { .. })) => {
            format!("rows beside the chain were changed from outside: {keep}; a rebuild does not mend them")
        }
        (None, _) => "the tables do not follow from the ledger: `outguide rebuild` makes them anew".to_owned(),
    }
}

/// The entry that `--expect-head` named, where it is not the one.
fn expected(report: &Report) -> Option<u64> {
    report.faults.iter().find_map(|fault| match fault {
        Fault::Head { seq } => Some(*seq),
        _ => None,
    })
}

fn head(text: &str) -> Result<(u64, [u8; 32]), Failure> {
    let parsed = text.split_once(':').and_then(|(seq, hash)| {
        let hash: [u8; 32] = hex::decode(hash.trim()).ok()?.try_into().ok()?;
        Some((seq.trim().parse().ok()?, hash))
    });
    parsed.ok_or_else(|| {
        Failure::new(format_args!("--expect-head {text:?}: write SEQ:HASH as `outguide verify` prints it"))
    })
}

/// `outguide rebuild`: in the running server where one runs; its scans wait meanwhile.
pub fn rebuild(argument: &ConfigArg) -> Result<(), Failure> {
    let config = super::config(argument)?;
    database(&config)?;
    match Reach::open(&config)?.run(&Task::Rebuild)? {
        Done::Rebuilt(entries) => {
            say::line(format_args!("Tables made anew from {entries} entries"));
            Ok(())
        }
        other => Err(Failure::new(format_args!("the rebuild answered {other:?}"))),
    }
}

/// `outguide backup DEST`: a file, or a dated one in a folder that is there.
pub fn backup(arguments: &BackupArgs) -> Result<(), Failure> {
    let config = super::config(&arguments.config)?;
    let (database, now) = (database(&config)?, SystemClock.now());
    let dest = &arguments.dest;
    refuse_when_backup_would_overwrite(&config, dest)?;
    let made = if dest.is_dir() || dest.as_os_str().to_string_lossy().ends_with('/') {
        ledger::backup(&database, dest, now, None).map_err(Failure::new)?
    } else {
        let beside = dest.with_added_extension("part");
        let made = ledger::backup(&database, &beside, now, None).map_err(Failure::new)?;
        let moved = fs::rename(&made, dest).and_then(|()| fs::remove_dir(&beside));
        moved.map_err(|error| Failure::new(format_args!("{}: {error}", dest.display())))?;
        dest.clone()
    };
    say::line(format_args!("Backed up and verified: {}", made.display()));
    Ok(())
}

/// A backup must never take the place of the ledger, its lock, or anything else that is there.
fn refuse_when_backup_would_overwrite(config: &Config, dest: &Path) -> Result<(), Failure> {
    let shown = dest.display();
    let folder = if dest.is_dir() { Some(dest) } else { dest.parent() };
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let into = folder
        .canonicalize()
        .map_err(|error| Failure::new(format_args!("{}: {error}; make the folder first", folder.display())))?;
    let data = config.data_dir.canonicalize().map_err(|error| Failure::new(format_args!("{shown}: {error}")))?;
    if into.starts_with(&data) {
        return Err(Failure::new(format_args!("{shown} is in the data directory: a backup belongs on another disk")));
    }
    if dest.exists() && !dest.is_dir() {
        return Err(Failure::new(format_args!("{shown} is there already: name a new file, or a folder")));
    }
    Ok(())
}

/// `outguide restore SRC`: a backup, or the newest in a folder of them.
pub fn restore(arguments: &RestoreArgs) -> Result<(), Failure> {
    let config = super::config(&arguments.config)?;
    let source = if arguments.src.is_dir() { newest(&arguments.src)? } else { arguments.src.clone() };
    ledger::restore(&source, reach::options(&config)).map_err(|error| match error {
        ledger::BackupError::Open(OpenError::Locked { dir }) => {
            Failure::new(format_args!("a server runs on {}: stop it first, then run this again", dir.display()))
        }
        error => Failure::new(format_args!(
            "{}: {error}. No backup was put in place; name a file that `outguide backup` made",
            source.display()
        )),
    })?;
    say::line(format_args!("Restored {} into {}", source.display(), config.data_dir.display()));
    say::line("The ledger has a new epoch: kiosks offer again what they sent in the last seven days.");
    say::line(
        "What was changed since the backup is as it was before: report lost badges, revoke tokens, set passwords again.",
    );
    Ok(())
}

fn newest(folder: &Path) -> Result<PathBuf, Failure> {
    let files = fs::read_dir(folder).map_err(|error| Failure::new(format_args!("{}: {error}", folder.display())))?;
    let backups =
        files.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "db"));
    // Names hold their time, so the last by name is the newest.
    backups.max().ok_or_else(|| Failure::new(format_args!("{} holds no backup", folder.display())))
}

fn database(config: &Config) -> Result<PathBuf, Failure> {
    let path = config.data_dir.join(DB_FILE);
    if path.exists() {
        return Ok(path);
    }
    Err(Failure::new(format_args!("{} is not there: is this the right configuration?", path.display())))
}
