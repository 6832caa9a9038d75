//! Kiosks: their screens' state and live events.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Access, Api};
use crate::agent::PROGRAM;
use crate::agent::remote::AgentRow;
use crate::custody::{Kiosk, KioskMode, Language, Receipt, ReceiptSession, Role, wording};
use crate::intake::DeviceStatus;
use crate::ledger::queries::{Page, Sight};
use crate::ledger::{KnownKiosk, Published, ReadError};
use crate::web::caller::{Caller, Peer, Who};
use crate::web::events::{self, Told};
use crate::web::extract::{Body, Path};
use crate::web::looks::{self, Look};
use crate::web::problem::{Answer, Problem};
use crate::web::state::{Hospital, PrinterView, Web};

pub(super) fn register(api: Api) -> Api {
    api.route(Access::AnyRole(&[Role::Viewer, Role::Technician]), routes!(list))
        .route(Access::OwnKioskOr(Role::Clerk), routes!(kiosk))
        .route(Access::OwnKioskOr(Role::Clerk), routes!(follow))
        .route(Access::OwnKioskOr(Role::Clerk), routes!(touch))
        .route(Access::OwnKioskOr(Role::Clerk), routes!(samples))
}

/// A kiosk with all that its screen shows.
#[derive(Serialize, ToSchema)]
struct KioskView {
    /// Its id.
    kiosk: String,
    /// Its name.
    name: String,
    /// Where it stands.
    #[schema(value_type = String)]
    place: crate::barcode::PlaceCode,
    /// That place's name, once it is known.
    place_name: Option<String>,
    /// What a chart without a destination means here.
    mode: KioskMode,
    /// Seconds without a scan or touch after which a session ends.
    idle_sign_off_seconds: u32,
    /// What it speaks.
    language: Language,
    /// It stands in the configuration file.
    configured: bool,
    /// Scans are taken here.
    active: bool,
    /// Whose kiosk.
    hospital: Hospital,
    /// This is a demonstration.
    simulated: bool,
    /// The session of its first lane.
    session: ReceiptSession,
    /// The sessions of all its lanes.
    sessions: Vec<ReceiptSession>,
    /// Its scanners.
    devices: Vec<DeviceStatus>,
    /// Where its LABEL command prints.
    printer: Option<PrinterView>,
    /// Its newest receipts, oldest first.
    recent: Vec<LiveReceipt>,
    /// The ledger's epoch.
    epoch: Uuid,
}

/// A receipt as it comes live.
#[derive(Serialize, ToSchema)]
struct LiveReceipt {
    /// The receipt.
    #[serde(flatten)]
    receipt: Receipt,
    /// When it was recorded.
    at: Timestamp,
    /// The scanner.
    device: Option<String>,
    /// The lane.
    lane: String,
}

/// A kiosk by its id, active or not.
pub(super) fn known(web: &Web, id: &str) -> Answer<KnownKiosk> {
    web.ledger().kiosks().get(id).cloned().ok_or_else(|| Problem::not_found("There is no kiosk of this name."))
}

/// With what sight the caller sees this kiosk's receipts. Where it stands at a restricted place, each says that a chart
/// was there, whatever is taken from it: then who may not see that gets none.
async fn shown_to(web: &Web, caller: &Caller, kiosk: &Kiosk) -> Answer<Option<Sight>> {
    let sight = super::sight(caller);
    let hidden = sight == Sight::Masked && super::is_restricted(web, kiosk.place.clone()).await?;
    Ok((!hidden).then_some(sight))
}

/// Receipts name charts and whose they are. What stands on the kiosk's own screen is its work, and no look.
async fn log_look(web: &Web, caller: &Caller, peer: Peer, kiosk: &str) -> Answer<()> {
    if matches!(caller.who, Who::Kiosk { .. }) {
        return Ok(());
    }
    looks::log_list(web, caller, peer, Look::Receipts, looks::list_of("receipts", &kiosk)).await
}

