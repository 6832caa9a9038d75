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

/// A late act and what the whole story is with it.
fn late(history: &[(OrderKey, Act)], act: (OrderKey, Act), live: &[AlertRow]) -> (Custody, Vec<AlertChange>) {
    let before = fold(history.to_vec()).expect("registered");
    let mut all = history.to_vec();
    all.push(act.clone());
    all.sort_by(|one, other| one.0.cmp(&other.0));
    let custody = fold(all).expect("registered");
    let seen = ActSeen { chart: CHART, before: Some(&before), after: &custody, key: &act.0, act: &act.1 };
    let changes = after_act(&seen, live);
    (custody, changes)
}

#[test]
fn an_alert_goes_on_when_its_case_or_loan_turns_out_to_have_begun_earlier() {
    let missing = Act::ReportedMissing { seen: None };
    let history = [registered(), (key(5, "", 2), missing.clone())];
    let (_, opened) = after(&fold([registered()]).expect("registered"), &history[1].0, &missing, &[]);
    let [AlertChange::Open(new)] = opened.as_slice() else { panic!("{opened:?}") };
    let alert = new.clone().row(AlertId(1), at(5));
    let changes = late(&history, (key(4, "rr-1", 3), missing), &[alert]).1;
    assert_eq!(changes, [AlertChange::Follow { id: AlertId(1), about: 3, due_at: None }]);

    let history = [registered(), (key(4, "er-1", 2), received("ER", 8))];
    let lent = |due| Act::CheckedOut {
        to: place("ER"),
        holder: None,
        due_at: Some(at(due)),
        home: false,
        seen_at: Some(place("FILE")),
        same_loan: false,
    };
    let alert = overdue(CHART, &fold(history.clone()).expect("registered"), at(9)).expect("due").row(AlertId(1), at(9));
    let (custody, changes) = late(&history, (key(3, "rr-1", 3), lent(7)), std::slice::from_ref(&alert));
    let loan = custody.loan.expect("lent");
    assert_eq!(changes, [AlertChange::Follow { id: AlertId(1), about: loan, due_at: custody.due_at }]);
    // A term that is not over is no overdue loan.
    let (_, changes) = late(&history, (key(3, "rr-1", 3), lent(20)), &[alert]);
    assert!(matches!(changes.as_slice(), [AlertChange::Resolve { .. }]), "{changes:?}");
}

#[test]
fn what_is_taken_back_takes_the_end_of_its_alert_back() {
    let before = lent();
    let alert = overdue(CHART, &before, at(6)).expect("due").row(AlertId(1), at(6));
    let returned = key(7, "rr-1", 3);
    let home = apply(Some(&before), &returned, &received("FILE", 30)).expect("registered");
    let undone = Act::Undone { target: 3, place: None };
    let again = apply(Some(&home), &key(8, "rr-1", 4), &undone).expect("registered");
    let undo = key(8, "rr-1", 4);
    let seen = ActSeen { chart: CHART, before: Some(&home), after: &again, key: &undo, act: &undone };
    let ended = AlertRow { owner: Some("anna".into()), ..alert.clone() }.resolved(at(7), "returned", "kiosk:rr-1");
    let back = taken_back(&seen, std::slice::from_ref(&ended));
    assert_eq!(back, [AlertRow { owner: Some("anna".into()), state: AlertState::Acknowledged, ..alert.clone() }]);
    let closed = alert.clone().resolved(at(6), BY_HAND, "user:anna");
    assert_eq!(taken_back(&seen, std::slice::from_ref(&closed)), [closed]);
    let other = AlertRow { about: Some(99), ..ended.clone() };
    assert_eq!(taken_back(&seen, &[other]), []);
    let seen = ActSeen { act: &Act::Renewed { due_at: None }, ..seen };
    assert_eq!(taken_back(&seen, &[ended]), []);
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
