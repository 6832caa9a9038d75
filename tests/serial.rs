//! Scanners on serial lines, as pseudo terminals: what they send becomes entries, and how they are is seen by all.

use std::io::Write;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;
use serialport::{SerialPort, TTYPort};

use crate::support::{Client, Server, Site, badge, chart, place, until};

const GUNS: &str = r#"
[[scanner]]
id = "left-gun"
kiosk = "er-1"
transport = "serial"
port = "left-port"
lane = "left"
[[scanner]]
id = "right-gun"
kiosk = "er-1"
transport = "serial"
port = "right-port"
lane = "right"
"#;

/// A new pseudo terminal behind `port`: writing to it is scanning, dropping it is unplugging.
pub fn plug(port: &Path) -> TTYPort {
    let (scanner, line) = TTYPort::pair().expect("a pseudo terminal");
    let _not_there = std::fs::remove_file(port);
    std::os::unix::fs::symlink(line.name().expect("name"), port).expect("link");
    scanner
}

pub struct House {
    pub site: Site,
    _server: Server,
    pub client: Client,
}

impl House {
    fn open() -> House {
        House::with(GUNS)
    }

    /// The small hospital with these scanners.
    pub fn with(scanners: &str) -> House {
        let site = Site::hospital(scanners, 25);
        let token = site.token("clerk");
        let server = site.serve();
        let client = server.client(&token);
        House { site, _server: server, client }
    }

    pub fn device(&self, id: &str) -> Value {
        let devices = self.client.get("/api/v1/devices");
        let rows = devices.json["rows"].as_array().expect("rows").clone();
        rows.into_iter().find(|row| row["id"] == id).expect("device")
    }

    pub fn plug(&self, port: &str, gun: &str) -> TTYPort {
        let scanner = plug(&self.site.path().join(port));
        until("the scanner is ready", || self.device(gun)["state"] == "ready");
        scanner
    }

    /// The kiosk's newest receipts, once there are `count`.
    pub fn receipts(&self, count: usize) -> Vec<Value> {
        let mut recent = Vec::new();
        until("the scans are recorded", || {
            recent = self.client.get("/api/v1/kiosks/er-1").json["recent"].as_array().expect("recent").clone();
            recent.len() >= count
        });
        assert_eq!(recent.len(), count, "{recent:#?}");
        recent
    }
}

pub fn kinds(receipts: &[Value]) -> Vec<&str> {
    receipts.iter().map(|receipt| receipt["verdict"]["kind"].as_str().expect("kind")).collect()
}

#[test]
fn split_frames_and_garbage_then_the_port_disappears_and_returns() {
    let house = House::open();
    until("a port that is not there is said so", || house.device("left-gun")["state"] == "not_found");
    let mut gun = house.plug("left-port", "left-gun");

    let whole = format!("{}\r\n{}\r{}\r\u{7}\u{1}", badge("1001"), place("CARD"), chart(1));
    for piece in whole.as_bytes().chunks(7) {
        gun.write_all(piece).expect("write");
        sleep(Duration::from_millis(5));
    }
    gun.write_all(b"\xff\xfe\x80\r").expect("write");
    let heard = house.receipts(4);
    assert_eq!(kinds(&heard), ["signed_in", "destination_set", "checked_out", "unrecognised"]);
    assert!(heard.iter().all(|receipt| receipt["device"] == "left-gun" && receipt["lane"] == "left"), "{heard:#?}");
    assert_eq!(house.client.get("/api/v1/charts/1").json["place"], "CARD");

    gun.write_all(b"C0000").expect("write");
    std::fs::remove_file(house.site.path().join("left-port")).expect("unplug");
    drop(gun);
    until("it is gone", || house.device("left-gun")["state"] == "gone");
    let mut gun = house.plug("left-port", "left-gun");
    gun.write_all(format!("{}\r", chart(2)).as_bytes()).expect("write");
    assert_eq!(kinds(&house.receipts(5))[4], "checked_out", "half a code is not joined to the next");
    let device = house.device("left-gun");
    assert_eq!((&device["scans"], &device["waiting"]), (&5.into(), &0.into()), "{device:#}");
    // Half a code is counted too, unless the unplugged line took it along before it was read.
    assert!(device["errors"].as_u64() >= Some(1), "garbage is counted: {device:#}");
}

#[test]
fn codes_back_to_back_keep_their_order_and_lanes_their_sessions() {
    let house = House::open();
    let mut left = house.plug("left-port", "left-gun");
    let mut right = house.plug("right-port", "right-gun");
    let mut burst = format!("{}\r", badge("1001"));
    (1..=17).for_each(|number| burst.push_str(&format!("{}\r", chart(number))));
    left.write_all(burst.as_bytes()).expect("write");
    let heard = house.receipts(18);
    for (at, receipt) in heard.iter().enumerate().skip(1) {
        assert_eq!(receipt["verdict"]["kind"], "received", "{receipt:#}");
        assert_eq!(receipt["verdict"]["chart"]["number"], at, "{receipt:#}");
    }
    // The same code again at once is an echo; on the other lane nobody is signed in.
    left.write_all(format!("{0}\r{0}\r", chart(18)).as_bytes()).expect("write");
    let heard = house.receipts(20);
    assert_eq!(kinds(&heard[18..]), ["received", "refused"]);
    assert_eq!(heard[19]["verdict"]["rule"], "refuse_when_echo");
    right.write_all(format!("{}\r", chart(19)).as_bytes()).expect("write");
    let nobody = || house.receipts(20).pop().expect("receipt");
    until("the other lane is heard", || nobody()["lane"] == "right");
    assert_eq!(nobody()["verdict"]["rule"], "refuse_when_nobody_is_signed_in");
    assert_eq!(nobody()["verdict"]["chart"]["seen_place"], "ER", "it was here all the same");
    // The kiosk shows both lanes: who is signed in on each, and how each scanner is.
    let view = house.client.get("/api/v1/kiosks/er-1").json;
    let sessions = view["sessions"].as_array().expect("sessions");
    let lanes: Vec<_> = sessions.iter().map(|session| (session["lane"].as_str(), session["staff"].as_str())).collect();
    assert_eq!(lanes, [(Some("left"), Some("1001")), (Some("right"), None)]);
    let devices = view["devices"].as_array().expect("devices");
    let told: Vec<_> = devices.iter().map(|device| (device["lane"].as_str(), device["echoes"].as_u64())).collect();
    assert_eq!(told, [(Some("left"), Some(1)), (Some("right"), Some(0))], "the echo was written down");
}

#[test]
fn a_scanner_that_stays_away_is_an_alert_until_it_is_back() {
    let house = House::open();
    let alerts = || house.client.get("/api/v1/alerts?kind=device").json["rows"].as_array().expect("rows").clone();
    let of = |alert: &Value| alert["subject"].as_str().unwrap_or_default().to_owned();
    until("both scanners are missed", || alerts().len() == 2);
    let _gun = house.plug("left-port", "left-gun");
    until("the one that is back is missed no more", || alerts().len() == 1);
    assert!(of(&alerts()[0]).contains("right-gun"), "{:#?}", alerts());
}
