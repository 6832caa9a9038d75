//! The register of equipment through the real server: who may write it, what is refused, the export, verification.

use serde_json::{Value, json};

use crate::support::{Client, Server, Site};

fn house() -> (Site, Server, [Client; 3]) {
    let site = Site::hospital("", 1);
    let tokens = ["technician", "supervisor", "viewer"].map(|role| site.token(role));
    let server = site.serve();
    let clients = tokens.map(|token| server.client(&token));
    (site, server, clients)
}

fn printer() -> Value {
    json!({"kind": "printer", "name": "Label printer", "make": "Zebra", "model": "ZD421", "serial": "D4J1",
        "place": "FILE", "device": "labels", "purchased_on": "2020-01-31", "warranty_until": "2023-01-31",
        "service_every": 6, "service_unit": "months", "service_work": "Clean the print head."})
}

const LIST: &str = "/api/v1/equipment";

#[test]
fn a_technician_registers_services_and_retires_and_the_ledger_proves_it() {
    let (site, server, [technician, supervisor, viewer]) = house();
    let made = technician.post(LIST, &printer());
    assert_eq!(made.status, 201, "{:#}", made.json);
    assert_eq!(made.json["next_service"], "2020-07-31");
    assert_eq!(made.json["place_name"], "Records room");
    assert_eq!(viewer.post(LIST, &printer()).status, 403);

    let path = format!("{LIST}/{}", made.json["id"]);
    let service = json!({"done_on": "2021-02-28", "done_by": "Service Ltd", "work": "Head cleaned.\nRoller new.", "cost": "125.5"});
    let logged = technician.post(&format!("{path}/services"), &service);
    assert_eq!((logged.status, &logged.json["cost_cents"]), (201, &json!(12_550)), "{:#}", logged.json);
    let seen = viewer.get(&path).json;
    assert_eq!((&seen["last_service_on"], &seen["next_service"]), (&json!("2021-02-28"), &json!("2021-08-28")));
    assert_eq!(seen["services"][0]["work"], "Head cleaned.\nRoller new.");

    let changed = supervisor.patch(&path, &json!({"service_every": null, "service_unit": null, "model": "ZD621"}));
    assert_eq!((changed.status, &changed.json["next_service"]), (200, &Value::Null), "{:#}", changed.json);
    assert_eq!(supervisor.patch(&path, &json!({"retired": true})).json["retired"], true);
    assert_eq!(technician.post(&format!("{path}/services"), &service).status, 409, "retired");
    let struck = technician.post(&format!("{path}/services/1/strike"), &json!({}));
    assert_eq!((struck.status, &struck.json["struck"]), (200, &json!(true)), "{:#}", struck.json);

    let auditor = server.client(&site.token("auditor"));
    let entries = auditor.text("/api/v1/audit?limit=500");
    for kind in [
        "equipment_added",
        "equipment_serviced",
        "equipment_corrected",
        "equipment_retired",
        "equipment_service_struck",
    ] {
        assert!(entries.contains(kind), "{kind} is no entry: {entries}");
    }
    for told in ["Service Ltd", "Head cleaned", "Label printer", "D4J1"] {
        assert!(!entries.contains(told), "{told:?} is in the chain");
    }
    server.stop();
    site.ok(&["verify"]);
}

