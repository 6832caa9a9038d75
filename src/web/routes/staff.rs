//! Staff: people with badges.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{Access, Api, Sought};
use crate::barcode::{BadgeNumber, PlaceCode};
use crate::custody::{Role, Staff};
use crate::ledger::changes::{AddStaff, CorrectStaff, StaffPatch, Was};
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

/// People, by badge.
#[utoipa::path(get, path = "/api/v1/staff", tag = "staff", params(Sought), responses((status = 200, body = Page<Staff>)))]
async fn list(State(web): State<Web>, Query(part): Query<Sought>) -> Answer<Json<Page<Staff>>> {
    let (q, paging) = part.checked()?;
    Ok(Json(web.ledger().read(move |reader| reader.staff(q.as_deref(), &paging)).await?))
}

/// A new person with a badge.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewStaff {
    /// The badge number.
    #[schema(value_type = String, pattern = "^[A-Z0-9]{1,12}$")]
    badge: BadgeNumber,
    /// The person's name.
    name: String,
    /// What the badge may do at kiosks.
    role: Role,
    /// Where the person works.
    #[schema(value_type = Option<String>)]
    place: Option<PlaceCode>,
    /// For notices.
    email: Option<String>,
}

/// Adds a person.
#[utoipa::path(post, path = "/api/v1/staff", tag = "staff", request_body = NewStaff,
    responses((status = 201, body = Staff)))]
async fn add(State(web): State<Web>, caller: Caller, Body(new): Body<NewStaff>) -> Answer<Response> {
    let staff = Staff {
        badge: new.badge,
        name: super::name("name", &new.name)?,
        role: new.role,
        place: new.place,
        email: super::new_name("email", new.email)?,
        active: true,
    };
    let made = web.ledger().change(&caller.actor(), AddStaff { staff }).await?;
    Ok(super::created(&format!("/api/v1/staff/{}", made.badge), made))
}

/// What to change of a person. Absent: left as it is. `null`: emptied.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StaffChange {
    /// The person's name.
    #[serde(default, deserialize_with = "present")]
    name: Option<String>,
    /// What the badge may do at kiosks.
    #[serde(default, deserialize_with = "present")]
    role: Option<Role>,
    /// Where the person works.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    place: Option<Option<PlaceCode>>,
    /// For notices.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    email: Option<Option<String>>,
    /// A lost or withdrawn badge is inactive: dead at once, at every kiosk.
    #[serde(default, deserialize_with = "present")]
    active: Option<bool>,
    /// What the fields to be changed were when they were looked at. Where one is different by now, the answer is 409 and
    /// nothing is changed.
    #[serde(default)]
    was: Was,
}

/// Corrects a person, withdraws a badge or gives it back.
#[utoipa::path(patch, path = "/api/v1/staff/{badge}", tag = "staff", params(("badge" = String, Path)),
    request_body = StaffChange, responses((status = 200, body = Staff)))]
async fn correct(
    State(web): State<Web>,
    caller: Caller,
    Path(badge): Path<BadgeNumber>,
    Body(change): Body<StaffChange>,
) -> Answer<Json<Staff>> {
    let email = match change.email {
        Some(email) => Some(super::new_name("email", email)?),
        None => None,
    };
    let patch = StaffPatch {
        name: super::new_name("name", change.name)?,
        role: change.role,
        place: change.place,
        email,
        active: change.active,
    };
    Ok(Json(web.ledger().change(&caller.actor(), CorrectStaff { badge, patch, was: change.was }).await?))
}
