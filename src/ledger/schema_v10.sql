-- Version 10: whose MRN was another one before, so that a file with the former one is not taken for a new patient's.
CREATE INDEX former_mrns ON former_rows (json_extract(row, '$.mrn'), until_seq) WHERE source = 'patients';
