//! Looks that are logged, faults that are named, what is withheld and from whom.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_dressed() {
    let house = house().await;
    let reply = house.get("viewer", "/api/v1/me").await;
    assert_eq!(reply.headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(reply.headers[header::CONTENT_SECURITY_POLICY], shell::CONTENT_SECURITY_POLICY);
    assert_eq!(reply.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert!(reply.headers.contains_key("x-request-id"));
    let asset = house.get("nobody", "/assets/shared/api.js").await;
    assert_eq!((asset.status.as_u16(), asset.headers[header::CACHE_CONTROL].as_bytes()), (200, b"no-cache".as_slice()));
    let missing = house.get("nobody", "/assets/none.js").await;
    is_problem(&missing, 404);
    assert_eq!(missing.headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(house.get("nobody", "/readyz").await.status, 200);
    // WebAssembly runs in a kiosk's camera worker and nowhere else.
    for (path, runs) in [
        ("/", false),
        ("/kiosk/er-1", false),
        ("/assets/kiosk/camera/worker.js", true),
        ("/assets/kiosk/kiosk.js", false),
    ] {
        let reply = house.get("nobody", path).await;
        let policy = reply.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert_eq!(policy.contains("wasm-unsafe-eval"), runs, "{path}");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe-inline"), "{path}: {policy}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chart_is_corrected_and_moved_in_one_or_not_at_all() {
    let house = house().await;
    let head = house.ledger.head().seq;
    let both = json!({"home": "ER", "volume": 7, "place": "NOWHERE"});
    is_problem(&house.patch("records", "/api/v1/charts/1", &both).await, 422);
    assert_eq!(house.ledger.head().seq, head, "nothing is left of the first half");
    let chart = house.get("records", "/api/v1/charts/1").await.json;
    assert_eq!((&chart["home"], &chart["volume"]), (&json!("FILE"), &json!(1)));
    let both = house.patch("records", "/api/v1/charts/1", &json!({"volume": 7, "place": "ER"})).await.json;
    assert_eq!((&both["volume"], &both["place"]), (&json!(7), &json!("ER")), "{both}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_at_fault_is_named() {
    let house = house().await;
    let patches = [
        ("patients/123456", json!({"last_name": null}), "last_name"),
        ("patients/123456", json!({"last_name": "Di\u{0}az"}), "last_name"),
        ("patients/123456", json!({"first_name": "a\u{1b}[2J"}), "first_name"),
        ("patients/123456", json!({"sex": "M\n1"}), "sex"),
        ("places/ER", json!({"name": "E\r\nR"}), "name"),
        ("places/ER", json!({"active": null}), "active"),
        ("record-types/MR", json!({"restricted": null}), "restricted"),
        ("charts/1", json!({"home": null}), "home"),
        ("users/anna", json!({"role": null}), "role"),
    ];
    for (path, body, field) in patches {
        let reply = house.patch("admin", &format!("/api/v1/{path}"), &body).await;
        is_problem(&reply, 422);
        assert_eq!(reply.json["field"], field, "{path} {body}: {}", reply.json);
    }
    for seq in [json!(u64::MAX), json!("x")] {
        let scan = json!({"id": uuid::Uuid::now_v7(), "data": "X", "queue_seq": seq});
        let reply = house.post("er-1", "/api/v1/kiosks/er-1/scans", &scan).await;
        is_problem(&reply, 422);
        assert_eq!(reply.json["field"], "queue_seq", "{}", reply.json);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_look_at_patients_is_an_entry_once() {
    let house = house().await;
    assert_eq!(house.post("records", "/api/v1/charts/1/missing", &json!({})).await.status, 200);
    let looks = async || house.get("auditor", "/api/v1/access-log").await.json["rows"].as_array().unwrap().len();
    let mut before = looks().await;
    let alert = house.get("auditor", "/api/v1/alerts").await.json["rows"][0]["id"].clone();
    before += 1;
    for (path, more) in [
        ("charts?q=diaz&limit=1".to_owned(), 1),
        ("charts?q=diaz&limit=500&typing=1".to_owned(), 1),
        ("charts/1/history".to_owned(), 1),
        ("charts/1/history".to_owned(), 0),
        ("charts/2".to_owned(), 1),
        ("charts/2/history".to_owned(), 0),
        (format!("alerts/{alert}"), 1),
        ("alerts".to_owned(), 1),
        ("alerts?limit=1".to_owned(), 0),
        ("alerts?kind=missing".to_owned(), 1),
        ("out".to_owned(), 1),
        ("print-jobs".to_owned(), 1),
        ("kiosks/er-1".to_owned(), 1),
        ("kiosks/er-1".to_owned(), 0),
    ] {
        assert_eq!(house.get("clerk", &format!("/api/v1/{path}")).await.status, 200, "{path}");
        before += more;
        assert_eq!(looks().await, before, "{path}");
    }
    assert_eq!(house.get("er-1", "/api/v1/kiosks/er-1").await.status, 200);
    assert_eq!(looks().await, before, "a kiosk's own screen");
    let first = house.get("clerk", "/api/v1/charts?q=diaz&limit=1").await.json;
    let cursor = first["next_cursor"].as_str().unwrap().to_owned();
    let next = format!("/api/v1/charts?q=diaz&limit=1&cursor={cursor}");
    for (who, path, more) in [
        ("clerk", next.clone(), 1), // The first page, asked for above.
        ("clerk", format!("{next}&typing=1"), 0),
        ("viewer", next.clone(), 1),
        ("viewer", next, 0),
    ] {
        assert_eq!(house.get(who, &path).await.status, 200, "{path}");
        before += more;
        assert_eq!(looks().await, before, "{who} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_nothing_shows_nothing_unseen() {
    let house = house().await;
    let looks = async || {
        let log = house.get("auditor", "/api/v1/access-log").await.json;
        let told = |row: &Value| json!([row["who"], row["what"]]);
        log["rows"].as_array().unwrap().iter().map(told).collect::<Vec<_>>()
    };
    for path in ["/api/v1/patients/123456", "/api/v1/charts/1"] {
        for body in [json!({}), json!({"was": {}})] {
            is_problem(&house.patch("records", path, &body).await, 422);
        }
    }
    assert!(looks().await.is_empty());
    for (path, body) in [("patients/123456", json!({"active": true})), ("charts/1", json!({"volume": 1}))] {
        for _ in 0..2 {
            assert_eq!(house.patch("records", &format!("/api/v1/{path}"), &body).await.status, 200);
        }
    }
    let expected = ["chart_opened", "patient_opened"].map(|what| json!(["token:records", what]));
    assert_eq!(looks().await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reason_shows_the_chart_and_its_history_for_a_while_and_no_other() {
    let house = house().await;
    let history = "/api/v1/charts/2/history";
    assert_eq!(house.get("viewer", history).await.json["rows"][0]["withheld"], true);
    let reason = json!({"reason": "emergency"});
    assert_eq!(house.post("viewer", "/api/v1/charts/2/break-glass", &reason).await.json["place"], "PSY");
    assert_eq!(house.get("viewer", history).await.json["rows"][0]["place"], "PSY");
    assert_eq!(house.get("viewer", "/api/v1/charts/2?again=1").await.json["place"], "PSY");
    assert_eq!(house.get("clerk", "/api/v1/charts/2").await.json["withheld"], true, "the clerk gave none");
    assert_eq!(house.get("viewer", "/api/v1/charts?q=diaz").await.json["rows"][1]["place"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restricted_place_is_named_nowhere_to_who_may_not_see_it() {
    let house = house().await;
    let seen = house.ledger.head().seq;
    for (path, body) in
        [("/api/v1/charts/1/move", json!({"place": "PSY"})), ("/api/v1/charts/1/move", json!({"place": "FILE"}))]
    {
        assert_eq!(house.post("records", path, &body).await.status, 200);
    }
    let person = json!({"badge": "77", "name": "Rosa", "role": "clerk"});
    assert_eq!(house.post("supervisor", "/api/v1/staff", &person).await.status, 201);
    let badge = crate::barcode::BadgeNumber::new("77").unwrap();
    let mut receipt = Value::Null;
    for code in [Code::Badge(badge), Code::Place(place("PSY"))] {
        let scan = json!({"id": uuid::Uuid::now_v7(), "data": barcode::encode(&code).unwrap()});
        receipt = house.post("er-1", "/api/v1/kiosks/er-1/scans", &scan).await.json;
    }
    let places = ["charts/2", "charts?q=diaz", "patients/123456", "out?limit=1", "kiosks/er-1", "alerts", "kiosks"];
    for path in places {
        let text = house.get("clerk", &format!("/api/v1/{path}")).await.json.to_string();
        assert!(!text.contains("PSY"), "{path}: {text}");
    }
    assert_eq!(house.get("supervisor", "/api/v1/charts/2").await.json["home"], "PSY");
    assert!(house.get("er-1", "/api/v1/kiosks/er-1").await.json.to_string().contains("PSY"), "{receipt}");
    let token = &house.tokens["clerk"];
    let request = Request::get("/api/v1/events")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header("last-event-id", (seen - 1).to_string());
    let response = house.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    house.close.send(true).unwrap();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let text = String::from_utf8(body.to_vec()).unwrap();
    assert!(text.contains("chart_moved") && !text.contains("PSY"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restricted_place_is_not_found_out_by_asking_around() {
    let house = house().await;
    let guess = json!({"home": "PSY", "was": {"home": "PSY"}});
    assert_eq!(house.patch("records", "/api/v1/charts/2", &guess).await.json["field"], "home");
    let batch = json!({"name": "x", "template": "folder-4x2", "printer": "labels", "home": "PSY"});
    assert_eq!(house.post("records", "/api/v1/print-batches", &batch).await.json["field"], "home");
    let preview = "/api/v1/charts/2/label.svg";
    assert!(house.get("clerk", preview).await.json.to_string().contains("Masked"));
    assert!(house.get("supervisor", preview).await.json.to_string().contains("Full"));
    assert_eq!(house.post("supervisor", "/api/v1/charts/1/move", &json!({"place": "PSY"})).await.status, 200);
    assert_eq!(house.get("supervisor", "/api/v1/out/summary").await.json["rows"][0]["place"], "PSY");
    assert_eq!(house.get("records", "/api/v1/out/summary").await.json["rows"], json!([]));
    assert_eq!(house.post("supervisor", "/api/v1/charts/1/move", &json!({"place": "FILE"})).await.status, 200);

    // What a kiosk at such a place recorded was there, whatever place it names.
    let data = barcode::encode(&Code::Reference(crate::barcode::ChartNumber(1))).unwrap();
    let scan = json!({"id": uuid::Uuid::now_v7(), "data": data});
    assert_eq!(house.post("er-1", "/api/v1/kiosks/er-1/scans", &scan).await.status, 200);
    let recent = async |who| house.get(who, "/api/v1/kiosks/er-1").await.json["recent"].as_array().unwrap().len();
    let kiosks = async |who| {
        let rows = house.get(who, "/api/v1/charts/1/history").await.json["rows"].clone();
        rows.as_array().unwrap().iter().filter(|row| row["kiosk"] == "er-1").count()
    };
    assert_eq!((recent("clerk").await, kiosks("clerk").await), (1, 1));
    assert_eq!(house.patch("admin", "/api/v1/places/ER", &json!({"restricted": true})).await.status, 200);
    assert_eq!((recent("clerk").await, kiosks("clerk").await), (0, 0));
    assert_eq!((recent("supervisor").await, kiosks("supervisor").await), (1, 1));
    assert_eq!(recent("er-1").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_turns_nothing_around_it() {
    let house = house().await;
    let name = json!({"last_name": "Di\u{202e}az\u{2066}", "first_name": "كوفي"});
    assert_eq!(house.patch("records", "/api/v1/patients/123456", &name).await.status, 200);
    assert_eq!(house.patch("supervisor", "/api/v1/places/FILE", &json!({"name": "Fi\u{202e}le"})).await.status, 200);
    let chart = house.get("records", "/api/v1/charts/1").await.json;
    assert_eq!(chart["patient"]["last_name"], "Diaz");
    assert_eq!(chart["patient"]["first_name"], "كوفي");
    assert_eq!(chart["place_name"], "File");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_from_elsewhere_says_who_sent_it_and_shows_no_more_than_that_one_may_see() {
    let house = house().await;
    let staff = json!({"badge": "300", "name": "Sam Vine", "role": "supervisor"});
    assert_eq!(house.post("supervisor", "/api/v1/staff", &staff).await.status, 201);
    let text = |code: Code| barcode::encode(&code).unwrap();
    let scan = async |who: &str, lane: &str, data: String| {
        let body = json!({"id": uuid::Uuid::now_v7(), "data": data, "lane": lane});
        let reply = house.post(who, "/api/v1/kiosks/er-1/scans", &body).await;
        assert_eq!(reply.status, 200, "{}", reply.json);
        reply.json
    };
    let badge = text(Code::Badge(crate::barcode::BadgeNumber::new("300").unwrap()));
    let chart = text(Code::Reference(ChartNumber(2)));
    for (who, lane) in [("er-1", "a"), ("clerk", "b"), ("supervisor", "c")] {
        scan(who, lane, badge.clone()).await;
        scan(who, lane, text(Code::Command(crate::barcode::CommandWord::Where))).await;
        let receipt = scan(who, lane, chart.clone()).await;
        assert_eq!(receipt["verdict"]["kind"], "located", "{receipt}");
        assert_eq!(receipt.to_string().contains("PSY"), who != "clerk", "{receipt}");
    }
    let audit = house.get("auditor", "/api/v1/audit?kind=located").await.json;
    let told = |row: &Value| json!([row["actor"], row["body"]["scan"]["submitted_by"]]);
    let told: Vec<Value> = audit["rows"].as_array().unwrap().iter().rev().map(told).collect();
    let expected = [Value::Null, json!("token:clerk"), json!("token:supervisor")].map(|by| json!(["staff:300", by]));
    assert_eq!(told, expected);
    let log = house.get("auditor", "/api/v1/access-log").await.json;
    let told = |row: &Value| json!([row["who"], row["what"], row["chart"]]);
    let told: Vec<Value> = log["rows"].as_array().unwrap().iter().rev().map(told).collect();
    assert_eq!(told, ["token:clerk", "token:supervisor"].map(|who| json!([who, "chart_scanned", 2])));
}
