//! Extractors that answer with problems instead of plain text, and that bound what they read.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::limits::BODY_TIMEOUT;
use super::problem::Problem;

/// A JSON body.
#[derive(Debug, Clone, Copy)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let read = tokio::time::timeout(BODY_TIMEOUT, Bytes::from_request(request, state)).await;
        let bytes = match read {
            Err(_) => return Err(Problem::of_status(StatusCode::REQUEST_TIMEOUT)),
            Ok(Err(rejection)) => return Err(Problem::of_status(rejection.status())),
            Ok(Ok(bytes)) => bytes,
        };
        parsed(&bytes).map(Body)
    }
}

fn parsed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let field = error.path().iter().next().map(ToString::to_string);
        // A word of a closed set that is no text at all counts as bad syntax with serde.
        let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok();
        unreadable(error.inner(), is_json, field)
    })?;
    json.end().map_err(|error| unreadable(&error, false, None))?;
    Ok(value)
}

fn is_json(headers: &axum::http::HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Bad syntax is 400; good JSON that is not what is asked for is 422 and names the field.
fn unreadable(error: &serde_json::Error, is_json: bool, at: Option<String>) -> Problem {
    let text = error.to_string();
    if !is_json && !error.is_data() {
        return Problem::bad_request(format!("The body is not JSON: {text}."));
    }
    let detail = format!("The body does not fit: {text}.");
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "A value will not do", detail);
    match field_named(&text).or(at) {
        Some(field) => problem.field(field),
        None => problem,
    }
}

/// serde names a missing, unknown or repeated field between backticks.
fn field_named(text: &str) -> Option<String> {
    let after = ["missing field `", "unknown field `", "duplicate field `"]
        .into_iter()
        .find_map(|start| text.split_once(start).map(|(_, after)| after))?;
    after.split_once('`').map(|(field, _)| field.to_owned())
}

/// Query parameters.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(query) => Ok(Query(query.0)),
            Err(rejection) => {
                let text = rejection.body_text();
                let problem = Problem::bad_request(format!("{text}."));
                Err(match field_named(&text) {
                    Some(field) => problem.field(field),
                    None => problem,
                })
            }
        }
    }
}

/// Path parameters. One that cannot be what it should be names nothing that exists: 404.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(path) => Ok(Path(path.0)),
            Err(_) => Err(Problem::not_found("Nothing has the name that this address asks for.")),
        }
    }
}

/// For PATCH bodies, with `#[serde(default, deserialize_with = "present")]`: absent is `None` (leave it); `null` is
/// refused, because there is no such thing without a value.
pub fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// For PATCH bodies, with `#[serde(default, deserialize_with = "given")]`: absent is `None` (leave it), `null` is
/// `Some(None)` (clear it).
pub fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Patch {
        #[serde(default, deserialize_with = "given")]
        holder: Option<Option<String>>,
        #[serde(default, deserialize_with = "present")]
        name: Option<String>,
    }

    #[test]
    fn absent_null_and_given_are_three_things() {
        let read = |text: &str| serde_json::from_str::<Patch>(text).unwrap().holder;
        assert_eq!(read("{}"), None);
        assert_eq!(read(r#"{"holder":null}"#), Some(None));
        assert_eq!(read(r#"{"holder":"X"}"#), Some(Some("X".into())));
    }

    #[test]
    fn the_field_at_fault_is_named() {
        let fault = |text: &str| parsed::<Patch>(text.as_bytes()).unwrap_err();
        for (text, field) in
            [(r#"{"colour":1}"#, "colour"), (r#"{"name":null}"#, "name"), (r#"{"holder":7}"#, "holder")]
        {
            let problem = fault(text);
            assert_eq!((problem.status, problem.field.as_deref()), (422, Some(field)), "{text}");
        }
        assert_eq!(fault("{").status, 400);
        assert_eq!(fault("{} x").status, 400);
        assert_eq!(parsed::<Patch>(br#"{"name":"x"}"#).unwrap().name.as_deref(), Some("x"));
    }
}
