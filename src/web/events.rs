//! Server-sent events: `id` is the ledger's seq, `Last-Event-ID` resumes, a comment keeps the line alive, and who falls
//! behind is told `resync`.

use std::convert::Infallible;
use std::pin::Pin;

use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::{self, StreamExt};
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, broadcast};

use super::caller::Caller;
use super::changes::{Change, Changes};
use super::feed::{News, Subscription};
use super::limits::{STREAM_KEEP_ALIVE, STREAM_LIFE, STREAM_RETRY};
use super::state::{PrinterView, Web};
use crate::intake::DeviceStatus;
use crate::ledger::Published;

/// The entry that the browser saw last.
pub fn last_event_id(headers: &HeaderMap) -> Option<u64> {
    headers.get("last-event-id")?.to_str().ok()?.trim().parse().ok()
}

/// One event of this name; `seq` becomes its id.
pub fn event(name: &str, seq: Option<u64>, data: &impl Serialize) -> Option<Event> {
    let event = Event::default().event(name).json_data(data).ok()?;
    Some(match seq {
        Some(seq) => event.id(seq.to_string()),
        None => event,
    })
}

/// Where a stream's events come from.
struct Source<F> {
    first: std::vec::IntoIter<News>,
    told: u64,
    live: broadcast::Receiver<News>,
    changes: Changes,
    end: Pin<Box<dyn Future<Output = ()> + Send>>,
    tell: F,
    _place: [OwnedSemaphorePermit; 2],
}

/// What a stream tells its reader of.
pub enum Told<'a> {
    /// An entry.
    Entry(&'a Published),
    /// A scanner changed.
    Device(&'a DeviceStatus),
    /// A printer changed.
    Printer(&'a PrinterView),
}

/// A stream that tells what `tell` makes of each entry and each change of a device (`None`: nothing) until the server closes, the
/// caller's credentials end, or [`STREAM_LIFE`] is over and the caller must show them again.
pub fn stream<F>(
    web: &Web,
    caller: &Caller,
    subscription: Subscription,
    tell: F,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<F>>
where
    F: Fn(Told<'_>) -> Option<Event> + Send + 'static,
{
    let (mut closing, ended) = (web.app.closing.clone(), web.callers.ended(caller));
    let end = Box::pin(async move {
        tokio::select! {
            _ = closing.wait_for(|closing| *closing) => {}
            () = ended => {}
            () = tokio::time::sleep(STREAM_LIFE) => {}
        }
    });
    let Subscription { missed, told, live, place } = subscription;
    let source =
        Source { first: missed.into_iter(), told, live, changes: Changes::follow(&web.app), end, tell, _place: place };
    let hello = stream::once(async { Ok(Event::default().retry(STREAM_RETRY).comment("outguide")) });
    let events = stream::unfold(source, |mut source| async { source.next().await.map(|event| (Ok(event), source)) });
    Sse::new(hello.chain(events)).keep_alive(KeepAlive::new().interval(STREAM_KEEP_ALIVE).text("still here"))
}

impl<F: Fn(Told<'_>) -> Option<Event>> Source<F> {
    async fn next(&mut self) -> Option<Event> {
        loop {
            let told = match self.first.next() {
                Some(news) => self.of_news(&news),
                None => self.live().await?,
            };
            if told.is_some() {
                return told;
            }
        }
    }

    /// `None` ends the stream; `Some(None)` is nothing to tell.
    async fn live(&mut self) -> Option<Option<Event>> {
        let news = tokio::select! {
            biased;
            () = &mut self.end => return None,
            news = self.live.recv() => news,
            change = self.changes.next() => {
                let told = match &change {
                    Change::Device(device) => Told::Device(device),
                    Change::Printer(printer) => Told::Printer(printer),
                };
                return Some((self.tell)(told));
            }
        };
        match news {
            Ok(News::Entry(entry)) if entry.seq <= self.told => Some(None),
            Ok(news) => Some(self.of_news(&news)),
            Err(RecvError::Lagged(_)) => Some(resync(None)),
            Err(RecvError::Closed) => None,
        }
    }

    fn of_news(&self, news: &News) -> Option<Event> {
        match news {
            News::Entry(entry) => (self.tell)(Told::Entry(entry)),
            News::Resync(seq) => resync(*seq),
        }
    }
}

fn resync(seq: Option<u64>) -> Option<Event> {
    event("resync", seq, &serde_json::json!({}))
}
