//! A kiosk that was away for a day brings thousands of scans at once: each is recorded once, in its order and at its time,
//! what does not fit with what others saw meanwhile opens an alert, and who scans now notices nothing.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::{Client, Site, badge, chart};

/// Scans that waited.
const SCANS: usize = 3_000;
/// So long they were made one after the other.
const AWAY: SignedDuration = SignedDuration::from_hours(24);
/// The kiosk's clock is ahead by this.
const AHEAD: SignedDuration = SignedDuration::from_secs(190);
/// How exactly that is found out while the machine is busy.
const ERROR_MAX: SignedDuration = SignedDuration::from_secs(20);
/// Charts that the kiosk scanned: 1 to this one.
const SCANNED: u32 = 600;
/// Of those, 1 to this one were received elsewhere since.
const ELSEWHERE: u32 = 60;
/// Charts that the records room scans meanwhile.
const LIVE: std::ops::RangeInclusive<u32> = 601..=660;
/// One of so many is sent twice, as after an answer that was lost.
const SENT_TWICE: usize = 50;

/// What the kiosk kept, in its order: who signed in, then charts, over and over.
fn kept(began: Timestamp) -> Vec<Value> {
    let apart = AWAY / i32::try_from(SCANS).expect("few");
    let scan = |at: usize| {
        let data = if at == 0 { badge("1002") } else { chart(1 + u32::try_from(at - 1).expect("few") % SCANNED) };
        let observed_at = began + apart * i32::try_from(at).expect("few") + AHEAD;
        json!({"id": uuid::Uuid::now_v7(), "data": data, "queue_seq": at + 1, "observed_at": observed_at})
    };
    (0..SCANS).map(scan).collect()
}

/// Sends it as the kiosk does now, by its clock.
fn send(client: &Client, scan: &Value) -> Value {
    let mut body = scan.clone();
    body["sent_at"] = json!(Timestamp::now() + AHEAD);
    let reply = client.post("/api/v1/kiosks/card-1/scans", &body);
    assert_eq!(reply.status, 200, "{:#}", reply.json);
    reply.json
}

/// People at the records room go on until told to stop: every scan is answered, and rightly. How many?
fn live(client: &Client, done: &AtomicBool) -> usize {
    let mut count = 0;
    for number in LIVE.cycle().take_while(|_| !done.load(Ordering::Relaxed)) {
        let receipt = client.scan("rr-1", &chart(number));
        let verdict = &receipt["verdict"];
        assert_ne!(verdict["tone"], "refused", "{receipt:#}");
        assert_eq!((&verdict["chart"]["number"], &verdict["chart"]["place"]), (&json!(number), &json!("FILE")));
        assert_eq!(receipt["session"]["staff"], "2001", "nobody signs them off: {receipt:#}");
        count += 1;
    }
    count
}

/// Each entry of the kiosk, in the ledger's order: its id, when it was read and when that was, and its body.
fn entries(site: &Site) -> Vec<(String, i64, i64, Value)> {
    let ledger = rusqlite::Connection::open(site.database()).expect("ledger");
    let sql = "SELECT id, observed_at, effective_at, body FROM entries WHERE kiosk = 'card-1' ORDER BY seq";
    let mut select = ledger.prepare(sql).expect("question");
    let row = |row: &rusqlite::Row<'_>| {
        let body: String = row.get(3)?;
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, serde_json::from_str(&body).expect("JSON")))
    };
    select.query_map([], row).expect("rows").collect::<Result<_, _>>().expect("rows")
}

#[test]
fn a_day_of_scans_is_recorded_once_in_order_and_harms_nobody() {
    let site = Site::hospital("", *LIVE.end());
    let token = site.token("records");
    let server = site.serve();
    let client = server.client(&token);
    let began = Timestamp::now() - AWAY - SignedDuration::from_mins(5);
    let waiting = kept(began);
    client.scan("er-1", &badge("1001"));
    (1..=ELSEWHERE).for_each(|number| drop(client.scan("er-1", &chart(number))));
    client.scan("rr-1", &badge("2001"));

    let (done, other) = (AtomicBool::new(false), server.client(&token));
    let made = std::thread::scope(|scope| {
        let people = scope.spawn(|| live(&other, &done));
        for (at, scan) in waiting.iter().enumerate() {
            let receipt = send(&client, scan);
            assert_ne!(receipt["verdict"]["tone"], "refused", "scan {at}: {receipt:#}");
            if at % SENT_TWICE == 0 {
                let again = send(&client, scan);
                assert_eq!((&again["seq"], &again["duplicate"]), (&receipt["seq"], &json!(true)), "scan {at}");
            }
        }
        done.store(true, Ordering::Relaxed);
        people.join().expect("people at the records room")
    });
    assert!(made > 20, "{made} live scans while {SCANS} were replayed");

    once_in_order_at_their_times(&site, &waiting);
    both_stories_are_told(&client);
    for number in [ELSEWHERE + 1, SCANNED] {
        let last_seen = client.get(&format!("/api/v1/charts/{number}")).json;
        assert_eq!((&last_seen["place"], &last_seen["known_by"]), (&json!("CARD"), &json!("scanned")), "{last_seen:#}");
    }
    server.stop();
    site.ok(&["verify"]);
}

/// The clock's error was measured with each scan, and the scan's own time is corrected by it.
fn once_in_order_at_their_times(site: &Site, waiting: &[Value]) {
    let entries = entries(site);
    let ids: Vec<&str> = entries.iter().map(|(id, ..)| id.as_str()).collect();
    let sent: Vec<&str> = waiting.iter().map(|scan| scan["id"].as_str().expect("id")).collect();
    assert_eq!(ids, sent, "each once, in order");
    for (at, (_, observed, effective, body)) in entries.iter().enumerate() {
        let (error, queue_seq) = (body["scan"]["clock_error_us"].as_i64(), body["scan"]["queue_seq"].as_u64());
        let error = error.expect("a clock error");
        let off = SignedDuration::from_micros(error) + AHEAD;
        assert!(off.abs() < ERROR_MAX, "scan {at}: the clock's error is told as {error} us");
        assert_eq!(*effective, observed + error, "scan {at}");
        assert_eq!(queue_seq, u64::try_from(at + 1).ok());
    }
    assert!(entries.is_sorted_by_key(|(_, _, effective, _)| *effective));
}

/// Charts that were received elsewhere meanwhile stay there; one alert for each tells what both kiosks say.
fn both_stories_are_told(client: &Client) {
    let alerts = client.get("/api/v1/alerts?kind=discrepancy&limit=500").json;
    let rows = alerts["rows"].as_array().expect("rows");
    let about: HashSet<u64> = rows.iter().filter_map(|row| row["chart"].as_u64()).collect();
    assert_eq!(about, (1..=u64::from(ELSEWHERE)).collect(), "{alerts:#}");
    assert_eq!(rows.len(), about.len(), "one for each, however often the kiosk had scanned it");
    for row in rows {
        let told = row["subject"].as_str().expect("words");
        assert!(told.starts_with("to CARD at ") && told.contains("by card-1, arrived late; at ER since "), "{told}");
        assert!(told.ends_with("by er-1"), "{told}");
        let stands = client.get(&format!("/api/v1/charts/{}", row["chart"])).json;
        assert_eq!(stands["place"], "ER", "{stands:#}");
    }
}
