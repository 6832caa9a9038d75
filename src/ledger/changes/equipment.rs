//! Equipment and the log of its services.

use jiff::civil::Date;
use rusqlite::{OptionalExtension, params};
use serde_json::json;

use super::super::equipment as stored;
use super::super::error::ChangeError;
use super::super::rows::{self, ALERT_COLUMNS, word};
use super::super::work::Work;
use super::super::{AlertRow, Effect};
use super::{Change, Was, versioned};
use crate::alerts::service_ended;
use crate::equipment::{Described, Equipment, EquipmentId, Service, ServiceId};
use crate::records::Fault;

/// A new piece of equipment.
#[derive(Debug, Clone)]
pub struct AddEquipment {
    /// What is said of it.
    pub described: Described,
}

impl Change for AddEquipment {
    type Made = Equipment;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let id = EquipmentId(next_id(work, "equipment")?);
        let described = checked(work, id, self.described, false)?;
        let registered_on = today(work);
        let equipment = Equipment { id, described, registered_on, last_service_on: None, retired: false };
        let set = versioned::put_equipment(work, &equipment, None)?;
        work.record("equipment_added", json!({ "equipment": id }), vec![set])?;
        Ok(equipment)
    }
}

/// Corrects, retires or reinstates a piece of equipment.
#[derive(Debug, Clone)]
pub struct CorrectEquipment<F> {
    /// Which.
    pub id: EquipmentId,
    /// What becomes of what was said of it.
    pub correct: F,
    /// Is it out of use from now on? `None` leaves it as it is.
    pub retired: Option<bool>,
    /// What those fields were when they were looked at.
    pub was: Was,
}

impl<F: FnOnce(Described) -> Described + Send + 'static> Change for CorrectEquipment<F> {
    type Made = Equipment;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let (before, version) = by_id(work, self.id)?;
        self.was.check(&before)?;
        let retired = self.retired.unwrap_or(before.retired);
        let described = checked(work, self.id, (self.correct)(before.described.clone()), retired)?;
        let after = Equipment { described, retired, ..before.clone() };
        if after == before {
            return Ok(after);
        }
        let mut effects = vec![versioned::put_equipment(work, &after, Some((&before, version)))?];
        effects.extend(ended_alert(work, &after, "rescheduled")?);
        let kind = match (before.retired, after.retired) {
            (false, true) => "equipment_retired",
            (true, false) => "equipment_reinstated",
            _ => "equipment_corrected",
        };
        work.record(kind, json!({ "equipment": after.id }), effects)?;
        Ok(after)
    }
}

/// Something was done to a piece of equipment.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the fields are Service's own")]
pub struct LogService {
    pub equipment: EquipmentId,
    pub done_on: Date,
    pub done_by: String,
    pub work: String,
    pub cost_cents: Option<u32>,
}

impl Change for LogService {
    type Made = Service;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let (before, _) = by_id(work, self.equipment)?;
        if before.retired {
            return Err(ChangeError::Conflict(format!("equipment {} is retired: reinstate it first", before.id.0)));
        }
        let service = Service {
            id: ServiceId(next_id(work, "equipment_services")?),
            equipment: self.equipment,
            done_on: self.done_on,
            done_by: self.done_by.trim().to_owned(),
            work: self.work.trim().to_owned(),
            cost_cents: self.cost_cents,
            struck: false,
            logged_by: work.actor(),
            logged_at: work.now(),
        };
        refuse(service.fault(today(work)))?;
        let logged = versioned::put_service(work, &service, None)?;
        let effects = with_last_service(work, logged, service.equipment, "serviced")?;
        work.record("equipment_serviced", json!({ "equipment": service.equipment, "service": service.id }), effects)?;
        Ok(service)
    }
}

/// A service was logged by mistake: it is kept, struck out, and counts for nothing.
#[derive(Debug, Clone, Copy)]
pub struct StrikeService {
    /// The piece whose log it is in.
    pub equipment: EquipmentId,
    /// Which.
    pub id: ServiceId,
}

impl Change for StrikeService {
    type Made = Service;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let found = stored::service(work.conn(), self.id)?.filter(|(service, _)| service.equipment == self.equipment);
        let unknown = || ChangeError::NotFound(format!("equipment {} has no service {}", self.equipment.0, self.id.0));
        let (before, version) = found.ok_or_else(unknown)?;
        if before.struck {
            return Ok(before);
        }
        let after = Service { struck: true, ..before.clone() };
        let struck = versioned::put_service(work, &after, Some((&before, version)))?;
        let effects = with_last_service(work, struck, after.equipment, "rescheduled")?;
        work.record("equipment_service_struck", json!({ "equipment": after.equipment, "service": after.id }), effects)?;
        Ok(after)
    }
}

