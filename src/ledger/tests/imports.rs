//! Imported charts: as at the console, and as their dry run says.

use super::*;
use crate::ledger::changes::{
    AddRecordType, AddStaff, ChartRow, CorrectPatient, CorrectPlace, CorrectRecordType, ImportCharts, ImportPatients,
    MoveChart, PatientPatch, PatientRow, PlacePatch, RecordTypePatch, RowOutcome, Was,
};
use crate::ledger::{Depth, Fault, Rebuild, schema, verify};
use crate::records::RecordType;

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

    pub fn close(&self, code: &str) {
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

/// A hospital with one more person, of ER.
fn with_somebody_of_er() -> House {
    let house = House::with_charts(0);
    let (number, of) = (BadgeNumber::new("9").unwrap(), Some(place("ER")));
    let staff = Staff { badge: number, name: "Sam".into(), role: Role::Clerk, place: of, email: None, active: true };
    house.ledger.change_blocking(&House::by(), AddStaff { staff }).unwrap();
    house
}

#[test]
fn a_chart_of_which_only_the_holder_is_given_is_out_at_the_holders_place() {
    let house = with_somebody_of_er();
    let (holder, out_since) = (BadgeNumber::new("9").ok(), Some(house.clock.now()));
    let held = ChartRow { holder: holder.clone(), out_since, ..row(1) };
    assert_eq!(house.import(&held), RowOutcome::Added);
    let custody = house.custody(1);
    assert_eq!((custody.place, custody.holder, custody.out_since), (place("ER"), holder, out_since));
    let head = house.ledger.head();
    assert_eq!(house.import(&held), RowOutcome::Unchanged);
    assert_eq!(house.ledger.head(), head);
}

#[test]
fn a_chart_that_is_out_at_no_place_is_not_taken() {
    let house = with_somebody_of_er();
    let badge = |number: &str| BadgeNumber::new(number).ok();
    let at_home = "badge 9 has no place of its own but ER: give the place it is out at";
    assert_eq!(
        house.reject(&ChartRow { home: place("ER"), holder: badge("9"), ..row(1) }),
        refused("holder_badge", at_home)
    );
    let (field, text) = house.reject(&ChartRow { holder: badge("1"), ..row(1) });
    assert_eq!((field, text.starts_with("badge 1 has no place of its own")), ("holder_badge", true), "{text}");
    let (field, text) = house.reject(&ChartRow { place: Some(place("FILE")), holder: badge("9"), ..row(1) });
    assert_eq!((field, text.starts_with("place is its home FILE")), ("holder_badge", true), "{text}");
    let out_since = Some(house.clock.now());
    for place in [None, Some(place("FILE"))] {
        let (field, text) = house.reject(&ChartRow { place, out_since, ..row(1) });
        assert_eq!((field, text.contains("give the place it is out at")), ("out_since", true), "{text}");
    }
    house.close("ER");
    assert_eq!(
        house.reject(&ChartRow { holder: badge("9"), ..row(1) }),
        refused("place", "place ER is no longer in use")
    );
}

#[test]
fn an_mrn_that_was_corrected_is_no_new_patients() {
    let house = House::with_charts(1);
    let correct = |mrn: &str, now: &str| {
        let patch = PatientPatch { mrn: Some(now.into()), ..PatientPatch::default() };
        let correct = CorrectPatient { mrn: mrn.into(), patch, was: Was::default() };
        house.ledger.change_blocking(&House::by(), correct).unwrap();
    };
    correct("123456", "999456");
    correct("999456", "999457");
    let patient = |mrn: &str| PatientRow {
        mrn: mrn.into(),
        last_name: "Ötvös".into(),
        first_name: "Ada".into(),
        birth_date: None,
        sex: None,
    };
    let import = |mrn: &str| {
        let rows = vec![patient(mrn)];
        let foreseen = house.ledger.read_blocking(|reader| reader.compare_patients(&rows)).unwrap();
        let made = house.ledger.change_blocking(&House::by(), ImportPatients { rows }).unwrap();
        assert_eq!(foreseen, made, "{mrn}");
        made[0].clone()
    };
    for former in ["123456", "999456"] {
        let text = format!("{former} was corrected to 999457: correct the file, or add another patient at the console");
        assert_eq!(import(former), RowOutcome::Rejected { field: "mrn", text: text.clone() });
        assert_eq!(house.reject(&ChartRow { mrn: former.into(), ..row(1) }), ("mrn", text));
    }
    assert_eq!((import("999457"), import("123457")), (RowOutcome::Unchanged, RowOutcome::Added));
    let plan =
        "EXPLAIN QUERY PLAN SELECT key FROM former_rows WHERE source = 'patients' AND json_extract(row, '$.mrn') = ?";
    let plan: String = house.raw().query_row(plan, ["1"], |row| row.get("detail")).unwrap();
    assert!(plan.contains("former_mrns"), "no scan: {plan}");
}

/// A hospital with a second patient, 223456.
fn with_two_patients(charts: usize) -> House {
    let house = House::with_charts(charts);
    let patient = patient("223456", "Osei", "Kofi");
    house.ledger.change_blocking(&House::by(), AddPatient { patient }).unwrap();
    house
}

/// Volume `volume` of patient `mrn`, whose old label says `text`.
fn labelled(mrn: &str, volume: u16, text: &str) -> ChartRow {
    ChartRow { mrn: mrn.into(), legacy_barcode: Some(text.into()), ..row(volume) }
}

impl House {
    /// The charts that a scan of an old barcode would bring up.
    fn fitting(&self, text: &str) -> Vec<u32> {
        let by_text = "SELECT chart FROM legacy_barcodes WHERE text = ? ORDER BY chart";
        let raw = self.raw();
        let mut select = raw.prepare(by_text).unwrap();
        select.query_map([text], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }
}

#[test]
fn an_old_barcode_is_corrected_by_the_charts_next_row() {
    let house = with_two_patients(1);
    let (wrong, right) = (labelled("123456", 1, "OLD-X"), labelled("223456", 1, "OLD-X"));
    assert_eq!(house.import(&wrong), RowOutcome::Changed);
    let text = "OLD-X is on another patient's chart 1: first import that chart's row with its own, or with - for none";
    assert_eq!(house.reject(&right), refused("legacy_barcode", text));
    assert_eq!(house.import(&labelled("123456", 1, "OLD-Y")), RowOutcome::Changed);
    assert_eq!(house.import(&right), RowOutcome::Added);
    assert_eq!((house.fitting("OLD-X"), house.fitting("OLD-Y")), (vec![2], vec![1]));
    assert_eq!(house.import(&labelled("123456", 1, "-")), RowOutcome::Changed);
    assert_eq!(house.import(&labelled("123456", 2, "OLD-Y")), RowOutcome::Added);
    let head = house.ledger.head();
    for same in [&labelled("123456", 1, "-"), &labelled("123456", 2, "OLD-Y"), &right] {
        assert_eq!(house.import(same), RowOutcome::Unchanged);
    }
    assert_eq!(house.ledger.head(), head);
    assert_eq!(house.import(&labelled("123456", 1, "OLD-Y")), RowOutcome::Changed, "one patient's may share one");
    house.ledger.change_blocking(&Actor::System, Rebuild).unwrap();
    assert_eq!(house.verified().faults, []);
    let bodies = "SELECT count(*) FROM entries WHERE body LIKE '%OLD-%'";
    assert_eq!(house.raw().query_row(bodies, [], |row| row.get::<_, u32>(0)), Ok(0), "it may be an MRN");
}

#[test]
fn of_two_patients_rows_in_one_chunk_the_first_has_the_barcode() {
    let house = with_two_patients(0);
    let chunk = || {
        let rows = vec![labelled("123456", 1, "OLD-X"), labelled("123456", 2, "OLD-X"), labelled("223456", 1, "OLD-X")];
        house.ledger.change_blocking(&House::by(), ImportCharts { rows, run: None }).unwrap()
    };
    let made = chunk();
    assert_eq!(made[..2], [RowOutcome::Added, RowOutcome::Added]);
    assert!(matches!(made[2], RowOutcome::Rejected { field: "legacy_barcode", .. }), "{made:?}");
    let head = house.ledger.head();
    assert_eq!(chunk()[..2], [RowOutcome::Unchanged, RowOutcome::Unchanged]);
    assert_eq!(house.ledger.head(), head);
}

#[test]
fn nobody_changes_an_old_barcode_past_the_ledger() {
    for tampering in [
        "UPDATE legacy_barcodes SET text = 'OLD-Z'",
        "DELETE FROM legacy_barcodes",
        "INSERT INTO legacy_barcodes VALUES (2, 'OLD-X', 0)",
    ] {
        let house = House::with_charts(2);
        house.import(&labelled("123456", 1, "OLD-X"));
        assert_eq!(house.verified().faults, []);
        house.raw().execute_batch(tampering).unwrap();
        let faults = house.verified().faults;
        let found = matches!(&faults[..], [Fault::Row { table, .. }] if table == "legacy_barcodes");
        assert!(found, "{tampering}: {faults:?}");
    }
}

#[test]
fn old_barcodes_from_before_they_were_recorded_are_kept_and_recorded_at_the_next_start() {
    let (clock, dir) = (Arc::new(TestClock::at(1_900_000_000_000_000)), TempDir::new().unwrap());
    let path = dir.path().join("outguide.db");
    let conn = rusqlite::Connection::open(&path).unwrap();
    schema::up_to(&conn, 3).unwrap();
    conn.execute_batch(include_str!("ledger_v3.sql")).unwrap();
    // As after a file that gave OLD-X to the wrong chart, and its correction.
    let rows = "INSERT INTO legacy_barcodes (text, chart) VALUES ('OLD-X', 1), ('OLD-Y', 1), ('OLD-X', 2)";
    conn.execute_batch(rows).unwrap();
    drop(conn);
    assert_eq!(verify(&path, Depth::Full, None, |_, _| {}).unwrap().faults, [], "before it is brought up to date");
    let house = House { ledger: Ledger::open(options(dir.path(), clock.clone(), 1 << 50)).unwrap(), clock, dir };
    assert_eq!((house.fitting("OLD-X"), house.fitting("OLD-Y")), (vec![2], vec![1]));
    assert_eq!(house.verified().faults, []);
    let recorded = "SELECT count(*) FROM entries WHERE kind = 'legacy_barcodes_recorded'";
    assert_eq!(house.raw().query_row(recorded, [], |row| row.get::<_, u32>(0)), Ok(1));
    house.raw().execute_batch("UPDATE legacy_barcodes SET text = 'OLD-Z' WHERE chart = 2").unwrap();
    assert_eq!(house.verified().faults.len(), 1);
}
