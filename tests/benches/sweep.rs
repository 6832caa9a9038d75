//! What a sweep costs: by how much is out, and by how much newly fell due.
//!
//!     cargo bench --bench sweep
#![allow(
    missing_docs,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark"
)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use outguide::barcode::PlaceCode;
use outguide::custody::PlaceKind;
use outguide::ledger::changes::{ChartRow, IMPORT_CHUNK_ROWS, ImportCharts, ImportPatients, ImportPlaces, PatientRow};
use outguide::ledger::changes::{PlaceRow, Sweep};
use outguide::ledger::{Actor, Clock, Ledger};
use support::{Table, Times, ms, open};

/// What falls due in one of the measured hours.
const NEWLY_DUE: [u32; 4] = [0, 1, 10, 100];
const REPEATS: u32 = 9;
const HOUR: i64 = 3_600_000_000;

/// A clock that stands until it is moved.
struct Moved(AtomicI64);

impl Clock for Moved {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.0.load(Ordering::SeqCst)).expect("time")
    }
}

fn main() {
    support::on_disk();
    let mut table = Table::new("sweep: time of one sweep, median, with so many charts out and so many newly due");
    let mut medians = Vec::new();
    for out in [1_000u32, 10_000, 100_000] {
        let folder = tempfile::tempdir().expect("folder");
        let clock = Arc::new(Moved(AtomicI64::new(1_790_000_000_000_000)));
        let ledger = open(folder.path(), clock.clone());
        load(&ledger, clock.now(), out);
        let mut times: [Times; 4] = Default::default();
        for turn in 0..REPEATS * 4 {
            clock.0.fetch_add(HOUR, Ordering::SeqCst);
            let kind = usize::try_from(turn % 4).expect("small");
            let swept = times[kind].of(|| ledger.change_blocking(&Actor::System, Sweep)).expect("swept");
            assert_eq!(swept.overdue, usize::try_from(NEWLY_DUE[kind]).expect("small"), "turn {turn}");
            if swept.more {
                ledger.change_blocking(&Actor::System, Sweep).expect("swept");
            }
        }
        let middle: Vec<Duration> = times.iter().map(|times| times.part(0.5)).collect();
        let cells: Vec<String> =
            NEWLY_DUE.iter().zip(&middle).map(|(due, time)| format!("{due} due {}", ms(*time))).collect();
        table.figure(&format!("{out} out"), cells.join("   "));
        medians.push(middle);
    }
    let (few, many) = (medians.first().expect("few"), medians.last().expect("many"));
    for (at, due) in [(1, 1), (3, 100)] {
        let ratio = many[at].as_secs_f64() / few[at].as_secs_f64();
        let what = format!("{due} newly due, 100 times as much out: times the cost");
        table.target(&what, format!("{ratio:.2}"), "flat: <= 2", ratio <= 2.0);
    }
    table.print();
}

/// `out` charts out for a year, and the ones that fall due in each measured hour.
fn load(ledger: &Ledger, now: Timestamp, out: u32) {
    let change = |rows| ledger.change_blocking(&Actor::System, ImportPlaces { rows }).expect("places");
    let place = |code: &str, kind, loan_hours| PlaceRow { code: code_of(code), name: code.into(), kind, loan_hours };
    change(vec![
        place("FILE", PlaceKind::FileRoom, None),
        place("YEAR", PlaceKind::Department, Some(8_760)),
        place("DAYS", PlaceKind::Department, Some(96)),
    ]);
    let mut rows: Vec<(&str, Timestamp)> = (0..out).map(|_| ("YEAR", now)).collect();
    for turn in 0..REPEATS * 4 {
        let due = NEWLY_DUE[usize::try_from(turn % 4).expect("small")];
        // Half an hour before the clock stands there.
        let back = SignedDuration::from_hours(i64::from(turn) + 1 - 96) - SignedDuration::from_mins(30);
        rows.extend((0..due).map(|_| ("DAYS", now + back)));
    }
    for (chunk, rows) in rows.chunks(IMPORT_CHUNK_ROWS).enumerate() {
        let mrn = |index: usize| format!("{}", 1_000_000 + chunk * IMPORT_CHUNK_ROWS + index);
        let patient = |index| PatientRow {
            mrn: mrn(index),
            last_name: "Diaz".into(),
            first_name: "Rosa".into(),
            birth_date: None,
            sex: None,
        };
        let patients = ImportPatients { rows: (0..rows.len()).map(patient).collect() };
        ledger.change_blocking(&Actor::System, patients).expect("patients");
        let chart = |(index, (place, since)): (usize, &(&str, Timestamp))| ChartRow {
            mrn: mrn(index),
            record_type: "MR".into(),
            volume: 1,
            home: code_of("FILE"),
            place: Some(code_of(place)),
            holder: None,
            out_since: Some(*since),
            legacy_barcode: None,
        };
        let charts = ImportCharts { rows: rows.iter().enumerate().map(chart).collect(), run: None };
        ledger.change_blocking(&Actor::System, charts).expect("charts");
    }
}

fn code_of(code: &str) -> PlaceCode {
    PlaceCode::new(code).expect("code")
}
