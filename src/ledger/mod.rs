//! The one writer, schema, hash chain, projections, queries, verify, rebuild and backup. The only room with SQL.

pub mod accounts;
mod acting;
mod ahead;
mod answers;
mod api;
mod background;
mod backup;
mod beside;
mod chain;
pub mod changes;
mod checkpoint;
mod clock;
mod effect;
mod equipment;
mod error;
mod files;
mod hand;
mod importing;
mod jobs;
mod kiosks;
mod labels;
mod legacy;
mod line;
mod names;
mod open;
mod printing;
mod processors;
mod projection;
pub mod queries;
mod reader;
mod rebuild;
mod register;
mod rows;
mod scanners;
mod scanning;
mod schema;
mod scribe;
mod shared;
mod situation;
mod store;
mod transaction;
mod verify;
mod work;
mod writer;
mod written;

pub use api::{Actor, Head, Ledger, OpenOptions, Published, Sent};
pub use backup::{BackupError, backup, restore};
pub use clock::{Clock, Ids, RandomIds, SystemClock};
pub use effect::{AlertId, AlertKind, AlertRow, AlertState, Effect, PatientId};
pub use error::{ChangeError, OpenError, ReadError, Refusal, ScanError};
pub use importing::{ImportRunId, ImportRunRow};
pub use kiosks::{Kiosks, KnownKiosk};
pub use printing::{
    About, ChartLabel, PrintBatchId, PrintBatchRow, PrintBatchState, PrintJobId, PrintJobRow, PrintJobState,
    PrinterStockRow, Proof, Subject, SubjectFields,
};
pub use reader::Reader;
pub use rebuild::Rebuild;
pub use scanners::{ScannerKey, Tally};
pub use schema::DB_FILE;
pub use shared::Pace;
pub use verify::{Depth, Fault, Report, verify};
pub use work::Work;
pub use written::Written;

#[cfg(test)]
mod tests;
