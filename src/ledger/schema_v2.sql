-- Version 2.
-- REPLACE deletes what stands in its way without asking the triggers on DELETE: an entry only ever comes after the last.
CREATE TRIGGER entries_are_only_added BEFORE INSERT ON entries
WHEN NEW.seq IS NOT coalesce((SELECT max(seq) FROM entries), 0) + 1 OR EXISTS (SELECT 1 FROM entries WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'ledger entries are append-only'); END;
-- Who or what ended an alert's case, and where.
ALTER TABLE alerts ADD COLUMN resolved_by TEXT;
ALTER TABLE alerts ADD COLUMN resolved_place TEXT;
