//! Every error that leaves the server, as `application/problem+json` (RFC 9457). The one place where errors of other
//! rooms become HTTP.

use std::ops::{Deref, DerefMut};

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::state::PaperError;
use crate::ledger::{ChangeError, ReadError, ScanError};

/// A handler's result.
pub type Answer<T> = Result<T, Problem>;

/// The media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// What went wrong with a request. Boxed: results are returned through every layer, and hardly ever hold one.
#[derive(Debug, Clone)]
pub struct Problem(Box<ProblemDocument>);

impl Deref for Problem {
    type Target = ProblemDocument;

    fn deref(&self) -> &ProblemDocument {
        &self.0
    }
}

impl DerefMut for Problem {
    fn deref_mut(&mut self) -> &mut ProblemDocument {
        &mut self.0
    }
}

/// What went wrong with a request and what to do about it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// A URN that names the kind of problem, for programs.
    #[serde(rename = "type")]
    #[schema(example = "urn:outguide:problem:not-found")]
    pub kind: String,
    /// The kind of problem in a few words, for people.
    pub title: String,
    /// The HTTP status, again.
    pub status: u16,
    /// What was wrong with this request and what to do next.
    pub detail: String,
    /// The request it happened in, as in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The field or parameter at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The rule that refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// For a scan that the ledger could not keep: what the kiosk shows. Nothing happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<NotRecorded>,
    /// Seconds after which trying again makes sense, sent as `Retry-After` too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

/// The verdict of a scan that was not recorded.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NotRecorded {
    /// Always `not_recorded`.
    pub tone: String,
    /// For giant type.
    pub headline: String,
    /// What to do.
    pub detail: String,
}

impl Problem {
    /// A problem of this status; `slug` ends its type URN.
    pub fn new(status: StatusCode, slug: &str, title: &str, detail: impl Into<String>) -> Self {
        Self(Box::new(ProblemDocument {
            kind: format!("urn:outguide:problem:{slug}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            instance: None,
            field: None,
            rule: None,
            verdict: None,
            retry_after: None,
        }))
    }

    /// Names the field at fault.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Names the rule that refused.
    #[must_use]
    pub fn rule(mut self, rule: impl Into<String>) -> Self {
        self.rule = Some(rule.into());
        self
    }

    /// Says when to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// 400: the request cannot be read.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", "The request cannot be read", detail)
    }

    /// 401: who asks is not known.
    pub fn sign_in_needed() -> Self {
        let detail = "Sign in, or send a bearer token. A session ends when it is signed out, expires or is withdrawn.";
        Self::new(StatusCode::UNAUTHORIZED, "sign-in-needed", "Sign in first", detail)
    }

