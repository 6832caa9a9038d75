//! The whole router on a ledger in a temporary folder: who may call what, problems, sign-in, lists, live events.

mod looks;
mod paper;
mod signing_in;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::ServiceExt;

use paper::NoPaper;

use super::access::{ACCESS_EXTENSION, Access};
use super::caller::Who;
use super::*;
use crate::barcode::{self, ChartNumber, Code, PlaceCode};
use crate::custody::{Kiosk, KioskMode, Place, PlaceKind, Role};
use crate::intake::Intake;
use crate::ledger::accounts::{AddUser, CreateToken, PasswordHash, Secret};
use crate::ledger::changes::{AddChart, AddPatient, AddPlace};
use crate::ledger::{Actor, Ledger, OpenOptions, RandomIds, SystemClock};
use crate::records::{Filing, Numbering, Patient};

struct House {
    ledger: Ledger,
    router: Router,
    tokens: HashMap<&'static str, String>,
    close: watch::Sender<bool>,
    _folder: tempfile::TempDir,
}

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    json: Value,
}

fn place(code: &str) -> PlaceCode {
    PlaceCode::new(code).unwrap()
}

fn kiosk(id: &str, at: &str) -> Kiosk {
    let (name, place, mode) = (id.to_owned(), place(at), KioskMode::Receive);
    Kiosk { id: id.to_owned(), name, place, mode, idle_sign_off_seconds: 120, printer: None, language: None }
}

fn open(folder: &std::path::Path) -> Ledger {
    Ledger::open(OpenOptions {
        dir: folder.to_owned(),
        clock: Arc::new(SystemClock),
        ids: Arc::new(RandomIds),
        kiosks: vec![kiosk("er-1", "ER"), kiosk("rr-1", "FILE")],
        barcodes: barcode::Reader::new(&[]).unwrap(),
        numbering: Numbering::new("\\d{6}", Filing::TerminalDigit).unwrap(),
        zone: TimeZone::UTC,
        chart_labels: std::collections::HashMap::new(),
    })
    .unwrap()
}

async fn furnish(ledger: &Ledger) -> HashMap<&'static str, String> {
    let by = Actor::System;
    for (code, restricted) in [("FILE", false), ("ER", false), ("PSY", true)] {
        let (code, name, kind) = (place(code), format!("Place {code}"), PlaceKind::Department);
        let place = Place { code, name, kind, loan_hours: Some(24), restricted, active: true };
        ledger.change(&by, AddPlace { place }).await.unwrap();
    }
    let patient = Patient {
        mrn: "123456".to_owned(),
        last_name: "Diaz".to_owned(),
        first_name: "Rosa".to_owned(),
        birth_date: None,
        sex: None,
        active: true,
    };
    ledger.change(&by, AddPatient { patient }).await.unwrap();
    for home in ["FILE", "PSY"] {
        let chart =
            AddChart { mrn: "123456".to_owned(), record_type: "MR".to_owned(), volume: None, home: place(home) };
        ledger.change(&by, chart).await.unwrap();
    }
    let password = PasswordHash::of("correct horse").unwrap();
    ledger.change(&by, AddUser { name: "anna".to_owned(), role: Role::Records, password }).await.unwrap();
    let mut tokens = HashMap::new();
    for role in Role::ALL {
        let secret = Secret::random().unwrap();
        let change = CreateToken { name: role.word().to_owned(), role: Some(role), kiosk: None, secret: secret.hash() };
        ledger.change(&by, change).await.unwrap();
        tokens.insert(role.word(), secret.reveal().to_owned());
    }
    let secret = Secret::random().unwrap();
    let change =
        CreateToken { name: "er-1".to_owned(), role: None, kiosk: Some("er-1".to_owned()), secret: secret.hash() };
    ledger.change(&by, change).await.unwrap();
    tokens.insert("er-1", secret.reveal().to_owned());
    tokens
}

