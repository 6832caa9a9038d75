//! Services of equipment: one alert for each due day, which ends when that day no longer stands.

use jiff::civil::Date;

use super::AlertRow;
use crate::equipment::Equipment;

/// What the alert about a service that is due by `today` says; `None` while none is. It names the day, so that an
/// alert closed by hand does not come back for the same day.
pub fn service_due(equipment: &Equipment, today: Date) -> Option<String> {
    equipment.next_service().filter(|due| *due <= today).map(|due| subject(equipment, due))
}

/// Why a live service alert ends with the equipment as it is now: `retired`, or `settled` in the way that the caller
/// names (`serviced`, `rescheduled`); `None` where it stands.
pub fn service_ended(alert: &AlertRow, equipment: &Equipment, settled: &'static str) -> Option<&'static str> {
    if equipment.retired {
        return Some("retired");
    }
    let stands = equipment.next_service().map(|due| subject(equipment, due));
    (alert.subject != stands).then_some(settled)
}

/// No free text: entries hold it.
fn subject(equipment: &Equipment, due: Date) -> String {
    format!("equipment {}: service due {due}", equipment.id.0)
}
