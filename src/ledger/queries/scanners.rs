//! What is known of scanners beyond this start: when each was last heard, what is usual, and which are silent.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{ReadError, Reader};
use crate::alerts::{self, SilenceRule, Stretch};
use crate::ledger::changes::Silence;
use crate::ledger::scanners::{self, ScannerKey, Tally};
use crate::ledger::{AlertId, AlertRow};

/// A scanner that is there and listened to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listened {
    /// Which.
    pub scanner: ScannerKey,
    /// Since when, without a break.
    pub since: Timestamp,
}

/// A scanner's past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScannerPast {
    /// When it was last heard, as far as scans were counted.
    pub heard_at: Option<Timestamp>,
    /// How many scans are usual in the hour that ended with the last quarter.
    pub usual_an_hour: u64,
    /// Since when it is silent, and the alert that says so.
    pub silence: Option<(Timestamp, AlertId)>,
}

impl Reader {
    /// Counts the scans of the entries after the last count; [`crate::ledger::changes::CountScans`] writes it down.
    pub fn scan_tally(&self) -> Result<Tally, ReadError> {
        Ok(scanners::tally(self.conn(), self.now())?)
    }

    /// Those of `listened` that are silent where scans are usual, and have no alert about it.
    pub fn silences(
        &self,
        listened: &[Listened],
        stretch: Stretch,
        rule: SilenceRule,
        zone: &TimeZone,
    ) -> Result<Vec<Silence>, ReadError> {
        let weeks = stretch.weeks_before(zone);
        let mut silences = Vec::new();
        for Listened { scanner, since } in listened {
            let heard = scanners::heard(self.conn(), scanner, *since, weeks)?;
            let Some(usual) = alerts::silent(&heard, stretch, rule) else { continue };
            let newest = scanners::newest_alert(self.conn(), scanner)?;
            let told = |alert: &AlertRow| alert.is_live() || alerts::silence_settled(alert, heard.last);
            if !newest.as_ref().is_some_and(told) {
                let since = heard.last.unwrap_or(stretch.from);
                silences.push(Silence { scanner: scanner.clone(), since, usual });
            }
        }
        Ok(silences)
    }

    /// The past of each of these scanners.
    pub fn scanner_pasts(&self, of: &[ScannerKey], zone: &TimeZone) -> Result<Vec<ScannerPast>, ReadError> {
        let weeks = Stretch::before(self.now(), jiff::SignedDuration::from_hours(1)).weeks_before(zone);
        let past = |key: &ScannerKey| -> Result<ScannerPast, ReadError> {
            let heard = scanners::heard(self.conn(), key, Timestamp::MIN, weeks)?;
            let alert = scanners::newest_alert(self.conn(), key)?.filter(AlertRow::is_live);
            Ok(ScannerPast {
                heard_at: heard.last,
                usual_an_hour: alerts::usual(heard.weeks),
                silence: alert.map(|alert| (alert.due_at.unwrap_or(alert.opened_at), alert.id)),
            })
        };
        of.iter().map(past).collect()
    }
}
