//! The access log: every look at patients' data is one entry, and what cannot be logged is not shown.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::caller::{Caller, Key, Peer};
use super::limits::{GRANTED_FOR, LIST_OPEN_FOR, LOOKS_REMEMBERED, OPEN_FOR};
use super::problem::{Answer, Problem};
use super::state::Web;
use crate::barcode::ChartNumber;
use crate::ledger::accounts::Access;
use crate::ledger::queries::Sight;
use crate::ledger::{ChangeError, PatientId};

/// What each caller has open, and since when: a page that shows a chart or a list reads it anew when something happens
/// to it, and asks for its label or its next rows, and that is no new look. Whoever gave a reason to see a restricted
/// chart goes on seeing it for a while.
#[derive(Default)]
pub struct OpenLooks(Mutex<HashMap<(Key, Open), Timestamp>>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Open {
    Chart(ChartNumber),
    Patient(PatientId),
    List(String),
    Granted(ChartNumber),
}

impl OpenLooks {
    fn opened(&self, caller: &Caller, what: Open, now: Timestamp) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= LOOKS_REMEMBERED {
            // Then looks are logged once more than they need be.
            open.clear();
        }
        open.insert((caller.key(), what), now);
    }

    fn has_open(&self, caller: &Caller, what: Open, now: Timestamp, within: Duration) -> bool {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(&(caller.key(), what)).is_some_and(|since| now.duration_since(*since).unsigned_abs() < within)
    }

    /// What the caller may see of this chart: more than the role gives, for a while after a reason was logged.
    pub fn sight(&self, caller: &Caller, chart: ChartNumber, now: Timestamp, by_role: Sight) -> Sight {
        if self.has_open(caller, Open::Granted(chart), now, GRANTED_FOR) { Sight::Full } else { by_role }
    }
}

/// A list as it is told from others of its kind: what was asked for, without the part of it. Only a digest is kept,
/// because a search is a patient's name.
pub fn list_of(kind: &str, asked: &impl std::fmt::Debug) -> String {
    hex::encode(Sha256::digest(format!("{kind} {asked:?}")))
}

/// Logs a search that was submitted: its first page always, a later one where the first was not asked for before.
pub async fn log_search(web: &Web, caller: &Caller, peer: Peer, look: Look, list: String, later: bool) -> Answer<()> {
    let (now, open) = (web.ledger().now(), Open::List(list));
    if later && web.looks.has_open(caller, open.clone(), now, OPEN_FOR) {
        return Ok(());
    }
    log(web, caller, peer, look).await?;
    web.looks.opened(caller, open, now);
    Ok(())
}

/// Logs a list that pages keep open and read anew: once in a while, whatever part of it is asked for.
pub async fn log_list(web: &Web, caller: &Caller, peer: Peer, look: Look, list: String) -> Answer<()> {
    let (now, open) = (web.ledger().now(), Open::List(list));
    if web.looks.has_open(caller, open.clone(), now, LIST_OPEN_FOR) {
        return Ok(());
    }
    log(web, caller, peer, look).await?;
    web.looks.opened(caller, open, now);
    Ok(())
}

/// A look at patients' data.
#[derive(Debug)]
pub enum Look {
    /// A submitted search for charts.
    ChartSearch,
    /// A submitted search for patients.
    PatientSearch,
    /// Searches for charts while they are typed.
    ChartsTyped,
    /// Searches for patients while they are typed.
    PatientsTyped,
    /// A chart's record opened.
    Chart(ChartNumber, Option<PatientId>),
    /// An open chart's record read anew.
    ChartAgain(ChartNumber, Option<PatientId>),
    /// A chart's history looked at, which an open chart shows as well.
    History(ChartNumber),
    /// An alert about a chart opened.
    Alert(ChartNumber),
    /// The list of what is out.
    Out,
    /// The list of alerts.
    Alerts,
    /// A kiosk's newest receipts, looked at from elsewhere.
    Receipts,
    /// A chart that a receipt names, of a scan that came from elsewhere than its kiosk. An open chart shows as much.
    Scanned(ChartNumber),
    /// The list of print jobs.
    PrintJobs,
    /// A photograph read, which lists the charts on it.
    Photograph,
    /// A chart's label looked at, which an open chart shows as well.
    Label(ChartNumber, Option<PatientId>),
    /// A restricted chart's place shown for a reason.
    BreakGlass(ChartNumber, Option<PatientId>, String),
    /// A patient's record opened.
    Patient(PatientId),
    /// An open patient's record shown anew.
    PatientAgain(PatientId),
    /// The list of all that is out.
    DowntimeList,
}

/// Writes a look into the access log; answers when that is durable.
pub async fn log(web: &Web, caller: &Caller, peer: Peer, look: Look) -> Answer<()> {
    let now = web.ledger().now();
    let shown_before = match look {
        Look::ChartAgain(chart, _) | Look::Label(chart, _) | Look::History(chart) | Look::Scanned(chart) => {
            Some(Open::Chart(chart))
        }
        Look::PatientAgain(patient) => Some(Open::Patient(patient)),
        _ => None,
    };
    if shown_before.is_some_and(|what| web.looks.has_open(caller, what, now, OPEN_FOR)) {
        return Ok(());
    }
    let opens = match look {
        Look::Chart(chart, _) | Look::ChartAgain(chart, _) | Look::History(chart) | Look::Scanned(chart) => {
            vec![Open::Chart(chart)]
        }
        Look::Patient(patient) | Look::PatientAgain(patient) => vec![Open::Patient(patient)],
        Look::BreakGlass(chart, ..) => vec![Open::Chart(chart), Open::Granted(chart)],
        _ => Vec::new(),
    };
    let (what, chart, patient, reason) = match look {
        Look::ChartSearch => ("charts_searched", None, None, None),
        Look::PatientSearch => ("patients_searched", None, None, None),
        Look::ChartsTyped => ("charts_typed", None, None, None),
        Look::PatientsTyped => ("patients_typed", None, None, None),
        Look::Chart(chart, patient) | Look::ChartAgain(chart, patient) => ("chart_opened", Some(chart), patient, None),
        Look::History(chart) => ("history_opened", Some(chart), None, None),
        Look::Scanned(chart) => ("chart_scanned", Some(chart), None, None),
        Look::Alert(chart) => ("alert_opened", Some(chart), None, None),
        Look::Out => ("out_listed", None, None, None),
        Look::Alerts => ("alerts_listed", None, None, None),
        Look::Receipts => ("receipts_listed", None, None, None),
        Look::Photograph => ("photograph_read", None, None, None),
        Look::PrintJobs => ("print_jobs_listed", None, None, None),
        Look::Label(chart, patient) => ("label_previewed", Some(chart), patient, None),
        Look::BreakGlass(chart, patient, reason) => ("break_glass", Some(chart), patient, Some(reason)),
        Look::Patient(patient) | Look::PatientAgain(patient) => ("patient_opened", None, Some(patient), None),
        Look::DowntimeList => ("downtime_list_made", None, None, None),
    };
    let access = Access { what: what.to_owned(), chart, patient, reason, address: peer.text(), ..Access::default() };
    web.ledger().log_access(&caller.actor(), access).await.map_err(|error| match error {
        ChangeError::NotRecorded(cause) => {
            tracing::error!(%cause, "a look could not be logged");
            Problem::unavailable("This look could not be written into the access log, so it is not shown. Try again.")
        }
        error => error.into(),
    })?;
    opens.into_iter().for_each(|open| web.looks.opened(caller, open, now));
    Ok(())
}
