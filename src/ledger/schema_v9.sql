-- Version 9: what a kiosk of the console speaks. Empty in rows from before: English.
ALTER TABLE kiosks ADD COLUMN language TEXT;
