//! The ledger as its users see it, on a real directory.

mod ahead;
mod alerts;
mod equipment;
mod imports;
mod kiosks;
mod late;
mod log;
mod names;
mod printing;
mod scans;
mod sightings;
mod silence;
mod truth;
mod whereabouts;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tempfile::TempDir;
use uuid::Uuid;

use super::changes::{AddChart, AddPatient, AddPlace, AddStaff, ChartRow};
use super::{Actor, Clock, Ids, Ledger, OpenOptions, ScanError};
use crate::barcode::{self, BadgeNumber, ChartNumber, Code, CommandWord, LabelIssue, LegacyRule, PlaceCode, encode};
use crate::custody::{Kiosk, KioskMode, Place, PlaceKind, Receipt, Role, Scan, ScanSource, Staff};
use crate::records::{Filing, Numbering, Patient};

/// A clock that moves when told, and until it is stopped a microsecond each time it is asked.
pub(super) struct TestClock {
    now: AtomicI64,
    step: AtomicI64,
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let step = self.step.load(Ordering::SeqCst);
        Timestamp::from_microsecond(self.now.fetch_add(step, Ordering::SeqCst)).unwrap()
    }
}

impl TestClock {
    /// Begins at this moment, microseconds since 1970.
    pub fn at(micros: i64) -> TestClock {
        TestClock { now: AtomicI64::new(micros), step: AtomicI64::new(1) }
    }

    pub fn advance(&self, seconds: i64) {
        self.now.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    /// Stands still at a moment that is the same in all tests, but for when it is told to move.
    pub fn stop(&self) {
        self.now.store(1_790_000_100_000_000, Ordering::SeqCst);
        self.step.store(0, Ordering::SeqCst);
    }
}

struct CountedIds(Mutex<u128>);

impl Ids for CountedIds {
    fn uuid(&self) -> Uuid {
        let mut next = self.0.lock().unwrap();
        *next += 1;
        Uuid::from_u128(0xFFFF_0000_0000_7000_8000_0000_0000_0000 + *next)
    }
}

/// A small hospital: records room FILE with kiosk rr-1, ER with er-1, CARD with card-1; badges 1 (records), 2 (clerk).
pub(super) struct House {
    pub ledger: Ledger,
    pub clock: Arc<TestClock>,
    pub dir: TempDir,
}

pub(super) fn place(code: &str) -> PlaceCode {
    PlaceCode::new(code).unwrap()
}

/// Somebody of whom little is known.
pub(super) fn patient(mrn: &str, last_name: &str, first_name: &str) -> Patient {
    Patient {
        mrn: mrn.into(),
        last_name: last_name.into(),
        first_name: first_name.into(),
        birth_date: None,
        sex: None,
        active: true,
    }
}

/// A file's row: volume `volume` of patient 123456, at home in FILE.
pub(super) fn row(volume: u16) -> ChartRow {
    ChartRow {
        mrn: "123456".into(),
        record_type: "MR".into(),
        volume,
        home: place("FILE"),
        place: None,
        holder: None,
        out_since: None,
        legacy_barcode: None,
    }
}

fn kiosk(id: &str, at: &str, mode: KioskMode) -> Kiosk {
    let printer = (id == "rr-1").then(|| "zebra".to_owned());
    Kiosk {
        id: id.into(),
        name: id.into(),
        place: place(at),
        mode,
        idle_sign_off_seconds: 120,
        printer,
        language: None,
    }
}

pub(super) fn options(dir: &std::path::Path, clock: Arc<TestClock>, ids: u128) -> OpenOptions {
    let kiosks = vec![
        kiosk("rr-1", "FILE", KioskMode::Return),
        kiosk("er-1", "ER", KioskMode::Receive),
        kiosk("card-1", "CARD", KioskMode::Receive),
    ];
    let rule = LegacyRule { pattern: r"^(?<mrn>\d{6})$".into(), check: None };
    OpenOptions {
        dir: dir.to_owned(),
        clock,
        ids: Arc::new(CountedIds(Mutex::new(ids))),
        kiosks,
        barcodes: barcode::Reader::new(&[rule]).unwrap(),
        numbering: Numbering::new(r"^\d{6}$", Filing::TerminalDigit).unwrap(),
        zone: TimeZone::UTC,
        chart_labels: std::collections::HashMap::new(),
    }
}

impl House {
    pub fn empty() -> House {
        let dir = TempDir::new().unwrap();
        let clock = Arc::new(TestClock::at(1_790_000_000_000_000));
        let ledger = Ledger::open(options(dir.path(), clock.clone(), 0)).unwrap();
        House { ledger, clock, dir }
    }

    /// With places, people, patient 123456 and as many MR volumes as asked, numbered from 1.
    pub fn with_charts(charts: usize) -> House {
        let house = House::empty();
        let by = Actor::User("anna".into());
        for (code, kind, loan_hours) in [
            ("FILE", PlaceKind::FileRoom, None),
            ("ER", PlaceKind::Department, Some(24)),
            ("CARD", PlaceKind::Clinic, Some(72)),
        ] {
            let place =
                Place { code: place(code), name: code.into(), kind, loan_hours, restricted: false, active: true };
            house.ledger.change_blocking(&by, AddPlace { place }).unwrap();
        }
        for (badge, role) in [("1", Role::Records), ("2", Role::Clerk)] {
            let badge = BadgeNumber::new(badge).unwrap();
            let staff = Staff { badge, name: "Rosa".into(), role, place: None, email: None, active: true };
            house.ledger.change_blocking(&by, AddStaff { staff }).unwrap();
        }
        let patient = patient("123456", "Ötvös", "Ada");
        house.ledger.change_blocking(&by, AddPatient { patient }).unwrap();
        for _ in 0..charts {
            let add = AddChart { mrn: "123456".into(), record_type: "MR".into(), volume: None, home: place("FILE") };
            house.ledger.change_blocking(&by, add).unwrap();
        }
        house
    }

    pub fn scan_of(&self, kiosk: &str, code: &Code) -> Scan {
        self.scan_text(kiosk, &encode(code).unwrap())
    }

    pub fn scan_text(&self, kiosk: &str, data: &str) -> Scan {
        Scan {
            id: Uuid::now_v7(),
            kiosk: kiosk.into(),
            device: None,
            lane: String::new(),
            source: ScanSource::Scanned,
            symbology: None,
            data: data.into(),
            observed_at: None,
            queue_seq: None,
            sent_at: None,
            received_at: self.clock.now(),
        }
    }

    pub fn scan(&self, kiosk: &str, code: &Code) -> Result<Receipt, ScanError> {
        self.ledger.scan_blocking(self.scan_of(kiosk, code))
    }

    /// The database by a connection of its own, past the ledger.
    pub fn raw(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.dir.path().join("outguide.db")).unwrap()
    }
}

pub(super) fn chart(number: u32) -> Code {
    Code::Chart(ChartNumber(number), LabelIssue(1))
}

pub(super) fn badge(number: &str) -> Code {
    Code::Badge(BadgeNumber::new(number).unwrap())
}

pub(super) fn to(code: &str) -> Code {
    Code::Place(place(code))
}

pub(super) fn command(word: CommandWord) -> Code {
    Code::Command(word)
}