/// The effects of a changed log: its own row, the equipment's last service, and the end of an alert that it settles.
fn with_last_service(
    work: &mut Work<'_>,
    logged: Effect,
    id: EquipmentId,
    settled: &'static str,
) -> Result<Vec<Effect>, ChangeError> {
    let sql = "SELECT max(done_on) FROM main.equipment_services WHERE equipment = ? AND struck = 0";
    let last = work.conn().prepare_cached(sql)?.query_row([id.0], |row| rows::from_word_or_null(row, 0))?;
    let (before, version) = by_id(work, id)?;
    let after = Equipment { last_service_on: last, ..before.clone() };
    let mut effects = vec![logged];
    if after != before {
        effects.push(versioned::put_equipment(work, &after, Some((&before, version)))?);
    }
    effects.extend(ended_alert(work, &after, settled)?);
    Ok(effects)
}

/// The live alert about its service, resolved, where its day no longer stands.
fn ended_alert(work: &Work<'_>, equipment: &Equipment, settled: &'static str) -> Result<Option<Effect>, ChangeError> {
    let sql =
        format!("SELECT {ALERT_COLUMNS} FROM main.alerts WHERE kind = 'service' AND about = ? AND state <> 'resolved'");
    let live: Option<AlertRow> =
        work.conn().prepare_cached(&sql)?.query_row([equipment.id.0], rows::alert).optional()?;
    Ok(live.and_then(|alert| {
        let resolution = service_ended(&alert, equipment, settled)?;
        Some(Effect::AlertSet(alert.resolved(work.now(), resolution, &work.actor())))
    }))
}

fn by_id(work: &Work<'_>, id: EquipmentId) -> Result<(Equipment, u32), ChangeError> {
    let found = stored::equipment(work.conn(), id)?;
    found.ok_or_else(|| ChangeError::NotFound(format!("there is no equipment {}", id.0)))
}

/// Rows of the register are never taken away, so the highest number tells the next one.
fn next_id(work: &Work<'_>, table: &str) -> Result<u32, ChangeError> {
    let sql = format!("SELECT coalesce(max(id), 0) + 1 FROM main.{table}");
    Ok(work.conn().prepare_cached(&sql)?.query_row([], |row| row.get(0))?)
}

/// The hospital's day.
pub(super) fn today(work: &Work<'_>) -> Date {
    work.now().to_zoned(work.store.fixed.zone.clone()).date()
}

fn refuse(fault: Option<Fault>) -> Result<(), ChangeError> {
    fault.map_or(Ok(()), |(rule, field, text)| Err(ChangeError::refused(rule, Some(field), text)))
}

/// What is said of a piece, fit to be registered beside the others.
fn checked(work: &mut Work<'_>, id: EquipmentId, said: Described, retired: bool) -> Result<Described, ChangeError> {
    let said = said.trimmed();
    refuse(said.fault(today(work)))?;
    if let Some(place) = &said.place
        && work.store.place(place)?.is_none()
    {
        let text = format!("there is no place {place}");
        return Err(ChangeError::refused("refuse_when_place_is_unknown", Some("place"), text));
    }
    if let Some(serial) = &said.serial {
        let sql = "SELECT id FROM main.equipment WHERE serial = ? AND make IS ? AND id <> ? LIMIT 1";
        if let Some(other) = other(work, sql, params![serial, said.make, id.0])? {
            let text = format!("equipment {other} of the same make has this serial number already");
            return Err(ChangeError::refused("refuse_when_serial_is_registered", Some("serial"), text));
        }
    }
    if let Some(device) = said.device.as_ref().filter(|_| !retired) {
        let sql = "SELECT id FROM main.equipment WHERE device = ? AND kind = ? AND id <> ? AND retired = 0 LIMIT 1";
        if let Some(other) = other(work, sql, params![device, word(&said.kind)?, id.0])? {
            let text = format!("equipment {other} is {device} already: retire it, or empty its device, first");
            return Err(ChangeError::refused("refuse_when_device_is_registered", Some("device"), text));
        }
    }
    Ok(said)
}

fn other(work: &Work<'_>, sql: &str, with: &[&dyn rusqlite::ToSql]) -> Result<Option<u32>, ChangeError> {
    Ok(work.conn().prepare_cached(sql)?.query_row(with, |row| row.get(0)).optional()?)
}
