//! The commands that keep a site: check, verify, rebuild, back up, restore, certificates.

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use crate::support::{Client, Server, Site, badge, chart};

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A hospital with a few scans in its ledger.
fn used() -> Site {
    let site = Site::hospital("", 5);
    let token = site.kiosk_token("er-1");
    let server = site.serve();
    let client = server.client(&token);
    client.scan("er-1", &badge("1001"));
    (1..=5).for_each(|number| drop(client.scan("er-1", &chart(number))));
    server.stop();
    site
}

/// Changes the ledger's file behind its back, as somebody with the file and `sqlite3` could.
fn tamper(database: &Path, sql: &str) {
    let connection = rusqlite::Connection::open(database).expect("open");
    let drop = "DROP TRIGGER entries_are_never_changed; DROP TRIGGER entries_are_never_deleted;";
    connection.execute_batch(&format!("{drop} {sql}")).expect(sql);
}

#[test]
fn check_config_names_the_line_the_fault_and_the_fix() {
    let site = Site::new("");
    let good = std::fs::read_to_string(site.path().join("outguide.toml")).expect("config");
    assert!(site.ok(&["check-config"]).contains("good"));
    for (text, says) in [
        (
            "[[kiosk]]\nid = \"a\"\nplace = \"ER\"\nmode = \"receive\"\nidel_sign_off_seconds = 9",
            "idle_sign_off_seconds",
        ),
        ("[[kiosk]]\nid = \"a\"\nplace = \"ER\"\nmode = \"recieve\"", "receive"),
        ("[[kiosk]]\nid = \"a\"\nplace = \"ER\"\nmode = \"receive\"\nprinter = \"zebra\"", "printer"),
        ("[[scanner]]\nid = \"g\"\nkiosk = \"none\"\ntransport = \"serial\"\nport = \"/dev/ttyACM0\"", "none"),
        ("[[barcode.legacy]]\npattern = \"^(?<mnr>\\\\d+)$\"", "mrn"),
        ("[numbering]\nfiling = \"terminal\"", "terminal-digit"),
        ("[tls]\ncertificate = \"none.pem\"\nkey = \"none.key\"", "tls init"),
    ] {
        site.write("outguide.toml", &format!("{good}{text}\n"));
        let output = site.run(&["check-config"]);
        let said = error(&output);
        assert_eq!(output.status.code(), Some(1), "{text}: {output:?}");
        assert!(
            said.contains("outguide.toml:") && said.contains(says),
            "{text}\nshould name a line and {says}:\n{said}"
        );
    }
    site.write("outguide.toml", &good.replace("New_York", "New_Yrok"));
    assert!(
        error(&site.run(&["check-config"])).contains("outguide.toml:6:"),
        "{}",
        error(&site.run(&["check-config"]))
    );
    site.write("outguide.toml", &format!("{good}[[[\n"));
    assert_eq!(site.run(&["check-config"]).status.code(), Some(1));
    assert_eq!(site.run(&["serve"]).status.code(), Some(2), "nor does a server start on it");
    assert_eq!(site.run(&["no-such-command"]).status.code(), Some(2));
}

#[test]
fn beyond_loopback_needs_tls_or_words() {
    let site = Site::new("");
    let good = std::fs::read_to_string(site.path().join("outguide.toml")).expect("config");
    site.write("outguide.toml", &good.replace("127.0.0.1:0", "0.0.0.0:0"));
    for command in ["check-config", "serve"] {
        let output = site.run(&[command]);
        assert!(!output.status.success() && error(&output).contains("insecure_http = true"), "{output:?}");
    }
    site.write("outguide.toml", &good.replace("127.0.0.1:0\"", "0.0.0.0:0\"\ninsecure_http = true"));
    assert!(site.ok(&["check-config"]).contains("good"));
}

#[test]
fn commands_about_a_ledger_that_is_not_there_make_none() {
    let site = Site::new("");
    for command in [&["verify"][..], &["rebuild"], &["backup", "today.db"]] {
        assert_eq!(site.run(command).status.code(), Some(2), "{command:?}");
    }
    assert!(!site.path().join("data/outguide.db").exists());
}

#[test]
fn a_ledger_that_was_tampered_with_does_not_verify_and_says_where() {
    let site = used();
    let said = site.ok(&["verify"]);
    let head = said.split_whitespace().last().expect("head").to_owned();
    let (seq, _) = head.split_once(':').expect("SEQ:HASH");
    let seq: u64 = seq.parse().expect("seq");
    site.ok(&["verify", "--expect-head", &head]);
    assert_eq!(site.run(&["verify", "--expect-head", &format!("{seq}:{}", "0".repeat(64))]).status.code(), Some(1));
    assert_eq!(site.run(&["verify", "--expect-head", "nonsense"]).status.code(), Some(2));

    let pristine = site.path().join("pristine.db");
    std::fs::copy(site.database(), &pristine).expect("copy");
    let restore = || {
        for log in ["outguide.db-wal", "outguide.db-shm"] {
            let _not_there = std::fs::remove_file(site.path().join("data").join(log));
        }
        std::fs::copy(&pristine, site.database()).expect("copy")
    };
    let third = seq - 3;
    for (sql, says) in [
        (format!("UPDATE entries SET actor = 'staff:2001' WHERE seq = {third}"), format!("entry {third}")),
        (
            format!("UPDATE entries SET body = replace(body, 'ER', 'CARD') WHERE seq = {third}"),
            format!("entry {third}"),
        ),
        (format!("DELETE FROM entries WHERE seq = {third}"), format!("entry {third}")),
        ("UPDATE charts SET place = 'CARD' WHERE number = 2".to_owned(), "charts".to_owned()),
        ("UPDATE patients SET last_name = 'Other' WHERE mrn = '100003'".to_owned(), "patients".to_owned()),
        ("UPDATE staff SET role = 'admin' WHERE badge = '1001'".to_owned(), "staff".to_owned()),
    ] {
        restore();
        tamper(&site.database(), &sql);
        let output = site.run(&["verify"]);
        let all = format!("{}{}", String::from_utf8_lossy(&output.stdout), error(&output));
        assert_eq!(output.status.code(), Some(1), "{sql}: {all}");
        assert!(all.contains(&says), "{sql} should name {says}: {all}");
    }
    // A tail cut off as cleanly as can be is found by a head noted earlier only.
    restore();
    tamper(&site.database(), &format!("DELETE FROM entries WHERE seq = {seq}"));
    site.ok(&["rebuild"]);
    assert_eq!(site.run(&["verify", "--expect-head", &head]).status.code(), Some(1));
}

