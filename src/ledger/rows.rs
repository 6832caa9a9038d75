//! Rows to values and back, where more than one file needs them.

use jiff::Timestamp;
use rusqlite::types::{Type, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::StoreError;
use super::kiosks::KnownKiosk;
use super::{
    AlertId, AlertRow, Effect, ImportRunId, ImportRunRow, PatientId, PrintBatchId, PrintBatchRow, PrintJobId,
    PrintJobRow, PrinterStockRow,
};
use crate::barcode::{BadgeNumber, ChartNumber, LabelIssue, PlaceCode};
use crate::custody::{Custody, Kiosk, Place, Staff};
use crate::records::{Patient, RecordType};

/// The word that a plain enum is written with in JSON: the same is stored in columns.
pub(super) fn word<T: Serialize>(value: &T) -> Result<String, StoreError> {
    match serde_json::to_value(value)? {
        serde_json::Value::String(word) => Ok(word),
        other => Err(StoreError::Unreadable(format!("{other} is not a word"))),
    }
}

/// The value that a stored word stands for.
pub(super) fn from_word<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let word: String = row.get(column)?;
    serde_json::from_value(serde_json::Value::String(word)).map_err(|error| unreadable(column, error))
}

/// The same for a column that may be NULL.
pub(super) fn from_word_or_null<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    let word: Option<String> = row.get(column)?;
    word.map(|word| serde_json::from_value(serde_json::Value::String(word)))
        .transpose()
        .map_err(|error| unreadable(column, error))
}

/// A stored time.
pub(super) fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    Timestamp::from_microsecond(row.get(column)?).map_err(|error| unreadable(column, error))
}

/// A stored time, or NULL.
pub(super) fn time_or_null(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    let micros: Option<i64> = row.get(column)?;
    micros.map(Timestamp::from_microsecond).transpose().map_err(|error| unreadable(column, error))
}

/// A stored JSON text.
pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|error| unreadable(column, error))
}

fn unreadable(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}

/// The columns of [`alert`], in its order.
pub(super) const ALERT_COLUMNS: &str = "id, kind, state, chart, place, about, subject, opened_at, due_at, owner, \
                                        snoozed_until, resolved_at, resolution, resolved_by, resolved_place";

/// An alert from [`ALERT_COLUMNS`].
pub(super) fn alert(row: &Row<'_>) -> rusqlite::Result<AlertRow> {
    Ok(AlertRow {
        id: AlertId(row.get(0)?),
        kind: from_word(row, 1)?,
        state: from_word(row, 2)?,
        chart: row.get::<_, Option<u32>>(3)?.map(ChartNumber),
        place: from_word_or_null(row, 4)?,
        about: row.get(5)?,
        subject: row.get(6)?,
        opened_at: time(row, 7)?,
        due_at: time_or_null(row, 8)?,
        owner: row.get(9)?,
        snoozed_until: time_or_null(row, 10)?,
        resolved_at: time_or_null(row, 11)?,
        resolution: row.get(12)?,
        resolved_by: row.get(13)?,
        resolved_place: from_word_or_null(row, 14)?,
    })
}

/// The columns of [`print_job`], in its order.
pub(super) const PRINT_JOB_COLUMNS: &str = "id, printer, template, subject, copies, start_at, batch, position, reason, \
                                            state, proof, requested_by, requested_at, changed_at, attempts, fault";

/// A print job from [`PRINT_JOB_COLUMNS`].
pub(super) fn print_job(row: &Row<'_>) -> rusqlite::Result<PrintJobRow> {
    Ok(PrintJobRow {
        id: PrintJobId(row.get(0)?),
        printer: row.get(1)?,
        template: row.get(2)?,
        subject: json(row, 3)?,
        copies: row.get(4)?,
        start_at: row.get(5)?,
        batch: row.get::<_, Option<u64>>(6)?.map(PrintBatchId),
        position: row.get(7)?,
        reason: row.get(8)?,
        state: from_word(row, 9)?,
        proof: from_word_or_null(row, 10)?,
        requested_by: row.get(11)?,
        requested_at: time(row, 12)?,
        changed_at: time(row, 13)?,
        attempts: row.get(14)?,
        fault: row.get(15)?,
    })
}

/// The columns of [`import_run`], in its order.
pub(super) const IMPORT_RUN_COLUMNS: &str = "id, key, coalesce((SELECT name FROM main.import_run_names WHERE run = id), ''), \
     added, changed, imported_by, began_at, changed_at";

