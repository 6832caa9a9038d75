//! Who may see and do what, through the real server.

use serde_json::{Value, json};

use crate::support::{Client, Server, Site, badge, chart};

const ROLES: [&str; 7] = ["viewer", "clerk", "records", "supervisor", "admin", "auditor", "technician"];

/// The contract's ladder, told a second time: does `role` include `needed`?
fn includes(role: &str, needed: &str) -> bool {
    let ladder = &ROLES[..5];
    let rung = |role: &str| ladder.iter().position(|one| *one == role);
    match (rung(role), rung(needed)) {
        _ if role == needed || role == "admin" => true,
        (Some(has), Some(needs)) => has >= needs,
        _ => role == "auditor" && needed == "viewer",
    }
}

fn admitted(access: &str, role: Option<&str>, own_kiosk: bool) -> bool {
    access.split('|').any(|word| match word {
        "public" => true,
        "signed-in" => role.is_some(),
        "own-kiosk" => own_kiosk,
        needed => role.is_some_and(|role| includes(role, needed)),
    })
}

/// Every operation of the document: method, path, access.
fn operations(client: &Client) -> Vec<(String, String, String)> {
    let document = client.get("/api/v1/openapi.json").json;
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let access = operation["x-access"].as_str().unwrap_or_else(|| panic!("{method} {path} names no access"));
            all.push((method.to_uppercase(), path.clone(), access.to_owned()));
        }
    }
    assert!(all.len() > 50, "{all:?}");
    all
}

/// A path with something in each gap; nothing of it is there, so that nothing is changed.
fn filled(path: &str, kiosk: &str) -> String {
    let path = path.replace("{kiosk}", kiosk).replace("{*path}", "none").replace("{number}", "999");
    let path =
        path.replace("{id}", "999").replace("{mrn}", "none").replace("{name}", "none").replace("{service}", "999");
    path.replace("{code}", "NONE").replace("{badge}", "NONE")
}

struct House {
    site: Site,
    server: Server,
    clients: Vec<(&'static str, Client)>,
}

impl House {
    fn open() -> House {
        let site = Site::hospital("", 4);
        let tokens: Vec<_> = ROLES.iter().map(|role| (*role, site.token(role))).collect();
        for name in ["anna", "ben"] {
            site.user(name, "records", "correct horse battery");
        }
        let server = site.serve();
        let clients = tokens.iter().map(|(role, token)| (*role, server.client(token))).collect();
        House { site, server, clients }
    }

