//! Durable scans a second through HTTP with 64 kiosks, against a bare loop that writes the same rows; how long one
//! scan waits for its receipt, against the disk's own sync; and how long while a kiosk that was away replays its day.
//!
//!     cargo bench --bench scans
#![allow(
    missing_docs,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark"
)]

/// The same allocator as the server's, for the bare loop too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod bare;
mod support;

use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use support::site::{Server, badge, chart};
use support::{
    AsyncConnection, Connection, Dice, Queued, Table, Times, kiosk, kiosk_tokens, metric, ms, processor,
    queued_scan_request, scan_request, serve, size, stocked_hospital,
};

const KIOSKS: u32 = 64;
const CHARTS: u32 = 20_000;
/// Server and bare loop take turns this often: what else goes on on the machine then weighs on both alike.
const ROUNDS: usize = 24;

fn main() {
    support::on_disk();
    let site = stocked_hospital(KIOSKS, CHARTS);
    let (tokens, watcher) = (kiosk_tokens(&site, KIOSKS), site.token("technician"));
    let copy = site.path().join("bare.db");
    std::fs::copy(site.database(), &copy).expect("copy");
    let server = serve(&site);
    sign_in(&server, &tokens);
    let scans = size("BENCH_SCANS", 5_000);
    let commits = || metric(&server, &watcher, "outguide_ledger_commits");
    let mut table = Table::new("scans: 64 kiosks over HTTP, every receipt after its COMMIT (synchronous=FULL)");
    let (mut ratios, mut rates, mut bares, mut sizes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut waits, mut costs) = (Times::default(), [Duration::ZERO; 5]);
    let mut bare = bare::Bare::open(&copy);
    bare.follow(&site.database());
    for round in 0..ROUNDS {
        let before = commits();
        let cost = |thread| processor(server.pid(), thread);
        let (all, writer, scribe) = (cost(None), cost(Some("ledger-writer")), cost(Some("ledger-scribe")));
        let own = own_processor();
        let (took, times) = burst(&server, &tokens, scans, round);
        costs[0] += cost(None) - all;
        costs[1] += cost(Some("ledger-writer")) - writer;
        costs[2] += cost(Some("ledger-scribe")) - scribe;
        costs[3] += own_processor() - own;
        let own = own_processor();
        let batch = f64::from(scans) / (commits() - before).max(1.0);
        waits.join(times);
        let (rows, bare_took) = bare.replay(&site.database(), batch);
        costs[4] += own_processor() - own;
        assert_eq!(rows, usize::try_from(scans).expect("few"), "the bare loop writes what the server wrote");
        let (rate, bare_rate) = (f64::from(scans) / took.as_secs_f64(), f64::from(scans) / bare_took.as_secs_f64());
        rates.push(rate);
        bares.push(bare_rate);
        sizes.push(batch);
        ratios.push(rate / bare_rate);
    }
    table.figure("through HTTP", format!("{:.0} scans/s", middle(&mut rates)));
    table.figure("bare rusqlite loop, same rows, reads and hashing", format!("{:.0} scans/s", middle(&mut bares)));
    table.figure("scans in one transaction, mean", format!("{:.1}", middle(&mut sizes)));
    let ratio = middle(&mut ratios);
    table.target("ratio", format!("{ratio:.2}"), ">= 0.70", ratio >= 0.7);
    let each = |cost: Duration| cost.as_secs_f64() * 1e6 / f64::from(scans) / ROUNDS as f64;
    let [all, writer, scribe, clients, bare_cost] = costs.map(each);
    table.figure("processor time a scan: server", format!("{all:.0} us"));
    let ledger = format!("{writer:.0} us / {scribe:.0} us");
    table.figure("processor time a scan: the ledger's writer, who judges / its scribe, who writes", ledger);
    table.figure("processor time a scan: the benchmark's 64 kiosks", format!("{clients:.0} us"));
    table.figure("processor time a scan: bare loop, reading the rows before included", format!("{bare_cost:.0} us"));
    table.figure("wait for the receipt at that load, p50", ms(waits.part(0.5)));
    table.figure("wait for the receipt at that load, p99", ms(waits.part(0.99)));
    table.print();
    paced(&site, &server, &tokens);
    beside_a_replay(&server, &tokens);
    server.stop();
    site.ok(&["verify"]);
}

/// This process's own, its ended threads included.
fn own_processor() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("stat");
    let ticks = stat.rsplit_once(')').expect("stat").1.split_whitespace().skip(11).take(2);
    Duration::from_millis(ticks.map(|part| part.parse::<u64>().expect("ticks") * 10).sum())
}