/// A kiosk's scanners: at this server and at its own computer.
fn devices_at(web: &Web, kiosk: &str) -> Vec<DeviceStatus> {
    let mut devices = web.app.intake.statuses_at(kiosk);
    devices.extend(web.app.agents.devices_at(kiosk));
    devices
}

/// A kiosk's lanes: those its scanners have, or the nameless one.
fn lanes(devices: &[DeviceStatus]) -> Vec<String> {
    let mut lanes: Vec<String> = devices.iter().map(|device| device.lane.clone()).collect();
    lanes.sort_unstable();
    lanes.dedup();
    if lanes.is_empty() { vec![String::new()] } else { lanes }
}

/// A kiosk with its session, devices and newest receipts.
#[utoipa::path(get, path = "/api/v1/kiosks/{kiosk}", tag = "kiosks", params(("kiosk" = String, Path)),
    responses((status = 200, body = KioskView)))]
async fn kiosk(State(web): State<Web>, caller: Caller, peer: Peer, Path(id): Path<String>) -> Answer<Json<KioskView>> {
    let KnownKiosk { kiosk, configured, active } = known(&web, &id)?;
    log_look(&web, &caller, peer, &id).await?;
    let devices = devices_at(&web, &id);
    let mut sessions = Vec::new();
    for lane in lanes(&devices) {
        sessions.push(shown(&web, &caller, web.ledger().session(&id, &lane).await?).await?);
    }
    let session = sessions.first().cloned().ok_or_else(|| Problem::internal("a kiosk has no lane", &id))?;
    let place = kiosk.place.clone();
    let place = web.ledger().read(move |reader| reader.place(&place)).await?;
    let language = kiosk.language();
    let recent = match shown_to(&web, &caller, &kiosk).await? {
        Some(sight) => web.feed.recent(&id).iter().filter_map(|entry| live_receipt(entry, sight, language)).collect(),
        None => Vec::new(),
    };
    Ok(Json(KioskView {
        place_name: place.map(|place| place.name),
        mode: kiosk.mode,
        idle_sign_off_seconds: kiosk.idle_sign_off_seconds,
        language,
        configured,
        active,
        hospital: web.app.hospital.clone(),
        simulated: web.app.simulated,
        session,
        sessions,
        devices,
        printer: printer_of(&web, &kiosk),
        recent,
        epoch: web.ledger().epoch(),
        kiosk: kiosk.id,
        name: kiosk.name,
        place: kiosk.place,
    }))
}

fn printer_of(web: &Web, kiosk: &Kiosk) -> Option<PrinterView> {
    let name = kiosk.printer.as_ref()?;
    (web.app.printers)().into_iter().find(|printer| printer.id == *name)
}

fn live_receipt(entry: &Published, sight: Sight, language: Language) -> Option<LiveReceipt> {
    let mut receipt = entry.receipt.clone()?;
    if sight == Sight::Masked {
        withhold(&mut receipt, entry.restricted, language);
    }
    let lane = entry.lane.clone().unwrap_or_default();
    Some(LiveReceipt { receipt, at: entry.at, device: entry.device.clone(), lane })
}

/// Takes from a receipt where a restricted chart is, and a restricted place that it names; its words name them, so they
/// go as well. The kiosk's own screen shows all: who stands there did it.
fn withhold(receipt: &mut Receipt, names_restricted: bool, language: Language) {
    let verdict = &mut receipt.verdict;
    if !names_restricted && verdict.chart.as_ref().is_none_or(|chart| !chart.restricted) {
        return;
    }
    if let Some(chart) = &mut verdict.chart {
        chart.withheld = true;
        chart.home = None;
        chart.place = None;
        chart.place_name = None;
        chart.holder = None;
        chart.holder_name = None;
        chart.seen_place = None;
    }
    wording::withhold_words(verdict, language);
    hide_destination(&mut receipt.session);
}

