//! The file as a whole: values, and what one section says of another.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use toml::Spanned;

use super::fault::{line_of, nearest};
use super::{Config, ConfigError, Fault, Schedule, TlsFiles, devices, sections};
use crate::alerts::{QUARTER, SilenceRule};
use crate::barcode::{self, LegacyRule, PlaceCode};
use crate::custody::{Kiosk, Language};
use crate::records::{Filing, Numbering};

/// Shortest time between two backups or two downtime lists.
const SCHEDULE_MIN: Duration = Duration::from_secs(60);
/// Shorter silence is a pause; a longer one is over before anybody is called.
const SILENT_AFTER: std::ops::RangeInclusive<SignedDuration> = QUARTER..=SignedDuration::from_hours(12);
/// So few scans can be called usual, and so many.
const USUAL_SCANS: std::ops::RangeInclusive<u64> = 1..=10_000;
/// Collects faults while the sections are read.
pub(super) struct Checker<'a> {
    text: &'a str,
    base: PathBuf,
    faults: Vec<Fault>,
}

impl<'a> Checker<'a> {
    /// For `text`, which came from `file`: relative paths are taken from its folder.
    pub(super) fn new(text: &'a str, file: Option<&Path>) -> Self {
        let base = file.and_then(Path::parent).map(Path::to_owned).unwrap_or_default();
        Checker { text, base, faults: Vec::new() }
    }

    /// The faults found, in the order of the file.
    pub(super) fn finish(mut self) -> Vec<Fault> {
        self.faults.sort_by_key(|fault| fault.line);
        self.faults
    }

    pub(super) fn fault(&mut self, span: &Range<usize>, text: String) {
        let line = Some(line_of(self.text, span));
        self.faults.push(Fault { line, text });
    }

    /// The line on which a span begins, from 1.
    pub(super) fn line(&self, span: &Range<usize>) -> usize {
        line_of(self.text, span)
    }

    /// The span of `key = …` inside the table that `table` spans, so that the fault names the key's own line.
    pub(super) fn key(&self, table: &Range<usize>, key: &str) -> Range<usize> {
        // The span of an array's table is its header alone: the table goes on to the next header.
        let start = table.start.min(self.text.len());
        let after_header =
            self.text.get(start..).and_then(|rest| rest.find('\n')).map_or(self.text.len(), |at| start + at);
        let next = self.text.get(after_header..).and_then(|rest| rest.find("\n["));
        let end = next.map_or(self.text.len(), |at| after_header + at);
        let mut at = start;
        for line in self.text.get(start..end).unwrap_or("").split_inclusive('\n') {
            let rest = line.trim_start().strip_prefix(key).map(str::trim_start);
            if rest.is_some_and(|rest| rest.starts_with('=')) {
                return at..at + line.len();
            }
            at += line.len();
        }
        table.clone()
    }

    /// A path as meant: relative ones are taken from the file's folder.
    pub(super) fn path(&self, path: &Path) -> PathBuf {
        self.base.join(path)
    }

    fn unique(&mut self, what: &str, seen: &mut BTreeSet<String>, id: &str, span: &Range<usize>) {
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) || id.len() > 40 {
            let span = self.key(span, "id");
            self.fault(&span, format!("{what} id {id:?}: use 1 to 40 of letters, digits, `-`, `_` and `.`"));
        } else if !seen.insert(id.to_owned()) {
            let span = self.key(span, "id");
            self.fault(&span, format!("{what} `{id}` is there twice: give each its own id"));
        }
    }
}

/// Checks everything; a configuration comes out only when nothing is wrong.
pub(super) fn check(text: &str, file: Option<&Path>, parsed: sections::File) -> Result<Config, ConfigError> {
    let mut checker = Checker::new(text, file);
    let c = &mut checker;

    let listen = listen(c, &parsed);
    let data_dir = c.path(parsed.server.data_dir.as_deref().unwrap_or(Path::new("./outguide-data")));
    let tls = parsed.tls.as_ref().map(|tls| tls_files(c, tls));
    let time_zone = time_zone(c, parsed.hospital.time_zone.as_ref());
    let backup = parsed.backup.as_ref().map(|backup| schedule(c, backup, 48));
    let downtime = parsed.downtime.as_ref().map(|downtime| schedule(c, downtime, 24)).unwrap_or(Schedule {
        every: Duration::from_secs(3600),
        directory: data_dir.join("downtime"),
        line: None,
        keep: 24,
    });
    let silence = silence(c, &parsed.silence);
    let numbering = numbering(c, &parsed.numbering);
    let label_directory = parsed.labels.directory.as_ref().map(|directory| label_directory(c, directory));
    let (legacy, reader) = legacy(c, &parsed.barcode.legacy);
    let printers = devices::printers(c, &parsed.printer);
    let kiosks = kiosks(c, &parsed.kiosk, &printers);
    let kiosk_ids: Vec<String> = kiosks.iter().map(|kiosk| kiosk.id.clone()).collect();
    let scanners = devices::scanners(c, &parsed.scanner, &kiosk_ids);

    let faults = checker.finish();
    match (numbering, reader) {
        (Some(numbering), Some(reader)) if faults.is_empty() => Ok(Config {
            file: file.map(Path::to_owned),
            listen,
            data_dir,
            hospital: parsed.hospital.name.unwrap_or_else(|| "Hospital".to_owned()),
            time_zone,
            tls,
            backup,
            downtime,
            silence,
            numbering,
            label_directory,
            legacy,
            reader,
            kiosks,
            scanners,
            printers,
        }),
        _ => Err(ConfigError { file: file.map(Path::to_owned), faults }),
    }
}

