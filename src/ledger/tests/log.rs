//! The write-ahead log is begun anew beside an import and scans.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::*;
use crate::ledger::DB_FILE;
use crate::ledger::changes::{IMPORT_CHUNK_ROWS, ImportPatients, PatientRow, RowOutcome, Sweep};

/// The checkpoint sequence number in the log's header (SQLite's file format, section 4.1): how often it was begun anew.
fn begun(house: &House) -> u32 {
    let mut number = [0; 4];
    File::open(house.dir.path().join(format!("{DB_FILE}-wal"))).unwrap().read_exact_at(&mut number, 12).unwrap();
    u32::from_be_bytes(number)
}

fn patients(chunk: usize) -> ImportPatients {
    let row = |number: usize| PatientRow {
        mrn: format!("{:06}", 200_000 + number),
        last_name: format!("Ötvös {number}"),
        first_name: "Ada".into(),
        birth_date: None,
        sex: None,
    };
    ImportPatients { rows: (chunk * IMPORT_CHUNK_ROWS..).take(IMPORT_CHUNK_ROWS).map(row).collect() }
}

#[test]
fn the_log_begins_anew_while_an_import_and_scans_go_on() {
    let house = House::with_charts(1);
    house.scan("rr-1", &badge("1")).unwrap();
    let (first, deadline) = (begun(&house), Instant::now() + Duration::from_secs(60));
    let mut chunks = 0;
    while begun(&house) < first + 2 {
        assert!(Instant::now() < deadline, "the log grows on and on");
        let made = house.ledger.change_blocking(&House::by(), patients(chunks)).unwrap();
        assert!(made.iter().all(|row| *row == RowOutcome::Added), "{made:?}");
        house.scan("rr-1", &chart(1)).unwrap();
        chunks += 1;
    }
    let pace = house.ledger.pace();
    assert!(pace.longest_checkpoint > Duration::ZERO, "{pace:?}");
    let report = house.verified();
    assert!(report.faults.is_empty(), "{report:?}");
}

#[test]
fn the_log_begins_anew_while_one_transaction_follows_the_other() {
    let house = House::with_charts(1);
    house.scan("rr-1", &badge("1")).unwrap();
    let (first, checkpoints) = (begun(&house), &house.ledger.inner.shared.checkpoints);
    let raw = house.raw();
    raw.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    raw.execute_batch("CREATE TABLE much (data BLOB)").unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while begun(&house) == first {
        assert!(Instant::now() < deadline, "the log grows on and on");
        let _hand = checkpoints.hand.for_transaction();
        raw.execute_batch("BEGIN IMMEDIATE; DELETE FROM much; INSERT INTO much VALUES (zeroblob(200000))").unwrap();
        std::thread::sleep(Duration::from_millis(20));
        raw.execute_batch("COMMIT").unwrap();
        checkpoints.commits.fetch_add(1, Ordering::Relaxed);
    }
    house.scan("rr-1", &chart(1)).unwrap();
}

#[test]
fn background_work_waits_while_the_log_is_begun_anew_and_scans_do_not() {
    let house = House::with_charts(1);
    for _ in 0..3 {
        let turn = house.ledger.inner.shared.checkpoints.turn.blocking_lock();
        let sweep = {
            let ledger = house.ledger.clone();
            std::thread::spawn(move || ledger.change_blocking(&Actor::System, Sweep).unwrap())
        };
        for _ in 0..20 {
            house.scan("rr-1", &chart(1)).unwrap();
        }
        assert!(!sweep.is_finished(), "swept while the log is begun anew");
        drop(turn);
        sweep.join().unwrap();
    }
}

#[test]
fn the_log_is_not_begun_anew_during_a_background_jobs_turn() {
    let house = House::with_charts(1);
    let turn = house.ledger.inner.shared.checkpoints.turn.blocking_lock();
    let began = Instant::now();
    // Longer than the checkpointer sleeps, and a log longer than it lets it grow.
    while began.elapsed() < Duration::from_millis(1_500) {
        house.scan("rr-1", &chart(1)).unwrap();
    }
    assert_eq!(house.ledger.pace().longest_checkpoint, Duration::ZERO, "begun anew out of turn");
    drop(turn);
    while house.ledger.pace().longest_checkpoint == Duration::ZERO {
        assert!(began.elapsed() < Duration::from_secs(60), "the log grows on and on");
        house.scan("rr-1", &chart(1)).unwrap();
    }
}

#[test]
fn the_time_that_a_reader_has_the_writer_wait_for_the_log_is_counted() {
    let house = House::with_charts(1);
    let turn = house.ledger.inner.shared.checkpoints.turn.blocking_lock();
    let log = house.dir.path().join(format!("{DB_FILE}-wal"));
    // Longer than the checkpointer lets it grow.
    while log.metadata().unwrap().len() < 4 << 20 {
        house.scan("rr-1", &chart(1)).unwrap();
    }
    let (first, reader) = (begun(&house), house.raw());
    reader.execute_batch("BEGIN; SELECT count(*) FROM entries").unwrap();
    drop(turn);
    let deadline = Instant::now() + Duration::from_secs(60);
    while house.ledger.pace().longest_checkpoint == Duration::ZERO {
        assert!(Instant::now() < deadline, "never counted");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(begun(&house), first, "the reader refused it");
}