fn middle(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn sign_in(server: &Server, tokens: &[String]) {
    let mut connection = Connection::open(&server.url);
    for index in 0..KIOSKS {
        connection.send(&scan_request(&tokens[index as usize], &kiosk(index), &badge(&(1001 + index).to_string())));
    }
}

/// Every kiosk sends its share as fast as it gets receipts; the time from the first to the last. All kiosks live on one
/// thread, so that they take little from the processors that the server runs on.
fn burst(server: &Server, tokens: &[String], scans: u32, round: usize) -> (Duration, Times) {
    let requests = |index: u32| {
        let mut dice = Dice::new(u64::from(index) * 100 + round as u64 + 1);
        let count = scans / KIOSKS + u32::from(index < scans % KIOSKS);
        (0..count)
            .map(|_| scan_request(&tokens[index as usize], &kiosk(index), &chart(1 + dice.below(CHARTS))))
            .collect::<Vec<_>>()
    };
    let shares: Vec<_> = (0..KIOSKS).map(requests).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("runtime");
    runtime.block_on(async {
        let mut connections = Vec::new();
        for _ in 0..KIOSKS {
            connections.push(AsyncConnection::open(&server.url).await);
        }
        let began = Instant::now();
        let mut kiosks = tokio::task::JoinSet::new();
        for (mut connection, share) in connections.into_iter().zip(shares) {
            kiosks.spawn(async move {
                let mut times = Times::default();
                for request in share {
                    let sent = Instant::now();
                    connection.send(&request).await;
                    times.add(sent.elapsed());
                }
                times
            });
        }
        let mut all = Times::default();
        while let Some(times) = kiosks.join_next().await {
            all.join(times.expect("kiosk"));
        }
        (began.elapsed(), all)
    })
}

/// 100 scans a second, and between each two a 4 KiB append with its sync in a file of the same folder.
fn paced(site: &support::site::Site, server: &Server, tokens: &[String]) {
    let seconds = size("BENCH_SECONDS", 20);
    let mut connection = Connection::open(&server.url);
    let mut probe = File::create(site.path().join("probe")).expect("probe");
    let mut dice = Dice::new(99);
    let (mut waits, mut syncs) = (Times::default(), Times::default());
    let page = [0x55u8; 4096];
    let began = Instant::now();
    for turn in 0..seconds * 100 {
        let at = Duration::from_millis(u64::from(turn) * 10);
        std::thread::sleep((began + at).saturating_duration_since(Instant::now()));
        let index = turn % KIOSKS;
        let request = scan_request(&tokens[index as usize], &kiosk(index), &chart(1 + dice.below(CHARTS)));
        waits.of(|| connection.send(&request));
        std::thread::sleep((began + at + Duration::from_millis(5)).saturating_duration_since(Instant::now()));
        syncs.of(|| {
            probe.write_all(&page).expect("probe");
            probe.sync_data().expect("sync");
        });
    }
    let mut table = Table::new("scans: one scan's wait for its receipt at 100 scans a second");
    for (name, part) in [("p50", 0.5), ("p95", 0.95)] {
        table.figure(&format!("receipt, {name}"), ms(waits.part(part)));
        table.figure(&format!("sync probe (4 KiB append, fdatasync), {name}"), ms(syncs.part(part)));
    }
    let (wait, sync) = (waits.part(0.99), syncs.part(0.99));
    table.figure("receipt, p99", ms(wait));
    table.figure("sync probe, p99", ms(sync));
    let ratio = wait.as_secs_f64() / sync.as_secs_f64();
    table.target("ratio of the p99s", format!("{ratio:.2}"), "<= 3", ratio <= 3.0);
    table.print();
}

/// 100 live scans a second, first by themselves, then while a kiosk sends the scans of a day away, one after the other, as
/// fast as it gets receipts; again and again, until the time is over.
fn beside_a_replay(server: &Server, tokens: &[String]) {
    let seconds = size("BENCH_SECONDS", 20);
    let scans = size("BENCH_REPLAYED", 3_000);
    let alone = live(server, tokens, seconds, 7);
    let done = std::sync::atomic::AtomicBool::new(false);
    let (beside, days) = std::thread::scope(|scope| {
        let replay = scope.spawn(|| {
            let mut days = Times::default();
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                days.of(|| replay(server, tokens, scans));
            }
            days
        });
        let beside = live(server, tokens, seconds, 8);
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        (beside, replay.join().expect("replay"))
    });
    let mut table = Table::new("scans: 100 live scans a second, beside a kiosk that replays its queue");
    for (name, part) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
        let shown = format!("{} / {}", ms(alone.part(part)), ms(beside.part(part)));
        table.figure(&format!("receipt of a live scan, alone / beside the replay, {name}"), shown);
    }
    let rate = f64::from(scans) / days.part(0.5).as_secs_f64();
    table.figure(&format!("a queue of {scans} scans, one at a time"), format!("{rate:.0} scans/s"));
    table.print();
}

/// 100 scans a second from all kiosks but the last; how long each waited.
fn live(server: &Server, tokens: &[String], seconds: u32, seed: u64) -> Times {
    let (mut connection, mut dice) = (Connection::open(&server.url), Dice::new(seed));
    let (mut waits, began) = (Times::default(), Instant::now());
    for turn in 0..seconds * 100 {
        let at = Duration::from_millis(u64::from(turn) * 10);
        std::thread::sleep((began + at).saturating_duration_since(Instant::now()));
        let index = turn % (KIOSKS - 1);
        let request = scan_request(&tokens[index as usize], &kiosk(index), &chart(1 + dice.below(CHARTS)));
        waits.of(|| connection.send(&request));
    }
    waits
}

/// The last kiosk was away for a day, with a clock that is three minutes ahead.
fn replay(server: &Server, tokens: &[String], scans: u32) {
    let (mut connection, mut dice) = (Connection::open(&server.url), Dice::new(9));
    let ahead = jiff::SignedDuration::from_mins(3);
    let apart = jiff::SignedDuration::from_hours(24) / i32::try_from(scans).expect("few");
    let began = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24);
    let away = KIOSKS - 1;
    for at in 0..scans {
        let observed_at = began + apart * i32::try_from(at).expect("few") + ahead;
        let queued = Queued { queue_seq: at + 1, observed_at, sent_at: jiff::Timestamp::now() + ahead };
        let data = chart(1 + dice.below(CHARTS));
        connection.send(&queued_scan_request(&tokens[away as usize], &kiosk(away), &data, Some(&queued)));
    }
}