    fn of(&self, role: &str) -> &Client {
        &self.clients.iter().find(|(one, _)| *one == role).expect("role").1
    }
}

#[test]
fn every_route_lets_in_exactly_whom_its_document_names() {
    let house = House::open();
    let kiosk = house.server.client(&house.site.kiosk_token("er-1"));
    let nobody = house.server.client("nonsense");
    for (method, pattern, access) in operations(house.of("viewer")) {
        for own in ["er-1", "rr-1"] {
            let path = filled(&pattern, own);
            for (role, client) in &house.clients {
                let status = client.status(&method, &path);
                assert_eq!(status != 403, admitted(&access, Some(role), false), "{role} {method} {path}: {status}");
                assert!(status < 500 || path.contains("downtime"), "{role} {method} {path}: {status}");
            }
            let own_kiosk = pattern.contains("{kiosk}") && own == "er-1";
            let status = kiosk.status(&method, &path);
            assert_eq!(status != 403, admitted(&access, None, own_kiosk), "a kiosk {method} {path}: {status}");
            if access != "public" {
                assert_eq!(nobody.status(&method, &path), 401, "nobody {method} {path}");
            }
        }
    }
}

#[test]
fn a_technician_reads_nothing_of_patients() {
    let house = House::open();
    let technician = house.of("technician");
    for (method, pattern, access) in operations(technician) {
        if method != "GET" || pattern.ends_with("/events") || !admitted(&access, Some("technician"), false) {
            continue;
        }
        let told = technician.text(&filled(&pattern, "er-1"));
        assert!(!told.contains("Patient1") && !told.contains("100001"), "{pattern} names a patient: {told}");
    }
    for path in ["/api/v1/charts?q=100001", "/api/v1/patients?q=100001", "/api/v1/charts/1", "/api/v1/audit"] {
        assert_eq!(technician.get(path).status, 403, "{path}");
    }
}

#[test]
fn a_lost_badge_is_dead_at_once() {
    let house = House::open();
    let clerk = house.of("clerk");
    clerk.scan("er-1", &badge("1001"));
    assert_eq!(clerk.scan("er-1", &chart(1))["verdict"]["kind"], "received");
    let lost = house.of("supervisor").patch("/api/v1/staff/1001", &json!({"active": false}));
    assert_eq!((lost.status, &lost.json["active"]), (200, &json!(false)), "{:#}", lost.json);
    let refused = clerk.scan("er-1", &chart(2));
    assert_eq!(refused["verdict"]["rule"], "refuse_when_nobody_is_signed_in", "{refused:#}");
    assert_eq!(clerk.scan("er-1", &badge("1001"))["verdict"]["rule"], "refuse_when_badge_is_inactive");
}

#[test]
fn guessing_locks_out_nobody_but_the_guesser() {
    let house = House::open();
    let anybody = house.server.client("");
    let right = json!({"user": "anna", "password": "correct horse battery"});
    let wrong = json!({"user": "anna", "password": "wrong horse battery"});
    let (status, cookies) = anybody.sign_in(&right, "");
    assert_eq!(status, 200);
    let mut refused = 0;
    while anybody.sign_in(&wrong, "").0 == 401 {
        refused += 1;
        assert!(refused <= 20, "guessing is not slowed");
    }
    assert_eq!(anybody.sign_in(&wrong, "").0, 429);
    assert_eq!(anybody.sign_in(&right, "").0, 429, "a guesser does not learn that it guessed right");
    assert_eq!(anybody.sign_in(&right, &cookies).0, 200, "her own browser is not locked out");
    let other = json!({"user": "ben", "password": "correct horse battery"});
    assert_eq!(anybody.sign_in(&other, "").0, 200, "nor is anybody else, from the same address");
}

/// The access log's rows of this kind, newest first.
fn logged(house: &House, what: &str) -> Vec<Value> {
    let log = house.of("auditor").get("/api/v1/access-log?limit=500").json;
    let rows = log["rows"].as_array().expect("rows").clone();
    rows.into_iter().filter(|row| row["what"] == what).collect()
}

#[test]
fn looks_are_logged_and_restricted_places_withheld_until_a_reason_is_given() {
    let house = House::open();
    let (viewer, supervisor) = (house.of("viewer"), house.of("supervisor"));
    let restricted = supervisor.patch("/api/v1/places/PSY", &json!({"restricted": true}));
    assert_eq!(restricted.status, 200, "{:#}", restricted.json);
    assert_eq!(house.of("records").post("/api/v1/charts/3/move", &json!({"place": "PSY"})).status, 200);

    let (opened, searched) = (logged(&house, "chart_opened").len(), logged(&house, "charts_searched").len());
    let masked = viewer.get("/api/v1/charts/3").json;
    assert_eq!((&masked["withheld"], &masked["place"]), (&json!(true), &Value::Null), "{masked:#}");
    for path in ["/api/v1/charts?q=100003", "/api/v1/charts/3/history", "/api/v1/out", "/api/v1/alerts"] {
        assert!(!viewer.text(path).contains("PSY"), "{path} tells the place");
    }
    assert_eq!(supervisor.get("/api/v1/charts/3").json["place"], "PSY");
    assert_eq!(logged(&house, "chart_opened").len(), opened + 2);
    assert_eq!(logged(&house, "charts_searched").len(), searched + 1);

    let bare = viewer.post("/api/v1/charts/3/break-glass", &json!({"reason": "  "}));
    assert_eq!((bare.status, &bare.json["field"]), (422, &json!("reason")));
    let seen = viewer.post("/api/v1/charts/3/break-glass", &json!({"reason": "transfer tonight"})).json;
    assert_eq!(seen["place"], "PSY", "{seen:#}");
    let entry = logged(&house, "break_glass").remove(0);
    let said = (&entry["who"], &entry["mrn"], &entry["chart"], &entry["reason"]);
    assert_eq!(said, (&json!("token:viewer"), &json!("100003"), &json!(3), &json!("transfer tonight")));
    assert_eq!(viewer.get("/api/v1/charts/3").json["place"], "PSY", "for whom gave the reason, for a while");
    assert!(house.of("clerk").get("/api/v1/charts/3").json["place"].is_null(), "for nobody else");
}
