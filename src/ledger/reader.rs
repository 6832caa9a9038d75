//! Reading: a pool of read-only connections. The questions themselves are in `queries`.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::Connection;

use super::clock::Clock;
use crate::barcode;
use crate::custody::Kiosk;
use crate::records::Numbering;

/// One read-only connection and what is needed to answer. Within one `read` all answers are of one moment
/// (a read transaction is open).
pub struct Reader {
    pub(in crate::ledger) conn: Connection,
    pub(in crate::ledger) kiosks: Arc<Vec<Kiosk>>,
    pub(in crate::ledger) clock: Arc<dyn Clock>,
    pub(in crate::ledger) barcodes: barcode::Reader,
    pub(in crate::ledger) numbering: Numbering,
}

impl Reader {
    /// The connection, for this room's queries. Use `prepare_cached`.
    pub(in crate::ledger) fn conn(&self) -> &Connection {
        &self.conn
    }

    /// Now, by the ledger's clock.
    pub(in crate::ledger) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The configured kiosks.
    pub(in crate::ledger) fn kiosks(&self) -> &[Kiosk] {
        &self.kiosks
    }
    /// Understands searched texts.
    pub(in crate::ledger) fn barcodes(&self) -> &barcode::Reader {
        &self.barcodes
    }

    /// How MRNs look and are filed.
    pub(in crate::ledger) fn numbering(&self) -> &Numbering {
        &self.numbering
    }
}
