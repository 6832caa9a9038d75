//! Rows of the register of equipment and of its service log, read by the writer and by readers.

use rusqlite::{Connection, OptionalExtension, Row};

use super::rows::{Versioned, from_word, from_word_or_null, time};
use crate::equipment::{Described, Equipment, EquipmentId, Service, ServiceId};

/// The columns of [`equipment_row`], in its order.
pub(super) const EQUIPMENT_COLUMNS: &str = "id, kind, name, make, model, serial, place, device, purchased_on, \
     warranty_until, service_every, service_unit, service_work, registered_on, last_service_on, retired, version";

/// A piece of equipment and its version, from [`EQUIPMENT_COLUMNS`].
pub(super) fn equipment_row(row: &Row<'_>) -> rusqlite::Result<Versioned<Equipment>> {
    let described = Described {
        kind: from_word(row, 1)?,
        name: row.get(2)?,
        make: row.get(3)?,
        model: row.get(4)?,
        serial: row.get(5)?,
        place: from_word_or_null(row, 6)?,
        device: row.get(7)?,
        purchased_on: from_word_or_null(row, 8)?,
        warranty_until: from_word_or_null(row, 9)?,
        service_every: row.get(10)?,
        service_unit: from_word_or_null(row, 11)?,
        service_work: row.get(12)?,
    };
    let equipment = Equipment {
        id: EquipmentId(row.get(0)?),
        described,
        registered_on: from_word(row, 13)?,
        last_service_on: from_word_or_null(row, 14)?,
        retired: row.get(15)?,
    };
    Ok((equipment, row.get(16)?))
}

/// A piece of equipment, by number. A row whose derived day is not what the row says counts as none: somebody wrote
/// it past the ledger.
pub(super) fn equipment(conn: &Connection, id: EquipmentId) -> rusqlite::Result<Option<Versioned<Equipment>>> {
    let sql = format!("SELECT {EQUIPMENT_COLUMNS}, next_service FROM main.equipment WHERE id = ?");
    let read = |row: &Row<'_>| Ok((equipment_row(row)?, from_word_or_null(row, 17)?));
    let found = conn.prepare_cached(&sql)?.query_row([id.0], read).optional()?;
    Ok(found.filter(|((equipment, _), next)| equipment.next_service() == *next).map(|(row, _)| row))
}

/// The columns of [`service_row`], in its order.
pub(super) const SERVICE_COLUMNS: &str =
    "id, equipment, done_on, done_by, work, cost_cents, struck, logged_by, logged_at, version";

/// A service and its version, from [`SERVICE_COLUMNS`].
pub(super) fn service_row(row: &Row<'_>) -> rusqlite::Result<Versioned<Service>> {
    let service = Service {
        id: ServiceId(row.get(0)?),
        equipment: EquipmentId(row.get(1)?),
        done_on: from_word(row, 2)?,
        done_by: row.get(3)?,
        work: row.get(4)?,
        cost_cents: row.get(5)?,
        struck: row.get(6)?,
        logged_by: row.get(7)?,
        logged_at: time(row, 8)?,
    };
    Ok((service, row.get(9)?))
}

/// A service, by number.
pub(super) fn service(conn: &Connection, id: ServiceId) -> rusqlite::Result<Option<Versioned<Service>>> {
    let sql = format!("SELECT {SERVICE_COLUMNS} FROM main.equipment_services WHERE id = ?");
    conn.prepare_cached(&sql)?.query_row([id.0], service_row).optional()
}
