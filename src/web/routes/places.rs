//! Places.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{Access, Api, Sought};
use crate::barcode::PlaceCode;
use crate::custody::{Place, PlaceKind, Role};
use crate::ledger::changes::{AddPlace, CorrectPlace, PlacePatch, Was};
use crate::ledger::queries::Page;
use crate::web::caller::Caller;
use crate::web::extract::{Body, Path, Query, given, present};
use crate::web::problem::Answer;
use crate::web::state::Web;

/// No patient data: technicians need it to place kiosks and printers.
const LIST: Access = Access::AnyRole(&[Role::Viewer, Role::Technician]);

pub(super) fn register(api: Api) -> Api {
    api.route(LIST, routes!(list))
        .route(Access::Role(Role::Supervisor), routes!(add))
        .route(Access::Role(Role::Supervisor), routes!(correct))
}

/// Places, by code.
#[utoipa::path(get, path = "/api/v1/places", tag = "places", params(Sought), responses((status = 200, body = Page<Place>)))]
async fn list(State(web): State<Web>, Query(part): Query<Sought>) -> Answer<Json<Page<Place>>> {
    let (q, paging) = part.checked()?;
    Ok(Json(web.ledger().read(move |reader| reader.places(q.as_deref(), &paging)).await?))
}

/// A new place.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPlace {
    /// Its code, as on its location card.
    #[schema(value_type = String, pattern = "^[A-Z0-9]{1,12}$")]
    code: PlaceCode,
    /// Its name as people say it.
    name: String,
    /// What kind of place.
    kind: PlaceKind,
    /// How many hours a chart may stay; absent means no due time.
    loan_hours: Option<u32>,
    /// That a chart is here is itself confidential.
    #[serde(default)]
    restricted: bool,
}

/// Adds a place.
#[utoipa::path(post, path = "/api/v1/places", tag = "places", request_body = NewPlace,
    responses((status = 201, body = Place)))]
async fn add(State(web): State<Web>, caller: Caller, Body(new): Body<NewPlace>) -> Answer<Response> {
    let place = Place {
        code: new.code,
        name: super::name("name", &new.name)?,
        kind: new.kind,
        loan_hours: new.loan_hours,
        restricted: new.restricted,
        active: true,
    };
    let made = web.ledger().change(&caller.actor(), AddPlace { place }).await?;
    Ok(super::created(&format!("/api/v1/places/{}", made.code), made))
}

/// What to change of a place. Absent: left as it is. `null`: emptied.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PlaceChange {
    /// Its name.
    #[serde(default, deserialize_with = "present")]
    name: Option<String>,
    /// What kind of place.
    #[serde(default, deserialize_with = "present")]
    kind: Option<PlaceKind>,
    /// How many hours a chart may stay.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u32>)]
    loan_hours: Option<Option<u32>>,
    /// That a chart is here is itself confidential.
    #[serde(default, deserialize_with = "present")]
    restricted: Option<bool>,
    /// An inactive place is no destination any more.
    #[serde(default, deserialize_with = "present")]
    active: Option<bool>,
    /// What the fields to be changed were when they were looked at. Where one is different by now, the answer is 409 and
    /// nothing is changed.
    #[serde(default)]
    was: Was,
}

/// Corrects, deactivates or reactivates a place.
#[utoipa::path(patch, path = "/api/v1/places/{code}", tag = "places", params(("code" = String, Path)),
    request_body = PlaceChange, responses((status = 200, body = Place)))]
async fn correct(
    State(web): State<Web>,
    caller: Caller,
    Path(code): Path<PlaceCode>,
    Body(change): Body<PlaceChange>,
) -> Answer<Json<Place>> {
    let patch = PlacePatch {
        name: super::new_name("name", change.name)?,
        kind: change.kind,
        loan_hours: change.loan_hours,
        restricted: change.restricted,
        active: change.active,
    };
    Ok(Json(web.ledger().change(&caller.actor(), CorrectPlace { code, patch, was: change.was }).await?))
}
