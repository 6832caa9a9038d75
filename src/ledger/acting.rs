//! What an act does to a chart: the fold with it in, in its own place, and what follows for the chart's alerts.

use rusqlite::Connection;

use super::error::StoreError;
use super::rows::{self, ALERT_COLUMNS};
use super::store::Store;
use super::written::Written;
use super::{AlertId, AlertRow, Effect};
use crate::alerts::{ActSeen, AlertChange, after_act, taken_back};
use crate::barcode::ChartNumber;
use crate::custody::{Act, Custody, OrderKey, apply, fold};
use jiff::Timestamp;

/// Longest history of one chart that is folded again for a late act, in acts.
const HISTORY_MAX: usize = 100_000;

/// The most ended alerts of one chart that are looked at.
const ENDED_MAX: usize = 1_000;

/// Who acts, and when that is recorded.
pub(super) struct Acting<'a> {
    /// The entry's actor.
    pub by: &'a str,
    pub now: Timestamp,
}

/// The effects of `act`; `before` is the chart's custody as projected (`None` for a new chart).
pub(super) fn act_on(
    store: &mut Store,
    chart: ChartNumber,
    before: Option<&Custody>,
    key: &OrderKey,
    act: Act,
    acting: &Acting<'_>,
) -> Result<Vec<Effect>, StoreError> {
    let late = before.is_some_and(|custody| *key < custody.last);
    let after = if late { folded_with(&store.conn, chart, key, &act)? } else { apply(before, key, &act) };
    let after = after.ok_or_else(|| StoreError::Unreadable(format!("chart {chart} was never registered")))?;
    let mut live = if before.is_some() { live_alerts(&store.conn, chart)? } else { Vec::new() };
    let seen = ActSeen { chart, before, after: &after, key, act: &act };
    let ended = if matches!(act, Act::Undone { .. }) { alerts_ended(&store.conn, chart)? } else { Vec::new() };
    let back = taken_back(&seen, &ended);
    live.extend(back.iter().cloned());
    let changes = after_act(&seen, &live);
    let mut effects = vec![Effect::Acted { chart, key: key.clone(), act, custody: Written::new(after) }];
    effects.extend(back.into_iter().map(Effect::AlertSet));
    let known = |id| live.iter().find(|alert| alert.id == id).cloned();
    for change in changes {
        match change {
            AlertChange::Open(new) => {
                let id = AlertId(store.next.alert);
                store.next.alert += 1;
                effects.push(Effect::AlertSet(new.row(id, acting.now)));
            }
            AlertChange::Follow { id, about, due_at } => {
                effects
                    .extend(known(id).map(|alert| Effect::AlertSet(AlertRow { about: Some(about), due_at, ..alert })));
            }
            AlertChange::Resolve { id, resolution, place } => {
                effects.extend(known(id).map(|alert| {
                    let resolved = alert.resolved(acting.now, resolution, acting.by);
                    Effect::AlertSet(AlertRow { resolved_place: place, ..resolved })
                }));
            }
        }
    }
    Ok(effects)
}

/// The fold of the chart's whole history with a late act in its own place.
fn folded_with(
    conn: &Connection,
    chart: ChartNumber,
    key: &OrderKey,
    act: &Act,
) -> Result<Option<Custody>, StoreError> {
    let mut acts = history(conn, chart)?;
    let at = acts.partition_point(|(earlier, _)| earlier < key);
    acts.insert(at, (key.clone(), act.clone()));
    Ok(fold(acts))
}

/// A chart's acts in the fold's order.
pub(super) fn history(conn: &Connection, chart: ChartNumber) -> Result<Vec<(OrderKey, Act)>, StoreError> {
    let sql = "SELECT effective_at, kiosk, queue_seq, seq, act FROM main.chart_history \
               WHERE chart = ? AND act IS NOT NULL ORDER BY effective_at, kiosk, queue_seq, seq LIMIT ?";
    let mut select = conn.prepare_cached(sql)?;
    let acts = select.query_map(rusqlite::params![chart.0, HISTORY_MAX], |row| {
        let key = OrderKey {
            effective_at: rows::time(row, 0)?,
            kiosk: row.get_ref(1)?.as_str()?.into(),
            queue_seq: row.get(2)?,
            seq: row.get(3)?,
        };
        Ok((key, rows::json(row, 4)?))
    })?;
    Ok(acts.collect::<rusqlite::Result<_>>()?)
}

/// A chart's alerts that are not resolved.
pub(super) fn live_alerts(conn: &Connection, chart: ChartNumber) -> Result<Vec<AlertRow>, StoreError> {
    let sql = format!("SELECT {ALERT_COLUMNS} FROM main.alerts WHERE chart = ? AND state <> 'resolved'");
    let mut select = conn.prepare_cached(&sql)?;
    let alerts = select.query_map([chart.0], rows::alert)?;
    Ok(alerts.collect::<rusqlite::Result<_>>()?)
}

/// A chart's alerts that are resolved, the newest first.
pub(super) fn alerts_ended(conn: &Connection, chart: ChartNumber) -> Result<Vec<AlertRow>, StoreError> {
    let sql = format!(
        "SELECT {ALERT_COLUMNS} FROM main.alerts WHERE chart = ? AND state = 'resolved' ORDER BY id DESC LIMIT ?"
    );
    let mut select = conn.prepare_cached(&sql)?;
    let alerts = select.query_map(rusqlite::params![chart.0, ENDED_MAX], rows::alert)?;
    Ok(alerts.collect::<rusqlite::Result<_>>()?)
}
