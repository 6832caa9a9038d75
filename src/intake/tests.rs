//! The rules of intake, against a ledger of paper and scanners on pseudo terminals.

use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use outguide_hardware::scanner::bell::Signal;
use outguide_hardware::scanner::serial::PortSelector;
use serialport::{SerialPort, TTYPort};
use uuid::Uuid;

use super::alerts::Keeper;
use super::*;
use crate::custody::{Receipt, ReceiptSession, ReceiptVerdict, Rule, Scan, Tone, VerdictKind};
use crate::ledger::{ChangeError, RandomIds, ScanError};

/// Writes scans down, or does not.
#[derive(Default)]
struct Paper {
    scans: Mutex<Vec<Scan>>,
    broken: Mutex<bool>,
    alerts: Mutex<Vec<String>>,
}

impl Paper {
    fn data(&self) -> Vec<String> {
        self.scans.lock().unwrap().iter().map(|scan| scan.data.clone()).collect()
    }
    fn set_broken(&self, broken: bool) {
        *self.broken.lock().unwrap() = broken;
    }
}

impl Recorder for Paper {
    fn record(&self, scan: Scan, _echo_window: Duration) -> Result<Taken, ScanError> {
        if *self.broken.lock().unwrap() {
            return Err(ScanError::NotRecorded("disk full".into()));
        }
        let (id, echo) = (scan.id, scan.data == "ECHO");
        self.scans.lock().unwrap().push(scan);
        let mut receipt = receipt(id);
        receipt.verdict.rule = echo.then_some(Rule::RefuseWhenEcho);
        Ok(Taken::Recorded(Box::new(receipt)))
    }
    fn raise(&self, device: &str, _kiosk: &str) -> Result<(), ChangeError> {
        self.alerts.lock().unwrap().push(format!("open {device}"));
        Ok(())
    }
    fn settle(&self, device: &str) -> Result<(), ChangeError> {
        self.alerts.lock().unwrap().push(format!("close {device}"));
        Ok(())
    }
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

fn receipt(id: Uuid) -> Receipt {
    let verdict = ReceiptVerdict {
        kind: VerdictKind::Unrecognised,
        tone: Tone::Refused,
        headline: String::new(),
        detail: String::new(),
        rule: None,
        chart: None,
        notes: Vec::new(),
    };
    let session: ReceiptSession = serde_json::from_value(serde_json::json!({
        "staff": null, "staff_name": null, "staff_role": null, "destination": null, "destination_name": null,
        "holder": null, "holder_name": null, "mode": "receive", "lane": "", "signs_off_at": null
    }))
    .unwrap();
    Receipt { seq: 1, epoch: Uuid::nil(), id, duplicate: false, verdict, session }
}

fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(10), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn simulated(id: &str) -> ScannerSpec {
    ScannerSpec {
        id: id.into(),
        kiosk: "er-1".into(),
        transport: ScannerTransport::Sim { script: None },
        profile: Profile::named("generic").unwrap(),
        lane: "left".into(),
        echo_window: Duration::from_secs(2),
    }
}

fn serial(path: &Path) -> ScannerSpec {
    let port = PortSelector::Path(path.to_owned());
    ScannerSpec { transport: ScannerTransport::Serial { port, baud: None }, ..simulated("gun") }
}

fn start(paper: &Arc<Paper>, spec: ScannerSpec) -> Intake {
    Intake::start(Arc::clone(paper) as Arc<dyn Recorder>, Arc::new(RandomIds), vec![spec]).unwrap()
}

fn plug(link: &Path) -> TTYPort {
    let (master, slave) = TTYPort::pair().unwrap();
    let _ = std::fs::remove_file(link);
    symlink(slave.name().unwrap(), link).unwrap();
    master
}

#[test]
fn a_serial_scanner_is_read_through_splits_garbage_and_unplugging() {
    let (folder, paper) = (tempfile::tempdir().unwrap(), Arc::new(Paper::default()));
    let link = folder.path().join("gun");
    let intake = start(&paper, serial(&link));
    let state = |wanted| eventually(&format!("{wanted:?}"), || intake.statuses()[0].state == wanted);
    state(DeviceState::NotFound);
    assert!(intake.all_tried());

    let mut port = plug(&link);
    state(DeviceState::Ready);
    for piece in [&b"]C0C0000"[..], b"0001700163\r\n", b"\xFF\xFE\x00\x11\r", b"LER07\rKOU"] {
        port.write_all(piece).unwrap();
        std::thread::sleep(Duration::from_millis(20));
    }
    eventually("both codes", || paper.data().contains(&"LER07".to_owned()));
    std::fs::remove_file(&link).unwrap();
    drop(port);
    state(DeviceState::Gone);

    let mut port = plug(&link);
    state(DeviceState::Ready);
    port.write_all(b"T34\rKDONE12\r").unwrap();
    eventually("after its return", || paper.data().contains(&"KDONE12".to_owned()));
    let whole: Vec<String> = paper.data().into_iter().filter(|data| !data.contains('\u{FFFD}')).collect();
    assert_eq!(whole, ["C00000001700163", "LER07", "T34", "KDONE12"], "the cut KOU was not joined to T34");

    let scans = paper.scans.lock().unwrap();
    let first = &scans[0];
    assert_eq!((first.symbology.as_deref(), first.device.as_deref()), (Some("]C0"), Some("gun")));
    assert_eq!((first.kiosk.as_str(), first.lane.as_str()), ("er-1", "left"));
    let status = intake.statuses().remove(0);
    assert_eq!((status.scans, status.waiting), (u64::try_from(scans.len()).unwrap(), 0));
    assert!(status.errors >= 3, "two garbled and one half-read: {status:?}");
    drop(scans);
    intake.stop();
}

#[test]
fn what_was_not_recorded_is_shown_kept_and_recorded_in_its_order() {
    let paper = Arc::new(Paper::default());
    paper.set_broken(true);
    let intake = start(&paper, simulated("sim"));
    let mut changes = intake.subscribe();
    let hand = intake.hand_at("er-1").unwrap();
    let codes: Vec<String> = (0..QUEUE_MAX_SCANS + 20).map(|n| format!("CODE{n}")).collect();
    for code in &codes {
        eventually("room", || hand.scan(code).is_ok());
    }
    let state = || intake.statuses()[0].state;
    eventually("a full queue", || state() == DeviceState::QueueFull || intake.statuses()[0].waiting > 256);
    assert!(paper.data().is_empty());
    paper.set_broken(false);
    eventually("all", || paper.data().len() == codes.len());
    assert_eq!(paper.data(), codes);
    eventually("well again", || state() == DeviceState::Ready);
    let mut seen = Vec::new();
    while let Ok(status) = changes.try_recv() {
        seen.push(status.state);
    }
    assert!(seen.contains(&DeviceState::NotRecorded) && seen.contains(&DeviceState::QueueFull), "{seen:?}");
    assert_eq!(intake.statuses()[0].errors, 0);
    intake.stop();
}

#[test]
fn the_tone_comes_after_the_commit_and_an_echo_has_none() {
    let paper = Arc::new(Paper::default());
    let intake = start(&paper, simulated("sim"));
    let hand = intake.hand("sim").unwrap();
    let mut tones = Vec::new();
    let mut heard = |count: usize| {
        let began = Instant::now();
        while tones.len() < count && began.elapsed() < Duration::from_secs(10) {
            tones.extend(hand.tones());
            std::thread::sleep(Duration::from_millis(5));
        }
        tones.clone()
    };
    paper.set_broken(true);
    hand.scan("C1").unwrap();
    assert_eq!(heard(1), [Signal::NotRecorded], "once, however often it is offered");
    eventually("tried again", || intake.statuses()[0].state == DeviceState::NotRecorded);
    paper.set_broken(false);
    assert_eq!(heard(2), [Signal::NotRecorded, Signal::Refused], "this ledger refuses all");
    hand.scan("ECHO").unwrap();
    eventually("recorded", || intake.statuses()[0].echoes == 1);
    hand.bytes(b"HALF".to_vec()).unwrap();
    assert_eq!(heard(3)[2], Signal::NotRecorded, "half a code is none");
    let status = intake.statuses().remove(0);
    assert_eq!((status.scans, status.echoes, status.scans_last_hour, status.errors), (2, 1, 2, 1));
    intake.stop();
}

#[test]
fn comings_goings_no_reads_and_batteries_are_counted() {
    use outguide_hardware::scanner::LinkState;
    let mut board = Board::default();
    let at = |seconds| Timestamp::from_second(seconds).unwrap();
    board.add(&simulated("gun"), at(0));
    for (second, link) in [(1, LinkState::Ready), (5, LinkState::Gone), (7, LinkState::Ready), (9, LinkState::Ready)] {
        board.link("gun", link, None, at(second));
        if second == 5 {
            assert_eq!(board.statuses(at(6))[0].since, at(5));
        }
    }
    board.no_read("gun");
    board.battery("gun", 73);
    board.heard("gun", at(10));
    let status = board.statuses(at(11)).remove(0);
    assert_eq!((status.reconnects, status.no_reads, status.battery_percent), (2, 1, Some(73)));
    assert_eq!((status.since, status.scans_last_hour, status.waiting), (at(7), 1, 1));
    assert_eq!(board.statuses(at(3700))[0].scans_last_hour, 0);
}

#[test]
fn stopping_records_what_waits() {
    let paper = Arc::new(Paper::default());
    let intake = start(&paper, simulated("sim"));
    let hand = intake.hand("sim").unwrap();
    hand.scan("C1").unwrap();
    eventually("heard", || intake.statuses()[0].last_scan_at.is_some());
    intake.stop();
    assert_eq!(paper.data(), ["C1"]);
}

#[test]
fn a_state_has_one_word_everywhere() {
    use outguide_hardware::scanner::LinkState as Link;
    for link in
        [Link::Connecting, Link::Ready, Link::Gone, Link::NoPermission, Link::NotFound, Link::InUse, Link::Failed]
    {
        assert_eq!(DeviceState::from(link).word(), link.word());
    }
    for state in [DeviceState::NoPermission, DeviceState::NotRecorded, DeviceState::QueueFull] {
        assert_eq!(serde_json::to_value(state).unwrap(), state.word());
    }
}

#[test]
fn ids_are_unique() {
    let twice = vec![simulated("sim"), simulated("sim")];
    let started = Intake::start(Arc::new(Paper::default()), Arc::new(RandomIds), twice);
    assert!(matches!(started, Err(StartError::SameId(id)) if id == "sim"));
}

#[test]
fn an_alert_opens_for_a_device_that_stays_away_and_closes_when_it_is_back() {
    use outguide_hardware::scanner::LinkState;
    let (paper, mut board, mut keeper) = (Paper::default(), Board::default(), Keeper::default());
    board.add(&simulated("gun"), Timestamp::UNIX_EPOCH);
    let began = Instant::now();
    let mut turn = |seconds, link: Option<LinkState>| {
        if let Some(link) = link {
            board.link("gun", link, None, Timestamp::UNIX_EPOCH);
        }
        keeper.turn(&board, &paper, began + Duration::from_secs(seconds));
        paper.alerts.lock().unwrap().clone()
    };
    assert!(turn(0, None).is_empty(), "not tried yet");
    assert_eq!(turn(1, Some(LinkState::Ready)), ["close gun"], "one of an earlier run");
    assert_eq!(turn(2, Some(LinkState::Gone)).len(), 1);
    assert_eq!(turn(10, None).len(), 1, "not yet");
    assert_eq!(turn(17, None), ["close gun", "open gun"]);
    assert_eq!(turn(30, None).len(), 2, "once");
    assert_eq!(turn(31, Some(LinkState::Ready)).last().unwrap(), "close gun");
}
