//! What an agent serves on a kiosk's own computer: the kiosk's page and the few routes that it asks. On loopback only and
//! without a sign-in: who stands before the computer is at the kiosk. So that no page of another site reaches in through
//! the browser there, each request must name this computer as its host (which defeats a foreign name that was pointed at
//! it), and each change must carry our pages' header and come from our origin.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use futures_util::{Stream, StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tower_http::catch_panic::CatchPanicLayer;
use uuid::Uuid;

use super::extract::{Body, Path};
use super::limits::{BODY_MAX_BYTES, STREAM_KEEP_ALIVE, STREAM_RETRY};
use super::problem::{Answer, Problem};
use super::{access, assets, shell};
use crate::agent::{Added, Agent, NewScan, News, StoreError};
use crate::custody::{Scan, ScanSource};
use crate::intake::DeviceStatus;

/// How long an answer to a scan waits for its receipt: so long a person waits before looking for one.
const RECEIPT_WITHIN: Duration = Duration::from_millis(1200);
/// The longest name of a lane.
const LANE_MAX_BYTES: usize = 64;

/// The state of every handler.
#[derive(Clone)]
struct Local {
    agent: Arc<Agent>,
    closing: watch::Receiver<bool>,
}

/// Everything that an agent serves. Event streams end when `closing` says so.
pub fn local_router(agent: Arc<Agent>, closing: watch::Receiver<bool>) -> axum::Router {
    axum::Router::new()
        .route("/", get(home))
        .route("/kiosk/{kiosk}", get(page))
        .route("/assets/{*path}", get(asset))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/api/v1/kiosks/{kiosk}", get(kiosk))
        .route("/api/v1/kiosks/{kiosk}/scans", post(scan))
        .route("/api/v1/kiosks/{kiosk}/touch", post(touch))
        .route("/api/v1/kiosks/{kiosk}/events", get(follow))
        .route("/api/v1/kiosks/{kiosk}/parked/{queue_seq}/send-again", post(send_again))
        .route("/api/v1/kiosks/{kiosk}/parked/{queue_seq}/set-aside", post(set_aside))
        .with_state(Local { agent, closing })
        .layer(axum::extract::DefaultBodyLimit::max(BODY_MAX_BYTES))
        .layer(CatchPanicLayer::custom(shell::after_panic))
        .layer(from_fn(every_request))
}

async fn every_request(request: Request, next: Next) -> Response {
    let id = Uuid::now_v7().to_string();
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let response = match admitted(request.method(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    let mut response = shell::as_problem(response, &id);
    shell::dress(&mut response, &id, &route, false);
    response
}

fn admitted(method: &Method, headers: &HeaderMap) -> Answer<()> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next(),
        None => host.split(':').next(),
    };
    if !matches!(name, Some("127.0.0.1" | "localhost" | "::1")) {
        return Err(Problem::forbidden("This page is served to this computer alone, as http://127.0.0.1."));
    }
    match *method {
        Method::GET | Method::HEAD => Ok(()),
        _ => access::deliberate(headers),
    }
}

async fn home(State(local): State<Local>) -> Redirect {
    Redirect::temporary(&format!("/kiosk/{}", local.agent.kiosk()))
}

async fn page(State(local): State<Local>, headers: HeaderMap) -> Answer<Response> {
    let language = blocking(&local, Agent::language).await?;
    Ok(assets::serve_kiosk(language, &headers))
}

async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    assets::serve(&path, &headers)
}

async fn healthz() -> Json<Value> {
    Json(json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}))
}

async fn readyz(State(local): State<Local>) -> Answer<Json<Value>> {
    if !local.agent.all_tried() {
        return Err(Problem::unavailable("Not every configured device has been tried yet."));
    }
    Ok(healthz().await)
}

/// This computer is one kiosk.
fn own(local: &Local, kiosk: &str) -> Answer<()> {
    if kiosk == local.agent.kiosk() {
        return Ok(());
    }
    let detail = format!("This computer is kiosk {}. Open /kiosk/{0}.", local.agent.kiosk());
    Err(Problem::not_found(detail))
}

