//! Photographs: every code on one, what each names, and sightings of the charts that were seen. A photograph is never kept,
//! and reading one changes nothing.

use axum::Json;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Access, Api};
use crate::barcode::photo::{PHOTO_MAX_BYTES, PhotoCode, PictureError, Spot};
use crate::barcode::{ChartNumber, LabelIssue, PlaceCode, Unrecognised};
use crate::custody::{ChartView, Role};
use crate::ledger::changes::{RecordSightings, SIGHTINGS_MAX};
use crate::ledger::queries::{ChartRow, Meaning, Sight};
use crate::ledger::{ReadError, Reader};
use crate::records::shown;
use crate::web::caller::{Caller, Peer};
use crate::web::extract::Body;
use crate::web::limits::PHOTO_BODY_TIMEOUT;
use crate::web::looks::{self, Look};
use crate::web::problem::{Answer, Problem};
use crate::web::state::Web;

const RECORDS: Access = Access::Role(Role::Records);
/// Of a text that names nothing here no more is shown.
const STRANGE_TEXT_MAX_CHARS: usize = 60;

pub(super) fn register(api: Api) -> Api {
    api.route(RECORDS, routes!(read)).route(RECORDS, routes!(sightings))
}

/// What a code on a photograph is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SeenKind {
    /// A chart's own label: the chart was there.
    Chart,
    /// Names a chart, on a slip, list or screen; shows nothing of where it is.
    Reference,
    /// An old label that fits several charts.
    Several,
    /// A label of a chart that is not registered here.
    UnknownChart,
    /// A location card.
    Place,
    /// A person's badge.
    Badge,
    /// A command card.
    Command,
    /// Looks like one of ours, but its check digits do not fit: damaged or misread.
    Damaged,
    /// Not one of ours.
    Other,
}

/// A chart as the ledger believes it to be.
#[derive(Debug, Serialize, ToSchema)]
struct SeenChart {
    /// As kiosks show it: no patient's name.
    #[serde(flatten)]
    chart: ChartView,
    /// The name of where it is filed.
    home_name: Option<String>,
    /// The name of where it was last seen.
    seen_place_name: Option<String>,
}

/// A code on the photograph.
#[derive(Debug, Serialize, ToSchema)]
struct SeenCode {
    /// What it is.
    kind: SeenKind,
    /// What was read; not of badges, with which one can sign in.
    text: Option<String>,
    /// Its AIM identifier's first two characters.
    symbology: String,
    /// Where it is: four corners, each x and y in pixels of the upright picture; several where it stands there several
    /// times, as bars and as a square.
    outlines: Vec<[[i32; 2]; 4]>,
    /// The chart.
    chart: Option<SeenChart>,
    /// The newest label known to be on the chart, where this is an older one.
    newer_label: Option<LabelIssue>,
    /// The place, where it is one.
    #[schema(value_type = Option<String>)]
    place: Option<PlaceCode>,
    /// The place's or person's name, or the command.
    name: Option<String>,
}

/// What could be read on a photograph.
#[derive(Debug, Serialize, ToSchema)]
struct Photograph {
    /// Its width as one looks at it, in pixels.
    width: usize,
    /// Its height.
    height: usize,
    /// All of it was looked at. Where not, time was over: a smaller part of the shelf is read whole.
    whole: bool,
    /// The codes, from the left to the right. There may be others on it that could not be read.
    codes: Vec<SeenCode>,
}

/// Reads every code on a photograph (JPEG or PNG) and says what each names. Nothing is written but the look.
#[utoipa::path(post, path = "/api/v1/photographs", tag = "photographs",
    request_body(content = Vec<u8>, content_type = "image/jpeg"), responses((status = 200, body = Photograph)))]
async fn read(State(web): State<Web>, caller: Caller, peer: Peer, request: Request) -> Answer<Json<Photograph>> {
    check_head(request.headers())?;
    let held = web.photos.hold()?;
    let bytes = body(request).await?;
    let looked = web.photos.read(held, bytes).await?;
    let sight = super::sight(&caller);
    let codes = looked.reading.codes;
    let codes = web
        .ledger()
        .read(move |reader| codes.into_iter().map(|code| seen(reader, code, sight)).collect::<Result<Vec<_>, _>>())
        .await?;
    looks::log(&web, &caller, peer, Look::Photograph).await?;
    Ok(Json(Photograph { width: looked.width, height: looked.height, whole: looked.reading.whole, codes }))
}

