//! Typed rows, the chunks they travel in, and where chunks go.

use serde::{Deserialize, Serialize};

use super::ImportKind;
use crate::ledger::changes::{self, ChartRow, PatientRow, PlaceRow, StaffRow};

/// One row of any kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportedRow {
    /// Of a places file.
    Place(PlaceRow),
    /// Of a staff file.
    Staff(StaffRow),
    /// Of a patients file.
    Patient(PatientRow),
    /// Of a charts file.
    Chart(ChartRow),
}

impl ImportedRow {
    /// What makes the row one and the same as another of its file.
    pub fn key(&self) -> String {
        match self {
            ImportedRow::Place(place) => place.code.to_string(),
            ImportedRow::Staff(staff) => staff.badge.to_string(),
            ImportedRow::Patient(patient) => patient.mrn.clone(),
            ImportedRow::Chart(chart) => format!("{} {} {}", chart.mrn, chart.record_type, chart.volume),
        }
    }
}

/// Rows that go to the ledger together, in one short transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "import", content = "rows", rename_all = "snake_case")]
pub enum Chunk {
    /// Of a places file.
    Places(Vec<PlaceRow>),
    /// Of a staff file.
    Staff(Vec<StaffRow>),
    /// Of a patients file.
    Patients(Vec<PatientRow>),
    /// Of a charts file.
    Charts(Vec<ChartRow>),
}

impl Chunk {
    /// An empty chunk for rows of `kind`.
    pub fn of(kind: ImportKind) -> Chunk {
        match kind {
            ImportKind::Places => Chunk::Places(Vec::new()),
            ImportKind::Staff => Chunk::Staff(Vec::new()),
            ImportKind::Patients => Chunk::Patients(Vec::new()),
            ImportKind::Charts => Chunk::Charts(Vec::new()),
        }
    }

    /// Adds `row`; a row of another kind is left out, which the parser never gives.
    pub fn push(&mut self, row: ImportedRow) {
        match (self, row) {
            (Chunk::Places(rows), ImportedRow::Place(row)) => rows.push(row),
            (Chunk::Staff(rows), ImportedRow::Staff(row)) => rows.push(row),
            (Chunk::Patients(rows), ImportedRow::Patient(row)) => rows.push(row),
            (Chunk::Charts(rows), ImportedRow::Chart(row)) => rows.push(row),
            (chunk, row) => debug_assert!(false, "{row:?} does not belong in {chunk:?}"),
        }
    }

    /// How many rows it holds.
    pub fn len(&self) -> usize {
        match self {
            Chunk::Places(rows) => rows.len(),
            Chunk::Staff(rows) => rows.len(),
            Chunk::Patients(rows) => rows.len(),
            Chunk::Charts(rows) => rows.len(),
        }
    }

    /// Its rows after the first `rows`.
    #[must_use]
    pub fn after(&self, rows: usize) -> Chunk {
        fn rest<T: Clone>(all: &[T], rows: usize) -> Vec<T> {
            all.get(rows..).unwrap_or_default().to_vec()
        }
        match self {
            Chunk::Places(all) => Chunk::Places(rest(all, rows)),
            Chunk::Staff(all) => Chunk::Staff(rest(all, rows)),
            Chunk::Patients(all) => Chunk::Patients(rest(all, rows)),
            Chunk::Charts(all) => Chunk::Charts(rest(all, rows)),
        }
    }

    /// Holds it no rows?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What became of one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum RowOutcome {
    /// It is new.
    Added,
    /// It was there and differed.
    Changed,
    /// It was there, the same.
    Unchanged,
    /// It could not be taken.
    Rejected {
        /// The column at fault, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        field: Option<String>,
        /// Why, in words that say what to do.
        text: String,
    },
}

impl From<changes::RowOutcome> for RowOutcome {
    fn from(outcome: changes::RowOutcome) -> RowOutcome {
        match outcome {
            changes::RowOutcome::Added => RowOutcome::Added,
            changes::RowOutcome::Changed => RowOutcome::Changed,
            changes::RowOutcome::Unchanged => RowOutcome::Unchanged,
            changes::RowOutcome::Rejected { field, text } => {
                RowOutcome::Rejected { field: Some(field.to_owned()), text }
            }
        }
    }
}

/// What a sink answers for a chunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkDone {
    /// One for each row, in the chunk's order. Where the writer was held too long there are fewer, at least one: the rows
    /// after them were not looked at.
    pub outcomes: Vec<RowOutcome>,
    /// How long the ledger's writer was held, in microseconds; the next chunk's size follows from it.
    pub held_us: u64,
}

/// A whole chunk could not be taken. What was loaded before it stays, and the import can be run again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SinkError(pub String);

/// Where chunks go: a ledger in this process, or a running server's control socket. A dry run has a sink of its own,
/// which only compares.
pub trait ImportSink {
    /// Takes one chunk, or the first rows of it, and says what became of each.
    fn load(&mut self, chunk: &Chunk) -> Result<ChunkDone, SinkError>;
}
