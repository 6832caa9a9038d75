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
use crate::ledger::queries::{LabelIssueView, Page, Sight};
use crate::web::caller::{Caller, Peer};
use crate::web::extract::{Body, Path, Query};
use crate::web::limits::LABELS_PER_REQUEST;
use crate::web::looks::{self, Look};
use crate::web::problem::{Answer, Problem};
use crate::web::state::{LabelForm, StockView, TemplateFault, TemplateTrial, TemplateView, Web};

pub(super) fn register(api: Api) -> Api {
    api.route(Access::Role(Role::Records), routes!(queue))
        .route(Access::Role(Role::Clerk), routes!(svg))
        .route(Access::Role(Role::Clerk), routes!(pdf))
        .route(Access::Role(Role::Viewer), routes!(issues))
        .route(Access::AnyRole(&[Role::Viewer, Role::Technician]), routes!(templates))
        .route(Access::AnyRole(&[Role::Viewer, Role::Technician]), routes!(stocks))
        .route(Access::AnyRole(&[Role::Records, Role::Technician]), routes!(faults))
        .route(Access::AnyRole(&[Role::Viewer, Role::Technician]), routes!(sample))
        .route(Access::Role(Role::Records), routes!(text))
        .route(Access::Role(Role::Records), routes!(check))
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

/// Queues labels for printing: one job for each chart, or for each sheet where several are on one.
#[utoipa::path(post, path = "/api/v1/labels", tag = "labels", request_body = Wanted,
    responses((status = 201, body = Page<PrintJobRow>)))]
async fn queue(State(web): State<Web>, caller: Caller, Body(wanted): Body<Wanted>) -> Answer<Response> {
    if wanted.charts.is_empty() || wanted.charts.len() > LABELS_PER_REQUEST {
        return Err(Problem::invalid("charts", format!("Name 1 to {LABELS_PER_REQUEST} charts.")));
    }
    let template = template(&web, &wanted.template, "chart")?;
    let per_sheet = loaded_on(&web, &wanted.printer, &template).await?;
    let change = QueueLabels {
        template: template.name,
        charts: wanted.charts,
        printer: wanted.printer,
        copies: wanted.copies,
        start_at: wanted.start_at,
        per_sheet,
        reason: wanted.reason.map(|reason| super::text("reason", &reason)).transpose()?,
    };
    let jobs = web.ledger().change(&caller.actor(), change).await?;
    Ok(super::created("/api/v1/print-jobs", Page { rows: jobs, next_cursor: None }))
}

/// The template of this name, where it is about `about`.
pub(super) fn template(web: &Web, name: &str, about: &str) -> Answer<TemplateView> {
    let found = web.app.papers.templates().into_iter().find(|template| template.name == name);
    let template = found.ok_or_else(|| Problem::invalid("template", "There is no label template of this name."))?;
    if template.about != about {
        let text = format!("This template is about a {}; choose one about a {about}.", template.about);
        return Err(Problem::invalid("template", text));
    }
    Ok(template)
}

/// Labels on a sheet of what is loaded in the printer, where that fits the template; else on one of the template's own.
pub(super) async fn loaded_on(web: &Web, printer: &str, template: &TemplateView) -> Answer<u16> {
    let view = (web.app.printers)().into_iter().find(|known| known.id == printer);
    let view = view.ok_or_else(|| Problem::invalid("printer", "No printer of this name is configured."))?;
    let printer = view.id.clone();
    let said = web.ledger().read(move |reader| reader.printer_stock(&printer)).await?.and_then(|stock| stock.stock);
    let loaded = said.or(view.stock);
    let stocks = web.app.papers.stocks();
    let fits = |stock: &&StockView| {
        Some(&stock.name) == loaded.as_ref()
            && (stock.width_mm - template.stock.width_mm).abs() < 0.05
            && (stock.height_mm - template.stock.height_mm).abs() < 0.05
    };
    Ok(stocks.iter().find(fits).unwrap_or(&template.stock).per_sheet)
}

/// The label templates.
#[utoipa::path(get, path = "/api/v1/label-templates", tag = "labels",
    responses((status = 200, body = Page<TemplateView>)))]
async fn templates(State(web): State<Web>) -> axum::Json<Page<TemplateView>> {
    axum::Json(Page { rows: web.app.papers.templates(), next_cursor: None })
}

