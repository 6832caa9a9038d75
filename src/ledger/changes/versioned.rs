//! Rows of versioned tables: written beside the chain, with the keyed hash of each version in it.

use jiff::civil::Date;
use rusqlite::params;
use serde::Serialize;

use super::super::equipment::{EQUIPMENT_COLUMNS, SERVICE_COLUMNS};
use super::super::error::StoreError;
use super::super::kiosks::KnownKiosk;
use super::super::legacy::LegacyBarcode;
use super::super::rows::word;
use super::super::work::Work;
use super::super::{Effect, PatientId};
use crate::custody::{Place, Staff};
use crate::equipment::{Equipment, Service};
use crate::records::{Patient, RecordType, sort_name};

/// A row as it stood, with its version.
pub(in crate::ledger) type Before<'a, T> = Option<(&'a T, u32)>;

/// Writes a patient's row.
pub(in crate::ledger) fn put_patient(
    work: &mut Work<'_>,
    id: PatientId,
    patient: &Patient,
    before: Before<'_, Patient>,
) -> Result<Effect, StoreError> {
    let set = row_set(work, "patients", &id.0.to_string(), patient, before)?;
    let sorted = sort_name(&patient.last_name, &patient.first_name);
    if let Some((old, _)) = before {
        let old = sort_name(&old.last_name, &old.first_name);
        let sql = "INSERT INTO main.patient_names (patient_names, rowid, sort_name) VALUES ('delete', ?, ?)";
        work.conn().prepare_cached(sql)?.execute(params![id.0, old])?;
    }
    let sql = "INSERT INTO main.patients (id, mrn, last_name, first_name, birth_date, sex, active, version, sort_name) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO UPDATE SET mrn = ?2, last_name = ?3, \
               first_name = ?4, birth_date = ?5, sex = ?6, active = ?7, version = ?8, sort_name = ?9";
    work.conn().prepare_cached(sql)?.execute(params![
        id.0,
        patient.mrn,
        patient.last_name,
        patient.first_name,
        patient.birth_date.map(|date| date.to_string()),
        patient.sex,
        patient.active,
        version_after(before),
        sorted,
    ])?;
    let sql = "INSERT INTO main.patient_names (rowid, sort_name) VALUES (?, ?)";
    work.conn().prepare_cached(sql)?.execute(params![id.0, sorted])?;
    Ok(set)
}

/// The most pages of the index of names that are merged with one change: 1 ms of the writer's time, and more than the
/// most that a change adds, so that the index stays in few parts.
const NAMES_MERGED_PAGES: u32 = 8;

/// Takes the index of names one step nearer to being in one part. Its own automatic merging is off: it would stop the
/// writer for as long as it takes.
pub(in crate::ledger) fn merge_names(work: &Work<'_>) -> Result<(), StoreError> {
    let sql = "INSERT INTO main.patient_names (patient_names, rank) VALUES ('merge', ?)";
    work.conn().prepare_cached(sql)?.execute([NAMES_MERGED_PAGES])?;
    Ok(())
}

/// Writes a place's row.
pub(in crate::ledger) fn put_place(
    work: &mut Work<'_>,
    place: &Place,
    before: Before<'_, Place>,
) -> Result<Effect, StoreError> {
    let set = row_set(work, "places", place.code.as_str(), place, before)?;
    let sql = "INSERT OR REPLACE INTO main.places (code, name, kind, loan_hours, restricted, active, version) \
               VALUES (?, ?, ?, ?, ?, ?, ?)";
    work.conn().prepare_cached(sql)?.execute(params![
        place.code.as_str(),
        place.name,
        word(&place.kind)?,
        place.loan_hours,
        place.restricted,
        place.active,
        version_after(before),
    ])?;
    Ok(set)
}

/// Writes a person's row.
pub(in crate::ledger) fn put_staff(
    work: &mut Work<'_>,
    staff: &Staff,
    before: Before<'_, Staff>,
) -> Result<Effect, StoreError> {
    let set = row_set(work, "staff", staff.badge.as_str(), staff, before)?;
    let sql = "INSERT OR REPLACE INTO main.staff (badge, name, role, place, email, active, version) \
               VALUES (?, ?, ?, ?, ?, ?, ?)";
    work.conn().prepare_cached(sql)?.execute(params![
        staff.badge.as_str(),
        staff.name,
        word(&staff.role)?,
        staff.place.as_ref().map(|place| place.as_str()),
        staff.email,
        staff.active,
        version_after(before),
    ])?;
    Ok(set)
}

/// Writes a record type's row.
pub(in crate::ledger) fn put_record_type(
    work: &mut Work<'_>,
    kind: &RecordType,
    before: Before<'_, RecordType>,
) -> Result<Effect, StoreError> {
    let set = row_set(work, "record_types", &kind.code, kind, before)?;
    let sql = "INSERT OR REPLACE INTO main.record_types (code, name, restricted, active, version) \
               VALUES (?, ?, ?, ?, ?)";
    let row = params![kind.code, kind.name, kind.restricted, kind.active, version_after(before)];
    work.conn().prepare_cached(sql)?.execute(row)?;
    Ok(set)
}

