//! The index of names, which the writer merges in small steps.

use super::*;
use crate::ledger::changes::{CorrectPatient, ImportPatients, PatientPatch, PatientRow, Was};

/// Parts of the index: FTS5 numbers them in the upper bits of its pages' ids.
fn parts(house: &House) -> u32 {
    let sql = "SELECT count(DISTINCT id >> 37) FROM patient_names_data WHERE id > 10";
    house.raw().query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn the_index_of_names_stays_whole_and_in_few_parts() {
    let (house, by) = (House::with_charts(0), Actor::User("anna".into()));
    let row = |number: u32| PatientRow {
        mrn: format!("{:06}", 200_000 + number),
        last_name: format!("Sørensen{}", number % 97),
        first_name: format!("Ada{number}"),
        birth_date: None,
        sex: None,
    };
    for chunk in 0..120 {
        let rows = (0..5).map(|at| row(chunk * 5 + at)).collect();
        house.ledger.change_blocking(&by, ImportPatients { rows }).unwrap();
    }
    for number in 0..30 {
        let patch = PatientPatch { last_name: Some("Łukasiewicz".into()), ..PatientPatch::default() };
        let mrn = format!("{:06}", 200_000 + number);
        house.ledger.change_blocking(&by, CorrectPatient { mrn, was: Was::default(), patch }).unwrap();
    }
    // 151 transactions each left a part; unmerged that many would have to be looked through for each name.
    assert!(parts(&house) <= 16, "{} parts", parts(&house));
    let automatic: u32 = house
        .raw()
        .query_row("SELECT v FROM patient_names_config WHERE k = 'automerge'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(automatic, 0, "SQLite would merge by itself, without a bound");
    let check = "INSERT INTO patient_names (patient_names, rank) VALUES ('integrity-check', 1)";
    house.raw().execute(check, []).unwrap();
}
