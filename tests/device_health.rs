//! How devices are, through the real server: one answer for all of them, and an alert about a scanner that is silent where
//! scans are usual, by a clock that the test moves (libfaketime).

use jiff::{SignedDuration, Span, Timestamp, Zoned};
use serde_json::{Value, json};

use crate::support::{Client, Server, Site, badge, clock, place, until};

const GUN: &str = "[[scanner]]\nid = \"gun\"\nkiosk = \"er-1\"\ntransport = \"sim\"\n";

struct House {
    site: Site,
    server: Server,
    client: Client,
}

impl House {
    fn open(rest: &str) -> House {
        let site = Site::hospital(rest, 1);
        let token = site.token("records");
        let server = clock::serve(&site);
        let client = server.client(&token);
        House { site, server, client }
    }

    fn advance(&self, by: SignedDuration) {
        clock::set(&self.site, by);
    }

    /// A scan of this scanner as one that waited elsewhere since `at`.
    fn scan(&self, device: &str, data: &str, at: Option<Timestamp>, queue_seq: u64) {
        let sent = at.map(|_| self.client.get("/api/v1/device-health").json["at"].clone());
        let scan = json!({"id": uuid::Uuid::now_v7(), "data": data, "device": device, "observed_at": at,
            "sent_at": sent, "queue_seq": at.map(|_| queue_seq)});
        let reply = self.client.post("/api/v1/kiosks/er-1/scans", &scan);
        assert_eq!(reply.status, 200, "{:#}", reply.json);
    }

    fn alerts(&self, query: &str) -> Vec<Value> {
        let rows = self.client.get(&format!("/api/v1/alerts?kind=device{query}")).json["rows"].clone();
        rows.as_array().expect("rows").clone()
    }

    fn scanner(&self, id: &str) -> Value {
        let health = self.client.get("/api/v1/device-health").json;
        let scanners = health["scanners"].as_array().expect("scanners");
        scanners.iter().find(|scanner| scanner["id"] == id).expect("the scanner").clone()
    }
}

#[test]
fn a_scanner_that_is_silent_where_scans_are_usual_is_an_alert_until_it_is_heard() {
    let house = House::open(&format!("{GUN}[silence]\nafter = \"15m\"\nusual_scans = 3\n"));
    let ahead = SignedDuration::from_mins(46);
    // Half an hour after the beginning a whole quarter has passed in silence. In it there were scans each week.
    let then: Zoned = (Timestamp::now() + ahead).in_tz("America/New_York").expect("zone");
    let seconds = then.timestamp().as_second();
    let quarter = then.checked_sub(SignedDuration::from_secs(seconds.rem_euclid(900) + 600)).expect("a time");
    let mut queue_seq = 0;
    for weeks in [3, 2, 1] {
        let at = quarter.checked_sub(Span::new().weeks(weeks)).expect("a time").timestamp();
        for code in [badge("1001"), place("ER"), place("CARD"), place("ER")] {
            queue_seq += 1;
            house.scan("gun", &code, Some(at + SignedDuration::from_secs(10 * queue_seq)), queue_seq.unsigned_abs());
        }
    }
    until("the past is counted", || house.scanner("gun")["last_scan_at"] != Value::Null);
    assert_eq!(house.alerts(""), [] as [Value; 0]);
    house.advance(ahead);
    until("the alert", || house.alerts("").len() == 1);
    let alert = house.alerts("").remove(0);
    let subject = "scanner gun of kiosk er-1 is silent: 4 scans or more are usual at this time of the week";
    assert_eq!((&alert["subject"], &alert["place"], &alert["state"]), (&json!(subject), &json!("ER"), &json!("open")));
    let gun = house.scanner("gun");
    assert_eq!((&gun["silence_alert"], &gun["silent_since"]), (&alert["id"], &alert["due_at"]), "{gun:#}");
    assert_eq!(
        (&gun["state"], &gun["usual_an_hour"], &gun["place_name"]),
        (&json!("ready"), &json!(4), &json!("Emergency"))
    );

    let path = format!("/api/v1/alerts/{}", alert["id"]);
    assert_eq!(house.client.post(&format!("{path}/note"), &json!({"text": "rang them"})).status, 200);
    assert_eq!(house.client.post(&format!("{path}/acknowledge"), &json!({})).json["state"], "acknowledged");
    house.scan("gun", &badge("1001"), None, 0);
    until("it is heard", || house.alerts("").is_empty());
    assert_eq!(house.alerts("&state=resolved")[0]["resolution"], "heard");
    assert_eq!(house.scanner("gun")["silent_since"], Value::Null);
    house.server.stop();
    house.site.ok(&["verify"]);
}

#[test]
fn one_answer_has_every_device_and_says_what_is_not_known() {
    let site = Site::hospital(GUN, 1);
    let [viewer, technician] = ["viewer", "technician"].map(|role| site.token(role));
    let auditor = site.token("auditor");
    let kiosk = site.kiosk_token("er-1");
    let server = site.serve();
    let technician = server.client(&technician);
    let health = technician.get("/api/v1/device-health").json;
    let gun = &health["scanners"][0];
    for (name, value) in [
        ("id", json!("gun")),
        ("kiosk", json!("er-1")),
        ("kiosk_name", json!("Emergency")),
        ("simulated", json!(true)),
        ("at_computer", json!(false)),
        ("last_scan_at", Value::Null),
        ("battery_percent", Value::Null),
        ("tells_no_reads", json!(false)),
        ("usual_an_hour", json!(0)),
        ("silent_since", Value::Null),
    ] {
        assert_eq!(gun[name], value, "{name}: {gun:#}");
    }
    let pages = health["pages"].as_array().expect("pages").iter().map(|page| page["kiosk"].clone()).collect::<Vec<_>>();
    assert!(pages.contains(&json!("rr-1")) && !pages.contains(&json!("er-1")), "{pages:?}");
    let printer = &health["printers"][0];
    assert_eq!((&printer["id"], &printer["place_name"]), (&json!("labels"), &json!("Records room")), "{printer:#}");
    assert!(printer["kiosks"].as_array().expect("kiosks").contains(&json!("rr-1")), "{printer:#}");
    assert_eq!(health["computers"], json!([]));
    for (token, status) in [(&viewer, 200), (&auditor, 200), (&kiosk, 403)] {
        assert_eq!(server.client(token).get("/api/v1/device-health").status, status);
    }

    // What was last heard is known after a start.
    let records = server.client(&site.token("records"));
    let scan = json!({"id": uuid::Uuid::now_v7(), "data": badge("1001"), "device": "gun"});
    assert_eq!(records.post("/api/v1/kiosks/er-1/scans", &scan).status, 200);
    let last = |client: &Client| client.get("/api/v1/device-health").json["scanners"][0]["last_scan_at"].clone();
    until("it is counted", || last(&technician) != Value::Null);
    let before = last(&technician);
    server.stop();
    let server = site.serve();
    assert_eq!(last(&technician.at(&server.url)), before);
}
