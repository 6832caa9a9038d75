//! Scanners are counted from the entries, each entry once, and silence where scans are usual has one alert.

use jiff::SignedDuration;

use super::*;
use crate::alerts::{SilenceRule, Stretch};
use crate::ledger::changes::{AlertAction, AlertStep, CorrectKiosk, CountScans, KioskPatch, OpenSilence, Silence, Was};
use crate::ledger::queries::Listened;
use crate::ledger::{AlertId, AlertRow, AlertState, ChangeError, ScannerKey, Tally};

const RULE: SilenceRule = SilenceRule { after: SignedDuration::from_hours(1), usual_scans: 10 };
const HOUR: i64 = 3_600;
const WEEK: i64 = 7 * 24 * HOUR;

fn gun() -> ScannerKey {
    ScannerKey { kiosk: "er-1".into(), device: Some("gun".into()) }
}

fn page() -> ScannerKey {
    ScannerKey { kiosk: "er-1".into(), device: None }
}

fn scanned(house: &House, device: Option<&str>) -> Scan {
    Scan { device: device.map(str::to_owned), ..house.scan_of("er-1", &to("CARD")) }
}

fn scan(house: &House, device: Option<&str>) {
    house.ledger.scan_blocking(scanned(house, device)).unwrap();
}

fn tally(house: &House) -> Tally {
    house.ledger.read_blocking(super::super::Reader::scan_tally).unwrap()
}

/// Counts all that is there; how many alerts that closed.
fn count(house: &House) -> usize {
    let mut closed = 0;
    loop {
        let tally = tally(house);
        let more = tally.more;
        closed += house.ledger.change_blocking(&Actor::System, CountScans { tally }).unwrap();
        if !more {
            return closed;
        }
    }
}

/// A scanner that makes twelve scans in the same hour of each of so many weeks. It is the beginning of that hour again.
fn weeks(count: i64, device: Option<&str>) -> House {
    let house = House::with_charts(0);
    house.clock.advance(1_000);
    for _ in 0..count {
        for _ in 0..12 {
            scan(&house, device);
            house.clock.advance(HOUR / 12);
        }
        house.clock.advance(WEEK - HOUR);
    }
    house
}

fn silences(house: &House, scanner: ScannerKey) -> Vec<Silence> {
    let now = house.clock.now();
    let listened = [Listened { scanner, since: now - SignedDuration::from_hours(2) }];
    let stretch = Stretch::before(now, RULE.after);
    house.ledger.read_blocking(|reader| reader.silences(&listened, stretch, RULE, &TimeZone::UTC)).unwrap()
}

fn open(house: &House, scanner: ScannerKey) -> Option<AlertRow> {
    let silence = silences(house, scanner).pop()?;
    Some(house.ledger.change_blocking(&Actor::System, OpenSilence { silence }).unwrap())
}

