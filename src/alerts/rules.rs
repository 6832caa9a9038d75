//! The rules: overdue, missing, discrepancy.

use jiff::Timestamp;

use super::{AlertId, AlertKind, AlertRow, AlertState};
use crate::barcode::{ChartNumber, PlaceCode};
use crate::custody::{Act, Custody, OrderKey};

/// An alert to open; the ledger gives it its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAlert {
    /// What it is about.
    pub kind: AlertKind,
    /// The chart.
    pub chart: ChartNumber,
    /// The holder of an overdue chart, where a missing one was last known, where a doubtful one stands now.
    pub place: Option<PlaceCode>,
    /// The loan, the case or the late entry it is about.
    pub about: u64,
    /// For a discrepancy: the two stories.
    pub subject: Option<String>,
    /// For overdue: since when.
    pub due_at: Option<Timestamp>,
}

impl NewAlert {
    /// The row it becomes.
    pub fn row(self, id: AlertId, opened_at: Timestamp) -> AlertRow {
        AlertRow {
            id,
            kind: self.kind,
            state: AlertState::Open,
            chart: Some(self.chart),
            place: self.place,
            about: Some(self.about),
            subject: self.subject,
            opened_at,
            due_at: self.due_at,
            owner: None,
            snoozed_until: None,
            resolved_at: None,
            resolution: None,
            resolved_by: None,
            resolved_place: None,
        }
    }
}

/// What becomes of a chart's alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlertChange {
    /// One more.
    Open(NewAlert),
    /// The same loan or case, which a late act has given another beginning: the alert goes on, with its notes.
    Follow {
        /// Which.
        id: AlertId,
        /// The loan or the case.
        about: u64,
        /// Of a loan: since when it is overdue.
        due_at: Option<Timestamp>,
    },
    /// One less.
    Resolve {
        /// Which.
        id: AlertId,
        /// Why: `returned`, `handed_on`, `renewed`, `found`, `undone`.
        resolution: &'static str,
        /// Where the act that resolves it says that the chart is.
        place: Option<PlaceCode>,
    },
}

/// One act and what the fold made of it.
#[derive(Debug, Clone, Copy)]
pub struct ActSeen<'a> {
    /// The chart.
    pub chart: ChartNumber,
    /// Its custody before the act came in; `None` when it is new.
    pub before: Option<&'a Custody>,
    /// Its custody with the act in its place.
    pub after: &'a Custody,
    /// The act's place in the history.
    pub key: &'a OrderKey,
    /// The act.
    pub act: &'a Act,
}

/// The alert for a loan that is due at `now`; `None` while it is not. One for each loan: the ledger remembers which.
pub fn overdue(chart: ChartNumber, custody: &Custody, now: Timestamp) -> Option<NewAlert> {
    let due_at = custody.due_at.filter(|due| *due <= now)?;
    Some(NewAlert {
        kind: AlertKind::Overdue,
        chart,
        place: Some(custody.place.clone()),
        about: custody.loan?,
        subject: None,
        due_at: Some(due_at),
    })
}

/// Why an alert is resolved that a person closed.
pub const BY_HAND: &str = "by_hand";

/// What an act does to the chart's alerts; `live` are those not resolved. A sighting of an overdue chart at its holder
/// changes none: it says that the chart is there, not that it came back.
pub fn after_act(seen: &ActSeen<'_>, live: &[AlertRow]) -> Vec<AlertChange> {
    let live = || live.iter().filter(|alert| alert.is_live() && alert.chart == Some(seen.chart));
    let mut changes: Vec<AlertChange> = live().filter_map(|alert| closed(seen, alert)).collect();
    let covered = |new: &NewAlert| {
        live().any(|alert| covers(alert, new) || (alert.kind == new.kind && goes_on(seen, alert).is_some()))
    };
    let opened = [case_opened(seen), two_stories(seen)].into_iter().flatten();
    changes.extend(opened.filter(|new| !covered(new)).map(AlertChange::Open));
    changes
}

/// A case has one alert; a chart with an unexplained discrepancy needs no second one.
fn covers(alert: &AlertRow, new: &NewAlert) -> bool {
    alert.kind == new.kind && (new.kind == AlertKind::Discrepancy || alert.about == Some(new.about))
}

