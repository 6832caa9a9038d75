//! The register of equipment: its rows are those that were recorded, and what is due has one alert.

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;
use crate::equipment::{Described, Equipment, EquipmentId, EquipmentKind, Service, ServiceId, ServiceUnit};
use crate::ledger::changes::{
    AddEquipment, AlertAction, AlertStep, CorrectEquipment, LogService, StrikeService, Sweep, Was,
};
use crate::ledger::queries::Paging;
use crate::ledger::{AlertId, AlertState, ChangeError, Rebuild};

fn described(every: Option<u16>) -> Described {
    Described {
        kind: EquipmentKind::Printer,
        name: "Zebra at the window".into(),
        make: Some("Zebra".into()),
        model: Some("ZD421".into()),
        serial: None,
        place: Some(place("ER")),
        device: None,
        purchased_on: None,
        warranty_until: None,
        service_every: every,
        service_unit: every.map(|_| ServiceUnit::Days),
        service_work: Some("Clean the print head.".into()),
    }
}

fn add(house: &House, described: Described) -> Result<Equipment, ChangeError> {
    house.ledger.change_blocking(&House::by(), AddEquipment { described })
}

fn correct(
    house: &House,
    id: EquipmentId,
    retired: Option<bool>,
    correct: impl FnOnce(Described) -> Described + Send + 'static,
) -> Result<Equipment, ChangeError> {
    house.ledger.change_blocking(&House::by(), CorrectEquipment { id, correct, retired, was: Was::default() })
}

fn today(house: &House) -> Date {
    house.clock.now().to_zoned(TimeZone::UTC).date()
}

fn log(house: &House, id: EquipmentId, done_on: Date) -> Result<Service, ChangeError> {
    let (done_by, work) = ("Service Ltd".into(), "Cleaned.".into());
    house.ledger.change_blocking(&House::by(), LogService { equipment: id, done_on, done_by, work, cost_cents: None })
}

fn sweep(house: &House) -> usize {
    house.ledger.change_blocking(&Actor::System, Sweep).unwrap().services
}

