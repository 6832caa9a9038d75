//! Scanners and printers.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{Access, Api};
use crate::custody::Role;
use crate::intake::DeviceStatus;
use crate::ledger::PrinterStockRow;
use crate::ledger::changes::LoadStock;
use crate::ledger::queries::Page;
use crate::web::caller::Caller;
use crate::web::extract::{Body, Path};
use crate::web::problem::{Answer, Problem};
use crate::web::state::{PrinterView, Web};

pub(super) fn register(api: Api) -> Api {
    api.route(Access::AnyRole(&[Role::Technician, Role::Viewer]), routes!(devices))
        .route(Access::AnyRole(&[Role::Technician, Role::Viewer]), routes!(printers))
        .route(Access::AnyRole(&[Role::Records, Role::Technician]), routes!(load))
}

/// Every configured scanner and how it is.
#[utoipa::path(get, path = "/api/v1/devices", tag = "hardware", responses((status = 200, body = Page<DeviceStatus>)))]
async fn devices(State(web): State<Web>) -> Json<Page<DeviceStatus>> {
    let mut rows = web.app.intake.statuses();
    rows.extend(web.app.agents.devices());
    Json(Page { rows, next_cursor: None })
}

/// Every configured printer and how it is.
#[utoipa::path(get, path = "/api/v1/printers", tag = "hardware", responses((status = 200, body = Page<PrinterView>)))]
async fn printers(State(web): State<Web>) -> Answer<Json<Page<PrinterView>>> {
    let stocks = web.ledger().read(|reader| reader.printer_stocks()).await?;
    let mut rows = (web.app.printers)();
    for printer in &mut rows {
        printer.loaded = stocks.iter().find(|stock| stock.printer == printer.id).cloned();
    }
    Ok(Json(Page { rows, next_cursor: None }))
}

/// What was loaded into a printer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Loaded {
    /// How many labels or sheets are in it now.
    #[schema(minimum = 1, maximum = 100_000)]
    loaded: u32,
    /// The stock's name, where it is another than the configuration says.
    stock: Option<String>,
}

/// Says that a new roll, or a pile of sheets, was loaded. It is counted down by what is sent to the printer, and corrected
/// by printers that count themselves.
#[utoipa::path(post, path = "/api/v1/printers/{printer}/stock", tag = "hardware", params(("printer" = String, Path)),
    request_body = Loaded, responses((status = 200, body = PrinterStockRow)))]
async fn load(
    State(web): State<Web>,
    caller: Caller,
    Path(printer): Path<String>,
    Body(loaded): Body<Loaded>,
) -> Answer<Json<PrinterStockRow>> {
    if !(web.app.printers)().iter().any(|known| known.id == printer) {
        return Err(Problem::not_found("No printer of this name is configured."));
    }
    if let Some(stock) = &loaded.stock
        && !web.app.papers.stocks().iter().any(|known| known.name == *stock)
    {
        return Err(Problem::invalid("stock", "There is no stock of this name."));
    }
    let change = LoadStock { printer, loaded: loaded.loaded, stock: loaded.stock };
    Ok(Json(web.ledger().change(&caller.actor(), change).await?))
}
