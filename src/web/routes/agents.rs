//! Kiosks' own computers: enrolment, greeting, how they are, and print jobs for their printers. Their scans come in like
//! any kiosk's.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use uuid::Uuid;

use super::kiosks::known;
use super::sign_in::{Enrol, enrolled};
use super::{Access, Api};
use crate::agent::protocol::{Speaks, agree};
use crate::agent::remote::{AgentRow, Heard};
use crate::agent::wire::{AgentStatus, Hello, JobFate, JobReport, Noted, Offer, Welcome};
use crate::custody::Role;
use crate::ledger::changes::{CloseAlert, OpenAlert, ReportPrintJob};
use crate::ledger::queries::Page;
use crate::ledger::{Actor, AlertKind, ChangeError, PrintJobId, PrintJobState};
use crate::outbox::named_job;
use crate::web::caller::Peer;
use crate::web::extract::{Body, Path, Query};
use crate::web::keys;
use crate::web::problem::{Answer, Problem};
use crate::web::state::Web;

/// The longest that the question for a job is kept open.
const WAIT_MOST_SECONDS: u64 = 20;
/// How long a report waits for the outbox to write it down, in looks and the pause between them.
const SETTLE_LOOKS: u32 = 20;
const SETTLE_PAUSE: Duration = Duration::from_millis(100);
/// Scanners and printers of one kiosk's computer, at most.
const DEVICES_MAX: usize = 64;

pub(super) fn register(api: Api) -> Api {
    let own = Access::OwnKioskOr(Role::Admin);
    api.route(Access::AnyRole(&[Role::Viewer, Role::Technician]), routes!(list))
        .route(Access::Public, routes!(enrol))
        .route(own, routes!(hello))
        .route(own, routes!(status))
        .route(own, routes!(next))
        .route(own, routes!(take))
        .route(own, routes!(report))
}

/// Kiosks' own computers that were heard since the server started.
#[utoipa::path(get, path = "/api/v1/agents", tag = "agents", responses((status = 200, body = Page<AgentRow>)))]
async fn list(State(web): State<Web>) -> Json<Page<AgentRow>> {
    Json(Page { rows: web.app.agents.rows(), next_cursor: None })
}

/// Which kiosk the computer belongs to now, and its token.
#[derive(Serialize, ToSchema)]
struct EnrolledAgent {
    /// The kiosk.
    kiosk: String,
    /// The bearer token, shown this once; an older one of the kiosk's computer is dead.
    token: String,
}

/// Enrols a kiosk's own computer, with a one-time code from the console: a bearer token.
#[utoipa::path(post, path = "/api/v1/agents/enrol", tag = "agents", request_body = Enrol,
    responses((status = 201, body = EnrolledAgent)))]
async fn enrol(State(web): State<Web>, peer: Peer, Body(body): Body<Enrol>) -> Answer<Response> {
    let (kiosk, secret) = enrolled(&web, &peer, keys::enrol_agent(&web, body.code)).await?;
    web.callers.forget_all();
    Ok((StatusCode::CREATED, Json(EnrolledAgent { kiosk, token: secret.reveal().to_owned() })).into_response())
}

/// Greets: both say what they speak.
///
/// 426: they do not understand each other; the detail says which of them has to be updated.
#[utoipa::path(post, path = "/api/v1/agents/{kiosk}/hello", tag = "agents", params(("kiosk" = String, Path)),
    request_body = Hello, responses((status = 200, body = Welcome)))]
async fn hello(State(web): State<Web>, Path(kiosk): Path<String>, Body(hello): Body<Hello>) -> Answer<Json<Welcome>> {
    known(&web, &kiosk)?;
    let protocol = agree(hello.speaks, Speaks::OURS).map_err(|strangers| {
        tracing::warn!(kiosk, version = hello.version, %strangers, "an agent was turned away");
        let title = "These versions do not understand each other";
        Problem::new(StatusCode::UPGRADE_REQUIRED, "protocol", title, strangers.to_string())
    })?;
    web.app.agents.heard(&kiosk, web.ledger().now(), None);
    let (version, epoch) = (env!("CARGO_PKG_VERSION").to_owned(), web.ledger().epoch());
    Ok(Json(Welcome { speaks: Speaks::OURS, protocol, version, epoch }))
}

/// Tells how the computer, its scanners and its printers are.
///
/// A scanner that has been away for long opens an alert; one that is back closes it.
#[utoipa::path(post, path = "/api/v1/agents/{kiosk}/status", tag = "agents", params(("kiosk" = String, Path)),
    request_body = AgentStatus, responses((status = 200, body = Noted)))]
async fn status(
    State(web): State<Web>,
    Path(kiosk): Path<String>,
    Body(status): Body<AgentStatus>,
) -> Answer<Json<Noted>> {
    let place = known(&web, &kiosk)?.kiosk.place;
    if status.devices.len() > DEVICES_MAX || status.printers.len() > DEVICES_MAX {
        return Err(Problem::invalid("devices", format!("Tell of at most {DEVICES_MAX}.")));
    }
    web.app.agents.heard(&kiosk, web.ledger().now(), Some(status));
    for (device, missing) in web.app.agents.alerts_due(&kiosk) {
        let by = Actor::Device(device.clone());
        let (kind, subject) = (AlertKind::Device, device.clone());
        if missing {
            web.ledger().change(&by, OpenAlert { kind, subject, place: Some(place.clone()) }).await?;
        } else {
            web.ledger().change(&by, CloseAlert { kind, subject, resolution: "recovered".to_owned() }).await?;
        }
        web.app.agents.alert_said(&kiosk, &device, missing);
    }
    Ok(Json(Noted { epoch: web.ledger().epoch() }))
}

