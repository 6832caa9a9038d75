//! The sweep: what has become due since the last one.

use serde_json::json;

use super::super::equipment::{EQUIPMENT_COLUMNS, equipment_row};
use super::super::error::ChangeError;
use super::super::rows::{self, ALERT_COLUMNS};
use super::super::work::Work;
use super::super::{AlertId, AlertKind, AlertRow, Effect};
use super::Change;
use super::alerts::opened;
use super::equipment::today;
use crate::alerts;
use crate::barcode::ChartNumber;
use crate::custody::Custody;
use crate::equipment::Equipment;

/// Opens an alert for each loan newly overdue and each service of equipment newly due, and brings back snoozed alerts
/// whose time is over. Does at most [`Sweep::CHUNK`] of each; call it again while [`Swept::more`].
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
    /// Services of equipment found due.
    pub services: usize,
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
        let due = services_due(work)?;
        let services = due.len();
        effects.extend(due.into_iter().map(Effect::AlertSet));
        let woken = snoozed_out(work)?;
        let more = [overdue, services, woken.len()].contains(&Self::CHUNK);
        let swept = Swept { overdue, services, woken: woken.len(), more };
        effects.extend(woken.into_iter().map(|alert| Effect::AlertSet(alert.woken())));
        if !effects.is_empty() {
            let change = json!({ "overdue": swept.overdue, "services": swept.services, "woken": swept.woken });
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

/// An alert for each service that fell due. Looks at the equipment that is due, not at all of it.
fn services_due(work: &mut Work<'_>) -> Result<Vec<AlertRow>, ChangeError> {
    let sql = format!(
        "SELECT {EQUIPMENT_COLUMNS} FROM main.equipment WHERE next_service <= ?1 AND NOT EXISTS (SELECT 1 \
         FROM main.alerts WHERE kind = 'service' AND about = equipment.id AND (state <> 'resolved' OR \
         (resolution = 'by_hand' AND subject = 'equipment ' || equipment.id || ': service due ' || next_service))) ORDER BY next_service LIMIT ?2"
    );
    let today = today(work);
    let due: Vec<Equipment> = {
        let mut select = work.conn().prepare_cached(&sql)?;
        let found = select.query_map(rusqlite::params![today.to_string(), Sweep::CHUNK], equipment_row)?;
        found.map(|row| row.map(|(equipment, _)| equipment)).collect::<rusqlite::Result<_>>()?
    };
    let zone = work.store.fixed.zone.clone();
    let alert = |equipment: Equipment| {
        let subject = alerts::service_due(&equipment, today)?;
        let since = equipment.next_service().and_then(|due| due.to_zoned(zone.clone()).ok());
        let alert = opened(work, AlertKind::Service, subject, equipment.described.place);
        let about = Some(u64::from(equipment.id.0));
        Some(AlertRow { about, due_at: since.map(|since| since.timestamp()), ..alert })
    };
    Ok(due.into_iter().filter_map(alert).collect())
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
