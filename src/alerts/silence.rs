//! A scanner that is silent where scans are usual.
//!
//! What is *usual* is said by its own past: the same time of the day, on the same weekday by the hospital's clock, in
//! each of the last four weeks. Scans are usual where at least three of the four had as many as the rule asks for, so
//! that neither one busy day nor one holiday decides, and a scanner of three weeks is judged already.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use super::AlertRow;

/// Scans are counted by quarters of an hour: every time zone's clock agrees on when one begins.
pub const QUARTER: SignedDuration = SignedDuration::from_mins(15);
/// How many weeks of the past are looked at.
pub const WEEKS: usize = 4;
/// In how many of them there were as many scans as are called usual.
const WEEKS_ALIKE: usize = 3;

/// When silence is an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SilenceRule {
    /// After so long without a scan: whole quarters of an hour.
    pub after: SignedDuration,
    /// Where at least so many are usual in that time.
    pub usual_scans: u64,
}

impl Default for SilenceRule {
    fn default() -> Self {
        SilenceRule { after: SignedDuration::from_hours(1), usual_scans: 10 }
    }
}

/// A stretch of time, its end left out; it begins and ends with a quarter of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Its beginning.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
}

impl Stretch {
    /// The newest whole quarters of an hour before `now`, `long` together.
    pub fn before(now: Timestamp, long: SignedDuration) -> Stretch {
        let to = quarter_of(now);
        Stretch { from: to.checked_sub(long).unwrap_or(Timestamp::MIN), to }
    }

    /// The same time of the day and the same weekday in the weeks before, the latest first, by the clock of `zone`.
    pub fn weeks_before(self, zone: &TimeZone) -> [Stretch; WEEKS] {
        let long = self.to.duration_since(self.from);
        let from = self.from.to_zoned(zone.clone());
        let mut weeks = [self; WEEKS];
        for (back, week) in (1i64..).zip(&mut weeks) {
            // Beyond the calendar's end there were no scans.
            let from = from.checked_sub(Span::new().weeks(back)).map_or(Timestamp::MIN, |from| from.timestamp());
            let from = quarter_of(from);
            *week = Stretch { from, to: from.checked_add(long).unwrap_or(from) };
        }
        weeks
    }
}

/// The beginning of the quarter of an hour that `at` is in.
pub fn quarter_of(at: Timestamp) -> Timestamp {
    let seconds = QUARTER.as_secs();
    Timestamp::from_second(at.as_second().div_euclid(seconds) * seconds).unwrap_or(Timestamp::MIN)
}

/// How many scans are usual: as many as at least three of the four weeks had.
pub fn usual(mut weeks: [u64; WEEKS]) -> u64 {
    weeks.sort_unstable_by(|one, other| other.cmp(one));
    weeks.get(WEEKS_ALIKE - 1).copied().unwrap_or(0)
}

/// What is known of a scanner when it is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// When its last scan was made; `None` where none is known.
    pub last: Option<Timestamp>,
    /// Since when it is there and listened to without a break: what it could not say before, it did not withhold.
    pub listening_since: Timestamp,
    /// How many scans it made in each of [`Stretch::weeks_before`].
    pub weeks: [u64; WEEKS],
}

/// Is it silent though scans are usual? Says how many are. `stretch` is the time that the rule asks for, up to now.
pub fn silent(heard: &Heard, stretch: Stretch, rule: SilenceRule) -> Option<u64> {
    let listened = heard.listening_since <= stretch.from;
    let said_nothing = heard.last.is_none_or(|last| last < stretch.from);
    let usual = usual(heard.weeks);
    (listened && said_nothing && usual > 0 && usual >= rule.usual_scans).then_some(usual)
}

/// What the alert about a silent scanner says. The kiosk's own page, with whatever types into it, has no device.
pub fn silence_subject(kiosk: &str, device: Option<&str>, usual: u64) -> String {
    let scans = if usual == 1 { "1 scan or more is".to_owned() } else { format!("{usual} scans or more are") };
    format!("{}: {scans} usual at this time of the week", silence_prefix(kiosk, device))
}

/// How the subject of each alert about this scanner's silence begins, and of none about another's.
pub fn silence_prefix(kiosk: &str, device: Option<&str>) -> String {
    match device {
        Some(device) => format!("scanner {device} of kiosk {kiosk} is silent"),
        None => format!("kiosk {kiosk} is silent"),
    }
}

/// Is it about the silence of this kiosk or of one of its scanners?
pub fn silence_at(alert: &AlertRow, kiosk: &str) -> bool {
    let subject = alert.subject.as_deref().unwrap_or_default();
    let of_scanner = subject.starts_with("scanner ") && subject.contains(&format!(" of kiosk {kiosk} is silent: "));
    of_scanner || subject.starts_with(&format!("{}: ", silence_prefix(kiosk, None)))
}

