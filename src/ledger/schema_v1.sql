-- Outguide's database, version 1. Times are microseconds since 1970-01-01T00:00:00Z.
-- The ledger: append-only, hash-chained. See chain.rs for the canonical byte form that `hash` covers.
CREATE TABLE entries (
    seq          INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    kind         TEXT NOT NULL,
    kiosk        TEXT,
    device       TEXT,
    actor        TEXT NOT NULL,
    observed_at  INTEGER,
    effective_at INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    body         TEXT NOT NULL,
    prev_hash    BLOB NOT NULL,
    hash         BLOB NOT NULL
) STRICT;
CREATE TRIGGER entries_are_never_changed BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'ledger entries are append-only'); END;
CREATE TRIGGER entries_are_never_deleted BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'ledger entries are append-only'); END;

-- Versioned tables: rows that may be corrected or erased by law. The chain holds a keyed hash of each version.
CREATE TABLE patients (
    id         INTEGER PRIMARY KEY,
    mrn        TEXT NOT NULL UNIQUE,
    last_name  TEXT NOT NULL,
    first_name TEXT NOT NULL,
    birth_date TEXT,
    sex        TEXT,
    active     INTEGER NOT NULL DEFAULT 1,
    version    INTEGER NOT NULL,
    sort_name  TEXT NOT NULL               -- folded "last first": no accents, lower case
) STRICT;
CREATE INDEX patients_by_sort_name ON patients (sort_name);
CREATE TABLE places (
    code TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, loan_hours INTEGER,
    restricted INTEGER NOT NULL DEFAULT 0, active INTEGER NOT NULL DEFAULT 1, version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE staff (
    badge TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, place TEXT, email TEXT,
    active INTEGER NOT NULL DEFAULT 1, version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE record_types (
    code TEXT PRIMARY KEY, name TEXT NOT NULL, restricted INTEGER NOT NULL DEFAULT 0,
    active INTEGER NOT NULL DEFAULT 1, version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- Former versions, so that what was can be shown until it must be erased.
CREATE TABLE former_rows (
    source TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, row TEXT NOT NULL, until_seq INTEGER NOT NULL,
    PRIMARY KEY (source, key, version)
) STRICT, WITHOUT ROWID;

-- Projections: equal to the fold of recorded effects; `outguide rebuild` makes them anew, `verify` compares.
CREATE TABLE charts (
    number       INTEGER PRIMARY KEY,
    patient      INTEGER NOT NULL,
    record_type  TEXT NOT NULL,
    volume       INTEGER NOT NULL,
    home         TEXT NOT NULL,
    retired      INTEGER NOT NULL,
    issued       INTEGER,
    on_chart     INTEGER,
    place        TEXT NOT NULL,
    holder       TEXT,
    out_since    INTEGER,
    due_at       INTEGER,
    loan         INTEGER,
    overdue_alert INTEGER,                 -- the alert already opened for this loan
    missing      INTEGER,                  -- the entry that opened the missing case
    custody      TEXT NOT NULL,            -- custody::Custody as JSON
    UNIQUE (patient, record_type, volume)
) STRICT;
CREATE INDEX charts_out ON charts (place, out_since) WHERE out_since IS NOT NULL;
CREATE INDEX charts_falling_due ON charts (due_at) WHERE due_at IS NOT NULL AND overdue_alert IS NULL AND retired = 0;
CREATE INDEX charts_missing ON charts (missing) WHERE missing IS NOT NULL;
-- One row for each entry that names a chart, in the fold's order; `act` is NULL where custody was not concerned.
CREATE TABLE chart_history (
    chart INTEGER NOT NULL, effective_at INTEGER NOT NULL, kiosk TEXT NOT NULL, queue_seq INTEGER NOT NULL,
    seq INTEGER NOT NULL, act TEXT,
    PRIMARY KEY (chart, effective_at, kiosk, queue_seq, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE alerts (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL, chart INTEGER, place TEXT, about INTEGER,
    subject TEXT, opened_at INTEGER NOT NULL, due_at INTEGER, owner TEXT, snoozed_until INTEGER,
    resolved_at INTEGER, resolution TEXT
) STRICT;
CREATE INDEX alerts_live ON alerts (kind, opened_at) WHERE state <> 'resolved';
CREATE INDEX alerts_by_chart ON alerts (chart) WHERE chart IS NOT NULL;
CREATE INDEX alerts_snoozed ON alerts (snoozed_until) WHERE state = 'snoozed';
CREATE TABLE print_jobs (
    id INTEGER PRIMARY KEY, printer TEXT NOT NULL, template TEXT NOT NULL, chart INTEGER NOT NULL,
    issue INTEGER NOT NULL, copies INTEGER NOT NULL, reason TEXT NOT NULL, state TEXT NOT NULL,
    requested_by TEXT NOT NULL, requested_at INTEGER NOT NULL, changed_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL, fault TEXT
) STRICT;
CREATE INDEX print_jobs_waiting ON print_jobs (printer, id) WHERE state IN ('queued', 'sending');

-- Not projections: look-up aids over versioned tables, sessions, secrets' hashes, logs of looking.
CREATE VIRTUAL TABLE patient_names USING fts5 (
    sort_name, content = 'patients', content_rowid = 'id', tokenize = 'trigram', detail = 'none'
);
CREATE TABLE legacy_barcodes (text TEXT NOT NULL, chart INTEGER NOT NULL, PRIMARY KEY (text, chart)) STRICT, WITHOUT ROWID;
CREATE TABLE kiosk_sessions (
    kiosk TEXT NOT NULL, lane TEXT NOT NULL, session TEXT NOT NULL, PRIMARY KEY (kiosk, lane)
) STRICT, WITHOUT ROWID;
CREATE TABLE raw_scans (seq INTEGER PRIMARY KEY, data TEXT NOT NULL, recorded_at INTEGER NOT NULL) STRICT;
-- Alert and case notes are free text, which may name a patient: beside the chain, their keyed hash is in it.
CREATE TABLE alert_notes (
    seq INTEGER PRIMARY KEY, alert INTEGER NOT NULL, author TEXT NOT NULL, at INTEGER NOT NULL, text TEXT NOT NULL
) STRICT;
CREATE INDEX alert_notes_by_alert ON alert_notes (alert, seq);
-- Reasons for a reprint in somebody's own words, beside the chain for the same reason.
CREATE TABLE print_reasons (job INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
CREATE TABLE users (
    name TEXT PRIMARY KEY, role TEXT NOT NULL, password_hash TEXT NOT NULL, active INTEGER NOT NULL DEFAULT 1,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE tokens (
    token_hash BLOB PRIMARY KEY, name TEXT NOT NULL, role TEXT, kiosk TEXT, created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE web_sessions (
    token_hash BLOB PRIMARY KEY, user TEXT, kiosk TEXT, created_at INTEGER NOT NULL, seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE enrol_codes (
    code_hash BLOB PRIMARY KEY, kiosk TEXT NOT NULL, created_by TEXT NOT NULL, expires_at INTEGER NOT NULL, used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE access_log (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL, patient INTEGER, chart INTEGER,
    reason TEXT, outcome TEXT NOT NULL, address TEXT
) STRICT;
CREATE INDEX access_log_by_patient ON access_log (patient, seq) WHERE patient IS NOT NULL;
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
