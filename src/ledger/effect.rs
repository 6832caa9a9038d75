//! What an entry does to the projections. Recorded in the entry and folded as recorded: replay never judges again.
//! No patient data: charts, patients, places and people are named by number, id and code.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::importing::{ImportRunId, ImportRunRow};
use super::printing::{PrintBatchId, PrintBatchRow, PrintJobRow, PrinterStockRow, Subject};
use super::written::Written;
pub use crate::alerts::{AlertId, AlertKind, AlertRow, AlertState};
use crate::barcode::{ChartNumber, LabelIssue, PlaceCode};
use crate::custody::{Act, Custody, OrderKey};

/// A patient's internal number: entries name patients by this, never by MRN or name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct PatientId(pub u64);

/// One change of the projections.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// A chart exists from now on, or its registration changed: the whole new row, which holds no patient data.
    ChartSet {
        /// Its number.
        chart: ChartNumber,
        /// Whose.
        patient: PatientId,
        /// Record type's code.
        record_type: String,
        /// Volume, from 1.
        volume: u16,
        /// Where it is filed.
        home: PlaceCode,
        /// No longer in use.
        retired: bool,
    },
    /// Something happened to a chart; `custody` is the fold with it in.
    Acted {
        /// The chart.
        chart: ChartNumber,
        /// Its place in the chart's history.
        key: OrderKey,
        /// What happened.
        act: Act,
        /// Where the chart is now.
        custody: Written<Custody>,
    },
    /// The newest label issue known to be on the chart (confirmed or scanned), and the newest issued.
    LabelIssueSet {
        /// The chart.
        chart: ChartNumber,
        /// The newest issue that was handed to a print job; the next printing takes the one after it.
        issued: Option<LabelIssue>,
        /// The newest issue confirmed or scanned; older ones are superseded.
        on_chart: Option<LabelIssue>,
    },
    /// A row of a versioned table (patients, staff, places, record_types, kiosks, users, equipment,
    /// equipment_services, legacy_barcodes) is new or changed.
    RowSet {
        /// The table.
        table: String,
        /// The row's internal key as text: patient id, badge, place code, record type code, user name, number.
        key: String,
        /// Its version, from 1.
        version: u32,
        /// The names of the fields that changed.
        fields: Vec<String>,
        /// HMAC-SHA256 of the new row in canonical JSON, hex.
        row_hmac: String,
    },
    /// An alert was opened or changed: the whole new state.
    AlertSet(AlertRow),
    /// A print job was made or changed: the whole new state.
    PrintJobSet(PrintJobRow),
    /// A batch was made or changed: the whole new state.
    PrintBatchSet(PrintBatchRow),
    /// Charts were added to a batch, from this label on.
    PrintBatchCharts {
        /// The batch.
        batch: PrintBatchId,
        /// The first one's label number, from 1.
        first: u32,
        /// The charts, in the batch's order.
        charts: Vec<ChartNumber>,
    },
    /// What is loaded in a printer changed: the whole new state.
    PrinterStockSet(PrinterStockRow),
    /// A run of an import began or went on: the whole new state.
    ImportRunSet(ImportRunRow),
    /// A run of an import brought these charts.
    ImportRunCharts {
        /// The run.
        run: ImportRunId,
        /// The first of the charts; the others have the numbers after it.
        first: ChartNumber,
        /// The last of them.
        last: ChartNumber,
    },
}

impl Effect {
    /// The places that it names as a chart's: now, before, and where it was seen.
    pub(super) fn places(&self) -> Vec<PlaceCode> {
        match self {
            Effect::Acted { custody, .. } => {
                let before = custody.undo.as_ref().map(|undo| undo.before.place.clone());
                before.into_iter().chain([custody.place.clone()]).chain(custody.seen_place.clone()).collect()
            }
            Effect::ChartSet { home, .. } => vec![home.clone()],
            Effect::AlertSet(alert) => {
                let subject = alert.subject.as_deref().unwrap_or_default();
                let words = subject.split(|c: char| !c.is_ascii_alphanumeric());
                let places = [&alert.place, &alert.resolved_place].into_iter().flatten().cloned();
                places.chain(words.filter_map(|word| PlaceCode::new(word).ok())).collect()
            }
            Effect::PrintJobSet(job) => match &job.subject {
                Subject::Transfer { to: Some(to), .. } => vec![to.clone()],
                _ => Vec::new(),
            },
            Effect::LabelIssueSet { .. }
            | Effect::RowSet { .. }
            | Effect::PrintBatchSet(_)
            | Effect::PrintBatchCharts { .. }
            | Effect::PrinterStockSet(_)
            | Effect::ImportRunSet(_)
            | Effect::ImportRunCharts { .. } => Vec::new(),
        }
    }
}
