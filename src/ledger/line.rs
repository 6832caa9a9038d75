//! An entry on its way into the tables: made and hashed first, written afterwards, perhaps by another thread.

use jiff::Timestamp;
use rusqlite::Connection;
use uuid::Uuid;

use super::Effect;
use super::api::Published;
use super::chain::{BODY_VERSION, Entry};
use super::error::StoreError;
use super::projection::{Projector, Stamp};
use super::store::Next;
use crate::barcode::ChartNumber;
use crate::custody::OrderKey;

/// An entry to append.
pub(super) struct Draft<'a> {
    pub id: Uuid,
    pub kind: String,
    pub kiosk: Option<&'a str>,
    pub lane: Option<&'a str>,
    pub device: Option<&'a str>,
    pub actor: String,
    pub observed_at: Option<Timestamp>,
    pub effective_at: Timestamp,
    pub recorded_at: Timestamp,
    pub queue_seq: u64,
    pub named: Option<ChartNumber>,
    pub body: String,
    pub effects: Vec<Effect>,
    /// The text of a scan that was not recognised: kept for a short time, outside the chain.
    pub raw: Option<String>,
}

/// An entry with its hash, and what it does to the projections.
pub(super) struct Line {
    pub entry: Entry,
    pub effects: Vec<Effect>,
    stamp: Stamp,
    raw: Option<String>,
}

impl Line {
    /// The draft as the chain's next entry.
    pub fn new(draft: Draft<'_>, next: &Next) -> Line {
        let seq = next.seq;
        let mut entry = Entry {
            seq,
            id: draft.id.to_string(),
            kind: draft.kind,
            kiosk: draft.kiosk.map(str::to_owned),
            device: draft.device.map(str::to_owned),
            actor: draft.actor,
            observed_at: draft.observed_at.map(Timestamp::as_microsecond),
            effective_at: draft.effective_at.as_microsecond(),
            recorded_at: draft.recorded_at.as_microsecond(),
            version: BODY_VERSION,
            body: draft.body,
            prev_hash: next.prev_hash,
            hash: [0; 32],
        };
        entry.hash = entry.content_hash();
        let key = OrderKey {
            effective_at: draft.effective_at,
            kiosk: draft.kiosk.unwrap_or_default().into(),
            queue_seq: draft.queue_seq,
            seq,
        };
        Line { entry, effects: draft.effects, stamp: Stamp { key, named: draft.named }, raw: draft.raw }
    }

    /// Appends the entry and folds its effects, inside the caller's transaction.
    pub fn write(&self, conn: &Connection, projector: &Projector) -> Result<(), StoreError> {
        self.entry.insert(conn)?;
        projector.apply(conn, &self.stamp, &self.effects)?;
        if let Some(raw) = &self.raw {
            let sql = "INSERT INTO main.raw_scans (seq, data, recorded_at) VALUES (?, ?, ?)";
            conn.prepare_cached(sql)?.execute(rusqlite::params![self.entry.seq, raw, self.entry.recorded_at])?;
        }
        Ok(())
    }

    /// What is announced of it once it is committed.
    pub fn announcement(&self, lane: Option<&str>, at: Timestamp) -> Published {
        let mut announced = Published {
            seq: self.entry.seq,
            kind: self.entry.kind.clone(),
            at,
            kiosk: self.entry.kiosk.clone(),
            lane: lane.map(str::to_owned),
            device: self.entry.device.clone(),
            actor: self.entry.actor.clone(),
            chart: self.stamp.named,
            places: Vec::new(),
            alert: None,
            print_job: None,
            receipt: None,
            restricted: false,
        };
        self.effects.iter().for_each(|effect| tell(&mut announced, effect));
        announced.places.sort_unstable();
        announced.places.dedup();
        announced
    }
}

fn tell(announced: &mut Published, effect: &Effect) {
    match effect {
        Effect::ChartSet { chart, .. } | Effect::LabelIssueSet { chart, .. } => {
            announced.chart = announced.chart.or(Some(*chart));
        }
        Effect::Acted { chart, custody, .. } => {
            announced.chart = announced.chart.or(Some(*chart));
            let before = custody.undo.as_ref().map(|undo| undo.before.place.clone());
            announced.places.extend(before.into_iter().chain([custody.place.clone()]));
        }
        Effect::AlertSet(alert) => {
            announced.chart = announced.chart.or(alert.chart);
            announced.alert = Some(alert.clone());
        }
        Effect::PrintJobSet(job) => {
            announced.chart = announced.chart.or_else(|| job.subject.charts().first().copied());
            announced.print_job = Some(job.clone());
        }
        Effect::RowSet { .. }
        | Effect::PrintBatchSet(_)
        | Effect::PrintBatchCharts { .. }
        | Effect::PrinterStockSet(_)
        | Effect::ImportRunSet(_)
        | Effect::ImportRunCharts { .. } => {}
    }
}
