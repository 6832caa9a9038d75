//! The register of equipment and its service log.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{Access, Api, Sought};
use crate::barcode::PlaceCode;
use crate::custody::Role;
use crate::equipment::{Described, EquipmentId, EquipmentKind, Service, ServiceId, ServiceUnit};
use crate::ledger::changes::{AddEquipment, CorrectEquipment, LogService, StrikeService, Was};
use crate::ledger::queries::{EquipmentDetail, EquipmentRow, Page, Paging};
use crate::web::caller::Caller;
use crate::web::equipment_csv;
use crate::web::extract::{Body, Path, Query, given, present};
use crate::web::problem::{Answer, Problem};
use crate::web::state::Web;

/// No patient data.
const READ: Access = Access::AnyRole(&[Role::Viewer, Role::Technician]);
const WRITE: Access = Access::AnyRole(&[Role::Supervisor, Role::Technician]);

pub(super) fn register(api: Api) -> Api {
    api.route(READ, routes!(list))
        .route(READ, routes!(export))
        .route(READ, routes!(open))
        .route(WRITE, routes!(add))
        .route(WRITE, routes!(correct))
        .route(WRITE, routes!(log))
        .route(WRITE, routes!(strike))
}

/// Equipment: what is in use first, by the day of its next service.
#[utoipa::path(get, path = "/api/v1/equipment", tag = "equipment", params(Sought),
    responses((status = 200, body = Page<EquipmentRow>)))]
async fn list(State(web): State<Web>, Query(part): Query<Sought>) -> Answer<Json<Page<EquipmentRow>>> {
    let (q, paging) = part.checked()?;
    Ok(Json(web.ledger().read(move |reader| reader.equipment_list(q.as_deref(), &paging)).await?))
}

/// The whole register as CSV (RFC 4180, UTF-8).
#[utoipa::path(get, path = "/api/v1/equipment.csv", tag = "equipment",
    responses((status = 200, body = String, content_type = "text/csv")))]
async fn export(State(web): State<Web>) -> Answer<Response> {
    let rows = web
        .ledger()
        .read(|reader| {
            let mut paging = Paging { limit: Some(super::PAGE_ROWS_MAX), cursor: None };
            let mut rows = Vec::new();
            loop {
                let page = reader.equipment_list(None, &paging)?;
                rows.extend(page.rows);
                paging.cursor = page.next_cursor;
                if paging.cursor.is_none() || rows.len() >= equipment_csv::ROWS_MAX {
                    return Ok(rows);
                }
            }
        })
        .await?;
    let text = equipment_csv::text(&rows).map_err(|error| Problem::internal("the register was not written", &error))?;
    let head = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"equipment.csv\""),
    ];
    Ok((head, text).into_response())
}

/// One piece of equipment with its service log.
#[utoipa::path(get, path = "/api/v1/equipment/{id}", tag = "equipment", params(("id" = u32, Path)),
    responses((status = 200, body = EquipmentDetail)))]
async fn open(State(web): State<Web>, Path(id): Path<u32>) -> Answer<Json<EquipmentDetail>> {
    detail(&web, EquipmentId(id)).await
}

async fn detail(web: &Web, id: EquipmentId) -> Answer<Json<EquipmentDetail>> {
    Ok(Json(web.ledger().read(move |reader| reader.equipment(id)).await?))
}

/// Registers a piece of equipment.
#[utoipa::path(post, path = "/api/v1/equipment", tag = "equipment", request_body = Described,
    responses((status = 201, body = EquipmentDetail)))]
async fn add(State(web): State<Web>, caller: Caller, Body(described): Body<Described>) -> Answer<Response> {
    let said = &described;
    printable([
        ("name", Some(&said.name)),
        ("make", said.make.as_ref()),
        ("model", said.model.as_ref()),
        ("serial", said.serial.as_ref()),
        ("device", said.device.as_ref()),
        ("service_work", said.service_work.as_ref()),
    ])?;
    known_device(&web, described.device.as_deref())?;
    let made = web.ledger().change(&caller.actor(), AddEquipment { described }).await?;
    let Json(made) = detail(&web, made.id).await?;
    Ok(super::created(&format!("/api/v1/equipment/{}", made.row.equipment.id.0), made))
}

