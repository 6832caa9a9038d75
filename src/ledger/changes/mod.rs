//! Changes that are not scans: one file for each noun. Each names the rules by which it refuses.

mod alerts;
mod charts;
mod equipment;
pub(in crate::ledger) mod import_charts;
mod import_runs;
mod imports;
mod kiosks;
pub(in crate::ledger) mod patients;
mod places;
mod print_batches;
mod print_jobs;
mod print_reports;
mod printer_stock;
mod printers;
mod prune;
mod record_types;
mod scan_back;
mod sightings;
mod silence;
mod staff;
mod sweep;
pub(in crate::ledger) mod versioned;
mod was;

pub(super) use alerts::NOTED;
pub use alerts::{AlertAction, AlertStep, CloseAlert, OpenAlert};
pub use charts::{
    AddChart, ChartPatch, CorrectAndMove, CorrectChart, MoveChart, RenewLoan, ReportFound, ReportMissing,
};
pub use equipment::{AddEquipment, CorrectEquipment, LogService, StrikeService};
pub use import_charts::{ChartRow, ImportCharts};
pub use import_runs::ImportRun;
pub use imports::{
    IMPORT_CHUNK_ROWS, ImportPatients, ImportPlaces, ImportStaff, PatientRow, PlaceRow, RowOutcome, StaffRow,
};
pub use kiosks::{AddKiosk, CorrectKiosk, KioskPatch};
pub use patients::{AddPatient, CorrectPatient, PatientPatch};
pub use places::{AddPlace, CorrectPlace, PlacePatch};
pub use print_batches::{BatchStep, FeedBatch, GatherBatch, OpenBatch, SteerBatch};
pub use print_jobs::{
    CancelPrintJob, ConfirmPrintJob, PrintJobFate, QueueLabels, QueuePaper, REASONS as PRINT_REASONS, RetryPrintJob,
};
pub use print_reports::ReportPrintJob;
pub use printer_stock::{CorrectStock, LoadStock};
pub use printers::{PrinterHealth, StockLow};
pub use prune::{Prune, RAW_SCAN_DAYS};
pub use record_types::{AddRecordType, CorrectRecordType, RecordTypePatch};
pub use scan_back::{ScanBack, ScannedBack};
pub use sightings::{RecordSightings, SIGHTINGS_MAX, Sighted};
pub use silence::{CountScans, OpenSilence, Silence};
pub use staff::{AddStaff, CorrectStaff, StaffPatch};
pub use sweep::{Sweep, Swept};
pub use was::Was;

use super::error::ChangeError;
use super::work::Work;

/// A change that the writer makes inside its transaction.
pub trait Change: Send + 'static {
    /// What the caller hears after COMMIT.
    type Made: Send + 'static;

    /// Background changes (import chunks, sweeps) wait behind live ones and go one to a batch.
    const BACKGROUND: bool = false;

    /// Checks and makes it. On an error nothing of it stays.
    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError>;
}
