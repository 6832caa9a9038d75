//! Whom a secret stands for.

use super::caller::{Means, Who};
use super::problem::Answer;
use super::state::Web;

/// The owner of a bearer token or of a cookie's session, if it has one that is still good.
pub async fn owner(_web: &Web, _secret: &str, _means: Means) -> Answer<Option<Who>> {
    Ok(None)
}

/// In a demonstration: a new enrolment for a browser that has none for this kiosk.
pub async fn enrol_for_demonstration(_web: &Web, _kiosk: &str, _headers: &axum::http::HeaderMap) -> Option<String> {
    None
}
