//! The access log: every look at patients' data is one entry, and what cannot be logged is not shown.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::caller::{Caller, Key, Peer};
use super::limits::{LOOKS_REMEMBERED, OPEN_FOR};
use super::problem::{Answer, Problem};
use super::state::Web;
use crate::barcode::ChartNumber;
use crate::ledger::accounts::Access;
use crate::ledger::{ChangeError, PatientId};

/// Which charts each caller has open: a page that shows one reads it anew when something happens to it, and shows its
/// label, and that is no new look.
#[derive(Default)]
pub struct OpenCharts(Mutex<HashMap<(Key, ChartNumber), Timestamp>>);

impl OpenCharts {
    fn opened(&self, caller: &Caller, chart: ChartNumber, now: Timestamp) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= LOOKS_REMEMBERED {
            // Then looks are logged once more than they need be.
            open.clear();
        }
        open.insert((caller.key(), chart), now);
    }

    fn has_open(&self, caller: &Caller, chart: ChartNumber, now: Timestamp) -> bool {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(&(caller.key(), chart)).is_some_and(|since| now.duration_since(*since).unsigned_abs() < OPEN_FOR)
    }
}

/// A look at patients' data.
#[derive(Debug)]
pub enum Look {
    /// A submitted search for charts.
    ChartSearch,
    /// A submitted search for patients.
    PatientSearch,
    /// A chart's record opened.
    Chart(ChartNumber, Option<PatientId>),
    /// An open chart's record read anew.
    ChartAgain(ChartNumber, Option<PatientId>),
    /// A chart's label looked at, which an open chart shows as well.
    Label(ChartNumber, Option<PatientId>),
    /// A restricted chart's place shown for a reason.
    BreakGlass(ChartNumber, Option<PatientId>, String),
    /// A patient's record opened.
    Patient(PatientId),
    /// The list of all that is out.
    DowntimeList,
}

/// Writes a look into the access log; answers when that is durable.
pub async fn log(web: &Web, caller: &Caller, peer: Peer, look: Look) -> Answer<()> {
    let now = web.ledger().now();
    if let Look::ChartAgain(chart, _) | Look::Label(chart, _) = look
        && web.open_charts.has_open(caller, chart, now)
    {
        return Ok(());
    }
    if let Look::Chart(chart, _) | Look::ChartAgain(chart, _) = look {
        web.open_charts.opened(caller, chart, now);
    }
    let (what, chart, patient, reason) = match look {
        Look::ChartSearch => ("charts_searched", None, None, None),
        Look::PatientSearch => ("patients_searched", None, None, None),
        Look::Chart(chart, patient) | Look::ChartAgain(chart, patient) => ("chart_opened", Some(chart), patient, None),
        Look::Label(chart, patient) => ("label_previewed", Some(chart), patient, None),
        Look::BreakGlass(chart, patient, reason) => ("break_glass", Some(chart), patient, Some(reason)),
        Look::Patient(patient) => ("patient_opened", None, Some(patient), None),
        Look::DowntimeList => ("downtime_list_made", None, None, None),
    };
    let access = Access { what: what.to_owned(), chart, patient, reason, address: peer.text(), ..Access::default() };
    web.ledger().log_access(&caller.actor(), access).await.map_err(|error| match error {
        ChangeError::NotRecorded(cause) => {
            tracing::error!(%cause, "a look could not be logged");
            Problem::unavailable("This look could not be written into the access log, so it is not shown. Try again.")
        }
        error => error.into(),
    })
}
