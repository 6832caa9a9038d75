//! The downtime list, made on a schedule into a folder, so that a dead server does not blind the hospital.

use std::fs;
use std::path::{Path, PathBuf};

use super::papers::{ListError, Paperwork};
use super::watched::Watched;
use crate::config::Schedule;

/// Makes a list and says how it went: in the log, and to people where there is none.
pub fn make(schedule: &Schedule, paperwork: &Paperwork, name: &str, watched: &Watched) {
    match write(&schedule.directory, paperwork, name).and_then(|files| {
        keep(&schedule.directory, schedule.keep)?;
        Ok(files)
    }) {
        Ok(files) => {
            tracing::info!(parts = files.len(), directory = %schedule.directory.display(), "downtime list made");
            watched.made();
        }
        Err(error) => {
            tracing::error!(%error, directory = %schedule.directory.display(), "no downtime list could be made");
            watched.failed();
        }
    }
}

/// `downtime-NAME-1of2.pdf`, …: each whole before it has its name.
fn write(directory: &Path, paperwork: &Paperwork, name: &str) -> Result<Vec<PathBuf>, ListError> {
    fs::create_dir_all(directory)?;
    let mut files = Vec::new();
    paperwork.downtime_list(|part| {
        let file = directory.join(format!("downtime-{name}-{}of{}.pdf", part.number, part.of));
        let new = file.with_extension("new");
        fs::write(&new, &part.pdf)?;
        fs::File::open(&new)?.sync_all()?;
        fs::rename(&new, &file)?;
        files.push(file);
        Ok(())
    })?;
    Ok(files)
}

/// The lists of the newest `count` times stay.
fn keep(directory: &Path, count: u32) -> std::io::Result<()> {
    let mut lists: Vec<(String, PathBuf)> = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let made = name.strip_prefix("downtime-").and_then(|rest| rest.strip_suffix(".pdf"));
        if let Some((time, _part)) = made.and_then(|made| made.rsplit_once('-')) {
            lists.push((time.to_owned(), path));
        }
    }
    let mut times: Vec<&String> = lists.iter().map(|(time, _)| time).collect();
    times.sort_unstable();
    times.dedup();
    let keep = usize::try_from(count).unwrap_or(usize::MAX);
    let Some(oldest) = times.iter().rev().nth(keep.saturating_sub(1)).map(|time| (*time).clone()) else {
        return Ok(());
    };
    lists.iter().filter(|(time, _)| *time < oldest).try_for_each(|(_, path)| fs::remove_file(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_lists_stay_with_all_their_parts() {
        let dir = tempfile::tempdir().expect("dir");
        for name in ["20260101T0100Z-1of2", "20260101T0100Z-2of2", "20260101T0200Z-1of1", "20260101T0300Z-1of1"] {
            fs::write(dir.path().join(format!("downtime-{name}.pdf")), "x").expect("file");
        }
        fs::write(dir.path().join("someone-elses.pdf"), "x").expect("file");
        keep(dir.path(), 2).expect("kept");
        let mut left: Vec<_> = fs::read_dir(dir.path())
            .expect("dir")
            .map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned())
            .collect();
        left.sort();
        assert_eq!(left, ["downtime-20260101T0200Z-1of1.pdf", "downtime-20260101T0300Z-1of1.pdf", "someone-elses.pdf"]);
    }
}