fn hide_destination(session: &mut ReceiptSession) {
    session.destination = None;
    session.destination_name = None;
    session.holder = None;
    session.holder_name = None;
}

/// A lane's session as the caller may see it.
async fn shown(web: &Web, caller: &Caller, mut session: ReceiptSession) -> Answer<ReceiptSession> {
    if super::sight(caller) == Sight::Masked && names_restricted(web, &session).await? {
        hide_destination(&mut session);
    }
    Ok(session)
}

async fn names_restricted(web: &Web, session: &ReceiptSession) -> Answer<bool> {
    let Some(place) = session.destination.clone() else { return Ok(false) };
    super::is_restricted(web, place).await
}

/// A scan's receipt as one who is not the kiosk may see it; that it names a chart is a look.
pub(super) async fn shown_receipt(
    web: &Web,
    caller: &Caller,
    peer: Peer,
    kiosk: &str,
    mut receipt: Receipt,
) -> Answer<Receipt> {
    if let Some(chart) = &receipt.verdict.chart {
        looks::log(web, caller, peer, Look::Scanned(chart.number)).await?;
    }
    if super::sight(caller) == Sight::Masked {
        let restricted = names_restricted(web, &receipt.session).await?;
        withhold(&mut receipt, restricted, known(web, kiosk)?.kiosk.language());
    }
    Ok(receipt)
}

/// A kiosk's receipts and the changes of its scanners and its printer, live.
///
/// Events: `receipt`, `device`, `printer`, `resync` (something was missed: ask for the kiosk anew). `id` is the ledger's seq.
#[utoipa::path(get, path = "/api/v1/kiosks/{kiosk}/events", tag = "kiosks", params(("kiosk" = String, Path)),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
async fn follow(
    State(web): State<Web>,
    caller: Caller,
    peer: Peer,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer<impl IntoResponse> {
    let KnownKiosk { kiosk, .. } = known(&web, &id)?;
    log_look(&web, &caller, peer, &id).await?;
    let sight = shown_to(&web, &caller, &kiosk).await?;
    let (language, prints_on) = (kiosk.language(), kiosk.printer);
    let subscription = web.feed.subscribe(&caller.who.to_string(), events::last_event_id(&headers))?;
    let agent = is_agent(&caller, &headers).then(|| web.app.agents.listens(&id, web.ledger().now()));
    Ok(events::stream(&web, &caller, subscription, move |told| {
        // Dropped with the stream: that it closed is how an agent's end is known at once.
        let _open = &agent;
        match told {
            Told::Entry(entry) if entry.kiosk.as_ref() == Some(&id) => {
                events::event("receipt", Some(entry.seq), &live_receipt(entry, sight?, language)?)
            }
            Told::Device(device) if device.kiosk == id => events::event("device", None, device),
            Told::Printer(printer) if Some(&printer.id) == prints_on.as_ref() => {
                events::event("printer", None, printer)
            }
            Told::Entry(_) | Told::Device(_) | Told::Printer(_) => None,
        }
    }))
}

/// Is it the kiosk's own computer, and not its browser?
fn is_agent(caller: &Caller, headers: &HeaderMap) -> bool {
    let program = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    matches!(caller.who, Who::Kiosk { .. }) && program.starts_with(PROGRAM)
}

/// Which lane was touched.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Touched {
    /// The lane; empty where the kiosk has one only.
    #[serde(default)]
    lane: String,
}

/// Keeps a lane's session alive, as any touch of the screen does.
#[utoipa::path(post, path = "/api/v1/kiosks/{kiosk}/touch", tag = "kiosks", params(("kiosk" = String, Path)),
    request_body = Touched, responses((status = 200, body = ReceiptSession)))]
