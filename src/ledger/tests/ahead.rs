//! Scans that are judged while others are still being written come out as if each had waited for the one before.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Waker};

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::custody::{Receipt, Tone};
use crate::ledger::ahead::WAITING_MAX;
use crate::ledger::changes::MoveChart;

const LANES: usize = 9;
const PATIENTS: u32 = 3;
const VOLUMES: u32 = 3;

/// Three patients with three volumes each; the clock stands still.
fn house() -> House {
    let house = House::with_charts(0);
    for number in 0..PATIENTS {
        let patient = patient(&format!("{}", 200_000 + number), "Ötvös", "Ada");
        let mrn = patient.mrn.clone();
        house.ledger.change_blocking(&House::by(), AddPatient { patient }).unwrap();
        for _ in 0..VOLUMES {
            let add = AddChart { mrn: mrn.clone(), record_type: "MR".into(), volume: None, home: place("FILE") };
            house.ledger.change_blocking(&House::by(), add).unwrap();
        }
    }
    house.clock.stop();
    house
}

/// What a lane may be given to scan.
fn text(what: u8) -> String {
    let number = 1 + u32::from(what) % (PATIENTS * VOLUMES);
    let code = match what % 20 {
        0 => badge("1"),
        1 => badge("2"),
        2 => to("CARD"),
        3 => command(CommandWord::Undo),
        4 => command(CommandWord::Missing),
        5 => command(CommandWord::Label),
        6 => command(CommandWord::Out),
        7 => Code::Reference(ChartNumber(number)),
        8 => return format!("{}", 200_000 + number % PATIENTS),
        9 => return format!("what is this {what}"),
        _ => chart(number),
    };
    encode(&code).unwrap()
}

/// A scan of the lane, which is at one of the three kiosks; some were made a while ago.
fn scan(house: &House, lane: usize, what: u8) -> Scan {
    let kiosk = ["rr-1", "er-1", "card-1"][lane % 3];
    let scan = Scan { lane: format!("l{lane}"), ..house.scan_text(kiosk, &text(what)) };
    if what % 16 != 15 {
        return scan;
    }
    let observed_at = Some(scan.received_at - jiff::SignedDuration::from_mins(i64::from(what)));
    Scan { observed_at, sent_at: Some(scan.received_at), queue_seq: Some(u64::from(what)), ..scan }
}

/// All lanes at once, each its own scans one after the other, and a change between them.
fn round(house: &House, runtime: &tokio::runtime::Runtime, scans: &[Vec<Scan>], moved: u32) {
    runtime.block_on(async {
        let lanes = scans.iter().map(|scans| {
            let (ledger, scans) = (house.ledger.clone(), scans.clone());
            tokio::spawn(async move {
                for scan in scans {
                    ledger.scan(scan).await.unwrap();
                }
            })
        });
        let lanes = lanes.collect::<Vec<_>>();
        tokio::task::yield_now().await;
        house.ledger.change(&House::by(), change(moved)).await.unwrap();
        for lane in lanes {
            lane.await.unwrap();
        }
    });
}

fn change(moved: u32) -> MoveChart {
    MoveChart { number: ChartNumber(moved), place: place("CARD"), holder: None }
}

