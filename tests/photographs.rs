//! Photographs through the real server: what is read, what it names, what is written, and what is refused.

use rxing::{BarcodeFormat, MultiFormatWriter, Writer};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Site, badge, chart, place};

const WIDTH: usize = 900;
const HEIGHT: usize = 700;

/// A grey PNG with a QR code of each text, side by side.
fn photograph(texts: &[&str]) -> Vec<u8> {
    let mut pixels = vec![200_u8; WIDTH * HEIGHT];
    for (at, text) in texts.iter().enumerate() {
        let matrix = MultiFormatWriter.encode(text, &BarcodeFormat::QR_CODE, 0, 0).expect("encoded");
        let side = usize::try_from(matrix.getWidth()).expect("small") * 4;
        let (left, top) = (20 + at % 4 * 220, 20 + at / 4 * 220);
        for y in 0..side {
            for x in 0..side {
                let module = |pixel: usize| u32::try_from(pixel / 4).expect("small");
                let dark = matrix.get(module(x), module(y));
                pixels[(top + y) * WIDTH + left + x] = if dark { 25 } else { 235 };
            }
        }
    }
    let mut bytes = Vec::new();
    let (width, height) = (u32::try_from(WIDTH).expect("width"), u32::try_from(HEIGHT).expect("height"));
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().expect("head").write_image_data(&pixels).expect("png");
    bytes
}

fn kinds(answer: &Value) -> Vec<&str> {
    let mut kinds: Vec<&str> =
        answer["codes"].as_array().expect("codes").iter().map(|code| code["kind"].as_str().expect("kind")).collect();
    kinds.sort_unstable();
    kinds
}

#[test]
fn a_photograph_is_read_and_its_charts_are_recorded_as_seen() {
    let site = Site::hospital("", 4);
    let (token, supervisor) = (site.token("records"), site.token("supervisor"));
    let auditor = site.token("auditor");
    let server = site.serve();
    let client = server.client(&token);
    client.scan("er-1", &badge("1001"));
    client.scan("er-1", &chart(2));
    let restricted = server.client(&supervisor).patch("/api/v1/places/ER", &json!({"restricted": true}));
    assert_eq!(restricted.status, 200, "{:#}", restricted.json);

    let head = client.get("/api/v1/head").json;
    let picture =
        photograph(&[&chart(1), &chart(2), &chart(777), &place("FILE"), &badge("1001"), "C00000001700199", "hello"]);
    let read = client.send("/api/v1/photographs", "image/png", &picture);
    assert_eq!(read.status, 200, "{:#}", read.json);
    assert_eq!(kinds(&read.json), ["badge", "chart", "chart", "damaged", "other", "place", "unknown_chart"]);
    assert_eq!(read.json["width"], json!(WIDTH));
    let codes = read.json["codes"].as_array().expect("codes");
    let of = |number: u32| codes.iter().find(|code| code["chart"]["number"] == number).expect("chart");
    assert_eq!((&of(1)["chart"]["place"], &of(1)["text"]), (&json!("FILE"), &json!(chart(1))));
    assert_eq!((&of(2)["chart"]["withheld"], &of(2)["chart"]["place"]), (&json!(true), &Value::Null));
    assert_eq!(of(1)["outlines"][0].as_array().expect("corners").len(), 4);
    let text = read.json.to_string();
    assert!(!text.contains(&badge("1001")), "a badge's code signs in");
    assert!(!text.contains("Patient1"), "no name is needed here");
    assert_eq!(client.get("/api/v1/head").json, head, "reading writes nothing into the ledger");
    let log = server.client(&auditor).get("/api/v1/access-log").json;
    assert_eq!(log["rows"][0]["what"], "photograph_read", "{log:#}");

    let id = Uuid::now_v7();
    let seen = json!({"id": id, "place": "FILE", "labels": [chart(1), chart(2)]});
    let made = client.post("/api/v1/sightings", &seen);
    assert_eq!((made.status, &made.json["charts"]), (200, &json!([1, 2])), "{:#}", made.json);
    let again = client.post("/api/v1/sightings", &seen);
    assert_eq!((&again.json["duplicate"], &again.json["seq"]), (&json!(true), &made.json["seq"]));
    let other = client.post("/api/v1/sightings", &json!({"id": id, "place": "FILE", "labels": [chart(1)]}));
    assert_eq!((other.status, &other.json["field"]), (409, &json!("id")));
    let here = client.get("/api/v1/charts/1").json;
    assert_eq!((&here["known_by"], &here["seen_place"]), (&json!("asserted"), &json!("FILE")));
    server.stop();
    site.ok(&["verify"]);
}

#[test]
fn what_is_no_photograph_is_a_problem_that_says_so() {
    let site = Site::hospital("", 1);
    let (token, clerk) = (site.token("records"), site.token("clerk"));
    let server = site.serve();
    let client = server.client(&token);
    let picture = photograph(&[&chart(1)]);
    let cases: [(&str, &[u8], u16); 6] = [
        ("application/json", b"{}", 415),
        ("image/gif", &picture, 415),
        ("image/jpeg", b"no picture", 415),
        ("image/png", &picture[..picture.len() / 2], 422),
        ("image/png", &[], 415),
        ("image/jpeg", &[0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2], 422),
    ];
    for (kind, body, status) in cases {
        let answer = client.send("/api/v1/photographs", kind, body);
        assert_eq!((answer.status, answer.content_type.as_str()), (status, "application/problem+json"), "{kind}");
        assert!(answer.json["detail"].as_str().expect("detail").len() > 20, "{:#}", answer.json);
    }
    assert_eq!(server.client(&clerk).send("/api/v1/photographs", "image/png", &picture).status, 403);
    assert_eq!(client.send("/api/v1/photographs", "image/png", &picture).status, 200, "and the next one is read");
    let nobody = client.post("/api/v1/sightings", &json!({"id": Uuid::now_v7(), "place": "FILE", "labels": []}));
    assert_eq!((nobody.status, &nobody.json["field"]), (422, &json!("labels")));
}