fn listen(c: &mut Checker, parsed: &sections::File) -> SocketAddr {
    let default = SocketAddr::from(([127, 0, 0, 1], 8080));
    let Some(listen) = &parsed.server.listen else { return default };
    match listen.get_ref().parse::<SocketAddr>() {
        Ok(address) if !address.ip().is_loopback() && parsed.tls.is_none() && !parsed.server.insecure_http => {
            c.fault(
                &listen.span(),
                format!(
                    "`{address}` is reached from other machines and there is no [tls] section: run `outguide tls init` \
                     and name its files there, or say `insecure_http = true` under [server] to send patient data in clear"
                ),
            );
            address
        }
        Ok(address) => address,
        Err(_) => {
            let text = listen.get_ref();
            c.fault(&listen.span(), format!("{text:?} is no address to listen on: write it as \"127.0.0.1:8080\""));
            default
        }
    }
}

fn tls_files(c: &mut Checker, tls: &sections::Tls) -> TlsFiles {
    for file in [&tls.certificate, &tls.key] {
        let path = c.path(file.get_ref());
        if !path.is_file() {
            c.fault(&file.span(), format!("{} is not there: `outguide tls init` makes it", path.display()));
        }
    }
    TlsFiles { certificate: c.path(tls.certificate.get_ref()), key: c.path(tls.key.get_ref()) }
}

fn label_directory(c: &mut Checker, directory: &Spanned<PathBuf>) -> PathBuf {
    let path = c.path(directory.get_ref());
    if !path.is_dir() {
        c.fault(&directory.span(), format!("{} is no directory: make it, or leave the key out", path.display()));
    }
    path
}

fn time_zone(c: &mut Checker, name: Option<&Spanned<String>>) -> TimeZone {
    let Some(name) = name else { return TimeZone::UTC };
    TimeZone::get(name.get_ref()).unwrap_or_else(|_| {
        let text = name.get_ref();
        c.fault(&name.span(), format!("{text:?} is no time zone: use an IANA name such as \"America/New_York\""));
        TimeZone::UTC
    })
}

fn schedule(c: &mut Checker, section: &sections::Scheduled, keep: u32) -> Schedule {
    let every = section.every.get_ref();
    let parsed = every.parse::<jiff::SignedDuration>().ok().and_then(|span| Duration::try_from(span).ok());
    let every = match parsed {
        Some(time) if time >= SCHEDULE_MIN => time,
        _ => {
            c.fault(
                &section.every.span(),
                format!("every = {every:?}: write a time of a minute or more, such as \"1h\""),
            );
            SCHEDULE_MIN
        }
    };
    if let Some(keep) = section.keep.as_ref().filter(|keep| *keep.get_ref() == 0) {
        c.fault(&keep.span(), "keep = 0 would keep nothing: say how many are kept, 1 or more".to_owned());
    }
    let keep = section.keep.as_ref().map_or(keep, |keep| *keep.get_ref());
    let line = Some(c.line(&section.directory.span()));
    Schedule { every, directory: c.path(section.directory.get_ref()), line, keep }
}

/// The rule about silent scanners; `None` where it is switched off.
fn silence(c: &mut Checker, section: &sections::Silence) -> Option<SilenceRule> {
    let mut rule = SilenceRule::default();
    if let Some(scans) = &section.usual_scans {
        rule.usual_scans = *scans.get_ref();
        if !USUAL_SCANS.contains(scans.get_ref()) {
            let text = format!("usual_scans: from {} to {}", USUAL_SCANS.start(), USUAL_SCANS.end());
            c.fault(&scans.span(), text);
        }
    }
    let Some(after) = &section.after else { return Some(rule) };
    if after.get_ref() == "never" {
        return None;
    }
    match after.get_ref().parse::<SignedDuration>() {
        Ok(time) if SILENT_AFTER.contains(&time) && time.as_secs() % QUARTER.as_secs() == 0 => rule.after = time,
        _ => {
            let text = format!(
                "after = {:?}: write whole quarters of an hour from \"15m\" to \"12h\", such as \"1h\" or \"90m\", or \"never\"",
                after.get_ref()
            );
            c.fault(&after.span(), text);
        }
    }
    Some(rule)
}