/// Work that waits for the disk or the server, on a thread that may.
async fn blocking<T: Send + 'static>(local: &Local, work: impl FnOnce(&Agent) -> T + Send + 'static) -> Answer<T> {
    let agent = Arc::clone(&local.agent);
    let done = tokio::task::spawn_blocking(move || work(&agent)).await;
    done.map_err(|error| Problem::internal("work on a thread failed", &error))
}

fn not_kept(error: StoreError) -> Problem {
    Problem::not_recorded(format!("{error}. Nothing happened: tell the records room, then scan again."))
}

async fn kiosk(State(local): State<Local>, Path(kiosk): Path<String>) -> Answer<Json<Value>> {
    own(&local, &kiosk)?;
    let view = blocking(&local, Agent::view).await?.map_err(not_kept)?;
    view.map(Json).ok_or_else(|| {
        Problem::unavailable("The server was never reached from this computer. What is scanned is kept here.")
    })
}

/// A scan of the page. Unknown fields are passed over.
#[derive(Deserialize)]
struct PageScan {
    id: Uuid,
    data: String,
    #[serde(default)]
    lane: String,
    #[serde(default)]
    source: ScanSource,
    observed_at: Option<Timestamp>,
    sent_at: Option<Timestamp>,
}

/// Into the queue, on disk; then the receipt where it comes at once, else 202: the page may forget the scan.
async fn scan(State(local): State<Local>, Path(kiosk): Path<String>, Body(new): Body<PageScan>) -> Answer<Response> {
    own(&local, &kiosk)?;
    if new.data.len() > Scan::DATA_MAX_BYTES {
        return Err(Problem::invalid("data", format!("Longer than {} bytes.", Scan::DATA_MAX_BYTES)));
    }
    if new.lane.len() > LANE_MAX_BYTES || new.lane.chars().any(char::is_control) {
        return Err(Problem::invalid("lane", format!("Use at most {LANE_MAX_BYTES} plain characters.")));
    }
    let now = local.agent.now();
    // The browser's clock is this computer's; where it is not, what it says of the time that passed still holds.
    let waited = match (new.observed_at, new.sent_at) {
        (Some(observed), Some(sent)) => sent.duration_since(observed).max(SignedDuration::ZERO),
        (Some(observed), None) => now.duration_since(observed).max(SignedDuration::ZERO),
        (None, _) => SignedDuration::ZERO,
    };
    let scan = NewScan {
        id: new.id,
        device: None,
        lane: new.lane,
        source: new.source,
        symbology: None,
        data: new.data,
        observed_at: now.checked_sub(waited).unwrap_or(now),
    };
    // Before it is kept, so that a quick receipt is not missed.
    let news = local.agent.subscribe();
    let added = blocking(&local, move |agent| agent.keep(&scan)).await?.map_err(not_kept)?;
    let kept = |recorded: bool| {
        (StatusCode::ACCEPTED, Json(json!({"kept": true, "id": new.id, "recorded": recorded}))).into_response()
    };
    match added {
        Added::Conflict => {
            Err(Problem::conflict("This id was used before for another scan. Give each scan its own.").field("id"))
        }
        Added::WasRecorded => Ok(kept(true)),
        Added::Queued(_) | Added::WasQueued => match receipt(news, new.id).await {
            Some(receipt) => Ok(Json(receipt).into_response()),
            None => Ok(kept(false)),
        },
    }
}

