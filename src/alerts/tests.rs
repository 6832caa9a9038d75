use jiff::Timestamp;

use super::*;
use crate::barcode::{ChartNumber, PlaceCode};
use crate::custody::{Act, Custody, OrderKey, apply, fold};

const CHART: ChartNumber = ChartNumber(7);

fn at(hour: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + hour * 3600).expect("time")
}

fn place(code: &str) -> PlaceCode {
    PlaceCode::new(code).expect("place")
}

fn key(hour: i64, kiosk: &str, seq: u64) -> OrderKey {
    OrderKey { effective_at: at(hour), kiosk: kiosk.into(), queue_seq: 0, seq }
}

fn registered() -> (OrderKey, Act) {
    (key(0, "", 1), Act::Registered { place: place("FILE"), holder: None, out_since: None, due_at: None })
}

fn received(code: &str, due: i64) -> Act {
    Act::Received { place: place(code), due_at: Some(at(due)), home: code == "FILE" }
}

fn after(before: &Custody, key: &OrderKey, act: &Act, live: &[AlertRow]) -> (Custody, Vec<AlertChange>) {
    let custody = apply(Some(before), key, act).expect("registered");
    let seen = ActSeen { chart: CHART, before: Some(before), after: &custody, key, act };
    let changes = after_act(&seen, live);
    (custody, changes)
}

fn lent() -> Custody {
    fold([registered(), (key(1, "er-1", 2), received("ER", 5))]).expect("registered")
}

#[test]
fn a_loan_is_overdue_from_its_due_time_on() {
    assert_eq!(overdue(CHART, &lent(), at(4)), None);
    let alert = overdue(CHART, &lent(), at(5)).expect("due");
    assert_eq!((alert.about, alert.place, alert.due_at), (2, Some(place("ER")), Some(at(5))));
}

#[test]
fn an_overdue_alert_closes_with_its_loan_and_not_by_a_sighting() {
    let custody = lent();
    let alert = overdue(CHART, &custody, at(6)).expect("due").row(AlertId(1), at(6));
    let resolution =
        |act: &Act| match after(&custody, &key(7, "x-1", 3), act, std::slice::from_ref(&alert)).1.as_slice() {
            [] => "none",
            [AlertChange::Resolve { resolution, .. }] => resolution,
            other => panic!("{other:?}"),
        };
    assert_eq!(resolution(&Act::Sighted { place: place("ER"), asserted: false }), "none");
    assert_eq!(resolution(&received("ER", 30)), "none", "scanned at its holder");
    assert_eq!(resolution(&received("CARD", 30)), "handed_on");
    assert_eq!(resolution(&received("FILE", 30)), "returned");
    assert_eq!(resolution(&Act::Renewed { due_at: Some(at(30)) }), "renewed");
    assert_eq!(resolution(&Act::Undone { target: 2, place: None }), "undone");
}

#[test]
fn a_case_opens_one_alert_and_a_scan_closes_it() {
    let (missing, opened) = after(&lent(), &key(2, "rr-1", 3), &Act::ReportedMissing { seen: None }, &[]);
    let [AlertChange::Open(new)] = opened.as_slice() else { panic!("{opened:?}") };
    assert_eq!((new.kind, new.about), (AlertKind::Missing, 3));
    let alert = new.clone().row(AlertId(1), at(2));
    let again =
        after(&missing, &key(3, "rr-1", 4), &Act::ReportedMissing { seen: None }, std::slice::from_ref(&alert)).1;
    assert_eq!(again, []);
    let found = after(&missing, &key(4, "er-1", 5), &Act::Sighted { place: place("ER"), asserted: false }, &[alert]).1;
    assert_eq!(found, [AlertChange::Resolve { id: AlertId(1), resolution: "found", place: Some(place("ER")) }]);
}

#[test]
fn a_late_story_that_does_not_fit_opens_a_discrepancy_once() {
    let before = fold([registered(), (key(8, "card-1", 2), received("CARD", 20))]).expect("registered");
    let late = (key(4, "er-1", 3), received("ER", 9));
    let custody = fold([registered(), late.clone(), (key(8, "card-1", 2), received("CARD", 20))]).expect("registered");
    let seen = ActSeen { chart: CHART, before: Some(&before), after: &custody, key: &late.0, act: &late.1 };
    let changes = after_act(&seen, &[]);
    let [AlertChange::Open(new)] = changes.as_slice() else { panic!("{changes:?}") };
    assert_eq!((new.kind, new.about, new.place.clone()), (AlertKind::Discrepancy, 3, Some(place("CARD"))));
    let stories = new.subject.clone().expect("stories");
    assert!(stories.contains("to ER") && stories.contains("er-1") && stories.contains("at CARD"), "{stories}");
    assert_eq!(after_act(&seen, &[new.clone().row(AlertId(1), at(9))]), []);
}

#[test]
fn a_snooze_ends_at_its_time() {
    let open = overdue(CHART, &lent(), at(6)).expect("due").row(AlertId(1), at(6));
    let snoozed = AlertRow { state: AlertState::Snoozed, snoozed_until: Some(at(9)), ..open.clone() };
    assert!(!snoozed.wakes(at(8)));
    assert!(snoozed.wakes(at(9)));
    assert_eq!(snoozed.woken(), open);
    assert!(!open.clone().resolved(at(10), "by_hand", "user:anna").is_live());
}
