//! The yardstick: a bare rusqlite loop on one thread that does to a copy of the database what the server's writer did
//! to the original: the same rows into the same tables and indexes, the same reads before each, the same hashes, the
//! same number of scans in a transaction. It judges nothing, words nothing and answers nobody.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// An entry as the server wrote it, and what it did to the projections.
struct Row {
    seq: i64,
    id: String,
    kind: String,
    kiosk: Option<String>,
    actor: String,
    effective_at: i64,
    recorded_at: i64,
    body: String,
    prev_hash: Vec<u8>,
    code: String,
    acts: Vec<Acted>,
    issues: Vec<(i64, Option<i64>, Option<i64>)>,
}

struct Acted {
    chart: i64,
    act: String,
    custody: String,
    place: String,
    holder: Option<String>,
    out_since: Option<i64>,
    due_at: Option<i64>,
    loan: Option<i64>,
}

/// The copy that the loop writes.
pub struct Bare {
    conn: Connection,
    /// The patients of charts that were read before: the server remembers such a chart too.
    charts: HashMap<i64, i64>,
    checkpoints: Option<std::thread::JoinHandle<()>>,
    stop: Arc<AtomicBool>,
}

impl Bare {
    /// The copy at `path`, with the server's settings: WAL, FULL, checkpoints on a thread of their own, a log that is
    /// begun anew when it is as long.
    pub fn open(path: &Path) -> Bare {
        let conn = connection(path);
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, beside, file) = (Arc::clone(&stop), connection(path), File::open(path).expect("open"));
        let checkpoints = std::thread::spawn(move || {
            let pass = |mode: &str| -> i64 {
                beside.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| row.get(1)).expect("checkpoint")
            };
            while !stopped.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(500));
                if pass("PASSIVE") > LOG_MAX_FRAMES {
                    file.sync_data().expect("sync");
                    pass("PASSIVE");
                    file.sync_data().expect("sync");
                    pass("RESTART");
                }
            }
        });
        Bare { conn, charts: HashMap::new(), checkpoints: Some(checkpoints), stop }
    }

    /// Takes over what `original` has more, untimed.
    pub fn follow(&mut self, original: &Path) {
        self.replay(original, 64.0);
    }

    /// Writes what `original` has more, `batch` scans (a mean) to a transaction; how many and how long it took.
    pub fn replay(&mut self, original: &Path, batch: f64) -> (usize, Duration) {
        let rows = self.rows(original);
        let began = Instant::now();
        let mut upto = 0.0;
        let mut waiting = rows.iter().enumerate().peekable();
        while waiting.peek().is_some() {
            upto += batch;
            self.conn.prepare_cached("BEGIN IMMEDIATE").unwrap().execute([]).unwrap();
            let mut kiosks = Vec::new();
            while let Some((_, row)) = waiting.next_if(|(index, _)| (*index as f64) < upto) {
                read(&self.conn, &mut self.charts, row);
                write(&self.conn, row);
                kiosks.extend(row.kiosk.as_deref());
            }
            kiosks.sort_unstable();
            kiosks.dedup();
            let sql = "INSERT INTO kiosk_sessions (kiosk, lane, session) VALUES (?1, '', ?2) \
                       ON CONFLICT (kiosk, lane) DO UPDATE SET session = ?2";
            for kiosk in kiosks {
                self.conn.prepare_cached(sql).unwrap().execute([kiosk, SESSION]).unwrap();
            }
            self.conn.prepare_cached("COMMIT").unwrap().execute([]).unwrap();
        }
        (rows.len(), began.elapsed())
    }

    fn rows(&self, original: &Path) -> Vec<Row> {
        let mine: i64 = self.conn.query_row("SELECT max(seq) FROM entries", [], |row| row.get(0)).unwrap();
        let from = Connection::open_with_flags(original, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("open");
        let sql = "SELECT seq, id, kind, kiosk, actor, effective_at, recorded_at, body, prev_hash FROM entries \
                   WHERE seq > ? AND kiosk IS NOT NULL ORDER BY seq";
        let mut select = from.prepare(sql).unwrap();
        let rows = select.query_map([mine], |row| {
            let body: String = row.get(7)?;
            let value: Value = serde_json::from_str(&body).expect("body");
            let effects = value["effects"].as_array().expect("effects");
            Ok(Row {
                seq: row.get(0)?,
                id: row.get(1)?,
                kind: row.get(2)?,
                kiosk: row.get(3)?,
                actor: row.get(4)?,
                effective_at: row.get(5)?,
                recorded_at: row.get(6)?,
                prev_hash: row.get(8)?,
                code: value["scan"]["code"].as_str().unwrap_or_default().to_owned(),
                acts: effects.iter().filter(|effect| effect["custody"].is_object()).map(acted).collect(),
                issues: effects
                    .iter()
                    .filter(|effect| effect.get("on_chart").is_some())
                    .map(|e| (e["chart"].as_i64().expect("chart"), e["issued"].as_i64(), e["on_chart"].as_i64()))
                    .collect(),
                body,
            })
        });
        rows.unwrap().collect::<Result<_, _>>().unwrap()
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.checkpoints.take().map(std::thread::JoinHandle::join);
    }
}

