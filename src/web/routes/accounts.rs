//! Console accounts, bearer tokens, and the codes that enrol kiosks.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{Access, Api, Part};
use crate::custody::Role;
use crate::ledger::accounts::{
    AddUser, CorrectUser, CreateToken, MakeEnrolCode, PasswordFault, PasswordHash, RevokeToken, Secret, SetPassword,
};
use crate::ledger::changes::Was;
use crate::ledger::queries::{Page, TokenRow, UserRow};
use crate::web::caller::Caller;
use crate::web::extract::{Body, Path, Query, present};
use crate::web::problem::{Answer, Problem};
use crate::web::state::Web;

const ADMIN: Access = Access::Role(Role::Admin);

pub(super) fn register(api: Api) -> Api {
    api.route(Access::Role(Role::Records), routes!(users))
        .route(ADMIN, routes!(add_user))
        .route(ADMIN, routes!(correct_user))
        .route(ADMIN, routes!(tokens))
        .route(ADMIN, routes!(create_token))
        .route(ADMIN, routes!(revoke_token))
        .route(ADMIN, routes!(enrol_code))
}

/// Console accounts, by name: alerts are assigned to them.
#[utoipa::path(get, path = "/api/v1/users", tag = "accounts", params(Part), responses((status = 200, body = Page<UserRow>)))]
async fn users(State(web): State<Web>, Query(part): Query<Part>) -> Answer<Json<Page<UserRow>>> {
    let paging = super::paging(part.limit, part.cursor)?;
    Ok(Json(web.ledger().read(move |reader| reader.users(&paging)).await?))
}

/// A new account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewUser {
    /// Its name.
    name: String,
    /// Its role.
    role: Role,
    /// Its password.
    #[schema(min_length = 8, max_length = 256)]
    password: String,
}

async fn hashed(web: &Web, password: String) -> Answer<PasswordHash> {
    let _permit = web.limiter.hash_permit().await?;
    super::blocking(move || PasswordHash::of(&password)).await?.map_err(|fault| match fault {
        PasswordFault::Failed(cause) => Problem::internal("a password was not hashed", &cause),
        fault => Problem::invalid("password", fault.to_string()),
    })
}

/// Adds an account.
#[utoipa::path(post, path = "/api/v1/users", tag = "accounts", request_body = NewUser,
    responses((status = 201, body = UserRow)))]
async fn add_user(State(web): State<Web>, caller: Caller, Body(new): Body<NewUser>) -> Answer<Response> {
    let password = hashed(&web, new.password).await?;
    let change = AddUser { name: new.name, role: new.role, password };
    let made = web.ledger().change(&caller.actor(), change).await?;
    Ok(super::created(&super::address("users", &made.name), made))
}

/// What to change of an account. Absent: left as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UserChange {
    /// Its role.
    #[serde(default, deserialize_with = "present")]
    role: Option<Role>,
    /// May it sign in? A closed account's sessions end at once.
    #[serde(default, deserialize_with = "present")]
    active: Option<bool>,
    /// A new password.
    #[schema(min_length = 8, max_length = 256)]
    #[serde(default, deserialize_with = "present")]
    password: Option<String>,
    /// What the fields to be changed were when they were looked at. Where one is different by now, the answer is 409 and
    /// nothing is changed.
    #[serde(default)]
    was: Was,
}

/// Corrects, closes or opens an account, or sets its password.
#[utoipa::path(patch, path = "/api/v1/users/{name}", tag = "accounts", params(("name" = String, Path)),
    request_body = UserChange, responses((status = 200, body = UserRow)))]
async fn correct_user(
    State(web): State<Web>,
    caller: Caller,
    Path(name): Path<String>,
    Body(change): Body<UserChange>,
) -> Answer<Json<UserRow>> {
    if let Some(password) = change.password {
        let password = hashed(&web, password).await?;
        web.ledger().change(&caller.actor(), SetPassword { name: name.clone(), password }).await?;
    }
    let change = CorrectUser { name, role: change.role, active: change.active, was: change.was };
    let row = web.ledger().change(&caller.actor(), change).await?;
    web.callers.forget_all();
    Ok(Json(row))
}

