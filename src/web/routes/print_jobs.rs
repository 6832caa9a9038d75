//! Print jobs and what people do with them.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::{Access, Api};
use crate::custody::Role;
use crate::ledger::changes::{CancelPrintJob, Change, ConfirmPrintJob, RetryPrintJob};
use crate::ledger::queries::{Page, PrintJobFilter, PrintJobView};
use crate::ledger::{PrintBatchId, PrintJobId, PrintJobRow, PrintJobState, Reader};
use crate::web::caller::{Caller, Peer};
use crate::web::extract::{Path, Query};
use crate::web::looks::{self, Look};
use crate::web::problem::Answer;
use crate::web::state::Web;

pub(super) fn register(api: Api) -> Api {
    api.route(Access::Role(Role::Viewer), routes!(list))
        .route(Access::Role(Role::Records), routes!(confirm))
        .route(Access::Role(Role::Records), routes!(retry))
        .route(Access::Role(Role::Records), routes!(cancel))
}

/// Which print jobs.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    /// In this state.
    state: Option<PrintJobState>,
    /// Of this printer.
    printer: Option<String>,
    /// Of this batch.
    batch: Option<u64>,
    /// How many rows at most, 1 to 500; 50 where it is not given.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Print jobs, newest first. A look at the list is an entry of the access log.
#[utoipa::path(get, path = "/api/v1/print-jobs", tag = "print jobs", params(Which),
    responses((status = 200, body = Page<PrintJobView>)))]
async fn list(
    State(web): State<Web>,
    caller: Caller,
    peer: Peer,
    Query(which): Query<Which>,
) -> Answer<Json<Page<PrintJobView>>> {
    let list = looks::list_of("print-jobs", &(which.state, &which.printer, which.batch));
    let paging = super::paging(which.limit, which.cursor)?;
    let sight = super::sight(&caller);
    let filter = PrintJobFilter { state: which.state, printer: which.printer, batch: which.batch.map(PrintBatchId) };
    let question = move |reader: &Reader| reader.print_jobs(&filter, &paging, sight);
    let page = web.ledger().read(question).await?;
    looks::log_list(&web, &caller, peer, Look::PrintJobs, list).await?;
    Ok(Json(page))
}

async fn act(web: &Web, caller: &Caller, change: impl Change<Made = PrintJobRow>) -> Answer<Json<PrintJobRow>> {
    Ok(Json(web.ledger().change(&caller.actor(), change).await?))
}

/// Says that the label was seen: printed, and on the chart.
#[utoipa::path(post, path = "/api/v1/print-jobs/{id}/confirm", tag = "print jobs", params(("id" = u64, Path)),
    responses((status = 200, body = PrintJobRow)))]
async fn confirm(State(web): State<Web>, caller: Caller, Path(id): Path<u64>) -> Answer<Json<PrintJobRow>> {
    act(&web, &caller, ConfirmPrintJob { id: PrintJobId(id) }).await
}

/// Queues a job again, with the same label issue.
#[utoipa::path(post, path = "/api/v1/print-jobs/{id}/retry", tag = "print jobs", params(("id" = u64, Path)),
    responses((status = 200, body = PrintJobRow)))]
async fn retry(State(web): State<Web>, caller: Caller, Path(id): Path<u64>) -> Answer<Json<PrintJobRow>> {
    act(&web, &caller, RetryPrintJob { id: PrintJobId(id) }).await
}

/// Gives a job up.
#[utoipa::path(post, path = "/api/v1/print-jobs/{id}/cancel", tag = "print jobs", params(("id" = u64, Path)),
    responses((status = 200, body = PrintJobRow)))]
async fn cancel(State(web): State<Web>, caller: Caller, Path(id): Path<u64>) -> Answer<Json<PrintJobRow>> {
    act(&web, &caller, CancelPrintJob { id: PrintJobId(id) }).await
}
