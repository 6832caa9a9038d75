//! Alerts about printers: one about a printer's health, whose words follow what is wrong, and one about its stock.

use rusqlite::{OptionalExtension, params};
use serde_json::json;

use super::super::error::ChangeError;
use super::super::rows::{self, ALERT_COLUMNS};
use super::super::work::Work;
use super::super::{AlertKind, AlertRow, Effect};
use super::Change;
use super::alerts::opened;
use crate::barcode::PlaceCode;

/// What hinders a printer, or nothing: opens its alert, changes what it says, or closes it.
#[derive(Debug, Clone)]
pub struct PrinterHealth {
    /// The printer's id as configured.
    pub printer: String,
    /// Where it stands: whose people hear of it.
    pub place: Option<PlaceCode>,
    /// What is wrong and what to do, in words for staff.
    pub fault: Option<String>,
}

impl Change for PrinterHealth {
    type Made = Option<AlertRow>;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        tell(work, &self.printer, ": ", self.place, self.fault.as_deref(), "mended")
    }
}

/// A printer's labels run out, or no longer do.
#[derive(Debug, Clone)]
pub struct StockLow {
    /// The printer's id as configured.
    pub printer: String,
    /// Where it stands.
    pub place: Option<PlaceCode>,
    /// Are they few?
    pub low: bool,
}

impl Change for StockLow {
    type Made = Option<AlertRow>;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let words = self.low.then_some("few labels are left");
        tell(work, &self.printer, ", stock: ", self.place, words, "loaded")
    }
}

/// The alert whose subject begins with the printer's id and `mark` (which no id contains) says `words` from now on.
fn tell(
    work: &mut Work<'_>,
    printer: &str,
    mark: &str,
    place: Option<PlaceCode>,
    words: Option<&str>,
    resolution: &str,
) -> Result<Option<AlertRow>, ChangeError> {
    let start = format!("{printer}{mark}");
    let live = live(work, &start)?.or(if mark == ": " { before(work, printer)? } else { None });
    let subject = words.map(|words| format!("{start}{words}"));
    let (alert, kind) = match (live, subject) {
        (None, None) => return Ok(None),
        (Some(alert), subject) if subject.is_some() && alert.subject == subject => return Ok(Some(alert)),
        (Some(alert), Some(subject)) => (AlertRow { subject: Some(subject), ..alert }, "alert_changed"),
        (Some(alert), None) => {
            let (now, by) = (work.now(), work.actor());
            (alert.resolved(now, resolution, &by), "alert_resolved")
        }
        (None, Some(subject)) => (opened(work, AlertKind::Printer, subject, place), "alert_opened"),
    };
    work.record(kind, json!({ "alert": alert.id }), vec![Effect::AlertSet(alert.clone())])?;
    Ok(Some(alert))
}

fn live(work: &Work<'_>, start: &str) -> Result<Option<AlertRow>, ChangeError> {
    let sql = format!(
        "SELECT {ALERT_COLUMNS} FROM main.alerts WHERE kind = 'printer' AND substr(subject, 1, length(?1)) = ?1 \
         AND state <> 'resolved' ORDER BY id LIMIT 1"
    );
    Ok(work.conn().prepare_cached(&sql)?.query_row(params![start], rows::alert).optional()?)
}

/// An alert of before alerts said what is wrong: its subject is the printer alone.
fn before(work: &Work<'_>, printer: &str) -> Result<Option<AlertRow>, ChangeError> {
    let sql = format!(
        "SELECT {ALERT_COLUMNS} FROM main.alerts WHERE kind = 'printer' AND subject = ? AND state <> 'resolved' \
         ORDER BY id LIMIT 1"
    );
    Ok(work.conn().prepare_cached(&sql)?.query_row(params![printer], rows::alert).optional()?)
}
