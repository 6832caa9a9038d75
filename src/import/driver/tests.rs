//! Files into a sink that keeps rows as text.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::*;

/// A sink that keeps rows as text.
#[derive(Default)]
struct Memory {
    rows: BTreeMap<String, String>,
    chunks: Vec<usize>,
    fail_after: Option<usize>,
    /// The most rows that it takes at once.
    at_once: Option<usize>,
    /// How long each row holds it, in microseconds.
    row_us: u64,
}

impl ImportSink for Memory {
    fn load(&mut self, chunk: &Chunk) -> Result<ChunkDone, SinkError> {
        if self.fail_after.is_some_and(|most| self.chunks.len() >= most) {
            return Err(SinkError("the server does not answer".to_owned()));
        }
        self.chunks.push(chunk.len());
        let Chunk::Patients(rows) = chunk else { panic!("{chunk:?}") };
        let outcome = |row: &crate::ledger::changes::PatientRow| {
            if row.last_name == "Unwanted" {
                return RowOutcome::Rejected { field: Some("last_name".into()), text: "is unwanted".into() };
            }
            let key = ImportedRow::Patient(row.clone()).key();
            match self.rows.insert(key, format!("{row:?}")) {
                None => RowOutcome::Added,
                Some(before) if before == format!("{row:?}") => RowOutcome::Unchanged,
                Some(_) => RowOutcome::Changed,
            }
        };
        let taken = rows.iter().take(self.at_once.unwrap_or(usize::MAX));
        let outcomes: Vec<_> = taken.map(outcome).collect();
        Ok(ChunkDone { held_us: self.row_us * outcomes.len() as u64, outcomes })
    }
}

fn import(path: &Path, sink: &mut Memory) -> Result<ImportReport, ImportError> {
    let rules = ParseRules {
        mrn: &|mrn| if mrn.len() == 6 { Ok(()) } else { Err(format!("{mrn:?} is not six digits")) },
        zone: TimeZone::UTC,
        now: "2026-11-23T12:00:00Z".parse().unwrap(),
    };
    run(&ImportFile { kind: ImportKind::Patients, path, rules }, sink, &mut |_| {})
}

/// A file of so many patients.
fn patients(dir: &Path, many: u32) -> PathBuf {
    let path = dir.join("patients.csv");
    let rows: String = (0..many).map(|n| format!("{},Diaz,Rosa,,\n", 100_000 + n)).collect();
    std::fs::write(&path, format!("mrn,last_name,first_name,birth_date,sex\n{rows}")).unwrap();
    path
}

fn counts(report: &ImportReport) -> (u64, u64, u64, u64) {
    (report.counts.added, report.counts.changed, report.counts.unchanged, report.counts.rejected)
}

#[test]
fn good_rows_load_and_bad_rows_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("patients.csv");
    let mut file = b"\xEF\xBB\xBFmrn,last_name,first_name,birth_date,sex\r\n".to_vec();
    file.extend_from_slice(b"100001,Diaz,Rosa,1980-01-31,F\r\n100002,\"Osei,Kofi,,\n100003,M\xFCller,Eva,,F\n");
    file.extend_from_slice(b"100001,Diaz,Rosario,,\n100004,Unwanted,Ann,,\n12,Short,Bo,,\n100005,Za\xC5\xBA,Ola,,F\n");
    std::fs::write(&path, &file).unwrap();
    let mut sink = Memory::default();
    let report = import(&path, &mut sink).unwrap();
    assert_eq!(counts(&report), (2, 0, 0, 5));
    assert_eq!(report.counts.bytes, file.len() as u64);
    let rejects = std::fs::read_to_string(report.rejects.unwrap()).unwrap();
    let lines: Vec<&str> = rejects.lines().collect();
    assert_eq!(lines[0], "line,reason,mrn,last_name,first_name,birth_date,sex");
    assert!(lines[1].starts_with("3,broken quotes"), "{rejects}");
    assert!(lines[2].starts_with("4,\"byte 0xFC is not UTF-8") && lines[2].contains("Müller"), "{rejects}");
    assert!(lines[3].contains("the same mrn stands in line 2"), "{rejects}");
    assert!(rejects.contains("6,last_name: is unwanted,100004,Unwanted,Ann,,"), "{rejects}");
    assert!(rejects.contains("is not six digits"), "{rejects}");

    let again = import(&path, &mut sink).unwrap();
    assert_eq!(counts(&again), (0, 0, 2, 5));
    std::fs::write(&path, "mrn,last_name,first_name,birth_date,sex\n100001,Diaz,Rosa,1980-02-01,F\n").unwrap();
    let changed = import(&path, &mut sink).unwrap();
    assert_eq!(counts(&changed), (0, 1, 0, 0));
    assert!(!rejects_path(&path).exists(), "an earlier import's rejects would mislead");
}

