//! Patients.

use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Page, Paging, ReadError, Reader, after_prefix, bad_cursor, failed};
use crate::ledger::PatientId;
use crate::records::Patient;

/// A patient in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PatientRow {
    /// The internal number, for the access log.
    pub id: PatientId,
    /// The row.
    #[serde(flatten)]
    pub patient: Patient,
    /// How many charts there are.
    pub charts: u32,
}

/// How far one can page into the hits of a search.
const DEPTH_MAX: usize = 1_000;
const SELECT: &str = "SELECT id, mrn, last_name, first_name, birth_date, sex, active,
                             (SELECT count(*) FROM charts c WHERE c.patient = patients.id) AS charts FROM patients ";

impl Reader {
    /// One patient by MRN.
    pub fn patient(&self, mrn: &str) -> Result<Option<PatientRow>, ReadError> {
        let mut statement = self.conn().prepare_cached(&format!("{SELECT} WHERE mrn = ?1"))?;
        let mut rows = statement.query(params![mrn])?;
        rows.next()?.map(patient_row).transpose()
    }

    /// Patients by name or MRN; without a query, all by name.
    pub fn patients(&self, query: Option<&str>, paging: &Paging) -> Result<Page<PatientRow>, ReadError> {
        match query.map(str::trim).filter(|query| !query.is_empty()) {
            Some(query) => self.patients_like(query, paging),
            None => self.all_patients(paging),
        }
    }

    /// The cursor is the last patient's number: a name has no business in an address.
    fn all_patients(&self, paging: &Paging) -> Result<Page<PatientRow>, ReadError> {
        let sql = format!(
            "{SELECT} WHERE ?1 IS NULL OR (sort_name, id) > ((SELECT sort_name FROM patients WHERE id = ?1), ?1)
             ORDER BY sort_name, id LIMIT ?2"
        );
        let mut statement = self.conn().prepare_cached(&sql)?;
        let mut rows = statement.query(params![paging.number()?, paging.fetch()])?;
        let mut patients = Vec::new();
        while let Some(row) = rows.next()? {
            patients.push(patient_row(row)?);
        }
        Ok(Page::cut(patients, paging.limit(), |patient| patient.id.0.to_string()))
    }

    fn patients_like(&self, query: &str, paging: &Paging) -> Result<Page<PatientRow>, ReadError> {
        if query.len() > super::QUERY_MAX_BYTES {
            return Err(ReadError::Invalid { field: "q", text: "is too long".to_owned() });
        }
        let skip: usize = paging.cursor.as_deref().map_or(Ok(0), |text| text.parse().map_err(|_| bad_cursor()))?;
        let end = (skip.min(DEPTH_MAX) + paging.limit()).min(DEPTH_MAX);
        let mut ids: Vec<i64> = Vec::new();
        let bare: String = query.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
        for prefix in [query, bare.as_str()] {
            let sql = "SELECT id FROM patients WHERE mrn >= ?1 AND mrn < ?2 ORDER BY mrn LIMIT ?3";
            let mut statement = self.conn().prepare_cached(sql)?;
            let most = i64::try_from(end + 1).map_err(failed)?;
            let mut rows = statement.query(params![prefix, after_prefix(prefix), most])?;
            while let Some(row) = rows.next()? {
                let id = row.get(0)?;
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
        }
        if ids.len() <= end {
            self.each_name_hit(query, end + 1, &mut |id| {
                if !ids.contains(&id) {
                    ids.push(id);
                }
                Ok(ids.len() > end)
            })?;
        }
        let more = ids.len() > end && end < DEPTH_MAX;
        let mut statement = self.conn().prepare_cached(&format!("{SELECT} WHERE id = ?1"))?;
        let mut patients = Vec::new();
        for id in ids.iter().take(end).skip(skip) {
            let mut rows = statement.query(params![id])?;
            patients.extend(rows.next()?.map(patient_row).transpose()?);
        }
        Ok(Page { rows: patients, next_cursor: more.then(|| end.to_string()) })
    }
}

fn patient_row(row: &Row<'_>) -> Result<PatientRow, ReadError> {
    let birth_date: Option<String> = row.get("birth_date")?;
    Ok(PatientRow {
        id: PatientId(row.get::<_, i64>("id")?.unsigned_abs()),
        patient: Patient {
            mrn: row.get("mrn")?,
            last_name: row.get("last_name")?,
            first_name: row.get("first_name")?,
            birth_date: birth_date.map(|date| date.parse().map_err(failed)).transpose()?,
            sex: row.get("sex")?,
            active: row.get("active")?,
        },
        charts: row.get("charts")?,
    })
}
