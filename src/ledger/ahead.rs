//! Judging ahead: while a page of scans is being written and synced, the next scans are judged.
//!
//! What is on a page and not yet committed is *in flight*. A scan is judged from the committed rows, read on a connection
//! of its own, and from what the writer remembers (the chain's head, sessions, places, people, kiosks). That is only
//! right if nothing in flight changes a row that it reads. So a scan waits for the page
//!
//! - on which something has its id;
//! - on which a chart of a patient is looked at of whom it looks at a chart too: volumes, alerts and history are rows of
//!   charts and of nobody else.
//!
//! Scans of other lanes go on meanwhile; those of its own lane come after it. A scan that does anything but move a chart,
//! confirm its label or open and close its alerts waits until nothing is in flight: a print job can be about charts of
//! many patients. So does what is no scan. What a page in flight changed of the sessions is in memory already.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use uuid::Uuid;

use super::error::StoreError;
use super::jobs::{Batch, Job, Ran};
use super::line::Line;
use super::store::Store;
use super::{Effect, PatientId};

/// The most jobs that wait for a page. More of one patient's are done directly: one after the other they would need a
/// COMMIT each.
pub(super) const WAITING_MAX: usize = 32;

/// How it went to judge a job ahead.
pub(super) enum Judgement {
    /// It is judged and can be written.
    Made,
    /// It waits until this page is committed.
    After(u64),
    /// It is done in a transaction of the writer's own, when nothing is in flight.
    Directly,
}

/// Judges a job from committed rows and from memory. Unless it is made, nothing is left of it.
pub(super) fn judge(store: &mut Store, job: &mut dyn Job) -> Judgement {
    if job.lane().is_none() {
        return Judgement::Directly;
    }
    let next = store.next;
    let ran = catch_unwind(AssertUnwindSafe(|| job.run(store)));
    let in_flight_on = store.ahead.as_mut().and_then(|ahead| ahead.in_flight_on.take());
    if matches!(ran, Ok(Ran::Keep)) && in_flight_on.is_none() {
        return Judgement::Made;
    }
    store.next = next;
    store.published.clear();
    let Some(ahead) = &mut store.ahead else { return Judgement::Directly };
    // Whatever it had changed of what is remembered.
    if ahead.drop_scan() || ran.is_err() {
        store.forget_rows();
    }
    in_flight_on.map_or(Judgement::Directly, Judgement::After)
}

/// Jobs that cannot be judged before a page is committed, in the order in which they came.
#[derive(Default)]
pub(super) struct Waiting {
    pub jobs: Batch,
    /// The first page that one of them waits for.
    pub page: u64,
}

impl Waiting {
    /// Does a job of this one's lane wait, which came before it?
    pub fn holds_up(&self, job: &dyn Job) -> bool {
        job.lane().is_some_and(|lane| self.jobs.iter().any(|waiting| waiting.lane() == Some(lane)))
    }

    /// This one waits for this page.
    pub fn push(&mut self, job: Box<dyn Job>, page: u64) {
        self.page = if self.jobs.is_empty() { page } else { self.page.min(page) };
        self.jobs.push(job);
    }
}

/// What is in flight, and the scan in hand.
#[derive(Default)]
pub(super) struct Ahead {
    /// The pages that these are on.
    patients: HashMap<PatientId, u64>,
    ids: HashMap<Uuid, u64>,
    /// The patients of the charts that the scan in hand looked at.
    looked_at: Vec<PatientId>,
    /// What it came to, not written yet.
    line: Option<Line>,
    /// The page with that which it has to wait for.
    in_flight_on: Option<u64>,
}

impl Ahead {
    /// Forgets what was on pages up to this one: they are committed.
    pub fn committed(&mut self, page: u64) {
        self.patients.retain(|_, on| *on > page);
        self.ids.retain(|_, on| *on > page);
    }

    /// Is an entry of this id in flight?
    pub fn check_id(&mut self, id: Uuid) -> Result<(), StoreError> {
        self.ids.get(&id).copied().map_or(Ok(()), |page| self.wait_for(page))
    }

    /// The scan in hand looks at a chart of this patient.
    pub fn look_at(&mut self, patient: PatientId) -> Result<(), StoreError> {
        self.patients.get(&patient).copied().map_or(Ok(()), |page| self.wait_for(page))?;
        self.looked_at.push(patient);
        Ok(())
    }

    fn wait_for(&mut self, page: u64) -> Result<(), StoreError> {
        self.in_flight_on = Some(page);
        Err(StoreError::InFlight)
    }

    /// May what these effects do stand on a page beside others?
    pub fn check_effects(effects: &[Effect]) -> Result<(), StoreError> {
        let of_its_charts = |effect: &Effect| match effect {
            Effect::Acted { .. } | Effect::LabelIssueSet { .. } => true,
            Effect::AlertSet(alert) => alert.chart.is_some(),
            _ => false,
        };
        if effects.iter().all(of_its_charts) { Ok(()) } else { Err(StoreError::InFlight) }
    }

    /// Keeps what the scan in hand came to, to be written later.
    pub fn keep(&mut self, line: Line) {
        self.line = Some(line);
    }

    /// Takes what the scan in hand came to.
    pub fn take(&mut self) -> Option<Line> {
        self.line.take()
    }

    /// The scan in hand, of this id, is on this page.
    pub fn landed(&mut self, id: Option<Uuid>, page: u64) {
        self.patients.extend(self.looked_at.drain(..).map(|patient| (patient, page)));
        self.ids.extend(id.map(|id| (id, page)));
    }

    /// The scan in hand is not judged ahead; says whether something was kept of it.
    pub fn drop_scan(&mut self) -> bool {
        self.looked_at.clear();
        self.line.take().is_some()
    }
}