/// Each alert: state, resolution.
fn alerts(house: &House) -> Vec<(String, Option<String>)> {
    let raw = house.raw();
    let mut select = raw.prepare("SELECT state, resolution FROM alerts ORDER BY id").unwrap();
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn silence_where_scans_are_usual_opens_one_alert_and_the_next_scan_closes_it() {
    let house = weeks(4, Some("gun"));
    count(&house);
    assert_eq!(silences(&house, gun()), [], "the hour before, none are usual");
    house.clock.advance(HOUR);
    let [found] = silences(&house, gun()).try_into().expect("one");
    assert_eq!(found.usual, 12);
    let alert = open(&house, gun()).expect("silent");
    assert_eq!((alert.place.clone(), alert.due_at), (Some(place("ER")), Some(found.since)));
    assert!(alert.subject.as_deref().is_some_and(|subject| subject.starts_with("scanner gun of kiosk er-1 is silent")));
    assert_eq!(open(&house, gun()), None, "one alert");
    let again = house.ledger.change_blocking(&Actor::System, OpenSilence { silence: found }).unwrap();
    assert_eq!(again.id, alert.id, "also where it was found twice");

    // It is an alert like any other.
    let step = |step| house.ledger.change_blocking(&House::by(), AlertAction { id: alert.id, step });
    step(AlertStep::Note { text: "Rang them.".into() }).unwrap();
    step(AlertStep::Snooze { until: house.clock.now() + SignedDuration::from_hours(4) }).unwrap();
    assert_eq!(count(&house), 0);
    // What was scanned before the silence and arrives late is no sign of life.
    let sent = house.clock.now();
    let observed_at = Some(sent - SignedDuration::from_hours(8 * 24));
    let late = Scan { observed_at, sent_at: Some(sent), queue_seq: Some(1), ..scanned(&house, Some("gun")) };
    house.ledger.scan_blocking(late).unwrap();
    assert_eq!(count(&house), 0);
    scan(&house, Some("other"));
    assert_eq!(count(&house), 0, "another scanner");
    scan(&house, Some("gun"));
    assert_eq!((count(&house), count(&house)), (1, 0));
    assert_eq!(alerts(&house), [("resolved".into(), Some("heard".into()))]);
    assert_eq!(house.verified().faults, vec![]);
    house.ledger.change_blocking(&Actor::System, crate::ledger::Rebuild).unwrap();
    assert_eq!(house.verified().faults, vec![]);
}

#[test]
fn two_weeks_are_no_habit_and_three_are() {
    for (count_of, expected) in [(2, 0), (3, 1)] {
        let house = weeks(count_of, Some("gun"));
        count(&house);
        house.clock.advance(HOUR);
        assert_eq!(silences(&house, gun()).len(), expected, "{count_of} weeks");
    }
}

#[test]
fn a_silence_closed_by_hand_stays_closed_until_the_scanner_is_heard_again() {
    let house = weeks(4, Some("gun"));
    count(&house);
    house.clock.advance(HOUR);
    let alert = open(&house, gun()).expect("silent");
    let resolve = AlertAction { id: alert.id, step: AlertStep::Resolve { reason: "holiday".into() } };
    house.ledger.change_blocking(&House::by(), resolve).unwrap();
    assert_eq!(open(&house, gun()), None);
    let told = Silence { scanner: gun(), since: house.clock.now(), usual: 12 };
    let answer = house.ledger.change_blocking(&Actor::System, OpenSilence { silence: told }).unwrap();
    assert_eq!((answer.id, answer.state), (alert.id, AlertState::Resolved));

    scan(&house, Some("gun"));
    for _ in 0..11 {
        scan(&house, Some("gun"));
    }
    count(&house);
    house.clock.advance(WEEK);
    let again = open(&house, gun()).expect("silent anew");
    assert_eq!(again.id, AlertId(2));
}

#[test]
fn a_kiosks_page_is_heard_with_whatever_is_scanned_there() {
    let house = weeks(3, None);
    count(&house);
    house.clock.advance(HOUR);
    let alert = open(&house, page()).expect("silent");
    assert!(alert.subject.as_deref().is_some_and(|subject| subject.starts_with("kiosk er-1 is silent: 12 scans")));
    scan(&house, Some("camera"));
    assert_eq!(count(&house), 1);
}

#[test]
fn the_silence_of_a_kiosk_that_is_switched_off_is_nobodys_matter() {
    let house = weeks(3, Some("gun"));
    count(&house);
    house.clock.advance(HOUR);
    open(&house, gun()).expect("silent");
    open(&house, page()).expect("silent too");
    let other = Silence { scanner: ScannerKey { kiosk: "rr-1".into(), ..gun() }, since: house.clock.now(), usual: 12 };
    house.ledger.change_blocking(&Actor::System, OpenSilence { silence: other }).unwrap();
    let patch = KioskPatch { active: Some(false), ..KioskPatch::default() };
    let off = CorrectKiosk { id: "er-1".into(), patch, was: Was::default() };
    house.ledger.change_blocking(&House::by(), off).unwrap();
    let closed = ("resolved".to_owned(), Some("kiosk_deactivated".to_owned()));
    assert_eq!(alerts(&house), [closed.clone(), closed, ("open".into(), None)]);
    assert_eq!(house.verified().faults, vec![]);
}

#[test]
fn entries_are_counted_once_in_whatever_pieces_and_old_counts_go() {
    let house = weeks(4, Some("gun"));
    let first = tally(&house);
    house.ledger.change_blocking(&Actor::System, CountScans { tally: first.clone() }).unwrap();
    let twice = house.ledger.change_blocking(&Actor::System, CountScans { tally: first });
    assert!(matches!(twice, Err(ChangeError::Conflict(_))), "{twice:?}");
    assert!(tally(&house).is_empty());
    let sum = |house: &House| -> i64 {
        house.raw().query_row("SELECT coalesce(sum(scans), 0) FROM scanner_quarters", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(sum(&house), 48);
    for _ in 0..3 {
        scan(&house, Some("gun"));
        count(&house);
    }
    assert_eq!(sum(&house), 51, "in three pieces");
    house.clock.advance(5 * WEEK);
    scan(&house, Some("camera"));
    count(&house);
    assert_eq!(sum(&house), 1, "older than four weeks");
    scan(&house, Some("gun"));
    count(&house);
    let pasts = house.ledger.read_blocking(|reader| reader.scanner_pasts(&[gun(), page()], &TimeZone::UTC)).unwrap();
    assert_eq!(pasts[0].heard_at, pasts[1].heard_at);
    assert!(pasts[0].heard_at.is_some_and(|heard| house.clock.now().duration_since(heard).as_secs() < 1));
}

#[test]
fn a_ledger_of_years_begins_to_count_four_weeks_ago() {
    let house = weeks(1, Some("old"));
    house.clock.advance(52 * WEEK);
    for _ in 0..5 {
        scan(&house, Some("gun"));
    }
    let tally = tally(&house);
    assert_eq!(tally.counts.keys().map(|(_, device, _)| device.as_str()).collect::<Vec<_>>(), ["gun"]);
    assert_eq!(tally.counts.values().map(|tallied| tallied.scans).sum::<u64>(), 5);
}
