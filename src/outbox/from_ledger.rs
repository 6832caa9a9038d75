//! The outbox's queue is the ledger; what labels and lists say is read from it.

use crate::barcode::{self, Code, LabelIssue};
use crate::labels::report::ListRow;
use crate::labels::{ChartLabel, LabelData};
use crate::ledger::changes::{CloseAlert, OpenAlert, PrintJobFate};
use crate::ledger::queries::{ChartRow, Sight};
use crate::ledger::{Actor, AlertKind, ChangeError, Ledger, PrintJobId, PrintJobRow, PrintJobState, ReadError};
use crate::records::Filing;

use super::{Jobs, JobsError, LabelFault};

/// The queue in a ledger.
pub struct LedgerJobs {
    ledger: Ledger,
    hospital: String,
    filing: Filing,
}

impl LedgerJobs {
    /// The queue of `ledger`; the hospital's name and filing order stand on labels.
    pub fn new(ledger: Ledger, hospital: &str, filing: Filing) -> Self {
        Self { ledger, hospital: hospital.to_owned(), filing }
    }
}

impl Jobs for LedgerJobs {
    fn next(&self, printer: &str) -> Result<Option<PrintJobRow>, JobsError> {
        let waiting = self.ledger.read_blocking(|reader| reader.waiting_print_jobs(printer)).map_err(unread)?;
        Ok(waiting.into_iter().find(|job| job.state == PrintJobState::Queued))
    }

    fn sending(&self, printer: &str) -> Result<Vec<PrintJobRow>, JobsError> {
        let waiting = self.ledger.read_blocking(|reader| reader.waiting_print_jobs(printer)).map_err(unread)?;
        Ok(waiting.into_iter().filter(|job| job.state == PrintJobState::Sending).collect())
    }

    fn label(&self, job: &PrintJobRow) -> Result<LabelData, LabelFault> {
        let row = self.ledger.read_blocking(|reader| reader.chart(job.chart, Sight::Full));
        match row {
            Ok(Some(row)) => Ok(label_data(&row, job.issue, &self.hospital, self.filing)),
            Ok(None) | Err(ReadError::NotFound(_)) => {
                Err(LabelFault::Never(format!("there is no chart {}", job.chart)))
            }
            Err(error) => Err(LabelFault::NotNow(error.to_string())),
        }
    }

    fn note(&self, id: PrintJobId, state: PrintJobState, fault: Option<String>) -> Result<PrintJobRow, JobsError> {
        self.ledger.change_blocking(&Actor::System, PrintJobFate { id, state, fault }).map_err(|error| match error {
            ChangeError::NotRecorded(why) => JobsError::NotRecorded(why),
            other => JobsError::Changed(other.to_string()),
        })
    }

    fn printer_changed(&self, printer: &str, hindrance: Option<&str>) {
        let (kind, subject) = (AlertKind::Printer, printer.to_owned());
        let told = match hindrance {
            Some(_) => self.ledger.change_blocking(&Actor::System, OpenAlert { kind, subject, place: None }).map(drop),
            None => {
                let resolution = "recovered".to_owned();
                self.ledger.change_blocking(&Actor::System, CloseAlert { kind, subject, resolution }).map(drop)
            }
        };
        if let Err(error) = told {
            tracing::warn!(printer, %error, "the printer's alert was not recorded");
        }
    }
}

fn unread(error: ReadError) -> JobsError {
    JobsError::NotRecorded(error.to_string())
}

/// What a chart's label says, with the given issue.
pub fn label_data(row: &ChartRow, issue: LabelIssue, hospital: &str, filing: Filing) -> LabelData {
    let chart = &row.chart;
    LabelData::chart(&ChartLabel {
        barcode: barcode::encode(&Code::Chart(chart.number, issue)).unwrap_or_default(),
        reference: barcode::encode(&Code::Reference(chart.number)).unwrap_or_default(),
        mrn: row.patient.mrn.clone(),
        filing,
        last_name: row.patient.last_name.clone(),
        first_name: row.patient.first_name.clone(),
        birth_date: row.patient.birth_date,
        sex: row.patient.sex.clone(),
        record_type: chart.record_type.clone(),
        record_type_name: row.record_type_name.clone().unwrap_or_else(|| chart.record_type.clone()),
        volume: chart.volume,
        home: row.home_name.clone().or_else(|| chart.home.as_ref().map(ToString::to_string)).unwrap_or_default(),
        hospital: hospital.to_owned(),
    })
}

/// A chart that is out, as the downtime list has it.
pub fn list_row(row: &ChartRow) -> ListRow {
    let chart = &row.chart;
    let code = chart.place.as_ref().map(ToString::to_string);
    ListRow {
        place: chart.place_name.clone().or(code).unwrap_or_else(|| "Place not known".to_owned()),
        mrn: row.patient.mrn.clone(),
        last_name: row.patient.last_name.clone(),
        first_name: row.patient.first_name.clone(),
        birth_date: row.patient.birth_date,
        record_type: chart.record_type.clone(),
        volume: chart.volume,
        holder: chart.holder_name.clone().or_else(|| chart.holder.as_ref().map(ToString::to_string)),
        out_since: chart.out_since,
        due_at: chart.due_at,
        missing: chart.missing_since.is_some(),
    }
}
