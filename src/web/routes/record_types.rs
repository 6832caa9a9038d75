//! Record types.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{Access, Api, Part};
use crate::custody::Role;
use crate::ledger::changes::{AddRecordType, CorrectRecordType, RecordTypePatch, Was};
use crate::ledger::queries::Page;
use crate::records::RecordType;
use crate::web::caller::Caller;
use crate::web::extract::{Body, Path, Query, present};
use crate::web::problem::Answer;
use crate::web::state::Web;

/// No patient data: technicians need it to place kiosks and printers.
const LIST: Access = Access::AnyRole(&[Role::Viewer, Role::Technician]);

pub(super) fn register(api: Api) -> Api {
    api.route(LIST, routes!(list))
        .route(Access::Role(Role::Supervisor), routes!(add))
        .route(Access::Role(Role::Supervisor), routes!(correct))
}

/// Record types, by code.
#[utoipa::path(get, path = "/api/v1/record-types", tag = "record types", params(Part), responses((status = 200, body = Page<RecordType>)))]
async fn list(State(web): State<Web>, Query(part): Query<Part>) -> Answer<Json<Page<RecordType>>> {
    let paging = super::paging(part.limit, part.cursor)?;
    Ok(Json(web.ledger().read(move |reader| reader.record_types(&paging)).await?))
}

/// A new record type.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRecordType {
    /// Its code.
    #[schema(pattern = "^[A-Z0-9]{1,12}$")]
    code: String,
    /// Its name.
    name: String,
    /// Where such a chart is, is confidential.
    #[serde(default)]
    restricted: bool,
}

/// Adds a record type.
#[utoipa::path(post, path = "/api/v1/record-types", tag = "record types", request_body = NewRecordType,
    responses((status = 201, body = RecordType)))]
async fn add(State(web): State<Web>, caller: Caller, Body(new): Body<NewRecordType>) -> Answer<Response> {
    let name = super::name("name", &new.name)?;
    let record_type = RecordType { code: new.code, name, restricted: new.restricted, active: true };
    let made = web.ledger().change(&caller.actor(), AddRecordType { record_type }).await?;
    Ok(super::created(&format!("/api/v1/record-types/{}", made.code), made))
}

/// What to change of a record type. Absent: left as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RecordTypeChange {
    /// Its name.
    #[serde(default, deserialize_with = "present")]
    name: Option<String>,
    /// Where such a chart is, is confidential.
    #[serde(default, deserialize_with = "present")]
    restricted: Option<bool>,
    /// Inactive types are offered for nothing new.
    #[serde(default, deserialize_with = "present")]
    active: Option<bool>,
    /// What the fields to be changed were when they were looked at. Where one is different by now, the answer is 409 and
    /// nothing is changed.
    #[serde(default)]
    was: Was,
}

/// Corrects, deactivates or reactivates a record type.
#[utoipa::path(patch, path = "/api/v1/record-types/{code}", tag = "record types", params(("code" = String, Path)),
    request_body = RecordTypeChange, responses((status = 200, body = RecordType)))]
async fn correct(
    State(web): State<Web>,
    caller: Caller,
    Path(code): Path<String>,
    Body(change): Body<RecordTypeChange>,
) -> Answer<Json<RecordType>> {
    let name = super::new_name("name", change.name)?;
    let patch = RecordTypePatch { name, restricted: change.restricted, active: change.active };
    Ok(Json(web.ledger().change(&caller.actor(), CorrectRecordType { code, patch, was: change.was }).await?))
}
