//! How long a server with five million entries takes until it answers.
//!
//!     cargo bench --bench startup
//!
//! The entries are written with SQL, not scanned: one real entry, repeated with new numbers, ids and hashes, so that
//! the chain is whole. The file is in the page cache as after any restart of the service.
#![allow(
    missing_docs,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark"
)]

mod support;

use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use support::site::{Site, badge, chart};
use support::{Table, ms, serve, size, stocked_hospital};

const STARTS: usize = 5;

fn main() {
    support::on_disk();
    let entries = size("BENCH_ENTRIES", 5_000_000);
    let site = stocked_hospital(2, 100);
    let token = site.token("clerk");
    let server = serve(&site);
    let client = server.client(&token);
    client.scan("k01", &badge("1001"));
    client.scan("k01", &chart(1));
    client.scan("k01", "UNKNOWN-LABEL-1");
    server.stop();
    let few = start(&site);
    let began = Instant::now();
    fill(&site, entries);
    let filled = began.elapsed();
    let many = start(&site);
    let bytes = std::fs::metadata(site.database()).expect("database").len();
    let mut table =
        Table::new(&format!("startup: {entries} entries ({} MB), time until the server listens", bytes >> 20));
    table.target("longest of 5 starts", ms(many), "< 1 s", many < Duration::from_secs(1));
    table.figure("the same with a dozen entries", ms(few));
    table.figure("writing the entries for this took", format!("{:.0} s", filled.as_secs_f64()));
    if std::env::var_os("BENCH_VERIFY").is_some() {
        let began = Instant::now();
        site.ok(&["verify"]);
        table.figure("outguide verify of them", format!("{:.0} s", began.elapsed().as_secs_f64()));
    }
    table.print();
}

/// The longest of some starts.
fn start(site: &Site) -> Duration {
    let starts = (0..STARTS).map(|_| {
        let began = Instant::now();
        let server = serve(site);
        assert!(ureq::get(format!("{}/healthz", server.url)).call().is_ok(), "it answers");
        let took = began.elapsed();
        server.stop();
        took
    });
    starts.max().expect("starts")
}

/// Repeats the newest entry until there are so many. The hash is as documented at the top of `src/ledger/chain.rs`,
/// written a second time here.
fn fill(site: &Site, entries: u32) {
    let mut conn = Connection::open(site.database()).expect("open");
    conn.pragma_update(None, "synchronous", "OFF").expect("pragma");
    conn.pragma_update(None, "cache_size", -256 * 1024).expect("pragma");
    let sql = "SELECT seq, kind, kiosk, actor, effective_at, body, hash FROM entries ORDER BY seq DESC LIMIT 1";
    let (first, kind, kiosk, actor, at, body, mut hash) = conn
        .query_row(sql, [], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, String>(3)?,
                row.get::<_, i64>(4)?,
                row.get::<_, String>(5)?,
                row.get::<_, [u8; 32]>(6)?,
            ))
        })
        .expect("an entry");
    let mut seq = first;
    while seq < i64::from(entries) {
        let step = conn.transaction().expect("begin");
        let sql = "INSERT INTO entries (seq, id, kind, kiosk, device, actor, observed_at, effective_at, recorded_at, \
                   version, body, prev_hash, hash) VALUES (?1, ?2, ?3, ?4, NULL, ?5, NULL, ?6, ?6, 1, ?7, ?8, ?9)";
        for _ in 0..50_000 {
            seq += 1;
            let (id, time) = (uuid::Uuid::now_v7().to_string(), at + seq);
            let before = hash;
            hash = content_hash(&before, seq, &[&id, &kind], &kiosk, &actor, time, &body);
            step.prepare_cached(sql)
                .expect("insert")
                .execute(params![seq, id, kind, kiosk, actor, time, body, before, hash])
                .expect("insert");
        }
        step.commit().expect("commit");
    }
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("checkpoint");
}

fn content_hash(
    before: &[u8; 32],
    seq: i64,
    texts: &[&String],
    kiosk: &str,
    actor: &str,
    time: i64,
    body: &str,
) -> [u8; 32] {
    let text = |form: &mut Vec<u8>, text: &str| {
        form.extend(u32::try_from(text.len()).expect("short").to_be_bytes());
        form.extend(text.as_bytes());
    };
    let mut form = b"outguide.entry.v1\0".to_vec();
    form.extend(before);
    form.extend(seq.to_be_bytes());
    texts.iter().for_each(|part| text(&mut form, part));
    form.push(1);
    text(&mut form, kiosk);
    form.push(0);
    text(&mut form, actor);
    form.push(0);
    form.extend(time.to_be_bytes());
    form.extend(time.to_be_bytes());
    form.extend(1u32.to_be_bytes());
    text(&mut form, body);
    Sha256::digest(&form).into()
}
