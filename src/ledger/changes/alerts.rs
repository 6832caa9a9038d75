//! Alerts: what people do with them, and those that devices, printers and subsystems open.

use jiff::Timestamp;
use rusqlite::OptionalExtension;
use serde_json::{Value, json};

use super::super::error::ChangeError;
use super::super::rows::{self, ALERT_COLUMNS};
use super::super::work::Work;
use super::super::{AlertId, AlertKind, AlertRow, AlertState, Effect};
use super::Change;
use crate::alerts::BY_HAND;
use crate::barcode::PlaceCode;

/// What is done with an alert.
#[derive(Debug, Clone)]
pub enum AlertStep {
    /// Someone looks after it from now on.
    Assign {
        /// The console user.
        user: String,
    },
    /// A note; its text stays beside the chain.
    Note {
        /// The text.
        text: String,
    },
    /// Hidden until then.
    Snooze {
        /// Until when.
        until: Timestamp,
    },
    /// Done with; not of a missing chart, whose alert ends with its case.
    Resolve {
        /// Why.
        reason: String,
    },
    /// Seen.
    Acknowledge,
}

/// A step in an alert's life.
#[derive(Debug, Clone)]
pub struct AlertAction {
    /// Which alert.
    pub id: AlertId,
    /// What is done.
    pub step: AlertStep,
}

impl Change for AlertAction {
    type Made = AlertRow;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let alert = by_id(work, self.id)?;
        if !alert.is_live() && !matches!(self.step, AlertStep::Note { .. }) {
            return Err(ChangeError::Conflict(format!("alert {} is resolved already", self.id.0)));
        }
        match self.step {
            AlertStep::Assign { user } => {
                may_own(work, &user)?;
                let state = if alert.state == AlertState::Open { AlertState::Acknowledged } else { alert.state };
                set(work, AlertRow { owner: Some(user), state, ..alert }, "alert_assigned")
            }
            AlertStep::Acknowledge => {
                let seen = AlertRow { state: AlertState::Acknowledged, snoozed_until: None, ..alert };
                set(work, seen, "alert_acknowledged")
            }
            AlertStep::Note { text } => note(work, alert, &text),
            AlertStep::Snooze { until } => {
                let now = work.now();
                if until <= now || until.duration_since(now).as_hours() > SNOOZE_MAX_HOURS {
                    let text = "choose a time from now up to 90 days ahead";
                    return Err(ChangeError::refused("refuse_when_snooze_is_out_of_range", Some("until"), text));
                }
                set(work, AlertRow { state: AlertState::Snoozed, snoozed_until: Some(until), ..alert }, "alert_snoozed")
            }
            AlertStep::Resolve { .. } if alert.kind == AlertKind::Missing => {
                // Without its alert the case would be open on nobody's list.
                let text = "a missing chart's alert ends with its case: scan the chart, say on its page that it is found, \
                            or retire it where it is given up";
                Err(ChangeError::refused("refuse_when_chart_is_missing", None, text))
            }
            AlertStep::Resolve { reason } => {
                // The reason is free text, which may name a patient: it stays beside the chain with the notes.
                if !reason.trim().is_empty() {
                    keep_note(work, alert.id, reason.trim())?;
                }
                let now = work.now();
                let by = work.actor();
                set(work, alert.resolved(now, BY_HAND, &by), "alert_resolved")
            }
        }
    }
}

/// Opens a device, printer or system alert; where one for the same kind and subject is open, that one is the answer.
#[derive(Debug, Clone)]
pub struct OpenAlert {
    /// What it is about.
    pub kind: AlertKind,
    /// The device, printer or subsystem, and what is wrong in a word. No patient data.
    pub subject: String,
    /// The place it concerns.
    pub place: Option<PlaceCode>,
}

impl Change for OpenAlert {
    type Made = AlertRow;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        if let Some(live) = by_subject(work, self.kind, &self.subject)? {
            return Ok(live);
        }
        let alert = opened(work, self.kind, self.subject, self.place);
        set(work, alert, "alert_opened")
    }
}