/// A run of an import.
pub(super) fn import_run(row: &Row<'_>) -> rusqlite::Result<ImportRunRow> {
    let key =
        row.get_ref(1)?.as_str()?.parse().map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, Box::new(error))
        })?;
    Ok(ImportRunRow {
        id: ImportRunId(row.get(0)?),
        key,
        file: row.get(2)?,
        added: row.get(3)?,
        changed: row.get(4)?,
        imported_by: row.get(5)?,
        began_at: time(row, 6)?,
        changed_at: time(row, 7)?,
    })
}

/// The columns of [`print_batch`], in its order.
pub(super) const PRINT_BATCH_COLUMNS: &str = "id, \
     coalesce((SELECT name FROM main.print_batch_names WHERE batch = id), ''), \
     printer, template, copies, start_at, per_sheet, reason, state, total, next, note, requested_by, requested_at, changed_at";

/// A batch from [`PRINT_BATCH_COLUMNS`].
pub(super) fn print_batch(row: &Row<'_>) -> rusqlite::Result<PrintBatchRow> {
    Ok(PrintBatchRow {
        id: PrintBatchId(row.get(0)?),
        name: row.get(1)?,
        printer: row.get(2)?,
        template: row.get(3)?,
        copies: row.get(4)?,
        start_at: row.get(5)?,
        per_sheet: row.get(6)?,
        reason: row.get(7)?,
        state: from_word(row, 8)?,
        total: row.get(9)?,
        next: row.get(10)?,
        note: row.get(11)?,
        requested_by: row.get(12)?,
        requested_at: time(row, 13)?,
        changed_at: time(row, 14)?,
    })
}

/// The columns of [`printer_stock`], in its order.
pub(super) const PRINTER_STOCK_COLUMNS: &str = "printer, stock, loaded, remaining, loaded_by, loaded_at";

/// What is loaded in a printer, from [`PRINTER_STOCK_COLUMNS`].
pub(super) fn printer_stock(row: &Row<'_>) -> rusqlite::Result<PrinterStockRow> {
    Ok(PrinterStockRow {
        printer: row.get(0)?,
        stock: row.get(1)?,
        loaded: row.get(2)?,
        left: row.get(3)?,
        loaded_by: row.get(4)?,
        loaded_at: time(row, 5)?,
    })
}

/// A versioned row: the row and its version.
pub(super) type Versioned<T> = (T, u32);

/// A place, by code.
pub(super) fn place(conn: &Connection, code: &PlaceCode) -> rusqlite::Result<Option<Versioned<Place>>> {
    let sql = "SELECT code, name, kind, loan_hours, restricted, active, version FROM main.places WHERE code = ?";
    let read = |row: &Row<'_>| {
        let place = Place {
            code: from_word(row, 0)?,
            name: row.get(1)?,
            kind: from_word(row, 2)?,
            loan_hours: row.get(3)?,
            restricted: row.get(4)?,
            active: row.get(5)?,
        };
        Ok((place, row.get(6)?))
    };
    conn.prepare_cached(sql)?.query_row([code.as_str()], read).optional()
}

/// A person, by badge.
pub(super) fn staff(conn: &Connection, badge: &BadgeNumber) -> rusqlite::Result<Option<Versioned<Staff>>> {
    let sql = "SELECT badge, name, role, place, email, active, version FROM main.staff WHERE badge = ?";
    let read = |row: &Row<'_>| {
        let staff = Staff {
            badge: from_word(row, 0)?,
            name: row.get(1)?,
            role: from_word(row, 2)?,
            place: from_word_or_null(row, 3)?,
            email: row.get(4)?,
            active: row.get(5)?,
        };
        Ok((staff, row.get(6)?))
    };
    conn.prepare_cached(sql)?.query_row([badge.as_str()], read).optional()
}

/// A record type, by code.
pub(super) fn record_type(conn: &Connection, code: &str) -> rusqlite::Result<Option<Versioned<RecordType>>> {
    let sql = "SELECT code, name, restricted, active, version FROM main.record_types WHERE code = ?";
    let read = |row: &Row<'_>| {
        let kind = RecordType { code: row.get(0)?, name: row.get(1)?, restricted: row.get(2)?, active: row.get(3)? };
        Ok((kind, row.get(4)?))
    };
    conn.prepare_cached(sql)?.query_row([code], read).optional()
}

const KIOSK: &str = "SELECT id, name, place, mode, idle_sign_off_seconds, printer, configured, active, \
                     version, language FROM main.kiosks";

fn kiosk_row(row: &Row<'_>) -> rusqlite::Result<Versioned<KnownKiosk>> {
    let kiosk = Kiosk {
        id: row.get(0)?,
        name: row.get(1)?,
        place: from_word(row, 2)?,
        mode: from_word(row, 3)?,
        idle_sign_off_seconds: row.get(4)?,
        printer: row.get(5)?,
        language: if row.get_ref(9)? == ValueRef::Null { None } else { Some(from_word(row, 9)?) },
    };
    Ok((KnownKiosk { kiosk, configured: row.get(6)?, active: row.get(7)? }, row.get(8)?))
}

