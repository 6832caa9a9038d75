//! The one writer, schema, hash chain, projections, queries, verify, rebuild and backup. The only room with SQL.

pub mod accounts;
mod api;
pub mod changes;
mod clock;
mod effect;
mod error;
pub mod queries;
mod reader;
mod work;

pub use api::{Actor, Head, Ledger, OpenOptions, Published};
pub use clock::{Clock, Ids, RandomIds, SystemClock};
pub use effect::{AlertId, AlertKind, AlertRow, AlertState, Effect, PatientId, PrintJobId, PrintJobRow, PrintJobState};
pub use error::{ChangeError, OpenError, ReadError, Refusal, ScanError};
pub use reader::Reader;
pub use work::Work;