/// What there is to print on.
#[utoipa::path(get, path = "/api/v1/label-stocks", tag = "labels", responses((status = 200, body = Page<StockView>)))]
async fn stocks(State(web): State<Web>) -> axum::Json<Page<StockView>> {
    axum::Json(Page { rows: web.app.papers.stocks(), next_cursor: None })
}

/// What is wrong with the files of the site's own label directory: they are left out until they are mended.
#[utoipa::path(get, path = "/api/v1/label-faults", tag = "labels",
    responses((status = 200, body = Page<TemplateFault>)))]
async fn faults(State(web): State<Web>) -> axum::Json<Page<TemplateFault>> {
    axum::Json(Page { rows: web.app.papers.template_faults(), next_cursor: None })
}

/// A template's text, to be changed and put into the site's own label directory.
#[derive(Serialize, ToSchema)]
struct TemplateText {
    /// Its name.
    name: String,
    /// The file's text.
    text: String,
}

/// A template's text, to be changed and put into the site's own label directory.
#[utoipa::path(get, path = "/api/v1/label-templates/{name}", tag = "labels", params(("name" = String, Path)),
    responses((status = 200, body = TemplateText)))]
async fn text(State(web): State<Web>, Path(name): Path<String>) -> Answer<axum::Json<TemplateText>> {
    let text = web.app.papers.template_text(&name);
    let text = text.ok_or_else(|| Problem::not_found("There is no label template of this name."))?;
    Ok(axum::Json(TemplateText { name, text }))
}

/// What a template prints, with invented data.
#[utoipa::path(get, path = "/api/v1/label-templates/{name}/sample.svg", tag = "labels",
    params(("name" = String, Path)), responses((status = 200, content_type = "image/svg+xml", body = String)))]
async fn sample(State(web): State<Web>, Path(name): Path<String>) -> Answer<Response> {
    let papers = web.app.papers.clone();
    let bytes = super::blocking(move || papers.label(&name, None, LabelForm::Svg)).await??;
    Ok(picture(bytes, "image/svg+xml"))
}

/// A template that is being written.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Draft {
    /// The file's text.
    text: String,
    /// The file's name, for messages.
    file: Option<String>,
    /// A chart to show it with; invented data where none is named.
    #[schema(value_type = Option<u32>)]
    chart: Option<ChartNumber>,
}

/// Tries a template that is being written: what it would print, or the line that is wrong and what to do. Keeps nothing.
#[utoipa::path(post, path = "/api/v1/label-templates/check", tag = "labels", request_body = Draft,
    responses((status = 200, body = TemplateTrial)))]
async fn check(
    State(web): State<Web>,
    caller: Caller,
    peer: Peer,
    Body(draft): Body<Draft>,
) -> Answer<axum::Json<TemplateTrial>> {
    let file = super::new_name("file", draft.file)?.unwrap_or_else(|| "draft.toml".to_owned());
    let shown = draft.chart.map(|chart| (chart, super::sight_of(&web, &caller, chart)));
    if let Some(chart) = draft.chart {
        let row = web.ledger().read(move |reader| reader.chart(chart, Sight::Masked)).await?;
        let row = row.ok_or_else(|| Problem::invalid("chart", "There is no chart of this number."))?;
        looks::log(&web, &caller, peer, Look::Label(chart, row.patient_id)).await?;
    }
    let papers = web.app.papers.clone();
    let trial = super::blocking(move || papers.try_template(&file, &draft.text, shown)).await??;
    Ok(axum::Json(trial))
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
    let sight = super::sight_of(web, caller, chart);
    let bytes = super::blocking(move || papers.label(&preview.template, Some((chart, sight)), form)).await??;
    Ok(picture(bytes, kind))
}

fn picture(bytes: Vec<u8>, kind: &'static str) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    (StatusCode::OK, headers, bytes).into_response()
}

/// Every printing of a chart's label, newest first: who asked for it, why, and what became of it.
#[utoipa::path(get, path = "/api/v1/charts/{number}/labels", tag = "labels", params(("number" = u32, Path)),
    responses((status = 200, body = Page<LabelIssueView>)))]
async fn issues(
    State(web): State<Web>,
    caller: Caller,
    peer: Peer,
    Path(chart): Path<ChartNumber>,
) -> Answer<axum::Json<Page<LabelIssueView>>> {
    looks::log(&web, &caller, peer, Look::Label(chart, None)).await?;
    let sight = super::sight_of(&web, &caller, chart);
    let rows = web.ledger().read(move |reader| reader.label_issues(chart, sight)).await?;
    Ok(axum::Json(Page { rows, next_cursor: None }))
}
