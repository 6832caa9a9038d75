//! Patients and their new charts.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::{Access, Api, Sought};
use crate::custody::Role;
use crate::ledger::changes::{AddPatient, CorrectPatient, PatientPatch, Was};
use crate::ledger::queries::{ChartRow, Page, PatientRow};
use crate::ledger::{ReadError, Reader};
use crate::records::Patient;
use crate::web::caller::{Caller, Peer};
use crate::web::extract::{Body, Path, Query, given, present};
use crate::web::looks::{self, Look};
use crate::web::problem::Answer;
use crate::web::state::Web;

pub(super) fn register(api: Api) -> Api {
    api.route(Access::Role(Role::Viewer), routes!(list))
        .route(Access::Role(Role::Viewer), routes!(open))
        .route(Access::Role(Role::Records), routes!(add))
        .route(Access::Role(Role::Records), routes!(correct))
}

/// Patients by name or MRN. A search is an entry of the access log, as is a look through them all.
#[utoipa::path(get, path = "/api/v1/patients", tag = "patients", params(Search),
    responses((status = 200, body = Page<PatientRow>)))]
async fn list(
    State(web): State<Web>,
    caller: Caller,
    peer: Peer,
    Query(search): Query<Search>,
) -> Answer<Json<Page<PatientRow>>> {
    let later = search.cursor.is_some();
    let typing = super::is_typing(&caller, search.typing, search.q.as_deref().unwrap_or_default(), later);
    let sought = Sought { q: search.q, limit: search.limit, cursor: search.cursor };
    let (q, mut paging) = sought.checked()?;
    super::cap_while(typing, &mut paging);
    let list = looks::list_of("patients", &q.as_deref().map(str::trim));
    let page = web.ledger().read(move |reader| reader.patients(q.as_deref(), &paging)).await?;
    if typing {
        looks::log_list(&web, &caller, peer, Look::PatientsTyped, looks::list_of("patients typed", &())).await?;
    } else {
        looks::log_search(&web, &caller, peer, Look::PatientSearch, list, later).await?;
    }
    Ok(Json(page))
}

/// Who is looked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Search {
    /// An MRN or name, or a part of one; all where it is not given.
    q: Option<String>,
    /// `1` while the text is being typed into the console: then not each is an entry of the access log, but one in a
    /// quarter of an hour. One by a token or of fewer than two characters is an entry all the same.
    typing: Option<u8>,
    /// How many rows at most, 1 to 500; 50 where it is not given.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A patient and the charts there are.
#[derive(Serialize, ToSchema)]
struct PatientDetail {
    /// The patient.
    #[serde(flatten)]
    patient: PatientRow,
    /// The charts, by record type and volume.
    chart_rows: Vec<ChartRow>,
}

/// One patient with all charts. Opening it is an entry of the access log.
#[utoipa::path(get, path = "/api/v1/patients/{mrn}", tag = "patients", params(("mrn" = String, Path)),
    responses((status = 200, body = PatientDetail)))]
async fn open(
    State(web): State<Web>,
    caller: Caller,
    peer: Peer,
    Path(mrn): Path<String>,
) -> Answer<Json<PatientDetail>> {
    let sight = super::sight(&caller);
    let question = move |reader: &Reader| -> Result<_, ReadError> {
        let unknown = || ReadError::NotFound("There is no patient of this number.".to_owned());
        let patient = reader.patient(&mrn)?.ok_or_else(unknown)?;
        let chart_rows = reader.charts_of_patient(&mrn, sight)?;
        Ok(PatientDetail { patient, chart_rows })
    };
    let found = web.ledger().read(question).await?;
    looks::log(&web, &caller, peer, Look::Patient(found.patient.id)).await?;
    Ok(Json(found))
}

/// A new patient.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPatient {
    /// The medical record number, as the hospital's numbering has it.
    mrn: String,
    /// Family name.
    last_name: String,
    /// Given names; newborns and people of one name have none.
    first_name: Option<String>,
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
        first_name: super::new_text("first_name", new.first_name)?.unwrap_or_default(),
        birth_date: new.birth_date,
        sex: super::new_text("sex", new.sex)?,
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
    #[serde(default, deserialize_with = "present")]
    mrn: Option<String>,
    /// Family name.
    #[serde(default, deserialize_with = "present")]
    last_name: Option<String>,
    /// Given names.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    first_name: Option<Option<String>>,
    /// Birth date.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Date>)]
    birth_date: Option<Option<Date>>,
    /// Administrative sex.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    sex: Option<Option<String>>,
    /// Deactivated patients are kept, and offered for nothing new.
    #[serde(default, deserialize_with = "present")]
    active: Option<bool>,
    /// What the fields to be changed were when they were looked at. Where one is different by now, the answer is 409 and
    /// nothing is changed.
    #[serde(default)]
    was: Was,
}

/// Corrects, deactivates or reactivates a patient. The answer shows the patient: of one who is not open, that is an entry
/// of the access log.
#[utoipa::path(patch, path = "/api/v1/patients/{mrn}", tag = "patients", params(("mrn" = String, Path)),
    request_body = PatientChange, responses((status = 200, body = Patient)))]
async fn correct(
    State(web): State<Web>,
    caller: Caller,
    peer: Peer,
    Path(mrn): Path<String>,
    Body(change): Body<PatientChange>,
) -> Answer<Json<Patient>> {
    let patch = PatientPatch {
        mrn: super::new_name("mrn", change.mrn)?,
        last_name: super::new_name("last_name", change.last_name)?,
        first_name: match change.first_name {
            Some(first) => Some(super::new_text("first_name", first)?.unwrap_or_default()),
            None => None,
        },
        birth_date: change.birth_date,
        sex: change.sex.map(|sex| super::new_text("sex", sex)).transpose()?,
        active: change.active,
    };
    if patch == PatientPatch::default() {
        return Err(super::nothing_to_change());
    }
    let patient = web.ledger().change(&caller.actor(), CorrectPatient { mrn, patch, was: change.was }).await?;
    let mrn = patient.mrn.clone();
    // A change of nothing leaves no entry in the ledger.
    if let Some(row) = web.ledger().read(move |reader| reader.patient(&mrn)).await? {
        looks::log(&web, &caller, peer, Look::PatientAgain(row.id)).await?;
    }
    Ok(Json(patient))
}
