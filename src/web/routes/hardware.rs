//! Scanners and printers.

use axum::Json;
use axum::extract::State;
use utoipa_axum::routes;

use super::{Access, Api};
use crate::custody::Role;
use crate::intake::DeviceStatus;
use crate::ledger::queries::Page;
use crate::web::state::{PrinterView, Web};

pub(super) fn register(api: Api) -> Api {
    api.route(Access::AnyRole(&[Role::Technician, Role::Viewer]), routes!(devices))
        .route(Access::AnyRole(&[Role::Technician, Role::Viewer]), routes!(printers))
}

/// Every configured scanner and how it is.
#[utoipa::path(get, path = "/api/v1/devices", tag = "hardware", responses((status = 200, body = Page<DeviceStatus>)))]
async fn devices(State(web): State<Web>) -> Json<Page<DeviceStatus>> {
    Json(Page { rows: web.app.intake.statuses(), next_cursor: None })
}

/// Every configured printer and how it is.
#[utoipa::path(get, path = "/api/v1/printers", tag = "hardware", responses((status = 200, body = Page<PrinterView>)))]
async fn printers(State(web): State<Web>) -> Json<Page<PrinterView>> {
    Json(Page { rows: (web.app.printers)(), next_cursor: None })
}
