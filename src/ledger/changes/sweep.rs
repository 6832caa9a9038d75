//! The sweep: what has become due since the last one.

use serde_json::json;

use super::super::error::ChangeError;
use super::super::rows::{self, ALERT_COLUMNS};
use super::super::work::Work;
use super::super::{AlertId, AlertRow, Effect};
use super::Change;
use crate::alerts;
use crate::barcode::ChartNumber;
use crate::custody::Custody;

/// Opens an alert for each loan newly overdue, and brings back snoozed alerts whose time is over. Does at most
/// [`Sweep::CHUNK`] of them; call it again while [`Swept::more`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Sweep;

impl Sweep {
    /// The most alerts one sweep opens or brings back.
    pub const CHUNK: usize = 100;
}

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Loans found overdue.
    pub overdue: usize,
    /// Snoozed alerts that are back.
    pub woken: usize,
    /// There may be more: sweep again at once.
    pub more: bool,
}

impl Change for Sweep {
    type Made = Swept;
    const BACKGROUND: bool = true;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let mut effects = Vec::new();
        for (chart, custody) in newly_due(work)? {
            let Some(new) = alerts::overdue(chart, &custody, work.now()) else { continue };
            let id = AlertId(work.store.next.alert);
            work.store.next.alert += 1;
            effects.push(Effect::AlertSet(new.row(id, work.now())));
        }
        let overdue = effects.len();
        let woken = snoozed_out(work)?;
        let swept = Swept { overdue, woken: woken.len(), more: overdue == Self::CHUNK || woken.len() == Self::CHUNK };
        effects.extend(woken.into_iter().map(|alert| Effect::AlertSet(alert.woken())));
        if !effects.is_empty() {
            let change = json!({ "overdue": swept.overdue, "woken": swept.woken });
            work.record("overdue_swept", change, effects)?;
        }
        Ok(swept)
    }
}

/// Charts whose loan fell due and has no alert yet, through an index that holds no others.
fn newly_due(work: &Work<'_>) -> Result<Vec<(ChartNumber, Custody)>, ChangeError> {
    let sql = "SELECT number, custody FROM main.charts \
               WHERE due_at IS NOT NULL AND overdue_alert IS NULL AND retired = 0 AND due_at <= ? \
               ORDER BY due_at LIMIT ?";
    let mut select = work.conn().prepare_cached(sql)?;
    let due = select.query_map(rusqlite::params![work.now().as_microsecond(), Sweep::CHUNK], |row| {
        Ok((ChartNumber(row.get(0)?), rows::json(row, 1)?))
    })?;
    Ok(due.collect::<rusqlite::Result<_>>()?)
}

/// Snoozed alerts whose time is over.
fn snoozed_out(work: &Work<'_>) -> Result<Vec<AlertRow>, ChangeError> {
    let sql = format!(
        "SELECT {ALERT_COLUMNS} FROM main.alerts WHERE state = 'snoozed' AND snoozed_until <= ? \
         ORDER BY snoozed_until LIMIT ?"
    );
    let mut select = work.conn().prepare_cached(&sql)?;
    let alerts = select.query_map(rusqlite::params![work.now().as_microsecond(), Sweep::CHUNK], rows::alert)?;
    Ok(alerts.collect::<rusqlite::Result<_>>()?)
}
