-- Version 8: when each scanner was last heard, and how many scans it made in each quarter of an hour of the last weeks.
-- Look-up aids, not projections: counted from the entries, behind the live work; `meta` says how far.
CREATE TABLE scanners_heard (
    kiosk TEXT NOT NULL,
    device TEXT NOT NULL,                  -- empty for what types into a kiosk's page, or is touched there
    heard_at INTEGER NOT NULL, PRIMARY KEY (kiosk, device)
) STRICT, WITHOUT ROWID;
CREATE TABLE scanner_quarters (
    kiosk TEXT NOT NULL, device TEXT NOT NULL,
    quarter INTEGER NOT NULL,              -- since 1970
    scans INTEGER NOT NULL, PRIMARY KEY (kiosk, device, quarter)
) STRICT, WITHOUT ROWID;
CREATE INDEX alerts_about_devices ON alerts (subject) WHERE kind = 'device';
