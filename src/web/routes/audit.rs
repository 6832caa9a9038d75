//! For auditors: every entry of the ledger, and who looked at what.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::{Access, Api};
use crate::custody::Role;
use crate::ledger::Reader;
use crate::ledger::queries::{AccessRecord, EntryRecord, Page};
use crate::web::extract::Query;
use crate::web::problem::Answer;
use crate::web::state::Web;

pub(super) fn register(api: Api) -> Api {
    api.route(Access::Role(Role::Auditor), routes!(entries)).route(Access::Role(Role::Auditor), routes!(access_log))
}

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Of this kind.
    kind: Option<String>,
    /// By this actor, for example `user:anna`.
    actor: Option<String>,
    /// How many rows at most, 1 to 500; 50 where it is not given.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The ledger's entries, newest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(Which),
    responses((status = 200, body = Page<EntryRecord>)))]
async fn entries(State(web): State<Web>, Query(which): Query<Which>) -> Answer<Json<Page<EntryRecord>>> {
    let paging = super::paging(which.limit, which.cursor)?;
    let question = move |reader: &Reader| reader.audit(which.kind.as_deref(), which.actor.as_deref(), &paging);
    Ok(Json(web.ledger().read(question).await?))
}

/// Whose records.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Whose {
    /// Of the patient with this MRN.
    mrn: Option<String>,
    /// How many rows at most, 1 to 500; 50 where it is not given.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Sign-ins, searches and opened records, newest first.
#[utoipa::path(get, path = "/api/v1/access-log", tag = "audit", params(Whose),
    responses((status = 200, body = Page<AccessRecord>)))]
async fn access_log(State(web): State<Web>, Query(whose): Query<Whose>) -> Answer<Json<Page<AccessRecord>>> {
    let paging = super::paging(whose.limit, whose.cursor)?;
    Ok(Json(web.ledger().read(move |reader| reader.access_log(whose.mrn.as_deref(), &paging)).await?))
}