/// Only what there is now can be named: a scanner, a printer or a kiosk. A name that stands in the register stays there
/// when its device is gone.
fn known_device(web: &Web, id: Option<&str>) -> Answer<()> {
    let Some(id) = id.map(str::trim).filter(|id| !id.is_empty()) else { return Ok(()) };
    let app = &web.app;
    let known = app.intake.statuses().iter().chain(&app.agents.devices()).any(|device| device.id == id)
        || (app.printers)().iter().any(|printer| printer.id == id)
        || web.ledger().kiosks().get(id).is_some();
    if known {
        return Ok(());
    }
    let text =
        "There is no scanner, printer or kiosk of this id. One at a kiosk's own computer is known once it was heard.";
    Err(Problem::invalid("device", text))
}

/// No control characters, but line breaks in what is to be done.
fn printable(texts: [(&str, Option<&String>); 6]) -> Answer<()> {
    for (field, text) in texts {
        let breaks = field == "service_work";
        let text = text.map_or("", |text| text.trim());
        super::plain(field, text, |c| breaks && matches!(c, '\n' | '\r' | '\t'))?;
    }
    Ok(())
}

/// What to change of a piece of equipment. Absent: left as it is. `null`: emptied.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EquipmentChange {
    /// What kind.
    #[serde(default, deserialize_with = "present")]
    kind: Option<EquipmentKind>,
    /// What people call it.
    #[serde(default, deserialize_with = "present")]
    name: Option<String>,
    /// Its maker.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    make: Option<Option<String>>,
    /// The maker's name for it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    model: Option<Option<String>>,
    /// The maker's serial number.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    serial: Option<Option<String>>,
    /// Where it stands.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    place: Option<Option<PlaceCode>>,
    /// The id of the scanner, printer or kiosk that it is to Outguide.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    device: Option<Option<String>>,
    /// When it was bought.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = Date)]
    purchased_on: Option<Option<Date>>,
    /// The last day of its warranty.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = Date)]
    warranty_until: Option<Option<Date>>,
    /// How many units go by between services.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u16>)]
    service_every: Option<Option<u16>>,
    /// The unit.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<ServiceUnit>)]
    service_unit: Option<Option<ServiceUnit>>,
    /// What its maker wants done.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    service_work: Option<Option<String>>,
    /// Out of use from now on, or in use again.
    #[serde(default, deserialize_with = "present")]
    retired: Option<bool>,
    /// What the fields to be changed were when they were looked at. Where one is different by now, the answer is 409 and
    /// nothing is changed.
    #[serde(default)]
    was: Was,
}

impl EquipmentChange {
    fn printable(&self) -> Answer<()> {
        fn sent(text: &Option<Option<String>>) -> Option<&String> {
            text.as_ref().and_then(Option::as_ref)
        }
        printable([
            ("name", self.name.as_ref()),
            ("make", sent(&self.make)),
            ("model", sent(&self.model)),
            ("serial", sent(&self.serial)),
            ("device", sent(&self.device)),
            ("service_work", sent(&self.service_work)),
        ])
    }

    fn of(self, before: Described) -> Described {
        Described {
            kind: self.kind.unwrap_or(before.kind),
            name: self.name.unwrap_or(before.name),
            make: self.make.unwrap_or(before.make),
            model: self.model.unwrap_or(before.model),
            serial: self.serial.unwrap_or(before.serial),
            place: self.place.unwrap_or(before.place),
            device: self.device.unwrap_or(before.device),
            purchased_on: self.purchased_on.unwrap_or(before.purchased_on),
            warranty_until: self.warranty_until.unwrap_or(before.warranty_until),
            service_every: self.service_every.unwrap_or(before.service_every),
            service_unit: self.service_unit.unwrap_or(before.service_unit),
            service_work: self.service_work.unwrap_or(before.service_work),
        }
    }
}

