//! The names that receipts are worded with, read from the versioned tables.

use rusqlite::{Connection, OptionalExtension};

use super::rows;
use crate::barcode::{BadgeNumber, ChartNumber, PlaceCode};
use crate::custody::wording::{ChartIdentity, Names, PlaceNamed, StaffNamed};
use crate::records::Numbering;

/// Names by a connection. What cannot be read is shown by its code, as what is not there.
pub(in crate::ledger) struct StoredNames<'a> {
    pub conn: &'a Connection,
    pub numbering: &'a Numbering,
}

impl Names for StoredNames<'_> {
    fn place(&self, code: &PlaceCode) -> Option<PlaceNamed> {
        let (place, _) = rows::place(self.conn, code).ok()??;
        Some(PlaceNamed { name: place.name, restricted: place.restricted })
    }

    fn staff(&self, badge: &BadgeNumber) -> Option<StaffNamed> {
        let (staff, _) = rows::staff(self.conn, badge).ok()??;
        Some(StaffNamed { name: staff.name, role: staff.role })
    }

    fn chart(&self, number: ChartNumber) -> Option<ChartIdentity> {
        let sql = "SELECT p.mrn, c.record_type, c.volume, c.home, coalesce(t.restricted, 0), c.retired \
                   FROM main.charts c JOIN main.patients p ON p.id = c.patient \
                   LEFT JOIN main.record_types t ON t.code = c.record_type WHERE c.number = ?";
        let mut select = self.conn.prepare_cached(sql).ok()?;
        let identity = select.query_row([number.0], |row| {
            let mrn: String = row.get(0)?;
            Ok(ChartIdentity {
                filing: self.numbering.filing(&mrn),
                mrn,
                record_type: row.get(1)?,
                volume: row.get(2)?,
                home: rows::from_word(row, 3)?,
                restricted: row.get(4)?,
                retired: row.get(5)?,
            })
        });
        identity.optional().ok()?
    }
}
