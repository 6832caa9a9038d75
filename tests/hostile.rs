//! Whatever is sent: no route fails by its own fault, and every refusal is a problem document.

use serde_json::{Value, json};

use crate::support::{Client, Dice, Site};

/// Values that no field wants.
fn junk(dice: &mut Dice) -> Value {
    match dice.below(14) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(-1),
        3 => json!(u64::MAX),
        4 => json!(1e300),
        5 => json!(""),
        6 => json!("\u{0}"),
        7 => json!("\u{202e}gnp.exe\u{7}"),
        8 => json!("x".repeat(5000)),
        9 => json!([[[]]]),
        10 => json!({"a": {}}),
        11 => json!("'; DROP TABLE entries; --"),
        12 => json!("^XA^JUF^XZ"),
        _ => json!("\u{1F9FE} 0000-00-00T99:99:99Z"),
    }
}

/// Pieces for the gaps in paths.
const GAPS: [&str; 8] =
    ["0", "-1", "99999999999999999999", "%00", "..%2F..%2Fetc%2Fpasswd", "%FF", "%27%20OR%201", "%C3%A9"];

/// The fields of a body, as its schema names them.
fn fields(document: &Value, operation: &Value) -> Vec<String> {
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let schema = schema["$ref"].as_str().and_then(|at| document.pointer(at.trim_start_matches('#'))).unwrap_or(schema);
    schema["properties"].as_object().map(|all| all.keys().cloned().collect()).unwrap_or_default()
}

fn fill(path: &str, dice: &mut Dice) -> String {
    let mut filled = String::new();
    for piece in path.split_inclusive('/') {
        match piece.split_once('}') {
            Some((_, rest)) => filled.push_str(&format!("{}{rest}", GAPS[dice.below(GAPS.len())])),
            None => filled.push_str(piece),
        }
    }
    filled
}

fn throw(admin: &Client, method: &str, path: &str, body: Vec<u8>) {
    let shown = String::from_utf8_lossy(&body[..body.len().min(300)]).into_owned();
    let (status, kind) = admin.throw(method, path, body);
    // 503 is for what cannot be done just now, such as a list while there are no places.
    assert!(status < 500 || status == 503, "{method} {path} with {shown}: {status}");
    if status >= 400 {
        assert_eq!(kind, "application/problem+json", "{method} {path} with {shown}: {status}");
    }
}

#[test]
fn no_route_fails_on_any_input() {
    let mut dice = Dice::new("hostile");
    let site = Site::hospital("", 3);
    let token = site.token("admin");
    let server = site.serve();
    let admin = server.client(&token);
    let document = admin.get("/api/v1/openapi.json").json;
    for (pattern, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let method = method.to_uppercase();
            let fields = fields(&document, operation);
            for _ in 0..6 {
                let path = fill(pattern, &mut dice);
                if method == "GET" {
                    let query =
                        ["q=%00", "limit=-1", "cursor=%FF", "cursor=0.0.0.0", "state=none&kind=", "q=%E2%80%AE"];
                    throw(&admin, "GET", &format!("{path}?{}", query[dice.below(query.len())]), Vec::new());
                    continue;
                }
                let body: Value = fields.iter().map(|field| (field.clone(), junk(&mut dice))).collect();
                throw(&admin, &method, &path, body.to_string().into_bytes());
            }
            let noise = (0..64).map(|_| u8::try_from(dice.below(256)).expect("a byte")).collect();
            let deep = "[".repeat(20_000).into_bytes();
            for body in [Vec::new(), b"null".to_vec(), b"{".to_vec(), b"{\"a\":1e999}".to_vec(), deep, noise] {
                throw(&admin, &method, &fill(pattern, &mut dice), body);
            }
        }
    }
    assert_eq!(admin.get("/api/v1/me").status, 200, "and the server is well");
    server.stop();
    site.ok(&["verify"]);
}
