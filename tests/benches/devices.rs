//! Scanners at work: how long a frame waits for its tone, and what 200 kiosks with 50 serial scanners cost at 100 scans a
//! second.
//!
//!     cargo bench --bench devices
//!
//! The scanners are pseudo terminals of the Datalogic kind, which are told each verdict by a byte: the time from the last
//! byte of a code to that byte is the whole way, from the wire to the disk and back. Every kiosk's page listens to its
//! events all the while.
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

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use serialport::{SerialPort, TTYPort};
use support::site::{Server, badge, chart, until};
use support::{
    AsyncConnection, Dice, Table, Times, kiosk, kiosk_tokens, memory_mb, ms, processor, scan_request, serve, size,
    stocked_hospital,
};

const KIOSKS: u32 = 200;
/// So many kiosks have a scanner on a serial line; the others send over HTTP.
const SERIAL: u32 = 50;
const CHARTS: u32 = 20_000;
/// Scans a second, half of them from serial lines.
const RATE: u32 = 100;

fn main() {
    support::on_disk();
    let site = stocked_hospital(KIOSKS, CHARTS);
    let config = std::fs::read_to_string(site.path().join("outguide.toml")).expect("config");
    let scanners: String = (0..SERIAL).map(scanner).collect();
    site.write("outguide.toml", &format!("{config}{scanners}"));
    let mut ports: Vec<TTYPort> = (0..SERIAL).map(|index| plug(&site.path().join(format!("port{index}")))).collect();
    let (token, tokens) = (site.token("clerk"), kiosk_tokens(&site, KIOSKS));
    let server = serve(&site);
    let pages: Vec<_> = tokens.iter().enumerate().map(|(index, token)| listen(&server, index, token)).collect();
    let client = server.client(&token);
    until("all scanners are ready", || {
        let devices = client.get("/api/v1/devices").json["rows"].as_array().expect("rows").clone();
        devices.iter().all(|device| device["state"] == "ready")
    });
    for (index, port) in (1001..).zip(&mut ports) {
        port.set_timeout(Duration::from_secs(30)).expect("timeout");
        // E, which enables a scanner that has just come, and the tone of the badge.
        port.write_all(format!("{}\r", badge(&format!("{index}"))).as_bytes()).expect("badge");
        port.read_exact(&mut [0; 2]).expect("tone");
    }
    alone(&site, &mut ports[0]);
    at_work(&server, &tokens, ports);
    drop(pages);
    server.stop();
    site.ok(&["verify"]);
}

fn scanner(index: u32) -> String {
    let kiosk = kiosk(index);
    format!(
        "[[scanner]]\nid = \"s{index}\"\nkiosk = \"{kiosk}\"\ntransport = \"serial\"\nport = \"port{index}\"\n\
         profile = \"datalogic-cdc\"\necho_ms = 0\n"
    )
}

fn plug(link: &Path) -> TTYPort {
    let (scanner, line) = TTYPort::pair().expect("a pseudo terminal");
    symlink(line.name().expect("name"), link).expect("link");
    scanner
}

/// A kiosk's page that stays open and reads its events.
fn listen(server: &Server, index: usize, token: &str) -> std::thread::JoinHandle<()> {
    let mut stream = TcpStream::connect(server.url.trim_start_matches("http://")).expect("connect");
    let kiosk = kiosk(u32::try_from(index).expect("few"));
    let path = format!("/api/v1/kiosks/{kiosk}/events");
    write!(stream, "GET {path} HTTP/1.1\r\nhost: outguide\r\nauthorization: Bearer {token}\r\n\r\n").expect("ask");
    let mut head = [0; 15];
    stream.read_exact(&mut head).expect("answer");
    assert_eq!(&head, b"HTTP/1.1 200 OK", "{path}");
    let reader = std::thread::Builder::new().stack_size(64 * 1024);
    reader
        .spawn(move || {
            let mut events = [0; 4096];
            while matches!(stream.read(&mut events), Ok(1..)) {}
        })
        .expect("thread")
}

/// From the last byte of a code to the tone.
fn scan(port: &mut TTYPort, code: &str) -> Duration {
    let sent = Instant::now();
    port.write_all(format!("{code}\r").as_bytes()).expect("scan");
    port.read_exact(&mut [0; 1]).expect("tone");
    sent.elapsed()
}