/// The receipt of this scan, if it comes in time.
async fn receipt(mut news: broadcast::Receiver<News>, id: Uuid) -> Option<Value> {
    let id = id.to_string();
    let wait = async {
        loop {
            match news.recv().await {
                Ok(told) if told.data["id"] == id.as_str() && told.name == "receipt" => return Some(told.data),
                Ok(told) if told.data["id"] == id.as_str() && told.name == "parked" => return None,
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    };
    tokio::time::timeout(RECEIPT_WITHIN, wait).await.ok().flatten()
}

async fn touch(State(local): State<Local>, Path(kiosk): Path<String>, Body(body): Body<Value>) -> Answer<Response> {
    own(&local, &kiosk)?;
    let told = blocking(&local, move |agent| agent.touch(&body)).await?;
    let (status, json) = told.map_err(|unanswered| Problem::unavailable(unanswered.to_string()))?;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    Ok((status, Json(json)).into_response())
}

async fn send_again(local: State<Local>, path: Path<(String, u64)>) -> Answer<Json<Value>> {
    decide(local, path, true).await
}

async fn set_aside(local: State<Local>, path: Path<(String, u64)>) -> Answer<Json<Value>> {
    decide(local, path, false).await
}

async fn decide(
    State(local): State<Local>,
    Path((kiosk, queue_seq)): Path<(String, u64)>,
    send_again: bool,
) -> Answer<Json<Value>> {
    own(&local, &kiosk)?;
    let found = blocking(&local, move |agent| agent.decide(queue_seq, send_again)).await?.map_err(not_kept)?;
    if found { Ok(Json(json!({"done": true}))) } else { Err(Problem::not_found("No such scan is parked here.")) }
}

/// What a stream is fed from.
struct Feeds {
    news: broadcast::Receiver<News>,
    devices: broadcast::Receiver<DeviceStatus>,
    closing: watch::Receiver<bool>,
}

async fn follow(
    State(local): State<Local>,
    Path(kiosk): Path<String>,
) -> Answer<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    own(&local, &kiosk)?;
    let feeds = Feeds {
        news: local.agent.subscribe(),
        devices: local.agent.subscribe_devices(),
        closing: local.closing.clone(),
    };
    // How the agent is comes first: the page knows it also where the server was never reached.
    let agent = blocking(&local, Agent::state).await?.map_err(not_kept)?;
    let first = Event::default().retry(STREAM_RETRY).event("agent").json_data(agent);
    let hello = stream::iter(first.ok().map(Ok));
    let events = stream::unfold(feeds, |mut feeds| async { feeds.next().await.map(|event| (Ok(event), feeds)) });
    Ok(Sse::new(hello.chain(events)).keep_alive(KeepAlive::new().interval(STREAM_KEEP_ALIVE).text("still here")))
}

impl Feeds {
    async fn next(&mut self) -> Option<Event> {
        loop {
            let made = tokio::select! {
                biased;
                _ = self.closing.wait_for(|closing| *closing) => return None,
                told = self.news.recv() => match told {
                    Ok(told) => Event::default().event(told.name).json_data(told.data),
                    Err(RecvError::Lagged(_)) => Event::default().event("resync").json_data(json!({})),
                    Err(RecvError::Closed) => return None,
                },
                device = self.devices.recv() => match device {
                    Ok(device) => Event::default().event("device").json_data(device),
                    Err(RecvError::Lagged(_)) => Event::default().event("resync").json_data(json!({})),
                    Err(RecvError::Closed) => return None,
                },
            };
            if let Ok(event) = made {
                return Some(event);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: Method, pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        admitted(&method, &headers).is_ok()
    }

    #[test]
    fn only_this_computers_own_pages_come_in() {
        for host in ["127.0.0.1:8081", "localhost:8081", "[::1]:8081", "127.0.0.1"] {
            assert!(asked(Method::GET, &[("host", host)]), "{host}");
        }
        for host in ["evil.example:8081", "127.0.0.1.evil.example", "10.0.0.1:8081", ""] {
            assert!(!asked(Method::GET, &[("host", host)]), "{host}");
        }
        let host = ("host", "127.0.0.1:8081");
        assert!(!asked(Method::POST, &[host]), "a form of another site");
        assert!(asked(Method::POST, &[host, ("x-outguide", "1")]));
        assert!(!asked(Method::POST, &[host, ("x-outguide", "1"), ("origin", "https://evil.example")]));
        assert!(asked(Method::POST, &[host, ("x-outguide", "1"), ("origin", "http://127.0.0.1:8081")]));
    }
}
