//! What a change works with: the writer's connection inside a savepoint, the next entry, the effects' application.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use rusqlite::Connection;
use serde::Serialize;
use sha2::Sha256;
use uuid::Uuid;

use super::Effect;
use super::error::ChangeError;

/// One change in the making. Nothing of it stays if `Change::make` returns an error.
pub struct Work<'a> {
    conn: &'a Connection,
    row_key: &'a [u8; 32],
    actor: String,
    now: Timestamp,
}

impl Work<'_> {
    /// The writer's connection, inside the change's savepoint. Use `prepare_cached`.
    pub(in crate::ledger) fn conn(&self) -> &Connection {
        self.conn
    }

    /// When this is recorded.
    pub(in crate::ledger) fn now(&self) -> Timestamp {
        self.now
    }

    /// Who makes the change, as an entry's `actor`.
    pub(in crate::ledger) fn actor(&self) -> &str {
        &self.actor
    }

    /// A new id.
    pub(in crate::ledger) fn uuid(&self) -> Uuid {
        todo!()
    }

    /// The number the next entry will have.
    pub(in crate::ledger) fn next_seq(&self) -> u64 {
        todo!()
    }

    /// Appends an entry of this `kind` with `change` (no patient data) and `effects` in its body, and applies the
    /// effects to the projections. Answers with its number.
    pub(in crate::ledger) fn record(
        &mut self,
        kind: &str,
        change: serde_json::Value,
        effects: Vec<Effect>,
    ) -> Result<u64, ChangeError> {
        let _ = (kind, change, effects);
        todo!()
    }

    /// HMAC-SHA256 of a row in canonical JSON, hex: what an entry keeps of rows that may be corrected or erased.
    pub(in crate::ledger) fn row_hmac(&self, row: &impl Serialize) -> Result<String, ChangeError> {
        let text = serde_json::to_vec(row)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(self.row_key)
            .map_err(|error| ChangeError::NotRecorded(error.to_string()))?;
        mac.update(&text);
        Ok(hex::encode(mac.finalize().into_bytes()))
    }
}
