//! Scans that waited while others were made in their lane.

use super::*;
use crate::custody::VerdictKind;
use crate::ledger::restore;

impl House {
    /// A scan that waited at `kiosk` for `seconds`.
    fn late(&self, kiosk: &str, code: &Code, seconds: i64) -> Scan {
        let now = self.clock.now();
        let observed_at = Some(now - jiff::SignedDuration::from_secs(seconds));
        Scan { observed_at, queue_seq: Some(1), sent_at: Some(now), ..self.scan_of(kiosk, code) }
    }
}

#[test]
fn late_scans_go_on_in_a_session_of_their_own_that_outlives_the_process() {
    let house = House::with_charts(1);
    house.clock.advance(1_000);
    house.scan("rr-1", &badge("1")).unwrap();
    let late = house.late("rr-1", &badge("2"), 500);
    house.ledger.scan_blocking(late).unwrap();
    let shown = house.ledger.scan_blocking(house.late("rr-1", &to("CARD"), 490)).unwrap();
    assert_eq!(shown.session.staff, BadgeNumber::new("1").ok(), "the screen goes on showing who is there");
    assert_eq!(shown.session.destination, None);
    let House { ledger, clock, dir } = house;
    drop(ledger);
    let ledger = Ledger::open(options(dir.path(), clock.clone(), 1 << 41)).unwrap();
    let house = House { ledger, clock, dir };
    let lent = house.ledger.scan_blocking(house.late("rr-1", &chart(1), 480)).unwrap();
    assert_eq!(lent.verdict.kind, VerdictKind::CheckedOut);
    let actor: String =
        house.raw().query_row("SELECT actor FROM entries ORDER BY seq DESC", [], |row| row.get(0)).unwrap();
    assert_eq!(actor, "staff:2");
}

#[test]
fn a_session_that_was_kept_before_lanes_had_several_is_read() {
    let house = House::with_charts(1);
    house.scan("rr-1", &badge("1")).unwrap();
    let House { ledger, clock, dir } = house;
    drop(ledger);
    let raw = rusqlite::Connection::open(dir.path().join("outguide.db")).unwrap();
    let before = r#"UPDATE kiosk_sessions SET session = '{"staff":"1","destination":{"place":"CARD","holder":null},"mode":"automatic","active_at":"2026-09-21T14:13:20Z","last_change":[1,9]}'"#;
    assert_eq!(raw.execute(before, []).unwrap(), 1);
    drop(raw);
    let ledger = Ledger::open(options(dir.path(), clock.clone(), 1 << 41)).unwrap();
    let house = House { ledger, clock, dir };
    assert_eq!(house.scan("rr-1", &chart(1)).unwrap().verdict.kind, VerdictKind::CheckedOut);
}

#[test]
fn what_is_offered_again_after_a_restore_finds_the_session_that_the_backup_knew() {
    let house = House::with_charts(1);
    for code in [badge("1"), to("CARD")] {
        house.scan("rr-1", &code).unwrap();
    }
    let target = TempDir::new().unwrap();
    let kept = house.ledger.backup(target.path(), None).unwrap();
    let again = Scan { observed_at: Some(house.clock.now()), queue_seq: Some(3), ..house.scan_of("rr-1", &chart(1)) };
    house.clock.advance(1_000);
    let House { ledger, clock, dir } = house;
    drop(ledger);
    restore(&kept, options(dir.path(), clock.clone(), 1 << 50)).unwrap();
    let ledger = Ledger::open(options(dir.path(), clock.clone(), 1 << 51)).unwrap();
    let house = House { ledger, clock, dir };
    let now = house.clock.now();
    let offered = house.ledger.scan_blocking(Scan { received_at: now, ..again }).unwrap();
    assert_eq!(offered.verdict.kind, VerdictKind::CheckedOut);
    assert_eq!(offered.session.staff, None, "nobody is signed in by that");
}

#[test]
fn a_late_report_says_that_no_case_is_open_and_says_so_again() {
    let house = House::with_charts(1);
    house.clock.advance(1_000);
    for code in [badge("2"), chart(1)] {
        house.scan("er-1", &code).unwrap();
    }
    for (code, seconds) in [(badge("1"), 500), (command(CommandWord::Missing), 490)] {
        house.ledger.scan_blocking(house.late("rr-1", &code, seconds)).unwrap();
    }
    let late = house.late("rr-1", &Code::Reference(ChartNumber(1)), 480);
    let told = house.ledger.scan_blocking(late.clone()).unwrap().verdict;
    assert_eq!(told.detail, "last known at ER · seen since, no case is open");
    assert_eq!(house.ledger.scan_blocking(late).unwrap().verdict, told);
}
