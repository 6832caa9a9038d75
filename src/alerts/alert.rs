//! An alert and its life.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::barcode::{ChartNumber, PlaceCode};

/// An alert's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct AlertId(pub u64);

/// An alert's state in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the contract's words")]
pub enum AlertState {
    Open,
    Acknowledged,
    Snoozed,
    Resolved,
}

/// What an alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the contract's words")]
pub enum AlertKind {
    Overdue,
    Missing,
    Discrepancy,
    Device,
    Printer,
    Service,
    System,
}

/// An alert as projected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AlertRow {
    /// Its number.
    pub id: AlertId,
    /// What it is about.
    pub kind: AlertKind,
    /// Where in its life it is.
    pub state: AlertState,
    /// The chart it is about.
    pub chart: Option<ChartNumber>,
    /// The place it concerns (the holder of an overdue chart, where a missing one was last known).
    pub place: Option<PlaceCode>,
    /// The loan (entry) an overdue alert is about, the case (entry) a missing alert is about, the piece of equipment
    /// that a service alert is about.
    pub about: Option<u64>,
    /// A device, printer or subsystem it is about, or what else tells two stories apart. No patient data.
    pub subject: Option<String>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// For overdue: since when. Of a service: its day. Of a silent scanner: since when nothing was heard of it.
    pub due_at: Option<Timestamp>,
    /// The console user who looks after it.
    pub owner: Option<String>,
    /// Hidden until then, when snoozed.
    pub snoozed_until: Option<Timestamp>,
    /// When it was resolved.
    pub resolved_at: Option<Timestamp>,
    /// Why it was resolved: `returned`, `handed_on`, `renewed`, `found`, `undone`, `by_hand`, ….
    pub resolution: Option<String>,
    /// Who or what ended it: `staff:…`, `user:…`, `kiosk:…`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_by: Option<String>,
    /// Where the chart was when that ended it, where known: a missing one was found there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_place: Option<PlaceCode>,
}

impl AlertRow {
    /// Does it still want someone's attention, now or once its snooze is over?
    pub fn is_live(&self) -> bool {
        self.state != AlertState::Resolved
    }

    /// Has its snooze run out by `now`?
    pub fn wakes(&self, now: Timestamp) -> bool {
        self.state == AlertState::Snoozed && self.snoozed_until.is_none_or(|until| until <= now)
    }

    /// The alert after its snooze: back to where it stood, with its owner.
    #[must_use]
    pub fn woken(self) -> AlertRow {
        let state = if self.owner.is_some() { AlertState::Acknowledged } else { AlertState::Open };
        AlertRow { state, snoozed_until: None, ..self }
    }

    /// A resolved alert as it was before, with its owner and notes: what ended it has been taken back.
    #[must_use]
    pub fn reopened(self) -> AlertRow {
        AlertRow { resolved_at: None, resolution: None, resolved_by: None, resolved_place: None, ..self.woken() }
    }

    /// The alert resolved at `at`, for `resolution`, by this actor.
    #[must_use]
    pub fn resolved(self, at: Timestamp, resolution: &str, by: &str) -> AlertRow {
        AlertRow {
            state: AlertState::Resolved,
            snoozed_until: None,
            resolved_at: Some(at),
            resolution: Some(resolution.to_owned()),
            resolved_by: Some(by.to_owned()),
            ..self
        }
    }
}
