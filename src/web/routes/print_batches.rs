//! Batches of labels.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{Access, Api, Part};
use crate::barcode::{ChartNumber, PlaceCode};
use crate::custody::Role;
use crate::ledger::changes::{BatchStep, GatherBatch, OpenBatch, SteerBatch};
use crate::ledger::queries::{LabelSelection, Page, PrintBatchView, Sight};
use crate::ledger::{Actor, ChangeError, ImportRunId, ImportRunRow, Ledger, PrintBatchId, PrintBatchRow};
use crate::web::caller::Caller;
use crate::web::extract::{Body, Path, Query};
use crate::web::problem::{Answer, Problem};
use crate::web::state::Web;

pub(super) fn register(api: Api) -> Api {
    api.route(Access::AnyRole(&[Role::Viewer, Role::Technician]), routes!(list))
        .route(Access::AnyRole(&[Role::Viewer, Role::Technician]), routes!(one))
        .route(Access::Role(Role::Records), routes!(open))
        .route(Access::Role(Role::Records), routes!(pause))
        .route(Access::Role(Role::Records), routes!(resume))
        .route(Access::Role(Role::Records), routes!(cancel))
        .route(Access::Role(Role::Records), routes!(import_runs))
}

/// Charts that one request may name; larger batches name a part of the shelf.
const CHARTS_MAX: usize = 5_000;

/// A batch of labels: of the charts that are named, or of those that fit. One of the two has to be said.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// What staff call it. No patient data.
    name: String,
    /// The template's name.
    template: String,
    /// The printer's id as configured.
    printer: String,
    /// How many of each; they share one issue.
    #[serde(default = "first")]
    #[schema(minimum = 1)]
    copies: u16,
    /// On sheets: where on the first sheet it begins, from 1.
    #[serde(default = "first")]
    #[schema(minimum = 1)]
    start_at: u16,
    /// Why.
    reason: Option<String>,
    /// These charts, in this order.
    #[serde(default)]
    #[schema(value_type = Vec<u32>, max_items = 5000)]
    charts: Vec<ChartNumber>,
    /// Of the shelf's sections (terminal digits, or middle ones where filing is by those) from this one, 0 to 99.
    #[schema(maximum = 99)]
    section_from: Option<u8>,
    /// To this one.
    #[schema(maximum = 99)]
    section_to: Option<u8>,
    /// Filed here.
    #[schema(value_type = Option<String>)]
    home: Option<PlaceCode>,
    /// Brought by this run of an import.
    #[schema(value_type = Option<u64>)]
    import_run: Option<ImportRunId>,
    /// Only charts for which Outguide never printed a label.
    #[serde(default)]
    unlabelled: bool,
}

fn first() -> u16 {
    1
}

impl Wanted {
    fn selection(&self) -> Answer<LabelSelection> {
        let sections = match (self.section_from, self.section_to) {
            (None, None) => None,
            (from, to) => Some((from.unwrap_or(0), to.unwrap_or(99))),
        };
        if let Some((from, to)) = sections.filter(|(from, to)| from > to || *to > 99) {
            let text = format!("There are no sections from {from} to {to}: use 0 to 99, the lower one first.");
            return Err(Problem::invalid("section_to", text));
        }
        let others = sections.is_some() || self.home.is_some() || self.import_run.is_some() || self.unlabelled;
        if !self.charts.is_empty() && others {
            return Err(Problem::invalid("charts", "Name charts, or say which, not both."));
        }
        // A list that came out empty must not become a batch of everything.
        if self.charts.is_empty() && !others {
            let text = "Say which charts: charts, section_from, home, import_run or unlabelled.";
            return Err(Problem::invalid("charts", text));
        }
        let (home, import_run, unlabelled) = (self.home.clone(), self.import_run, self.unlabelled);
        Ok(LabelSelection { sections, home, import_run, unlabelled })
    }
}