#[test]
fn a_clean_stop_leaves_the_whole_ledger_in_one_file() {
    let site = used();
    let head = site.ok(&["verify"]).split_whitespace().last().expect("head").to_owned();
    let alone = Site::new("");
    std::fs::create_dir(alone.path().join("data")).expect("folder");
    std::fs::copy(site.database(), alone.database()).expect("copy");
    alone.ok(&["verify", "--expect-head", &head]);
}

#[test]
fn a_rebuild_mends_tables_that_do_not_follow_from_the_ledger() {
    let site = used();
    tamper(&site.database(), "UPDATE charts SET place = 'CARD', custody = replace(custody, 'ER', 'CARD')");
    let wrong = site.run(&["verify"]);
    assert!(error(&wrong).contains("outguide rebuild"), "{wrong:?}");
    site.ok(&["rebuild"]);
    site.ok(&["verify"]);
    let token = site.token("viewer");
    let server = site.serve();
    assert_eq!(server.client(&token).get("/api/v1/charts/2").json["place"], "ER");
    site.ok(&["rebuild"]);
    assert_eq!(server.client(&token).get("/api/v1/charts/2").json["place"], "ER", "beside a live server too");
}

#[test]
fn a_backup_beside_a_live_server_restores_with_a_new_epoch() {
    let site = Site::hospital("", 5);
    let (kiosk, viewer) = (site.kiosk_token("er-1"), site.token("viewer"));
    let server = site.serve();
    let er = server.client(&kiosk);
    er.scan("er-1", &badge("1001"));
    let saved = er.scan("er-1", &chart(1));
    std::fs::create_dir(site.path().join("backups")).expect("folder");
    site.ok(&["backup", "backups"]);
    site.ok(&["backup", "one.db"]);
    let lost = er.scan("er-1", &chart(2));
    let busy = site.run(&["restore", "one.db"]);
    assert!(!busy.status.success() && error(&busy).contains("stop it first"), "{busy:?}");
    server.stop();

    tamper(&site.path().join("one.db"), "UPDATE entries SET actor = 'nobody' WHERE seq = 3");
    assert!(!site.run(&["restore", "one.db"]).status.success(), "a damaged backup is not restored");
    site.ok(&["restore", "backups"]);
    site.ok(&["verify"]);
    let server = site.serve();
    let (er, viewer) = (server.client(&kiosk), server.client(&viewer));
    assert_eq!(viewer.get("/api/v1/charts/1").json["place"], "ER");
    assert_eq!(viewer.get("/api/v1/charts/2").json["place"], "FILE", "that was after the backup");

    // The kiosk offers again what it sent: what is known answers as before, what was lost is recorded, in a new epoch.
    let offer = |receipt: &Value, data: String| {
        let reply = er.post("/api/v1/kiosks/er-1/scans", &json!({"id": receipt["id"], "data": data}));
        assert_eq!(reply.status, 200, "{:#}", reply.json);
        assert_ne!(reply.json["epoch"], receipt["epoch"]);
        reply.json
    };
    assert_eq!(offer(&saved, chart(1))["duplicate"], true);
    er.scan("er-1", &badge("1001"));
    assert_eq!(offer(&lost, chart(2))["duplicate"], false);
    assert_eq!(viewer.get("/api/v1/charts/2").json["place"], "ER");
}

#[test]
fn one_process_has_the_data_directory() {
    let site = Site::hospital("", 1);
    let _server = site.serve();
    let second = site.run(&["serve"]);
    assert_eq!(second.status.code(), Some(2));
    assert!(error(&second).contains("already runs"), "{second:?}");
}

#[test]
fn a_site_of_its_own_certificates_serves_https() {
    let site = Site::hospital("", 1);
    let token = site.token("viewer");
    let said = site.ok(&["tls", "init", "--name", "charts.example"]);
    assert!(said.contains("ca.pem"), "{said}");
    let good = std::fs::read_to_string(site.path().join("outguide.toml")).expect("config");
    let tls = "[tls]\ncertificate = \"tls/server.pem\"\nkey = \"tls/server.key\"\n";
    site.write("outguide.toml", &format!("{}{tls}", good.replace("127.0.0.1:0", "0.0.0.0:0")));
    let server = Server::start(site.command(&["serve"]));
    let url = server.url.replace("0.0.0.0", "127.0.0.1");
    assert!(url.starts_with("https://"), "{url}");
    let trusting = Client::trusting(&url, &token, &site.path().join("tls/ca.pem"));
    assert_eq!(trusting.get("/api/v1/me").json["role"], "viewer");
    let stranger = Client::new(&url, &token);
    assert!(stranger.try_post("/api/v1/sign-out", &json!({})).is_err(), "who does not trust the authority stays out");
    let key = std::fs::metadata(site.path().join("tls/ca.key")).expect("key");
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&key.permissions()) & 0o777, 0o600);
}
