//! Kiosks: their screens' state, live events, enrolment.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{Access, Api};
use crate::custody::{ReceiptSession, Role};
use crate::web::extract::{Body, Path};
use crate::web::problem::Answer;
use crate::web::state::Web;

pub(super) fn register(api: Api) -> Api {
    api.route(Access::OwnKioskOr(Role::Clerk), routes!(touch))
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
    Path(kiosk): Path<String>,
    Body(touched): Body<Touched>,
) -> Answer<Json<ReceiptSession>> {
    Ok(Json(web.ledger().touch(&kiosk, &touched.lane).await?))
}
