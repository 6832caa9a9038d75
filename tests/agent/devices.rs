//! Scanners and printers at a kiosk's own computer, as the server's pages hear of them: gone, back, or in no known state
//! because the computer is not heard. Each change comes by itself, at once.

use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use outguide_hardware::printer::HostStatus;
use outguide_hardware::printer::sim_server::SimZplPrinter;
use serde_json::{Value, json};

use super::{House, read_events};
use crate::serial::plug;
use crate::support::{Client, PATIENCE, until};

/// Three seconds are promised; machines that run these tests have much else to do.
const PROMPTLY: Duration = Duration::from_secs(10);

type Events = Receiver<(String, Value)>;

/// Until such an event about `id` says that it is in this state, promptly.
fn hear(events: &Events, name: &str, id: &str, state: &str) -> Value {
    let (began, mut seen) = (Instant::now(), Vec::new());
    loop {
        let left = PROMPTLY.saturating_sub(began.elapsed());
        let Ok((told, data)) = events.recv_timeout(left) else { panic!("no {name} {id} {state} in time: {seen:?}") };
        if told == name && data["id"] == id {
            if data["state"] == state {
                return data;
            }
            seen.push(data["state"].clone());
        }
    }
}

fn follow(client: &Client, path: &str) -> Events {
    read_events(client.stream(path, None))
}

fn of<'a>(health: &'a Value, kind: &str, field: &str, id: &str) -> &'a Value {
    health[kind].as_array().expect("rows").iter().find(|row| row[field] == id).expect(id)
}

#[test]
fn a_scanner_that_is_unplugged_and_plugged_in_again_is_gone_and_back_at_once() {
    let house = House::with_gun(1, "");
    let clerk = house.client("clerk");
    let port = house.site.path().join("gun");
    let gun = plug(&port);
    let shown = || clerk.get("/api/v1/kiosks/er-1").json["devices"][0]["state"].clone();
    until("the scanner is ready", || shown() == "ready");
    let console = follow(&clerk, "/api/v1/events");
    let kiosk = follow(&clerk, "/api/v1/kiosks/er-1/events");
    let elsewhere = follow(&clerk, "/api/v1/kiosks/card-1/events");
    drop(gun);
    for events in [&console, &kiosk] {
        assert_eq!(hear(events, "device", "er-gun", "gone")["kiosk"], "er-1");
    }
    assert_eq!(shown(), "gone");
    let _gun = plug(&port);
    for events in [&console, &kiosk] {
        hear(events, "device", "er-gun", "ready");
    }
    assert_eq!(shown(), "ready");
    assert!(elsewhere.try_recv().is_err(), "another kiosk's page hears nothing of it");
}

#[test]
fn the_devices_of_a_computer_that_is_not_heard_are_in_no_known_state() {
    let zebra = SimZplPrinter::start("127.0.0.1:0").expect("printer");
    let at_server = "[[printer]]\nid = \"er-zebra\"\nplace = \"ER\"\ntransport = \"agent\"\nagent = \"er-1\"\n\
                     language = \"zpl\"\ndpi = 203\nstock = \"folder-4x2\"\n";
    let at_agent = format!(
        "[[printer]]\nid = \"er-zebra\"\ntransport = \"tcp\"\naddress = \"{}\"\nlanguage = \"zpl\"\n",
        zebra.address()
    );
    let mut house = House::new(1, at_server, &at_agent);
    house.serve();
    house.connect_straight();
    let _gun = plug(&house.site.path().join("gun"));
    house.start_agent();
    let clerk = house.client("clerk");
    let technician = house.client("technician");
    let health = || technician.get("/api/v1/device-health").json;
    let is_ready = |health: &Value| {
        let printer = of(health, "printers", "id", "er-zebra");
        let scanner = health["scanners"].as_array().expect("rows").iter().find(|row| row["id"] == "er-gun");
        scanner.is_some_and(|scanner| scanner["state"] == "ready") && printer["state"] == "ready"
    };
    until("both are ready", || is_ready(&health()));
    assert_eq!(of(&health(), "printers", "id", "er-zebra")["not_heard_since"], Value::Null);
    let events = follow(&clerk, "/api/v1/events");
    zebra.set_status(HostStatus { paper_out: true, ..HostStatus::default() });
    assert_eq!(hear(&events, "printer", "er-zebra", "not_ready")["faults"], json!(["paper_out"]));
    zebra.mend();
    hear(&events, "printer", "er-zebra", "ready");

    house.kill_agent();
    let unheard = hear(&events, "device", "er-gun", "unknown");
    assert!(unheard["detail"].as_str().expect("words").contains("not heard"), "{unheard:#}");
    let now = health();
    let computer = of(&now, "computers", "kiosk", "er-1");
    assert_eq!((&computer["connected"], &computer["heard_at"]), (&json!(false), &unheard["since"]));
    let scanner = of(&now, "scanners", "id", "er-gun");
    assert_eq!((&scanner["state"], &scanner["since"]), (&json!("unknown"), &unheard["since"]));
    let printer = of(&now, "printers", "id", "er-zebra");
    assert_eq!((&printer["state"], &printer["not_heard_since"]), (&json!("unreachable"), &unheard["since"]));
    assert_eq!(hear(&events, "printer", "er-zebra", "unreachable")["not_heard_since"], unheard["since"]);

    house.start_agent();
    hear(&events, "device", "er-gun", "ready");
    let began = Instant::now();
    while !is_ready(&health()) {
        assert!(began.elapsed() < PATIENCE, "{:#}", health());
        std::thread::sleep(Duration::from_millis(100));
    }
}
