//! Charts: found, opened, corrected, moved.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::{Access, Api, Part};
use crate::barcode::{BadgeNumber, ChartNumber, PlaceCode};
use crate::custody::Role;
use crate::ledger::changes::{
    AddChart, Change, ChartPatch, CorrectAndMove, CorrectChart, MoveChart, RenewLoan, ReportFound, ReportMissing, Was,
};
use crate::ledger::queries::{ChartDetail, ChartRow, HistoryRow, Page, Sight};
use crate::web::caller::{Caller, Peer};
use crate::web::extract::{Body, Path, Query, given, present};
use crate::web::limits::SEARCH_MAX_CHARS;
use crate::web::looks::{self, Look};
use crate::web::problem::{Answer, Problem};
use crate::web::state::Web;

const RECORDS: Access = Access::Role(Role::Records);

pub(super) fn register(api: Api) -> Api {
    api.route(Access::Role(Role::Viewer), routes!(find))
        .route(Access::Role(Role::Viewer), routes!(open))
        .route(Access::Role(Role::Viewer), routes!(history))
        .route(Access::Role(Role::Viewer), routes!(break_glass))
        .route(RECORDS, routes!(add))
        .route(RECORDS, routes!(correct))
        .route(RECORDS, routes!(missing))
        .route(RECORDS, routes!(found))
        .route(RECORDS, routes!(renew))
        .route(RECORDS, routes!(move_chart))
}

/// What is looked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Search {
    /// An MRN, name, chart number or barcode, or the beginning of one.
    #[serde(default)]
    #[param(required = false)]
    q: String,
    /// `1` while the text is being typed into the console: then not each is an entry of the access log, but one in a
    /// quarter of an hour. A submitted search is one, as is any by a token or of fewer than two characters.
    typing: Option<u8>,
    /// How many rows at most, 1 to 500; 50 where it is not given.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Charts that fit a text, best match first.
#[utoipa::path(get, path = "/api/v1/charts", tag = "charts", params(Search),
    responses((status = 200, body = Page<ChartRow>)))]
async fn find(
    State(web): State<Web>,
    caller: Caller,
    peer: Peer,
    Query(search): Query<Search>,
) -> Answer<Json<Page<ChartRow>>> {
    if search.q.chars().count() > SEARCH_MAX_CHARS {
        return Err(Problem::invalid("q", format!("Use at most {SEARCH_MAX_CHARS} characters.")));
    }
    let mut paging = super::paging(search.limit, search.cursor)?;
    let later = paging.cursor.is_some();
    // Nobody goes on to the next page while typing, and an empty search shows nothing.
    let typing = super::is_typing(&caller, search.typing, &search.q, later);
    super::cap_while(typing, &mut paging);
    let submitted = !typing && !search.q.trim().is_empty();
    let list = looks::list_of("charts", &search.q.trim());
    let sight = super::sight(&caller);
    let page = web.ledger().read(move |reader| reader.find_charts(&search.q, &paging, sight)).await?;
    if typing {
        looks::log_list(&web, &caller, peer, Look::ChartsTyped, looks::list_of("charts typed", &())).await?;
    }
    if submitted {
        looks::log_search(&web, &caller, peer, Look::ChartSearch, list, later).await?;
    }
    Ok(Json(page))
}

/// A reason that was given for one chart shows no other one.
async fn detail(web: &Web, caller: &Caller, number: ChartNumber, sight: Sight) -> Answer<ChartDetail> {
    let others = super::sight(caller);
    Ok(web.ledger().read(move |reader| reader.chart_detail_beside(number, sight, others)).await?)
}

/// Opened, or read anew.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Opening {
    /// `1` when a page that shows the chart reads it anew: within the hour that is no new entry of the access log.
    again: Option<u8>,
}

/// One chart with its alerts, labels and volumes. Opening it is an entry of the access log.
#[utoipa::path(get, path = "/api/v1/charts/{number}", tag = "charts", params(("number" = u32, Path), Opening),
    responses((status = 200, body = ChartDetail)))]
async fn open(
    State(web): State<Web>,
    caller: Caller,
    peer: Peer,
    Path(number): Path<ChartNumber>,
    Query(opening): Query<Opening>,
) -> Answer<Json<ChartDetail>> {
    let chart = detail(&web, &caller, number, super::sight_of(&web, &caller, number)).await?;
    let patient = chart.row.patient_id;
    let again = opening.again == Some(1);
    let look = if again { Look::ChartAgain(number, patient) } else { Look::Chart(number, patient) };
    looks::log(&web, &caller, peer, look).await?;
    Ok(Json(chart))
}

