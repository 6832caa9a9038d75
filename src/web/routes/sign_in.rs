//! Signing in and out, and who one is.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Access, Api};
use crate::custody::Role;
use crate::ledger::accounts::{Secret, canonical};
use crate::records::Filing;
use crate::web::caller::{Caller, Peer};
use crate::web::extract::Body;
use crate::web::keys;
use crate::web::limiter::{Attempt, Door};
use crate::web::problem::{Answer, Problem};
use crate::web::state::{Hospital, Web};
use crate::web::{cookies, limits};

pub(super) fn register(api: Api) -> Api {
    api.route(Access::Public, routes!(sign_in))
        .route(Access::Public, routes!(sign_out))
        .route(Access::SignedIn, routes!(me))
        .route(Access::Public, routes!(enrol))
}

/// Who and the proof.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignIn {
    /// The account's name.
    user: String,
    /// Its password.
    password: String,
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
struct SignedIn {
    /// The account's name.
    user: String,
    /// Its role.
    role: Role,
}

/// Signs in at the console: a new session in a cookie.
///
/// Failures are slowed down where they come from; nobody else is locked out by them. Each attempt is logged.
#[utoipa::path(post, path = "/api/v1/sign-in", tag = "sign-in", request_body = SignIn,
    responses((status = 200, body = SignedIn)))]
async fn sign_in(State(web): State<Web>, peer: Peer, headers: HeaderMap, Body(body): Body<SignIn>) -> Answer<Response> {
    if body.user.len() > limits::NAME_MAX_CHARS || body.password.len() > limits::PASSWORD_MAX_BYTES {
        return Err(wrong());
    }
    let device = cookies::sent(&headers, cookies::DEVICE);
    let now = web.ledger().now();
    let user = canonical(&body.user);
    let attempt = Attempt { door: Door::SignIn, user: &user, address: peer.0, device, now };
    reserve(&web, &attempt, peer).await?;
    // What could not be tried did not fail.
    let given_back = |problem| {
        web.limiter.refund(&attempt);
        problem
    };
    let _permit = web.limiter.hash_permit().await.map_err(given_back)?;
    let tried = keys::sign_in(&web, &user, &body.password, peer).await.map_err(given_back)?;
    let session = tried.ok_or_else(wrong)?;
    if let Some(old) = cookies::sent(&headers, cookies::CONSOLE) {
        keys::sign_out(&web, old, peer).await?;
    }
    let device = web.limiter.succeeded(&attempt);
    let mut response = Json(SignedIn { user: session.user, role: session.role }).into_response();
    for (name, value) in [(cookies::CONSOLE, session.secret.reveal()), (cookies::DEVICE, &device)] {
        response.headers_mut().extend(cookies::set(name, value, web.app.secure).map(|one| (header::SET_COOKIE, one)));
    }
    Ok(response)
}

/// Counts an attempt, and writes down that such attempts are refused unheard: else an attack would end in the access log
/// where it begins.
async fn reserve(web: &Web, attempt: &Attempt<'_>, peer: Peer) -> Answer<()> {
    let Err(slowed) = web.limiter.reserve(attempt) else { return Ok(()) };
    if slowed.tell {
        keys::slowed(web, attempt, peer).await?;
    }
    Err(slowed.problem)
}

/// The same words for an unknown account, a wrong password and a closed account.
fn wrong() -> Problem {
    let mut problem = Problem::sign_in_needed();
    problem.title = "Not signed in".to_owned();
    problem.detail = "The name or the password is wrong.".to_owned();
    problem
}

/// That it is so.
#[derive(Serialize, ToSchema)]
struct SignedOut {
    /// Always true.
    signed_out: bool,
}

/// Signs out: the session ends. Signed out already: the same answer.
#[utoipa::path(post, path = "/api/v1/sign-out", tag = "sign-in", responses((status = 200, body = SignedOut)))]
async fn sign_out(State(web): State<Web>, peer: Peer, headers: HeaderMap) -> Answer<Response> {
    if let Some(secret) = cookies::sent(&headers, cookies::CONSOLE) {
        keys::sign_out(&web, secret, peer).await?;
    }
    let mut response = Json(SignedOut { signed_out: true }).into_response();
    let cleared = cookies::clear(cookies::CONSOLE, web.app.secure);
    response.headers_mut().extend(cleared.map(|one| (header::SET_COOKIE, one)));
    Ok(response)
}

/// Who asks, and of which hospital.
#[derive(Serialize, ToSchema)]
struct Me {
    /// The account's or token's name.
    user: String,
    /// Its role.
    role: Role,
    /// The hospital.
    hospital: Hospital,
    /// This is a demonstration.
    simulated: bool,
    /// How folders are ordered on the shelf.
    filing: Filing,
    /// The ledger's epoch.
    epoch: Uuid,
    /// The program's version.
    version: String,
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/v1/me", tag = "sign-in", responses((status = 200, body = Me)))]
async fn me(State(web): State<Web>, caller: Caller) -> Answer<Json<Me>> {
    let role = caller.who.role().ok_or_else(Problem::sign_in_needed)?;
    Ok(Json(Me {
        user: caller.who.name().to_owned(),
        role,
        hospital: web.app.hospital.clone(),
        simulated: web.app.simulated,
        filing: web.app.hospital.filing,
        epoch: web.ledger().epoch(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }))
}

/// The code that the console shows.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Enrol {
    /// Good once, for a few minutes.
    pub code: String,
}

/// Which kiosk the browser belongs to now.
#[derive(Serialize, ToSchema)]
struct Enrolled {
    /// The kiosk.
    kiosk: String,
}

/// Enrols this browser as a kiosk's, with a one-time code from the console: a cookie.
#[utoipa::path(post, path = "/api/v1/kiosks/enrol", tag = "kiosks", request_body = Enrol,
    responses((status = 200, body = Enrolled)))]
async fn enrol(State(web): State<Web>, peer: Peer, Body(body): Body<Enrol>) -> Answer<Response> {
    let (kiosk, secret) = enrolled(&web, &peer, keys::enrol(&web, body.code)).await?;
    let mut response = Json(Enrolled { kiosk }).into_response();
    let cookie = cookies::set(cookies::KIOSK, secret.reveal(), web.app.secure);
    response.headers_mut().extend(cookie.map(|one| (header::SET_COOKIE, one)));
    Ok(response)
}

/// The kiosk and the secret that a code is worth. Guessing codes is slowed like guessing passwords, and apart from it.
pub(super) async fn enrolled(
    web: &Web,
    peer: &Peer,
    redeemed: impl Future<Output = Answer<Option<(String, Secret)>>>,
) -> Answer<(String, Secret)> {
    let attempt = Attempt { door: Door::Enrol, user: "", address: peer.0, device: None, now: web.ledger().now() };
    reserve(web, &attempt, *peer).await?;
    let Some(enrolled) = redeemed.await? else {
        let detail = "This code is not known, was used, or is too old. Ask for a new one at the console.";
        return Err(Problem::invalid("code", detail));
    };
    web.limiter.refund(&attempt);
    Ok(enrolled)
}
