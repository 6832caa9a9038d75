//! The pages and what they load, embedded in the binary. Strong ETags; nothing here needs a sign-in, nothing here is
//! secret.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use super::problem::Problem;
use crate::custody::Language;

#[derive(RustEmbed)]
#[folder = "kiosk-ui/"]
struct KioskUi;

/// The console's page.
pub const CONSOLE: &str = "console/index.html";
/// A kiosk's page.
const KIOSK: &str = "kiosk/index.html";
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
    let hash = file.metadata.sha256_hash();
    answer(path, file.data.into_owned(), &hash, request)
}

/// The same for a kiosk's page, in the language that the kiosk speaks.
pub fn serve_kiosk(language: Language, request: &HeaderMap) -> Response {
    let page = KioskUi::get(KIOSK).map(|file| String::from_utf8(file.data.into_owned()));
    let Some(Ok(page)) = page else {
        return Problem::internal("a kiosk's page cannot be read", &KIOSK).into_response();
    };
    let page = in_language(&page, language).into_bytes();
    let hash = Sha256::digest(&page);
    answer(KIOSK, page, &hash, request)
}

/// Puts the language's words in the place of their keys, `{{page.title}}`, and its tag in the place of `{{lang}}`.
fn in_language(page: &str, language: Language) -> String {
    let mut parts = page.split("{{");
    let mut said = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (key, rest) = part.split_once("}}").unwrap_or((part, ""));
        let word = if key == "lang" { language.tag().to_owned() } else { language.say(key, &[]) };
        said.push_str(&word.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;"));
        said.push_str(rest);
    }
    said
}

fn answer(path: &str, body: Vec<u8>, hash: &[u8], request: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex::encode(hash));
    let same = request.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok()).is_some_and(|tags| {
        tags.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
    });
    let mut response = if same { StatusCode::NOT_MODIFIED.into_response() } else { whole(path, body) };
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

fn whole(path: &str, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
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

    async fn page(language: Language, headers: &HeaderMap) -> (StatusCode, String, HeaderMap) {
        let (head, body) = serve_kiosk(language, headers).into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.expect("body");
        (head.status, String::from_utf8(body.to_vec()).expect("text"), head.headers)
    }

    #[tokio::test]
    async fn a_kiosk_s_page_is_in_its_language_and_each_language_has_its_own_tag() {
        let (status, spanish, headers) = page(Language::Spanish, &HeaderMap::new()).await;
        assert_eq!(status, StatusCode::OK);
        assert!(spanish.contains("<html lang=\"es\">") && spanish.contains("lecturas"), "{spanish}");
        assert!(!spanish.contains("{{") && !spanish.contains("page."), "no key is left: {spanish}");
        let mut asked = HeaderMap::new();
        asked.insert(header::IF_NONE_MATCH, headers[header::ETAG].clone());
        assert_eq!(page(Language::Spanish, &asked).await.0, StatusCode::NOT_MODIFIED);
        let (status, french, _) = page(Language::French, &asked).await;
        assert!(status == StatusCode::OK && french.contains("<html lang=\"fr\">"), "{french}");
    }

    #[test]
    fn nothing_outside_is_served() {
        for path in ["../Cargo.toml", "/etc/passwd", "shared/../../Cargo.toml", ""] {
            assert_eq!(serve(path, &HeaderMap::new()).status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
}