async fn house() -> House {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    let tokens = furnish(&ledger).await;
    let intake = Intake::start(Arc::new(ledger.clone()), Arc::new(RandomIds), Vec::new()).unwrap();
    let (close, closing) = watch::channel(false);
    let router = router(App {
        ledger: ledger.clone(),
        hospital: Hospital { name: "Test".to_owned(), time_zone: "UTC".to_owned(), filing: Filing::TerminalDigit },
        intake: Arc::new(intake),
        agents: crate::agent::remote::Agents::new(Arc::new(RandomIds)),
        printers: Arc::new(Vec::new),
        printer_changes: Arc::new(|| tokio::sync::broadcast::channel(1).1),
        papers: Arc::new(NoPaper),
        metrics: Arc::new(String::new),
        requests: None,
        simulated: false,
        samples: None,
        secure: false,
        closing,
    });
    House { ledger, router, tokens, close, _folder: folder }
}

/// What is no JSON, as it is.
fn text(body: &[u8]) -> Value {
    Value::String(String::from_utf8_lossy(body).into_owned())
}

impl House {
    async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        Reply { status, headers, json: serde_json::from_slice(&body).unwrap_or_else(|_| text(&body)) }
    }

    async fn ask(&self, who: &str, method: Method, path: &str, body: Option<&Value>) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = self.tokens.get(who) {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.send(request.body(body).unwrap()).await
    }

    /// Signs in at the console: the session's cookie.
    async fn cookie(&self, user: &str) -> String {
        let reply = self.post("nobody", "/api/v1/sign-in", &json!({"user": user, "password": "correct horse"})).await;
        let set = reply.headers.get_all(header::SET_COOKIE).iter().map(|one| one.to_str().unwrap());
        let session = set.into_iter().find(|one| one.starts_with("outguide=")).unwrap();
        session.split(';').next().unwrap().to_owned()
    }

    async fn get(&self, who: &str, path: &str) -> Reply {
        self.ask(who, Method::GET, path, None).await
    }

    async fn post(&self, who: &str, path: &str, body: &Value) -> Reply {
        self.ask(who, Method::POST, path, Some(body)).await
    }

    async fn patch(&self, who: &str, path: &str, body: &Value) -> Reply {
        self.ask(who, Method::PATCH, path, Some(body)).await
    }
}

fn is_problem(reply: &Reply, status: u16) {
    assert_eq!(reply.status.as_u16(), status, "{}", reply.json);
    assert_eq!(reply.headers[header::CONTENT_TYPE], "application/problem+json");
    assert_eq!(reply.json["status"], status);
    assert!(reply.json["type"].as_str().unwrap().starts_with("urn:outguide:problem:"));
    assert!(reply.json["instance"].as_str().unwrap().starts_with("urn:uuid:"));
    assert!(!reply.json["title"].as_str().unwrap().is_empty());
}

/// Every operation of the document: method, path pattern, access.
fn operations() -> Vec<(Method, String, String)> {
    let document = serde_json::to_value(document()).unwrap();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let access = operation[ACCESS_EXTENSION].as_str();
            let access = access.unwrap_or_else(|| panic!("{method} {path} names no access"));
            found.push((method, path.clone(), access.to_owned()));
        }
    }
    found
}