fn numbering(c: &mut Checker, section: &sections::Numbering) -> Option<Numbering> {
    let pattern = section.pattern.as_ref().map_or(r"^\d{6}$", |pattern| pattern.get_ref());
    match Numbering::new(pattern, section.filing.unwrap_or(Filing::TerminalDigit)) {
        Ok(numbering) => Some(numbering),
        Err(error) => {
            let span = section.pattern.as_ref().map(Spanned::span).unwrap_or_default();
            c.fault(&span, format!("numbering pattern {pattern:?}: {error}"));
            None
        }
    }
}

fn legacy(c: &mut Checker, rules: &[Spanned<sections::Legacy>]) -> (Vec<LegacyRule>, Option<barcode::Reader>) {
    let mut taken = Vec::new();
    for rule in rules {
        let span = rule.span();
        let section = rule.get_ref();
        let check = section.check.as_deref().map(barcode::CheckScheme::from_word);
        if let (Some(None), Some(word)) = (&check, &section.check) {
            let known: Vec<String> = barcode::CheckScheme::ALL.iter().map(|scheme| scheme.word().to_owned()).collect();
            let span = c.key(&span, "check");
            c.fault(&span, format!("check {word:?} is no scheme: use one of {}", known.join(", ")));
        }
        let one = LegacyRule { pattern: section.pattern.clone(), check: check.flatten() };
        match barcode::Reader::new(std::slice::from_ref(&one)) {
            Ok(_) => taken.push(one),
            Err(error) => {
                let span = c.key(&span, "pattern");
                c.fault(&span, format!("{error}"));
            }
        }
    }
    let reader = barcode::Reader::new(&taken).ok();
    (taken, reader)
}

fn kiosks(c: &mut Checker, sections: &[Spanned<sections::Kiosk>], printers: &[super::Printer]) -> Vec<Kiosk> {
    let mut seen = BTreeSet::new();
    let known: Vec<String> = printers.iter().map(|printer| printer.id.clone()).collect();
    let mut kiosks = Vec::new();
    for spanned in sections {
        let (span, section) = (spanned.span(), spanned.get_ref());
        c.unique("kiosk", &mut seen, &section.id, &span);
        if !Kiosk::IDLE_SECONDS.contains(&section.idle_sign_off_seconds) {
            let at = c.key(&span, "idle_sign_off_seconds");
            c.fault(&at, "idle_sign_off_seconds: from 10 seconds to an hour (3600)".to_owned());
        }
        if let Some(printer) = section.printer.as_ref().filter(|printer| !known.contains(printer)) {
            let at = c.key(&span, "printer");
            c.fault(&at, not_there("printer", printer, &known));
        }
        let language = section.language.as_deref().map(|tag| language(c, tag, &span));
        match PlaceCode::new(&section.place) {
            Ok(place) => kiosks.push(Kiosk {
                id: section.id.clone(),
                name: section.name.clone().unwrap_or_else(|| section.id.clone()),
                place,
                mode: section.mode,
                idle_sign_off_seconds: section.idle_sign_off_seconds,
                printer: section.printer.clone(),
                language: Some(language.unwrap_or_default()),
            }),
            Err(error) => {
                let at = c.key(&span, "place");
                c.fault(&at, error.to_string());
            }
        }
    }
    kiosks
}

fn language(c: &mut Checker, tag: &str, kiosk: &Range<usize>) -> Language {
    Language::from_tag(tag).unwrap_or_else(|| {
        let at = c.key(kiosk, "language");
        let known = Language::ALL.map(|language| format!("{:?} ({})", language.tag(), language.name()));
        c.fault(&at, format!("{tag:?} is no language of a kiosk: use one of {}", known.join(", ")));
        Language::default()
    })
}

/// "There is no printer `x`: did you mean `y`?"
pub(super) fn not_there(what: &str, id: &str, known: &[String]) -> String {
    match nearest(id, known) {
        Some(near) => format!("there is no {what} `{id}`: did you mean `{near}`?"),
        None => format!("there is no {what} `{id}`: add a [[{what}]] with this id, or name one that is there"),
    }
}

/// Ids of one kind of device must differ.
pub(super) fn unique_id(c: &mut Checker, what: &str, seen: &mut BTreeSet<String>, id: &str, span: &Range<usize>) {
    c.unique(what, seen, id, span);
}
