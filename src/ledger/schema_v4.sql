-- Version 4: print jobs about more than charts' labels, batches of labels, what is loaded in printers.
CREATE TABLE print_jobs_before AS SELECT * FROM print_jobs;
DROP TABLE print_jobs;
CREATE TABLE print_jobs (
    id INTEGER PRIMARY KEY, printer TEXT NOT NULL, template TEXT NOT NULL,
    subject TEXT NOT NULL,                 -- ledger::Subject as JSON
    chart INTEGER,                         -- the one chart it is about, where it is one
    copies INTEGER NOT NULL, start_at INTEGER NOT NULL, batch INTEGER, position INTEGER,
    reason TEXT NOT NULL, state TEXT NOT NULL, proof TEXT, requested_by TEXT NOT NULL, requested_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL, attempts INTEGER NOT NULL, fault TEXT
) STRICT;
INSERT INTO print_jobs SELECT id, printer, template,
    '{"about":"label","chart":' || chart || ',"issue":' || issue || '}', chart, copies, 1, NULL, NULL, reason, state, NULL,
    requested_by, requested_at, changed_at, attempts, fault FROM print_jobs_before;
CREATE INDEX print_jobs_waiting ON print_jobs (printer, id) WHERE state IN ('queued', 'sending');
CREATE INDEX print_jobs_wanting ON print_jobs (id) WHERE state IN ('unknown', 'failed');
CREATE INDEX print_jobs_of_batch ON print_jobs (batch, position, state) WHERE batch IS NOT NULL;
-- Which job printed which issue of a chart's label.
CREATE TABLE label_issues (
    chart INTEGER NOT NULL, issue INTEGER NOT NULL, job INTEGER NOT NULL, PRIMARY KEY (chart, issue)
) STRICT, WITHOUT ROWID;
INSERT INTO label_issues SELECT chart, issue, max(id) FROM print_jobs_before GROUP BY chart, issue;
DROP TABLE print_jobs_before;
-- What staff call batches: free words, which may name a patient, beside the chain; their keyed hash is in it.
CREATE TABLE print_batch_names (batch INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
CREATE TABLE print_batches (
    id INTEGER PRIMARY KEY, printer TEXT NOT NULL, template TEXT NOT NULL, copies INTEGER NOT NULL,
    start_at INTEGER NOT NULL, per_sheet INTEGER NOT NULL, reason TEXT NOT NULL, state TEXT NOT NULL,
    total INTEGER NOT NULL, next INTEGER NOT NULL, note TEXT, requested_by TEXT NOT NULL, requested_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX print_batches_live ON print_batches (printer, id) WHERE state IN ('gathering', 'running', 'paused');
CREATE TABLE print_batch_charts (
    batch INTEGER NOT NULL, position INTEGER NOT NULL, chart INTEGER NOT NULL, PRIMARY KEY (batch, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE printer_stock (
    printer TEXT PRIMARY KEY, stock TEXT, loaded INTEGER NOT NULL, remaining INTEGER NOT NULL, loaded_by TEXT NOT NULL,
    loaded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
