//! Loading what one scan touches.

use rusqlite::{Connection, OptionalExtension};

use super::error::StoreError;
use super::rows::ChartRecord;
use super::scanning::Row;
use super::store::Store;
use crate::barcode::{self, ChartNumber, Code, CommandWord, LegacyCode};
use crate::custody::wording::ChartIdentity;
use crate::custody::{Chart, Kiosk, KioskSession, Place, Situation, Staff};
use crate::records::Numbering;

/// The most charts that one legacy code can bring up; more are as good as these for "which one?".
const FITTING_MAX: usize = 32;

/// The charts of all who have this MRN or had it.
const BY_MRN: &str = "SELECT c.number FROM main.charts c WHERE c.patient IN (
        SELECT id FROM main.patients WHERE mrn = ?1
        UNION SELECT CAST(key AS INTEGER) FROM main.former_rows
              WHERE source = 'patients' AND json_extract(row, '$.mrn') = ?1)
    AND (?2 IS NULL OR c.volume = ?2) AND (?3 IS NULL OR c.record_type = ?3)
    ORDER BY c.number LIMIT ?4";

/// The rows of a situation.
pub(super) struct Facts {
    pub session: KioskSession,
    /// The charts below as they are stored, and the one of the last change.
    pub records: Vec<ChartRecord>,
    kiosk_place: Row<Place>,
    signed_in: Row<Staff>,
    badge: Row<Staff>,
    place: Row<Place>,
    destination: Row<Place>,
    taker: Row<Staff>,
    charts: Vec<Chart>,
    last_change_chart: Option<Chart>,
}

impl Facts {
    /// What `custody::decide` looks at.
    pub fn situation<'a>(&'a self, kiosk: &'a Kiosk, code: &'a Code) -> Situation<'a> {
        Situation {
            kiosk,
            kiosk_place: self.kiosk_place.as_deref(),
            session: &self.session,
            stale: false,
            signed_in: self.signed_in.as_deref(),
            code,
            badge: self.badge.as_deref(),
            place: self.place.as_deref(),
            destination: self.destination.as_deref(),
            taker: self.taker.as_deref(),
            charts: &self.charts,
            last_change_chart: self.last_change_chart.as_ref(),
        }
    }

    /// What its charts are called, for words.
    pub fn identities(self, numbering: &Numbering) -> Vec<(ChartNumber, ChartIdentity)> {
        let identity = |chart: Chart| {
            let identity = ChartIdentity {
                filing: numbering.filing(&chart.mrn),
                mrn: chart.mrn,
                record_type: chart.record_type,
                volume: chart.volume,
                home: chart.home,
                restricted: chart.restricted,
                retired: chart.retired,
            };
            (chart.number, identity)
        };
        self.charts.into_iter().chain(self.last_change_chart).map(identity).collect()
    }
}

/// Loads them.
pub(super) fn load(store: &mut Store, kiosk: &Kiosk, session: KioskSession, code: &Code) -> Result<Facts, StoreError> {
    let records = fitting(store, code)?;
    let charts = records.iter().map(|record| chart(store, record)).collect::<Result<Vec<_>, _>>()?;
    let undo_of = match (code, &session.last_change) {
        (Code::Command(CommandWord::Undo), Some((number, _))) => store.chart(*number)?,
        _ => None,
    };
    let last_change_chart = undo_of.as_ref().map(|record| chart(store, record)).transpose()?;
    let by_badge = |store: &mut Store, badge| store.staff(badge);
    let signed_in = session.staff.as_ref().map_or(Ok(None), |badge| by_badge(store, badge))?;
    let destination = match &session.destination {
        Some(destination) => store.place(&destination.place)?,
        None => None,
    };
    let holder = session.destination.as_ref().and_then(|destination| destination.holder.as_ref());
    let taker = holder.map_or(Ok(None), |badge| by_badge(store, badge))?;
    let badge = match code {
        Code::Badge(badge) => store.staff(badge)?,
        _ => None,
    };
    let place = match code {
        Code::Place(code) => store.place(code)?,
        _ => None,
    };
    Ok(Facts {
        kiosk_place: store.place(&kiosk.place)?,
        session,
        records: records.into_iter().chain(undo_of).collect(),
        signed_in,
        badge,
        place,
        destination,
        taker,
        charts,
        last_change_chart,
    })
}

