//! CSV files of places, staff, patients and charts into chunks of typed rows: the contract's columns, encodings,
//! broken lines, duplicates, the file of rejects, and the driver that feeds chunks to a ledger near or far.
//!
//! A file is streamed: what is held in memory is one line, one chunk, and 12 bytes for each key seen.

mod columns;
mod driver;
mod duplicates;
mod lines;
mod parse;
mod rejects;
mod report;
mod rows;
mod sink;

pub use columns::{Columns, HeaderFault, ImportKind};
pub use driver::{CHUNK_ROWS_MAX, ImportFile, run};
pub use lines::{LINE_MAX_BYTES, Line, LineFault, Lines};
pub use parse::{FieldFault, ParseRules, parse_row};
pub use rejects::{Rejects, rejects_path};
pub use report::{ImportError, ImportReport, Progress};
pub use rows::{Chunk, ChunkDone, ImportSink, ImportedRow, RowOutcome, SinkError};
pub use sink::{DryRunSink, LedgerSink};
