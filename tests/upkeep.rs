//! What is made by the clock: people hear that there is no backup or downtime list before they need it.

use serde_json::{Value, json};

use crate::support::{Client, Server, Site, until};

const FOLDERS: &str = "[backup]\nevery = \"1h\"\ndirectory = \"disk/backups\"\n\
                       [downtime]\nevery = \"1h\"\ndirectory = \"disk/lists\"\n";
const ALERTS: [&str; 2] = ["No downtime list could be made", "No scheduled backup could be made"];

/// A hospital whose backups and lists are to lie below a plain file, and a supervisor's token.
fn without_disk() -> (Site, String) {
    let site = Site::new(FOLDERS);
    site.write("disk", "not mounted");
    let token = site.token("supervisor");
    (site, token)
}

/// What the open alerts about the system say, in alphabetical order.
fn open(client: &Client) -> Vec<String> {
    let rows = client.get("/api/v1/alerts?kind=system").json["rows"].as_array().expect("rows").clone();
    let mut open: Vec<_> = rows.iter().map(|alert| alert["subject"].as_str().expect("subject").to_owned()).collect();
    open.sort();
    open
}

fn resolved(client: &Client) -> Vec<Value> {
    client.get("/api/v1/alerts?kind=system&state=resolved").json["rows"].as_array().expect("rows").clone()
}

/// The seconds of the last backup and the last list.
fn last(server: &Server, technician: &str) -> [i64; 2] {
    let text = server.client(technician).text("/metrics");
    ["backup", "downtime_list"].map(|what| {
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("outguide_last_{what}_timestamp_seconds ")));
        line.expect("a gauge").parse().expect("seconds")
    })
}

#[test]
fn a_backup_and_a_list_that_fail_are_alerts_until_the_next_is_made() {
    let (site, token) = without_disk();
    let technician = site.token("technician");
    let server = site.serve();
    let client = server.client(&token);
    until("both are alerts", || open(&client) == ALERTS);
    assert_eq!(last(&server, &technician), [0, 0]);
    let rows = client.get("/api/v1/alerts?kind=system").json["rows"].clone();
    let resolve = format!("/api/v1/alerts/{}/resolve", rows[0]["id"]);
    assert_eq!(client.post(&resolve, &json!({"reason": "It will be well"})).status, 200);
    server.stop();

    // It is not well: what was resolved by hand comes back, what was open is the same alert.
    let server = site.serve();
    let client = server.client(&token);
    until("the one comes back", || open(&client) == ALERTS);
    assert_eq!(resolved(&client).len(), 1);
    server.stop();

    std::fs::remove_file(site.path().join("disk")).expect("mended");
    let server = site.serve();
    let client = server.client(&token);
    until("both are closed", || open(&client).is_empty());
    let why: Vec<_> = resolved(&client).iter().map(|alert| alert["resolution"].clone()).collect();
    assert_eq!(why.iter().filter(|why| *why == "recovered").count(), 2, "{why:?}");
    until("both are counted", || last(&server, &technician).iter().all(|seconds| *seconds > 1_700_000_000));
}

#[test]
fn check_config_tries_the_folders_and_leaves_nothing_in_them() {
    let (site, _) = without_disk();
    let output = site.run(&["check-config"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    for (line, what) in [(9, "backups"), (12, "downtime lists")] {
        let fault = format!("outguide.toml:{line}: directory: {what} cannot be written to disk/");
        assert!(said.contains(&fault) && said.contains("name a folder"), "{fault} in {said}");
    }
    std::fs::remove_file(site.path().join("disk")).expect("mended");
    assert!(site.ok(&["check-config"]).contains("good"));
    std::fs::create_dir_all(site.path().join("disk/backups")).expect("folder");
    assert!(site.ok(&["check-config"]).contains("good"));
    let here: Vec<_> =
        std::fs::read_dir(site.path()).expect("folder").map(|entry| entry.unwrap().file_name()).collect();
    assert!(!here.iter().any(|name| name.to_string_lossy().starts_with(".outguide")), "{here:?}");
    assert_eq!(std::fs::read_dir(site.path().join("disk/backups")).expect("folder").count(), 0);
    assert!(!site.path().join("disk/lists").exists());
}
