//! The pages and what they load, embedded in the binary. Strong ETags; nothing here needs a sign-in, nothing here is
//! secret.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::problem::Problem;

#[derive(RustEmbed)]
#[folder = "kiosk-ui/"]
struct KioskUi;

/// The console's page.
pub const CONSOLE: &str = "console/index.html";
/// A kiosk's page.
pub const KIOSK: &str = "kiosk/index.html";
/// Keeps a kiosk's page, and its camera's worker, for a start without the server.
const KIOSK_WORKER: &str = "kiosk/worker.js";
/// Reads codes in camera pictures with a WebAssembly module, which no page itself may run.
const CAMERA_WORKER: &str = "kiosk/camera/worker.js";
/// What that worker may do: run its module, and fetch it from here.
const CAMERA_WORKER_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";

/// Answers with the file at `path` inside `kiosk-ui/`, or 304 when the browser has it already.
pub fn serve(path: &str, request: &HeaderMap) -> Response {
    let Some(file) = KioskUi::get(path) else {
        return Problem::not_found("No such file is part of this server.").into_response();
    };
    let tag = format!("\"{}\"", hex::encode(file.metadata.sha256_hash()));
    let same = request.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok()).is_some_and(|tags| {
        tags.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
    });
    let mut response = if same { StatusCode::NOT_MODIFIED.into_response() } else { whole(path, file) };
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    // Asked for anew each time and answered with 304: a new version of the server is a new version of the page.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if path == CAMERA_WORKER {
        // With a 304 too: the browser puts that answer's headers in the place of those it kept.
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CAMERA_WORKER_POLICY));
    }
    response
}

fn whole(path: &str, file: EmbeddedFile) -> Response {
    let mut response = Response::new(Body::from(file.data.into_owned()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    if path == KIOSK_WORKER {
        // A worker may look after addresses outside its own folder only where the server says so: the kiosks' pages
        // and the camera's files, as the page registers it.
        let name = header::HeaderName::from_static("service-worker-allowed");
        response.headers_mut().insert(name, HeaderValue::from_static("/"));
    }
    response
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, end)| end) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("wasm") => "application/wasm",
        Some("wav") => "audio/wav",
        Some("mp3") => "audio/mpeg",
        Some("txt" | "md") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_tag_is_not_sent_again() {
        let first = serve("shared/api.js", &HeaderMap::new());
        assert_eq!(first.status(), StatusCode::OK);
        assert_eq!(first.headers()[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
        let mut asked = HeaderMap::new();
        asked.insert(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone());
        assert_eq!(serve("shared/api.js", &asked).status(), StatusCode::NOT_MODIFIED);
    }

    #[test]
    fn the_camera_s_worker_keeps_its_policy_when_it_is_asked_for_anew() {
        let first = serve(CAMERA_WORKER, &HeaderMap::new());
        let mut asked = HeaderMap::new();
        asked.insert(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone());
        let again = serve(CAMERA_WORKER, &asked);
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        for answer in [first, again] {
            assert_eq!(answer.headers()[header::CONTENT_SECURITY_POLICY], CAMERA_WORKER_POLICY);
        }
    }

    #[test]
    fn nothing_outside_is_served() {
        for path in ["../Cargo.toml", "/etc/passwd", "shared/../../Cargo.toml", ""] {
            assert_eq!(serve(path, &HeaderMap::new()).status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
}
