-- Version 3: kiosks made in the console, and whether those of the configuration file are in use. A versioned table.
CREATE TABLE kiosks (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, place TEXT NOT NULL, mode TEXT NOT NULL,
    idle_sign_off_seconds INTEGER NOT NULL, printer TEXT,
    configured INTEGER NOT NULL,           -- only says whether the configuration's kiosk of this id is in use
    active INTEGER NOT NULL DEFAULT 1, version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
