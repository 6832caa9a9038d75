//! What is out, by place; and the list for the day the server is down.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::{Access, Api};
use crate::barcode::PlaceCode;
use crate::custody::Role;
use crate::ledger::queries::{ChartRow, OutFilter, OutSummaryRow, Page};
use crate::web::caller::{Caller, Peer};
use crate::web::extract::Query;
use crate::web::looks::{self, Look};
use crate::web::problem::Answer;
use crate::web::state::Web;

pub(super) fn register(api: Api) -> Api {
    api.route(Access::Role(Role::Viewer), routes!(list))
        .route(Access::Role(Role::Viewer), routes!(summary))
        // The list shows restricted charts too: a dead server cannot ask who reads it.
        .route(Access::Role(Role::Supervisor), routes!(downtime_list))
}

/// Which charts.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Out at this place; anywhere where it is not given.
    #[param(value_type = Option<String>)]
    place: Option<PlaceCode>,
    /// `true`: overdue ones only.
    overdue: Option<bool>,
    /// How many rows at most, 1 to 500; 50 where it is not given.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Charts that are out, by place, the longest away first. A look at the list is an entry of the access log.
#[utoipa::path(get, path = "/api/v1/out", tag = "out", params(Which), responses((status = 200, body = Page<ChartRow>)))]
async fn list(
    State(web): State<Web>,
    caller: Caller,
    peer: Peer,
    Query(which): Query<Which>,
) -> Answer<Json<Page<ChartRow>>> {
    let list = looks::list_of("out", &(&which.place, which.overdue));
    let paging = super::paging(which.limit, which.cursor)?;
    let sight = super::sight(&caller);
    let filter = OutFilter { place: which.place, overdue: which.overdue == Some(true) };
    let page = web.ledger().read(move |reader| reader.out_charts(&filter, &paging, sight)).await?;
    looks::log_list(&web, &caller, peer, Look::Out, list).await?;
    Ok(Json(page))
}

/// How much is out, by place, the most first; of restricted charts only to who may see where they are.
#[utoipa::path(get, path = "/api/v1/out/summary", tag = "out", responses((status = 200, body = Page<OutSummaryRow>)))]
async fn summary(State(web): State<Web>, caller: Caller) -> Answer<Json<Page<OutSummaryRow>>> {
    let sight = super::sight(&caller);
    let rows = web.ledger().read(move |reader| reader.out_summary(sight)).await?;
    Ok(Json(Page { rows, next_cursor: None }))
}

/// What is out and where, as PDF, to be printed before the server is needed and dead.
#[utoipa::path(get, path = "/api/v1/downtime-list.pdf", tag = "out",
    responses((status = 200, content_type = "application/pdf", body = String)))]
async fn downtime_list(State(web): State<Web>, caller: Caller, peer: Peer) -> Answer<Response> {
    looks::log(&web, &caller, peer, Look::DowntimeList).await?;
    let papers = web.app.papers.clone();
    let bytes = super::blocking(move || papers.downtime_list()).await??;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    let name = HeaderValue::from_static("inline; filename=\"outguide-downtime-list.pdf\"");
    headers.insert(header::CONTENT_DISPOSITION, name);
    Ok((StatusCode::OK, headers, bytes).into_response())
}
