//! Answers, after COMMIT: receipts are worded, callers hear, entries are announced. On a thread of its own, so that the
//! writer is at the next batch meanwhile.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::api::Published;
use super::jobs::{Fate, Job};
use super::names::StoredNames;
use super::schema::{self, DB_FILE};
use super::shared::Shared;
use super::store::Fixed;
use crate::barcode::{BadgeNumber, ChartNumber, PlaceCode};
use crate::custody::wording::{self, ChartIdentity, EntryFacts, Manner, Names, PlaceNamed, StaffNamed};
use crate::custody::{Language, Outcome, Receipt};

/// The most batches that wait to be answered; a writer that is further ahead waits.
const BATCHES_WAITING_MAX: usize = 4;

/// The most names of one kind that are remembered; beyond it they are forgotten.
const NAMES_MAX: usize = 20_000;

/// A batch whose fate is known.
pub(super) struct Settled {
    /// Its jobs, each with how it ended.
    pub jobs: Vec<(Box<dyn Job>, Fate)>,
    /// Its entries.
    pub published: Vec<Published>,
}

/// The way to the thread. Dropping it ends the thread once everybody has heard, and waits for that.
pub(super) struct Answers {
    settled: Option<SyncSender<Settled>>,
    thread: Option<JoinHandle<()>>,
}

impl Answers {
    /// Starts the thread.
    pub fn start(fixed: Arc<Fixed>, shared: Arc<Shared>) -> std::io::Result<Answers> {
        let (settled, batches) = sync_channel(BATCHES_WAITING_MAX);
        let thread = std::thread::Builder::new()
            .name("ledger-answers".to_owned())
            .spawn(move || run(&batches, Desk::new(fixed), &shared))?;
        Ok(Answers { settled: Some(settled), thread: Some(thread) })
    }

    /// Everybody of this batch shall hear.
    pub fn give(&self, batch: Settled) {
        let left = self.settled.as_ref().map(|settled| settled.send(batch));
        if left.is_none_or(|sent| sent.is_err()) {
            tracing::error!("the thread that answers has ended; who waits can ask again by the scan's id");
        }
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        self.settled = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that answers had panicked");
        }
    }
}

fn run(batches: &Receiver<Settled>, mut desk: Desk, shared: &Shared) {
    while let Ok(batch) = batches.recv() {
        // What is no scan may have changed what places and people are called; nor is it known what a failed batch kept.
        if batch.published.is_empty() || batch.published.iter().any(|entry| entry.kiosk.is_none()) {
            desk.forget();
        }
        desk.published = batch.published;
        for (job, fate) in batch.jobs {
            // One that cannot be worded must not keep the others from hearing.
            if catch_unwind(AssertUnwindSafe(|| job.finish(fate, &mut desk))).is_err() {
                tracing::error!("a job's answer could not be made");
            }
        }
        for entry in desk.published.drain(..) {
            // Nobody listening is no fault.
            let _ = shared.announce.send(Arc::new(entry));
        }
    }
}

/// A scan's receipt before it has words.
pub(super) struct Unworded {
    pub outcome: Outcome,
    pub entry: EntryFacts,
    /// The charts that were loaded for it; of others what they are called is read.
    pub charts: Vec<(ChartNumber, ChartIdentity)>,
    /// What its kiosk speaks now.
    pub language: Language,
}

/// Where answers are made: what things are called, and the entries about to be announced.
pub(super) struct Desk {
    fixed: Arc<Fixed>,
    /// Opened when a name is first asked for.
    conn: Option<Connection>,
    places: RefCell<HashMap<PlaceCode, PlaceNamed>>,
    staff: RefCell<HashMap<BadgeNumber, StaffNamed>>,
    published: Vec<Published>,
}

impl Desk {
    fn new(fixed: Arc<Fixed>) -> Desk {
        Desk { fixed, conn: None, places: RefCell::default(), staff: RefCell::default(), published: Vec::new() }
    }

    /// The receipt in words; the entry's announcement has it too.
    pub fn word(&mut self, unworded: &Unworded) -> Receipt {
        if self.conn.is_none() {
            let opened = schema::open_reader(&self.fixed.dir.join(DB_FILE));
            self.conn = opened.inspect_err(|error| tracing::error!(%error, "names cannot be read")).ok();
        }
        let names = DeskNames { desk: self, charts: &unworded.charts };
        let manner = Manner { language: unworded.language, zone: &self.fixed.zone };
        let receipt = wording::receipt(&unworded.outcome, &unworded.entry, &names, manner);
        let of_entry = self.published.binary_search_by_key(&receipt.seq, |entry| entry.seq);
        if let (false, Some(entry)) = (receipt.duplicate, of_entry.ok().and_then(|at| self.published.get_mut(at))) {
            entry.receipt = Some(receipt.clone());
        }
        receipt
    }

    fn forget(&mut self) {
        self.places.get_mut().clear();
        self.staff.get_mut().clear();
    }

    fn stored(&self) -> Option<StoredNames<'_>> {
        Some(StoredNames { conn: self.conn.as_ref()?, numbering: &self.fixed.numbering })
    }
}

/// The names for one receipt. What cannot be read is shown by its code, as what is not there.
struct DeskNames<'a> {
    desk: &'a Desk,
    charts: &'a [(ChartNumber, ChartIdentity)],
}

impl Names for DeskNames<'_> {
    fn place(&self, code: &PlaceCode) -> Option<PlaceNamed> {
        remembered(&self.desk.places, code, || self.desk.stored()?.place(code))
    }

    fn staff(&self, badge: &BadgeNumber) -> Option<StaffNamed> {
        remembered(&self.desk.staff, badge, || self.desk.stored()?.staff(badge))
    }

    fn chart(&self, number: ChartNumber) -> Option<ChartIdentity> {
        let loaded = self.charts.iter().find(|(loaded, _)| *loaded == number);
        loaded.map(|(_, identity)| identity.clone()).or_else(|| self.desk.stored()?.chart(number))
    }
}

/// What is not there, or could not be read this time, is not remembered.
fn remembered<K: Eq + Hash + Clone, V: Clone>(
    known: &RefCell<HashMap<K, V>>,
    key: &K,
    read: impl FnOnce() -> Option<V>,
) -> Option<V> {
    if let Some(named) = known.borrow().get(key) {
        return Some(named.clone());
    }
    let named = read()?;
    let mut known = known.borrow_mut();
    if known.len() >= NAMES_MAX {
        known.clear();
    }
    known.insert(key.clone(), named.clone());
    Some(named)
}
