//! Where charts are, by what the console says and by what labels say.

use super::*;
use crate::custody::{KnownBy, Rule, VerdictKind};
use crate::ledger::changes::{
    ChartPatch, CorrectChart, CorrectPatient, CorrectStaff, MoveChart, PatientPatch, ReportFound, ReportMissing,
    StaffPatch, Was,
};
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

#[test]
fn a_label_with_a_corrected_mrn_still_is_that_chart_and_is_never_taken_for_another_s() {
    let house = House::with_charts(1);
    let read = |mrn: &str| house.ledger.scan_blocking(house.scan_text("er-1", mrn)).unwrap().verdict;
    house.scan("er-1", &badge("2")).unwrap();
    let patch = PatientPatch { mrn: Some("654321".into()), ..PatientPatch::default() };
    let correct = CorrectPatient { mrn: "123456".into(), patch, was: Was::default() };
    house.ledger.change_blocking(&House::by(), correct).unwrap();
    for mrn in ["123456", "654321"] {
        assert_eq!(read(mrn).chart.unwrap().number, ChartNumber(1), "{mrn}");
    }
    let patient = patient("123456", "Osei", "Kofi");
    house.ledger.change_blocking(&House::by(), AddPatient { patient }).unwrap();
    let add = AddChart { mrn: "123456".into(), record_type: "MR".into(), volume: None, home: place("FILE") };
    house.ledger.change_blocking(&House::by(), add).unwrap();
    let several = read("123456");
    assert_eq!(several.rule, Some(Rule::RefuseWhenSeveralChartsFit));
    assert_eq!(several.notes[0].choices.len(), 2);
    assert_eq!(read("654321").chart.unwrap().number, ChartNumber(1));
}

#[test]
fn what_the_console_closes_or_retires_is_closed_to_kiosks_at_once() {
    let house = House::with_charts(2);
    let scans = |kiosk: &str, codes: &[Code]| {
        let rules = codes.iter().map(|code| house.scan(kiosk, code).unwrap().verdict.rule);
        rules.fold(None, |_, rule| rule)
    };
    scans("rr-1", &[badge("1"), command(CommandWord::Out), badge("2"), to("ER")]);
    let patch = StaffPatch { active: Some(false), ..StaffPatch::default() };
    let withdraw = CorrectStaff { badge: BadgeNumber::new("2").unwrap(), patch, was: Was::default() };
    house.ledger.change_blocking(&House::by(), withdraw).unwrap();
    assert_eq!(scans("rr-1", &[chart(2)]), Some(Rule::RefuseWhenBadgeIsInactive));
    scans("card-1", &[badge("1"), chart(1)]);
    house.retire(1, true);
    assert_eq!(scans("card-1", &[command(CommandWord::Undo)]), Some(Rule::RefuseWhenChartIsRetired));
    house.retire(1, false);
    let patch = ChartPatch { home: Some(place("ER")), ..ChartPatch::default() };
    let correct = CorrectChart { number: ChartNumber(1), patch, was: Was::default() };
    house.ledger.change_blocking(&House::by(), correct).unwrap();
    assert_eq!(scans("card-1", &[command(CommandWord::Undo)]), Some(Rule::RefuseWhenChartWasTouchedSince));
    house.close("ER");
    let home = scans("card-1", &[command(CommandWord::Return), chart(1)]);
    assert_eq!(home, Some(Rule::RefuseWhenPlaceIsInactive));
    assert_eq!(house.custody(1).place, place("CARD"));
}
