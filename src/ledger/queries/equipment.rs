//! The register of equipment, what is due first, and the log of services.

use jiff::civil::Date;
use rusqlite::{OptionalExtension, params};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Page, Paging, ReadError, Reader, bad_cursor};
use crate::equipment::{Equipment, EquipmentId, Service};
use crate::ledger::AlertId;
use crate::ledger::equipment::{EQUIPMENT_COLUMNS, SERVICE_COLUMNS, equipment_row, service_row};

/// A piece of equipment in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct EquipmentRow {
    /// The piece.
    #[serde(flatten)]
    pub equipment: Equipment,
    /// The day its next service is due; none where no schedule is known.
    #[schema(value_type = Option<String>, format = Date)]
    pub next_service: Option<Date>,
    /// The name of the place where it stands.
    pub place_name: Option<String>,
    /// The alert that says that its service is due.
    pub alert: Option<AlertId>,
}

/// A piece of equipment with its service log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct EquipmentDetail {
    /// The piece.
    #[serde(flatten)]
    pub row: EquipmentRow,
    /// Its services, the newest first; the last [`SERVICES_MAX`].
    pub services: Vec<Service>,
}

/// The most services shown of one piece.
pub const SERVICES_MAX: usize = 500;
/// Sorts after every day.
const NO_DAY: &str = "9999-99-99";

impl Reader {
    /// Equipment whose name, make, model, serial number, device or place holds `query`: what is in use first, by the
    /// day of its next service.
    pub fn equipment_list(&self, query: Option<&str>, paging: &Paging) -> Result<Page<EquipmentRow>, ReadError> {
        let (retired, day, id) = match paging.parts::<3>()? {
            Some([retired, day, id]) => {
                let part = |text: &str| text.parse::<u32>().map_err(|_| bad_cursor());
                (part(retired)?, day.to_owned(), part(id)?)
            }
            None => (0, String::new(), 0),
        };
        let query = query.map(|query| query.trim().to_lowercase()).filter(|query| !query.is_empty());
        let sql = format!(
            "SELECT {EQUIPMENT_COLUMNS} FROM equipment WHERE (retired, coalesce(next_service, '{NO_DAY}'), id) > (?1, ?2, ?3)
                 AND (?4 IS NULL OR instr(lower(concat_ws(char(10), name, make, model, serial, device, place)), ?4) > 0)
             ORDER BY retired, coalesce(next_service, '{NO_DAY}'), id LIMIT ?5"
        );
        let mut statement = self.conn().prepare_cached(&sql)?;
        let found = statement.query_map(params![retired, day, id, query, paging.fetch()], equipment_row)?;
        let rows = found.map(|row| self.seen(row?.0)).collect::<Result<Vec<_>, ReadError>>()?;
        Ok(Page::cut(rows, paging.limit(), |row| {
            let day = row.next_service.map_or_else(|| NO_DAY.to_owned(), |day| day.to_string());
            format!("{}.{day}.{}", u8::from(row.equipment.retired), row.equipment.id.0)
        }))
    }

    /// One piece with its log.
    pub fn equipment(&self, id: EquipmentId) -> Result<EquipmentDetail, ReadError> {
        let sql = format!("SELECT {EQUIPMENT_COLUMNS} FROM equipment WHERE id = ?");
        let found = self.conn().prepare_cached(&sql)?.query_row([id.0], equipment_row).optional()?;
        let (equipment, _) = found.ok_or_else(|| ReadError::NotFound(format!("there is no equipment {}", id.0)))?;
        let sql = format!(
            "SELECT {SERVICE_COLUMNS} FROM equipment_services WHERE equipment = ? ORDER BY done_on DESC, id DESC LIMIT ?"
        );
        let mut statement = self.conn().prepare_cached(&sql)?;
        let services = statement.query_map(params![id.0, SERVICES_MAX], |row| Ok(service_row(row)?.0))?;
        Ok(EquipmentDetail { services: services.collect::<rusqlite::Result<_>>()?, row: self.seen(equipment)? })
    }

    fn seen(&self, equipment: Equipment) -> Result<EquipmentRow, ReadError> {
        let place = equipment.described.place.as_ref().map(|code| self.place(code)).transpose()?.flatten();
        let sql =
            "SELECT id FROM alerts WHERE kind = 'service' AND about = ? AND state <> 'resolved' ORDER BY id LIMIT 1";
        let alert: Option<u64> =
            self.conn().prepare_cached(sql)?.query_row([equipment.id.0], |row| row.get(0)).optional()?;
        Ok(EquipmentRow {
            next_service: equipment.next_service(),
            place_name: place.map(|place| crate::records::shown(&place.name)),
            alert: alert.map(AlertId),
            equipment,
        })
    }
}
