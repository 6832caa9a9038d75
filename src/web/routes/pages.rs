//! The page shells and what they load.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use utoipa_axum::routes;

use super::{Access, Api};
use crate::web::assets;
use crate::web::caller::Peer;
use crate::web::cookies;
use crate::web::extract::Path;
use crate::web::keys;
use crate::web::problem::Answer;
use crate::web::state::Web;

pub(super) fn register(api: Api) -> Api {
    api.route(Access::Public, routes!(console))
        .route(Access::Public, routes!(kiosk))
        .route(Access::Public, routes!(asset))
}

/// The records staff's console.
#[utoipa::path(get, path = "/", tag = "pages", responses((status = 200, content_type = "text/html", body = String)))]
async fn console(headers: HeaderMap) -> Response {
    assets::serve(assets::CONSOLE, &headers)
}

/// A kiosk's screen.
///
/// In a demonstration a browser on the same machine is enrolled by itself.
#[utoipa::path(get, path = "/kiosk/{kiosk}", tag = "pages", params(("kiosk" = String, Path)),
    responses((status = 200, content_type = "text/html", body = String)))]
async fn kiosk(State(web): State<Web>, peer: Peer, Path(kiosk): Path<String>, headers: HeaderMap) -> Answer<Response> {
    let language = web.ledger().kiosks().get(&kiosk).map(|known| known.kiosk.language()).unwrap_or_default();
    let mut response = assets::serve_kiosk(language, &headers);
    let here = peer.0.is_some_and(|address| address.is_loopback());
    if web.app.simulated
        && here
        && let Some(secret) = keys::enrol_for_demonstration(&web, &kiosk, &headers).await?
        && let Some(value) = cookies::set(cookies::KIOSK, secret.reveal(), web.app.secure)
    {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(response)
}

/// A file that the pages load.
#[utoipa::path(get, path = "/assets/{*path}", tag = "pages", params(("path" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = String)))]
async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    assets::serve(&path, &headers)
}
