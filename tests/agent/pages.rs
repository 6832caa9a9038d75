//! The page on the kiosk's own computer: what it may ask, and that its own queue makes no scan double.

use serde_json::json;

use super::{House, Weather, events, ids, next, scan_of};
use crate::support::{badge, chart, until};

#[test]
fn a_scan_of_the_page_gets_its_receipt_and_asked_again_is_the_same_scan() {
    let house = House::open(3, "", "");
    let (id, path) = (uuid::Uuid::now_v7(), "/api/v1/kiosks/er-1/scans");
    let told = events(house.agent());
    let receipt = house.agent().post(path, &scan_of(id, &badge("1001")));
    assert_eq!((receipt.status, &receipt.json["verdict"]["kind"]), (200, &json!("signed_in")), "{:#}", receipt.json);
    assert_eq!(next(&told, "receipt")["id"], json!(id), "other pages of this kiosk hear of it");
    let again = house.agent().post(path, &scan_of(id, &badge("1001")));
    assert_eq!((again.status, &again.json["recorded"]), (202, &json!(true)), "{:#}", again.json);
    let other = house.agent().post(path, &scan_of(id, &badge("1002")));
    assert_eq!((other.status, other.content_type.as_str()), (409, "application/problem+json"));
    assert_eq!(house.recorded().len(), 1);
    let view = house.agent().view();
    assert_eq!((&view["session"]["staff_name"], &view["agent"]["link"]), (&json!("Rosa Diaz"), &json!("reached")));
    assert_eq!(view["recent"][0]["id"], json!(id));
    assert_eq!(house.agent().post("/api/v1/kiosks/er-1/touch", &json!({"lane": ""})).status, 200);
}

#[test]
fn the_page_works_through_an_outage_and_its_scans_keep_their_order_among_the_scanners() {
    let mut house = House::open(4, "", "");
    house.agent().scan(&badge("1001"));
    let agent_db = house.site.path().join("agent/agent.db");
    until("the kiosk is remembered", || ids(&agent_db, "SELECT value FROM facts WHERE name = 'view'").len() == 1);
    house.kill_server();
    house.read(&[chart(1)]);
    house.until_kept(2);
    let kept = house.agent().scan(&crate::support::place("CARD"));
    assert_eq!((kept.status, &kept.json["recorded"]), (202, &json!(false)), "{:#}", kept.json);
    house.read(&[chart(2)]);
    house.until_kept(4);
    house.until_link("unreachable");
    let page = house.agent().get("/kiosk/er-1");
    assert!(page.status == 200 && page.content_type.starts_with("text/html"), "{page:?}");
    let view = house.agent().view();
    assert_eq!((&view["name"], &view["hospital"]["name"]), (&json!("Emergency"), &json!("Test Hospital")));
    assert_eq!(view["recent"][0]["verdict"]["kind"], "signed_in", "of this run: {view:#}");
    assert_eq!(house.agent().post("/api/v1/kiosks/er-1/touch", &json!({"lane": ""})).status, 503);
    house.kill_agent();
    house.start_agent();
    let view = house.agent().view();
    assert_eq!((&view["name"], &view["recent"], &view["sessions"]), (&json!("Emergency"), &json!([]), &json!([])));
    house.serve();
    house.until_all_recorded();
    let viewer = house.client("viewer");
    assert_eq!(viewer.get("/api/v1/charts/1").json["place"], "ER");
    assert_eq!(viewer.get("/api/v1/charts/2").json["place"], "CARD", "the place was scanned between the two");
}

#[test]
fn a_network_that_swallows_everything_is_told_before_anyone_wonders() {
    let mut house = House::open(2, "", "");
    house.agent().scan(&badge("1001"));
    house.network.set(Weather::Silent);
    let told = events(house.agent());
    house.read(&[chart(1)]);
    house.until_kept(2);
    let kept_at = std::time::Instant::now();
    assert_eq!(next(&told, "saved")["data"], chart(1));
    assert!(kept_at.elapsed() < std::time::Duration::from_secs(5), "told after {:?}", kept_at.elapsed());
    house.until_link("unreachable");
    house.network.set(Weather::Fair);
    house.until_all_recorded();
}

#[test]
fn what_the_server_will_never_take_is_parked_in_sight_and_the_rest_goes_on() {
    let mut house = House::open(4, "", "");
    let id = uuid::Uuid::now_v7();
    // The server knows this id for another scan.
    let kiosk = house.client("clerk");
    assert_eq!(kiosk.post("/api/v1/kiosks/er-1/scans", &json!({"id": id, "data": badge("1002")})).status, 200);
    let told = events(house.agent());
    let parked = house.agent().post("/api/v1/kiosks/er-1/scans", &scan_of(id, &badge("1001")));
    assert_eq!(parked.status, 202, "{:#}", parked.json);
    assert_eq!(next(&told, "parked")["status"], 409);
    house.read(&[chart(1)]);
    house.until_kept(2);
    until("the next goes on", || house.client("viewer").get("/api/v1/charts/1").json["place"] == "ER");
    let state = house.agent().state();
    let row = &state["parked"][0];
    assert_eq!((&row["data"], &row["status"], &state["parked_count"]), (&json!(badge("1001")), &json!(409), &json!(1)));
    let decide = |what: &str| {
        let path = format!("/api/v1/kiosks/er-1/parked/{}/{what}", row["queue_seq"]);
        house.agent().post(&path, &json!({})).status
    };
    assert_eq!(decide("send-again"), 200);
    assert_eq!(next(&told, "parked")["status"], 409, "the server says the same");
    assert_eq!((decide("set-aside"), decide("set-aside")), (200, 404));
    assert_eq!(house.agent().state()["parked_count"], 0);
}

#[test]
fn nobody_else_reaches_the_page() {
    let house = House::open(1, "", "");
    let agent = house.agent();
    let ask = |host: &str, path: &str| {
        let request = agent.http.get(format!("{}{path}", agent.url)).header("host", host);
        request.call().expect("an answer").status().as_u16()
    };
    let port = agent.url.rsplit(':').next().expect("port");
    assert_eq!(ask(&format!("127.0.0.1:{port}"), "/api/v1/kiosks/er-1"), 200);
    assert_eq!(ask(&format!("charts.example:{port}"), "/api/v1/kiosks/er-1"), 403, "a name pointed at this computer");
    let unmarked = agent.http.post(format!("{}/api/v1/kiosks/er-1/scans", agent.url));
    let status = unmarked.send_json(scan_of(uuid::Uuid::now_v7(), &badge("1001"))).expect("an answer").status();
    assert_eq!(status.as_u16(), 403, "a form of another site");
    let other = agent.get("/api/v1/kiosks/rr-1");
    assert!(other.status == 404 && other.json["detail"].as_str().expect("words").contains("er-1"), "{other:?}");
    // Nothing of the console is here, and nothing is passed on that a kiosk's page does not need.
    for path in ["/api/v1/charts?q=100001", "/api/v1/me", "/api/v1/patients", "/metrics"] {
        assert_eq!(agent.get(path).status, 404, "{path}");
    }
}
