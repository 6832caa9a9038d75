-- The agent's outbox, version 1. Times are microseconds since 1970 UTC by this computer's clock.
CREATE TABLE scans (
    queue_seq   INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice, also after rows were forgotten
    id          TEXT NOT NULL UNIQUE,
    device      TEXT,
    lane        TEXT NOT NULL,
    source      TEXT NOT NULL,
    symbology   TEXT,
    data        TEXT NOT NULL,
    observed_at INTEGER NOT NULL,
    state       TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'parked', 'kept')),
    refusals    INTEGER NOT NULL DEFAULT 0,
    status      INTEGER,                            -- parked: the server's HTTP status
    why         TEXT,                               -- parked: its words
    seq         INTEGER,                            -- kept: the ledger's entry; NULL for one that staff set aside
    epoch       TEXT,                               -- kept: and its epoch
    kept_at     INTEGER                             -- kept: since when
) STRICT;
CREATE INDEX scans_waiting ON scans (queue_seq) WHERE state = 'waiting';
CREATE INDEX scans_parked ON scans (queue_seq) WHERE state = 'parked';
CREATE INDEX scans_kept ON scans (kept_at) WHERE state = 'kept';

CREATE TABLE print_jobs (
    offer    TEXT PRIMARY KEY,
    printer  TEXT NOT NULL,
    name     TEXT NOT NULL,
    language TEXT NOT NULL,
    labels   INTEGER NOT NULL,
    bytes    BLOB NOT NULL,                          -- emptied as soon as the job's fate is known
    state    TEXT NOT NULL CHECK (state IN ('offered', 'sending', 'done')),
    fate     TEXT                                    -- done: its fate as JSON, until the server knows it
) STRICT;
CREATE INDEX print_jobs_printer ON print_jobs (printer);

CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
PRAGMA user_version = 1;