/// A new alert about a device, a printer or the system itself; it is not set yet.
pub(super) fn opened(work: &mut Work<'_>, kind: AlertKind, subject: String, place: Option<PlaceCode>) -> AlertRow {
    let id = AlertId(work.store.next.alert);
    work.store.next.alert += 1;
    AlertRow {
        id,
        kind,
        state: AlertState::Open,
        chart: None,
        place,
        about: None,
        subject: Some(subject),
        opened_at: work.now(),
        due_at: None,
        owner: None,
        snoozed_until: None,
        resolved_at: None,
        resolution: None,
        resolved_by: None,
        resolved_place: None,
    }
}

/// Resolves the open alert of this kind and subject; `None` when there is none.
#[derive(Debug, Clone)]
pub struct CloseAlert {
    /// What it is about.
    pub kind: AlertKind,
    /// The same subject it was opened with.
    pub subject: String,
    /// Why, for example `recovered`.
    pub resolution: String,
}

impl Change for CloseAlert {
    type Made = Option<AlertRow>;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let Some(live) = by_subject(work, self.kind, &self.subject)? else { return Ok(None) };
        let (now, by) = (work.now(), work.actor());
        set(work, live.resolved(now, &self.resolution, &by), "alert_resolved").map(Some)
    }
}

/// The kind of entries that have a note.
pub(in crate::ledger) const NOTED: &str = "alert_noted";

/// The longest snooze, in hours.
const SNOOZE_MAX_HOURS: i64 = 90 * 24;

/// The longest note, in characters.
const NOTE_MAX_CHARS: usize = 2_000;

fn by_id(work: &Work<'_>, id: AlertId) -> Result<AlertRow, ChangeError> {
    let sql = format!("SELECT {ALERT_COLUMNS} FROM main.alerts WHERE id = ?");
    let found = work.conn().prepare_cached(&sql)?.query_row([id.0], rows::alert).optional()?;
    found.ok_or_else(|| ChangeError::NotFound(format!("there is no alert {}", id.0)))
}

fn by_subject(work: &Work<'_>, kind: AlertKind, subject: &str) -> Result<Option<AlertRow>, ChangeError> {
    let sql = format!(
        "SELECT {ALERT_COLUMNS} FROM main.alerts WHERE kind = ? AND subject = ? AND chart IS NULL \
         AND state <> 'resolved' ORDER BY id LIMIT 1"
    );
    let kind = rows::word(&kind)?;
    Ok(work.conn().prepare_cached(&sql)?.query_row([kind.as_str(), subject], rows::alert).optional()?)
}

fn set(work: &mut Work<'_>, alert: AlertRow, kind: &str) -> Result<AlertRow, ChangeError> {
    work.record(kind, json!({ "alert": alert.id }), vec![Effect::AlertSet(alert.clone())])?;
    Ok(alert)
}

/// Only an account that can sign in can look after an alert.
fn may_own(work: &Work<'_>, user: &str) -> Result<(), ChangeError> {
    let mut select = work.conn().prepare_cached("SELECT 1 FROM main.users WHERE name = ? AND active = 1")?;
    if select.exists([user])? {
        return Ok(());
    }
    let text = format!("there is no console account {user:?} that can sign in");
    Err(ChangeError::refused("refuse_when_user_is_unknown", Some("user"), text))
}

/// A note moves nothing: the entry has its keyed hash, and names the alert in the state it is in.
fn note(work: &mut Work<'_>, alert: AlertRow, text: &str) -> Result<AlertRow, ChangeError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > NOTE_MAX_CHARS {
        let why = format!("write 1 to {NOTE_MAX_CHARS} characters");
        return Err(ChangeError::refused("refuse_when_note_is_empty_or_too_long", Some("text"), why));
    }
    keep_note(work, alert.id, text)?;
    Ok(alert)
}

fn keep_note(work: &mut Work<'_>, alert: AlertId, text: &str) -> Result<(), ChangeError> {
    let change: Value = json!({ "alert": alert, "text_hmac": work.text_hmac(text)? });
    let seq = work.record(NOTED, change, Vec::new())?;
    let sql = "INSERT INTO main.alert_notes (seq, alert, author, at, text) VALUES (?, ?, ?, ?, ?)";
    let row = rusqlite::params![seq, alert.0, work.actor(), work.now().as_microsecond(), text];
    work.conn().prepare_cached(sql)?.execute(row)?;
    Ok(())
}
