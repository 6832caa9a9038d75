//! Alerts and what people do with them.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::{Access, Api};
use crate::custody::Role;
use crate::ledger::changes::{AlertAction, AlertStep};
use crate::ledger::queries::{AlertDetail, AlertFilter, AlertOwner, Page};
use crate::ledger::{AlertId, AlertKind, AlertState};
use crate::web::caller::{Caller, Peer};
use crate::web::extract::{Body, Path, Query};
use crate::web::looks::{self, Look};
use crate::web::problem::Answer;
use crate::web::state::Web;

const RECORDS: Access = Access::Role(Role::Records);

pub(super) fn register(api: Api) -> Api {
    api.route(Access::Role(Role::Viewer), routes!(list))
        .route(Access::Role(Role::Viewer), routes!(open))
        .route(RECORDS, routes!(assign))
        .route(RECORDS, routes!(note))
        .route(RECORDS, routes!(snooze))
        .route(RECORDS, routes!(resolve))
        .route(RECORDS, routes!(acknowledge))
}

/// Which alerts.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    /// In this state; those not resolved where it is not given.
    state: Option<AlertState>,
    /// Of this kind.
    kind: Option<AlertKind>,
    /// `false`: without those that are snoozed.
    snoozed: Option<bool>,
    /// Of those not resolved: the ones that this console user looks after.
    owner: Option<String>,
    /// `true`: of those not resolved, the ones that nobody looks after yet.
    unowned: Option<bool>,
    /// How many rows at most, 1 to 500; 50 where it is not given.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Alerts: live ones by kind, the oldest first; resolved ones the newest first. A look at the list is an entry of the
/// access log.
#[utoipa::path(get, path = "/api/v1/alerts", tag = "alerts", params(Which),
    responses((status = 200, body = Page<AlertDetail>)))]
async fn list(
    State(web): State<Web>,
    caller: Caller,
    peer: Peer,
    Query(which): Query<Which>,
) -> Answer<Json<Page<AlertDetail>>> {
    let list = looks::list_of("alerts", &(which.state, which.kind, which.snoozed, &which.owner, which.unowned));
    let owner = if which.unowned == Some(true) { Some(AlertOwner::Nobody) } else { which.owner.map(AlertOwner::User) };
    let filter = AlertFilter { state: which.state, kind: which.kind, awake: which.snoozed == Some(false), owner };
    let paging = super::paging(which.limit, which.cursor)?;
    let sight = super::sight(&caller);
    let page = web.ledger().read(move |reader| reader.alerts(&filter, &paging, sight)).await?;
    looks::log_list(&web, &caller, peer, Look::Alerts, list).await?;
    Ok(Json(page))
}

/// One alert with its notes. Of a chart's alert, it is an entry of the access log.
#[utoipa::path(get, path = "/api/v1/alerts/{id}", tag = "alerts", params(("id" = u64, Path)),
    responses((status = 200, body = AlertDetail)))]
async fn open(State(web): State<Web>, caller: Caller, peer: Peer, Path(id): Path<u64>) -> Answer<Json<AlertDetail>> {
    let opened = detail(&web, &caller, AlertId(id)).await?;
    if let Some(chart) = opened.alert.chart {
        looks::log(&web, &caller, peer, Look::Alert(chart)).await?;
    }
    Ok(opened)
}

async fn detail(web: &Web, caller: &Caller, id: AlertId) -> Answer<Json<AlertDetail>> {
    let sight = super::sight(caller);
    Ok(Json(web.ledger().read(move |reader| reader.alert(id, sight)).await?))
}

async fn act(web: &Web, caller: &Caller, id: u64, step: AlertStep) -> Answer<Json<AlertDetail>> {
    let made = web.ledger().change(&caller.actor(), AlertAction { id: AlertId(id), step }).await?;
    detail(web, caller, made.id).await
}

/// Who looks after it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Assign {
    /// A console account's name.
    user: String,
}

/// Says who looks after an alert.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/assign", tag = "alerts", params(("id" = u64, Path)),
    request_body = Assign, responses((status = 200, body = AlertDetail)))]
async fn assign(
    State(web): State<Web>,
    caller: Caller,
    Path(id): Path<u64>,
    Body(body): Body<Assign>,
) -> Answer<Json<AlertDetail>> {
    act(&web, &caller, id, AlertStep::Assign { user: body.user }).await
}

/// A note.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Note {
    /// Its text; kept beside the chain, which has its keyed hash.
    #[schema(min_length = 1, max_length = 2000)]
    text: String,
}

/// Adds a note to an alert.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/note", tag = "alerts", params(("id" = u64, Path)),
    request_body = Note, responses((status = 200, body = AlertDetail)))]
async fn note(
    State(web): State<Web>,
    caller: Caller,
    Path(id): Path<u64>,
    Body(body): Body<Note>,
) -> Answer<Json<AlertDetail>> {
    let text = super::text("text", &body.text)?;
    act(&web, &caller, id, AlertStep::Note { text }).await
}

/// Until when it is hidden.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Snooze {
    /// A time to come.
    until: Timestamp,
}

/// Hides an alert for a while; it comes back by itself.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/snooze", tag = "alerts", params(("id" = u64, Path)),
    request_body = Snooze, responses((status = 200, body = AlertDetail)))]
async fn snooze(
    State(web): State<Web>,
    caller: Caller,
    Path(id): Path<u64>,
    Body(body): Body<Snooze>,
) -> Answer<Json<AlertDetail>> {
    act(&web, &caller, id, AlertStep::Snooze { until: body.until }).await
}

/// Why it is done with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Resolve {
    /// In a few words.
    #[schema(min_length = 1, max_length = 2000)]
    reason: String,
}

/// Closes an alert by hand; not that of a missing chart, which ends with its case.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/resolve", tag = "alerts", params(("id" = u64, Path)),
    request_body = Resolve, responses((status = 200, body = AlertDetail)))]
async fn resolve(
    State(web): State<Web>,
    caller: Caller,
    Path(id): Path<u64>,
    Body(body): Body<Resolve>,
) -> Answer<Json<AlertDetail>> {
    let reason = super::text("reason", &body.reason)?;
    act(&web, &caller, id, AlertStep::Resolve { reason }).await
}

/// Says that someone has seen an alert.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/acknowledge", tag = "alerts", params(("id" = u64, Path)),
    responses((status = 200, body = AlertDetail)))]
async fn acknowledge(State(web): State<Web>, caller: Caller, Path(id): Path<u64>) -> Answer<Json<AlertDetail>> {
    act(&web, &caller, id, AlertStep::Acknowledge).await
}