/// Ended alerts as they are once the act that ended them is taken back: open again. One that was closed by hand stays
/// closed, and the loan that is at hand again has it.
pub fn taken_back(seen: &ActSeen<'_>, ended: &[AlertRow]) -> Vec<AlertRow> {
    if !matches!(seen.act, Act::Undone { .. }) {
        return Vec::new();
    }
    let of_it = |alert: &&AlertRow| {
        matches!(alert.kind, AlertKind::Overdue | AlertKind::Missing)
            && stands(alert, seen.after)
            && !seen.before.is_some_and(|before| stands(alert, before))
    };
    let by_hand = |alert: &AlertRow| alert.resolution.as_deref() == Some(BY_HAND);
    let ended = ended.iter().filter(of_it).cloned();
    ended.map(|alert| if by_hand(&alert) { alert } else { alert.reopened() }).collect()
}

/// Is the loan or the case that a chart's alert is about still the one at hand?
pub fn stands(alert: &AlertRow, custody: &Custody) -> bool {
    match alert.kind {
        AlertKind::Overdue => custody.loan == alert.about,
        AlertKind::Missing => custody.missing.as_ref().map(|case| case.seq) == alert.about,
        _ => true,
    }
}

fn closed(seen: &ActSeen<'_>, alert: &AlertRow) -> Option<AlertChange> {
    if stands(alert, seen.after) {
        return None;
    }
    if let Some((about, due_at)) = goes_on(seen, alert) {
        return Some(AlertChange::Follow { id: alert.id, about, due_at });
    }
    let resolution = if alert.kind == AlertKind::Overdue { loan_ended(seen, alert) } else { case_ended(seen) };
    Some(AlertChange::Resolve { id: alert.id, resolution, place: said_place(seen.act).cloned() })
}

/// A late act came before the one that began the loan or case, and is its beginning now: the chart is with the same
/// holder, and late already, or as missing as before.
fn goes_on(seen: &ActSeen<'_>, alert: &AlertRow) -> Option<(u64, Option<Timestamp>)> {
    let (before, after) = (seen.before?, seen.after);
    if *seen.key >= before.last {
        return None;
    }
    match alert.kind {
        AlertKind::Missing => after.missing.as_ref().map(|case| (case.seq, None)),
        AlertKind::Overdue => {
            let same = before.place == after.place && before.holder == after.holder;
            let late = after.due_at.is_some_and(|due| alert.due_at.is_some_and(|was| due <= was));
            after.loan.filter(|_| same && late).map(|loan| (loan, after.due_at))
        }
        _ => None,
    }
}

/// Where an act says that the chart is: where it was in hand, else where it was said to be.
fn said_place(act: &Act) -> Option<&PlaceCode> {
    match act {
        Act::CheckedOut { to, seen_at, .. } => seen_at.as_ref().or(Some(to)),
        Act::Registered { place, .. } | Act::Received { place, .. } | Act::Sighted { place, .. } => Some(place),
        Act::ReportedMissing { seen: place } | Act::ReportedFound { place, .. } | Act::Undone { place, .. } => {
            place.as_ref()
        }
        Act::Renewed { .. } => None,
    }
}

fn loan_ended(seen: &ActSeen<'_>, alert: &AlertRow) -> &'static str {
    if matches!(seen.act, Act::Undone { .. }) {
        "undone"
    } else if seen.after.out_since.is_none() {
        "returned"
    } else if alert.place.as_ref() == Some(&seen.after.place) {
        "renewed"
    } else {
        "handed_on"
    }
}

fn case_ended(seen: &ActSeen<'_>) -> &'static str {
    if matches!(seen.act, Act::Undone { .. }) { "undone" } else { "found" }
}

fn case_opened(seen: &ActSeen<'_>) -> Option<NewAlert> {
    let case = seen.after.missing.as_ref()?;
    Some(NewAlert {
        kind: AlertKind::Missing,
        chart: seen.chart,
        place: Some(seen.after.place.clone()),
        about: case.seq,
        subject: None,
        due_at: None,
    })
}

/// A late act says that the chart went to one place; what is known from later says that it is in another.
fn two_stories(seen: &ActSeen<'_>) -> Option<NewAlert> {
    let said = match seen.act {
        Act::CheckedOut { to, .. } => to,
        Act::Received { place, .. } => place,
        _ => return None,
    };
    let stands = seen.after;
    if *seen.key >= stands.last || *said == stands.place {
        return None;
    }
    let source = |key: &OrderKey| if key.kiosk.is_empty() { "the console".to_owned() } else { key.kiosk.to_string() };
    let subject = format!(
        "to {said} at {} by {}, arrived late; at {} since {} by {}",
        seen.key.effective_at,
        source(seen.key),
        stands.place,
        stands.since,
        source(&stands.last),
    );
    Some(NewAlert {
        kind: AlertKind::Discrepancy,
        chart: seen.chart,
        place: Some(stands.place.clone()),
        about: seen.key.seq,
        subject: Some(subject),
        due_at: None,
    })
}
