//! The chain: each entry's hash covers its content and the hash before it.
//!
//! The canonical byte form, which is what SHA-256 is taken over, is these parts one after another:
//!
//! 1. the 18 bytes `outguide.entry.v1\0`, so that nothing else ever hashes to an entry;
//! 2. the 32 bytes of `prev_hash` ([`genesis`] for the first entry);
//! 3. `seq`, 8 bytes; all integers are big-endian;
//! 4. `id` (lower-case hyphenated UUID), `kind`: each a 4-byte length in bytes, then UTF-8;
//! 5. `kiosk`, `device`: the byte 0 where NULL, else the byte 1 and then as in 4;
//! 6. `actor`: as in 4;
//! 7. `observed_at`: the byte 0 where NULL, else the byte 1 and 8 bytes, signed microseconds since 1970 UTC;
//! 8. `effective_at`, `recorded_at`: 8 bytes each, as in 7;
//! 9. `version`: 4 bytes; `body`: as in 4, the JSON text exactly as stored.

use rusqlite::{Connection, OptionalExtension, Row};
use sha2::{Digest, Sha256};

use super::error::StoreError;

const ENTRY_DOMAIN: &[u8] = b"outguide.entry.v1\0";
const GENESIS_DOMAIN: &[u8] = b"outguide.genesis.v1\0";

/// The version of entry bodies written now.
pub(super) const BODY_VERSION: u32 = 1;

/// What stands before the first entry: SHA-256 of `outguide.genesis.v1\0`.
pub(super) fn genesis() -> [u8; 32] {
    Sha256::digest(GENESIS_DOMAIN).into()
}

/// An entry as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub seq: u64,
    pub id: String,
    pub kind: String,
    pub kiosk: Option<String>,
    pub device: Option<String>,
    pub actor: String,
    pub observed_at: Option<i64>,
    pub effective_at: i64,
    pub recorded_at: i64,
    pub version: u32,
    pub body: String,
    pub prev_hash: [u8; 32],
    pub hash: [u8; 32],
}

impl Entry {
    /// The hash that its content and `prev_hash` give.
    pub fn content_hash(&self) -> [u8; 32] {
        let mut form = Form(Sha256::new());
        form.0.update(ENTRY_DOMAIN);
        form.0.update(self.prev_hash);
        form.0.update(self.seq.to_be_bytes());
        form.text(&self.id);
        form.text(&self.kind);
        form.optional_text(self.kiosk.as_deref());
        form.optional_text(self.device.as_deref());
        form.text(&self.actor);
        match self.observed_at {
            None => form.0.update([0]),
            Some(time) => {
                form.0.update([1]);
                form.0.update(time.to_be_bytes());
            }
        }
        form.0.update(self.effective_at.to_be_bytes());
        form.0.update(self.recorded_at.to_be_bytes());
        form.0.update(self.version.to_be_bytes());
        form.text(&self.body);
        form.0.finalize().into()
    }

    /// Reads a row of `SELECT {COLUMNS}`.
    pub fn from_row(row: &Row<'_>) -> rusqlite::Result<Entry> {
        Ok(Entry {
            seq: row.get(0)?,
            id: row.get(1)?,
            kind: row.get(2)?,
            kiosk: row.get(3)?,
            device: row.get(4)?,
            actor: row.get(5)?,
            observed_at: row.get(6)?,
            effective_at: row.get(7)?,
            recorded_at: row.get(8)?,
            version: row.get(9)?,
            body: row.get(10)?,
            prev_hash: row.get(11)?,
            hash: row.get(12)?,
        })
    }

    /// Appends it.
    pub fn insert(&self, conn: &Connection) -> rusqlite::Result<()> {
        let mut insert = conn.prepare_cached(INSERT)?;
        insert.execute(rusqlite::params![
            self.seq,
            self.id,
            self.kind,
            self.kiosk,
            self.device,
            self.actor,
            self.observed_at,
            self.effective_at,
            self.recorded_at,
            self.version,
            self.body,
            self.prev_hash,
            self.hash,
        ])?;
        Ok(())
    }
}

/// The columns of an entry, in [`Entry::from_row`]'s order.
pub(super) const COLUMNS: &str = "seq, id, kind, kiosk, device, actor, observed_at, effective_at, recorded_at, \
                                  version, body, prev_hash, hash";

const INSERT: &str = "INSERT INTO main.entries (seq, id, kind, kiosk, device, actor, observed_at, effective_at, \
                      recorded_at, version, body, prev_hash, hash) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)";

/// The newest entry's number and hash; 0 and [`genesis`] of an empty ledger. Checks that one entry's hash and no other.
pub(super) fn last(conn: &Connection) -> Result<(u64, [u8; 32]), StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM main.entries ORDER BY seq DESC LIMIT 1");
    let Some(entry) = conn.query_row(&sql, [], Entry::from_row).optional()? else { return Ok((0, genesis())) };
    if entry.content_hash() != entry.hash {
        return Err(StoreError::Damaged { seq: entry.seq });
    }
    Ok((entry.seq, entry.hash))
}

struct Form(Sha256);

impl Form {
    fn text(&mut self, text: &str) {
        // A text of 4 GiB cannot come here: SQLite's own limit is 1 GB; the cut length would still be hashed whole.
        let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
        self.0.update(len.to_be_bytes());
        self.0.update(text.as_bytes());
    }

    fn optional_text(&mut self, text: Option<&str>) {
        match text {
            None => self.0.update([0]),
            Some(text) => {
                self.0.update([1]);
                self.text(text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            seq: 1,
            id: "018f0000-0000-7000-8000-000000000001".into(),
            kind: "place_added".into(),
            kiosk: None,
            device: None,
            actor: "system".into(),
            observed_at: None,
            effective_at: 1_000_000,
            recorded_at: 1_000_000,
            version: 1,
            body: "{}".into(),
            prev_hash: genesis(),
            hash: [0; 32],
        }
    }

    #[test]
    fn the_form_is_fixed() {
        let mut bytes = b"outguide.entry.v1\0".to_vec();
        bytes.extend(genesis());
        bytes.extend(1u64.to_be_bytes());
        for text in ["018f0000-0000-7000-8000-000000000001", "place_added"] {
            bytes.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
            bytes.extend(text.as_bytes());
        }
        bytes.extend([0, 0]);
        bytes.extend([0, 0, 0, 6]);
        bytes.extend(b"system");
        bytes.push(0);
        bytes.extend(1_000_000i64.to_be_bytes());
        bytes.extend(1_000_000i64.to_be_bytes());
        bytes.extend([0, 0, 0, 1, 0, 0, 0, 2]);
        bytes.extend(b"{}");
        assert_eq!(entry().content_hash(), <[u8; 32]>::from(Sha256::digest(&bytes)));
    }

    #[test]
    fn moving_a_byte_between_fields_changes_the_hash() {
        let (mut one, mut other) = (entry(), entry());
        (one.kiosk, one.device) = (Some("er-1".into()), Some("gun".into()));
        (other.kiosk, other.device) = (Some("er-1g".into()), Some("un".into()));
        assert_ne!(one.content_hash(), other.content_hash());
        other.kiosk = None;
        assert_ne!(one.content_hash(), other.content_hash());
    }
}
