-- Version 7: the register of equipment and its service log, versioned tables beside the chain.
CREATE TABLE equipment (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, make TEXT, model TEXT, serial TEXT, place TEXT,
    device TEXT, purchased_on TEXT, warranty_until TEXT, service_every INTEGER, service_unit TEXT, service_work TEXT,
    registered_on TEXT NOT NULL, last_service_on TEXT, retired INTEGER NOT NULL, version INTEGER NOT NULL,
    next_service TEXT                      -- Equipment::next_service of this row, for order and for the sweep
) STRICT;
CREATE INDEX equipment_falling_due ON equipment (next_service) WHERE next_service IS NOT NULL;
CREATE TABLE equipment_services (
    id INTEGER PRIMARY KEY, equipment INTEGER NOT NULL, done_on TEXT NOT NULL, done_by TEXT NOT NULL, work TEXT NOT NULL,
    cost_cents INTEGER, struck INTEGER NOT NULL, logged_by TEXT NOT NULL, logged_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX equipment_services_by_equipment ON equipment_services (equipment, done_on);
CREATE INDEX alerts_about_services ON alerts (about) WHERE kind = 'service';
