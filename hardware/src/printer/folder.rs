//! A folder that stands in for a printer: each job becomes a file, whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Doubt, Fault, Health, Payload, Printer, PrinterState, Progress, SendError, SendOutcome, Track};

/// A folder.
#[derive(Debug)]
pub struct FolderPrinter {
    folder: PathBuf,
}

impl FolderPrinter {
    /// Jobs go into `folder`, which is made when it is missing.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    fn write(&self, job: Payload<'_>) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let name = file_name(job.name);
        // Hidden and unfinished until renamed: whoever watches the folder never sees half a label.
        let unfinished = self.folder.join(format!(".{name}.part"));
        let written = File::create(&unfinished).and_then(|mut file| {
            file.write_all(job.bytes)?;
            file.sync_all()
        });
        if let Err(error) = written.and_then(|()| fs::rename(&unfinished, self.folder.join(&name))) {
            let _ = fs::remove_file(&unfinished);
            return Err(error);
        }
        Ok(())
    }

    fn to(&self) -> String {
        self.folder.display().to_string()
    }
}

/// A name that stays within its folder and can be seen there.
fn file_name(name: &str) -> String {
    let clean: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' })
        .take(100)
        .collect();
    let clean = clean.trim_start_matches('.');
    if clean.is_empty() { "job".to_owned() } else { clean.to_owned() }
}

impl Printer for FolderPrinter {
    fn send(&self, job: Payload<'_>) -> SendOutcome {
        if let Err(error) = self.write(job) {
            return SendOutcome::NothingSent(SendError::Write { to: self.to(), error });
        }
        // The file is there; only whether its name survives a power cut is open.
        match File::open(&self.folder).and_then(|folder| folder.sync_all()) {
            Ok(()) => SendOutcome::Sent(Track::none()),
            Err(error) => SendOutcome::failed(job.bytes.len(), SendError::Write { to: self.to(), error }),
        }
    }

    fn follow_all(&self, tracks: &mut [Track]) -> Vec<Progress> {
        tracks.iter().map(|_| Progress::Unproven(Doubt::CannotCount)).collect()
    }

    fn health(&self) -> Health {
        match fs::create_dir_all(&self.folder) {
            Ok(()) => PrinterState::CannotAsk.into(),
            Err(_) => Health::down(Fault::Unreachable),
        }
    }

    fn transport(&self) -> &'static str {
        "folder"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_becomes_one_file_and_again_the_same_file() {
        let root = tempfile::tempdir().unwrap();
        let printer = FolderPrinter::new(&root.path().join("out"));
        for _ in 0..2 {
            let outcome = printer.send(Payload { name: "../job 1.zpl", bytes: b"^XA^XZ", labels: 1, language: "zpl" });
            assert!(matches!(outcome, SendOutcome::Sent(_)), "{outcome:?}");
        }
        let files: Vec<_> = fs::read_dir(root.path().join("out")).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(files, ["_job_1.zpl"]);
        assert_eq!(fs::read(root.path().join("out/_job_1.zpl")).unwrap(), b"^XA^XZ");
    }

    #[test]
    fn no_folder_is_nothing_sent() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("file"), b"").unwrap();
        let printer = FolderPrinter::new(&root.path().join("file/out"));
        assert!(matches!(
            printer.send(Payload { name: "a", bytes: b"x", labels: 1, language: "zpl" }),
            SendOutcome::NothingSent(_)
        ));
        assert_eq!(printer.state(), PrinterState::NotReady(vec![Fault::Unreachable]));
    }
}
