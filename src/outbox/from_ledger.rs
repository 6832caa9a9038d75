//! The outbox's queue is the ledger.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::barcode::PlaceCode;
use crate::labels::{LabelData, Labels};
use crate::ledger::changes::{BatchStep, CorrectStock, FeedBatch, PrintJobFate, PrinterHealth, SteerBatch, StockLow};
use crate::ledger::{Actor, ChangeError, Ledger, PrintJobId, PrintJobRow, PrintJobState, ReadError};

use super::{Jobs, JobsError, LabelFault, PrinterSpec, Texts};

/// The templates as they are now: a site's own may be edited while the server runs.
pub type Shelf = Arc<dyn Fn() -> Arc<Labels> + Send + Sync>;

/// The queue in a ledger.
pub struct LedgerJobs {
    ledger: Ledger,
    texts: Texts,
    shelf: Shelf,
    /// Of which printers it was told that few labels are left.
    low: Mutex<HashMap<String, bool>>,
}

impl LedgerJobs {
    /// The queue of `ledger`. Batches whose charts were being gathered when the server stopped are given up: nothing of
    /// them was printed.
    pub fn new(ledger: Ledger, texts: Texts, shelf: Shelf) -> Self {
        match ledger.read_blocking(|reader| reader.gathering_batches()) {
            Ok(interrupted) => {
                for batch in interrupted {
                    let change = SteerBatch { id: batch.id, step: BatchStep::Cancel };
                    if let Err(error) = ledger.change_blocking(&Actor::System, change) {
                        tracing::warn!(batch = batch.id.0, %error, "a batch that was never made could not be given up");
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "batches could not be read"),
        }
        Self { ledger, texts, shelf, low: Mutex::default() }
    }

    /// Tells, or takes back, that few labels are left, where that changed.
    fn tell_stock(&self, printer: &PrinterSpec, low: bool) {
        let known = self.low.lock().unwrap_or_else(PoisonError::into_inner).get(&printer.id).copied();
        if known == Some(low) {
            return;
        }
        let change = StockLow { printer: printer.id.clone(), place: place_of(printer), low };
        match self.ledger.change_blocking(&Actor::System, change) {
            Ok(_) => {
                let mut known = self.low.lock().unwrap_or_else(PoisonError::into_inner);
                known.insert(printer.id.clone(), low);
            }
            Err(error) => tracing::warn!(printer = %printer.id, %error, "the stock's alert was not recorded"),
        }
    }
}

impl Jobs for LedgerJobs {
    fn next(&self, printer: &str) -> Result<Option<PrintJobRow>, JobsError> {
        self.ledger.read_blocking(|reader| reader.next_print_job(printer)).map_err(unread)
    }

    fn sending(&self, printer: &str) -> Result<Vec<PrintJobRow>, JobsError> {
        self.ledger.read_blocking(|reader| reader.sending_print_jobs(printer)).map_err(unread)
    }

    fn feed(&self, printer: &str) -> Result<bool, JobsError> {
        if !self.ledger.read_blocking(|reader| reader.runs_a_batch(printer)).map_err(unread)? {
            return Ok(false);
        }
        let feed = FeedBatch { printer: printer.to_owned() };
        self.ledger.change_blocking(&Actor::System, feed).map_err(unmade)
    }

    fn labels(&self) -> Arc<Labels> {
        (self.shelf)()
    }

    fn data(&self, job: &PrintJobRow) -> Result<Vec<LabelData>, LabelFault> {
        self.texts.of_job(job)
    }

    fn note(&self, id: PrintJobId, state: PrintJobState, fault: Option<String>) -> Result<PrintJobRow, JobsError> {
        self.ledger.change_blocking(&Actor::System, PrintJobFate { id, state, fault }).map_err(unmade)
    }

    fn hold_back(&self, job: &PrintJobRow, why: &str) -> bool {
        let Some(batch) = job.batch else { return false };
        let label = job.position.map(|label| format!(" at label {label}")).unwrap_or_default();
        let step = BatchStep::Pause { note: Some(format!("stopped{label}: {why}")) };
        match self.ledger.change_blocking(&Actor::System, SteerBatch { id: batch, step }) {
            Ok(_) => true,
            // It is not running any more: what is left of it is a label like any other.
            Err(error) => {
                tracing::info!(batch = batch.0, %error, "not paused");
                false
            }
        }
    }

    fn loaded(&self, printer: &str) -> Option<String> {
        self.ledger.read_blocking(|reader| reader.printer_stock(printer)).ok().flatten().and_then(|stock| stock.stock)
    }

    fn printer_changed(&self, printer: &PrinterSpec, hindrance: Option<&str>) {
        let fault = hindrance.map(str::to_owned);
        let change = PrinterHealth { printer: printer.id.clone(), place: place_of(printer), fault };
        if let Err(error) = self.ledger.change_blocking(&Actor::System, change) {
            tracing::warn!(printer = %printer.id, %error, "the printer's alert was not recorded");
        }
    }

    fn stock(&self, printer: &PrinterSpec, left: Option<u32>, few: bool) {
        let known = match self.ledger.read_blocking(|reader| reader.printer_stock(&printer.id)) {
            Ok(known) => known,
            Err(error) => return tracing::warn!(printer = %printer.id, %error, "its stock could not be read"),
        };
        if let (Some(known), Some(left)) = (&known, left)
            && known.left != left
        {
            let change = CorrectStock { printer: printer.id.clone(), left };
            if let Err(error) = self.ledger.change_blocking(&Actor::Device(printer.id.clone()), change) {
                tracing::warn!(printer = %printer.id, %error, "its stock was not recorded");
            }
        }
        let left = left.or(known.map(|known| known.left));
        self.tell_stock(printer, few || left.is_some_and(|left| left <= printer.low_stock));
    }
}

fn place_of(printer: &PrinterSpec) -> Option<PlaceCode> {
    printer.place.as_deref().and_then(|code| PlaceCode::new(code).ok())
}

fn unread(error: ReadError) -> JobsError {
    JobsError::NotRecorded(error.to_string())
}

fn unmade(error: ChangeError) -> JobsError {
    match error {
        ChangeError::NotRecorded(why) => JobsError::NotRecorded(why),
        other => JobsError::Changed(other.to_string()),
    }
}