/// Bearer tokens, living ones first. Their secrets are not kept.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "accounts", responses((status = 200, body = Page<TokenRow>)))]
async fn tokens(State(web): State<Web>) -> Answer<Json<Page<TokenRow>>> {
    let rows = web.ledger().read(|reader| reader.tokens()).await?;
    Ok(Json(Page { rows, next_cursor: None }))
}

/// A new token: of a role, or of a kiosk.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewToken {
    /// What it is called.
    name: String,
    /// The role it gives.
    role: Option<Role>,
    /// The kiosk it speaks for.
    kiosk: Option<String>,
}

/// A token with its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
struct MadeToken {
    /// The token.
    #[serde(flatten)]
    row: TokenRow,
    /// The secret: send it as `Authorization: Bearer …`.
    token: String,
}

fn known_kiosk(web: &Web, kiosk: &str) -> Answer<()> {
    match web.ledger().kiosks().get(kiosk) {
        None => Err(Problem::not_found("There is no kiosk of this name.").field("kiosk")),
        Some(known) if !known.active => Err(Problem::kiosk_deactivated(kiosk)),
        Some(_) => Ok(()),
    }
}

/// Makes a bearer token.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "accounts", request_body = NewToken,
    responses((status = 201, body = MadeToken)))]
async fn create_token(State(web): State<Web>, caller: Caller, Body(new): Body<NewToken>) -> Answer<Response> {
    if let Some(kiosk) = &new.kiosk {
        known_kiosk(&web, kiosk)?;
    }
    let secret = Secret::random()?;
    let change = CreateToken { name: new.name, role: new.role, kiosk: new.kiosk, secret: secret.hash() };
    let row = web.ledger().change(&caller.actor(), change).await?;
    let token = secret.reveal().to_owned();
    Ok(super::created(&super::address("tokens", &row.name), MadeToken { row, token }))
}

/// What to change of a token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TokenChange {
    /// `true`: it is dead from now on. There is no way back.
    revoked: bool,
}

/// That a token is dead.
#[derive(Serialize, ToSchema)]
struct Revoked {
    /// Its name.
    name: String,
    /// Always true.
    revoked: bool,
}

/// Revokes a token.
#[utoipa::path(patch, path = "/api/v1/tokens/{name}", tag = "accounts", params(("name" = String, Path)),
    request_body = TokenChange, responses((status = 200, body = Revoked)))]
async fn revoke_token(
    State(web): State<Web>,
    caller: Caller,
    Path(name): Path<String>,
    Body(change): Body<TokenChange>,
) -> Answer<Json<Revoked>> {
    if !change.revoked {
        return Err(Problem::invalid("revoked", "A token can only be revoked. Make a new one instead."));
    }
    web.ledger().change(&caller.actor(), RevokeToken { name: name.clone() }).await?;
    web.callers.forget_all();
    Ok(Json(Revoked { name, revoked: true }))
}

/// A one-time code.
#[derive(Serialize, ToSchema)]
struct CodeShown {
    /// To be typed at the kiosk's browser.
    code: String,
    /// Good until.
    expires_at: Timestamp,
}

/// Makes a one-time code that enrols one browser as this kiosk's.
#[utoipa::path(post, path = "/api/v1/kiosks/{kiosk}/enrol-code", tag = "kiosks", params(("kiosk" = String, Path)),
    responses((status = 201, body = CodeShown)))]
async fn enrol_code(State(web): State<Web>, caller: Caller, Path(kiosk): Path<String>) -> Answer<Response> {
    known_kiosk(&web, &kiosk)?;
    let made = web.ledger().change(&caller.actor(), MakeEnrolCode { kiosk }).await?;
    let shown = CodeShown { code: made.code, expires_at: made.expires_at };
    Ok(super::created("/api/v1/kiosks/enrol", shown))
}