fn admitted(access: &str, who: Option<&Who>, kiosk: Option<&str>) -> bool {
    access.split('|').any(|word| match (word, Role::from_word(word)) {
        (_, Some(role)) => Access::Role(role).admits(who, kiosk),
        ("public", None) => true,
        ("signed-in", None) => Access::SignedIn.admits(who, kiosk),
        ("own-kiosk", None) => matches!(who, Some(Who::Kiosk { kiosk: own }) if kiosk == Some(own)),
        (other, None) => panic!("no access is called {other}"),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_lets_in_exactly_whom_it_names() {
    let house = house().await;
    let mut callers = vec![("nobody", None)];
    for role in Role::ALL {
        callers.push((role.word(), Some(Who::Token { name: role.word().to_owned(), role })));
    }
    callers.push(("er-1", Some(Who::Kiosk { kiosk: "er-1".to_owned() })));
    for (method, pattern, access) in operations() {
        for kiosk in ["er-1", "rr-1"] {
            let path = pattern.replace("{kiosk}", kiosk).replace("{*path}", "x").replace("{number}", "999");
            let path = path.replace("{id}", "999").replace("{mrn}", "none").replace("{name}", "none");
            let path = path.replace("{code}", "NONE").replace("{badge}", "NONE");
            for (name, who) in &callers {
                // Streams do not end by themselves; no body is sent, so that nothing is changed.
                let request = Request::builder().method(method.clone()).uri(&path);
                let request = match house.tokens.get(name) {
                    Some(token) => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
                    None => request,
                };
                let request = request.body(Body::empty()).unwrap();
                let response = house.router.clone().oneshot(request).await.unwrap();
                let status = response.status().as_u16();
                let in_path = pattern.contains("{kiosk}").then_some(kiosk);
                if admitted(&access, who.as_ref(), in_path) {
                    assert!(
                        status != 403 && (status != 401 || pattern.ends_with("sign-in")),
                        "{name} {method} {path}: {status}"
                    );
                } else {
                    let expected = if who.is_none() { 401 } else { 403 };
                    assert_eq!(status, expected, "{name} {method} {path} ({access})");
                }
                assert!(status != 500, "{name} {method} {path}");
            }
        }
    }
}

#[test]
fn what_needs_no_sign_in_is_a_short_list() {
    let mut public: Vec<_> =
        operations().into_iter().filter(|(_, _, access)| access == "public").map(|(_, path, _)| path).collect();
    public.sort();
    let expected = [
        "/",
        "/api/v1/agents/enrol",
        "/api/v1/kiosks/enrol",
        "/api/v1/sign-in",
        "/api/v1/sign-out",
        "/assets/{*path}",
        "/healthz",
        "/kiosk/{kiosk}",
        "/readyz",
    ];
    assert_eq!(public, expected);
}

#[test]
fn auditors_change_nothing_and_technicians_see_no_patient() {
    let auditor = Who::Token { name: "a".to_owned(), role: Role::Auditor };
    let technician = Who::Token { name: "t".to_owned(), role: Role::Technician };
    let may_change = ["/api/v1/charts/{number}/break-glass"];
    let may_see = [
        "/api/v1/agents",
        "/api/v1/device-health",
        "/api/v1/devices",
        "/api/v1/equipment",
        "/api/v1/equipment.csv",
        "/api/v1/equipment/{id}",
        "/api/v1/head",
        "/api/v1/kiosks",
        "/api/v1/label-faults",
        "/api/v1/label-stocks",
        "/api/v1/label-templates",
        "/api/v1/label-templates/{name}/sample.svg",
        "/api/v1/me",
        "/api/v1/openapi.json",
        "/api/v1/places",
        "/api/v1/print-batches",
        "/api/v1/print-batches/{id}",
        "/api/v1/printers",
        "/api/v1/record-types",
        "/api/v1/staff",
        "/metrics",
    ];
    for (method, path, access) in operations().into_iter().filter(|(_, _, access)| access != "public") {
        if method != Method::GET && !may_change.contains(&path.as_str()) {
            assert!(!admitted(&access, Some(&auditor), None), "an auditor: {method} {path}");
        }
        if admitted(&access, Some(&technician), None) {
            let stock = method == Method::POST && path == "/api/v1/printers/{printer}/stock";
            let serves = path.starts_with("/api/v1/equipment");
            let sees = method == Method::GET && may_see.contains(&path.as_str());
            assert!(sees || stock || (serves && method != Method::GET), "a technician: {method} {path}");
        }
    }
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|one| references(one, found));
        }
        Value::Array(rows) => rows.iter().for_each(|one| references(one, found)),
        _ => {}
    }
}

