//! Patients and their new charts.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{Access, Api};
use crate::custody::Role;
use crate::ledger::changes::{AddPatient, CorrectPatient, PatientPatch};
use crate::records::Patient;
use crate::web::caller::Caller;
use crate::web::extract::{Body, Path, given};
use crate::web::problem::Answer;
use crate::web::state::Web;

pub(super) fn register(api: Api) -> Api {
    api.route(Access::Role(Role::Records), routes!(add)).route(Access::Role(Role::Records), routes!(correct))
}

/// A new patient.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPatient {
    /// The medical record number, as the hospital's numbering has it.
    mrn: String,
    /// Family name.
    last_name: String,
    /// Given names.
    first_name: String,
    /// Birth date, where known.
    birth_date: Option<Date>,
    /// Administrative sex as the hospital writes it, where known.
    sex: Option<String>,
}

/// Adds a patient.
#[utoipa::path(post, path = "/api/v1/patients", tag = "patients", request_body = NewPatient,
    responses((status = 201, body = Patient)))]
async fn add(State(web): State<Web>, caller: Caller, Body(new): Body<NewPatient>) -> Answer<Response> {
    let patient = Patient {
        mrn: super::name("mrn", &new.mrn)?,
        last_name: super::name("last_name", &new.last_name)?,
        first_name: super::name("first_name", &new.first_name)?,
        birth_date: new.birth_date,
        sex: new.sex,
        active: true,
    };
    let made = web.ledger().change(&caller.actor(), AddPatient { patient }).await?;
    Ok(super::created(&super::address("patients", &made.mrn), made))
}

/// What to change of a patient. Absent: left as it is. `null`: emptied.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PatientChange {
    /// A new medical record number.
    mrn: Option<String>,
    /// Family name.
    last_name: Option<String>,
    /// Given names.
    first_name: Option<String>,
    /// Birth date.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Date>)]
    birth_date: Option<Option<Date>>,
    /// Administrative sex.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    sex: Option<Option<String>>,
    /// Deactivated patients are kept, and offered for nothing new.
    active: Option<bool>,
}

/// Corrects, deactivates or reactivates a patient.
#[utoipa::path(patch, path = "/api/v1/patients/{mrn}", tag = "patients", params(("mrn" = String, Path)),
    request_body = PatientChange, responses((status = 200, body = Patient)))]
async fn correct(
    State(web): State<Web>,
    caller: Caller,
    Path(mrn): Path<String>,
    Body(change): Body<PatientChange>,
) -> Answer<Json<Patient>> {
    let patch = PatientPatch {
        mrn: super::new_name("mrn", change.mrn)?,
        last_name: super::new_name("last_name", change.last_name)?,
        first_name: super::new_name("first_name", change.first_name)?,
        birth_date: change.birth_date,
        sex: change.sex,
        active: change.active,
    };
    Ok(Json(web.ledger().change(&caller.actor(), CorrectPatient { mrn, patch }).await?))
}
