//! Times as people say them.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

use crate::custody::Language;

/// The days within which a weekday alone is clear.
const NEAR_DAYS: std::ops::RangeInclusive<i32> = -6..=6;

/// `at` in the hospital's zone as said at `now`: `today 14:00`, `Tue 14:00` within the days around, `Tue 8 Dec 14:00`
/// beyond, with the year where it is another one.
pub fn when(at: Timestamp, now: Timestamp, language: Language, zone: &TimeZone) -> String {
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let days = at.date().since((Unit::Day, now.date())).map_or(i32::MAX, |span| span.get_days());
    let form = match days {
        0 => "when.today",
        days if NEAR_DAYS.contains(&days) => "when.weekday",
        _ if at.year() == now.year() => "when.date",
        _ => "when.year",
    };
    let weekday = language.say(&format!("weekday.{}", at.weekday().to_monday_one_offset()), &[]);
    let month = language.say(&format!("month.{}", at.month()), &[]);
    let time = at.strftime("%H:%M").to_string();
    let (day, year) = (at.day().to_string(), at.year().to_string());
    language.say(form, &[("weekday", &weekday), ("day", &day), ("month", &month), ("year", &year), ("time", &time)])
}