#[test]
fn the_document_refers_to_nothing_that_it_lacks() {
    let document = serde_json::to_value(document()).unwrap();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 100);
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_error_is_a_problem() {
    let house = house().await;
    is_problem(&house.get("admin", "/nowhere").await, 404);
    is_problem(&house.ask("admin", Method::DELETE, "/api/v1/places", None).await, 405);
    is_problem(&house.get("nobody", "/api/v1/me").await, 401);
    is_problem(&house.get("viewer", "/api/v1/users").await, 403);
    is_problem(&house.get("viewer", "/api/v1/charts?limit=x").await, 400);
    is_problem(&house.get("viewer", "/api/v1/charts?limit=0").await, 422);
    is_problem(&house.get("viewer", "/api/v1/charts?q=a&cursor=zzz").await, 422);
    is_problem(&house.get("viewer", "/api/v1/charts/999").await, 404);
    is_problem(&house.get("viewer", "/api/v1/charts/x").await, 404);
    is_problem(&house.get("viewer", "/api/v1/charts/99999999999999").await, 404);
    is_problem(&house.get("viewer", "/api/v1/charts/%FF").await, 400);
    is_problem(&house.get("supervisor", "/api/v1/downtime-list.pdf").await, 422);
    is_problem(&house.post("supervisor", "/api/v1/places", &json!({"code": "a b"})).await, 422);
    is_problem(&house.post("supervisor", "/api/v1/places", &json!({"colour": 1})).await, 422);
    let place = json!({"code": "ER", "name": "Again", "kind": "department"});
    is_problem(&house.post("supervisor", "/api/v1/places", &place).await, 409);
    let big = json!({"text": "x".repeat(limits::BODY_MAX_BYTES)});
    is_problem(&house.post("records", "/api/v1/alerts/1/note", &big).await, 413);
    for (kind, body, status) in
        [("text/plain", "{}", 415), ("application/json", "{", 400), ("application/json", "[]", 422)]
    {
        let token = &house.tokens["supervisor"];
        let request = Request::post("/api/v1/places")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, kind);
        is_problem(&house.send(request.body(Body::from(body)).unwrap()).await, status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_a_problem_too() {
    async fn fails() {
        panic!("on purpose");
    }
    let broken = Router::new().route("/", axum::routing::get(fails)).layer(CatchPanicLayer::custom(shell::after_panic));
    let response = broken.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 500);
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    let body = to_bytes(response.into_body(), 4096).await.unwrap();
    assert!(!String::from_utf8_lossy(&body).contains("on purpose"), "the cause stays in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restricted_charts_place_is_withheld_until_a_reason_is_given() {
    let house = house().await;
    let masked = house.get("viewer", "/api/v1/charts/2").await;
    assert_eq!((&masked.json["withheld"], &masked.json["place"]), (&json!(true), &Value::Null), "{}", masked.json);
    assert_eq!(house.get("supervisor", "/api/v1/charts/2").await.json["place"], "PSY");
    is_problem(&house.post("viewer", "/api/v1/charts/2/break-glass", &json!({"reason": " "})).await, 422);
    let seen = house.post("viewer", "/api/v1/charts/2/break-glass", &json!({"reason": "emergency"})).await;
    assert_eq!(seen.json["place"], "PSY", "{}", seen.json);
    let log = house.get("auditor", "/api/v1/access-log").await;
    let newest = &log.json["rows"][0];
    assert_eq!((&newest["what"], &newest["reason"]), (&json!("break_glass"), &json!("emergency")), "{}", log.json);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submitted_search_is_one_entry_and_so_is_all_typing_of_a_while() {
    let house = house().await;
    let cookie = house.cookie("anna").await;
    for query in ["charts?q=di&typing=1", "charts?q=dia&typing=1", "charts?q=diaz", "patients?q=di&typing=1"] {
        let request = Request::get(format!("/api/v1/{query}")).header(header::COOKIE, &cookie);
        let found = house.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(found.json["rows"][0]["mrn"], "123456", "{query}: {}", found.json);
    }
    let request = Request::get("/api/v1/patients?typing=1").header(header::COOKIE, &cookie);
    house.send(request.body(Body::empty()).unwrap()).await;
    // A program does not type.
    house.get("viewer", "/api/v1/charts?q=di&typing=1").await;
    house.get("viewer", "/api/v1/patients?typing=1").await;
    let log = house.get("auditor", "/api/v1/access-log").await.json;
    let told = |row: &Value| format!("{} {}", row["who"].as_str().unwrap(), row["what"].as_str().unwrap());
    let told: Vec<_> = log["rows"].as_array().unwrap().iter().rev().map(told).collect();
    let expected = [
        "user:anna sign_in",
        "user:anna charts_typed",
        "user:anna charts_searched",
        "user:anna patients_typed",
        "user:anna patients_searched",
        "token:viewer charts_searched",
        "token:viewer patients_searched",
    ];
    assert_eq!(told, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_chart_is_one_entry_however_often_its_page_reads_it() {
    let house = house().await;
    let looks = async || {
        let log = house.get("auditor", "/api/v1/access-log").await;
        log.json["rows"].as_array().unwrap().len()
    };
    assert_eq!(house.get("clerk", "/api/v1/charts/1/label.svg").await.status, 200);
    assert_eq!(looks().await, 1, "a label by itself is a look");
    assert_eq!(house.get("clerk", "/api/v1/charts/1?again=1").await.status, 200);
    assert_eq!(looks().await, 2, "nothing was open yet");
    for path in ["/api/v1/charts/1?again=1", "/api/v1/charts/1/label.svg"] {
        assert_eq!(house.get("clerk", path).await.status, 200);
    }
    assert_eq!(looks().await, 2);
    assert_eq!(house.get("records", "/api/v1/charts/1?again=1").await.status, 200);
    assert_eq!(looks().await, 3, "another caller");
    assert_eq!(house.get("clerk", "/api/v1/charts/1").await.status, 200);
    assert_eq!(looks().await, 4, "opened once more");
}

#[tokio::test(flavor = "multi_thread")]
async fn things_are_made_found_and_corrected() {
    let house = house().await;
    let patient = json!({"mrn": "654321", "last_name": "Osei", "first_name": "Kofi", "sex": "M"});
    let made = house.post("records", "/api/v1/patients", &patient).await;
    assert_eq!((made.status.as_u16(), &made.json["mrn"]), (201, &json!("654321")), "{}", made.json);
    assert_eq!(made.headers[header::LOCATION], "/api/v1/patients/654321");
    let cleared = house.patch("records", "/api/v1/patients/654321", &json!({"sex": null})).await;
    assert_eq!((&cleared.json["sex"], &cleared.json["last_name"]), (&Value::Null, &json!("Osei")));
    let nameless = house.patch("records", "/api/v1/patients/654321", &json!({"first_name": null})).await;
    assert_eq!(nameless.json["first_name"], "", "a person of one name: {}", nameless.json);
    let chart =
        house.post("records", "/api/v1/patients/654321/charts", &json!({"record_type": "MR", "home": "FILE"})).await;
    assert_eq!((chart.status.as_u16(), &chart.json["place"]), (201, &json!("FILE")), "{}", chart.json);
    let moved = format!("/api/v1/charts/{}/move", chart.json["number"]);
    let moved = house.post("records", &moved, &json!({"place": "ER"})).await;
    assert_eq!((&moved.json["place"], &moved.json["known_by"]), (&json!("ER"), &json!("asserted")), "{}", moved.json);
    let out = house.get("viewer", "/api/v1/out?place=ER").await;
    assert_eq!(out.json["rows"].as_array().unwrap().len(), 1, "{}", out.json);
    assert_eq!(house.get("viewer", "/api/v1/out/summary").await.json["rows"][0]["out"], 1);
    let history = format!("/api/v1/charts/{}/history", chart.json["number"]);
    assert!(house.get("viewer", &history).await.json["rows"].as_array().unwrap().len() >= 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_does_not_overwrite_what_it_has_not_seen() {
    let house = house().await;
    let number = house.get("records", "/api/v1/charts?q=123456").await.json["rows"][0]["number"].clone();
    let chart = format!("/api/v1/charts/{number}");
    let person = json!({"badge": "1001", "name": "Rosa Diaz", "role": "clerk"});
    assert_eq!(house.post("admin", "/api/v1/staff", &person).await.status, 201);
    assert_eq!(
        house
            .post("admin", "/api/v1/users", &json!({"name": "nils", "role": "clerk", "password": "long enough"}))
            .await
            .status,
        201
    );
    let rows = [
        ("/api/v1/patients/123456", "last_name", json!("Adams"), json!("Baker")),
        ("/api/v1/places/ER", "name", json!("Admissions"), json!("Casualty")),
        ("/api/v1/staff/1001", "name", json!("R. Diaz"), json!("Rosa D.")),
        ("/api/v1/record-types/MR", "name", json!("Record"), json!("Chart")),
        ("/api/v1/users/nils", "role", json!("records"), json!("viewer")),
        (chart.as_str(), "volume", json!(7), json!(8)),
    ];
    for (path, field, first, second) in rows {
        let made = house.patch("admin", path, &json!({ field: first })).await;
        assert_eq!(made.status, 200, "{path}: {}", made.json);
        let late = house.patch("admin", path, &json!({ field: second, "was": { field: "what it was" } })).await;
        is_problem(&late, 409);
        assert_eq!(late.json["field"], field, "{path}");
        let seen = house.patch("admin", path, &json!({ field: first, "was": { field: first } })).await;
        assert_eq!((seen.status.as_u16(), &seen.json[field]), (200, &first), "{path}: {}", seen.json);
    }
    // Where a chart is filed can be confidential: `was` alone asks nothing.
    is_problem(&house.patch("records", &chart, &json!({"was": {"home": "FILE"}})).await, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_answers_with_a_receipt_and_repeats_itself() {
    let house = house().await;
    let data = barcode::encode(&Code::Chart(ChartNumber(1), barcode::LabelIssue(1))).unwrap();
    let scan = json!({"id": uuid::Uuid::now_v7(), "data": data, "some_day": "a new field"});
    let first = house.post("er-1", "/api/v1/kiosks/er-1/scans", &scan).await;
    assert_eq!(first.status, 200, "{}", first.json);
    assert_eq!(first.json["verdict"]["tone"], "refused");
    assert_eq!(house.post("er-1", "/api/v1/kiosks/er-1/scans", &scan).await.json["duplicate"], true);
    let other = json!({"id": scan["id"], "data": "X"});
    is_problem(&house.post("er-1", "/api/v1/kiosks/er-1/scans", &other).await, 409);
    is_problem(&house.post("er-1", "/api/v1/kiosks/rr-1/scans", &scan).await, 403);
    is_problem(
        &house.post("clerk", "/api/v1/kiosks/none/scans", &json!({"id": uuid::Uuid::now_v7(), "data": "X"})).await,
        404,
    );
    is_problem(&house.post("er-1", "/api/v1/kiosks/er-1/scans", &json!({"id": "7", "data": "X"})).await, 422);
    let long = json!({"id": uuid::Uuid::now_v7(), "data": "x".repeat(2000)});
    assert!(house.post("er-1", "/api/v1/kiosks/er-1/scans", &long).await.status.is_client_error());
    let view = house.get("er-1", "/api/v1/kiosks/er-1").await;
    assert_eq!(view.json["recent"].as_array().map(Vec::len), Some(1), "{}", view.json);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_resume_where_they_were_and_end_with_the_server() {
    let house = house().await;
    let seen = house.ledger.head().seq;
    assert_eq!(house.post("records", "/api/v1/charts/1/missing", &json!({})).await.status, 200);
    let token = &house.tokens["viewer"];
    let request = Request::get("/api/v1/events")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header("last-event-id", (seen - 1).to_string());
    let response = house.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
    house.close.send(true).unwrap();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let text = String::from_utf8(body.to_vec()).unwrap();
    assert!(text.contains(&format!("id: {seen}\n")), "one before the feed began: {text}");
    assert!(text.contains(&format!("id: {}\n", seen + 1)), "{text}");
    assert!(!text.contains("123456") && !text.contains("Diaz"), "no patient data: {text}");
    assert!(text.ends_with("\n\n"));
}
