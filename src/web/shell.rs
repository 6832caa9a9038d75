//! What every request passes through: an id, the access log, security headers, caching rules, and the last word on
//! errors and panics.

use std::any::Any;
use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::caller::Caller;
use super::problem::{PROBLEM_JSON, Problem};
use super::state::Web;

/// Nothing is loaded from elsewhere and nothing runs that is not a file of ours.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; media-src 'self' blob:; manifest-src 'self'; \
     worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const SECURITY_HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(self), serial=(self), geolocation=(), microphone=()"),
];

/// Two years, as browsers' preload lists ask for; sent under TLS only.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=63072000";

/// The outermost layer. A request's id is in the log, in the `X-Request-Id` header and in a problem's `instance`.
pub async fn every_request(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = Uuid::now_v7().to_string();
    let method = request.method().clone();
    // The pattern, not the path: a path may hold an MRN, a query a name.
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let peer = request.extensions().get::<ConnectInfo<std::net::SocketAddr>>().map(|peer| peer.0.ip());
    request.extensions_mut().insert(web.clone());
    let response = next.run(request).await;
    let mut response = as_problem(response, &id);
    dress(&mut response, &id, &route, web.app.secure);
    let status = response.status().as_u16();
    let caller = response.extensions().get::<Caller>().map_or_else(|| "-".to_owned(), |one| one.who.to_string());
    let peer = peer.map_or_else(|| "-".to_owned(), |peer| peer.to_string());
    let elapsed = began.elapsed();
    let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
    if status >= 500 {
        tracing::warn!(target: "outguide::access", %id, %method, route, status, micros, caller, peer, "request");
    } else {
        tracing::info!(target: "outguide::access", %id, %method, route, status, micros, caller, peer, "request");
    }
    if let Some(requests) = &web.app.requests {
        requests.count(&method, &route, status, elapsed);
    }
    response
}

/// Gives a problem its request id, and makes one of any other error: an unknown path, a wrong method, a panic.
pub(super) fn as_problem(mut response: Response, id: &str) -> Response {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let problem = response.extensions_mut().remove::<Problem>().unwrap_or_else(|| Problem::of_status(status));
    let (old, _) = response.into_parts();
    let mut rendered = problem.render(id);
    for (name, value) in &old.headers {
        let ours = [header::CONTENT_TYPE, header::CONTENT_LENGTH].contains(name);
        if !ours && !rendered.headers().contains_key(name) {
            rendered.headers_mut().append(name.clone(), value.clone());
        }
    }
    rendered.extensions_mut().extend(old.extensions);
    rendered
}

pub(super) fn dress(response: &mut Response, id: &str, route: &str, secure: bool) {
    let headers = response.headers_mut();
    for (name, value) in SECURITY_HEADERS {
        // Some files bring a policy of their own.
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(STRICT_TRANSPORT_SECURITY));
    }
    // Answers hold patient data, and errors must not outlive their cause.
    let asset = route.starts_with("/assets/") || route == "/" || route == "/kiosk/{kiosk}";
    let problem = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == PROBLEM_JSON);
    if !asset || problem {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
}

/// The answer to a request whose handler panicked: the cause goes to the log, never to the client.
pub fn after_panic(cause: Box<dyn Any + Send + 'static>) -> Response {
    let text = cause
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| cause.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    Problem::internal("a handler panicked", &text).into_response()
}
