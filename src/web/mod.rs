//! HTTP: routes, sign-in, error mapping, live events, embedded assets. The only room that knows HTTP.
//!
//! A request passes the outer layers of `shell` (id, log, headers, errors as problems), then the gate of its route
//! (`access`: who may), then its handler in `routes`. Handlers hold no rules: they ask the ledger and answer.

mod access;
mod assets;
mod caller;
mod changes;
mod connections;
mod cookies;
mod equipment_csv;
mod events;
mod extract;
mod feed;
mod keys;
mod limiter;
pub mod limits;
mod local;
mod looks;
mod photos;
mod problem;
mod routes;
mod serve;
mod shell;
mod state;
#[cfg(test)]
mod tests;

pub use access::Access;
pub use caller::Who;
pub use local::local_router;
pub use problem::{NotRecorded, Problem, ProblemDocument};
pub use routes::Sample;
pub use serve::{Tls, TlsError, serve};
pub use state::{
    App, Hospital, LabelForm, PaperError, Papers, PrinterView, Requests, Samples, Shown, StockView, TemplateFault,
    TemplateTrial, TemplateView,
};

use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use tower_http::catch_panic::CatchPanicLayer;

use state::Web;

/// Everything that is served. Must be called inside the async runtime.
pub fn router(app: App) -> axum::Router {
    let web = Web::new(app);
    routes::all()
        .with_state(web.clone())
        .layer(DefaultBodyLimit::max(limits::BODY_MAX_BYTES))
        .layer(CatchPanicLayer::custom(shell::after_panic))
        .layer(from_fn_with_state(web, shell::every_request))
}

/// The OpenAPI document, as `/api/v1/openapi.json` serves it.
pub fn document() -> utoipa::openapi::OpenApi {
    routes::document()
}
