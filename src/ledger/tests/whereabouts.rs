//! Where charts are, by what the console says and by what labels say.

use super::*;
use crate::custody::{KnownBy, VerdictKind};
use crate::ledger::changes::{MoveChart, ReportFound, ReportMissing};
use crate::ledger::queries::Sight;

#[test]
fn the_console_lends_to_a_person_also_where_the_chart_is_filed() {
    let house = House::with_charts(1);
    let number = ChartNumber(1);
    let say = |holder: Option<&str>| {
        let holder = holder.map(|badge| BadgeNumber::new(badge).unwrap());
        house.ledger.change_blocking(&House::by(), MoveChart { number, place: place("FILE"), holder }).unwrap();
        house.custody(1)
    };
    let lent = say(Some("2"));
    assert_eq!((lent.holder.map(|badge| badge.to_string()), lent.out_since.is_some()), (Some("2".to_owned()), true));
    let back = say(None);
    assert_eq!((back.holder, back.out_since), (None, None));
}

#[test]
fn a_chart_found_away_from_home_is_due_as_any_other_there() {
    let house = House::with_charts(1);
    let number = ChartNumber(1);
    house.ledger.change_blocking(&House::by(), ReportMissing { number }).unwrap();
    let found = ReportFound { number, place: Some(place("CARD")) };
    house.ledger.change_blocking(&House::by(), found).unwrap();
    let custody = house.custody(1);
    let term = custody.due_at.unwrap().duration_since(custody.since).as_secs_f64() / 3_600.0;
    assert_eq!((custody.place, term.round()), (place("CARD"), 72.0));
}

#[test]
fn a_place_is_scanned_only_until_the_chart_is_seen_elsewhere() {
    let house = House::with_charts(1);
    let known = || {
        let row = house.ledger.read_blocking(|reader| reader.chart(ChartNumber(1), Sight::Full)).unwrap().unwrap();
        (row.chart.place, row.chart.known_by)
    };
    house.scan("rr-1", &badge("1")).unwrap();
    house.scan("rr-1", &chart(1)).unwrap();
    assert_eq!(known(), (Some(place("FILE")), KnownBy::Scanned));
    let stranger = house.scan("card-1", &chart(1)).unwrap().verdict.chart.unwrap();
    assert_eq!((stranger.place, stranger.known_by), known());
    assert_eq!(known(), (Some(place("FILE")), KnownBy::Asserted), "it may lie at CARD");
    house.scan("rr-1", &command(CommandWord::Where)).unwrap();
    let told = house.scan("rr-1", &Code::Reference(ChartNumber(1))).unwrap().verdict.detail;
    assert!(told.contains("last seen at CARD"), "{told}");
    house.scan("rr-1", &badge("1")).unwrap();
    assert_eq!(house.scan("rr-1", &chart(1)).unwrap().verdict.kind, VerdictKind::Returned);
    assert_eq!(known(), (Some(place("FILE")), KnownBy::Scanned));
}
