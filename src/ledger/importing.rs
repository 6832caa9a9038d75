//! Runs of imports as the projections have them: which charts came together.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// An import run's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct ImportRunId(pub u64);

/// One run of an import of charts that added or changed any. An import that is run again is another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportRunRow {
    /// Its number.
    pub id: ImportRunId,
    /// The id that whoever imports gave it: its chunks have it in common.
    pub key: Uuid,
    /// The file's name. Free words, which may name a patient: entries leave it out and have its keyed hash.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// Charts that it brought.
    pub added: u32,
    /// Charts that were there and changed.
    pub changed: u32,
    /// Who imported, as an entry's actor.
    pub imported_by: String,
    /// When its first chunk was recorded.
    pub began_at: Timestamp,
    /// When its last one was.
    pub changed_at: Timestamp,
}
