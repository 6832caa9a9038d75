//! For monitoring: alive, ready, metrics; and the document of the routes.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{Access, Api};
use crate::custody::Role;
use crate::web::problem::{Answer, Problem};
use crate::web::state::Web;

pub(super) fn register(api: Api) -> Api {
    api.route(Access::Public, routes!(healthz))
        .route(Access::Public, routes!(readyz))
        .route(Access::Role(Role::Technician), routes!(metrics))
        .route(Access::SignedIn, routes!(openapi))
}

/// That the server is well.
#[derive(Serialize, ToSchema)]
struct Health {
    /// Always `ok`.
    status: &'static str,
    /// The program's version.
    version: &'static str,
}

const WELL: Health = Health { status: "ok", version: env!("CARGO_PKG_VERSION") };

/// Answers while the process lives.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, body = Health)))]
async fn healthz() -> Json<Health> {
    Json(WELL)
}

/// 200 once the ledger is open and every configured device has been tried.
#[utoipa::path(get, path = "/readyz", tag = "health", responses((status = 200, body = Health)))]
async fn readyz(State(web): State<Web>) -> Answer<Json<Health>> {
    if *web.app.closing.borrow() {
        return Err(Problem::unavailable("The server is stopping."));
    }
    if !web.app.intake.all_tried() {
        return Err(Problem::unavailable("Not every configured device has been tried yet."));
    }
    if !web.ledger().is_in_place() {
        return Err(Problem::unavailable("The ledger's file was moved or replaced: nothing is recorded."));
    }
    web.ledger().read(|_reader| Ok(())).await?;
    Ok(Json(WELL))
}

/// All metrics in the OpenMetrics text format, as Prometheus reads it.
#[utoipa::path(get, path = "/metrics", tag = "health", responses((status = 200, content_type = "text/plain", body = String)))]
async fn metrics(State(web): State<Web>) -> Response {
    let text = (web.app.metrics)();
    let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "health", responses((status = 200, body = serde_json::Value)))]
async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(super::document())
}
