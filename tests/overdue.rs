//! Loans that run over and charts that go missing, by a server whose clock the test moves (libfaketime).

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::{Client, Server, Site, badge, chart, clock, command, place, until};

/// A server whose wall clock is ahead of the machine's by as much as the test says; it never goes back.
struct House {
    site: Site,
    _server: Server,
    client: Client,
    ahead: SignedDuration,
}

impl House {
    fn open(charts: u32) -> House {
        let site = Site::hospital("", charts);
        let token = site.token("records");
        let server = clock::serve(&site);
        let client = server.client(&token);
        House { site, _server: server, client, ahead: SignedDuration::ZERO }
    }

    fn advance(&mut self, minutes: i64) {
        self.ahead += SignedDuration::from_mins(minutes);
        clock::set(&self.site, self.ahead);
    }

    /// Signs in at `kiosk`, sends the chart to `to`, and answers with the verdict's chart.
    fn lend(&self, number: u32, to: &str) -> Value {
        self.client.scan("rr-1", &badge("2001"));
        self.client.scan("rr-1", &place(to));
        let receipt = self.client.scan("rr-1", &chart(number));
        assert_eq!(receipt["verdict"]["kind"], "checked_out", "{receipt:#}");
        receipt["verdict"]["chart"].clone()
    }

    fn alerts(&self, query: &str) -> Vec<Value> {
        self.client.get(&format!("/api/v1/alerts?{query}")).json["rows"].as_array().expect("rows").clone()
    }

    fn overdue(&self) -> Vec<u64> {
        let mut charts: Vec<_> =
            self.alerts("kind=overdue").iter().map(|alert| alert["chart"].as_u64().expect("chart")).collect();
        charts.sort_unstable();
        charts
    }

    /// Why the newest alert of this chart was closed.
    fn resolution(&self, number: u64) -> Value {
        let closed = self.alerts("state=resolved");
        closed.iter().find(|alert| alert["chart"] == number).expect("a closed alert")["resolution"].clone()
    }
}

fn time(value: &Value) -> Timestamp {
    value.as_str().expect("a time").parse().expect("a time")
}

#[test]
fn an_alert_opens_when_the_loan_is_over_and_closes_when_it_ends() {
    let mut house = House::open(6);
    let lent = house.lend(1, "ER");
    let due_at = time(&lent["due_at"]);
    assert_eq!(due_at.duration_since(time(&lent["out_since"])), SignedDuration::from_hours(24));
    house.advance(3);
    (2..=4).for_each(|number| drop(house.lend(number, "ER")));
    house.lend(5, "CARD");

    // A minute past the first loan's end: the others have two minutes left, and the one to Cardiology a day.
    house.advance(24 * 60 - 2);
    until("the first is overdue", || house.overdue() == [1]);
    let alert = house.alerts("kind=overdue").remove(0);
    assert_eq!((time(&alert["due_at"]), &alert["place"]), (due_at, &json!("ER")), "{alert:#}");
    assert!(time(&alert["opened_at"]) >= due_at, "{alert:#}");
    house.advance(3);
    until("the others follow", || house.overdue() == [1, 2, 3, 4]);

    // Seen at its holder it is there, and overdue all the same.
    house.client.scan("er-1", &badge("1001"));
    house.client.scan("er-1", &command("WHERE"));
    let seen = house.client.scan("er-1", &chart(1));
    assert_eq!(seen["verdict"]["kind"], "located");
    assert_eq!(house.overdue(), [1, 2, 3, 4]);

    house.client.scan("rr-1", &command("RETURN"));
    house.client.scan("rr-1", &badge("2001"));
    assert_eq!(house.client.scan("rr-1", &chart(1))["verdict"]["kind"], "returned");
    house.lend(2, "CARD");
    assert_eq!(house.client.post("/api/v1/charts/3/renew", &json!({})).status, 200);
    assert_eq!(house.overdue(), [4]);
    for (number, resolution) in [(1, "returned"), (2, "handed_on"), (3, "renewed")] {
        assert_eq!(house.resolution(number), resolution);
    }
    let handed_on = house.client.get("/api/v1/charts/2").json;
    assert_eq!(time(&handed_on["due_at"]).duration_since(time(&handed_on["since"])), SignedDuration::from_hours(48));
    assert!(time(&handed_on["out_since"]) < time(&handed_on["since"]), "it is away from home since the first loan");

    // The renewed loan has a term of its own, and so has its alert; the fourth keeps its one.
    house.advance(24 * 60 + 1);
    until("the renewed loan is over", || house.overdue() == [3, 4, 5]);
    assert_eq!(house.alerts("kind=overdue").len(), 3);
    house.site.ok(&["verify"]);
}

#[test]
fn an_alert_is_assigned_noted_snoozed_and_comes_back() {
    let mut house = House::open(1);
    house.site.user("anna", "records", "correct horse battery");
    house.lend(1, "ER");
    house.advance(24 * 60 + 1);
    until("it is overdue", || house.overdue() == [1]);
    let id = house.alerts("kind=overdue")[0]["id"].as_u64().expect("id");
    let act = |what: &str, body: Value| house.client.post(&format!("/api/v1/alerts/{id}/{what}"), &body);
    assert_eq!(act("assign", json!({"user": "anna"})).json["owner"], "anna");
    assert_eq!(act("assign", json!({"user": "nobody"})).status, 422);
    assert_eq!(act("note", json!({"text": "rang them"})).json["notes"][0]["text"], "rang them");
    assert_eq!(
        act("snooze", json!({"until": Timestamp::now()})).status,
        422,
        "that time is past by the server's clock"
    );
    let until_then = Timestamp::now() + house.ahead + SignedDuration::from_mins(30);
    assert_eq!(act("snooze", json!({"until": until_then})).json["state"], "snoozed");
    house.advance(31);
    until("it is back", || house.alerts("kind=overdue")[0]["state"] != "snoozed");
    let alert = house.alerts("kind=overdue").remove(0);
    assert_eq!((&alert["id"], &alert["owner"]), (&json!(id), &json!("anna")), "{alert:#}");
}

#[test]
fn a_missing_case_is_closed_by_the_next_sight_of_the_chart() {
    let house = House::open(2);
    house.client.scan("rr-1", &badge("2001"));
    house.client.scan("rr-1", &command("MISSING"));
    assert_eq!(house.client.scan("rr-1", &chart(1))["verdict"]["kind"], "reported_missing");
    assert_eq!(house.client.post("/api/v1/charts/2/missing", &json!({})).status, 200);
    assert_eq!(house.alerts("kind=missing").len(), 2);

    // Somebody who is not signed in holds it before a scanner: refused, and found.
    let seen = house.client.scan("card-1", &chart(1));
    let notes = seen["verdict"]["notes"].as_array().expect("notes");
    assert!(notes.iter().any(|note| note["kind"] == "was_missing_case_closed"), "{seen:#}");
    let detail = house.client.get("/api/v1/charts/1").json;
    assert_eq!((&detail["seen_place"], &detail["missing_since"]), (&json!("CARD"), &json!(null)), "{detail:#}");
    assert_eq!(house.client.post("/api/v1/charts/2/found", &json!({"place": "ER"})).status, 200);
    assert_eq!(house.client.get("/api/v1/charts/2").json["place"], "ER");
    assert_eq!(house.alerts("kind=missing").len(), 0);
    assert_eq!([house.resolution(1), house.resolution(2)], ["found", "found"]);
    let history = house.client.get("/api/v1/charts/1/history").json;
    assert_eq!(history["rows"][0]["kiosk"], "card-1", "who and where: {history:#}");
}