/// Writes a kiosk's row.
pub(in crate::ledger) fn put_kiosk(
    work: &mut Work<'_>,
    known: &KnownKiosk,
    before: Before<'_, KnownKiosk>,
) -> Result<Effect, StoreError> {
    let kiosk = &known.kiosk;
    let set = row_set(work, "kiosks", &kiosk.id, known, before)?;
    let sql = "INSERT OR REPLACE INTO main.kiosks (id, name, place, mode, idle_sign_off_seconds, printer, configured, \
               active, version, language) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    work.conn().prepare_cached(sql)?.execute(params![
        kiosk.id,
        kiosk.name,
        kiosk.place.as_str(),
        word(&kiosk.mode)?,
        kiosk.idle_sign_off_seconds,
        kiosk.printer,
        known.configured,
        known.active,
        version_after(before),
        kiosk.language.as_ref().map(word).transpose()?,
    ])?;
    Ok(set)
}

/// Writes the row of a piece of equipment.
pub(in crate::ledger) fn put_equipment(
    work: &mut Work<'_>,
    equipment: &Equipment,
    before: Before<'_, Equipment>,
) -> Result<Effect, StoreError> {
    let set = row_set(work, "equipment", &equipment.id.0.to_string(), equipment, before)?;
    let said = &equipment.described;
    let day = |date: Option<Date>| date.map(|date| date.to_string());
    let sql = format!(
        "INSERT OR REPLACE INTO main.equipment ({EQUIPMENT_COLUMNS}, next_service) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    );
    work.conn().prepare_cached(&sql)?.execute(params![
        equipment.id.0,
        word(&said.kind)?,
        said.name,
        said.make,
        said.model,
        said.serial,
        said.place.as_ref().map(|place| place.as_str()),
        said.device,
        day(said.purchased_on),
        day(said.warranty_until),
        said.service_every,
        said.service_unit.as_ref().map(word).transpose()?,
        said.service_work,
        equipment.registered_on.to_string(),
        day(equipment.last_service_on),
        equipment.retired,
        version_after(before),
        day(equipment.next_service()),
    ])?;
    Ok(set)
}

/// Writes the row of a service.
pub(in crate::ledger) fn put_service(
    work: &mut Work<'_>,
    service: &Service,
    before: Before<'_, Service>,
) -> Result<Effect, StoreError> {
    let set = row_set(work, "equipment_services", &service.id.0.to_string(), service, before)?;
    let sql = format!(
        "INSERT OR REPLACE INTO main.equipment_services ({SERVICE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    );
    work.conn().prepare_cached(&sql)?.execute(params![
        service.id.0,
        service.equipment.0,
        service.done_on.to_string(),
        service.done_by,
        service.work,
        service.cost_cents,
        service.struck,
        service.logged_by,
        service.logged_at.as_microsecond(),
        version_after(before),
    ])?;
    Ok(set)
}

/// Writes the row of a chart's old barcode.
pub(in crate::ledger) fn put_legacy_barcode(
    work: &mut Work<'_>,
    barcode: &LegacyBarcode,
    before: Before<'_, LegacyBarcode>,
) -> Result<Effect, StoreError> {
    let set = row_set(work, "legacy_barcodes", &barcode.chart.0.to_string(), barcode, before)?;
    let sql = "INSERT INTO main.legacy_barcodes (chart, text, version) VALUES (?1, ?2, ?3) \
               ON CONFLICT (chart) DO UPDATE SET text = ?2, version = ?3";
    work.conn().prepare_cached(sql)?.execute(params![barcode.chart.0, barcode.text, version_after(before)])?;
    Ok(set)
}

fn version_after<T>(before: Before<'_, T>) -> u32 {
    before.map_or(1, |(_, version)| version + 1)
}

/// The effect of a new version of a row; the version before it is kept beside, until it must be erased.
fn row_set<T: Serialize>(
    work: &mut Work<'_>,
    table: &str,
    key: &str,
    after: &T,
    before: Before<'_, T>,
) -> Result<Effect, StoreError> {
    if let Some((row, version)) = before {
        let sql = "INSERT OR REPLACE INTO main.former_rows (source, key, version, row, until_seq) \
                   VALUES (?, ?, ?, ?, ?)";
        let until = work.next_seq();
        let row = params![table, key, version, serde_json::to_string(row)?, until];
        work.conn().prepare_cached(sql)?.execute(row)?;
    }
    Ok(Effect::RowSet {
        table: table.to_owned(),
        key: key.to_owned(),
        version: version_after(before),
        fields: changed_fields(before.map(|(row, _)| row), after)?,
        row_hmac: work.row_hmac(after)?,
    })
}

/// The names of the fields that differ; all of a new row.
fn changed_fields<T: Serialize>(before: Option<&T>, after: &T) -> Result<Vec<String>, StoreError> {
    let before = before.map(serde_json::to_value).transpose()?;
    let after = serde_json::to_value(after)?;
    let fields = after.as_object().into_iter().flatten();
    let differs = |name: &str, value| before.as_ref().is_none_or(|before| before.get(name) != Some(value));
    Ok(fields.filter(|(name, value)| differs(name, value)).map(|(name, _)| name.clone()).collect())
}
