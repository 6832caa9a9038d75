//! What the web asks of the ledger's accounts: whom a secret stands for, sessions, enrolment, the access log.

use axum::http::HeaderMap;

use super::caller::{Caller, Means, Peer, Who};
use super::problem::Answer;
use super::state::Web;
use crate::barcode::ChartNumber;
use crate::custody::Role;
use crate::ledger::PatientId;

/// The owner of a bearer token or of a cookie's session, if it has one that is still good.
pub async fn owner(_web: &Web, _secret: &str, _means: Means) -> Answer<Option<Who>> {
    Ok(None)
}

/// A session that has just begun.
pub struct Session {
    /// The account's name as it is kept.
    pub user: String,
    /// Its role.
    pub role: Role,
    /// For the cookie.
    pub secret: String,
}

/// Signs in; `None`: the name or the password is wrong, or the account is closed. Logged either way.
pub async fn sign_in(_web: &Web, _user: &str, _password: String, _peer: Peer) -> Answer<Option<Session>> {
    Ok(None)
}

/// Ends a session.
pub async fn sign_out(_web: &Web, _secret: &str) -> Answer<()> {
    Ok(())
}

/// Uses up an enrolment code: the kiosk and the secret for its cookie.
pub async fn enrol(_web: &Web, _code: String, _peer: Peer) -> Answer<Option<(String, String)>> {
    Ok(None)
}

/// In a demonstration: a new enrolment for a browser that has none for this kiosk.
pub async fn enrol_for_demonstration(_web: &Web, _kiosk: &str, _headers: &HeaderMap) -> Option<String> {
    None
}

/// A look at patients' data.
#[derive(Debug)]
pub enum Look {
    Search { hits: usize },
    PatientSearch { hits: usize },
    Chart { number: ChartNumber, patient: Option<PatientId> },
    Label { number: ChartNumber, patient: Option<PatientId> },
    BreakGlass { number: ChartNumber, patient: Option<PatientId>, reason: String },
    Patient { patient: PatientId },
    DowntimeList,
}

/// Writes a look into the access log.
pub async fn log(_web: &Web, _caller: &Caller, _peer: Peer, _look: Look) -> Answer<()> {
    Ok(())
}
