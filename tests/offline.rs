//! Kiosks that were offline replay their scans: whatever arrives first, the charts end in one and the same place.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::{Client, Dice, Server, Site, badge, chart, command, place};

/// A scan in a kiosk's queue.
#[derive(Clone)]
struct Queued {
    kiosk: &'static str,
    data: String,
    queue_seq: u64,
    /// Seconds after the outage began.
    at: i64,
    /// How far the kiosk's clock is ahead, in seconds.
    ahead: i64,
}

impl Queued {
    fn new(kiosk: &'static str, at: i64, data: String) -> Queued {
        let ahead = match kiosk {
            "er-1" => -3600,
            "card-1" => 190,
            _ => 0,
        };
        Queued { kiosk, data, queue_seq: u64::try_from(at).expect("after the beginning"), at, ahead }
    }

    /// The request as the kiosk sends it now; `lane` gives it a session of its own.
    fn body(&self, began: Timestamp, lane: &str) -> Value {
        let shown = |time: Timestamp| time + SignedDuration::from_secs(self.ahead);
        json!({
            "id": uuid::Uuid::now_v7(), "data": self.data, "lane": lane, "queue_seq": self.queue_seq,
            "observed_at": shown(began + SignedDuration::from_secs(self.at)), "sent_at": shown(Timestamp::now()),
        })
    }
}

struct House {
    site: Site,
    _server: Server,
    client: Client,
    began: Timestamp,
}

impl House {
    fn open(charts: u32) -> House {
        let site = Site::hospital("", charts);
        let token = site.token("records");
        let server = site.serve();
        let client = server.client(&token);
        House { site, _server: server, client, began: Timestamp::now() - SignedDuration::from_hours(2) }
    }

    fn send(&self, queued: &Queued, body: &Value) -> Value {
        let reply = self.client.post(&format!("/api/v1/kiosks/{}/scans", queued.kiosk), body);
        assert_eq!(reply.status, 200, "{:#}", reply.json);
        assert_ne!(reply.json["verdict"]["rule"], "refuse_when_nobody_is_signed_in", "a replayed scan is not refused");
        reply.json
    }

    /// Where a chart is and how that is known, and its history's kiosks and times to the second.
    fn story(&self, number: u32) -> (Value, Vec<Value>) {
        let chart = self.client.get(&format!("/api/v1/charts/{number}")).json;
        let kept = ["place", "holder", "known_by", "seen_place", "missing_since"];
        let mut told: Value = kept.iter().map(|field| ((*field).to_owned(), chart[*field].clone())).collect();
        told["out"] = json!(chart["out_since"].is_string());
        told["due"] = json!(chart["due_at"].is_string());
        let history = self.client.get(&format!("/api/v1/charts/{number}/history?limit=100")).json;
        let rows = history["rows"].as_array().expect("rows").iter().filter(|row| row["kiosk"].is_string());
        (told, rows.map(|row| row["kiosk"].clone()).collect())
    }
}

/// Every way to merge the queues, each kept in its order.
fn merges(queues: &[Vec<Queued>]) -> Vec<Vec<Queued>> {
    if queues.iter().all(Vec::is_empty) {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for at in 0..queues.len() {
        let mut rest = queues.to_vec();
        if rest[at].is_empty() {
            continue;
        }
        let first = rest[at].remove(0);
        for mut tail in merges(&rest) {
            tail.insert(0, first.clone());
            all.push(tail);
        }
    }
    all
}

#[test]
fn three_queues_merged_in_every_way_give_one_result() {
    // ER sends the chart to Cardiology; the records room has it back; Cardiology scans it again, last.
    let queues = |number: u32| {
        [
            vec![
                Queued::new("er-1", 10, badge("1001")),
                Queued::new("er-1", 15, place("PSY")),
                Queued::new("er-1", 20, chart(number)),
            ],
            vec![Queued::new("rr-1", 100, badge("2001")), Queued::new("rr-1", 105, chart(number))],
            vec![Queued::new("card-1", 200, badge("1002")), Queued::new("card-1", 205, chart(number))],
        ]
    };
    let ways = merges(&queues(1)).len();
    assert_eq!(ways, 210);
    let house = House::open(210);
    let mut first = None;
    for way in 0..ways {
        let number = u32::try_from(way + 1).expect("small");
        let arrivals = merges(&queues(number)).swap_remove(way);
        // Each way has a chart and sessions of its own, so that one server serves them all.
        let lane = format!("way{way}");
        arrivals.iter().for_each(|scan| drop(house.send(scan, &scan.body(house.began, &lane))));
        let story = house.story(number);
        assert_eq!(story.0["place"], "CARD", "way {way}: {story:?}");
        assert_eq!(&story, first.get_or_insert_with(|| story.clone()), "way {way}");
    }
    house.site.ok(&["verify"]);
}

#[test]
fn single_scans_in_random_orders_give_one_result() {
    const ROUNDS: u32 = 12;
    const ORDERS: u32 = 6;
    let mut dice = Dice::new("offline");
    let house = House::open(ROUNDS * ORDERS);
    for round in 0..ROUNDS {
        let mut history = Vec::new();
        for step in 0..8i64 {
            let kiosk = ["er-1", "card-1", "rr-1"][dice.below(3)];
            history.push((kiosk, 30 * step + i64::try_from(dice.below(20)).expect("small")));
        }
        let mut first = None;
        for order in 0..ORDERS {
            let number = 1 + round * ORDERS + order;
            let mut arrivals: Vec<_> =
                history.iter().map(|(kiosk, at)| Queued::new(kiosk, *at, chart(number))).collect();
            dice.shuffle(&mut arrivals);
            let lane = format!("order{number}");
            arrivals.iter().for_each(|scan| drop(house.send(scan, &scan.body(house.began, &lane))));
            let story = house.story(number);
            assert_eq!(&story, first.get_or_insert_with(|| story.clone()), "round {round}, order {order}");
        }
    }
    house.site.ok(&["verify"]);
    house.site.ok(&["rebuild"]);
    house.site.ok(&["verify"]);
}

#[test]
fn a_queue_sent_again_is_the_same_queue_and_stale_evidence_closes_no_case() {
    let house = House::open(1);
    let scans = [Queued::new("er-1", 10, badge("1001")), Queued::new("er-1", 12, chart(1))];
    let bodies: Vec<_> = scans.iter().map(|scan| scan.body(house.began, "")).collect();
    let receipts: Vec<_> = scans.iter().zip(&bodies).map(|(scan, body)| house.send(scan, body)).collect();
    let head = house.client.get("/api/v1/head").json;
    for ((scan, body), receipt) in scans.iter().zip(&bodies).zip(&receipts) {
        let again = house.send(scan, body);
        assert_eq!((&again["seq"], &again["duplicate"]), (&receipt["seq"], &json!(true)));
    }
    assert_eq!(house.client.get("/api/v1/head").json, head, "nothing was recorded twice");

    house.client.scan("rr-1", &badge("2001"));
    house.client.scan("rr-1", &command("MISSING"));
    assert_eq!(house.client.scan("rr-1", &chart(1))["verdict"]["kind"], "reported_missing");
    let seen_before = Queued::new("card-1", 300, chart(1));
    let late = house.send(&seen_before, &seen_before.body(house.began, ""));
    let notes: Vec<_> = late["verdict"]["notes"].as_array().expect("notes").iter().map(|note| &note["kind"]).collect();
    assert!(notes.contains(&&json!("is_missing")), "{late:#}");
    let open = house.client.get("/api/v1/alerts?kind=missing").json;
    assert_eq!(open["rows"].as_array().map(Vec::len), Some(1), "still missing: {open:#}");
}
