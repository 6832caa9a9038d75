//! A kiosk's day: badge, destination, charts, commands, refusals.

use serde_json::{Value, json};

use crate::support::{Client, Server, Site, badge, chart, code, command, place};

fn open() -> (Site, Server, Client) {
    let site = Site::hospital("", 5);
    let token = site.kiosk_token("er-1");
    let server = site.serve();
    let client = server.client(&token);
    (site, server, client)
}

fn verdict<'a>(receipt: &'a Value, field: &str) -> &'a str {
    receipt["verdict"][field].as_str().unwrap_or_default()
}

#[test]
fn badge_destination_charts_and_done() {
    let (_site, _server, er) = open();
    assert_eq!(verdict(&er.scan("er-1", &badge("1001")), "kind"), "signed_in");
    assert_eq!(verdict(&er.scan("er-1", &place("CARD")), "kind"), "destination_set");
    let out = er.scan("er-1", &chart(1));
    assert_eq!(verdict(&out, "kind"), "checked_out", "{out:#}");
    assert_eq!(out["verdict"]["chart"]["place"], "CARD");
    assert_eq!(out["verdict"]["chart"]["known_by"], "asserted", "scanned in ER, said to be at CARD");
    assert!(out["verdict"]["chart"]["due_at"].is_string(), "Cardiology lends for 48 hours");
    assert_eq!(out["session"]["destination"], "CARD");
    let undone = er.scan("er-1", &command("UNDO"));
    assert_eq!(verdict(&undone, "kind"), "undone", "{undone:#}");
    assert_eq!(undone["verdict"]["chart"]["place"], "FILE");
    assert_eq!(verdict(&er.scan("er-1", &command("DONE")), "kind"), "signed_off");
}

#[test]
fn a_refused_scan_of_a_known_chart_is_a_sighting() {
    let (_site, _server, er) = open();
    let refused = er.scan("er-1", &chart(2));
    assert_eq!(verdict(&refused, "tone"), "refused");
    assert_eq!(verdict(&refused, "rule"), "refuse_when_nobody_is_signed_in");
    assert_eq!(refused["verdict"]["chart"]["place"], "FILE", "custody is left alone");
    assert_eq!(refused["verdict"]["chart"]["seen_place"], "ER", "but it was seen here");
}

#[test]
fn what_is_not_known_is_refused_with_a_way_out() {
    let (_site, _server, er) = open();
    er.scan("er-1", &badge("1001"));
    for (data, rule) in [
        (code("C000000999001"), "refuse_when_chart_is_unknown"),
        (code("LNOWHERE"), "refuse_when_place_is_unknown"),
        ("C00000000100199".to_owned(), "refuse_when_code_is_unrecognised"),
        (command("SEND"), "refuse_when_command_is_not_yet_served"),
        (command("MISSING"), "refuse_when_role_may_not"),
        // Last: somebody else stands here now, so it signs off whoever stood here.
        (code("S9999"), "refuse_when_badge_is_unknown"),
    ] {
        let receipt = er.scan("er-1", &data);
        assert_eq!(verdict(&receipt, "rule"), rule, "{data}: {receipt:#}");
        assert!(!verdict(&receipt, "detail").is_empty(), "{data} is told what to do");
    }
}

#[test]
fn names_cannot_turn_the_words_around_them() {
    let site = Site::hospital("", 0);
    let turned = "Eve \u{202e}gnp.\u{2066}exe";
    site.write("staff2.csv", &format!("badge,name,role,place,email\n4001,{turned},clerk,ER,\n"));
    site.write("patients2.csv", &format!("mrn,last_name,first_name,birth_date,sex\n100001,{turned},Zo\u{eb},,\n"));
    site.write("charts2.csv", "mrn,record_type,volume,home\n100001,MR,1,FILE\n");
    for what in ["staff", "patients", "charts"] {
        site.ok(&["import", what, &format!("{what}2.csv")]);
    }
    let (kiosk, viewer) = (site.kiosk_token("er-1"), site.token("viewer"));
    let server = site.serve();
    let (er, viewer) = (server.client(&kiosk), server.client(&viewer));
    let signed_in = er.scan("er-1", &badge("4001"));
    assert_eq!(signed_in["session"]["staff_name"], "Eve gnp.exe", "{signed_in:#}");
    assert!(!signed_in.to_string().contains('\u{202e}'), "{signed_in:#}");
    er.scan("er-1", &chart(1));
    for path in ["/api/v1/charts?q=100001", "/api/v1/charts/1", "/api/v1/charts/1/history"] {
        let shown = viewer.text(path);
        assert!(!shown.contains('\u{202e}') && !shown.contains("\\u202e"), "{path}: {shown}");
    }
    assert_eq!(viewer.get("/api/v1/charts/1").json["patient"]["first_name"], "Zo\u{eb}");
}

#[test]
fn the_same_id_gives_the_same_receipt_and_other_data_a_conflict() {
    let (_site, _server, er) = open();
    let body = json!({"id": uuid::Uuid::now_v7(), "data": badge("1001")});
    let first = er.post("/api/v1/kiosks/er-1/scans", &body).json;
    let mut again = er.post("/api/v1/kiosks/er-1/scans", &body).json;
    assert_eq!(again["duplicate"], true);
    again["duplicate"] = json!(false);
    assert_eq!(first, again);
    let other = json!({"id": body["id"], "data": badge("1002")});
    let conflict = er.post("/api/v1/kiosks/er-1/scans", &other);
    assert_eq!((conflict.status, conflict.content_type.as_str()), (409, "application/problem+json"));
}

#[test]
fn a_kiosk_may_only_scan_for_itself() {
    let (_site, server, er) = open();
    let body = json!({"id": uuid::Uuid::now_v7(), "data": badge("1001")});
    assert_eq!(er.post("/api/v1/kiosks/rr-1/scans", &body).status, 403);
    assert_eq!(server.client("nonsense").post("/api/v1/kiosks/er-1/scans", &body).status, 401);
}
