-- Version 5: the index of names is merged by the writer in small steps. Left to itself it merges without a bound, and
-- holds the writer for tens of milliseconds, whenever many small transactions have added to it.
INSERT INTO patient_names (patient_names, rank) VALUES ('automerge', 0);
INSERT INTO patient_names (patient_names, rank) VALUES ('crisismerge', 1000);
