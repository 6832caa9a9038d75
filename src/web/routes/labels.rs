//! Labels: asked for, and previewed.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::{Access, Api};
use crate::barcode::ChartNumber;
use crate::custody::Role;
use crate::ledger::PrintJobRow;
use crate::ledger::changes::QueueLabels;
use crate::ledger::queries::{Page, Sight};
use crate::web::caller::{Caller, Peer};
use crate::web::extract::{Body, Path, Query};
use crate::web::limits::LABELS_PER_REQUEST;
use crate::web::looks::{self, Look};
use crate::web::problem::{Answer, Problem};
use crate::web::state::{LabelForm, Web};

pub(super) fn register(api: Api) -> Api {
    api.route(Access::Role(Role::Records), routes!(queue))
        .route(Access::Role(Role::Clerk), routes!(svg))
        .route(Access::Role(Role::Clerk), routes!(pdf))
        .route(Access::AnyRole(&[Role::Viewer, Role::Technician]), routes!(templates))
}

/// Labels to print.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// The template's name.
    template: String,
    /// Whose labels.
    #[schema(value_type = Vec<u32>, min_items = 1, max_items = 500)]
    charts: Vec<ChartNumber>,
    /// The printer's id as configured.
    printer: String,
    /// How many of each; they share one issue.
    #[serde(default = "one")]
    #[schema(minimum = 1)]
    copies: u16,
    /// On a sheet of labels: the position of the first one, from 1.
    #[serde(default = "one")]
    #[schema(minimum = 1)]
    start_at: u16,
    /// Why.
    reason: Option<String>,
}

fn one() -> u16 {
    1
}

/// Queues labels for printing: one job for each chart.
#[utoipa::path(post, path = "/api/v1/labels", tag = "labels", request_body = Wanted,
    responses((status = 201, body = Page<PrintJobRow>)))]
async fn queue(State(web): State<Web>, caller: Caller, Body(wanted): Body<Wanted>) -> Answer<Response> {
    if wanted.charts.is_empty() || wanted.charts.len() > LABELS_PER_REQUEST {
        return Err(Problem::invalid("charts", format!("Name 1 to {LABELS_PER_REQUEST} charts.")));
    }
    if !web.app.papers.templates().contains(&wanted.template) {
        return Err(Problem::invalid("template", "There is no label template of this name."));
    }
    if !(web.app.printers)().iter().any(|printer| printer.id == wanted.printer) {
        return Err(Problem::invalid("printer", "No printer of this name is configured."));
    }
    let change = QueueLabels {
        template: wanted.template,
        charts: wanted.charts,
        printer: wanted.printer,
        copies: wanted.copies,
        start_at: wanted.start_at,
        per_sheet: 1,
        reason: wanted.reason.map(|reason| super::text("reason", &reason)).transpose()?,
    };
    let jobs = web.ledger().change(&caller.actor(), change).await?;
    Ok(super::created("/api/v1/print-jobs", Page { rows: jobs, next_cursor: None }))
}

/// A label template.
#[derive(Serialize, ToSchema)]
struct TemplateRow {
    /// Its name.
    name: String,
}

/// The label templates.
#[utoipa::path(get, path = "/api/v1/label-templates", tag = "labels", responses((status = 200, body = Page<TemplateRow>)))]
async fn templates(State(web): State<Web>) -> axum::Json<Page<TemplateRow>> {
    let names = web.app.papers.templates();
    let rows = names.into_iter().map(|name| TemplateRow { name }).collect();
    axum::Json(Page { rows, next_cursor: None })
}

/// Which template.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Preview {
    /// The template's name.
    #[serde(default = "folder_label")]
    #[param(required = false)]
    template: String,
}

fn folder_label() -> String {
    "folder-4x2".to_owned()
}

/// A chart's label as it would be printed now, for a screen. A preview uses up no label issue.
#[utoipa::path(get, path = "/api/v1/charts/{number}/label.svg", tag = "labels", params(("number" = u32, Path), Preview),
    responses((status = 200, content_type = "image/svg+xml", body = String)))]
async fn svg(
    State(web): State<Web>,
    caller: Caller,
    peer: Peer,
    Path(chart): Path<ChartNumber>,
    Query(preview): Query<Preview>,
) -> Answer<Response> {
    drawn(&web, &caller, peer, chart, preview, LabelForm::Svg, "image/svg+xml").await
}

/// A chart's label as it would be printed now, as PDF. A preview uses up no label issue.
#[utoipa::path(get, path = "/api/v1/charts/{number}/label.pdf", tag = "labels", params(("number" = u32, Path), Preview),
    responses((status = 200, content_type = "application/pdf", body = String)))]
async fn pdf(
    State(web): State<Web>,
    caller: Caller,
    peer: Peer,
    Path(chart): Path<ChartNumber>,
    Query(preview): Query<Preview>,
) -> Answer<Response> {
    drawn(&web, &caller, peer, chart, preview, LabelForm::Pdf, "application/pdf").await
}

async fn drawn(
    web: &Web,
    caller: &Caller,
    peer: Peer,
    chart: ChartNumber,
    preview: Preview,
    form: LabelForm,
    kind: &'static str,
) -> Answer<Response> {
    let row = web.ledger().read(move |reader| reader.chart(chart, Sight::Masked)).await?;
    let row = row.ok_or_else(|| Problem::not_found("There is no chart of this number."))?;
    looks::log(web, caller, peer, Look::Label(chart, row.patient_id)).await?;
    let papers = web.app.papers.clone();
    let bytes = super::blocking(move || papers.label(&preview.template, chart, form)).await??;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok((StatusCode::OK, headers, bytes).into_response())
}