/// Does a scan that was made at `at` end the silence? One from before it, which arrives late, does not.
pub fn silence_ends(alert: &AlertRow, at: Timestamp) -> bool {
    alert.is_live() && alert.due_at.is_none_or(|since| at > since)
}

/// Was this silence closed by hand, and nothing heard since? Then it stays closed until the scanner is heard again.
pub fn silence_settled(alert: &AlertRow, last: Option<Timestamp>) -> bool {
    let by_hand = alert.resolution.as_deref() == Some("by_hand");
    by_hand && alert.resolved_at.is_some_and(|resolved| last.is_none_or(|last| last <= resolved))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const RULE: SilenceRule = SilenceRule { after: SignedDuration::from_hours(1), usual_scans: 10 };

    fn heard(last: Option<&str>, since: &str, weeks: [u64; WEEKS]) -> Heard {
        Heard { last: last.map(at), listening_since: at(since), weeks }
    }

    #[test]
    fn usual_is_what_three_of_four_weeks_had() {
        assert_eq!(usual([12, 0, 30, 11]), 11, "a holiday does not count against it");
        assert_eq!(usual([500, 3, 2, 4]), 3, "nor one busy day for it");
        assert_eq!(usual([40, 40, 0, 0]), 0, "two weeks are no habit");
    }

    #[test]
    fn the_stretch_is_the_newest_whole_quarters() {
        let stretch = Stretch::before(at("2026-11-24T15:14:59Z"), RULE.after);
        assert_eq!(stretch, Stretch { from: at("2026-11-24T14:00:00Z"), to: at("2026-11-24T15:00:00Z") });
        assert_eq!(quarter_of(at("1969-12-31T23:59:59Z")), at("1969-12-31T23:45:00Z"));
    }

    #[test]
    fn the_same_time_of_the_week_is_the_hospitals_clock_also_after_it_was_set_back() {
        let zone = TimeZone::get("America/New_York").unwrap();
        // Tuesday 09:00 to 10:00 in New York; its clocks were set back on 1 November.
        let stretch = Stretch { from: at("2026-11-10T14:00:00Z"), to: at("2026-11-10T15:00:00Z") };
        let froms = stretch.weeks_before(&zone).map(|week| week.from.to_string());
        assert_eq!(
            froms,
            ["2026-11-03T14:00:00Z", "2026-10-27T13:00:00Z", "2026-10-20T13:00:00Z", "2026-10-13T13:00:00Z"]
        );
        for week in stretch.weeks_before(&zone) {
            assert_eq!(week.to.duration_since(week.from), SignedDuration::from_hours(1));
        }
        // Kathmandu is 5:45 ahead: its quarters are everybody's.
        let zone = TimeZone::get("Asia/Kathmandu").unwrap();
        assert!(stretch.weeks_before(&zone).iter().all(|week| quarter_of(week.from) == week.from));
    }

    #[test]
    fn silence_is_an_alert_where_scans_are_usual_and_it_was_listened_to() {
        let stretch = Stretch { from: at("2026-11-24T14:00:00Z"), to: at("2026-11-24T15:00:00Z") };
        let judge = |last, since, weeks| silent(&heard(last, since, weeks), stretch, RULE);
        let (usual, up) = ([14, 12, 0, 20], "2026-11-24T08:00:00Z");
        assert_eq!(judge(Some("2026-11-24T13:59:59Z"), up, usual), Some(12));
        assert_eq!(judge(None, up, usual), Some(12));
        assert_eq!(judge(Some("2026-11-24T14:00:00Z"), up, usual), None, "it was heard in the hour");
        assert_eq!(judge(Some("2026-11-24T15:05:00Z"), up, usual), None, "and now");
        assert_eq!(judge(None, "2026-11-24T14:00:01Z", usual), None, "it was away in that hour");
        assert_eq!(judge(None, up, [14, 9, 9, 20]), None, "not so many are usual");
        let none = SilenceRule { usual_scans: 0, ..RULE };
        assert_eq!(silent(&heard(None, up, [0; WEEKS]), stretch, none), None, "where none are usual silence is too");
    }

    #[test]
    fn a_scanners_alerts_are_told_from_anothers() {
        let subject = silence_subject("er-1", Some("gun"), 12);
        assert_eq!(subject, "scanner gun of kiosk er-1 is silent: 12 scans or more are usual at this time of the week");
        assert!(subject.starts_with(&silence_prefix("er-1", Some("gun"))));
        for (kiosk, device) in [("er-1", Some("gu")), ("er-1", None), ("er-11", Some("gun")), ("er", Some("gun"))] {
            assert!(!subject.starts_with(&silence_prefix(kiosk, device)), "{kiosk} {device:?}");
        }
    }
}