    /// 403: who asks may not.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "Your role does not allow this", detail)
    }

    /// 403: the kiosk was switched off, and all that speaks for it.
    pub fn kiosk_deactivated(kiosk: &str) -> Self {
        let detail = format!("Kiosk {kiosk} is deactivated. An administrator can activate it in the console.");
        let slug = "kiosk-deactivated";
        Self::new(StatusCode::FORBIDDEN, slug, "This kiosk is deactivated", detail).field("kiosk")
    }

    /// 404: there is no such thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "There is no such thing", detail)
    }

    /// 409: it does not fit what is there already.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", "This does not fit what is there already", detail)
    }

    /// 422: readable, but a value will not do.
    pub fn invalid(field: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "A value will not do", detail).field(field)
    }

    /// 429: too often.
    pub fn too_many(detail: impl Into<String>, seconds: u64) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many", "Too many requests", detail).retry_after(seconds)
    }

    /// 503: not now.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not possible just now", detail).retry_after(1)
    }

    /// 500, for what should not happen; what it was goes to the log only.
    pub fn internal(what: &str, cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(what, cause = %cause, "a request failed");
        let detail = "The server could not do this. The log says more under this request's id.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "The server failed", detail)
    }

    /// 503 for a scan or change that the ledger could not keep: nothing happened.
    pub fn not_recorded(detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let title = "Not recorded";
        let mut problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "not-recorded", title, detail.clone());
        problem.verdict = Some(NotRecorded { tone: "not_recorded".to_owned(), headline: title.to_owned(), detail });
        problem.retry_after(1)
    }

    /// The problem that stands for a bare `status`, where no handler said more: an unknown path, a wrong method, a body
    /// too large, a panic.
    pub fn of_status(status: StatusCode) -> Self {
        let (slug, detail) = match status {
            StatusCode::NOT_FOUND => ("not-found", "Nothing is served at this address."),
            StatusCode::METHOD_NOT_ALLOWED => ("method-not-allowed", "The Allow header says which methods are served."),
            StatusCode::PAYLOAD_TOO_LARGE => ("too-large", "The body is larger than this server takes."),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => ("unsupported-media-type", "Send application/json."),
            StatusCode::REQUEST_TIMEOUT => ("timeout", "The request took too long to arrive."),
            status if status.is_client_error() => ("bad-request", "The request cannot be served as it is."),
            _ => ("internal", "The server could not do this. The log says more under this request's id."),
        };
        Self::new(status, slug, status.canonical_reason().unwrap_or("Error"), detail)
    }

    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The response, with `instance` filled in.
    pub fn render(mut self, request_id: &str) -> Response {
        self.instance = Some(format!("urn:uuid:{request_id}"));
        self.respond()
    }

    fn respond(&self) -> Response {
        let body = serde_json::to_vec(&**self).unwrap_or_default();
        let mut response = (self.status_code(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED.as_u16() {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"outguide\""));
        }
        response
    }
}

impl From<ScanError> for Problem {
    fn from(error: ScanError) -> Self {
        match error {
            ScanError::Conflict => {
                Self::conflict("This id was used before for another scan. Give each scan its own.").field("id")
            }
            ScanError::UnknownKiosk(_) => Self::not_found("There is no kiosk of this name.").field("kiosk"),
            ScanError::InactiveKiosk(kiosk) => Self::kiosk_deactivated(&kiosk),
            ScanError::Invalid(text) => Self::invalid("data", text),
            ScanError::NotRecorded(cause) => {
                tracing::error!(%cause, "a scan was not recorded");
                Self::not_recorded("The ledger could not write it down. Nothing happened: scan again.")
            }
            ScanError::Busy => Self::not_recorded("Too many scans wait. Nothing happened: scan again."),
        }
    }
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Refused(refusal) => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                let mut problem = Self::new(status, "refused", "A rule does not allow this", refusal.text);
                problem.field = refusal.field.map(str::to_owned);
                problem.rule(refusal.rule)
            }
            ChangeError::Conflict(text) => Self::conflict(text),
            ChangeError::Clash { field, text } => Self::conflict(text).field(field),
            ChangeError::NotFound(text) => Self::not_found(text),
            ChangeError::NotRecorded(cause) => {
                tracing::error!(%cause, "a change was not recorded");
                Self::not_recorded("The ledger could not write it down. Nothing happened: try again.")
            }
        }
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::NotFound(text) => Self::not_found(text),
            ReadError::Invalid { field, text } => Self::invalid(field, text),
            ReadError::Failed(cause) => Self::internal("the ledger could not be read", &cause),
        }
    }
}

impl From<PaperError> for Problem {
    fn from(error: PaperError) -> Self {
        match error {
            PaperError::NotFound(text) => Self::not_found(text),
            PaperError::Failed(text) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "cannot-be-drawn", "This cannot be drawn", text)
            }
        }
    }
}

impl IntoResponse for Problem {
    /// The body without its request id; the outermost layer renders it again with it.
    fn into_response(self) -> Response {
        let mut response = self.respond();
        response.extensions_mut().insert(self);
        response
    }
}
