//! Live events: resumed without a gap, nothing of patients in them.

use std::io::{BufRead, BufReader};

use serde_json::Value;

use crate::support::{Client, Server, Site, badge, chart};

fn open() -> (Site, Server, Client, Client) {
    let site = Site::hospital("", 5);
    let (viewer, kiosk) = (site.token("clerk"), site.kiosk_token("er-1"));
    let server = site.serve();
    let (viewer, kiosk) = (server.client(&viewer), server.client(&kiosk));
    (site, server, viewer, kiosk)
}

/// One event of a stream.
#[derive(Debug, PartialEq)]
struct Event {
    id: Option<u64>,
    name: String,
    data: Value,
    raw: String,
}

struct Stream<R>(R);

impl<R: BufRead> Stream<R> {
    /// The next event, comments and `retry` passed over.
    fn next(&mut self) -> Event {
        let (mut id, mut name, mut data, mut raw) = (None, String::new(), Value::Null, String::new());
        loop {
            let mut line = String::new();
            assert!(self.0.read_line(&mut line).expect("stream") > 0, "the stream ended: {raw}");
            raw.push_str(&line);
            match line.trim_end_matches('\n').split_once(':').map(|(field, rest)| (field, rest.trim_start())) {
                Some(("id", text)) => id = Some(text.parse().expect("seq")),
                Some(("event", text)) => text.clone_into(&mut name),
                Some(("data", text)) => data = serde_json::from_str(text).expect("JSON"),
                None if !name.is_empty() => return Event { id, name, data, raw },
                _ => {}
            }
        }
    }
}

fn follow(client: &Client, path: &str, last: Option<u64>) -> Stream<impl BufRead + use<>> {
    Stream(BufReader::new(client.stream(path, last)))
}

#[test]
fn a_stream_goes_on_where_it_was_without_gap_or_repetition() {
    let (site, server, viewer, kiosk) = open();
    let mut stream = follow(&viewer, "/api/v1/events", None);
    let first = kiosk.scan("er-1", &badge("1001"))["seq"].as_u64().expect("seq");
    let event = stream.next();
    assert_eq!((event.id, event.name.as_str()), (Some(first), "signed_in"));
    drop(stream);
    let missed: Vec<u64> = (1..=3).map(|n| kiosk.scan("er-1", &chart(n))["seq"].as_u64().expect("seq")).collect();

    let mut stream = follow(&viewer, "/api/v1/events", Some(first));
    for seq in &missed {
        let event = stream.next();
        assert_eq!((event.id, event.name.as_str()), (Some(*seq), "received"), "{event:?}");
        assert_eq!(event.data["seq"], *seq);
        assert!(!event.raw.contains("Patient") && !event.raw.contains("10000"), "no patient data: {event:?}");
    }
    let live = kiosk.scan("er-1", &chart(4))["seq"].as_u64();
    assert_eq!(stream.next().id, live, "and goes on live");

    // The feed's memory ends with the server; the ledger's does not.
    drop(stream);
    drop(server);
    let server = site.serve();
    let mut stream = follow(&viewer.at(&server.url), "/api/v1/events", Some(first));
    assert_eq!(stream.next().id, Some(missed[0]), "after a restart");
    let mut ahead = follow(&viewer.at(&server.url), "/api/v1/events", Some(9_999_999));
    assert_eq!(ahead.next().name, "resync", "what this ledger never gave cannot be gone on from");
}

#[test]
fn a_kiosk_hears_its_own_receipts_only() {
    let site = Site::hospital("", 5);
    let (er, room) = (site.kiosk_token("er-1"), site.kiosk_token("rr-1"));
    let server = site.serve();
    let (er, room) = (server.client(&er), server.client(&room));
    let mut stream = follow(&er, "/api/v1/kiosks/er-1/events", None);
    room.scan("rr-1", &badge("2001"));
    let own = er.scan("er-1", &badge("1001"));
    let event = stream.next();
    assert_eq!((event.id, event.name.as_str()), (own["seq"].as_u64(), "receipt"));
    assert_eq!(event.data["verdict"], own["verdict"]);
}