#[test]
fn a_row_that_was_not_taken_is_no_duplicate_and_rejects_come_back_mended() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("patients.csv");
    let rows = "100001,Unwanted,Ann,,\n12,Short,Bo,,\n100001,Diaz,Rosa,,\n100001,Osei,Kofi,,\n";
    std::fs::write(&path, format!("mrn,last_name,first_name,birth_date,sex\n{rows}")).unwrap();
    let mut sink = Memory::default();
    let report = import(&path, &mut sink).unwrap();
    assert_eq!(counts(&report), (1, 0, 0, 3));
    let path = report.rejects.unwrap();
    let rejects = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = rejects.lines().skip(1).map(|line| &line[..2]).collect();
    assert_eq!(lines, ["2,", "3,", "5,"]);
    assert!(
        rejects.contains("5,\"the same mrn stands in line 4\"") || rejects.contains("5,the same mrn stands in line 4")
    );
    std::fs::write(&path, rejects.replace("12,Short", "100012,Short")).unwrap();
    let mended = import(&path, &mut sink).unwrap();
    assert_eq!(counts(&mended), (1, 1, 0, 1));
    let again = std::fs::read_to_string(mended.rejects.unwrap()).unwrap();
    assert!(again.starts_with("line,reason,mrn,") && again.contains("2,last_name: is unwanted,100001,"), "{again}");
}

#[test]
fn a_bad_header_loads_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("patients.csv");
    for (file, says) in [
        (&b""[..], "empty"),
        (b"mrn,last_name,first_name,birthdate,sex\n", "did you mean \"birth_date\""),
        (b"\xFF\xFEm\0r\0n\0", "UTF-16"),
        (b"mrn,\"last_name\n", "broken quotes"),
    ] {
        std::fs::write(&path, file).unwrap();
        let text = import(&path, &mut Memory::default()).unwrap_err().to_string();
        assert!(text.contains(says), "{text}");
    }
}

#[test]
fn an_interrupted_import_goes_on_when_run_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = patients(dir.path(), 1000);
    let mut sink = Memory { fail_after: Some(3), ..Memory::default() };
    assert!(matches!(import(&path, &mut sink), Err(ImportError::Sink { line, .. }) if line > 30));
    let done = sink.rows.len() as u64;
    sink.fail_after = None;
    let report = import(&path, &mut sink).unwrap();
    assert_eq!(counts(&report), (1000 - done, 0, done, 0));
}

#[test]
fn a_chunk_that_is_taken_in_pieces_loses_no_row() {
    let dir = tempfile::tempdir().unwrap();
    let path = patients(dir.path(), 100);
    let mut sink = Memory { at_once: Some(3), row_us: 1_000, ..Memory::default() };
    assert_eq!(counts(&import(&path, &mut sink).unwrap()), (100, 0, 0, 0));
    assert_eq!((sink.rows.len(), &sink.chunks[..5]), (100, &[10, 7, 4, 1, 10][..]));
    sink.at_once = Some(0);
    let text = import(&path, &mut sink).unwrap_err().to_string();
    assert!(text.contains("0 answers for 10 rows"), "{text}");
}

#[test]
fn chunks_grow_and_shrink_with_the_time_that_rows_take() {
    let dir = tempfile::tempdir().unwrap();
    let path = patients(dir.path(), 1000);
    let mut sink = Memory { row_us: 50, ..Memory::default() };
    import(&path, &mut sink).unwrap();
    assert_eq!(sink.chunks[..6], [10, 16, 25, 38, 40, 40]);
    // Whatever pieces it comes in, a chunk counts as a whole.
    sink = Memory { row_us: 50, at_once: Some(20), ..Memory::default() };
    import(&path, &mut sink).unwrap();
    assert_eq!(sink.chunks[..9], [10, 16, 25, 5, 38, 18, 40, 20, 40]);
}

#[test]
fn chunks_follow_the_time_they_take() {
    assert_eq!(next_chunk_rows(100, 12_000), 16);
    assert_eq!(next_chunk_rows(20, 1_000), 31);
    assert_eq!(next_chunk_rows(100, 10_000_000), CHUNK_ROWS_MIN);
    assert_eq!(next_chunk_rows(CHUNK_ROWS_MAX, 0), CHUNK_ROWS_MAX);
}
