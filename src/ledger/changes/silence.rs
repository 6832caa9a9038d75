//! Scanners are counted, and one that is silent where scans are usual has an alert until it is heard again.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::params;
use serde_json::json;

use super::super::error::ChangeError;
use super::super::rows::{self, ALERT_COLUMNS};
use super::super::scanners::{self, KEPT_DAYS, ScannerKey, Tally, number_of};
use super::super::work::Work;
use super::super::{AlertKind, AlertRow, Effect};
use super::Change;
use super::alerts::opened;
use crate::alerts;

/// Writes a tally down, and closes the alert about each scanner that was heard in it. No entry where none closes:
/// nothing happened but what the entries say already.
#[derive(Debug, Clone)]
pub struct CountScans {
    /// From [`crate::ledger::Reader::scan_tally`].
    pub tally: Tally,
}

impl Change for CountScans {
    /// How many alerts it closed.
    type Made = usize;
    const BACKGROUND: bool = true;

    fn make(self, work: &mut Work<'_>) -> Result<usize, ChangeError> {
        let tally = self.tally;
        if scanners::counted(work.conn())? != tally.after {
            return Err(ChangeError::Conflict("these scans were counted already".into()));
        }
        let mut last: BTreeMap<ScannerKey, Timestamp> = BTreeMap::new();
        for ((kiosk, device, quarter), tallied) in &tally.counts {
            add(work, kiosk, device, *quarter, tallied.scans)?;
            for device in [Some(device.clone()), None] {
                let heard_at = last.entry(ScannerKey { kiosk: kiosk.clone(), device }).or_insert(tallied.heard_at);
                *heard_at = tallied.heard_at.max(*heard_at);
            }
        }
        let mut closed = Vec::new();
        for (scanner, heard_at) in &last {
            note_heard(work, scanner, *heard_at)?;
            closed.extend(ended(work, scanner, *heard_at)?);
        }
        scanners::set_counted(work.conn(), tally.to)?;
        let (now, by, ended) = (work.now(), work.actor(), closed.len());
        for alert in closed {
            let alert = alert.resolved(now, "heard", &by);
            work.record("alert_resolved", json!({ "alert": alert.id }), vec![Effect::AlertSet(alert)])?;
        }
        Ok(ended)
    }
}

/// Adds to a quarter's count; a new quarter makes what is older than [`KEPT_DAYS`] go, whichever scanner of the kiosk
/// made it.
fn add(work: &Work<'_>, kiosk: &str, device: &str, quarter: i64, scans: u64) -> Result<(), ChangeError> {
    let kept = number_of(work.now()) - KEPT_DAYS * QUARTERS_A_DAY;
    if quarter < kept {
        return Ok(());
    }
    let more = "UPDATE main.scanner_quarters SET scans = scans + ?4 WHERE kiosk = ?1 AND device = ?2 AND quarter = ?3";
    let row = params![kiosk, device, quarter, scans];
    if work.conn().prepare_cached(more)?.execute(row)? == 0 {
        let new = "INSERT INTO main.scanner_quarters (kiosk, device, quarter, scans) VALUES (?, ?, ?, ?)";
        work.conn().prepare_cached(new)?.execute(row)?;
        let old = "DELETE FROM main.scanner_quarters WHERE kiosk = ? AND quarter < ?";
        work.conn().prepare_cached(old)?.execute(params![kiosk, kept])?;
    }
    Ok(())
}

const QUARTERS_A_DAY: i64 = 96;

/// The kiosk's page needs none: it is heard with any scanner there.
fn note_heard(work: &Work<'_>, scanner: &ScannerKey, at: Timestamp) -> Result<(), ChangeError> {
    let Some(device) = &scanner.device else { return Ok(()) };
    let sql = "INSERT INTO main.scanners_heard (kiosk, device, heard_at) VALUES (?1, ?2, ?3) \
               ON CONFLICT (kiosk, device) DO UPDATE SET heard_at = max(heard_at, ?3)";
    work.conn().prepare_cached(sql)?.execute(params![scanner.kiosk, device, at.as_microsecond()])?;
    Ok(())
}

/// The live alert about its silence, where a scan at `at` ends it.
fn ended(work: &Work<'_>, key: &ScannerKey, at: Timestamp) -> Result<Option<AlertRow>, ChangeError> {
    let newest = scanners::newest_alert(work.conn(), key)?;
    Ok(newest.filter(|alert| alerts::silence_ends(alert, at)))
}

/// Nobody is to scan at a deactivated kiosk: its silence is nobody's matter any more.
pub(super) fn end_silences(work: &mut Work<'_>, kiosk: &str) -> Result<(), ChangeError> {
    let sql =
        format!("SELECT {ALERT_COLUMNS} FROM main.alerts WHERE kind = 'device' AND state <> 'resolved' ORDER BY id");
    let live: Vec<AlertRow> = {
        let mut select = work.conn().prepare_cached(&sql)?;
        let found = select.query_map([], rows::alert)?;
        found.collect::<rusqlite::Result<_>>()?
    };
    let (now, by) = (work.now(), work.actor());
    for alert in live.into_iter().filter(|alert| alerts::silence_at(alert, kiosk)) {
        let alert = alert.resolved(now, "kiosk_deactivated", &by);
        work.record("alert_resolved", json!({ "alert": alert.id }), vec![Effect::AlertSet(alert)])?;
    }
    Ok(())
}

/// A scanner that was found silent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// Which.
    pub scanner: ScannerKey,
    /// When it was last heard; where that is not known, since when it surely was not.
    pub since: Timestamp,
    /// So many scans are usual.
    pub usual: u64,
}

/// Opens the alert about a silent scanner, at its kiosk's place; one that is open, or was closed by hand since the
/// scanner was last heard, is the answer.
#[derive(Debug, Clone)]
pub struct OpenSilence {
    /// What was found.
    pub silence: Silence,
}

impl Change for OpenSilence {
    type Made = AlertRow;

    fn make(self, work: &mut Work<'_>) -> Result<AlertRow, ChangeError> {
        let Silence { scanner, since, usual } = self.silence;
        let newest = scanners::newest_alert(work.conn(), &scanner)?;
        let last = scanners::heard_at(work.conn(), &scanner)?;
        if let Some(alert) = newest.filter(|alert| alert.is_live() || alerts::silence_settled(alert, last)) {
            return Ok(alert);
        }
        let unknown = || ChangeError::NotFound(format!("there is no kiosk {:?}", scanner.kiosk));
        let place = work.store.kiosks()?.get(&scanner.kiosk).ok_or_else(unknown)?.kiosk.place.clone();
        let subject = alerts::silence_subject(&scanner.kiosk, scanner.device.as_deref(), usual);
        let alert = AlertRow { due_at: Some(since), ..opened(work, AlertKind::Device, subject, Some(place)) };
        work.record("alert_opened", json!({ "alert": alert.id }), vec![Effect::AlertSet(alert.clone())])?;
        Ok(alert)
    }
}
