//! The routes, one file for each noun. Each file's `register` names who may call what.

mod alerts;
mod health;
mod kiosks;
mod labels;
mod pages;
mod patients;
mod places;
mod print_jobs;
mod record_types;
mod scans;
mod staff;

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};

use super::access::{Access, Api};
use super::cookies;
use super::limits::{NAME_MAX_CHARS, TEXT_MAX_CHARS};
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
        .with(patients::register)
        .with(places::register)
        .with(staff::register)
        .with(record_types::register)
        .with(alerts::register)
        .with(labels::register)
        .with(print_jobs::register)
}

/// 201 with the thing made and its address.
fn created<T: Serialize>(address: &str, made: T) -> Response {
    (StatusCode::CREATED, [(header::LOCATION, address.to_owned())], Json(made)).into_response()
}

/// A name, trimmed; not empty and not too long.
fn name(field: &str, name: &str) -> Answer<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_MAX_CHARS {
        return Err(Problem::invalid(field, format!("Use 1 to {NAME_MAX_CHARS} characters.")));
    }
    Ok(name.to_owned())
}

/// A name that may be left as it is.
fn new_name(field: &str, given: Option<String>) -> Answer<Option<String>> {
    given.map(|text| name(field, &text)).transpose()
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

/// The address of one thing of a list; its key may hold any character.
fn address(list: &str, key: &str) -> String {
    let mut address = format!("/api/v1/{list}/");
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            address.push(char::from(byte));
        } else {
            address.push_str(&format!("%{byte:02X}"));
        }
    }
    address
}

/// Runs what takes its time on a blocking thread.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Answer<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Problem::internal("work on a thread failed", &error))
}
