//! The projections are the fold of the entries, in any order of arrival, and nobody can change either unseen.

use proptest::prelude::*;

use super::*;
use crate::custody::{Custody, VerdictKind, fold};
use crate::ledger::acting::history;
use crate::ledger::changes::{
    AlertAction, AlertStep, Change, ChartPatch, ChartRow, CorrectChart, ImportCharts, MoveChart, QueueLabels,
    RenewLoan, ReportFound, ReportMissing, RowOutcome, Sweep, Was,
};
use crate::ledger::{AlertId, ChangeError, Depth, Fault, Rebuild, Report, Work, backup, restore, verify};

impl House {
    pub fn custody(&self, number: u32) -> Custody {
        let sql = "SELECT custody FROM charts WHERE number = ?";
        let text: String = self.raw().query_row(sql, [number], |row| row.get(0)).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    pub fn verified(&self) -> Report {
        verify(&self.dir.path().join("outguide.db"), Depth::Full, None, |_, _| {}).unwrap()
    }

    pub fn by() -> Actor {
        Actor::User("anna".into())
    }
}

/// One thing that people or machines may do next.
fn step(house: &House, what: u8, number: u32) {
    let (by, number) = (House::by(), ChartNumber(number));
    let kiosk = ["rr-1", "er-1", "card-1"][usize::from(what) % 3];
    let late = |seconds: i64| {
        let now = house.clock.now();
        let observed = now - jiff::SignedDuration::from_secs(seconds);
        let scan = house.scan_of(kiosk, &chart(number.0));
        let queue = Some(u64::try_from(seconds).unwrap());
        house.ledger.scan_blocking(Scan { observed_at: Some(observed), sent_at: Some(now), queue_seq: queue, ..scan })
    };
    // Refusals are as good as deeds here: what is asked is only that tables and entries agree.
    match what {
        0..=2 => drop(house.scan(kiosk, &badge("1"))),
        3 => drop(house.scan(kiosk, &to("CARD"))),
        4..=9 => drop(house.scan(kiosk, &chart(number.0))),
        10 => drop(house.scan(kiosk, &command(CommandWord::Undo))),
        11 => drop(house.scan(kiosk, &command(CommandWord::Missing))),
        12 => drop(house.scan(kiosk, &command(CommandWord::Done))),
        13..=15 => drop(late(30 * i64::from(what))),
        16 => drop(house.ledger.change_blocking(&by, MoveChart { number, place: place("ER"), holder: None })),
        17 => drop(house.ledger.change_blocking(&by, ReportMissing { number })),
        18 => drop(house.ledger.change_blocking(&by, ReportFound { number, place: Some(place("CARD")) })),
        19 => drop(house.ledger.change_blocking(&by, RenewLoan { number, due_at: None })),
        20 => drop(house.ledger.change_blocking(&by, Sweep)),
        21 => {
            let labels = QueueLabels {
                template: "folder-4x2".into(),
                charts: vec![number],
                printer: "zebra".into(),
                copies: 1,
                start_at: 1,
                per_sheet: 1,
                reason: None,
            };
            drop(house.ledger.change_blocking(&by, labels));
        }
        22 => {
            let patch = ChartPatch { home: Some(place("CARD")), ..ChartPatch::default() };
            drop(house.ledger.change_blocking(&by, CorrectChart { number, patch, was: Was::default() }));
        }
        23 => {
            let action = AlertAction { id: AlertId(1), step: AlertStep::Resolve { reason: "seen".into() } };
            drop(house.ledger.change_blocking(&by, action));
        }
        24 => house.retire(number.0, house.alerts(number.0).iter().all(|alert| alert.0 != "retired")),
        _ => house.clock.advance(40_000),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn projections_are_the_fold_and_a_rebuild_gives_the_same(steps in prop::collection::vec((0u8..28, 1u32..4), 1..60)) {
        let house = House::with_charts(3);
        for (what, number) in steps {
            step(&house, what, number);
        }
        prop_assert_eq!(house.verified().faults, vec![]);
        for number in 1..=3 {
            let acts = history(&house.raw(), ChartNumber(number)).unwrap();
            prop_assert_eq!(fold(acts), Some(house.custody(number)));
        }
        house.ledger.change_blocking(&Actor::System, Rebuild).unwrap();
        prop_assert_eq!(house.verified().faults, vec![]);
    }
}

#[test]
fn late_scans_give_one_result_in_every_order() {
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let mut places = Vec::new();
    for order in orders {
        let house = House::with_charts(1);
        house.clock.advance(3_600);
        let now = house.clock.now();
        for kiosk in order {
            let ago = [900, 600, 300][kiosk];
            let scan = house.scan_of(["er-1", "card-1", "rr-1"][kiosk], &chart(1));
            let observed_at = Some(now - jiff::SignedDuration::from_secs(ago));
            let sent = house.clock.now();
            let scan = Scan { observed_at, sent_at: Some(sent), received_at: sent, queue_seq: Some(1), ..scan };
            house.ledger.scan_blocking(scan).unwrap();
        }
        assert_eq!(house.verified().faults, vec![]);
        let custody = house.custody(1);
        places.push((custody.place, custody.seen_place, custody.seen_at, custody.out_since, custody.known_by));
    }
    assert!(places.windows(2).all(|pair| pair[0] == pair[1]), "{places:#?}");
    assert_eq!(places[0].0, place("FILE"));
}

#[test]
fn tampering_is_found() {
    let cases = [
        ("UPDATE charts SET place = 'ER' WHERE number = 1", "charts"),
        ("UPDATE patients SET last_name = 'Nemo'", "patients"),
        ("UPDATE staff SET role = 'admin'", "staff"),
        ("DELETE FROM chart_history", "chart_history"),
        ("INSERT INTO places (code, name, kind, version) VALUES ('X', 'X', 'clinic', 1)", "places"),
    ];
    for (sql, table) in cases {
        let house = House::with_charts(1);
        house.raw().execute(sql, []).unwrap();
        let faults = house.verified().faults;
        let named = faults.iter().any(|fault| fault.to_string().starts_with(table));
        assert!(named, "{sql}: {faults:?}");
    }
}

#[test]
fn a_changed_entry_and_a_cut_tail_are_found() {
    let house = House::with_charts(1);
    let head = house.ledger.head();
    let raw = house.raw();
    raw.execute_batch("DROP TRIGGER entries_are_never_changed; DROP TRIGGER entries_are_never_deleted;").unwrap();
    raw.execute("DELETE FROM entries WHERE seq = ?", [head.seq]).unwrap();
    let database = house.dir.path().join("outguide.db");
    let cut = verify(&database, Depth::Chain, Some((head.seq, head.hash)), |_, _| {}).unwrap();
    assert_eq!(cut.faults, vec![Fault::Head { seq: head.seq }]);
    raw.execute("UPDATE entries SET actor = 'user:eve' WHERE seq = 3", []).unwrap();
    assert_eq!(house.verified().first_bad_seq(), Some(3));
}

#[test]
fn a_batch_that_cannot_be_committed_is_not_recorded_and_the_next_one_is() {
    let house = House::with_charts(1);
    let head = house.ledger.head();
    let sql = "CREATE TRIGGER fail BEFORE INSERT ON entries BEGIN SELECT RAISE(ROLLBACK, 'disk'); END";
    house.raw().execute_batch(sql).unwrap();
    let scan = house.scan_of("er-1", &badge("2"));
    assert!(matches!(house.ledger.scan_blocking(scan.clone()), Err(ScanError::NotRecorded(_))));
    assert_eq!(house.ledger.head(), head);
    house.raw().execute_batch("DROP TRIGGER fail").unwrap();
    let receipt = house.ledger.scan_blocking(scan).unwrap();
    assert_eq!((receipt.verdict.kind, receipt.duplicate), (VerdictKind::SignedIn, false));
    assert_eq!(house.verified().faults, vec![]);
}

#[test]
fn a_file_taken_away_records_nothing_until_it_is_back() {
    let house = House::with_charts(1);
    let scan = house.scan_of("er-1", &badge("2"));
    let named = |name: &str| house.dir.path().join(name);
    for name in ["outguide.db", "outguide.db-wal"] {
        std::fs::rename(named(name), named("away")).unwrap();
        let said = house.ledger.scan_blocking(scan.clone());
        assert!(matches!(&said, Err(ScanError::NotRecorded(why)) if why.contains("moved or replaced")), "{said:?}");
        assert!(!house.ledger.is_in_place());
        assert!(!named(name).exists(), "nothing else was put in its place");
        std::fs::copy(named("away"), named(name)).unwrap();
        assert!(matches!(house.ledger.scan_blocking(scan.clone()), Err(ScanError::NotRecorded(_))), "a copy");
        std::fs::rename(named("away"), named(name)).unwrap();
    }
    assert!(!house.ledger.scan_blocking(scan).unwrap().duplicate);
    assert_eq!(house.verified().faults, vec![]);
}

#[test]
fn an_overdue_loan_has_one_alert_until_it_is_returned() {
    let house = House::with_charts(2);
    house
        .ledger
        .change_blocking(&House::by(), MoveChart { number: ChartNumber(1), place: place("ER"), holder: None })
        .unwrap();
    let overdue = || house.ledger.change_blocking(&Actor::System, Sweep).unwrap().overdue;
    assert_eq!(overdue(), 0);
    house.clock.advance(24 * 3_600 + 1);
    assert_eq!((overdue(), overdue()), (1, 0));
    let resolve = AlertAction { id: AlertId(1), step: AlertStep::Resolve { reason: String::new() } };
    house.ledger.change_blocking(&House::by(), resolve).unwrap();
    assert_eq!(overdue(), 0);
    house.ledger.change_blocking(&House::by(), RenewLoan { number: ChartNumber(1), due_at: None }).unwrap();
    house.clock.advance(24 * 3_600 + 1);
    assert_eq!(overdue(), 1);
    house.scan("rr-1", &badge("1")).unwrap();
    house.scan("rr-1", &chart(1)).unwrap();
    let state = "SELECT concat_ws(' ', state, resolution, resolved_by, resolved_place) FROM alerts WHERE id = 2";
    assert_eq!(
        house.raw().query_row(state, [], |row| row.get::<_, String>(0)).unwrap(),
        "resolved returned staff:1 FILE"
    );
}

#[test]
fn the_same_import_twice_changes_nothing() {
    let house = House::with_charts(0);
    let out_since = Some(house.clock.now());
    let row = ChartRow { place: Some(place("ER")), out_since, legacy_barcode: Some("OLD-1".into()), ..row(1) };
    let import = || {
        let chunk = ImportCharts { rows: vec![row.clone()], run: None };
        house.ledger.change_blocking(&House::by(), chunk).unwrap()
    };
    assert_eq!(import(), vec![RowOutcome::Added]);
    let custody = house.custody(1);
    assert_eq!((custody.place, custody.out_since), (place("ER"), out_since));
    let head = house.ledger.head();
    assert_eq!(import(), vec![RowOutcome::Unchanged]);
    assert_eq!(house.ledger.head(), head);
}

/// An import that is to leave the writer to others at once.
struct Hurried(ImportCharts);

impl Change for Hurried {
    type Made = Vec<RowOutcome>;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        work.end_at(std::time::Instant::now());
        self.0.make(work)
    }
}

#[test]
fn an_import_leaves_the_writer_to_others_when_it_is_time() {
    let house = House::with_charts(0);
    let rows: Vec<_> = (1..=3).map(row).collect();
    for done in 0..3 {
        let chunk = ImportCharts { rows: rows[done..].to_vec(), run: None };
        assert_eq!(house.ledger.change_blocking(&House::by(), Hurried(chunk)).unwrap(), vec![RowOutcome::Added]);
    }
    let whole = ImportCharts { rows, run: None };
    assert_eq!(house.ledger.change_blocking(&House::by(), whole).unwrap(), vec![RowOutcome::Unchanged; 3]);
}

#[test]
fn a_backup_verifies_and_restores_as_a_new_epoch() {
    let house = House::with_charts(2);
    let target = TempDir::new().unwrap();
    house.ledger.backup(target.path(), Some(1)).unwrap();
    house.clock.advance(1);
    let kept = house.ledger.backup(target.path(), Some(1)).unwrap();
    assert_eq!(std::fs::read_dir(target.path()).unwrap().count(), 1);
    let head = house.ledger.head();
    house.scan("er-1", &badge("2")).unwrap();
    let House { ledger, clock, dir } = house;
    drop(ledger);
    restore(&kept, options(dir.path(), clock.clone(), 1 << 50)).unwrap();
    let ledger = Ledger::open(options(dir.path(), clock.clone(), 1 << 60)).unwrap();
    assert_eq!(ledger.head().seq, head.seq + 1);
    assert_ne!(ledger.epoch(), head.epoch);
    let house = House { ledger, clock, dir };
    assert_eq!(house.verified().faults, vec![]);
    let offline = backup(&house.dir.path().join("outguide.db"), target.path(), house.clock.now(), None).unwrap();
    assert!(offline.exists());
}
