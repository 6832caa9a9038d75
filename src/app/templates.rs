//! The label templates: the built-in ones and a site's own over them, read again when a file changes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::labels::{Files, LabelError, Labels, TemplateError};

/// How long a look at the directory is good for.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The largest file that is read; a font with every letter is the largest that makes sense.
const FILE_MAX_BYTES: u64 = 32 << 20;

/// The most files that are read.
const FILES_MAX: usize = 1_000;

/// The templates as they are now.
pub struct Templates {
    directory: Option<PathBuf>,
    held: Mutex<Held>,
}

struct Held {
    labels: Arc<Labels>,
    faults: Vec<TemplateError>,
    files: Files,
    seen: Vec<Seen>,
    looked: Instant,
}

/// A file as it was when it was read.
type Seen = (PathBuf, u64, Option<SystemTime>);

impl Templates {
    /// The built-in ones, and those of `directory` over them. A faulty file of the site's does not stop a server: it is
    /// told and left out.
    pub fn open(directory: Option<PathBuf>) -> Result<Templates, LabelError> {
        let seen = directory.as_deref().map(look).unwrap_or_default();
        let held = read(directory.as_deref(), seen)?;
        for fault in &held.faults {
            tracing::warn!(%fault, "a file of the label directory is left out");
        }
        Ok(Templates { directory, held: Mutex::new(held) })
    }

    /// The templates as they are now.
    pub fn now(&self) -> Arc<Labels> {
        Arc::clone(&self.fresh().labels)
    }

    /// What is wrong with the site's files.
    pub fn faults(&self) -> Vec<TemplateError> {
        self.fresh().faults.clone()
    }

    /// The text of a template's file, by the file's name as messages have it; is it the site's own?
    pub fn text(&self, file: &str) -> Option<(String, bool)> {
        let own = self.fresh().files.templates.iter().find(|(name, _)| name == file).map(|(_, text)| text.clone());
        own.map(|text| (text, true)).or_else(|| Labels::built_in_text(file).map(|text| (text.to_owned(), false)))
    }

    fn fresh(&self) -> MutexGuard<'_, Held> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(directory) = self.directory.as_deref().filter(|_| held.looked.elapsed() >= LOOK_AGAIN) else {
            return held;
        };
        let seen = look(directory);
        if seen == held.seen {
            held.looked = Instant::now();
            return held;
        }
        match read(Some(directory), seen) {
            Ok(again) => *held = again,
            Err(error) => {
                tracing::error!(%error, "the templates could not be read again; those of before stand");
                held.looked = Instant::now();
            }
        }
        held
    }
}

fn read(directory: Option<&Path>, seen: Vec<Seen>) -> Result<Held, LabelError> {
    let mut files = Files::default();
    let mut unread = Vec::new();
    for (path, bytes, _) in &seen {
        if let Err(error) = take(directory.unwrap_or(Path::new("")), path, *bytes, &mut files) {
            unread.push(TemplateError {
                file: shown(directory.unwrap_or(Path::new("")), path),
                line: 1,
                fault: format!("it cannot be read ({error})"),
                fix: "see to its size, its permissions and that it is UTF-8 text".to_owned(),
            });
        }
    }
    let (labels, mut faults) = Labels::load(&files)?;
    faults.append(&mut unread);
    Ok(Held { labels: Arc::new(labels), faults, files, seen, looked: Instant::now() })
}

/// The files that matter, in order.
fn look(directory: &Path) -> Vec<Seen> {
    let mut seen = Vec::new();
    for folder in ["", "media", "palettes", "images", "fonts"] {
        let Ok(entries) = fs::read_dir(directory.join(folder)) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if !matches!(kind(folder, &path), Kind::Other)
                && let Ok(about) = entry.metadata()
                && about.is_file()
                && seen.len() < FILES_MAX
            {
                seen.push((path, about.len(), about.modified().ok()));
            }
        }
    }
    seen.sort();
    seen
}

enum Kind {
    Template,
    Media,
    Palette,
    Image,
    Font,
    Other,
}

fn kind(folder: &str, path: &Path) -> Kind {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    match (folder, extension) {
        ("", "toml") => Kind::Template,
        ("media", "toml") => Kind::Media,
        ("palettes", "toml") => Kind::Palette,
        ("images", "png") => Kind::Image,
        ("fonts", "ttf" | "otf") => Kind::Font,
        _ => Kind::Other,
    }
}

fn take(directory: &Path, path: &Path, bytes: u64, files: &mut Files) -> io::Result<()> {
    if bytes > FILE_MAX_BYTES {
        return Err(io::Error::other(format!("more than {} MiB", FILE_MAX_BYTES >> 20)));
    }
    let name = shown(directory, path);
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let own = name.rsplit_once('/').map_or(name.as_str(), |(_, own)| own).to_owned();
    match kind(&folder, path) {
        Kind::Template => files.templates.push((name, fs::read_to_string(path)?)),
        Kind::Media => files.media.push((name, fs::read_to_string(path)?)),
        Kind::Palette => files.palettes.push((name, fs::read_to_string(path)?)),
        Kind::Image => files.images.push((own, fs::read(path)?)),
        Kind::Font => files.fonts.push((own, fs::read(path)?)),
        Kind::Other => {}
    }
    Ok(())
}

/// A file as messages name it: by its place in the directory.
fn shown(directory: &Path, path: &Path) -> String {
    path.strip_prefix(directory).unwrap_or(path).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sites_file_overrides_is_read_again_and_does_no_harm_when_it_is_wrong() {
        let dir = tempfile::tempdir().unwrap();
        let (text, _) = Templates::open(None).unwrap().text("folder-4x2.toml").unwrap();
        let own = text.replacen("title = \"", "title = \"Our own ", 1);
        assert_ne!(own, text);
        fs::write(dir.path().join("ours.toml"), &own).unwrap();
        let templates = Templates::open(Some(dir.path().to_owned())).unwrap();
        let title = || templates.now().template("folder-4x2").unwrap().title.clone();
        assert!(title().starts_with("Our own "));
        assert_eq!(templates.text("ours.toml"), Some((own, true)));
        fs::write(dir.path().join("ours.toml"), "name = \"broken\"").unwrap();
        templates.held.lock().unwrap().looked -= LOOK_AGAIN;
        assert!(!title().starts_with("Our own "));
        assert_eq!(templates.faults()[0].file, "ours.toml");
    }
}
