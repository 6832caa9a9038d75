//! The routes, one file for each noun. Each file's `register` names who may call what.

mod accounts;
mod agents;
mod alerts;
mod audit;
mod charts;
mod device_health;
mod equipment;
mod hardware;
mod health;
mod kiosk_rows;
mod kiosks;
mod labels;
mod live;
mod out;
mod pages;
mod patients;
mod photographs;
mod places;
mod print_batches;
mod print_jobs;
mod record_types;
mod scans;
mod sign_in;
mod staff;

pub use kiosks::Sample;

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{IntoParams, OpenApi};

use super::access::{Access, Api};
use super::caller::{Caller, Means};
use super::cookies;
use super::limits::{
    NAME_MAX_CHARS, PAGE_ROWS_MAX, SEARCH_MAX_CHARS, TEXT_MAX_CHARS, TYPING_MIN_CHARS, TYPING_ROWS_MAX,
};
use super::problem::{Answer, Problem, ProblemDocument};
use super::state::Web;
use crate::barcode::{ChartNumber, PlaceCode};
use crate::ledger::queries::{Paging, Sight};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Outguide",
        description = "Chart tracking: scans in, a tamper-evident ledger, always the place of each chart and how it is \
                       known. Times are RFC 3339 in UTC, errors `application/problem+json`. `x-access` names who may \
                       call a route. A change by cookie needs the header `X-Outguide: 1`."
    ),
    components(schemas(ProblemDocument))
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
        .with(sign_in::register)
        .with(scans::register)
        .with(kiosks::register)
        .with(kiosk_rows::register)
        .with(live::register)
        .with(agents::register)
        .with(charts::register)
        .with(patients::register)
        .with(photographs::register)
        .with(out::register)
        .with(alerts::register)
        .with(labels::register)
        .with(print_jobs::register)
        .with(print_batches::register)
        .with(hardware::register)
        .with(device_health::register)
        .with(places::register)
        .with(equipment::register)
        .with(staff::register)
        .with(record_types::register)
        .with(accounts::register)
        .with(audit::register)
}

/// What the caller may see of restricted charts. A kiosk sees what is scanned at it.
fn sight(caller: &Caller) -> Sight {
    caller.who.role().map_or(Sight::Full, Sight::of)
}

/// What the caller may see of this chart: more than the role gives, where a reason was given for it.
fn sight_of(web: &Web, caller: &Caller, chart: ChartNumber) -> Sight {
    web.looks.sight(caller, chart, web.ledger().now(), sight(caller))
}

/// Is it confidential that something is at this place?
async fn is_restricted(web: &Web, place: PlaceCode) -> Answer<bool> {
    let place = web.ledger().read(move |reader| reader.place(&place)).await?;
    Ok(place.is_some_and(|place| place.restricted))
}

/// Which part of a list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Part {
    /// How many rows at most, 1 to 500; 50 where it is not given.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Which part of a list, and of what.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Sought {
    /// The beginning of a code or a part of a name.
    q: Option<String>,
    /// How many rows at most, 1 to 500; 50 where it is not given.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl Sought {
    fn checked(self) -> Answer<(Option<String>, Paging)> {
        if self.q.as_ref().is_some_and(|q| q.chars().count() > SEARCH_MAX_CHARS) {
            return Err(Problem::invalid("q", format!("Use at most {SEARCH_MAX_CHARS} characters.")));
        }
        Ok((self.q, paging(self.limit, self.cursor)?))
    }
}

/// The part of a list that is asked for, checked.
fn paging(limit: Option<usize>, cursor: Option<String>) -> Answer<Paging> {
    if limit.is_some_and(|limit| !(1..=PAGE_ROWS_MAX).contains(&limit)) {
        return Err(Problem::invalid("limit", format!("Ask for 1 to {PAGE_ROWS_MAX} rows.")));
    }
    Ok(Paging { limit, cursor })
}

/// Is it the console, whose user types? Then not each keystroke is a search; that someone types is a look all the same
/// (log it as a list). A program does not type, and what is shorter shows more than a person has in mind.
fn is_typing(caller: &Caller, asked: Option<u8>, q: &str, later: bool) -> bool {
    asked == Some(1) && !later && caller.means == Means::Cookie && q.trim().chars().count() >= TYPING_MIN_CHARS
}

/// What is shown while a search is typed is not logged, so it is no more than a screen's first rows.
fn cap_while(typing: bool, paging: &mut Paging) {
    if typing {
        paging.limit = paging.limit.map(|limit| limit.min(TYPING_ROWS_MAX));
    }
}

/// A correction that names no field: it would only show what there is.
fn nothing_to_change() -> Problem {
    Problem::invalid("body", "Name at least one field to change.")
}

/// 201 with the thing made and its address.
fn created<T: Serialize>(address: &str, made: T) -> Response {
    (StatusCode::CREATED, [(header::LOCATION, address.to_owned())], Json(made)).into_response()
}

/// Refuses control characters but those `allowed`: they would come back on screens, in files and in logs.
fn plain(field: &str, text: &str, allowed: impl Fn(char) -> bool) -> Answer<()> {
    match text.chars().find(|c| c.is_control() && !allowed(*c)) {
        Some(c) => Err(Problem::invalid(field, format!("It holds the control character U+{:04X}.", u32::from(c)))),
        None => Ok(()),
    }
}

/// A name, trimmed; not empty and not too long.
fn name(field: &str, name: &str) -> Answer<String> {
    let name = name.trim();
    plain(field, name, |_| false)?;
    if name.is_empty() || name.chars().count() > NAME_MAX_CHARS {
        return Err(Problem::invalid(field, format!("Use 1 to {NAME_MAX_CHARS} characters.")));
    }
    Ok(name.to_owned())
}

/// A name that may be left as it is.
fn new_name(field: &str, given: Option<String>) -> Answer<Option<String>> {
    given.map(|text| name(field, &text)).transpose()
}

/// A text that may be empty.
fn new_text(field: &str, given: Option<String>) -> Answer<Option<String>> {
    if let Some(text) = &given {
        plain(field, text.trim(), |_| false)?;
    }
    Ok(given)
}

/// A free text, trimmed; not empty and not too long.
fn text(field: &str, text: &str) -> Answer<String> {
    let text = text.trim();
    plain(field, text, |c| matches!(c, '\n' | '\r' | '\t'))?;
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
