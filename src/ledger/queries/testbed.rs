//! A small hospital in memory, for the tests of this room.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::Reader;
use crate::barcode;
use crate::ledger::clock::Clock;
use crate::records::{Filing, Numbering, sort_name};

pub(super) struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        at(1_000_000)
    }
}

/// So many seconds after the tests' beginning of time.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds).unwrap()
}

pub(super) fn reader() -> Reader {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(concat!(include_str!("../schema_v1.sql"), include_str!("../schema_v2.sql"))).unwrap();
    // Its entries are few and far between.
    conn.execute_batch("DROP TRIGGER entries_are_only_added").unwrap();
    conn.execute_batch(
        "INSERT INTO places VALUES ('FILE','File room','file_room',NULL,0,1,1), ('ER','Emergency','department',24,0,1,1),
                                   ('PSY','Psychiatry','department',24,1,1,1);
         INSERT INTO staff VALUES ('77','Rosa Diaz','clerk','ER',NULL,1,1);
         INSERT OR IGNORE INTO record_types VALUES ('MR','Medical record',0,1,1), ('PR','Psychiatric record',1,1,1);",
    )
    .unwrap();
    let reader = Reader {
        conn,
        kiosks: crate::ledger::Kiosks::default(),
        clock: Arc::new(FixedClock),
        barcodes: barcode::Reader::new(&[]).unwrap(),
        numbering: Numbering::new(r"\d{6}", Filing::TerminalDigit).unwrap(),
    };
    for (id, mrn, last, first) in [
        (1, "123456", "Díaz", "Rosa"),
        (2, "123457", "Diaz Romero", "Ana"),
        (3, "223456", "Rossi", "Diana"),
        (4, "340012", "Osei", "Kofi"),
        (5, "340013", "Nakadiazu", "Jo"),
    ] {
        add_patient(&reader.conn, id, mrn, last, first);
    }
    add_chart(&reader.conn, 17, 1, "MR", 1, "FILE", None);
    add_chart(&reader.conn, 18, 1, "MR", 2, "ER", Some(100));
    add_chart(&reader.conn, 19, 2, "MR", 1, "PSY", Some(50));
    add_chart(&reader.conn, 20, 3, "MR", 1, "ER", Some(20));
    add_chart(&reader.conn, 21, 4, "PR", 1, "ER", Some(30));
    add_chart(&reader.conn, 22, 5, "MR", 1, "FILE", None);
    reader
}

pub(super) fn add_patient(conn: &Connection, id: i64, mrn: &str, last: &str, first: &str) {
    let sort = sort_name(last, first);
    conn.execute(
        "INSERT INTO patients (id, mrn, last_name, first_name, birth_date, sex, version, sort_name)
         VALUES (?1, ?2, ?3, ?4, '1980-01-31', 'F', 1, ?5)",
        params![id, mrn, last, first, sort],
    )
    .unwrap();
    conn.execute("INSERT INTO patient_names (rowid, sort_name) VALUES (?1, ?2)", params![id, sort]).unwrap();
}

pub(super) fn add_chart(
    conn: &Connection,
    number: u32,
    patient: i64,
    kind: &str,
    volume: u16,
    place: &str,
    out: Option<i64>,
) {
    let since = at(out.unwrap_or(0));
    let custody = serde_json::json!({
        "place": place, "holder": out.map(|_| "77"), "known_by": "scanned", "since": since, "seen_at": since,
        "seen_place": place, "out_since": out.map(at), "due_at": out.map(|out| at(out + 86_400)), "loan": null,
        "missing": null, "undo": null,
        "last": {"effective_at": since, "kiosk": "", "queue_seq": 0, "seq": 1},
    });
    conn.execute(
        "INSERT INTO charts (number, patient, record_type, volume, home, retired, place, holder, out_since, due_at, custody)
         VALUES (?1, ?2, ?3, ?4, 'FILE', 0, ?5, ?6, ?7, ?8, ?9)",
        params![
            number, patient, kind, volume, place, out.map(|_| "77"), out.map(|out| at(out).as_microsecond()),
            out.map(|out| at(out + 86_400).as_microsecond()), custody.to_string()
        ],
    )
    .unwrap();
}