/// Makes a batch. Its charts are fixed from then on; its labels are queued a few at a time, so that single labels go out
/// in between.
#[utoipa::path(post, path = "/api/v1/print-batches", tag = "print batches", request_body = Wanted,
    responses((status = 201, body = PrintBatchRow)))]
async fn open(State(web): State<Web>, caller: Caller, Body(wanted): Body<Wanted>) -> Answer<Response> {
    let selection = wanted.selection()?;
    check_home(&web, &caller, selection.home.as_ref()).await?;
    let template = super::labels::template(&web, &wanted.template, "chart")?;
    let per_sheet = super::labels::loaded_on(&web, &wanted.printer, &template).await?;
    let name = super::name("name", &wanted.name)?;
    if name.chars().count() > OpenBatch::NAME_MAX_CHARS {
        return Err(Problem::invalid("name", format!("Use at most {} characters.", OpenBatch::NAME_MAX_CHARS)));
    }
    let charts = chosen(&web, wanted.charts, selection).await?;
    let open = OpenBatch {
        name,
        printer: wanted.printer,
        template: template.name,
        copies: wanted.copies,
        start_at: wanted.start_at,
        per_sheet,
        reason: wanted.reason.map(|reason| super::text("reason", &reason)).transpose()?,
    };
    let (ledger, by) = (web.ledger().clone(), caller.actor());
    // On its own, so that a browser that goes away does not leave half a batch behind.
    let made = tokio::spawn(async move { gather(&ledger, &by, open, charts).await }).await;
    let batch = made.map_err(|error| Problem::internal("a batch could not be made", &error))??;
    Ok(super::created(&super::address("print-batches", &batch.id.0.to_string()), batch))
}

/// Which charts are filed at a restricted place is told by a batch of them.
async fn check_home(web: &Web, caller: &Caller, home: Option<&PlaceCode>) -> Answer<()> {
    let Some(home) = home.cloned().filter(|_| super::sight(caller) == Sight::Masked) else { return Ok(()) };
    if super::is_restricted(web, home).await? {
        let text = "Which charts are filed at this place is confidential: a supervisor has to make this batch.";
        return Err(Problem::invalid("home", text));
    }
    Ok(())
}

/// The charts, in the batch's order.
async fn chosen(web: &Web, named: Vec<ChartNumber>, wanted: LabelSelection) -> Answer<Vec<ChartNumber>> {
    let most = if named.is_empty() { GatherBatch::LABELS_MAX } else { CHARTS_MAX };
    let run = wanted.import_run;
    if let Some(run) = run
        && !web.ledger().read(move |reader| reader.has_import_run(run)).await?
    {
        return Err(Problem::invalid("import_run", "There is no import of this number."));
    }
    let charts = if named.is_empty() {
        web.ledger().read(move |reader| reader.select_for_labels(&wanted, most)).await?
    } else {
        let unknown = named.clone();
        let unknown = web.ledger().read(move |reader| reader.first_unknown_chart(&unknown)).await?;
        if let Some(chart) = unknown {
            return Err(Problem::invalid("charts", format!("There is no chart {chart}.")));
        }
        let mut seen = std::collections::HashSet::new();
        named.into_iter().filter(|chart| seen.insert(*chart)).collect()
    };
    if charts.is_empty() {
        return Err(Problem::invalid("charts", "No chart fits: nothing would be printed."));
    }
    if charts.len() > most {
        return Err(Problem::invalid("charts", format!("These are more than {most} charts: make several batches.")));
    }
    Ok(charts)
}

async fn gather(
    ledger: &Ledger,
    by: &Actor,
    open: OpenBatch,
    charts: Vec<ChartNumber>,
) -> Result<PrintBatchRow, ChangeError> {
    let mut batch = ledger.change(by, open).await?;
    let mut chunks = charts.chunks(GatherBatch::CHUNK).peekable();
    while let Some(chunk) = chunks.next() {
        let part = GatherBatch { id: batch.id, charts: chunk.to_vec(), last: chunks.peek().is_none() };
        batch = ledger.change(by, part).await?;
    }
    Ok(batch)
}

