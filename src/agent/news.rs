//! Follows the kiosk's events at the server and passes them on to the page.

use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;
use std::time::Duration;

use outguide_hardware::scanner::Stop;
use serde_json::Value;

use super::shared::Shared;
use super::store::Store;
use super::upstream::Upstream;

/// The longest line of an event that is read, in bytes.
const LINE_MAX_BYTES: u64 = 1024 * 1024;
/// The wait before a stream that broke is opened again.
const OPEN_AGAIN: Duration = Duration::from_secs(1);

/// The following thread's work.
pub struct Follower {
    /// Scans that this computer sent itself.
    pub store: Arc<Store>,
    /// Who is told.
    pub shared: Arc<Shared>,
    /// The way to the server.
    pub upstream: Upstream,
    /// This computer's own scanners, of which the page hears without the server.
    pub own_devices: Vec<String>,
    /// Ends it.
    pub stop: Stop,
}

/// One event.
#[derive(Debug, Default, PartialEq)]
struct Event {
    name: String,
    id: Option<u64>,
    data: Value,
}

impl Follower {
    /// Until it is stopped.
    pub fn run(&self) {
        let mut last = None;
        while !self.stop.is_set() {
            if !self.shared.wait_reached(OPEN_AGAIN) {
                continue;
            }
            match self.upstream.stream(&self.upstream.kiosk_path("/events"), last) {
                Ok(stream) => {
                    let ended = read(stream, |event| {
                        last = event.id.or(last);
                        self.pass_on(event);
                        !self.stop.is_set()
                    });
                    // That a stream ends after its time is its ordinary end.
                    tracing::debug!(?ended, "the event stream ended");
                }
                Err(error) => {
                    tracing::debug!(%error, "the event stream cannot be opened");
                    self.stop.wait(OPEN_AGAIN);
                }
            }
        }
    }

    fn pass_on(&self, event: Event) {
        let of = |field: &str| event.data.get(field).and_then(Value::as_str);
        let known_here = match event.name.as_str() {
            // Its sender tells of it, with this computer's time.
            "receipt" => {
                let id = of("id").and_then(|id| id.parse().ok());
                id.is_some_and(|id| self.store.knows(id).unwrap_or(false))
            }
            "device" => of("id").is_some_and(|id| self.own_devices.iter().any(|own| own == id)),
            _ => false,
        };
        if !known_here {
            self.shared.tell(&event.name, event.data);
        }
    }
}

/// Reads `text/event-stream` (HTML standard, section 9.2.6) until it ends or `give` has enough.
fn read(stream: impl Read, mut give: impl FnMut(Event) -> bool) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut event, mut data) = (String::new(), Event::default(), String::new());
    loop {
        line.clear();
        if reader.by_ref().take(LINE_MAX_BYTES).read_line(&mut line)? == 0 {
            return Ok(());
        }
        if !line.ends_with('\n') {
            return Err(std::io::Error::other("an event is too long or was cut off"));
        }
        let text = line.trim_end_matches(['\r', '\n']);
        if text.is_empty() {
            if !data.is_empty() {
                event.data = serde_json::from_str(&data).unwrap_or(Value::Null);
                if !give(std::mem::take(&mut event)) {
                    return Ok(());
                }
            }
            (event, data) = (Event::default(), String::new());
            continue;
        }
        let (field, value) = text.split_once(':').unwrap_or((text, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut event.name),
            "id" => event.id = value.parse().ok(),
            "data" => data.push_str(value),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_whole_or_not_at_all() {
        let text = ": hello\n\nretry: 5\n\nevent: receipt\nid: 7\ndata: {\"id\":\"x\"}\n\nevent: resync\r\ndata: {}\r\n\r\nevent: cut\ndata: {";
        let mut seen = Vec::new();
        let ended = read(text.as_bytes(), |event| {
            seen.push((event.name, event.id, event.data.to_string()));
            true
        });
        let wanted =
            [("receipt".to_owned(), Some(7), "{\"id\":\"x\"}".to_owned()), ("resync".into(), None, "{}".into())];
        assert_eq!(seen, wanted);
        assert!(ended.is_err());
    }
}
