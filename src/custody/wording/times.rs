//! Times as people say them.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

/// The days within which a weekday alone is clear.
const NEAR_DAYS: std::ops::RangeInclusive<i32> = -6..=6;

/// `at` in the hospital's zone as said at `now`: `today 14:00`, `Tue 14:00` within the days around, `Tue 8 Dec 14:00`
/// beyond, with the year where it is another one.
pub fn when(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let days = at.date().since((Unit::Day, now.date())).map_or(i32::MAX, |span| span.get_days());
    let form = match days {
        0 => "today %H:%M",
        days if NEAR_DAYS.contains(&days) => "%a %H:%M",
        _ if at.year() == now.year() => "%a %-d %b %H:%M",
        _ => "%-d %b %Y %H:%M",
    };
    at.strftime(form).to_string()
}
