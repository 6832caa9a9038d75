//! Files as hospitals have them: broken, doubled, interrupted, and beside a live server.

use std::path::Path;
use std::process::Stdio;

use crate::support::{Site, badge, chart, until};

/// Good and bad lines, with a byte order mark and Windows line ends.
fn spoilt() -> Vec<u8> {
    let mut file = b"\xEF\xBB\xBFmrn,last_name,first_name,birth_date,sex\r\n".to_vec();
    for line in [
        &b"200001,Diaz,Rosa,1980-01-02,F"[..],
        b"200002,\"O\"\"Neill, jr.\",Pat,1975-05-05,M",
        b"200003,\"Unclosed,Sam,1990-01-01,M",
        b"200004,Mid\"quote,Sam,1990-01-01,M",
        b"200005,M\xFCller,J\xF6rg,1990-01-01,M",
        b"200001,Other,Person,1980-01-02,F",
        b"12,Short,Number,1980-01-02,F",
        b"200006,Bad,Date,31.12.1980,F",
        b"200007,Too,Many,1980-01-02,F,extra",
        b"",
        "200008,M\u{fc}ller,J\u{f6}rg,1990-01-01,M".as_bytes(),
        "200009,\u{738b},\u{5c0f}\u{660e},,".as_bytes(),
    ] {
        file.extend_from_slice(line);
        file.extend_from_slice(b"\r\n");
    }
    file
}

fn entries(database: &Path) -> u64 {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let read = || {
        let connection = rusqlite::Connection::open_with_flags(database, flags)?;
        connection.query_row("SELECT coalesce(max(seq), 0) FROM entries", [], |row| row.get(0))
    };
    read().unwrap_or(0)
}