/// The server's log is begun anew beyond it as well (256 MB).
const LOG_MAX_FRAMES: i64 = 64 * 1024;

/// As long as a session's JSON with a person, a last change and a label is.
const SESSION: &str = "{\"staff\":\"1001\",\"destination\":null,\"signed_in_at\":\"2026-11-23T12:00:00.000000Z\",\
                       \"active_at\":\"2026-11-23T12:00:00.000000Z\",\"last_change\":[17,20000],\"last_chart\":17}";

fn connection(path: &Path) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).expect("open");
    conn.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).unwrap();
    conn.busy_timeout(Duration::from_secs(5)).unwrap();
    conn.set_prepared_statement_cache_capacity(256);
    for (name, value) in [("journal_mode", "WAL"), ("synchronous", "FULL")] {
        conn.pragma_update(None, name, value).unwrap();
    }
    conn.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    conn.pragma_update(None, "cache_size", -8 * 1024).unwrap();
    conn
}

fn acted(effect: &Value) -> Acted {
    let custody = &effect["custody"];
    let time =
        |name: &str| custody[name].as_str().map(|text| text.parse::<jiff::Timestamp>().unwrap().as_microsecond());
    Acted {
        chart: effect["chart"].as_i64().expect("chart"),
        act: effect["act"].to_string(),
        custody: custody.to_string(),
        place: custody["place"].as_str().expect("place").to_owned(),
        holder: custody["holder"].as_str().map(str::to_owned),
        out_since: time("out_since"),
        due_at: time("due_at"),
        loan: custody["loan"].as_i64(),
    }
}

/// What is looked at before a scan is judged. (Places, people and record types are in the server's memory.)
fn read(conn: &Connection, charts: &mut HashMap<i64, i64>, row: &Row) {
    let mut mac = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
    mac.update(row.code.as_bytes());
    std::hint::black_box(mac.finalize().into_bytes());
    let once = |sql: &str, key: &dyn rusqlite::ToSql| {
        conn.prepare_cached(sql).unwrap().query_row([key], |row| row.get::<_, String>(0)).optional().unwrap()
    };
    std::hint::black_box(once("SELECT body FROM entries WHERE id = ?", &row.id));
    for act in &row.acts {
        let patient = *charts.entry(act.chart).or_insert_with(|| {
            let sql = "SELECT number, patient, record_type, volume, home, retired, issued, on_chart, custody \
                       FROM charts WHERE number = ?";
            let read = |row: &rusqlite::Row<'_>| {
                std::hint::black_box(row.get::<_, String>(8)?);
                row.get(1)
            };
            conn.prepare_cached(sql).unwrap().query_row([act.chart], read).unwrap()
        });
        std::hint::black_box(once("SELECT mrn FROM patients WHERE id = ?", &patient));
        let sql = "SELECT cast(count(*) AS TEXT) FROM charts WHERE patient = ? AND record_type = 'MR' AND number <> 0 \
                   AND retired = 0 AND place <> ''";
        std::hint::black_box(once(sql, &patient));
        let sql = "SELECT kind FROM alerts WHERE chart = ? AND state <> 'resolved'";
        std::hint::black_box(once(sql, &act.chart));
    }
}

fn write(conn: &Connection, row: &Row) {
    let mut hash = Sha256::new();
    hash.update(&row.prev_hash);
    for text in [&row.id, &row.kind, &row.actor, &row.body] {
        hash.update(text);
    }
    let hash: [u8; 32] = hash.finalize().into();
    let sql = "INSERT INTO entries (seq, id, kind, kiosk, device, actor, observed_at, effective_at, recorded_at, \
               version, body, prev_hash, hash) VALUES (?,?,?,?,NULL,?,NULL,?,?,1,?,?,?)";
    conn.prepare_cached(sql)
        .unwrap()
        .execute(params![
            row.seq,
            row.id,
            row.kind,
            row.kiosk,
            row.actor,
            row.effective_at,
            row.recorded_at,
            row.body,
            row.prev_hash,
            hash
        ])
        .unwrap();
    for act in &row.acts {
        let sql = "INSERT INTO chart_history (chart, effective_at, kiosk, queue_seq, seq, act) VALUES (?,?,?,0,?,?) \
                   ON CONFLICT DO NOTHING";
        let history = params![act.chart, row.effective_at, row.kiosk, row.seq, act.act];
        conn.prepare_cached(sql).unwrap().execute(history).unwrap();
        let sql = "UPDATE charts SET place = ?2, holder = ?3, out_since = ?4, overdue_alert = CASE WHEN loan IS ?6 AND \
                   due_at IS ?5 THEN overdue_alert END, due_at = ?5, loan = ?6, missing = NULL, custody = ?7 \
                   WHERE number = ?1";
        let chart = params![act.chart, act.place, act.holder, act.out_since, act.due_at, act.loan, act.custody];
        conn.prepare_cached(sql).unwrap().execute(chart).unwrap();
    }
    for (chart, issued, on_chart) in &row.issues {
        let sql = "UPDATE charts SET issued = ?2, on_chart = ?3 WHERE number = ?1";
        conn.prepare_cached(sql).unwrap().execute(params![chart, issued, on_chart]).unwrap();
    }
}