/// One scanner alone, and between each two scans a 4 KiB append with its sync in a file of the same folder.
fn alone(site: &support::site::Site, port: &mut TTYPort) {
    let mut probe = File::create(site.path().join("probe")).expect("probe");
    let (mut dice, mut waits, mut syncs) = (Dice::new(5), Times::default(), Times::default());
    for _ in 0..size("BENCH_SCANS", 500) {
        waits.add(scan(port, &chart(1 + dice.below(CHARTS))));
        std::thread::sleep(Duration::from_millis(5));
        syncs.of(|| {
            probe.write_all(&[0x55; 4096]).expect("probe");
            probe.sync_data().expect("sync");
        });
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut table =
        Table::new("devices: one serial scanner, from the last byte of a code to the tone after the commit");
    for (name, part) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
        table.figure(&format!("tone, {name}"), ms(waits.part(part)));
        table.figure(&format!("sync probe (4 KiB append, fdatasync), {name}"), ms(syncs.part(part)));
    }
    table.print();
}

/// All kiosks at their rate; what it costs.
fn at_work(server: &Server, tokens: &[String], ports: Vec<TTYPort>) {
    let seconds = size("BENCH_SECONDS", 30);
    let (before, began) = (processor(server.pid(), None), Instant::now());
    let count = u32::try_from(ports.len()).expect("few");
    // Each scanner scans once a second, the first at once, each next one a little later.
    let scanners: Vec<_> = (0..)
        .zip(ports)
        .map(|(index, mut port)| {
            std::thread::spawn(move || {
                let (mut dice, mut waits) = (Dice::new(100 + u64::from(index)), Times::default());
                for second in 0..seconds {
                    let at = Duration::from_secs(u64::from(second)) + Duration::from_secs(1) * index / count;
                    std::thread::sleep((began + at).saturating_duration_since(Instant::now()));
                    waits.add(scan(&mut port, &chart(1 + dice.below(CHARTS))));
                }
                waits
            })
        })
        .collect();
    let over_http = http(server, tokens, seconds, began);
    let mut tones = Times::default();
    scanners.into_iter().for_each(|scanner| tones.join(scanner.join().expect("scanner")));
    let took = began.elapsed();
    let busy = processor(server.pid(), None) - before;
    let rate = (tones.len() + over_http.len()) as f64 / took.as_secs_f64();
    let mut table = Table::new("devices: 200 kiosks with their pages open, 50 of them with a serial scanner");
    table.figure("scans a second, half of them from serial lines", format!("{rate:.0}"));
    table.figure("tone after the commit, p50", ms(tones.part(0.5)));
    table.figure("tone after the commit, p99", ms(tones.part(0.99)));
    table.figure("receipt over HTTP, p50", ms(over_http.part(0.5)));
    table.figure("receipt over HTTP, p99", ms(over_http.part(0.99)));
    let percent = 100.0 * busy.as_secs_f64() / took.as_secs_f64();
    table.figure("processor time of the server, of one processor", format!("{percent:.1} %"));
    table.figure("memory of the server, resident", format!("{} MB", memory_mb(server.pid(), "VmRSS")));
    table.figure("memory of the server, highest", format!("{} MB", memory_mb(server.pid(), "VmHWM")));
    let threads = std::fs::read_dir(format!("/proc/{}/task", server.pid())).expect("threads").count();
    table.figure("threads of the server", threads);
    table.print();
}

/// How many connections the other kiosks share.
const CONNECTIONS: u32 = 10;

/// The other kiosks' scans at an even pace.
fn http(server: &Server, tokens: &[String], seconds: u32, began: Instant) -> Times {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    runtime.block_on(async {
        let each = RATE - SERIAL;
        let mut senders = tokio::task::JoinSet::new();
        for first in 0..CONNECTIONS {
            let mut connection = AsyncConnection::open(&server.url).await;
            let tokens = tokens.to_owned();
            senders.spawn(async move {
                let (mut dice, mut waits) = (Dice::new(7 + u64::from(first)), Times::default());
                for turn in (first..seconds * each).step_by(CONNECTIONS as usize) {
                    let at = Duration::from_secs(1) * turn / each;
                    tokio::time::sleep((began + at).saturating_duration_since(Instant::now())).await;
                    let index = SERIAL + turn % (KIOSKS - SERIAL);
                    let request = scan_request(&tokens[index as usize], &kiosk(index), &chart(1 + dice.below(CHARTS)));
                    let sent = Instant::now();
                    connection.send(&request).await;
                    waits.add(sent.elapsed());
                }
                waits
            });
        }
        let mut all = Times::default();
        while let Some(waits) = senders.join_next().await {
            all.join(waits.expect("kiosks"));
        }
        all
    })
}