#[test]
fn bad_rows_are_named_by_line_and_reason_and_good_ones_load() {
    let site = Site::hospital("", 0);
    std::fs::write(site.path().join("spoilt.csv"), spoilt()).expect("file");
    let output = site.run(&["import", "patients", "spoilt.csv"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.starts_with("4 added, 0 changed, 0 unchanged, 7 rejected"), "{said}");

    let rejects = std::fs::read(site.path().join("spoilt.rejects.csv")).expect("rejects");
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(rejects.as_slice());
    let header: Vec<_> = reader.headers().expect("header").iter().map(str::to_owned).collect();
    assert_eq!(header[..3], ["line", "reason", "mrn"]);
    let rows: Vec<_> = reader.records().map(|row| row.expect("row")).collect();
    let lines: Vec<_> = rows.iter().map(|row| row[0].to_owned()).collect();
    assert_eq!(lines, ["4", "5", "6", "7", "8", "9", "10"]);
    for (row, reason) in rows.iter().zip(["quote", "quote", "UTF-8", "line 2", "mrn", "birth_date", "6 fields"]) {
        assert!(row[1].contains(reason), "{row:?} should say {reason}");
    }

    let token = site.token("viewer");
    let server = site.serve();
    let staff = site.token("records");
    for (mrn, name) in [("200002", "O\"Neill, jr."), ("200008", "M\u{fc}ller"), ("200009", "\u{738b}")] {
        let found = server.client(&token).get(&format!("/api/v1/patients?q={mrn}")).json;
        assert_eq!(found["rows"][0]["last_name"], name, "{found:#}");
    }
    let made = server.client(&staff).patch("/api/v1/patients/200001", &serde_json::json!({"first_name": "Ros"}));
    assert_eq!(made.status, 200);
}

#[test]
fn a_file_that_cannot_be_what_it_says_loads_nothing() {
    let site = Site::hospital("", 0);
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain("mrn,last_name".bytes().flat_map(|byte| [byte, 0])).collect();
    for (name, bytes, says) in [
        ("utf16.csv", utf16, "UTF-16"),
        ("empty.csv", Vec::new(), "empty"),
        ("semicolons.csv", b"mrn;last_name;first_name;birth_date;sex\n".to_vec(), "commas"),
        ("columns.csv", b"mrn,lastname,first_name,birth_date,sex\n".to_vec(), "did you mean \"last_name\""),
    ] {
        let before = entries(&site.database());
        std::fs::write(site.path().join(name), bytes).expect("file");
        let output = site.run(&["import", "patients", name]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && error.contains(says), "{name}: {output:?}");
        assert_eq!(entries(&site.database()), before, "{name}");
    }
}

#[test]
fn the_same_file_twice_changes_nothing_and_a_dry_run_never() {
    let site = Site::hospital("", 30);
    let before = entries(&site.database());
    for what in ["places", "staff", "patients", "charts"] {
        let said = site.ok(&["import", what, &format!("{what}.csv")]);
        assert!(said.starts_with("0 added, 0 changed, "), "{what}: {said}");
    }
    assert_eq!(entries(&site.database()), before);

    let more = "mrn,last_name,first_name,birth_date,sex\n100001,Married,Sam,1980-01-02,F\n300001,New,Lee,,\n";
    site.write("more.csv", more);
    let said = site.ok(&["import", "patients", "more.csv", "--dry-run"]);
    assert!(said.starts_with("1 would be added, 1 would be changed, 0 unchanged"), "{said}");
    assert_eq!(entries(&site.database()), before);
    let said = site.ok(&["import", "patients", "more.csv"]);
    assert!(said.starts_with("1 added, 1 changed, 0 unchanged"), "absent rows are left alone: {said}");
    site.ok(&["verify"]);
}

#[test]
fn charts_that_are_out_on_the_day_of_the_change_over_come_in_as_out() {
    let site = Site::hospital("[[barcode.legacy]]\npattern = \"^OLD-(?<mrn>\\\\d{6})$\"\n", 2);
    let file = "mrn,record_type,volume,home,place,holder_badge,out_since,legacy_barcode\n\
                100001,MR,2,FILE,CARD,1002,2026-01-05 09:30,X-77\n100002,MR,9,FILE,NOWHERE,,,\n\
                100002,MR,3,FILE,,1001,2026-01-05 09:30,\n100002,MR,4,FILE,,2001,,\n100002,MR,5,FILE,,,2026-01-05,\n";
    site.write("out.csv", file);
    let output = site.run(&["import", "charts", "out.csv"]);
    assert_eq!(output.status.code(), Some(1));
    let rejects = std::fs::read_to_string(site.path().join("out.rejects.csv")).expect("rejects");
    let reasons: Vec<_> = rejects.lines().skip(1).collect();
    for (line, says) in reasons.iter().zip(["NOWHERE", "holder_badge: badge 2001 has no place", "out_since: it is not"])
    {
        assert!(line.contains(says), "{says}: {rejects}");
    }
    assert_eq!(reasons.len(), 3, "{rejects}");
    let token = site.token("clerk");
    let server = site.serve();
    let client = server.client(&token);
    let held = client.get("/api/v1/out?place=ER").json;
    assert_eq!((&held["rows"][0]["volume"], &held["rows"][0]["holder"]), (&3.into(), &"1001".into()), "by its holder");
    let out = client.get("/api/v1/out?place=CARD").json;
    let row = &out["rows"][0];
    assert_eq!((&row["volume"], &row["holder"], &row["known_by"]), (&2.into(), &"1002".into(), &"asserted".into()));
    assert_eq!(row["out_since"], "2026-01-05T14:30:00Z", "in the hospital's zone");
    client.scan("card-1", &badge("1002"));
    let seen = client.scan("card-1", "X-77");
    assert_eq!(seen["verdict"]["chart"]["number"], row["number"], "its old barcode is its own: {seen:#}");
    let header = "mrn,record_type,volume,home,legacy_barcode\n";
    site.write("moved.csv", &format!("{header}100001,MR,2,FILE,-\n100002,MR,1,FILE,X-77\n"));
    assert!(site.ok(&["import", "charts", "moved.csv"]).starts_with("0 added, 2 changed"));
    let seen = client.scan("card-1", "X-77");
    assert_eq!(seen["verdict"]["chart"]["mrn"], "100002", "another's since the list was corrected: {seen:#}");
    server.stop();
    site.ok(&["verify"]);
}

#[test]
fn killed_in_the_middle_it_can_be_run_again() {
    const PATIENTS: u32 = 12_000;
    let site = Site::hospital("", 0);
    let mut file = "mrn,last_name,first_name,birth_date,sex\n".to_owned();
    (0..PATIENTS).for_each(|index| file.push_str(&format!("{},Name{index},Sam,,\n", 300_000 + index)));
    site.write("many.csv", &file);
    for round in 1..=3u64 {
        let before = entries(&site.database());
        let mut import =
            site.command(&["import", "patients", "many.csv"]).stdout(Stdio::null()).spawn().expect("import");
        until("some chunks are in", || entries(&site.database()) >= before + round);
        import.kill().expect("kill");
        assert!(!import.wait().expect("end").success(), "it was killed in the middle");
        site.ok(&["verify"]);
    }
    let said = site.ok(&["import", "patients", "many.csv"]);
    let numbers: Vec<u32> = said.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect();
    assert_eq!(numbers[0] + numbers[2], PATIENTS, "{said}");
    assert!(numbers[2] > 0 && numbers[1] == 0 && numbers[3] == 0, "{said}");
    let head = entries(&site.database());
    assert!(site.ok(&["import", "patients", "many.csv"]).starts_with("0 added, 0 changed"));
    assert_eq!(entries(&site.database()), head);
    site.ok(&["verify"]);
}

#[test]
fn beside_a_live_server_scans_go_on() {
    let site = Site::hospital("", 3);
    let (kiosk, token) = (site.kiosk_token("er-1"), site.token("viewer"));
    let server = site.serve();
    let er = server.client(&kiosk);
    let mut file = "mrn,last_name,first_name,birth_date,sex\n".to_owned();
    (0..4000).for_each(|index| file.push_str(&format!("{},Name{index},Sam,,\n", 300_000 + index)));
    site.write("many.csv", &file);
    let before = entries(&site.database());
    let mut import = site.command(&["import", "patients", "many.csv"]).stdout(Stdio::null()).spawn().expect("import");
    until("the import is under way", || entries(&site.database()) > before);
    er.scan("er-1", &badge("1001"));
    assert_eq!(er.scan("er-1", &chart(1))["verdict"]["kind"], "received");
    assert!(import.wait().expect("end").success());
    let found = server.client(&token).get("/api/v1/patients?q=303999").json;
    assert_eq!(found["rows"][0]["last_name"], "Name3999");
    let again = site.ok(&["import", "patients", "many.csv"]);
    assert!(again.starts_with("0 added, 0 changed, 4000 unchanged"), "{again}");
    server.stop();
    site.ok(&["verify"]);
}