/// What happened to a chart, newest first. Of a chart that is not open, it is an entry of the access log.
#[utoipa::path(get, path = "/api/v1/charts/{number}/history", tag = "charts", params(("number" = u32, Path), Part),
    responses((status = 200, body = Page<HistoryRow>)))]
async fn history(
    State(web): State<Web>,
    caller: Caller,
    peer: Peer,
    Path(number): Path<ChartNumber>,
    Query(part): Query<Part>,
) -> Answer<Json<Page<HistoryRow>>> {
    let paging = super::paging(part.limit, part.cursor)?;
    let sight = super::sight_of(&web, &caller, number);
    let page = web.ledger().read(move |reader| reader.chart_history(number, &paging, sight)).await?;
    looks::log(&web, &caller, peer, Look::History(number)).await?;
    Ok(Json(page))
}

/// Why it must be seen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BreakGlass {
    /// In a few words; goes into the access log.
    #[schema(min_length = 1, max_length = 2000)]
    reason: String,
}

/// Shows where a restricted chart is to one whose role does not: with a reason, and logged. For a quarter of an hour
/// the same caller sees this chart and its history whole.
#[utoipa::path(post, path = "/api/v1/charts/{number}/break-glass", tag = "charts", params(("number" = u32, Path)),
    request_body = BreakGlass, responses((status = 200, body = ChartDetail)))]
async fn break_glass(
    State(web): State<Web>,
    caller: Caller,
    peer: Peer,
    Path(number): Path<ChartNumber>,
    Body(body): Body<BreakGlass>,
) -> Answer<Json<ChartDetail>> {
    let reason = super::text("reason", &body.reason)?;
    let chart = detail(&web, &caller, number, Sight::Full).await?;
    // Logged before it is shown: what cannot be logged is not shown.
    looks::log(&web, &caller, peer, Look::BreakGlass(number, chart.row.patient_id, reason)).await?;
    Ok(Json(chart))
}

/// A new chart.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewChart {
    /// Record type's code.
    record_type: String,
    /// The volume; the next one where it is not given.
    #[schema(minimum = 1)]
    volume: Option<u16>,
    /// Where it is filed.
    #[schema(value_type = String)]
    home: PlaceCode,
}

/// Adds a chart for a patient, filed at its home.
#[utoipa::path(post, path = "/api/v1/patients/{mrn}/charts", tag = "charts", params(("mrn" = String, Path)),
    request_body = NewChart, responses((status = 201, body = ChartDetail)))]
async fn add(
    State(web): State<Web>,
    caller: Caller,
    Path(mrn): Path<String>,
    Body(new): Body<NewChart>,
) -> Answer<Response> {
    let change = AddChart { mrn, record_type: new.record_type, volume: new.volume, home: new.home };
    let number = web.ledger().change(&caller.actor(), change).await?;
    let chart = detail(&web, &caller, number, super::sight(&caller)).await?;
    Ok(super::created(&format!("/api/v1/charts/{number}"), chart))
}

/// What to change of a chart. Absent: left as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChartChange {
    /// Record type's code.
    #[serde(default, deserialize_with = "present")]
    record_type: Option<String>,
    /// The volume.
    #[schema(minimum = 1)]
    #[serde(default, deserialize_with = "present")]
    volume: Option<u16>,
    /// Where it is filed.
    #[schema(value_type = Option<String>)]
    #[serde(default, deserialize_with = "present")]
    home: Option<PlaceCode>,
    /// No longer in use, or in use again.
    #[serde(default, deserialize_with = "present")]
    retired: Option<bool>,
    /// Where it is, as someone says.
    #[schema(value_type = Option<String>)]
    #[serde(default, deserialize_with = "present")]
    place: Option<PlaceCode>,
    /// Who has it, as someone says; `null`: nobody in particular.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    holder: Option<Option<BadgeNumber>>,
    /// What the fields of the registration to be changed were when they were looked at.
    /// Where one is different by now, the answer is 409 and nothing is changed.
    #[serde(default)]
    was: Was,
}

/// Corrects a chart, retires it, or says where it is. As with all changes of a chart, the answer shows it: of one that is
/// not open, that is an entry of the access log.
#[utoipa::path(patch, path = "/api/v1/charts/{number}", tag = "charts", params(("number" = u32, Path)),
    request_body = ChartChange, responses((status = 200, body = ChartDetail)))]
