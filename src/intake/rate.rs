//! How many scans an hour, in sixty counters whatever happens. Pure.

use jiff::Timestamp;

const MINUTES: usize = 60;

/// Counts by the minute.
#[derive(Debug)]
pub(super) struct Rate {
    counts: [u32; MINUTES],
    /// The minute, since 1970, that the newest counter is of.
    newest: i64,
}

impl Default for Rate {
    fn default() -> Self {
        Rate { counts: [0; MINUTES], newest: i64::MIN }
    }
}

impl Rate {
    /// One more at `at`. A clock that went back counts for the newest minute.
    pub fn add(&mut self, at: Timestamp) {
        self.turn(at);
        if let Some(count) = self.counts.get_mut(slot(self.newest)) {
            *count = count.saturating_add(1);
        }
    }

    /// How many there were in the sixty minutes up to `now`, the one that runs included.
    pub fn last_hour(&self, now: Timestamp) -> u64 {
        let age = minute(now).saturating_sub(self.newest).max(0);
        // Counters that would have been emptied by now.
        let stale = usize::try_from(age).unwrap_or(MINUTES).min(MINUTES);
        let counts = (0..MINUTES - stale).filter_map(|back| {
            let back = i64::try_from(back).ok()?;
            self.counts.get(slot(self.newest.saturating_sub(back)))
        });
        counts.map(|count| u64::from(*count)).sum()
    }

    /// Empties the counters of minutes in which nothing came.
    fn turn(&mut self, at: Timestamp) {
        let now = minute(at);
        let passed = usize::try_from(now.saturating_sub(self.newest)).unwrap_or(0).min(MINUTES);
        for back in 0..passed {
            let back = i64::try_from(back).unwrap_or(0);
            if let Some(count) = self.counts.get_mut(slot(now.saturating_sub(back))) {
                *count = 0;
            }
        }
        self.newest = self.newest.max(now);
    }
}

fn minute(at: Timestamp) -> i64 {
    at.as_second().div_euclid(60)
}

fn slot(minute: i64) -> usize {
    let minutes = i64::try_from(MINUTES).unwrap_or(1);
    usize::try_from(minute.rem_euclid(minutes)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_sixty_minutes_and_no_more() {
        let at = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
        let mut rate = Rate::default();
        assert_eq!(rate.last_hour(at(0)), 0);
        rate.add(at(0));
        rate.add(at(59));
        rate.add(at(600));
        assert_eq!(rate.last_hour(at(600)), 3);
        assert_eq!(rate.last_hour(at(3599)), 3);
        assert_eq!(rate.last_hour(at(3600)), 1, "the first minute is over an hour old");
        rate.add(at(3600));
        assert_eq!(rate.last_hour(at(3600)), 2);
        rate.add(at(3000));
        assert_eq!(rate.last_hour(at(3600)), 3, "a clock that went back loses nothing");
        assert_eq!(rate.last_hour(at(3600 * 48)), 0);
        rate.add(at(3600 * 48));
        assert_eq!(rate.last_hour(at(3600 * 48)), 1);
    }
}
