//! Scans over HTTP: from a kiosk's browser, an agent, a script.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Access, Api, kiosks};
use crate::custody::{Receipt, Role, Scan, ScanSource};
use crate::ledger::Sent;
use crate::web::caller::{Caller, Peer, Who};
use crate::web::extract::{Body, Path};
use crate::web::problem::{Answer, Problem};
use crate::web::state::Web;

pub(super) fn register(api: Api) -> Api {
    api.route(Access::OwnKioskOr(Role::Clerk), routes!(scan)).route(Access::OwnKioskOr(Role::Clerk), routes!(simulate))
}

/// One scan. Unknown fields are passed over, so that an older server takes the scans of a newer agent.
#[derive(Deserialize, ToSchema)]
struct NewScan {
    /// Its id; the same one again, with the same data, is answered with the same receipt.
    id: Uuid,
    /// The text as it was read.
    #[schema(max_length = 1024)]
    data: String,
    /// What the scanner said it read.
    symbology: Option<String>,
    /// The scanner.
    device: Option<String>,
    /// The lane, where the kiosk has several.
    lane: Option<String>,
    /// How the text came in; `scanned` where it is not said.
    #[serde(default)]
    source: ScanSource,
    /// When it was read, by the kiosk's clock; now where it is not said.
    observed_at: Option<Timestamp>,
    /// The kiosk's own counter, for a scan that waited in its queue.
    queue_seq: Option<u64>,
    /// When it was sent, by the kiosk's clock: tells the clock's error.
    sent_at: Option<Timestamp>,
    /// Said by the kiosk's own computer: its scanner (`device`) had read the same code just before, nothing between. Such
    /// a scan is written down and does nothing.
    #[serde(default)]
    echo: bool,
}

/// The longest name of a lane, device or symbology.
const NAME_MAX_BYTES: usize = 64;

/// Records a scan and says what it came to.
///
/// Who submits it and is not the kiosk (an account or a token) is written down with it, hears no more of where a
/// restricted chart is than elsewhere, and has looked at the chart that the receipt names.
///
/// A refusal is a 200: it was heard and written down. 503 with tone `not_recorded`: nothing happened.
#[utoipa::path(post, path = "/api/v1/kiosks/{kiosk}/scans", tag = "kiosks", params(("kiosk" = String, Path)),
    request_body = NewScan, responses((status = 200, body = Receipt)))]
async fn scan(
    State(web): State<Web>,
    caller: Caller,
    peer: Peer,
    Path(kiosk): Path<String>,
    Body(new): Body<NewScan>,
) -> Answer<Json<Receipt>> {
    for (field, text) in [("symbology", &new.symbology), ("device", &new.device), ("lane", &new.lane)] {
        if text.as_ref().is_some_and(|text| text.len() > NAME_MAX_BYTES || text.chars().any(char::is_control)) {
            return Err(Problem::invalid(field, format!("Use at most {NAME_MAX_BYTES} plain characters.")));
        }
    }
    if new.queue_seq.is_some_and(|seq| i64::try_from(seq).is_err()) {
        return Err(Problem::invalid("queue_seq", format!("Use at most {}.", i64::MAX)));
    }
    let scan = Scan {
        id: new.id,
        kiosk: kiosk.clone(),
        device: new.device,
        lane: new.lane.unwrap_or_default(),
        source: new.source,
        symbology: new.symbology,
        data: new.data,
        observed_at: new.observed_at,
        queue_seq: new.queue_seq,
        sent_at: new.sent_at,
        received_at: web.ledger().now(),
    };
    if matches!(caller.who, Who::Kiosk { .. }) {
        return Ok(Json(web.ledger().scan_sent(scan, Sent { echo: new.echo, by: None }).await?));
    }
    let sent = Sent { echo: new.echo, by: Some(caller.actor()) };
    let receipt = web.ledger().scan_sent(scan, sent).await?;
    Ok(Json(kiosks::shown_receipt(&web, &caller, peer, &kiosk, receipt).await?))
}

/// What the simulated scanner reads.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Simulated {
    /// The text on the label.
    #[schema(max_length = 1024)]
    data: String,
}

/// That it was given to the scanner; what came of it comes as an event.
#[derive(Serialize, ToSchema)]
struct Fed {
    /// Always true.
    fed: bool,
}

/// Holds a label before the kiosk's simulated scanner.
///
/// The text goes through the scanner as bytes, as from a real one. Only where the kiosk has a simulated scanner.
#[utoipa::path(post, path = "/api/v1/kiosks/{kiosk}/simulated-scan", tag = "kiosks", params(("kiosk" = String, Path)),
    request_body = Simulated, responses((status = 200, body = Fed)))]
async fn simulate(
    State(web): State<Web>,
    Path(kiosk): Path<String>,
    Body(label): Body<Simulated>,
) -> Answer<Json<Fed>> {
    if label.data.len() > Scan::DATA_MAX_BYTES {
        return Err(Problem::invalid("data", format!("Longer than {} bytes.", Scan::DATA_MAX_BYTES)));
    }
    if web.ledger().kiosks().get(&kiosk).is_some_and(|known| !known.active) {
        return Err(Problem::kiosk_deactivated(&kiosk));
    }
    let hand = web.app.intake.hand_at(&kiosk);
    let hand = hand.ok_or_else(|| Problem::not_found("This kiosk has no simulated scanner."))?;
    hand.scan(&label.data)
        .map_err(|_busy| Problem::unavailable("The simulated scanner has not read the last one yet."))?;
    Ok(Json(Fed { fed: true }))
}
