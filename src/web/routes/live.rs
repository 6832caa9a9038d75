//! The console's live events and the chain's head.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Access, Api};
use crate::barcode::{ChartNumber, PlaceCode};
use crate::custody::Role;
use crate::ledger::queries::{Sight, hide_places};
use crate::ledger::{AlertRow, PrintJobRow, Published};
use crate::web::caller::Caller;
use crate::web::events::{self, Told};
use crate::web::problem::Answer;
use crate::web::state::Web;

pub(super) fn register(api: Api) -> Api {
    api.route(Access::Role(Role::Viewer), routes!(follow)).route(Access::SignedIn, routes!(head))
}

/// An entry as the console hears of it.
#[derive(Serialize, ToSchema)]
struct LiveEntry<'a> {
    /// The entry.
    seq: u64,
    /// The ledger's epoch: after a restore the numbers begin to mean other entries.
    epoch: Uuid,
    /// Its kind; also the event's name.
    kind: &'a str,
    /// When it was recorded.
    at: Timestamp,
    /// The kiosk, for scans.
    kiosk: Option<&'a str>,
    /// The chart it is about.
    #[schema(value_type = Option<u32>)]
    chart: Option<ChartNumber>,
    /// Places whose lists may have changed; `null` where that is withheld.
    #[schema(value_type = Option<Vec<String>>)]
    places: Option<&'a [PlaceCode]>,
    /// The alert it opened or changed.
    alert: Option<AlertRow>,
    /// The print job it made or changed.
    print_job: Option<&'a PrintJobRow>,
}

/// An entry tells a chart and places, together where the chart is. Whether the chart is restricted is known of scans
/// only (their receipt says so); of others it is withheld from those who may not see restricted ones, as is what names
/// a restricted place, whatever its chart is now.
fn live(entry: &Published, epoch: Uuid, sight: Sight) -> LiveEntry<'_> {
    let seen = |chart: &crate::custody::ChartView| !chart.restricted;
    let receipt = entry.receipt.as_ref().and_then(|receipt| receipt.verdict.chart.as_ref());
    let unrestricted = !entry.restricted && (entry.chart.is_none() || receipt.is_some_and(seen));
    let open = sight == Sight::Full || unrestricted;
    let mut alert = entry.alert.clone();
    if let Some(alert) = alert.as_mut().filter(|_| !open) {
        hide_places(alert);
    }
    if let Some(alert) = alert.as_mut().filter(|_| sight != Sight::Full) {
        (alert.resolved_by, alert.resolved_place) = (None, None);
    }
    LiveEntry {
        seq: entry.seq,
        epoch,
        kind: &entry.kind,
        at: entry.at,
        kiosk: if open { entry.kiosk.as_deref() } else { None },
        chart: entry.chart,
        places: open.then_some(&entry.places),
        alert,
        print_job: entry.print_job.as_ref().filter(|_| sight == Sight::Full || !entry.restricted),
    }
}

/// Every entry, live, without patient data, and each change of a scanner's or printer's state.
///
/// An event's name is the entry's kind, its `id` the seq; `device` is a scanner and `printer` a printer, at the server
/// or at a kiosk's own computer; `resync` says that
/// something was missed. Resumes after `Last-Event-ID`.
#[utoipa::path(get, path = "/api/v1/events", tag = "live",
    responses((status = 200, content_type = "text/event-stream", body = String)))]
async fn follow(State(web): State<Web>, caller: Caller, headers: HeaderMap) -> Answer<impl IntoResponse> {
    let sight = super::sight(&caller);
    let last_seen = events::last_event_id(&headers);
    let subscription = web.feed.resume(web.ledger(), &caller.who.to_string(), last_seen).await?;
    let epoch = web.ledger().epoch();
    Ok(events::stream(&web, &caller, subscription, move |told| match told {
        Told::Entry(entry) => events::event(&entry.kind, Some(entry.seq), &live(entry, epoch, sight)),
        Told::Device(device) => events::event("device", None, device),
        Told::Printer(printer) => events::event("printer", None, printer),
    }))
}

/// The chain's newest entry: note it down elsewhere, and `outguide verify --expect-head SEQ:HASH` finds a cut tail.
#[derive(Serialize, ToSchema)]
struct HeadView {
    /// Its number.
    seq: u64,
    /// Its hash, hex.
    hash: String,
    /// The ledger's epoch.
    epoch: Uuid,
    /// Both, as `--expect-head` takes them.
    text: String,
}

/// The chain's newest entry.
#[utoipa::path(get, path = "/api/v1/head", tag = "live", responses((status = 200, body = HeadView)))]
async fn head(State(web): State<Web>) -> Json<HeadView> {
    let head = web.ledger().head();
    let hash = hex::encode(head.hash);
    Json(HeadView { seq: head.seq, text: format!("{}:{hash}", head.seq), hash, epoch: head.epoch })
}