/// What can be said before a byte of it is taken.
fn check_head(headers: &HeaderMap) -> Answer<()> {
    let of = |name| headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    let kind = of(header::CONTENT_TYPE).unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !["image/jpeg", "image/png"].iter().any(|known| kind.eq_ignore_ascii_case(known)) {
        return Err(PictureError::Unknown.into());
    }
    let length = of(header::CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
    match length.filter(|length| *length > PHOTO_MAX_BYTES) {
        Some(length) => Err(PictureError::TooLarge(length).into()),
        None => Ok(()),
    }
}

async fn body(request: Request) -> Answer<Bytes> {
    let read = tokio::time::timeout(PHOTO_BODY_TIMEOUT, to_bytes(request.into_body(), PHOTO_MAX_BYTES)).await;
    match read {
        Ok(Ok(bytes)) => Ok(bytes),
        // Sent in chunks without a length, and too many of them; or the connection broke, and nobody hears this.
        Ok(Err(_)) => Err(PictureError::TooLarge(PHOTO_MAX_BYTES + 1).into()),
        Err(_) => Err(Problem::of_status(StatusCode::REQUEST_TIMEOUT)),
    }
}

impl From<PictureError> for Problem {
    fn from(error: PictureError) -> Self {
        let (status, slug) = match error {
            PictureError::Unknown => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type"),
            PictureError::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
            _ => (StatusCode::UNPROCESSABLE_ENTITY, "unreadable-picture"),
        };
        let text = error.to_string();
        let mut letters = text.chars();
        let sentence: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
        Self::new(status, slug, "This picture cannot be read", format!("{sentence}."))
    }
}

fn seen(reader: &Reader, code: PhotoCode, sight: Sight) -> Result<SeenCode, ReadError> {
    let meaning = reader.meaning(&code.text, code.symbology, sight)?;
    let corner = |spot: Spot| [spot.x, spot.y];
    let mut seen = SeenCode {
        kind: SeenKind::Other,
        text: Some(code.text),
        symbology: code.symbology.to_owned(),
        outlines: code.outlines.into_iter().map(|outline| outline.map(corner)).collect(),
        chart: None,
        newer_label: None,
        place: None,
        name: None,
    };
    match meaning {
        Meaning::Chart { row, newer } => {
            (seen.kind, seen.chart, seen.newer_label) = (SeenKind::Chart, Some((*row).into()), newer);
        }
        Meaning::Reference(row) => (seen.kind, seen.chart) = (SeenKind::Reference, Some((*row).into())),
        Meaning::Several(_) => seen.kind = SeenKind::Several,
        Meaning::UnknownChart => seen.kind = SeenKind::UnknownChart,
        Meaning::Place(place, name) => (seen.kind, seen.place, seen.name) = (SeenKind::Place, Some(place), name),
        Meaning::Badge(_, name) => (seen.kind, seen.text, seen.name) = (SeenKind::Badge, None, name),
        Meaning::Command(word) => (seen.kind, seen.name) = (SeenKind::Command, Some(word.word().to_owned())),
        Meaning::Unrecognised(Unrecognised::WrongCheck | Unrecognised::Malformed) => seen.kind = SeenKind::Damaged,
        Meaning::Unrecognised(_) => {
            seen.text = seen.text.map(|text| shown(&text).chars().take(STRANGE_TEXT_MAX_CHARS).collect());
        }
    }
    Ok(seen)
}

impl From<ChartRow> for SeenChart {
    fn from(row: ChartRow) -> Self {
        SeenChart { chart: row.chart, home_name: row.home_name, seen_place_name: row.seen_place_name }
    }
}

/// Charts that were seen on a photograph.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSightings {
    /// The request's id; the same one again, with the same data, writes nothing more.
    id: Uuid,
    /// Where the photograph was taken.
    #[schema(value_type = String)]
    place: PlaceCode,
    /// What was read on the charts' own labels.
    #[schema(min_items = 1, max_items = 200)]
    labels: Vec<String>,
}

/// What was written.
#[derive(Serialize, ToSchema)]
struct Sightings {
    /// The entry.
    seq: u64,
    /// It was written before; this is its answer again.
    duplicate: bool,
    /// The charts that were seen, by number.
    #[schema(value_type = Vec<u32>)]
    charts: Vec<ChartNumber>,
}

/// Records that charts were seen at a place, as someone says who photographed them there. It moves nothing: loans run on,
/// and a missing case is closed, as by any sighting.
#[utoipa::path(post, path = "/api/v1/sightings", tag = "photographs", request_body = NewSightings,
    responses((status = 200, body = Sightings)))]
async fn sightings(State(web): State<Web>, caller: Caller, Body(new): Body<NewSightings>) -> Answer<Json<Sightings>> {
    if new.labels.is_empty() || new.labels.len() > SIGHTINGS_MAX {
        return Err(Problem::invalid("labels", format!("Name 1 to {SIGHTINGS_MAX} labels.")));
    }
    let change = RecordSightings { id: new.id, place: new.place, labels: new.labels };
    let made = web.ledger().change(&caller.actor(), change).await?;
    Ok(Json(Sightings { seq: made.seq, duplicate: made.duplicate, charts: made.charts }))
}
