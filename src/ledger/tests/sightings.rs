//! Charts seen in photographs: evidence that someone gives, and no more than that.

use uuid::Uuid;

use super::{House, badge, place};
use crate::barcode::{ChartNumber, Code, encode};
use crate::custody::KnownBy;
use crate::ledger::changes::{RecordSightings, ReportMissing, Sighted};
use crate::ledger::queries::{ChartRow, Paging, Sight};
use crate::ledger::{Actor, ChangeError};

fn label(number: u32) -> String {
    encode(&super::chart(number)).unwrap()
}

fn anna() -> Actor {
    Actor::User("anna".into())
}

fn seen(house: &House, id: Uuid, at: &str, labels: &[String]) -> Result<Sighted, ChangeError> {
    house.ledger.change_blocking(&anna(), RecordSightings { id, place: place(at), labels: labels.to_vec() })
}

fn chart(house: &House, number: u32) -> ChartRow {
    house.ledger.read_blocking(|reader| reader.chart(ChartNumber(number), Sight::Full)).unwrap().unwrap()
}

fn rule(answer: Result<Sighted, ChangeError>) -> &'static str {
    match answer {
        Err(ChangeError::Refused(refusal)) => refusal.rule,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_sighting_moves_nothing_and_says_how_it_is_known() {
    let house = House::with_charts(3);
    house.scan("er-1", &badge("2")).unwrap();
    house.scan("er-1", &super::chart(2)).unwrap();
    let before = chart(&house, 2);
    let made = seen(&house, Uuid::now_v7(), "FILE", &[label(2), label(1), label(2)]).unwrap();
    assert_eq!((made.duplicate, made.charts), (false, vec![ChartNumber(1), ChartNumber(2)]));
    let at_home = chart(&house, 1).chart;
    assert_eq!((at_home.place, at_home.known_by), (Some(place("FILE")), KnownBy::Asserted));
    assert_eq!((at_home.seen_place, at_home.seen_at.is_some()), (Some(place("FILE")), true));
    let elsewhere = chart(&house, 2).chart;
    assert_eq!((elsewhere.place, elsewhere.out_since), (before.chart.place.clone(), before.chart.out_since));
    assert_eq!(elsewhere.seen_place, Some(place("FILE")), "that it was seen elsewhere is known");
    // Scanned at the file room before: the newest evidence is what someone said.
    house.scan("rr-1", &badge("1")).unwrap();
    house.scan("rr-1", &super::chart(3)).unwrap();
    seen(&house, Uuid::now_v7(), "FILE", &[label(3)]).unwrap();
    assert_eq!(chart(&house, 3).chart.known_by, KnownBy::Asserted);
    let history = house.ledger.read_blocking(|r| r.chart_history(ChartNumber(2), &Paging::default(), Sight::Full));
    assert_eq!(history.unwrap().rows[0].text, "Seen in a photograph said to be of FILE");
}

#[test]
fn the_same_id_writes_once_and_other_data_under_it_is_a_conflict() {
    let house = House::with_charts(3);
    let id = Uuid::now_v7();
    let first = seen(&house, id, "FILE", &[label(1), label(2)]).unwrap();
    let head = house.ledger.head();
    let again = seen(&house, id, "FILE", &[label(2), label(1)]).unwrap();
    assert_eq!(again, Sighted { duplicate: true, ..first });
    assert_eq!(house.ledger.head(), head, "nothing more was written");
    for (at, labels) in [("ER", vec![label(1), label(2)]), ("FILE", vec![label(1)])] {
        assert!(matches!(seen(&house, id, at, &labels), Err(ChangeError::Clash { .. })));
    }
}

#[test]
fn a_missing_chart_that_is_seen_is_missing_no_longer() {
    let house = House::with_charts(1);
    house.ledger.change_blocking(&anna(), ReportMissing { number: ChartNumber(1) }).unwrap();
    seen(&house, Uuid::now_v7(), "ER", &[label(1)]).unwrap();
    let found = chart(&house, 1).chart;
    assert_eq!((found.missing_since, found.place), (None, Some(place("FILE"))));
}

#[test]
fn only_labels_on_charts_are_evidence_and_one_bad_one_writes_nothing() {
    let house = House::with_charts(2);
    let head = house.ledger.head();
    let reference = encode(&Code::Reference(ChartNumber(1))).unwrap();
    let id = Uuid::now_v7();
    assert_eq!(rule(seen(&house, id, "FILE", &[label(1), reference])), "refuse_when_code_is_no_chart_label");
    assert_eq!(rule(seen(&house, id, "FILE", &[label(1), label(77)])), "refuse_when_chart_is_unknown");
    assert_eq!(rule(seen(&house, id, "FILE", &["123456".into()])), "refuse_when_label_fits_several");
    assert_eq!(rule(seen(&house, id, "NOWHERE", &[label(1)])), "refuse_when_place_is_unknown");
    assert_eq!(rule(seen(&house, id, "FILE", &[])), "refuse_when_labels_are_too_many");
    assert_eq!(house.ledger.head(), head);
}