/// Each service alert: piece, day it names, state, resolution.
fn alerts(house: &House) -> Vec<(u32, String, String, Option<String>)> {
    let raw = house.raw();
    let sql = "SELECT about, subject, state, resolution FROM alerts WHERE kind = 'service' ORDER BY id";
    let mut select = raw.prepare(sql).unwrap();
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn a_due_service_opens_one_alert_that_closes_when_it_is_logged() {
    let house = House::with_charts(0);
    let printer = add(&house, described(Some(30))).unwrap();
    assert_eq!(sweep(&house), 0);
    house.clock.advance(30 * 86_400);
    assert_eq!((sweep(&house), sweep(&house)), (1, 0), "one alert");
    let due = printer.next_service().unwrap();
    let subject = format!("equipment 1: service due {due}");
    assert_eq!(alerts(&house), [(1, subject.clone(), "open".into(), None)]);
    let alert = house.ledger.read_blocking(|reader| reader.equipment(printer.id)).unwrap().row.alert;
    assert_eq!(alert, Some(AlertId(1)));

    log(&house, printer.id, today(&house)).unwrap();
    assert_eq!(alerts(&house), [(1, subject, "resolved".into(), Some("serviced".into()))]);
    assert_eq!(sweep(&house), 0);
    house.clock.advance(30 * 86_400);
    assert_eq!(sweep(&house), 1, "the next one");
    assert_eq!(house.verified().faults, vec![]);
}

#[test]
fn an_alert_closed_by_hand_does_not_come_back_for_the_same_day() {
    let house = House::with_charts(0);
    let printer = add(&house, described(Some(1))).unwrap();
    house.clock.advance(2 * 86_400);
    assert_eq!(sweep(&house), 1);
    let step = AlertStep::Resolve { reason: "it goes to the dump".into() };
    let closed = house.ledger.change_blocking(&House::by(), AlertAction { id: AlertId(1), step }).unwrap();
    assert_eq!((closed.state, sweep(&house)), (AlertState::Resolved, 0));
    correct(&house, printer.id, None, |said| Described { service_every: Some(2), ..said }).unwrap();
    assert_eq!(sweep(&house), 1, "another day");
    correct(&house, printer.id, Some(true), |said| said).unwrap();
    assert_eq!(alerts(&house)[1].3.as_deref(), Some("retired"));
    assert!(matches!(log(&house, printer.id, today(&house)), Err(ChangeError::Conflict(_))));
    assert_eq!(house.verified().faults, vec![]);
}

#[test]
fn a_service_logged_by_mistake_is_struck_and_counts_for_nothing() {
    let house = House::with_charts(0);
    let printer = add(&house, described(Some(30))).unwrap();
    let first = log(&house, printer.id, date(2026, 1, 2)).unwrap();
    let wrong = log(&house, printer.id, today(&house)).unwrap();
    let strike = |equipment, id| house.ledger.change_blocking(&House::by(), StrikeService { equipment, id });
    assert!(matches!(strike(EquipmentId(9), wrong.id), Err(ChangeError::NotFound(_))));
    assert!(strike(printer.id, wrong.id).unwrap().struck);
    let seen = house.ledger.read_blocking(|reader| reader.equipment(printer.id)).unwrap();
    assert_eq!(seen.row.equipment.last_service_on, Some(first.done_on));
    assert_eq!(
        seen.services.iter().map(|one| (one.id, one.struck)).collect::<Vec<_>>(),
        [(ServiceId(2), true), (ServiceId(1), false)]
    );
    assert!(matches!(log(&house, printer.id, date(2030, 1, 1)), Err(ChangeError::Refused(_))), "a day to come");
    assert_eq!(house.verified().faults, vec![]);
}

#[test]
fn an_alert_comes_back_when_what_settled_it_was_a_mistake() {
    let house = House::with_charts(0);
    let printer = add(&house, described(Some(30))).unwrap();
    house.clock.advance(40 * 86_400);
    assert_eq!(sweep(&house), 1);
    let wrong = log(&house, printer.id, today(&house)).unwrap();
    assert_eq!(sweep(&house), 0);
    house.ledger.change_blocking(&House::by(), StrikeService { equipment: printer.id, id: wrong.id }).unwrap();
    assert_eq!(sweep(&house), 1);
    correct(&house, printer.id, Some(true), |said| said).unwrap();
    correct(&house, printer.id, Some(false), |said| said).unwrap();
    assert_eq!(sweep(&house), 1, "in use again");
}

#[test]
fn a_serial_number_and_a_device_are_registered_once() {
    let house = House::with_charts(0);
    let said = |name: &str, serial: Option<&str>, device: Option<&str>| Described {
        name: name.into(),
        serial: serial.map(str::to_owned),
        device: device.map(str::to_owned),
        ..described(None)
    };
    let one = add(&house, said("one", Some("S1"), Some("zebra"))).unwrap();
    let rule = |made: Result<Equipment, ChangeError>| match made {
        Err(ChangeError::Refused(refusal)) => refusal.rule,
        other => panic!("{other:?}"),
    };
    assert_eq!(rule(add(&house, said("two", Some("S1"), None))), "refuse_when_serial_is_registered");
    assert_eq!(rule(add(&house, said("two", None, Some("zebra")))), "refuse_when_device_is_registered");
    let nowhere = Described { place: Some(place("NOWHERE")), ..described(None) };
    assert_eq!(rule(add(&house, nowhere)), "refuse_when_place_is_unknown");
    correct(&house, one.id, Some(true), |said| said).unwrap();
    add(&house, said("two", None, Some("zebra"))).unwrap();
    assert_eq!(rule(correct(&house, one.id, Some(false), |said| said)), "refuse_when_device_is_registered");
}

#[test]
fn the_register_begins_with_what_is_due_first_and_pages_without_gaps() {
    let house = House::with_charts(0);
    for every in [None, Some(90), Some(10), None, Some(10)] {
        add(&house, described(every)).unwrap();
    }
    correct(&house, EquipmentId(3), Some(true), |said| said).unwrap();
    let mut paging = Paging { limit: Some(1), cursor: None };
    let mut ids = Vec::new();
    loop {
        let page = house.ledger.read_blocking(|reader| reader.equipment_list(Some("ZD421"), &paging)).unwrap();
        ids.extend(page.rows.iter().map(|row| row.equipment.id.0));
        paging.cursor = page.next_cursor;
        if paging.cursor.is_none() {
            break;
        }
    }
    assert_eq!(ids, [5, 2, 1, 4, 3]);
    let none = house.ledger.read_blocking(|reader| reader.equipment_list(Some("xerox"), &Paging::default())).unwrap();
    assert_eq!(none.rows, []);
}

#[test]
fn a_row_written_past_the_ledger_is_found() {
    for (sql, table) in [
        ("UPDATE equipment SET next_service = '2099-01-01'", "equipment"),
        ("UPDATE equipment SET serial = 'X'", "equipment"),
        ("UPDATE equipment_services SET work = 'nothing'", "equipment_services"),
        ("DELETE FROM equipment_services", "equipment_services"),
        (
            "INSERT INTO equipment_services VALUES (7, 1, '2026-01-01', 'x', 'x', NULL, 0, 'x', 1, 1)",
            "equipment_services",
        ),
    ] {
        let house = House::with_charts(0);
        let printer = add(&house, described(Some(30))).unwrap();
        log(&house, printer.id, today(&house)).unwrap();
        assert_eq!(house.verified().faults, vec![]);
        house.raw().execute(sql, []).unwrap();
        let faults = house.verified().faults;
        assert!(faults.iter().any(|fault| fault.to_string().starts_with(table)), "{sql}: {faults:?}");
    }
}

/// One thing that may happen next; refusals are as good as deeds.
fn step(house: &House, what: u8, id: u32, days: i64) {
    let id = EquipmentId(id);
    let every = u16::try_from(days).ok().filter(|days| *days > 0);
    match what {
        0 | 1 => drop(add(house, described(every))),
        2 => drop(correct(house, id, None, move |said| Described { service_every: every, service_unit: None, ..said })),
        3 => drop(correct(house, id, None, move |_| described(every))),
        4 => drop(correct(house, id, Some(days % 2 == 0), |said| said)),
        5 | 6 => drop(log(house, id, today(house).saturating_sub(jiff::Span::new().days(days)))),
        7 => {
            let strike = StrikeService { equipment: id, id: ServiceId(u32::try_from(days).unwrap_or(0)) };
            drop(house.ledger.change_blocking(&House::by(), strike));
        }
        8 | 9 => drop(sweep(house)),
        10 => {
            let action = AlertAction { id: AlertId(u64::from(id.0)), step: AlertStep::Resolve { reason: "x".into() } };
            drop(house.ledger.change_blocking(&House::by(), action));
        }
        _ => house.clock.advance(days * 86_400),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]
    #[test]
    fn rows_are_as_recorded_and_what_is_due_has_one_alert(
        steps in prop::collection::vec((0u8..12, 1u32..5, 0i64..20), 1..60)
    ) {
        let house = House::with_charts(0);
        for (what, id, days) in steps {
            step(&house, what, id, days);
        }
        sweep(&house);
        prop_assert_eq!(sweep(&house), 0, "a second sweep finds nothing");
        let today = today(&house);
        let rows = house.ledger.read_blocking(|reader| reader.equipment_list(None, &Paging::default())).unwrap().rows;
        let all = alerts(&house);
        for row in &rows {
            let id = row.equipment.id.0;
            let live: Vec<_> = all.iter().filter(|(about, _, state, _)| *about == id && state != "resolved").collect();
            let due = row.next_service.filter(|due| *due <= today);
            let settled = |due: Date| all.iter().any(|(about, subject, _, why)| {
                *about == id && subject.ends_with(&due.to_string()) && why.as_deref() == Some("by_hand")
            });
            match due {
                None => prop_assert!(live.is_empty(), "{live:?}"),
                Some(due) if live.is_empty() => prop_assert!(settled(due), "{row:?}: {all:?}"),
                Some(due) => prop_assert!(live.len() == 1 && live[0].1.ends_with(&due.to_string()), "{live:?}"),
            }
        }
        prop_assert_eq!(house.verified().faults, vec![]);
        house.ledger.change_blocking(&Actor::System, Rebuild).unwrap();
        prop_assert_eq!(house.verified().faults, vec![]);
    }
}
