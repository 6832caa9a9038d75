//! Kiosks added, corrected and switched off in the console.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{Access, Api};
use crate::barcode::PlaceCode;
use crate::custody::{Kiosk, KioskMode, Language, Role};
use crate::ledger::KnownKiosk;
use crate::ledger::changes::{AddKiosk, CorrectKiosk, KioskPatch, Was};
use crate::web::caller::Caller;
use crate::web::extract::{Body, Path, given};
use crate::web::problem::{Answer, Problem};
use crate::web::state::Web;

pub(super) fn register(api: Api) -> Api {
    api.route(Access::Role(Role::Admin), routes!(add)).route(Access::Role(Role::Admin), routes!(correct))
}

/// Seconds until an idle session ends, where nothing is said.
fn idle_default() -> u32 {
    120
}

/// A new kiosk.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewKiosk {
    /// Its id, as in its page's address.
    #[schema(pattern = "^[a-z0-9][a-z0-9-]{0,31}$")]
    id: String,
    /// Its name; the id where none is given.
    name: Option<String>,
    /// Where it stands.
    #[schema(value_type = String)]
    place: PlaceCode,
    /// What a chart without a destination means here.
    mode: KioskMode,
    /// Seconds without a scan or touch after which a session ends.
    #[serde(default = "idle_default")]
    #[schema(minimum = 10, maximum = 3600)]
    idle_sign_off_seconds: u32,
    /// Where its LABEL command prints.
    printer: Option<String>,
    /// What it speaks; English where nothing is said.
    #[serde(default)]
    language: Language,
}

fn check_printer(web: &Web, printer: Option<&String>) -> Answer<()> {
    let Some(id) = printer else { return Ok(()) };
    if (web.app.printers)().iter().any(|printer| printer.id == *id) {
        return Ok(());
    }
    Err(Problem::invalid("printer", "No printer of this name is configured."))
}

/// Adds a kiosk. Its scanner types at its browser; scanners of the server's own are configured.
#[utoipa::path(post, path = "/api/v1/kiosks", tag = "kiosks", request_body = NewKiosk,
    responses((status = 201, body = KnownKiosk)))]
async fn add(State(web): State<Web>, caller: Caller, Body(new): Body<NewKiosk>) -> Answer<Response> {
    check_printer(&web, new.printer.as_ref())?;
    let kiosk = Kiosk {
        name: super::new_name("name", new.name)?.unwrap_or_else(|| new.id.clone()),
        id: new.id,
        place: new.place,
        mode: new.mode,
        idle_sign_off_seconds: new.idle_sign_off_seconds,
        printer: new.printer,
        language: Some(new.language),
    };
    let made = web.ledger().change(&caller.actor(), AddKiosk { kiosk }).await?;
    web.callers.forget_all();
    Ok(super::created(&super::address("kiosks", &made.kiosk.id), made))
}

/// What to change of a kiosk. Absent: left as it is. `null`: emptied. Of a configured one only `active` can change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KioskChange {
    /// Its name.
    name: Option<String>,
    /// Where it stands.
    #[schema(value_type = Option<String>)]
    place: Option<PlaceCode>,
    /// What a chart without a destination means here.
    mode: Option<KioskMode>,
    /// Seconds without a scan or touch after which a session ends.
    #[schema(minimum = 10, maximum = 3600)]
    idle_sign_off_seconds: Option<u32>,
    /// Where its LABEL command prints.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    printer: Option<Option<String>>,
    /// What it speaks.
    language: Option<Language>,
    /// At an inactive kiosk nothing is scanned: its tokens and enrolled browsers are dead at once, and stay dead.
    active: Option<bool>,
    /// What the fields to be changed were when they were looked at. Where one is different by now, the answer is 409 and
    /// nothing is changed.
    #[serde(default)]
    was: Was,
}

/// Corrects, deactivates or reactivates a kiosk.
#[utoipa::path(patch, path = "/api/v1/kiosks/{kiosk}", tag = "kiosks", params(("kiosk" = String, Path)),
    request_body = KioskChange, responses((status = 200, body = KnownKiosk)))]
async fn correct(
    State(web): State<Web>,
    caller: Caller,
    Path(id): Path<String>,
    Body(change): Body<KioskChange>,
) -> Answer<Json<KnownKiosk>> {
    let known = web.ledger().kiosks().get(&id).map(|known| known.kiosk.printer.clone());
    if let Some(printer) = change.printer.as_ref().filter(|printer| known.as_ref() != Some(printer)) {
        check_printer(&web, printer.as_ref())?;
    }
    let patch = KioskPatch {
        name: super::new_name("name", change.name)?,
        place: change.place,
        mode: change.mode,
        idle_sign_off_seconds: change.idle_sign_off_seconds,
        printer: change.printer,
        language: change.language,
        active: change.active,
    };
    let known = web.ledger().change(&caller.actor(), CorrectKiosk { id, patch, was: change.was }).await?;
    web.callers.forget_all();
    Ok(Json(known))
}
