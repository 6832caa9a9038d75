//! How fast a hospital's million charts come in through the running server, what that costs the scans meanwhile, and
//! how much memory the server then holds.
//!
//!     cargo bench --bench import
//!
//! The hospital is kept in `target/tmp` for the benchmark `find`.
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

use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use support::site::{Server, Site, badge, chart};
use support::{
    Connection, Dice, Table, Times, hospital, kiosk, kiosk_tokens, memory_mb, metric, ms, scan_request, serve, size,
};

const KIOSKS: u32 = 8;
/// Charts that are there before, for the live scans.
const EARLY: u32 = 1_000;

fn main() {
    support::on_disk();
    let charts = size("BENCH_CHARTS", 1_000_000);
    let site = hospital(KIOSKS, charts);
    early(&site);
    let (tokens, watcher) = (kiosk_tokens(&site, KIOSKS), site.token("technician"));
    let server = serve(&site);
    let mut connection = Connection::open(&server.url);
    for index in 0..KIOSKS {
        connection.send(&scan_request(&tokens[index as usize], &kiosk(index), &badge(&(1001 + index).to_string())));
    }
    let mut table = Table::new(&format!("import: {charts} patients, then {charts} charts, into the running server"));
    let alone = scans_while(&server, &tokens, || std::thread::sleep(Duration::from_secs(5))).1;
    for what in ["patients", "charts"] {
        let (took, waits) = scans_while(&server, &tokens, || import(&site, what));
        let rate = f64::from(charts) / took.as_secs_f64();
        table.target(what, format!("{rate:.0}/s"), ">= 15000/s", rate >= 15_000.0);
        table.figure(&format!("live scans at 100/s during {what}: p50"), ms(waits.part(0.5)));
        table.figure(&format!("live scans at 100/s during {what}: p99"), ms(waits.part(0.99)));
        table.figure(&format!("live scans at 100/s during {what}: longest"), ms(waits.part(1.0)));
    }
    table.figure("the same without an import: p99", ms(alone.part(0.99)));
    let longest = |name: &str| Duration::from_secs_f64(metric(&server, &watcher, name));
    let held = longest("outguide_ledger_longest_background_seconds");
    table.target("longest hold of the writer by a chunk", ms(held), "< 10 ms", held < Duration::from_millis(10));
    let log = longest("outguide_ledger_longest_checkpoint_seconds");
    table.target("longest hold of the writer by the log", ms(log), "< 10 ms", log < Duration::from_millis(10));
    table.figure("longest COMMIT (the disk's own time)", ms(longest("outguide_ledger_longest_commit_seconds")));
    let (now, peak) = (memory_mb(server.pid(), "VmRSS"), memory_mb(server.pid(), "VmHWM"));
    table.target("server's resident memory after it", format!("{now} MB"), "< 200 MB", now < 200);
    table.figure("its peak", format!("{peak} MB"));
    server.stop();
    let again = serve(&site);
    let start = memory_mb(again.pid(), "VmRSS");
    table.figure("a fresh server's on the same data", format!("{start} MB"));
    again.stop();
    let stop = longest_stop(Duration::from_secs(u64::from(size("BENCH_STOP_SECONDS", 20))));
    table.figure("the machine's own: longest stop of threads that only read the clock", ms(stop));
    table.print();
    keep(&site, charts);
}

/// The first charts, loaded before the server runs.
fn early(site: &Site) {
    for what in ["patients", "charts"] {
        let all = std::fs::read_to_string(site.path().join(format!("{what}.csv"))).expect("file");
        let few: String = all.split_inclusive('\n').take(usize::try_from(EARLY).expect("few") + 1).collect();
        site.write("early.csv", &few);
        site.ok(&["import", what, "early.csv"]);
    }
}

fn import(site: &Site, what: &str) {
    let mut command = site.command(&["import", what, &format!("{what}.csv")]);
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("import");
    assert!(status.success(), "import {what}");
}

/// Scans 100 times a second until `what` is done: how long that took, and each scan's wait.
fn scans_while(server: &Server, tokens: &[String], what: impl FnOnce()) -> (Duration, Times) {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let scans = scope.spawn(|| {
            let (mut connection, mut dice, mut times) = (Connection::open(&server.url), Dice::new(5), Times::default());
            let began = Instant::now();
            for turn in 0u32.. {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                let at = began + Duration::from_millis(u64::from(turn) * 10);
                std::thread::sleep(at.saturating_duration_since(Instant::now()));
                let index = turn % KIOSKS;
                let request = scan_request(&tokens[index as usize], &kiosk(index), &chart(1 + dice.below(EARLY)));
                times.of(|| connection.send(&request));
            }
            times
        });
        let began = Instant::now();
        what();
        let took = began.elapsed();
        done.store(true, Ordering::Relaxed);
        (took, scans.join().expect("scans"))
    })
}

/// Nothing else is at work: how long threads that only read the clock did not get to it, on as many processors as there
/// are. A virtual machine's processor can be taken away from it; what holds the writer then is held longer too.
fn longest_stop(watched: Duration) -> Duration {
    let watch = || {
        let (began, mut longest) = (Instant::now(), Duration::ZERO);
        let mut last = began;
        while last - began < watched {
            let now = Instant::now();
            longest = longest.max(now - last);
            last = now;
        }
        longest
    };
    std::thread::scope(|scope| {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let watches: Vec<_> = (0..processors).map(|_| scope.spawn(watch)).collect();
        watches.into_iter().map(|watch| watch.join().expect("watch")).max().unwrap_or_default()
    })
}

fn keep(site: &Site, charts: u32) {
    let kept = support::kept(charts);
    let _not_there = std::fs::remove_dir_all(&kept);
    std::fs::rename(site.path(), &kept).expect("kept");
}
