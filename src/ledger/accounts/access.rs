//! The access log: every sign-in and every look at a patient.

use rusqlite::params;

use super::super::PatientId;
use super::super::changes::Change;
use super::super::error::ChangeError;
use super::super::work::Work;
use crate::barcode::ChartNumber;

/// One line of the access log; who and when are the writer's to add. A record opened is one line, a submitted search
/// is one line. No search text: it is a patient's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// What was done: `sign_in`, `chart_opened`, `charts_searched`, `break_glass`, ….
    pub what: String,
    /// The patient.
    pub patient: Option<PatientId>,
    /// The chart.
    pub chart: Option<ChartNumber>,
    /// The reason given.
    pub reason: Option<String>,
    /// What came of it.
    pub outcome: String,
    /// From where.
    pub address: Option<String>,
}

impl Default for Access {
    fn default() -> Self {
        Access {
            what: String::new(),
            patient: None,
            chart: None,
            reason: None,
            outcome: "ok".to_owned(),
            address: None,
        }
    }
}

/// Writes a line of the access log. Many at once share one commit.
#[derive(Debug, Clone)]
pub struct LogAccess(pub Access);

impl Change for LogAccess {
    type Made = ();

    fn make(self, work: &mut Work<'_>) -> Result<(), ChangeError> {
        write(work, &self.0)
    }
}

pub(super) fn write(work: &Work<'_>, access: &Access) -> Result<(), ChangeError> {
    let sql = "INSERT INTO access_log (at, who, what, patient, chart, reason, outcome, address)
               VALUES (?1, ?2, ?3, ifnull(?4, (SELECT patient FROM charts WHERE number = ?5)), ?5, ?6, ?7, ?8)";
    // Without a patient named, the chart's: "who looked at this patient" is one question on one index.
    let patient = access.patient.map(|patient| i64::try_from(patient.0).unwrap_or(i64::MAX));
    let who = work.actor().to_string();
    work.conn().prepare_cached(sql)?.execute(params![
        work.now().as_microsecond(),
        who,
        access.what,
        patient,
        access.chart.map(|chart| chart.0),
        access.reason,
        access.outcome,
        access.address
    ])?;
    Ok(())
}