/// Batches, newest first, and how far each is.
#[utoipa::path(get, path = "/api/v1/print-batches", tag = "print batches", params(Part),
    responses((status = 200, body = Page<PrintBatchView>)))]
async fn list(State(web): State<Web>, Query(part): Query<Part>) -> Answer<Json<Page<PrintBatchView>>> {
    let paging = super::paging(part.limit, part.cursor)?;
    Ok(Json(web.ledger().read(move |reader| reader.print_batches(&paging)).await?))
}

/// One batch and how far it is.
#[utoipa::path(get, path = "/api/v1/print-batches/{id}", tag = "print batches", params(("id" = u64, Path)),
    responses((status = 200, body = PrintBatchView)))]
async fn one(State(web): State<Web>, Path(id): Path<u64>) -> Answer<Json<PrintBatchView>> {
    let found = web.ledger().read(move |reader| reader.print_batch(PrintBatchId(id))).await?;
    found.map(Json).ok_or_else(|| Problem::not_found("There is no batch of this number."))
}

async fn steer(web: &Web, caller: &Caller, id: u64, step: BatchStep) -> Answer<Json<PrintBatchRow>> {
    let change = SteerBatch { id: PrintBatchId(id), step };
    Ok(Json(web.ledger().change(&caller.actor(), change).await?))
}

/// Stops a batch after the label that is being sent.
#[utoipa::path(post, path = "/api/v1/print-batches/{id}/pause", tag = "print batches", params(("id" = u64, Path)),
    responses((status = 200, body = PrintBatchRow)))]
async fn pause(State(web): State<Web>, caller: Caller, Path(id): Path<u64>) -> Answer<Json<PrintBatchRow>> {
    steer(&web, &caller, id, BatchStep::Pause { note: None }).await
}

/// From where a batch goes on.
#[derive(Deserialize, Default, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct From {
    /// This label, from 1: it and those after it are printed (again), with the issues that they have. Without it the
    /// batch goes on where it is. A label that was scanned on its chart is left out.
    #[schema(minimum = 1)]
    from: Option<u32>,
    /// On sheets: the position on which that label is printed, from 1.
    #[schema(minimum = 1)]
    start_at: Option<u16>,
}

/// Lets a batch go on: where it is, or again from a label, as after a jam.
#[utoipa::path(post, path = "/api/v1/print-batches/{id}/resume", tag = "print batches", params(("id" = u64, Path)),
    request_body = From, responses((status = 200, body = PrintBatchRow)))]
async fn resume(
    State(web): State<Web>,
    caller: Caller,
    Path(id): Path<u64>,
    Body(from): Body<From>,
) -> Answer<Json<PrintBatchRow>> {
    steer(&web, &caller, id, BatchStep::Resume { from: from.from, start_at: from.start_at }).await
}

/// Gives a batch up: nothing more of it is printed.
#[utoipa::path(post, path = "/api/v1/print-batches/{id}/cancel", tag = "print batches", params(("id" = u64, Path)),
    responses((status = 200, body = PrintBatchRow)))]
async fn cancel(State(web): State<Web>, caller: Caller, Path(id): Path<u64>) -> Answer<Json<PrintBatchRow>> {
    steer(&web, &caller, id, BatchStep::Cancel).await
}

/// Imports of charts, newest first: what one brought can be labelled as a batch.
#[utoipa::path(get, path = "/api/v1/import-runs", tag = "print batches", params(Part),
    responses((status = 200, body = Page<ImportRunRow>)))]
async fn import_runs(State(web): State<Web>, Query(part): Query<Part>) -> Answer<Json<Page<ImportRunRow>>> {
    let paging = super::paging(part.limit, part.cursor)?;
    Ok(Json(web.ledger().read(move |reader| reader.import_runs(&paging)).await?))
}
