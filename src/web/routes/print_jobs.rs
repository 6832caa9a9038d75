//! Print jobs and what people do with them.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::{Access, Api};
use crate::barcode::{BadgeNumber, ChartNumber, LabelIssue, PlaceCode};
use crate::custody::Role;
use crate::ledger::changes::{
    CancelPrintJob, Change, ConfirmPrintJob, QueuePaper, RetryPrintJob, ScanBack, ScannedBack,
};
use crate::ledger::queries::{Page, PrintJobFilter, PrintJobView};
use crate::ledger::{PrintBatchId, PrintJobId, PrintJobRow, PrintJobState, Reader, Subject};
use crate::web::caller::{Caller, Peer};
use crate::web::extract::{Body, Path, Query};
use crate::web::looks::{self, Look};
use crate::web::problem::{Answer, Problem};
use crate::web::state::Web;

pub(super) fn register(api: Api) -> Api {
    api.route(Access::Role(Role::Viewer), routes!(list))
        .route(Access::Role(Role::Records), routes!(confirm))
        .route(Access::Role(Role::Records), routes!(retry))
        .route(Access::Role(Role::Records), routes!(cancel))
        .route(Access::Role(Role::Records), routes!(queue))
        .route(Access::Role(Role::Clerk), routes!(scan_back))
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
    let made = web.ledger().change(&caller.actor(), change).await?;
    let sight = super::sight(caller);
    Ok(Json(web.ledger().read(move |reader| reader.shown_print_job(made, sight)).await?))
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

/// Something to print that is no chart's own label. Name what it is about: what the template is for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// The template's name.
    template: String,
    /// The printer's id as configured.
    printer: String,
    /// How many.
    #[serde(default = "one")]
    #[schema(minimum = 1)]
    copies: u16,
    /// On a sheet: the position of the first, from 1.
    #[serde(default = "one")]
    #[schema(minimum = 1)]
    start_at: u16,
    /// The chart, of a request slip or an outguide.
    #[schema(value_type = Option<u32>)]
    chart: Option<ChartNumber>,
    /// The charts, of a transfer sheet.
    #[serde(default)]
    #[schema(value_type = Vec<u32>, max_items = 500)]
    charts: Vec<ChartNumber>,
    /// The place, of its card; where the charts go, of a transfer sheet.
    #[schema(value_type = Option<String>)]
    place: Option<PlaceCode>,
    /// The person, of a badge.
    #[schema(value_type = Option<String>)]
    badge: Option<BadgeNumber>,
}

fn one() -> u16 {
    1
}

impl Wanted {
    fn subject(&self, about: &str) -> Answer<Subject> {
        let wanting = |field: &str, what: &str| Problem::invalid(field, format!("Name {what}."));
        match about {
            "request" => self.chart.map(Subject::Reference).ok_or_else(|| wanting("chart", "the chart")),
            "transfer" if self.charts.is_empty() => Err(wanting("charts", "the charts")),
            "transfer" => Ok(Subject::Transfer { charts: self.charts.clone(), to: self.place.clone() }),
            "place" => self.place.clone().map(Subject::Place).ok_or_else(|| wanting("place", "the place")),
            "staff" => self.badge.clone().map(Subject::Staff).ok_or_else(|| wanting("badge", "the badge")),
            "commands" => Ok(Subject::Commands),
            _ => Err(Problem::invalid("template", "Charts' own labels are asked for at /api/v1/labels.")),
        }
    }
}

/// Queues a slip, a card, a badge or a list for printing. None of them uses up a label issue.
#[utoipa::path(post, path = "/api/v1/print-jobs", tag = "print jobs", request_body = Wanted,
    responses((status = 201, body = PrintJobRow)))]
async fn queue(State(web): State<Web>, caller: Caller, Body(wanted): Body<Wanted>) -> Answer<Response> {
    let found = web.app.papers.templates().into_iter().find(|template| template.name == wanted.template);
    let template = found.ok_or_else(|| Problem::invalid("template", "There is no label template of this name."))?;
    let subject = wanted.subject(&template.about)?;
    let per_sheet = super::labels::loaded_on(&web, &wanted.printer, &template).await?;
    let change = QueuePaper {
        template: template.name,
        subject,
        printer: wanted.printer,
        copies: wanted.copies,
        start_at: wanted.start_at,
        per_sheet,
    };
    let job = web.ledger().change(&caller.actor(), change).await?;
    Ok(super::created("/api/v1/print-jobs", job))
}

/// A label that was scanned to confirm it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Scanned {
    /// What the scanner read.
    data: String,
    /// Its symbology, where the scanner says so.
    symbology: Option<String>,
    /// The chart on which the label should be, where that is known.
    #[schema(value_type = Option<u32>)]
    chart: Option<ChartNumber>,
}

/// What a scanned label turned out to be.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    /// The right label on the right chart.
    Confirmed,
    /// A newer label is on the chart: this one has to come off.
    Superseded,
    /// Another chart's label.
    WrongChart,
    /// Outguide never printed it.
    NeverPrinted,
}

/// What came of a scan-back.
#[derive(Serialize, ToSchema)]
struct ScanBackView {
    /// What it is.
    outcome: Outcome,
    /// The same in words, with what to do.
    text: String,
    /// The chart whose label was scanned.
    #[schema(value_type = u32)]
    chart: ChartNumber,
    /// The label's issue.
    #[schema(value_type = u16)]
    issue: LabelIssue,
    /// The print job that it proves.
    job: Option<PrintJobRow>,
}

/// Scan-back: a label is scanned to prove that it was printed and is on the right chart.
///
/// Any outcome is an entry of the ledger; only `confirmed` confirms anything.
#[utoipa::path(post, path = "/api/v1/print-jobs/scan-back", tag = "print jobs", request_body = Scanned,
    responses((status = 200, body = ScanBackView)))]
async fn scan_back(State(web): State<Web>, caller: Caller, Body(scanned): Body<Scanned>) -> Answer<Json<ScanBackView>> {
    let expected = scanned.chart;
    let change = ScanBack { data: scanned.data, symbology: scanned.symbology, expected };
    let (outcome, label, job, text) = match web.ledger().change(&caller.actor(), change).await? {
        ScannedBack::Confirmed(label, job) => {
            (Outcome::Confirmed, label, job.map(|job| *job), "The right label on the right chart.".to_owned())
        }
        ScannedBack::Superseded(label, newer) => {
            let (this, newer) = (label.issue.0, newer.0);
            let text = format!("This is label {this}; label {newer} is on the chart. Take this one off.");
            (Outcome::Superseded, label, None, text)
        }
        ScannedBack::WrongChart(label) => {
            let expected = expected.map(|chart| chart.to_string()).unwrap_or_default();
            let text = format!("Stop: this is the label of chart {}, not of chart {expected}.", label.chart);
            (Outcome::WrongChart, label, None, text)
        }
        ScannedBack::NeverPrinted(label) => {
            let text = format!("Outguide never printed label {} of this chart.", label.issue.0);
            (Outcome::NeverPrinted, label, None, text)
        }
    };
    Ok(Json(ScanBackView { outcome, text, chart: label.chart, issue: label.issue, job }))
}
