-- Version 11: the barcode of a chart's old label is a row of a versioned table, one for each chart. An old barcode may be
-- an MRN, so it stands beside the chain. Of several that a chart had, the one that fewest other charts have stays.
ALTER TABLE legacy_barcodes RENAME TO legacy_barcodes_before;
CREATE TABLE legacy_barcodes (
    chart INTEGER PRIMARY KEY,
    text TEXT,                             -- NULL where it was taken away
    version INTEGER NOT NULL               -- 0 in a row from before, until the writer recorded it
) STRICT;
INSERT INTO legacy_barcodes SELECT chart, text, 0 FROM (
    SELECT chart, text, row_number() OVER (PARTITION BY chart ORDER BY charts, text) AS choice FROM (
        SELECT chart, text, count(*) OVER (PARTITION BY text) AS charts FROM legacy_barcodes_before))
WHERE choice = 1;
DROP TABLE legacy_barcodes_before;
-- Few or none: found without a walk through the others.
CREATE INDEX legacy_barcodes_unrecorded ON legacy_barcodes (chart) WHERE version = 0;
CREATE INDEX legacy_barcodes_by_text ON legacy_barcodes (text) WHERE text IS NOT NULL;
INSERT INTO meta (key, value) SELECT 'unrecorded_legacy_barcodes', x'01' WHERE EXISTS (SELECT 1 FROM legacy_barcodes);