/// A kiosk's row, by id.
pub(super) fn kiosk(conn: &Connection, id: &str) -> rusqlite::Result<Option<Versioned<KnownKiosk>>> {
    conn.prepare_cached(&format!("{KIOSK} WHERE id = ?"))?.query_row([id], kiosk_row).optional()
}

/// All rows of kiosks, by id.
pub(super) fn kiosks(conn: &Connection) -> rusqlite::Result<Vec<KnownKiosk>> {
    let mut select = conn.prepare_cached(&format!("{KIOSK} ORDER BY id"))?;
    let rows = select.query_map([], |row| kiosk_row(row).map(|(known, _)| known))?;
    rows.collect()
}

const PATIENT: &str = "SELECT id, mrn, last_name, first_name, birth_date, sex, active, version FROM main.patients";

fn patient_row(row: &Row<'_>) -> rusqlite::Result<(PatientId, Versioned<Patient>)> {
    let patient = Patient {
        mrn: row.get(1)?,
        last_name: row.get(2)?,
        first_name: row.get(3)?,
        birth_date: from_word_or_null(row, 4)?,
        sex: row.get(5)?,
        active: row.get(6)?,
    };
    Ok((PatientId(row.get(0)?), (patient, row.get(7)?)))
}

/// A patient with the internal number, by MRN.
pub(super) fn patient(conn: &Connection, mrn: &str) -> rusqlite::Result<Option<(PatientId, Versioned<Patient>)>> {
    conn.prepare_cached(&format!("{PATIENT} WHERE mrn = ?"))?.query_row([mrn], patient_row).optional()
}

/// The MRN that the patient who had this one has now; the last who had it, where it was several patients'.
pub(super) fn mrn_after(conn: &Connection, former: &str) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT p.mrn FROM main.former_rows f JOIN main.patients p ON p.id = CAST(f.key AS INTEGER) \
               WHERE f.source = 'patients' AND json_extract(f.row, '$.mrn') = ? ORDER BY f.until_seq DESC LIMIT 1";
    conn.prepare_cached(sql)?.query_row([former], |row| row.get(0)).optional()
}

/// A patient, by the internal number.
pub(super) fn patient_by_id(conn: &Connection, id: u64) -> rusqlite::Result<Option<Versioned<Patient>>> {
    let found = conn.prepare_cached(&format!("{PATIENT} WHERE id = ?"))?.query_row([id], patient_row).optional()?;
    Ok(found.map(|(_, patient)| patient))
}

/// A chart as registered and as the fold has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChartRecord {
    pub number: ChartNumber,
    pub patient: PatientId,
    pub record_type: String,
    pub volume: u16,
    pub home: PlaceCode,
    pub retired: bool,
    pub issued: Option<LabelIssue>,
    pub on_chart: Option<LabelIssue>,
    pub custody: Custody,
}

impl ChartRecord {
    /// The effect that makes the registration what this has.
    pub fn set(&self) -> Effect {
        Effect::ChartSet {
            chart: self.number,
            patient: self.patient,
            record_type: self.record_type.clone(),
            volume: self.volume,
            home: self.home.clone(),
            retired: self.retired,
        }
    }
}

const CHART: &str = "SELECT number, patient, record_type, volume, home, retired, issued, on_chart, custody \
                     FROM main.charts";

fn chart_record(row: &Row<'_>) -> rusqlite::Result<ChartRecord> {
    Ok(ChartRecord {
        number: ChartNumber(row.get(0)?),
        patient: PatientId(row.get(1)?),
        record_type: row.get(2)?,
        volume: row.get(3)?,
        home: from_word(row, 4)?,
        retired: row.get(5)?,
        issued: row.get::<_, Option<u16>>(6)?.map(LabelIssue),
        on_chart: row.get::<_, Option<u16>>(7)?.map(LabelIssue),
        custody: json(row, 8)?,
    })
}

/// A chart, by number.
pub(super) fn chart(conn: &Connection, number: ChartNumber) -> rusqlite::Result<Option<ChartRecord>> {
    conn.prepare_cached(&format!("{CHART} WHERE number = ?"))?.query_row([number.0], chart_record).optional()
}

/// A chart, by what it is.
pub(super) fn chart_of(
    conn: &Connection,
    patient: PatientId,
    record_type: &str,
    volume: u16,
) -> rusqlite::Result<Option<ChartRecord>> {
    conn.prepare_cached(&format!("{CHART} WHERE patient = ? AND record_type = ? AND volume = ?"))?
        .query_row(rusqlite::params![patient.0, record_type, volume], chart_record)
        .optional()
}