/// How long to wait.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wait {
    /// Seconds, 0 to 20; 0 where it is not said.
    #[param(maximum = 20)]
    #[serde(default)]
    wait_seconds: u64,
}

/// The next print job for a printer at this kiosk's computer, 204 where there is none.
///
/// It is the computer's only once it was taken: until then it may be withdrawn.
#[utoipa::path(get, path = "/api/v1/agents/{kiosk}/printers/{printer}/next", tag = "agents",
    params(("kiosk" = String, Path), ("printer" = String, Path), Wait),
    responses((status = 200, body = Offer), (status = 204)))]
async fn next(
    State(web): State<Web>,
    Path((kiosk, printer)): Path<(String, String)>,
    Query(wait): Query<Wait>,
) -> Answer<Response> {
    known(&web, &kiosk)?;
    if wait.wait_seconds > WAIT_MOST_SECONDS {
        return Err(Problem::invalid("wait_seconds", format!("Wait for at most {WAIT_MOST_SECONDS} s.")));
    }
    web.app.agents.heard(&kiosk, web.ledger().now(), None);
    let mut closing = web.app.closing.clone();
    let offer = tokio::select! {
        offer = web.app.agents.next(&kiosk, &printer, Duration::from_secs(wait.wait_seconds)) => offer,
        _ = closing.wait_for(|closing| *closing) => None,
    };
    Ok(offer.map_or_else(|| StatusCode::NO_CONTENT.into_response(), |offer| Json(offer).into_response()))
}

/// That it is so.
#[derive(Serialize, ToSchema)]
struct Taken {
    /// Always true.
    taken: bool,
}

/// Takes an offered job for good: from now on this computer alone knows what becomes of it.
///
/// 409: it was withdrawn, and nothing of it may be sent.
#[utoipa::path(post, path = "/api/v1/agents/{kiosk}/offers/{offer}/take", tag = "agents",
    params(("kiosk" = String, Path), ("offer" = Uuid, Path)), responses((status = 200, body = Taken)))]
async fn take(State(web): State<Web>, Path((kiosk, offer)): Path<(String, Uuid)>) -> Answer<Json<Taken>> {
    known(&web, &kiosk)?;
    web.app.agents.heard(&kiosk, web.ledger().now(), None);
    if web.app.agents.take(&kiosk, offer) {
        return Ok(Json(Taken { taken: true }));
    }
    Err(Problem::conflict("This job was withdrawn, or its end is known. Nothing of it may be sent."))
}

/// That the ledger knows.
#[derive(Serialize, ToSchema)]
struct Told {
    /// The job's fate is in the ledger, or is of no account any more.
    settled: bool,
}

/// Tells what became of a job. Answered once the ledger has it; 503: tell it again.
#[utoipa::path(post, path = "/api/v1/agents/{kiosk}/offers/{offer}/report", tag = "agents",
    params(("kiosk" = String, Path), ("offer" = Uuid, Path)), request_body = JobReport,
    responses((status = 200, body = Told)))]
async fn report(
    State(web): State<Web>,
    Path((kiosk, offer)): Path<(String, Uuid)>,
    Body(report): Body<JobReport>,
) -> Answer<Json<Told>> {
    known(&web, &kiosk)?;
    let Some(id) = named_job(&report.name) else {
        return Err(Problem::invalid("name", "This is no job's name."));
    };
    let agents = &web.app.agents;
    agents.heard(&kiosk, web.ledger().now(), None);
    // A kiosk speaks for its own computer's printers alone.
    let own = (web.app.printers)().iter().any(|one| one.id == report.printer && one.agent.as_ref() == Some(&kiosk));
    if !own {
        return Err(Problem::not_found("This printer is not at this kiosk's computer."));
    }
    let heard = agents.report(&kiosk, offer, &report.printer, &report.name, report.fate.clone());
    if heard == Heard::Live && settles(&web, id, &report.fate).await? {
        return Ok(Json(Told { settled: true }));
    }
    if heard != Heard::Stale {
        let (state, fault) = told(report.fate);
        let change = ReportPrintJob { id, printer: report.printer.clone(), state, fault };
        match web.ledger().change(&Actor::Device(report.printer), change).await {
            // A person decided otherwise meanwhile, or the job is no more.
            Ok(_) | Err(ChangeError::Conflict(_) | ChangeError::NotFound(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Json(Told { settled: true }))
}

/// Waits a moment for the outbox to write a fate down: did it?
async fn settles(web: &Web, id: PrintJobId, fate: &JobFate) -> Answer<bool> {
    use PrintJobState::{Sending, Sent};
    for _ in 0..SETTLE_LOOKS {
        let Some(job) = web.ledger().read(move |reader| reader.print_job(id)).await? else { return Ok(true) };
        let settled = match fate {
            JobFate::Printed | JobFate::Failed { .. } => !matches!(job.state, Sending | Sent),
            _ => job.state != Sending,
        };
        if settled {
            return Ok(true);
        }
        tokio::time::sleep(SETTLE_PAUSE).await;
    }
    Ok(false)
}

/// A fate as a job's state and the words with it.
fn told(fate: JobFate) -> (PrintJobState, Option<String>) {
    let look = |why: String| Some(format!("{why}: look at the printer"));
    match fate {
        JobFate::NothingSent { why } => (PrintJobState::Queued, Some(why.text)),
        JobFate::Unknown { why, .. } => (PrintJobState::Unknown, look(why.text)),
        JobFate::Sent | JobFate::Unproven => (PrintJobState::Sent, None),
        JobFate::Printed => (PrintJobState::Printed, None),
        JobFate::Failed { why } => (PrintJobState::Failed, look(why.text)),
    }
}