async fn touch(
    State(web): State<Web>,
    caller: Caller,
    Path(kiosk): Path<String>,
    Body(touched): Body<Touched>,
) -> Answer<Json<ReceiptSession>> {
    known(&web, &kiosk)?;
    let session = web.ledger().touch(&kiosk, &touched.lane).await?;
    Ok(Json(shown(&web, &caller, session).await?))
}

/// Something to hold before a simulated scanner.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Sample {
    /// What it is, for people.
    pub label: String,
    /// The text on it.
    pub data: String,
}

/// Badges, places, charts and cards to try a demonstration with; 404 elsewhere.
#[utoipa::path(get, path = "/api/v1/kiosks/{kiosk}/samples", tag = "kiosks", params(("kiosk" = String, Path)),
    responses((status = 200, body = Page<Sample>)))]
async fn samples(State(web): State<Web>, Path(id): Path<String>) -> Answer<Json<Page<Sample>>> {
    let KnownKiosk { kiosk, .. } = known(&web, &id)?;
    let samples = web.app.samples.clone().ok_or_else(|| Problem::not_found("This is no demonstration."))?;
    let rows = super::blocking(move || samples(&kiosk)).await?;
    Ok(Json(Page { rows, next_cursor: None }))
}

/// A kiosk in the console's list.
#[derive(Serialize, ToSchema)]
struct KioskRow {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// Where it stands.
    #[schema(value_type = String)]
    place: crate::barcode::PlaceCode,
    /// That place's name, once it is known.
    place_name: Option<String>,
    /// What a chart without a destination means here.
    mode: KioskMode,
    /// Seconds without a scan or touch after which a session ends.
    idle_sign_off_seconds: u32,
    /// What it speaks.
    language: Language,
    /// It stands in the configuration file, which alone says how it is.
    configured: bool,
    /// Scans are taken there.
    active: bool,
    /// Its scanners.
    devices: Vec<DeviceStatus>,
    /// Where its LABEL command prints.
    printer: Option<PrinterView>,
    /// The session of its first lane.
    session: ReceiptSession,
    /// How many browsers are enrolled for it.
    enrolled_browsers: usize,
    /// Its own computer, where one was heard.
    agent: Option<AgentRow>,
}

/// The kiosks and how they are.
#[utoipa::path(get, path = "/api/v1/kiosks", tag = "kiosks", responses((status = 200, body = Page<KioskRow>)))]
async fn list(State(web): State<Web>, caller: Caller) -> Answer<Json<Page<KioskRow>>> {
    let kiosks = web.ledger().kiosks();
    let about = {
        let kiosks = kiosks.clone();
        let question = move |reader: &crate::ledger::Reader| -> Result<Vec<_>, ReadError> {
            kiosks
                .iter()
                .map(|KnownKiosk { kiosk, .. }| {
                    let place = reader.place(&kiosk.place)?.map(|place| place.name);
                    Ok((place, reader.enrolled_browsers(&kiosk.id)?.len()))
                })
                .collect()
        };
        web.ledger().read(question).await?
    };
    let (mut rows, agents) = (Vec::new(), web.app.agents.rows());
    for (known, (place_name, enrolled_browsers)) in kiosks.iter().zip(about) {
        let KnownKiosk { kiosk, configured, active } = known.clone();
        let devices = devices_at(&web, &kiosk.id);
        let lane = lanes(&devices).into_iter().next().unwrap_or_default();
        rows.push(KioskRow {
            agent: agents.iter().find(|agent| agent.kiosk == kiosk.id).cloned(),
            session: shown(&web, &caller, web.ledger().session(&kiosk.id, &lane).await?).await?,
            printer: printer_of(&web, &kiosk),
            place_name,
            mode: kiosk.mode,
            idle_sign_off_seconds: kiosk.idle_sign_off_seconds,
            language: kiosk.language(),
            configured,
            active,
            devices,
            enrolled_browsers,
            id: kiosk.id,
            name: kiosk.name,
            place: kiosk.place,
        });
    }
    Ok(Json(Page { rows, next_cursor: None }))
}
