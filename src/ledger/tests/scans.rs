//! The way of a scan: recorded, applied, answered, found again.

use std::time::Duration;

use super::*;
use crate::custody::{Rule, VerdictKind};
use crate::ledger::changes::MoveChart;
use crate::ledger::{Depth, OpenError, verify};

#[test]
fn a_chart_is_checked_out_to_the_destination() {
    let house = House::with_charts(1);
    assert_eq!(house.scan("er-1", &badge("2")).unwrap().verdict.kind, VerdictKind::SignedIn);
    assert_eq!(house.scan("er-1", &to("CARD")).unwrap().verdict.kind, VerdictKind::DestinationSet);
    let receipt = house.scan("er-1", &chart(1)).unwrap();
    assert_eq!(receipt.verdict.kind, VerdictKind::CheckedOut);
    let view = receipt.verdict.chart.unwrap();
    assert_eq!((view.place, view.filing.as_str()), (Some(place("CARD")), "56-34-12"));
    assert_eq!(house.ledger.head().seq, receipt.seq);
    let (kind, actor): (String, String) = house
        .raw()
        .query_row("SELECT kind, actor FROM entries ORDER BY seq DESC", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert_eq!((kind.as_str(), actor.as_str()), ("checked_out", "staff:2"));
}

#[test]
fn after_a_refused_place_card_the_screen_asks_anew() {
    let house = House::with_charts(1);
    for code in [badge("2"), to("CARD"), to("NOWHERE")] {
        house.scan("er-1", &code).unwrap();
    }
    let receipt = house.scan("er-1", &chart(1)).unwrap();
    assert_eq!((receipt.session.destination, receipt.session.mode.as_str()), (None, "unclear"));
    assert_eq!(receipt.verdict.headline, "Where does it go?");
    assert!(receipt.verdict.detail.contains("was refused"), "{}", receipt.verdict.detail);
}

#[test]
fn a_repeated_scan_has_one_entry_and_the_same_words() {
    let house = House::with_charts(1);
    house.scan("er-1", &badge("2")).unwrap();
    let scan = house.scan_of("er-1", &chart(1));
    let first = house.ledger.scan_blocking(scan.clone()).unwrap();
    let again = house.ledger.scan_blocking(scan.clone()).unwrap();
    assert!(again.duplicate);
    assert_eq!(Receipt { duplicate: false, ..again }, first);
    assert_eq!(house.ledger.head().seq, first.seq);
    let other = Scan { data: "K0".into(), ..scan.clone() };
    assert_eq!(house.ledger.scan_blocking(other), Err(ScanError::Conflict));
    let elsewhere = Scan { kiosk: "rr-1".into(), ..scan };
    assert_eq!(house.ledger.scan_blocking(elsewhere), Err(ScanError::Conflict));
}

#[test]
fn duplicates_in_one_batch_have_one_entry() {
    let house = House::with_charts(1);
    let scan = house.scan_of("er-1", &badge("2"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let receipts = runtime.block_on(async {
        let scans = (0..64).map(|_| {
            let (ledger, scan) = (house.ledger.clone(), scan.clone());
            tokio::spawn(async move { ledger.scan(scan).await.unwrap() })
        });
        futures_util::future::join_all(scans.collect::<Vec<_>>()).await
    });
    let firsts = receipts.iter().filter(|receipt| !receipt.as_ref().unwrap().duplicate).count();
    assert_eq!(firsts, 1);
}

#[test]
fn an_echo_does_nothing_and_a_scan_over_http_is_none() {
    let house = House::with_charts(1);
    house.scan("er-1", &badge("2")).unwrap();
    let read = |house: &House| Scan { device: Some("gun".into()), ..house.scan_of("er-1", &chart(1)) };
    assert_eq!(house.ledger.scan_blocking(read(&house)).unwrap().verdict.kind, VerdictKind::Received);
    let echo = house.ledger.scan_blocking(read(&house)).unwrap();
    assert_eq!(echo.verdict.rule, Some(Rule::RefuseWhenEcho));
    let always = house.ledger.scan_read(read(&house), Duration::ZERO).unwrap();
    assert_ne!(always.verdict.rule, Some(Rule::RefuseWhenEcho), "a reader that knows no echoes");
    house.clock.advance(3);
    let long = house.ledger.scan_read(read(&house), Duration::from_secs(4)).unwrap();
    assert_eq!(long.verdict.rule, Some(Rule::RefuseWhenEcho), "a reader with a longer window");
    house.clock.advance(3);
    assert_ne!(house.ledger.scan_blocking(read(&house)).unwrap().verdict.rule, Some(Rule::RefuseWhenEcho));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let over_http = runtime.block_on(house.ledger.scan(read(&house))).unwrap();
    assert_ne!(over_http.verdict.rule, Some(Rule::RefuseWhenEcho));
}

#[test]
fn what_is_not_recognised_stays_out_of_the_chain() {
    let house = House::with_charts(1);
    let scan = house.scan_text("er-1", "hunter2 is my password");
    let receipt = house.ledger.scan_blocking(scan).unwrap();
    assert_eq!(receipt.verdict.kind, VerdictKind::Unrecognised);
    let count = |sql: &str| -> i64 { house.raw().query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(count("SELECT count(*) FROM entries WHERE body LIKE '%hunter2%'"), 0);
    assert_eq!(count("SELECT count(*) FROM raw_scans WHERE data LIKE 'hunter2%'"), 1);
}

#[test]
fn an_unknown_kiosk_is_an_error_and_an_old_label_finds_its_chart() {
    let house = House::with_charts(1);
    assert_eq!(house.scan("er-9", &chart(1)), Err(ScanError::UnknownKiosk("er-9".into())));
    house.scan("er-1", &badge("2")).unwrap();
    let receipt = house.ledger.scan_blocking(house.scan_text("er-1", "123456")).unwrap();
    assert_eq!(receipt.verdict.chart.unwrap().number, ChartNumber(1));
    let with_mrn = "SELECT count(*) FROM entries WHERE body LIKE '%123456%'";
    assert_eq!(house.raw().query_row(with_mrn, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
}

#[test]
fn a_label_command_queues_a_job_with_the_next_issue() {
    let house = House::with_charts(1);
    house.scan("rr-1", &badge("1")).unwrap();
    house.scan("rr-1", &command(CommandWord::Label)).unwrap();
    let receipt = house.scan("rr-1", &Code::Reference(ChartNumber(1))).unwrap();
    assert_eq!(receipt.verdict.kind, VerdictKind::LabelQueued);
    let job = "SELECT subject ->> 'issue' || ' ' || state || ' ' || printer FROM print_jobs";
    assert_eq!(house.raw().query_row(job, [], |row| row.get::<_, String>(0)).unwrap(), "1 queued zebra");
}

#[test]
fn a_directory_has_one_ledger_and_sessions_outlive_it() {
    let house = House::with_charts(1);
    let second = Ledger::open(options(house.dir.path(), house.clock.clone(), 1 << 40));
    assert!(matches!(second.err(), Some(OpenError::Locked { .. })));
    house.scan("er-1", &badge("2")).unwrap();
    let head = house.ledger.head();
    let House { ledger, clock, dir } = house;
    drop(ledger);
    let ledger = Ledger::open(options(dir.path(), clock.clone(), 1 << 41)).unwrap();
    let house = House { ledger, clock, dir };
    assert_eq!(house.ledger.head(), head);
    assert_eq!(house.scan("er-1", &chart(1)).unwrap().verdict.kind, VerdictKind::Received);
}

#[test]
fn entries_refuse_change_and_deletion() {
    let house = House::with_charts(1);
    let columns = "kind, kiosk, device, 'x', observed_at, effective_at, recorded_at, version, body, prev_hash, hash";
    let put_in_place = |seq: &str, id: &str| {
        format!("INSERT OR REPLACE INTO entries SELECT {seq}, {id}, {columns} FROM entries WHERE seq = 2")
    };
    for sql in [
        "UPDATE entries SET actor = 'x' WHERE seq = 2",
        "DELETE FROM entries WHERE seq = 2",
        &put_in_place("seq", "id"),
        &put_in_place("seq", "'another'"),
        &put_in_place("(SELECT max(seq) + 1 FROM entries)", "id"),
        &put_in_place("900", "'another'"),
    ] {
        assert!(house.raw().execute(sql, []).unwrap_err().to_string().contains("append-only"));
    }
}

#[test]
fn closing_moves_the_log_into_the_database_file() {
    let house = House::with_charts(1);
    house.scan("er-1", &chart(1)).unwrap();
    let House { ledger, dir, .. } = house;
    drop(ledger);
    let files: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(!files.iter().any(|name| name.to_string_lossy().ends_with("-wal")), "{files:?}");
}

#[test]
fn a_clock_that_is_put_back_stops_no_chart_and_leaves_nobody_signed_in() {
    const TWO_DAYS: i64 = 2 * 86_400;
    let house = House::with_charts(2);
    house.clock.advance(TWO_DAYS);
    for code in [badge("2"), chart(1), chart(2)] {
        house.scan("er-1", &code).unwrap();
    }
    house.clock.advance(-TWO_DAYS);
    let stranger = house.scan("er-1", &chart(1)).unwrap().verdict;
    assert_eq!(stranger.rule, Some(Rule::RefuseWhenNobodyIsSignedIn), "who signed in two days from now is not here");
    house.scan("rr-1", &badge("1")).unwrap();
    let back = house.scan("rr-1", &chart(1)).unwrap().verdict;
    assert_eq!((back.kind, back.notes.as_slice()), (VerdictKind::Returned, [].as_slice()));
    assert_eq!((house.custody(1).place, house.custody(1).out_since), (place("FILE"), None));
    let session = house.scan("rr-1", &chart(1)).unwrap().session;
    assert_eq!(session.staff.map(|badge| badge.to_string()).as_deref(), Some("1"), "the session goes by today's clock");
    let by = Actor::User("anna".into());
    let change = MoveChart { number: ChartNumber(2), place: place("CARD"), holder: None };
    house.ledger.change_blocking(&by, change).unwrap();
    assert_eq!(house.custody(2).place, place("CARD"));
    assert!(verify(&house.dir.path().join("outguide.db"), Depth::Full, None, |_, _| {}).unwrap().faults.is_empty());
}
