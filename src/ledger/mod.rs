//! The one writer, schema, hash chain, projections, queries, verify, rebuild and backup. The only room with SQL.

mod effect;

pub use effect::{AlertId, AlertKind, AlertRow, AlertState, Effect, PatientId, PrintJobId, PrintJobRow, PrintJobState};
