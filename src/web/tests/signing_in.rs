//! Who signs in and how that ends: people, browsers of kiosks, tokens.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_gives_a_new_session_and_changes_need_our_header() {
    let house = house().await;
    let body = json!({"user": "anna", "password": "correct horse"});
    let wrong = json!({"user": "anna", "password": "wrong horse"});
    is_problem(&house.post("nobody", "/api/v1/sign-in", &wrong).await, 401);
    is_problem(&house.post("nobody", "/api/v1/sign-in", &json!({"user": "who", "password": "wrong horse"})).await, 401);
    let reply = house.post("nobody", "/api/v1/sign-in", &body).await;
    assert_eq!(reply.json, json!({"user": "anna", "role": "records"}));
    let set: Vec<_> =
        reply.headers.get_all(header::SET_COOKIE).iter().map(|one| one.to_str().unwrap().to_owned()).collect();
    let session = set.iter().find(|one| one.starts_with("outguide=")).unwrap();
    assert!(session.contains("HttpOnly") && session.contains("SameSite=Strict"), "{session}");
    let cookie = session.split(';').next().unwrap().to_owned();
    let with = |method: Method, path: &str, marked: bool| {
        let mut request = Request::builder().method(method).uri(path).header(header::COOKIE, &cookie);
        if marked {
            request = request.header("x-outguide", "1");
        }
        request.header(header::CONTENT_TYPE, "application/json").body(Body::from("{}")).unwrap()
    };
    assert_eq!(house.send(with(Method::GET, "/api/v1/me", false)).await.json["user"], "anna");
    is_problem(&house.send(with(Method::POST, "/api/v1/charts/1/missing", false)).await, 403);
    assert_eq!(house.send(with(Method::POST, "/api/v1/charts/1/missing", true)).await.status, 200);
    assert_eq!(house.send(with(Method::POST, "/api/v1/sign-out", true)).await.status, 200);
    is_problem(&house.send(with(Method::GET, "/api/v1/me", false)).await, 401);
    let log = house.get("auditor", "/api/v1/access-log").await;
    let signs = log.json["rows"].as_array().unwrap().iter().filter(|row| row["what"] == "sign_in").count();
    assert_eq!(signs, 3, "good and bad ones: {}", log.json);
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_slowed() {
    let house = house().await;
    let wrong = |user: &str| json!({"user": user, "password": "wrong horse"});
    for spelling in ["anna", "Anna", " ANNA", "anna ", "aNNa"] {
        is_problem(&house.post("nobody", "/api/v1/sign-in", &wrong(spelling)).await, 401);
    }
    for spelling in ["anna", "ANNA"] {
        let slowed = house.post("nobody", "/api/v1/sign-in", &wrong(spelling)).await;
        is_problem(&slowed, 429);
        assert!(slowed.headers.contains_key(header::RETRY_AFTER));
    }
    let log = house.get("auditor", "/api/v1/access-log").await.json;
    let told = |row: &Value| json!([row["who"], row["what"], row["outcome"]]);
    let newest: Vec<Value> = log["rows"].as_array().unwrap().iter().take(2).map(told).collect();
    assert_eq!(newest, [json!(["user:anna", "sign_in", "slowed"]), json!(["user:anna", "sign_in", "refused"])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_enrols_with_a_code_once() {
    let house = house().await;
    let made = house.post("admin", "/api/v1/kiosks/er-1/enrol-code", &json!({})).await;
    assert_eq!(made.status, 201, "{}", made.json);
    let code = json!({"code": made.json["code"]});
    let enrolled = house.post("nobody", "/api/v1/kiosks/enrol", &code).await;
    assert_eq!(enrolled.json, json!({"kiosk": "er-1"}));
    let cookie = enrolled.headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let get = |path: &str| Request::get(path).header(header::COOKIE, &cookie).body(Body::empty()).unwrap();
    assert_eq!(house.send(get("/api/v1/kiosks/er-1")).await.status, 200);
    is_problem(&house.send(get("/api/v1/kiosks/rr-1")).await, 403);
    is_problem(&house.send(get("/api/v1/charts?q=diaz")).await, 403);
    is_problem(&house.post("nobody", "/api/v1/kiosks/enrol", &code).await, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn kiosks_are_made_corrected_and_switched_off_by_admins() {
    let house = house().await;
    let new = json!({"id": "er-2", "name": "Emergency 2", "place": "ER", "mode": "receive"});
    is_problem(&house.post("supervisor", "/api/v1/kiosks", &new).await, 403);
    let made = house.post("admin", "/api/v1/kiosks", &new).await;
    assert_eq!(made.status, 201, "{}", made.json);
    assert_eq!((&made.json["idle_sign_off_seconds"], &made.json["configured"]), (&json!(120), &json!(false)));
    is_problem(&house.post("admin", "/api/v1/kiosks", &new).await, 409);
    let wrong = json!({"id": "er-3", "place": "ER", "mode": "receive", "printer": "none"});
    assert_eq!(house.post("admin", "/api/v1/kiosks", &wrong).await.json["field"], "printer");
    let renamed = json!({"name": "Ward"});
    assert_eq!(house.patch("admin", "/api/v1/kiosks/er-2", &renamed).await.json["name"], "Ward");
    is_problem(&house.patch("admin", "/api/v1/kiosks/er-1", &renamed).await, 422);
    let rows = house.get("viewer", "/api/v1/kiosks").await.json["rows"].clone();
    let told = |row: &Value| json!([row["id"], row["configured"], row["active"]]);
    let told: Vec<Value> = rows.as_array().unwrap().iter().map(told).collect();
    assert_eq!(told, [json!(["er-1", true, true]), json!(["rr-1", true, true]), json!(["er-2", false, true])]);

    let scan = || json!({"id": uuid::Uuid::now_v7(), "data": "X"});
    assert_eq!(house.post("er-1", "/api/v1/kiosks/er-1/scans", &scan()).await.status, 200);
    assert_eq!(house.patch("admin", "/api/v1/kiosks/er-1", &json!({"active": false})).await.json["active"], false);
    is_problem(&house.post("er-1", "/api/v1/kiosks/er-1/scans", &scan()).await, 403);
    is_problem(&house.post("clerk", "/api/v1/kiosks/er-1/scans", &scan()).await, 403);
    is_problem(&house.get("er-1", "/api/v1/kiosks/er-1").await, 403);
    is_problem(&house.post("admin", "/api/v1/kiosks/er-1/enrol-code", &json!({})).await, 403);
    assert_eq!(house.get("clerk", "/api/v1/kiosks/er-1").await.json["active"], false);
    assert_eq!(house.patch("admin", "/api/v1/kiosks/er-1", &json!({"active": true})).await.status, 200);
    assert_eq!(house.post("clerk", "/api/v1/kiosks/er-1/scans", &scan()).await.status, 200);
    is_problem(&house.post("er-1", "/api/v1/kiosks/er-1/scans", &scan()).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_is_dead_at_once() {
    let house = house().await;
    assert_eq!(house.get("viewer", "/api/v1/me").await.status, 200);
    let revoked = house.patch("admin", "/api/v1/tokens/viewer", &json!({"revoked": true})).await;
    assert_eq!(revoked.status, 200, "{}", revoked.json);
    is_problem(&house.get("viewer", "/api/v1/me").await, 401);
}
