//! What charts' old labels say: the barcodes that an import gave them, one for each chart.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;
use serde_json::json;

use super::PatientId;
use super::api::Actor;
use super::changes::versioned;
use super::error::{ChangeError, OpenError};
use super::rows::Versioned;
use super::schema;
use super::store::Store;
use super::work::Work;
use crate::barcode::ChartNumber;

/// The value of `meta` that says that there are rows from before such rows were recorded. Without it such a row is one
/// that somebody wrote past the ledger.
const UNRECORDED: &str = "unrecorded_legacy_barcodes";

/// The most rows recorded in one entry.
const RECORDED_MAX: usize = 500;

/// The row of a chart's old barcode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct LegacyBarcode {
    pub chart: ChartNumber,
    /// `None` where it was taken away.
    pub text: Option<String>,
}

fn legacy_barcode_row(row: &Row<'_>) -> rusqlite::Result<Versioned<LegacyBarcode>> {
    Ok((LegacyBarcode { chart: ChartNumber(row.get(0)?), text: row.get(1)? }, row.get(2)?))
}

/// A chart's old barcode.
pub(super) fn legacy_barcode(
    conn: &Connection,
    chart: ChartNumber,
) -> rusqlite::Result<Option<Versioned<LegacyBarcode>>> {
    let sql = "SELECT chart, text, version FROM main.legacy_barcodes WHERE chart = ?";
    conn.prepare_cached(sql)?.query_row([chart.0], legacy_barcode_row).optional()
}

/// A chart of another patient that has this barcode. `having`: the patients of charts that may not be in the tables yet.
pub(super) fn of_another_patient(
    conn: &Connection,
    text: &str,
    patient: PatientId,
    having: &HashMap<ChartNumber, PatientId>,
) -> rusqlite::Result<Option<ChartNumber>> {
    let sql = "SELECT l.chart, c.patient FROM main.legacy_barcodes l LEFT JOIN main.charts c ON c.number = l.chart \
               WHERE l.text = ?";
    let mut select = conn.prepare_cached(sql)?;
    let mut charts = select.query([text])?;
    while let Some(row) = charts.next()? {
        let chart = ChartNumber(row.get(0)?);
        let of = row.get::<_, Option<u64>>(1)?.map(PatientId).or_else(|| having.get(&chart).copied());
        if of != Some(patient) {
            return Ok(Some(chart));
        }
    }
    Ok(None)
}

/// Are there rows that may still be without a record?
pub(super) fn has_unrecorded(conn: &Connection) -> rusqlite::Result<bool> {
    Ok(schema::meta(conn, UNRECORDED)?.is_some())
}

/// Records the rows that an older Outguide left, so that from now on the chain covers them.
pub(super) fn record_unrecorded(store: &mut Store) -> Result<(), OpenError> {
    if has_unrecorded(&store.conn)? {
        tracing::info!("charts' old barcodes are recorded once in the ledger; of a million this takes a while");
    }
    while has_unrecorded(&store.conn)? {
        store.conn.execute_batch("BEGIN IMMEDIATE")?;
        record_some(store).map_err(|error| OpenError::Sql(error.to_string()))?;
        store.published.clear();
        store.conn.execute_batch("COMMIT")?;
    }
    Ok(())
}

fn record_some(store: &mut Store) -> Result<(), ChangeError> {
    let sql = "SELECT chart, text, version FROM main.legacy_barcodes WHERE version = 0 LIMIT ?";
    let mut work = Work::new(store, &Actor::System);
    let rows = work
        .conn()
        .prepare_cached(sql)?
        .query_map([RECORDED_MAX], |row| legacy_barcode_row(row).map(|(known, _)| known))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    if rows.is_empty() {
        work.conn().execute("DELETE FROM main.meta WHERE key = ?", [UNRECORDED])?;
        return Ok(());
    }
    let sets = rows.iter().map(|row| versioned::put_legacy_barcode(&mut work, row, None));
    let sets = sets.collect::<Result<Vec<_>, _>>()?;
    work.record("legacy_barcodes_recorded", json!({ "charts": rows.len() }), sets)?;
    Ok(())
}
