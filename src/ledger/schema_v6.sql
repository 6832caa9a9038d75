-- Version 6: which import brought which charts, so that their labels can be printed together.
CREATE TABLE import_runs (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,                     -- the id that whoever imports gave it
    added INTEGER NOT NULL, changed INTEGER NOT NULL, imported_by TEXT NOT NULL, began_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX import_runs_by_key ON import_runs (key);
-- New charts have consecutive numbers: an import is one stretch of them, or a few.
CREATE TABLE import_run_charts (
    run INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (run, first)
) STRICT, WITHOUT ROWID;
-- Names of imported files: free words, which may name a patient, beside the chain; their keyed hash is in it.
CREATE TABLE import_run_names (run INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