/// `code` as the ledger understands it: a text that no rule knows may be the old barcode that an import gave a chart.
pub(super) fn understand(conn: &Connection, code: Code, data: &str) -> rusqlite::Result<Code> {
    let (Code::Unrecognised(_), Some(text)) = (&code, barcode::old_barcode(data)) else { return Ok(code) };
    let mut select = conn.prepare_cached("SELECT 1 FROM main.legacy_barcodes WHERE text = ? LIMIT 1")?;
    let known = select.exists([text])?;
    Ok(if known { Code::Legacy(LegacyCode { text: text.to_owned(), ..LegacyCode::default() }) } else { code })
}

/// The charts that a code fits.
pub(super) fn fitting(store: &mut Store, code: &Code) -> Result<Vec<ChartRecord>, StoreError> {
    match code {
        Code::Chart(number, _) | Code::Reference(number) => Ok(store.chart(*number)?.into_iter().collect()),
        Code::Legacy(legacy) => by_legacy(store, legacy),
        _ => Ok(Vec::new()),
    }
}

fn by_legacy(store: &mut Store, legacy: &LegacyCode) -> Result<Vec<ChartRecord>, StoreError> {
    let numbers = numbers_by_legacy(&store.conn, legacy)?;
    let charts = numbers.into_iter().map(|number| store.chart(number));
    charts.filter_map(Result::transpose).collect()
}

/// First by what an import said the old label says, then by what the label says of itself: the MRN of now, or one that
/// was corrected since, whose label may still be on the folder.
pub(super) fn numbers_by_legacy(conn: &Connection, legacy: &LegacyCode) -> rusqlite::Result<Vec<ChartNumber>> {
    let sql = "SELECT chart FROM main.legacy_barcodes WHERE text = ? ORDER BY chart LIMIT ?";
    let numbers = self::numbers(conn, sql, rusqlite::params![legacy.text, FITTING_MAX])?;
    let Some(mrn) = legacy.mrn.as_ref().filter(|_| numbers.is_empty()) else { return Ok(numbers) };
    self::numbers(conn, BY_MRN, rusqlite::params![mrn, legacy.volume, legacy.record_type, FITTING_MAX])
}

fn numbers(conn: &Connection, sql: &str, with: &[&dyn rusqlite::ToSql]) -> rusqlite::Result<Vec<ChartNumber>> {
    let mut select = conn.prepare_cached(sql)?;
    let numbers = select.query_map(with, |row| row.get(0).map(ChartNumber))?;
    numbers.collect()
}

/// A chart with what the rules need to know besides its row.
fn chart(store: &mut Store, record: &ChartRecord) -> Result<Chart, StoreError> {
    let restricted = store.record_type(&record.record_type)?.is_some_and(|kind| kind.restricted);
    let mrn: Option<String> = store
        .conn
        .prepare_cached("SELECT mrn FROM main.patients WHERE id = ?")?
        .query_row([record.patient.0], |row| row.get(0))
        .optional()?;
    let sql = "SELECT count(*) FROM main.charts WHERE patient = ? AND record_type = ? AND number <> ? \
               AND retired = 0 AND place <> ?";
    let elsewhere =
        rusqlite::params![record.patient.0, record.record_type, record.number.0, record.custody.place.as_str()];
    Ok(Chart {
        number: record.number,
        mrn: mrn.unwrap_or_default(),
        record_type: record.record_type.clone(),
        volume: record.volume,
        home: record.home.clone(),
        home_in_use: store.place(&record.home)?.is_some_and(|place| place.active),
        retired: record.retired,
        restricted,
        label_issue: record.on_chart,
        label_issued: record.issued,
        custody: record.custody.clone(),
        other_volumes_elsewhere: store.conn.prepare_cached(sql)?.query_row(elsewhere, |row| row.get(0))?,
    })
}

#[cfg(test)]
mod tests {
    use super::BY_MRN;
    use crate::ledger::tests::House;

    #[test]
    fn an_mrn_is_looked_up_by_index() {
        let house = House::with_charts(1);
        let raw = house.raw();
        let mut select = raw.prepare(&format!("EXPLAIN QUERY PLAN {BY_MRN}")).unwrap();
        let steps = select.query_map(["123456", "1", "MR", "32"], |row| row.get::<_, String>("detail")).unwrap();
        let steps = steps.collect::<Result<Vec<_>, _>>().unwrap();
        assert!(steps.iter().any(|step| step.contains("former_mrns")), "{steps:?}");
        assert!(!steps.iter().any(|step| step.starts_with("SCAN")), "{steps:?}");
    }
}
