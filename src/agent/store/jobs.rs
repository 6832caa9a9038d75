//! Print jobs that the agent took, until the server knows what became of them.

use rusqlite::{OptionalExtension, params};
use uuid::Uuid;

use super::{Store, StoreError, id};
use crate::agent::wire::{JobFate, Offer};

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// It is here; whether the server still means it is to be asked.
    Offered,
    /// It is being sent, or was when the agent stopped.
    Sending,
    /// Its fate is known here, and not yet at the server.
    Done,
}

/// A job on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredJob {
    /// The offer.
    pub offer: Uuid,
    /// The job's name.
    pub name: String,
    /// The language of the bytes.
    pub language: String,
    /// How many labels come out of it.
    pub labels: u32,
    /// The bytes; none once its fate is known.
    pub bytes: Vec<u8>,
    /// How far it is.
    pub state: JobState,
    /// Its fate.
    pub fate: Option<JobFate>,
}

impl Store {
    /// The printer's jobs of which the server has not heard the end, oldest first.
    pub fn jobs(&self, printer: &str) -> Result<Vec<StoredJob>, StoreError> {
        let sql = "SELECT offer, name, language, labels, bytes, state, fate FROM print_jobs WHERE printer = ?1
                   ORDER BY rowid";
        let inner = self.inner();
        let mut statement = inner.db.prepare_cached(sql)?;
        let rows = statement.query_and_then([printer], |row| {
            let (state, fate): (String, Option<String>) = (row.get(5)?, row.get(6)?);
            let fate = fate.map(|text| serde_json::from_str(&text)).transpose();
            Ok(StoredJob {
                offer: id(row.get(0)?)?,
                name: row.get(1)?,
                language: row.get(2)?,
                labels: row.get(3)?,
                bytes: row.get(4)?,
                state: match state.as_str() {
                    "offered" => JobState::Offered,
                    "sending" => JobState::Sending,
                    _ => JobState::Done,
                },
                fate: fate.map_err(|error| StoreError::Row(error.to_string()))?,
            })
        })?;
        rows.collect()
    }

    /// A new offer; the same one again is harmless.
    pub fn add_job(&self, offer: &Offer, bytes: &[u8]) -> Result<(), StoreError> {
        let sql = "INSERT INTO print_jobs (offer, printer, name, language, labels, bytes, state)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'offered') ON CONFLICT (offer) DO NOTHING";
        let Offer { offer: id, printer, name, language, labels, .. } = offer;
        let row = params![id.to_string(), printer, name, language, labels, bytes];
        self.inner().db.prepare_cached(sql)?.execute(row)?;
        Ok(())
    }

    /// Its first byte is about to leave. `false`: it is not there, or was sent before, and must not be sent.
    pub fn sending_job(&self, offer: Uuid) -> Result<bool, StoreError> {
        let sql = "UPDATE print_jobs SET state = 'sending' WHERE offer = ?1 AND state = 'offered'";
        Ok(self.inner().db.prepare_cached(sql)?.execute([offer.to_string()])? == 1)
    }

    /// Its fate, to be told to the server. What was to be printed is gone from the disk.
    pub fn job_done(&self, offer: Uuid, fate: &JobFate) -> Result<(), StoreError> {
        let sql = "UPDATE print_jobs SET state = 'done', fate = ?2, bytes = x'' WHERE offer = ?1";
        let fate = serde_json::to_string(fate).map_err(|error| StoreError::Row(error.to_string()))?;
        self.inner().db.prepare_cached(sql)?.execute([offer.to_string(), fate])?;
        Ok(())
    }

    /// A newer fate of a job that may be forgotten already. Never a job to be sent, whatever happens midway.
    pub fn add_fate(&self, printer: &str, job: &StoredJob, fate: &JobFate) -> Result<(), StoreError> {
        let sql = "INSERT INTO print_jobs (offer, printer, name, language, labels, bytes, state, fate)
                   VALUES (?1, ?2, ?3, ?4, ?5, x'', 'done', ?6) ON CONFLICT (offer) DO UPDATE SET fate = ?6";
        let fate = serde_json::to_string(fate).map_err(|error| StoreError::Row(error.to_string()))?;
        let StoredJob { offer, name, language, labels, .. } = job;
        let row = params![offer.to_string(), printer, name, language, labels, fate];
        self.inner().db.prepare_cached(sql)?.execute(row)?;
        Ok(())
    }

    /// The server knows this fate: it is forgotten, unless another one became known meanwhile.
    pub fn forget_job(&self, offer: Uuid, told: &JobFate) -> Result<(), StoreError> {
        let inner = self.inner();
        let sql = "SELECT fate FROM print_jobs WHERE offer = ?1";
        let now: Option<Option<String>> =
            inner.db.prepare_cached(sql)?.query_row([offer.to_string()], |row| row.get(0)).optional()?;
        let told = serde_json::to_string(told).map_err(|error| StoreError::Row(error.to_string()))?;
        if now.flatten().is_none_or(|fate| fate == told) {
            inner.db.prepare_cached("DELETE FROM print_jobs WHERE offer = ?1")?.execute([offer.to_string()])?;
        }
        Ok(())
    }
}
