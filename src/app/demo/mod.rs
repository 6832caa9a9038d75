//! `outguide demo`: a sample hospital with simulated scanners and a simulated printer, live at once.

mod quiet;
mod sample;
mod script;

use std::path::Path;
use std::sync::Arc;

use jiff::tz::TimeZone;
use outguide_hardware::scanner::sim::SimScript;

use super::cli::DemoArgs;
use super::commands::load_here;
use super::reach;
use super::say::{self, Failure};
use super::serve::{self, Extras};
use super::tasks::{Done, Task};
use crate::barcode::{self, BadgeNumber, ChartNumber, Code, CommandWord, LabelIssue, PlaceCode};
use crate::config::{Config, Scanner};
use crate::custody::{Kiosk, KioskMode, Role};
use crate::import::ImportKind;
use crate::ledger::changes::{CorrectPlace, PlacePatch, Was};
use crate::ledger::{Actor, Clock, Ledger, SystemClock};
use crate::web::Sample;

/// The sample's configuration; a hospital's own looks the same.
const CONFIG: &str = include_str!("demo.toml");
/// Who signs in to the demo's console.
const USER: &str = "demo";

/// Runs the demo until it is stopped.
pub fn run(arguments: &DemoArgs) -> Result<(), Failure> {
    let config = config(arguments)?;
    let now = SystemClock.now();
    prepare(arguments, &config, now)?;
    let charts = arguments.charts;
    let kiosks = config.kiosks.clone();
    let guests = quiet::Guests::new(&config.scanners);
    let watched = guests.clone();
    let script = move |scanner: &Scanner| -> Option<SimScript> {
        let kiosk = kiosks.iter().find(|kiosk| kiosk.id == scanner.kiosk)?;
        let seed = scanner.id.bytes().fold(17, |seed, byte| seed * 31 + u64::from(byte));
        let returns = kiosk.mode == KioskMode::Return;
        let guests = guests.of(&scanner.id);
        Some(Box::new(script::Visits::new(seed, kiosk.place.as_str(), returns, charts, guests)))
    };
    let extras = Extras {
        script: Some(Box::new(script)),
        simulated: true,
        samples: Some(Arc::new(samples)),
        ready: Some(Box::new(|ledger, url| {
            watched.watch(ledger).map_err(Failure::new)?;
            announce(&config, ledger, url)
        })),
    };
    serve::run_with(&config, extras)
}

fn config(arguments: &DemoArgs) -> Result<Config, Failure> {
    std::fs::create_dir_all(&arguments.dir)
        .map_err(|error| Failure::new(format_args!("{}: {error}", arguments.dir.display())))?;
    let file = arguments.dir.join("outguide.toml");
    let mut config = Config::parse(CONFIG, Some(&file)).map_err(Failure::new)?;
    config.listen = arguments.listen;
    if !config.listen.ip().is_loopback() {
        return Err(Failure::new("the demo listens on this machine only: use an address such as 127.0.0.1:8080"));
    }
    // The machine's own zone where it is known: times on the screens are then the ones on the wall.
    config.time_zone =
        TimeZone::try_system().ok().filter(|zone| zone.iana_name().is_some()).unwrap_or(config.time_zone);
    Ok(config)
}

/// Makes the sample and imports it, once.
fn prepare(arguments: &DemoArgs, config: &Config, now: jiff::Timestamp) -> Result<(), Failure> {
    let ledger = reach::open(config).map_err(Failure::new)?;
    let done = arguments.dir.join("sample-imported");
    if !done.exists() {
        say::warn(format_args!("Preparing a sample hospital with {} charts …", arguments.charts));
        let (patients, charts) = sample::charts(arguments.charts, now);
        let today = now.to_zoned(config.time_zone.clone()).date();
        let files = [
            (ImportKind::Places, "places.csv", sample::places()),
            (ImportKind::Staff, "staff.csv", sample::staff()),
            (ImportKind::Patients, "patients.csv", sample::patients(patients, today)),
            (ImportKind::Charts, "charts.csv", charts),
        ];
        for (kind, name, text) in files {
            import(config, &ledger, kind, &arguments.dir.join(name), &text)?;
        }
        restrict(&ledger)?;
        std::fs::write(&done, "").map_err(Failure::new)?;
    }
    Ok(())
}

