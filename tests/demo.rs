//! The sample hospital: one command, live at once, and the same one again.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{Client, Server, Site, badge, chart, place, until};

/// What the demonstration prints about itself.
struct Told {
    url: String,
    password: String,
    token: String,
}

fn start(site: &Site) -> (Server, Told) {
    let said = site.path().join("said");
    let file = std::fs::File::create(&said).expect("file");
    let mut command = site.command(&["demo", "--listen", "127.0.0.1:0", "--dir", "sample", "--charts", "200"]);
    let child = command.stdin(Stdio::null()).stdout(file).spawn().expect("the program runs");
    let text = || std::fs::read_to_string(&said).expect("text");
    until("it has said everything", || text().contains("Ctrl-C ends it"));
    let after = |mark: &str| {
        let rest = text().split_once(mark).expect(mark).1.to_owned();
        rest.split([' ', '\n', '\'', '"']).next().expect("a word").trim_end_matches('/').to_owned()
    };
    let told = Told { url: after("Console   "), password: after("password "), token: after("Bearer ") };
    (Server::of(child, &told.url), told)
}

fn scanned_at(client: &Client, kiosk: &str) -> Vec<Value> {
    client.get(&format!("/api/v1/kiosks/{kiosk}")).json["recent"].as_array().expect("recent").clone()
}

#[test]
fn a_sample_hospital_with_simulated_scanners_that_work() {
    let site = Site::new("");
    let (server, told) = start(&site);
    let anybody = Client::new(&told.url, "");
    let (status, cookies) = anybody.sign_in(&json!({"user": "demo", "password": told.password}), "");
    assert_eq!(status, 200, "{cookies}");
    let er = Client::new(&told.url, &told.token);
    assert_eq!(er.scan("er-1", &badge("1001"))["verdict"]["kind"], "signed_in", "the printed line works");

    let kiosk = er.get("/api/v1/kiosks/er-1").json;
    assert_eq!((&kiosk["simulated"], &kiosk["devices"][0]["simulated"]), (&json!(true), &json!(true)));
    assert_eq!(er.get("/readyz").status, 200);
    let samples = er.get("/api/v1/kiosks/er-1/samples").json;
    assert!(samples["rows"].as_array().is_some_and(|rows| rows.len() > 5), "{samples:#}");
    for data in [badge("1001"), place("CARD"), chart(7)] {
        until("the simulated scanner takes it", || {
            er.post("/api/v1/kiosks/er-1/simulated-scan", &json!({"data": data})).status == 200
        });
    }
    until("it comes back as a receipt", || {
        scanned_at(&er, "er-1")
            .iter()
            .any(|receipt| receipt["device"] == "er-1-gun" && receipt["verdict"]["chart"]["number"] == 7)
    });
    server.stop();

    let (again, told) = start(&site);
    let known = Client::new(&told.url, &told.token).get("/api/v1/kiosks/rr-1");
    assert_eq!(known.status, 403, "a kiosk's token is that kiosk's");
    again.stop();
}
