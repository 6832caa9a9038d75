//! Imported charts: as at the console, and as their dry run says.

use super::*;
use crate::ledger::changes::{
    AddRecordType, ChartRow, CorrectPatient, CorrectPlace, CorrectRecordType, ImportCharts, MoveChart, PatientPatch,
    PlacePatch, RecordTypePatch, RowOutcome, Was,
};
use crate::records::RecordType;

/// Volume `volume` of patient 123456, at home in FILE.
fn row(volume: u16) -> ChartRow {
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

impl House {
    /// What became of one row. The dry run must have said the same.
    fn import(&self, row: &ChartRow) -> RowOutcome {
        let foreseen = self.ledger.read_blocking(|reader| reader.compare_charts(std::slice::from_ref(row))).unwrap();
        let chunk = ImportCharts { rows: vec![row.clone()], run: None };
        let made = self.ledger.change_blocking(&House::by(), chunk).unwrap();
        assert_eq!(foreseen, made, "{row:?}");
        made.into_iter().next().unwrap()
    }

    /// The field and the words of a row that must not be taken.
    fn reject(&self, row: &ChartRow) -> (&'static str, String) {
        match self.import(row) {
            RowOutcome::Rejected { field, text } => (field, text),
            taken => panic!("{row:?} is {taken:?}"),
        }
    }

    fn close(&self, code: &str) {
        let patch = PlacePatch { active: Some(false), ..PlacePatch::default() };
        let close = CorrectPlace { code: place(code), patch, was: Was::default() };
        self.ledger.change_blocking(&House::by(), close).unwrap();
    }
}

fn refused(field: &'static str, text: &str) -> (&'static str, String) {
    (field, text.to_owned())
}

#[test]
fn what_is_no_longer_in_use_is_refused_as_at_the_console() {
    let house = House::with_charts(1);
    let by = House::by();
    let record_type = RecordType { code: "XR".into(), name: "X-rays".into(), restricted: false, active: true };
    house.ledger.change_blocking(&by, AddRecordType { record_type }).unwrap();
    let patch = RecordTypePatch { active: Some(false), ..RecordTypePatch::default() };
    let retire = CorrectRecordType { code: "XR".into(), patch, was: Was::default() };
    house.ledger.change_blocking(&by, retire).unwrap();
    house.close("CARD");
    let closed = "place CARD is no longer in use";
    assert_eq!(house.reject(&ChartRow { home: place("CARD"), ..row(2) }), refused("home", closed));
    assert_eq!(house.reject(&ChartRow { home: place("CARD"), ..row(1) }), refused("home", closed), "of a known one");
    assert_eq!(house.reject(&ChartRow { place: Some(place("CARD")), ..row(2) }), refused("place", closed));
    let of_type = ChartRow { record_type: "XR".into(), ..row(2) };
    assert_eq!(house.reject(&of_type), refused("record_type", "there is no record type XR in use"));
    let patch = PatientPatch { active: Some(false), ..PatientPatch::default() };
    let deactivate = CorrectPatient { mrn: "123456".into(), patch, was: Was::default() };
    house.ledger.change_blocking(&by, deactivate).unwrap();
    let text = "patient 123456 is deactivated: reactivate the patient first";
    assert_eq!(house.reject(&row(2)), refused("mrn", text));
    assert_eq!(house.import(&row(1)), RowOutcome::Unchanged, "nothing new is asked of a known one");
}

#[test]
fn a_chart_lent_to_the_place_that_becomes_its_home_is_home() {
    let house = House::with_charts(1);
    let lend = MoveChart { number: ChartNumber(1), place: place("ER"), holder: None };
    house.ledger.change_blocking(&House::by(), lend).unwrap();
    let moved = ChartRow { home: place("ER"), ..row(1) };
    assert_eq!(house.import(&moved), RowOutcome::Changed);
    let custody = house.custody(1);
    assert_eq!((custody.place, custody.out_since, custody.due_at), (place("ER"), None, None));
    assert_eq!(house.import(&moved), RowOutcome::Unchanged);
    assert_eq!(house.verified().faults, []);
}