/// Corrects, retires or reinstates a piece of equipment.
#[utoipa::path(patch, path = "/api/v1/equipment/{id}", tag = "equipment", params(("id" = u32, Path)),
    request_body = EquipmentChange, responses((status = 200, body = EquipmentDetail)))]
async fn correct(
    State(web): State<Web>,
    caller: Caller,
    Path(id): Path<u32>,
    Body(mut change): Body<EquipmentChange>,
) -> Answer<Json<EquipmentDetail>> {
    change.printable()?;
    known_device(&web, change.device.as_ref().and_then(Option::as_deref))?;
    let (id, retired, was) = (EquipmentId(id), change.retired, std::mem::take(&mut change.was));
    let correct = move |before| change.of(before);
    let made = web.ledger().change(&caller.actor(), CorrectEquipment { id, correct, retired, was }).await?;
    detail(&web, made.id).await
}

/// A service that was done.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewService {
    /// The day it was done.
    #[schema(value_type = String, format = Date)]
    done_on: Date,
    /// Who did it: a person or a company.
    done_by: String,
    /// What was done; kept beside the chain, which has its keyed hash.
    #[schema(min_length = 1, max_length = 2000)]
    work: String,
    /// What it cost, in the hospital's currency: `125` or `125.50`.
    #[serde(default)]
    #[schema(pattern = r"^\d{1,7}(\.\d{1,2})?$")]
    cost: Option<String>,
}

/// Logs a service; the next one is due an interval later.
#[utoipa::path(post, path = "/api/v1/equipment/{id}/services", tag = "equipment", params(("id" = u32, Path)),
    request_body = NewService, responses((status = 201, body = Service)))]
async fn log(
    State(web): State<Web>,
    caller: Caller,
    Path(id): Path<u32>,
    Body(new): Body<NewService>,
) -> Answer<Response> {
    let service = LogService {
        equipment: EquipmentId(id),
        done_on: new.done_on,
        done_by: super::name("done_by", &new.done_by)?,
        work: super::text("work", &new.work)?,
        cost_cents: new.cost.as_deref().map(cents).transpose()?,
    };
    let made = web.ledger().change(&caller.actor(), service).await?;
    Ok(super::created(&format!("/api/v1/equipment/{id}/services/{}", made.id.0), made))
}

/// An amount in hundredths; exact, as no floating-point number is.
fn cents(text: &str) -> Answer<u32> {
    let wrong = || Problem::invalid("cost", "Use an amount like 125 or 125.50, below ten million.");
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), "00"));
    let digits = |text: &str, most| (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole, 7) || !digits(part, 2) {
        return Err(wrong());
    }
    format!("{whole}{part:0<2}").parse().map_err(|_| wrong())
}

/// Strikes out a service that was logged by mistake: it is kept, and counts for nothing.
#[utoipa::path(post, path = "/api/v1/equipment/{id}/services/{service}/strike", tag = "equipment",
    params(("id" = u32, Path), ("service" = u32, Path)), responses((status = 200, body = Service)))]
async fn strike(
    State(web): State<Web>,
    caller: Caller,
    Path((id, service)): Path<(u32, u32)>,
) -> Answer<Json<Service>> {
    let strike = StrikeService { equipment: EquipmentId(id), id: ServiceId(service) };
    Ok(Json(web.ledger().change(&caller.actor(), strike).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_exactly_or_refused() {
        for (text, expected) in [("0", 0), ("125", 12_500), ("125.5", 12_550), (" 9999999.99 ", 999_999_999)] {
            assert_eq!(cents(text).unwrap(), expected, "{text}");
        }
        for text in ["", "-1", "1.234", "1,5", ".5", "10000000", "1e3", "١"] {
            assert_eq!(cents(text).unwrap_err().field.as_deref(), Some("cost"), "{text}");
        }
    }
}
