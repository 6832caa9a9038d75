//! Whom the two trust and whom they understand.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use super::{Agent, House, events, next};
use crate::support::{Client, Server, Site, badge, until};

fn said(site: &Site, arguments: &[&str]) -> (Option<i32>, String) {
    let output = site.run(arguments);
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_computer_is_enrolled_with_a_code_and_trusts_its_own_sites_authority_alone() {
    let (site, other) = (Site::hospital("", 1), Site::new(""));
    site.ok(&["tls", "init", "--name", "127.0.0.1"]);
    other.ok(&["tls", "init", "--name", "127.0.0.1"]);
    let config = std::fs::read_to_string(site.path().join("outguide.toml")).expect("config");
    site.write(
        "outguide.toml",
        &format!("{config}[tls]\ncertificate = \"tls/server.pem\"\nkey = \"tls/server.key\"\n"),
    );
    let admin = site.token("admin");
    let server = Server::start(site.command(&["serve"]));
    assert!(server.url.starts_with("https://"), "{}", server.url);
    let ca = site.path().join("tls/ca.pem");
    let client = Client::trusting(&server.url, &admin, &ca);
    let code = |kiosk: &str| {
        let made = client.post(&format!("/api/v1/kiosks/{kiosk}/enrol-code"), &json!({}));
        made.json["code"].as_str().expect("a code").to_owned()
    };
    let agent_toml = |authority: &std::path::Path| {
        format!(
            "kiosk = \"er-1\"\nlisten = \"127.0.0.1:0\"\ndata_dir = \"./agent\"\n[server]\nurl = \"{}\"\nauthority = \"{}\"\n",
            server.url,
            authority.display()
        )
    };
    let strange = other.path().join("tls/ca.pem");

    // Without a token, with the wrong authority, with a code that is none, with another kiosk's code.
    site.write("agent.toml", &agent_toml(&ca));
    let (code_none, text) = said(&site, &["agent", "--config", "agent.toml"]);
    assert!(code_none == Some(2) && text.contains("outguide agent enrol"), "{text}");
    site.write("agent.toml", &agent_toml(&strange));
    let (_, text) = said(&site, &["agent", "enrol", "--config", "agent.toml", &code("er-1")]);
    assert!(text.contains("certificate is not to be trusted"), "{text}");
    site.write("agent.toml", &agent_toml(&ca));
    let (status, text) = said(&site, &["agent", "enrol", "--config", "agent.toml", "AAAAAAAA"]);
    assert!(status == Some(1) && text.contains("Ask for a new one"), "{text}");
    let (status, text) = said(&site, &["agent", "enrol", "--config", "agent.toml", &code("rr-1")]);
    assert!(status == Some(1) && text.contains("for kiosk rr-1"), "{text}");
    assert!(!site.path().join("agent.token").exists());

    let done = site.ok(&["agent", "enrol", "--config", "agent.toml", &code("er-1")]);
    let token_file = site.path().join("agent.token");
    let token = std::fs::read_to_string(&token_file).expect("token");
    assert!(!done.contains(token.trim()), "the token is shown to nobody");
    let mode = |mode| std::fs::set_permissions(&token_file, std::fs::Permissions::from_mode(mode)).expect("mode");
    assert_eq!(std::fs::metadata(&token_file).expect("token").permissions().mode() & 0o777, 0o600);
    mode(0o644);
    let (status, text) = said(&site, &["agent", "--config", "agent.toml"]);
    assert!(status == Some(2) && text.contains("chmod 600"), "{text}");
    mode(0o600);

    // The wrong authority: nothing goes there, what is scanned is kept.
    site.write("agent.toml", &agent_toml(&strange));
    let agent = Agent::start(&site);
    until("it does not trust", || agent.state()["link"] == "unreachable");
    assert!(agent.state()["why"].as_str().expect("why").contains("certificate"), "{:#}", agent.state());
    assert_eq!(agent.scan(&badge("1001")).status, 202);
    agent.server.stop();
    site.write("agent.toml", &agent_toml(&ca));
    let agent = Agent::start(&site);
    until("it was recorded", || agent.view()["session"]["staff"] == "1001");

    // Enrolled anew, perhaps on another computer: the token before is dead.
    site.ok(&["agent", "enrol", "--config", "agent.toml", &code("er-1")]);
    until("the old token bars", || agent.state()["link"] == "barred");
    assert_eq!(Client::trusting(&server.url, token.trim(), &ca).get("/api/v1/kiosks/er-1").status, 401);
}

#[test]
fn a_withdrawn_token_bars_the_agent_in_clear_words_and_scans_are_kept() {
    let mut house = House::open(2, "", "");
    let admin = house.client("admin");
    let tokens = admin.get("/api/v1/tokens").json;
    let name = tokens["rows"].as_array().expect("rows").iter().find(|row| row["kiosk"] == "er-1").expect("token");
    let path = format!("/api/v1/tokens/{}", name["name"].as_str().expect("name").replace(' ', "%20"));
    assert_eq!(admin.patch(&path, &json!({"revoked": true})).status, 200);
    house.read(&[badge("1001")]);
    let state = house.until_link("barred");
    assert!(state["why"].as_str().expect("why").contains("outguide agent enrol"), "{state:#}");
    house.until_kept(1);
    assert_eq!(house.agent().state()["waiting"], 1);
    assert_eq!(house.agent().get("/kiosk/er-1").status, 200, "the page goes on");
    let made = admin.post("/api/v1/kiosks/er-1/enrol-code", &json!({}));
    let code = made.json["code"].as_str().expect("a code").to_owned();
    house.site.ok(&["agent", "--config", "agent.toml", "enrol", &code]);
    house.until_link("reached");
    house.until_all_recorded();
}

#[test]
fn neighbouring_versions_understand_each_other_and_strangers_say_whom_to_update() {
    let house = House::open(1, "", "");
    let token = std::fs::read_to_string(house.site.path().join("agent.token")).expect("token");
    let er = house.server.as_ref().expect("a server").client(token.trim());
    let hello = |oldest: u16, newest: u16| {
        let speaks = json!({"oldest": oldest, "newest": newest});
        let hello = json!({"speaks": speaks, "version": "9.9", "a field of tomorrow": true});
        er.post("/api/v1/agents/er-1/hello", &hello)
    };
    let ours = hello(1, 1).json["speaks"]["newest"].as_u64().and_then(|ours| u16::try_from(ours).ok()).expect("ours");
    assert_eq!(hello(ours, ours + 1).json["protocol"], json!(ours), "an agent that was updated first");
    assert_eq!(hello(ours.saturating_sub(1), ours).json["protocol"], json!(ours), "one that will be");
    let newer = hello(ours + 1, ours + 2);
    assert!(
        newer.status == 426 && newer.json["detail"].as_str().expect("words").contains("on the server"),
        "{newer:?}"
    );
    let older = hello(0, 0);
    assert!(older.status == 426 && older.json["detail"].as_str().expect("words").contains("kiosk's computer"));
    assert_eq!(er.post("/api/v1/agents/rr-1/hello", &json!({})).status, 403, "another kiosk's");
    assert_eq!(er.post("/api/v1/agents/er-1/status", &json!({"devices": [{"id": "x", "state": "new"}]})).status, 200);
}

/// A server of another time: answers everything with 426 and these words.
fn stranger(words: &'static str) -> String {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("port");
    let url = format!("http://{}", listener.local_addr().expect("address"));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut some = [0; 4096];
            let _asked = stream.read(&mut some);
            let body = json!({"detail": words}).to_string();
            let head = "HTTP/1.1 426 Upgrade Required\r\nContent-Type: application/problem+json\r\nConnection: close";
            let _gone = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    url
}

#[test]
fn an_agent_that_is_too_old_says_so_and_keeps_what_is_scanned() {
    let mut house = House::new(2, "", "");
    house.network.lead_to(&stranger("update Outguide on the kiosk's computer"));
    house.start_agent();
    let state: Value = house.until_link("strangers");
    assert!(state["why"].as_str().expect("why").contains("update Outguide"), "{state:#}");
    let told = events(house.agent());
    house.read(&[badge("1001")]);
    assert_eq!(next(&told, "saved")["data"], badge("1001"));
    house.serve();
    house.until_link("reached");
    house.until_all_recorded();
}