/// One place whose charts are nobody else's business.
fn restrict(ledger: &Ledger) -> Result<(), Failure> {
    let code = PlaceCode::new("PSY").map_err(Failure::new)?;
    let patch = PlacePatch { restricted: Some(true), ..PlacePatch::default() };
    ledger
        .change_blocking(&Actor::System, CorrectPlace { code, patch, was: Was::default() })
        .map(drop)
        .map_err(Failure::new)
}

/// Something to scan at a kiosk: who works there, where charts go, a few charts, the command cards.
fn samples(kiosk: &Kiosk) -> Vec<Sample> {
    let here = kiosk.place.as_str();
    let people = sample::STAFF.iter().filter(|staff| staff.3 == here).take(2);
    let people = people.filter_map(|staff| Some((staff.1.to_owned(), Code::Badge(BadgeNumber::new(staff.0).ok()?))));
    let places = sample::PLACES.iter().filter(|place| place.0 != here).take(4);
    let places = places.filter_map(|place| Some((place.1.to_owned(), Code::Place(PlaceCode::new(place.0).ok()?))));
    let charts = (1..=6).map(|number| (format!("Chart {number}"), Code::Chart(ChartNumber(number), LabelIssue(1))));
    let commands = [CommandWord::Out, CommandWord::Where, CommandWord::Undo, CommandWord::Done];
    let commands = commands.into_iter().map(|word| (word.word().to_owned(), Code::Command(word)));
    people
        .chain(places)
        .chain(charts)
        .chain(commands)
        .filter_map(|(label, code)| Some(Sample { label, data: barcode::encode(&code)? }))
        .collect()
}

fn import(config: &Config, ledger: &Ledger, kind: ImportKind, path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| Failure::new(format_args!("{}: {error}", path.display())))?;
    let report = load_here(config, kind, path, ledger)?;
    match report.rejects {
        None => Ok(()),
        Some(rejects) => Err(Failure::new(format_args!("the sample was not taken: see {}", rejects.display()))),
    }
}

/// Says where everything is, how to sign in, and a line to scan with.
fn announce(config: &Config, ledger: &Ledger, url: &str) -> Result<(), Failure> {
    let password = secret(ledger, &Task::ResetUser { name: USER.to_owned(), role: Role::Admin })?;
    say::line("");
    say::line("Outguide demo: a sample hospital. Everything in it is simulated.");
    say::line("");
    say::line(format_args!("  Console   {url}/"));
    say::line(format_args!("            sign in as {USER}, password {password}"));
    for kiosk in &config.kiosks {
        say::line(format_args!("  Kiosk     {url}/kiosk/{}   {}", kiosk.id, kiosk.name));
    }
    let token = secret(ledger, &Task::KioskToken { kiosk: "er-1".to_owned() })?;
    let badge =
        BadgeNumber::new("1001").ok().and_then(|badge| barcode::encode(&Code::Badge(badge))).unwrap_or_default();
    say::line("");
    say::line("Scan Rosa's badge at the Emergency kiosk (a new id makes a new scan):");
    say::line("");
    say::line(format_args!(
        "  curl -sS {url}/api/v1/kiosks/er-1/scans -H 'Authorization: Bearer {token}' \
         -H 'Content-Type: application/json' -d '{{\"id\":\"{}\",\"data\":\"{badge}\"}}'",
        uuid::Uuid::now_v7()
    ));
    say::line("");
    say::line("Ctrl-C ends it. The sample stays in its folder and is used again.");
    Ok(())
}

fn secret(ledger: &Ledger, task: &Task) -> Result<String, Failure> {
    match task.run(ledger).map_err(Failure::new)? {
        Done::Secret(secret) => Ok(secret),
        other => Err(Failure::new(format_args!("no secret came of it: {other:?}"))),
    }
}
