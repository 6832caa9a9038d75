//! The ledger's entries and the access log, as auditors read them.

use jiff::Timestamp;
use rusqlite::params;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Page, Paging, ReadError, Reader, some_time_at, time_at};

/// One entry of the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EntryRecord {
    /// Its number.
    pub seq: u64,
    /// The scan's or change's id.
    pub id: String,
    /// What happened.
    pub kind: String,
    /// At which kiosk.
    pub kiosk: Option<String>,
    /// By which scanner.
    pub device: Option<String>,
    /// Who.
    pub actor: String,
    /// By the kiosk's clock.
    pub observed_at: Option<Timestamp>,
    /// When it happened.
    pub effective_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The body's version.
    pub version: u32,
    /// The body.
    #[schema(value_type = Object)]
    pub body: serde_json::Value,
    /// The hash of the entry before it, hex.
    pub prev_hash: String,
    /// Its hash, hex.
    pub hash: String,
}

/// One line of the access log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccessRecord {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who, as an actor.
    pub who: String,
    /// What was done: `sign_in`, `chart_opened`, `charts_searched`, `break_glass`, ….
    pub what: String,
    /// The patient's MRN, where a patient was looked at and still is known.
    pub mrn: Option<String>,
    /// The chart's number.
    pub chart: Option<u32>,
    /// The reason given.
    pub reason: Option<String>,
    /// What came of it: `ok`, `refused`, ….
    pub outcome: String,
    /// From where.
    pub address: Option<String>,
}

impl Reader {
    /// Entries, newest first, of one kind or actor where asked for.
    pub fn audit(
        &self,
        kind: Option<&str>,
        actor: Option<&str>,
        paging: &Paging,
    ) -> Result<Page<EntryRecord>, ReadError> {
        let sql = "SELECT * FROM entries WHERE seq < ?1 AND (?2 IS NULL OR kind = ?2) AND (?3 IS NULL OR actor = ?3)
                   ORDER BY seq DESC LIMIT ?4";
        let mut statement = self.conn().prepare_cached(sql)?;
        let mut rows = statement.query(params![paging.number()?.unwrap_or(i64::MAX), kind, actor, paging.fetch()])?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next()? {
            let body: String = row.get("body")?;
            entries.push(EntryRecord {
                seq: row.get::<_, i64>("seq")?.unsigned_abs(),
                id: row.get("id")?,
                kind: row.get("kind")?,
                kiosk: row.get("kiosk")?,
                device: row.get("device")?,
                actor: row.get("actor")?,
                observed_at: some_time_at(row, "observed_at")?,
                effective_at: time_at(row, "effective_at")?,
                recorded_at: time_at(row, "recorded_at")?,
                version: row.get("version")?,
                body: serde_json::from_str(&body)?,
                prev_hash: hex::encode(row.get::<_, Vec<u8>>("prev_hash")?),
                hash: hex::encode(row.get::<_, Vec<u8>>("hash")?),
            });
        }
        Ok(Page::cut(entries, paging.limit(), |entry| entry.seq.to_string()))
    }

    /// The access log, newest first; of one patient where an MRN is given.
    pub fn access_log(&self, mrn: Option<&str>, paging: &Paging) -> Result<Page<AccessRecord>, ReadError> {
        let of_patient =
            if mrn.is_some() { "a.patient = (SELECT id FROM patients WHERE mrn = ?2)" } else { "?2 IS NULL" };
        let sql = format!(
            "SELECT a.*, p.mrn FROM access_log a LEFT JOIN patients p ON p.id = a.patient
             WHERE a.seq < ?1 AND {of_patient} ORDER BY a.seq DESC LIMIT ?3"
        );
        let mut statement = self.conn().prepare_cached(&sql)?;
        let mut rows = statement.query(params![paging.number()?.unwrap_or(i64::MAX), mrn, paging.fetch()])?;
        let mut records = Vec::new();
        while let Some(row) = rows.next()? {
            records.push(AccessRecord {
                seq: row.get::<_, i64>("seq")?.unsigned_abs(),
                at: time_at(row, "at")?,
                who: row.get("who")?,
                what: row.get("what")?,
                mrn: row.get("mrn")?,
                chart: row.get("chart")?,
                reason: row.get("reason")?,
                outcome: row.get("outcome")?,
                address: row.get("address")?,
            });
        }
        Ok(Page::cut(records, paging.limit(), |record| record.seq.to_string()))
    }

    /// The chain's hash at each of the last `count` entries, newest first: heads to note down elsewhere.
    pub fn heads(&self, count: usize) -> Result<Vec<(u64, String)>, ReadError> {
        let mut statement = self.conn().prepare_cached("SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT ?1")?;
        let mut rows = statement.query(params![i64::try_from(count.min(super::PAGE_ROWS_MAX)).unwrap_or(1)])?;
        let mut heads = Vec::new();
        while let Some(row) = rows.next()? {
            heads.push((row.get::<_, i64>(0)?.unsigned_abs(), hex::encode(row.get::<_, Vec<u8>>(1)?)));
        }
        Ok(heads)
    }
}
