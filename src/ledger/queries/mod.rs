//! The questions: each a method of [`Reader`], each bounded, each on an index.
//!
//! Cursors are opaque to callers and hold keys only, never a name: they stand in addresses and logs.

mod alerts;
mod audit;
mod charts;
mod codes;
mod compare;
mod counts;
mod equipment;
mod events;
mod find;
mod history;
mod import_runs;
mod out;
mod patients;
mod print_batches;
mod print_jobs;
mod scanners;
mod sight;
mod tables;
#[cfg(test)]
mod testbed;

pub use alerts::{AlertDetail, AlertFilter, AlertNote, AlertOwner};
pub use audit::{AccessRecord, EntryRecord};
pub use charts::{ChartDetail, ChartRow, PatientBrief};
pub use codes::Meaning;
pub use counts::Counts;
pub use equipment::{EquipmentDetail, EquipmentRow, SERVICES_MAX};
pub use find::{FIND_DEPTH_MAX, QUERY_MAX_BYTES};
pub use history::{HistoryRow, LATE_AFTER_SECONDS};
pub use out::{OutFilter, OutSummaryRow};
pub use patients::PatientRow;
pub use print_batches::{LabelSelection, PrintBatchView};
pub use print_jobs::{LabelIssueView, LabelStanding, PrintJobFilter, PrintJobView};
pub use scanners::{Listened, ScannerPast};
pub use sight::{Sight, hide_places};
pub use tables::{TokenRow, UserRow};

use jiff::Timestamp;
use rusqlite::Row;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ReadError, Reader};
use crate::barcode::{BadgeNumber, PlaceCode};

/// The most rows in one page.
pub const PAGE_ROWS_MAX: usize = 500;
/// Rows in a page when nothing is asked for.
pub const PAGE_ROWS_DEFAULT: usize = 50;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// What to ask with for the rows after these; `None` at the end.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Cuts `rows`, one more than `limit` of which were read, and makes the cursor from the last one kept.
    fn cut(mut rows: Vec<T>, limit: usize, cursor: impl Fn(&T) -> String) -> Page<T> {
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = if more { rows.last().map(cursor) } else { None };
        Page { rows, next_cursor }
    }
}

/// Which page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Paging {
    /// Rows wanted; [`PAGE_ROWS_DEFAULT`] if `None`, never more than [`PAGE_ROWS_MAX`].
    pub limit: Option<usize>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl Paging {
    fn limit(&self) -> usize {
        self.limit.unwrap_or(PAGE_ROWS_DEFAULT).clamp(1, PAGE_ROWS_MAX)
    }

    /// The limit plus the row that tells whether there are more, for SQL.
    fn fetch(&self) -> i64 {
        i64::try_from(self.limit() + 1).unwrap_or(i64::MAX)
    }

    /// The cursor's `N` parts, the last of which may hold dots.
    fn parts<const N: usize>(&self) -> Result<Option<[&str; N]>, ReadError> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let parts: Vec<&str> = cursor.splitn(N, '.').collect();
        parts.try_into().map(Some).map_err(|_| bad_cursor())
    }

    fn number(&self) -> Result<Option<i64>, ReadError> {
        self.cursor.as_deref().map(|text| text.parse().map_err(|_| bad_cursor())).transpose()
    }
}

fn bad_cursor() -> ReadError {
    ReadError::Invalid { field: "cursor", text: "this cursor is not one of this list's".to_owned() }
}

fn failed(what: impl std::fmt::Display) -> ReadError {
    ReadError::Failed(what.to_string())
}

fn time(microseconds: i64) -> Result<Timestamp, ReadError> {
    Timestamp::from_microsecond(microseconds).map_err(failed)
}

fn time_at(row: &Row<'_>, column: &str) -> Result<Timestamp, ReadError> {
    time(row.get(column)?)
}

fn some_time_at(row: &Row<'_>, column: &str) -> Result<Option<Timestamp>, ReadError> {
    row.get::<_, Option<i64>>(column)?.map(time).transpose()
}

fn place_at(row: &Row<'_>, column: &str) -> Result<Option<PlaceCode>, ReadError> {
    row.get::<_, Option<String>>(column)?.map(|code| PlaceCode::new(&code).map_err(failed)).transpose()
}

/// A name, fit to stand beside others.
fn name_at(row: &Row<'_>, column: &str) -> Result<Option<String>, ReadError> {
    Ok(row.get::<_, Option<String>>(column)?.map(|name| crate::records::shown(&name)))
}

fn badge_at(row: &Row<'_>, column: &str) -> Result<Option<BadgeNumber>, ReadError> {
    row.get::<_, Option<String>>(column)?.map(|badge| BadgeNumber::new(&badge).map_err(failed)).transpose()
}

/// A closed set's word as it stands in a column.
fn word<T: serde::de::DeserializeOwned>(text: String) -> Result<T, ReadError> {
    serde_json::from_value(serde_json::Value::String(text)).map_err(failed)
}

/// The first text after all that begin with `prefix`, for a range on an index.
fn after_prefix(prefix: &str) -> String {
    format!("{prefix}\u{10FFFF}")
}