async fn correct(
    State(web): State<Web>,
    caller: Caller,
    peer: Peer,
    Path(number): Path<ChartNumber>,
    Body(change): Body<ChartChange>,
) -> Answer<Json<ChartDetail>> {
    let ChartChange { record_type, volume, home, retired, place, holder, was } = change;
    // Whether a guess is right would be told by what comes of it.
    if (home.is_some() || was.0.contains_key("home"))
        && super::sight_of(&web, &caller, number) == Sight::Masked
        && web
            .ledger()
            .read(move |reader| reader.chart(number, Sight::Masked))
            .await?
            .is_some_and(|row| row.chart.withheld)
    {
        let text = "Where this chart is filed is confidential: give a reason to see it first.";
        return Err(Problem::invalid("home", text));
    }
    let patch = ChartPatch { record_type, volume, home, retired };
    if place.is_some() || holder.is_some() {
        let change = CorrectAndMove { number, patch, was, place, holder: holder.flatten() };
        act(&web, &caller, peer, number, change).await
    } else {
        if patch == ChartPatch::default() {
            return Err(super::nothing_to_change());
        }
        act(&web, &caller, peer, number, CorrectChart { number, patch, was }).await
    }
}

async fn act(
    web: &Web,
    caller: &Caller,
    peer: Peer,
    number: ChartNumber,
    change: impl Change<Made = ()>,
) -> Answer<Json<ChartDetail>> {
    web.ledger().change(&caller.actor(), change).await?;
    let chart = detail(web, caller, number, super::sight_of(web, caller, number)).await?;
    looks::log(web, caller, peer, Look::ChartAgain(number, chart.row.patient_id)).await?;
    Ok(Json(chart))
}

/// Nothing to say.
#[derive(Deserialize, ToSchema)]
struct Nothing {}

/// Reports that a chart was looked for and not found: opens a missing case.
#[utoipa::path(post, path = "/api/v1/charts/{number}/missing", tag = "charts", params(("number" = u32, Path)),
    request_body = Nothing, responses((status = 200, body = ChartDetail)))]
async fn missing(
    State(web): State<Web>,
    caller: Caller,
    peer: Peer,
    Path(number): Path<ChartNumber>,
    Body(Nothing {}): Body<Nothing>,
) -> Answer<Json<ChartDetail>> {
    act(&web, &caller, peer, number, ReportMissing { number }).await
}

/// Where it was found.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Found {
    /// The place, where it is known.
    #[schema(value_type = Option<String>)]
    place: Option<PlaceCode>,
}

/// Reports that a missing chart is found: closes the case.
#[utoipa::path(post, path = "/api/v1/charts/{number}/found", tag = "charts", params(("number" = u32, Path)),
    request_body = Found, responses((status = 200, body = ChartDetail)))]
async fn found(
    State(web): State<Web>,
    caller: Caller,
    peer: Peer,
    Path(number): Path<ChartNumber>,
    Body(body): Body<Found>,
) -> Answer<Json<ChartDetail>> {
    act(&web, &caller, peer, number, ReportFound { number, place: body.place }).await
}

/// Until when.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Renew {
    /// The new due time; by the place's loan hours from now where it is not given.
    due_at: Option<Timestamp>,
}

/// Extends a loan.
#[utoipa::path(post, path = "/api/v1/charts/{number}/renew", tag = "charts", params(("number" = u32, Path)),
    request_body = Renew, responses((status = 200, body = ChartDetail)))]
async fn renew(
    State(web): State<Web>,
    caller: Caller,
    peer: Peer,
    Path(number): Path<ChartNumber>,
    Body(body): Body<Renew>,
) -> Answer<Json<ChartDetail>> {
    act(&web, &caller, peer, number, RenewLoan { number, due_at: body.due_at }).await
}

/// Where it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Move {
    /// The place; the chart's home means that it is back, unless a person has it there.
    #[schema(value_type = String)]
    place: PlaceCode,
    /// Who has it.
    #[schema(value_type = Option<String>)]
    holder: Option<BadgeNumber>,
}

/// Says where a chart is: a checkout or return that is asserted, not scanned.
#[utoipa::path(post, path = "/api/v1/charts/{number}/move", tag = "charts", params(("number" = u32, Path)),
    request_body = Move, responses((status = 200, body = ChartDetail)))]
async fn move_chart(
    State(web): State<Web>,
    caller: Caller,
    peer: Peer,
    Path(number): Path<ChartNumber>,
    Body(body): Body<Move>,
) -> Answer<Json<ChartDetail>> {
    act(&web, &caller, peer, number, MoveChart { number, place: body.place, holder: body.holder }).await
}