#[test]
fn what_will_not_do_is_refused_with_its_field() {
    let (_site, _server, [technician, ..]) = house();
    let with = |field: &str, value: Value| {
        let mut body = printer();
        body[field] = value;
        let reply = technician.post(LIST, &body);
        (reply.status, reply.json["field"].clone())
    };
    for (field, value) in [
        ("name", json!("")),
        ("name", json!("tab\tin it")),
        ("kind", json!("toaster")),
        ("place", json!("NOWHERE")),
        ("serial", json!("9".repeat(200))),
        ("purchased_on", json!("2099-01-01")),
        ("purchased_on", json!("2020-02-30")),
        ("warranty_until", json!("2019-01-01")),
        ("service_every", json!(0)),
        ("service_every", json!(70_000)),
        ("service_unit", json!(null)),
        ("device", json!("no-such-printer")),
        ("colour", json!("red")),
    ] {
        assert_eq!(with(field, value.clone()), (422, json!(field)), "{field} {value}");
    }
    let path = format!("{LIST}/{}", technician.post(LIST, &printer()).json["id"]);
    assert_eq!(with("name", json!("Twin")), (422, json!("serial")), "the serial number is registered");
    let unknown = technician.patch(&path, &json!({"device": "no-such-printer"}));
    assert_eq!((unknown.status, &unknown.json["field"]), (422, &json!("device")));
    let services = format!("{path}/services");
    let service = |field: &str, value: Value| {
        let mut body = json!({"done_on": "2026-01-01", "done_by": "me", "work": "cleaned"});
        body[field] = value;
        technician.post(&services, &body).json["field"].clone()
    };
    for (field, value) in
        [("done_on", json!("2099-01-01")), ("done_by", json!(" ")), ("work", json!("")), ("cost", json!("1,50"))]
    {
        assert_eq!(service(field, value), field);
    }
    assert_eq!(technician.get(&format!("{LIST}/999")).status, 404);
    assert_eq!(technician.post(&format!("{path}/services/999/strike"), &json!({})).status, 404);
    assert_eq!(technician.get(&format!("{LIST}?cursor=nonsense")).status, 422);
}

#[test]
fn two_who_correct_the_same_field_do_not_overwrite_each_other_unseen() {
    let (_site, _server, [technician, supervisor, _]) = house();
    let path = format!("{LIST}/{}", technician.post(LIST, &printer()).json["id"]);
    let first = json!({"model": "ZD621", "was": {"model": "ZD421"}});
    assert_eq!(technician.patch(&path, &first).json["model"], "ZD621");
    let late = supervisor.patch(&path, &json!({"model": "ZD888", "was": {"model": "ZD421"}}));
    assert_eq!((late.status, &late.json["field"]), (409, &json!("model")), "{:#}", late.json);
    let late = supervisor.patch(&path, &json!({"retired": true, "was": {"retired": true}}));
    assert_eq!((late.status, &late.json["field"]), (409, &json!("retired")));
    assert_eq!(technician.get(&path).json["model"], "ZD621", "nothing was changed");
    let elsewhere = json!({"service_every": 3, "purchased_on": null,
        "was": {"service_every": 6, "purchased_on": "2020-01-31"}});
    assert_eq!(supervisor.patch(&path, &elsewhere).status, 200, "other fields stand in nobody's way");
    let unknown = supervisor.patch(&path, &json!({"name": "x", "was": {"colour": "red"}}));
    assert_eq!((unknown.status, &unknown.json["field"]), (422, &json!("was")));
}

#[test]
fn a_due_service_is_an_alert_after_a_start_and_the_export_is_a_table() {
    let (site, server, [technician, ..]) = house();
    technician.post(LIST, &printer());
    let shelf = json!({"kind": "shelving", "name": "=1+1, \"mobile\" shelf"});
    assert_eq!(technician.post(LIST, &shelf).status, 201);
    let records = server.client(&site.token("records"));
    server.stop();
    let server = site.serve();
    let records = records.at(&server.url);
    let mut alerts = Value::Null;
    crate::support::until("the alert", || {
        alerts = records.get("/api/v1/alerts?kind=service").json["rows"].clone();
        alerts.as_array().is_some_and(|rows| rows.len() == 1)
    });
    assert_eq!(alerts[0]["subject"], "equipment 1: service due 2020-07-31");
    assert_eq!((&alerts[0]["place"], &alerts[0]["about"]), (&json!("FILE"), &json!(1)));
    assert_eq!(alerts[0]["due_at"], "2020-07-31T04:00:00Z", "the day begins by the hospital's clock");

    let told = records.text("/api/v1/equipment.csv");
    let mut table = csv::Reader::from_reader(told.as_bytes());
    let head = table.headers().expect("header").clone();
    let rows: Vec<_> = table.records().map(|row| row.expect("row")).collect();
    let cell = |row: usize, name: &str| {
        let at = head.iter().position(|column| column == name).expect("column");
        rows[row].get(at).expect("cell").to_owned()
    };
    assert_eq!(rows.len(), 2);
    assert_eq!((cell(0, "next_service"), cell(0, "place_name")), ("2020-07-31".into(), "Records room".into()));
    assert_eq!(cell(1, "name"), "'=1+1, \"mobile\" shelf", "no formula");
    assert_eq!(cell(1, "next_service"), "");
}
