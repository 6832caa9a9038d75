//! What a change works with: the writer's connection inside its transaction, the next entry, the effects' application.

use std::time::Instant;

use jiff::Timestamp;
use rusqlite::Connection;
use serde::Serialize;
use uuid::Uuid;

use super::Effect;
use super::api::Actor;
use super::changes::versioned;
use super::error::{ChangeError, StoreError};
use super::line::Draft;
use super::store::{Store, canonical};

/// The versioned tables whose rows the writer remembers for scans.
const REMEMBERED: [&str; 4] = ["places", "staff", "record_types", "kiosks"];

/// One change in the making. Nothing of it stays if `Change::make` returns an error.
pub struct Work<'a> {
    pub(in crate::ledger) store: &'a mut Store,
    actor: &'a Actor,
    now: Timestamp,
    recorded: Option<Uuid>,
    ends: Option<Instant>,
}

#[derive(Serialize)]
struct ChangeBody<'a> {
    change: &'a serde_json::Value,
    effects: &'a [Effect],
}

impl<'a> Work<'a> {
    /// Work by `actor` on the writer's state.
    pub(in crate::ledger) fn new(store: &'a mut Store, actor: &'a Actor) -> Self {
        let now = store.fixed.clock.now();
        Work { store, actor, now, recorded: None, ends: None }
    }

    /// Asks a change of many rows to leave the writer to others at `time`: it does at least one of its rows, and says how
    /// many it did.
    pub fn end_at(&mut self, time: Instant) {
        self.ends = Some(time);
    }

    /// Is it time to leave the writer to others?
    pub(in crate::ledger) fn is_time_to_end(&self) -> bool {
        self.ends.is_some_and(|time| Instant::now() >= time)
    }

    /// The writer's connection, inside its transaction. Use `prepare_cached`.
    pub(in crate::ledger) fn conn(&self) -> &Connection {
        &self.store.conn
    }

    /// When this is recorded.
    pub(in crate::ledger) fn now(&self) -> Timestamp {
        self.now
    }

    /// Who makes the change, as an entry's `actor`.
    pub(in crate::ledger) fn actor(&self) -> String {
        self.actor.to_string()
    }

    /// A new id.
    pub(in crate::ledger) fn uuid(&self) -> Uuid {
        self.store.fixed.ids.uuid()
    }

    /// The number the next entry will have.
    pub(in crate::ledger) fn next_seq(&self) -> u64 {
        self.store.next.seq
    }

    /// The first entry that this work recorded.
    pub(in crate::ledger) fn recorded(&self) -> Option<Uuid> {
        self.recorded
    }

    /// Appends an entry of this `kind` with `change` (no patient data) and `effects` in its body, and applies the
    /// effects to the projections. Answers with its number.
    pub(in crate::ledger) fn record(
        &mut self,
        kind: &str,
        change: serde_json::Value,
        effects: Vec<Effect>,
    ) -> Result<u64, ChangeError> {
        self.record_as(self.uuid(), kind, change, effects)
    }

    /// The same under an id that the caller brings, so that asking twice is harmless. Look it up first.
    pub(in crate::ledger) fn record_as(
        &mut self,
        id: Uuid,
        kind: &str,
        change: serde_json::Value,
        effects: Vec<Effect>,
    ) -> Result<u64, ChangeError> {
        let body = serde_json::to_string(&ChangeBody { change: &change, effects: &effects })?;
        let sets = |tables: &[&str]| {
            let set =
                |effect: &Effect| matches!(effect, Effect::RowSet { table, .. } if tables.contains(&table.as_str()));
            effects.iter().any(set)
        };
        let (remembered, patients) = (sets(&REMEMBERED), sets(&["patients"]));
        let seq = self.store.append(Draft {
            id,
            kind: kind.to_owned(),
            kiosk: None,
            lane: None,
            device: None,
            actor: self.actor.to_string(),
            observed_at: None,
            effective_at: self.now,
            recorded_at: self.now,
            queue_seq: 0,
            named: None,
            body,
            effects,
            raw: None,
        })?;
        self.recorded.get_or_insert(id);
        if remembered {
            self.store.forget_rows();
        }
        if patients {
            versioned::merge_names(self)?;
        }
        Ok(seq)
    }

    /// HMAC-SHA256 of a row in canonical JSON, hex: what an entry keeps of rows that may be corrected or erased.
    pub(in crate::ledger) fn row_hmac(&self, row: &impl Serialize) -> Result<String, StoreError> {
        self.store.keyed_hash(&canonical(row)?)
    }

    /// HMAC-SHA256 of a text, hex.
    pub(in crate::ledger) fn text_hmac(&self, text: &str) -> Result<String, StoreError> {
        self.store.keyed_hash(text.as_bytes())
    }
}