/// The entries after this one: ids, and all that does not hang on the ledger's own secret key and random ids.
fn told(house: &House, after: u64) -> Vec<(String, Value)> {
    let raw = house.raw();
    let sql = "SELECT id, json_array(seq, kind, kiosk, device, actor, observed_at, effective_at, recorded_at), body \
               FROM entries WHERE seq > ? ORDER BY seq";
    let mut select = raw.prepare(sql).unwrap();
    let rows = select.query_map([after], |row| {
        let (entry, body): (String, String) = (row.get(1)?, row.get(2)?);
        let mut body: Value = serde_json::from_str(&body).unwrap();
        if let Some(scan) = body.get_mut("scan") {
            scan["data_hmac"] = Value::Null;
        }
        Ok((row.get(0)?, serde_json::json!([serde_json::from_str::<Value>(&entry).unwrap(), body])))
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn together_they_come_out_as_one_after_the_other(
        rounds in prop::collection::vec(prop::collection::vec(prop::collection::vec(any::<u8>(), 0..6), LANES), 1..6),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
        let together = house();
        let begun = together.ledger.head().seq;
        let mut known = HashMap::new();
        let moved = |number: usize| 1 + u32::try_from(number).unwrap() % (PATIENTS * VOLUMES);
        let mut ends = Vec::new();
        for (number, lanes) in rounds.iter().enumerate() {
            let scans: Vec<Vec<Scan>> = lanes.iter().enumerate()
                .map(|(lane, whats)| whats.iter().map(|what| scan(&together, lane, *what)).collect())
                .collect();
            known.extend(scans.iter().flatten().map(|scan| (scan.id.to_string(), scan.clone())));
            round(&together, &runtime, &scans, moved(number));
            ends.push(together.ledger.head().seq);
            together.clock.advance(40);
        }
        prop_assert_eq!(together.verified().faults, vec![]);
        let told_together = told(&together, begun);

        let alone = house();
        let mut seq = begun;
        for (number, end) in ends.into_iter().enumerate() {
            while seq < end {
                let (id, _) = &told_together[usize::try_from(seq - begun).unwrap()];
                if let Some(scan) = known.get(id) {
                    alone.ledger.scan_blocking(scan.clone()).unwrap();
                } else {
                    alone.ledger.change_blocking(&House::by(), change(moved(number))).unwrap();
                }
                seq += 1;
            }
            alone.clock.advance(40);
        }
        let told_alone = told(&alone, begun);
        for ((_, together), (_, alone)) in told_together.iter().zip(&told_alone) {
            prop_assert_eq!(together, alone);
        }
        prop_assert_eq!(told_together.len(), told_alone.len());
    }
}

#[test]
fn what_cannot_be_written_takes_nobody_else_with_it() {
    let house = house();
    for kiosk in ["rr-1", "er-1", "card-1"] {
        for lane in 0..3 {
            let scan = house.scan_of(kiosk, &badge("1"));
            house.ledger.scan_blocking(Scan { lane: format!("l{lane}"), ..scan }).unwrap();
        }
    }
    let fail =
        "CREATE TRIGGER fail BEFORE INSERT ON entries WHEN NEW.kiosk = 'card-1' BEGIN SELECT RAISE(ABORT, 'no'); END";
    house.raw().execute_batch(fail).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    for turn in 0..20 {
        let scans = (0..9).map(|lane: u32| {
            let kiosk = ["rr-1", "er-1", "card-1"][usize::try_from(lane % 3).unwrap()];
            let scan = house.scan_of(kiosk, &chart(1 + (lane + turn) % 9));
            let scan = Scan { lane: format!("l{}", lane / 3), ..scan };
            let ledger = house.ledger.clone();
            runtime.spawn(async move { (scan.kiosk.clone(), ledger.scan(scan).await) })
        });
        for told in scans.collect::<Vec<_>>() {
            match runtime.block_on(told).unwrap() {
                (kiosk, Err(ScanError::NotRecorded(_))) => assert_eq!(kiosk, "card-1"),
                (kiosk, Ok(receipt)) => {
                    assert_ne!(kiosk, "card-1");
                    assert!(matches!(receipt.verdict.tone, Tone::Ok | Tone::Attention), "{:?}", receipt.verdict);
                }
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(house.verified().faults, vec![]);
    let sql = "SELECT count(*) FROM entries WHERE kind <> 'signed_in' AND kiosk = ?";
    let count = |kiosk: &str| house.raw().query_row(sql, [kiosk], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!([count("rr-1"), count("er-1"), count("card-1")], [60, 60, 0]);
}

/// A scan that is sent and not waited for yet.
type Sent = Pin<Box<dyn Future<Output = Receipt>>>;
type Tried = Pin<Box<dyn Future<Output = Result<Receipt, ScanError>>>>;

/// Sends them while nothing can be written, and gives the writer time to judge what it can.
fn sent_at_once(house: &House, scans: impl IntoIterator<Item = Scan>) -> (Vec<Sent>, tokio::runtime::Runtime) {
    let (tried, runtime) = tried_at_once(house, scans);
    let sent = tried.into_iter().map(|scan| -> Sent { Box::pin(async move { scan.await.unwrap() }) });
    (sent.collect(), runtime)
}

/// The same where they may fail.
fn tried_at_once(house: &House, scans: impl IntoIterator<Item = Scan>) -> (Vec<Tried>, tokio::runtime::Runtime) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let entered = runtime.enter();
    let hand = house.ledger.inner.shared.checkpoints.hand.between();
    let send = |scan: Scan| {
        let ledger = house.ledger.clone();
        let mut sent: Tried = Box::pin(async move { ledger.scan(scan).await });
        assert!(sent.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        sent
    };
    let sent = scans.into_iter().map(send).collect();
    std::thread::sleep(std::time::Duration::from_millis(50));
    drop((hand, entered));
    (sent, runtime)
}

/// A volume of the patient.
fn of_patient(patient: u32) -> Code {
    chart(1 + (patient - 1) * VOLUMES)
}

#[test]
fn what_waits_for_a_page_holds_up_its_own_lane_and_no_other() {
    let house = house();
    // The second one waits for what becomes of its patient's chart; the third is of its lane, the last of neither.
    let scans = [("rr-1", 1), ("er-1", 1), ("er-1", 2), ("card-1", 3)];
    let scans = scans.map(|(kiosk, patient)| house.scan_of(kiosk, &of_patient(patient)));
    let (sent, runtime) = sent_at_once(&house, scans);
    let seqs: Vec<u64> = sent.into_iter().map(|scan| runtime.block_on(scan).seq).collect();
    let [first, waits, behind_it, other] = seqs.try_into().unwrap();
    assert!(first < waits && waits < behind_it, "{first} {waits} {behind_it}");
    assert!(first < other && other < behind_it, "{first} {other} {behind_it}");
    assert_eq!(house.verified().faults, vec![]);
}

#[test]
fn what_waits_for_a_page_that_fails_at_its_commit_is_judged_by_what_is_there() {
    let house = house();
    house.scan("er-1", &badge("2")).unwrap();
    let scans = [("rr-1", 1), ("er-1", 1)];
    let [first, waits] = scans.map(|(kiosk, patient)| house.scan_of(kiosk, &of_patient(patient)));
    // Whether what fails at its COMMIT is on disk is not known until the ledger was opened again.
    let fail = "CREATE TABLE nowhere (seq INTEGER REFERENCES entries (seq) DEFERRABLE INITIALLY DEFERRED);
                CREATE TRIGGER fail AFTER INSERT ON entries WHEN new.kiosk = 'rr-1'
                BEGIN INSERT INTO nowhere VALUES (-1); END;";
    house.raw().execute_batch(fail).unwrap();
    let (sent, runtime) = tried_at_once(&house, [first.clone(), waits]);
    let [failed, waited] = <[Tried; 2]>::try_from(sent).ok().unwrap().map(|scan| runtime.block_on(scan));
    assert!(matches!(failed, Err(ScanError::NotRecorded(_))), "{failed:?}");
    assert_eq!(waited.unwrap().verdict.chart.unwrap().place.unwrap(), place("ER"));
    house.raw().execute_batch("DROP TRIGGER fail; DROP TABLE nowhere;").unwrap();
    assert!(!house.ledger.scan_blocking(first).unwrap().duplicate);
    assert_eq!(house.verified().faults, vec![]);
}

#[test]
fn a_scan_that_is_sent_twice_at_once_is_recorded_once() {
    let house = house();
    let scan = house.scan_of("rr-1", &of_patient(1));
    let again = Scan { lane: "other".into(), ..scan.clone() };
    let (sent, runtime) = sent_at_once(&house, [scan, again]);
    let [first, again] = <[Sent; 2]>::try_from(sent).ok().unwrap().map(|scan| runtime.block_on(scan));
    assert_eq!((first.seq, first.duplicate, again.duplicate), (again.seq, false, true));
}

#[test]
fn what_nobody_waits_for_any_more_is_recorded_all_the_same() {
    let house = house();
    let begun = house.ledger.head().seq;
    let many = WAITING_MAX + 10;
    let scan = |lane: usize| Scan { lane: format!("l{lane}"), ..house.scan_of("rr-1", &of_patient(1)) };
    // A few wait for a page; then more than may.
    let (few, _) = sent_at_once(&house, (0..3).map(scan));
    drop(few);
    let (rest, _) = sent_at_once(&house, (3..many).map(scan));
    drop(rest);
    let House { ledger, dir, .. } = house;
    drop(ledger);
    let raw = rusqlite::Connection::open(dir.path().join(crate::ledger::DB_FILE)).unwrap();
    let seq: u64 = raw.query_row("SELECT max(seq) FROM entries", [], |row| row.get(0)).unwrap();
    assert_eq!(seq, begun + many as u64);
}
