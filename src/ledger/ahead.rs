//! Judging ahead: while a page of scans is being written and synced, the next scans are judged.
//!
//! What is on a page and not yet committed is *in flight*. A scan is judged from the committed rows, read on a connection
//! of its own, and from what the writer remembers (the chain's head, sessions, places, people, kiosks). That is only
//! right if nothing in flight changes a row that it reads. So a scan waits until nothing is in flight
//!
//! - if something in flight has its id;
//! - if it looks at a chart of a patient of whom a chart in flight was looked at: volumes, alerts and history are rows of
//!   charts and of nobody else;
//! - if it does anything but move a chart, confirm its label or open and close its alerts: a print job can be about
//!   charts of many patients.
//!
//! What is no scan always waits. What a page in flight changed of the sessions is in memory already.

use std::collections::HashMap;

use uuid::Uuid;

use super::error::StoreError;
use super::line::Line;
use super::{Effect, PatientId};

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
}

impl Ahead {
    /// Forgets what was on pages up to this one: they are committed.
    pub fn committed(&mut self, page: u64) {
        self.patients.retain(|_, on| *on > page);
        self.ids.retain(|_, on| *on > page);
    }

    /// Is an entry of this id in flight?
    pub fn check_id(&self, id: Uuid) -> Result<(), StoreError> {
        if self.ids.contains_key(&id) { Err(StoreError::InFlight) } else { Ok(()) }
    }

    /// The scan in hand looks at a chart of this patient.
    pub fn look_at(&mut self, patient: PatientId) -> Result<(), StoreError> {
        if self.patients.contains_key(&patient) {
            return Err(StoreError::InFlight);
        }
        self.looked_at.push(patient);
        Ok(())
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
