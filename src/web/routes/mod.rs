//! The routes, one file for each noun. Each file's `register` names who may call what.

mod alerts;
mod health;
mod kiosks;
mod pages;
mod scans;

use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};

use super::access::{Access, Api};
use super::cookies;
use super::limits::TEXT_MAX_CHARS;
use super::problem::{Answer, Problem};
use super::state::Web;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Outguide",
        description = "Chart tracking: scans in, a tamper-evident ledger, always the place of each chart and how it is \
                       known. Times are RFC 3339 in UTC, errors `application/problem+json`. `x-access` names who may \
                       call a route. A change by cookie needs the header `X-Outguide: 1`."
    ),
    components(schemas(Problem))
)]
struct Head;

/// All routes.
pub fn all() -> axum::Router<Web> {
    api().split().0
}

/// The document of all routes.
pub fn document() -> utoipa::openapi::OpenApi {
    api().split().1
}

fn api() -> Api {
    let mut document = Head::openapi();
    let components = document.components.get_or_insert_default();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    for (name, cookie) in [("console", cookies::CONSOLE), ("kiosk", cookies::KIOSK)] {
        components.add_security_scheme(name, SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(cookie))));
    }
    Api::new(document)
        .with(pages::register)
        .with(health::register)
        .with(scans::register)
        .with(kiosks::register)
        .with(alerts::register)
}

/// A free text, trimmed; not empty and not too long.
fn text(field: &str, text: &str) -> Answer<String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Problem::invalid(field, "Say something."));
    }
    if text.chars().count() > TEXT_MAX_CHARS {
        return Err(Problem::invalid(field, format!("Use at most {TEXT_MAX_CHARS} characters.")));
    }
    Ok(text.to_owned())
}
