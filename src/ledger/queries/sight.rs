//! Who sees where a restricted chart is. The one place that decides it.

use super::{AlertDetail, ChartRow, HistoryRow};
use crate::custody::Role;
use crate::ledger::AlertRow;

/// What the one who asks may see of restricted charts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sight {
    /// Everything: supervisors and above, auditors, and whoever gave a reason that was logged.
    Full,
    /// That the chart exists, not where it is nor with whom.
    Masked,
}

impl Sight {
    /// The sight of a role.
    pub fn of(role: Role) -> Sight {
        if role.includes(Role::Supervisor) || role == Role::Auditor { Sight::Full } else { Sight::Masked }
    }
}

/// Takes from `row` what `sight` does not cover.
pub(super) fn shade_chart(row: &mut ChartRow, sight: Sight) {
    let chart = &mut row.chart;
    if sight == Sight::Full || !chart.restricted {
        return;
    }
    chart.withheld = true;
    chart.place = None;
    chart.place_name = None;
    chart.holder = None;
    chart.holder_name = None;
    chart.seen_place = None;
    row.seen_place_name = None;
    if row.home_restricted {
        chart.home = None;
        row.home_name = None;
    }
}

/// The same for an alert about a chart: `restricted` says that a place the alert names is.
pub(super) fn shade_alert(detail: &mut AlertDetail, restricted: bool, sight: Sight) {
    let Some(chart) = &mut detail.chart else { return };
    let restricted = restricted || chart.chart.restricted;
    shade_chart(chart, sight);
    if sight == Sight::Masked && restricted {
        hide_places(&mut detail.alert);
        detail.place_name = None;
        detail.resolved_by_name = None;
        detail.resolved_place_name = None;
        // Whoever writes one says where they looked.
        detail.notes.clear();
        detail.withheld = true;
    }
}

/// The same for an alert's own row: `restricted` says that the chart, or a place the row names, is.
pub(super) fn shade_alert_row(alert: &mut AlertRow, restricted: bool, sight: Sight) {
    if sight == Sight::Masked && restricted {
        hide_places(alert);
    }
}

/// Takes from a chart's alert every place it names; the subject of a discrepancy tells two, and who ended an alert
/// tells where the chart was.
pub fn hide_places(alert: &mut AlertRow) {
    if alert.chart.is_some() {
        alert.place = None;
        alert.subject = None;
        alert.resolved_by = None;
        alert.resolved_place = None;
    }
}

/// The same for a row of a chart's history: `restricted` says that the chart, or a place the row names, is.
pub(super) fn shade_history(row: &mut HistoryRow, restricted: bool, sight: Sight) {
    if sight == Sight::Full || !restricted {
        return;
    }
    row.withheld = true;
    row.actor = None;
    row.actor_name = None;
    row.kiosk = None;
    row.kiosk_name = None;
    row.device = None;
    row.place = None;
    row.place_name = None;
    row.text = "Withheld: where this chart is, is confidential".to_owned();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ladder() {
        let full: Vec<Role> = Role::ALL.into_iter().filter(|role| Sight::of(*role) == Sight::Full).collect();
        assert_eq!(full, [Role::Supervisor, Role::Admin, Role::Auditor]);
    }
}
