//! One label from a scan at a kiosk to its first byte on the wire; and how fast a batch goes out to a printer that takes
//! everything at once.
//!
//!     cargo bench --bench printing
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

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use serde_json::json;
use support::site::{Site, badge, chart, command, until};
use support::{Table, Times, ms, serve, size};

/// Ready, nothing in its buffer: what a Zebra answers to `~HS`.
const WELL: &[u8] =
    b"\x02030,0,0,0406,000,0,0,0,000,0,0,0\x03\r\n\x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n";

fn main() {
    support::on_disk();
    let (address, labels) = printer();
    let charts = size("BENCH_CHARTS", 500);
    let site = Site::hospital(
        &format!(
            "[[kiosk]]\nid = \"desk\"\nname = \"Desk\"\nplace = \"FILE\"\nmode = \"return\"\nprinter = \"zebra\"\n\
             [[printer]]\nid = \"zebra\"\nplace = \"FILE\"\ntransport = \"tcp\"\naddress = \"{address}\"\n\
             language = \"zpl\"\ndpi = 203\nstock = \"folder-4x2\"\n"
        ),
        charts,
    );
    let (token, technician) = (site.token("records"), site.token("technician"));
    let server = serve(&site);
    let client = server.client(&token);
    let mut table = Table::new("printing: a LABEL command at a kiosk, a ZPL printer on TCP of this machine");
    let (mut wire, mut receipt) = (Times::default(), Times::default());
    client.scan("desk", &badge("2001"));
    client.scan("desk", &command("LABEL"));
    for number in 1..=size("BENCH_LABELS", 100).min(charts) {
        let began = Instant::now();
        client.scan("desk", &chart(number));
        receipt.add(began.elapsed());
        let at = labels.recv_timeout(Duration::from_secs(30)).expect("a label");
        wire.add(at.saturating_duration_since(began));
        std::thread::sleep(Duration::from_millis(350));
    }
    let reached = wire.part(0.95) < Duration::from_millis(20);
    let shown = format!("{} / {}", ms(wire.part(0.5)), ms(wire.part(0.95)));
    table.target("scan to the first byte on the wire: p50 / p95", shown, "p95 < 20 ms", reached);
    table.figure("the receipt alone: p50 / p95", format!("{} / {}", ms(receipt.part(0.5)), ms(receipt.part(0.95))));

    let wanted =
        json!({"name": "all", "template": "folder-4x2", "printer": "zebra", "section_from": 0, "section_to": 99});
    let began = Instant::now();
    let made = client.post("/api/v1/print-batches", &wanted);
    table.figure(&format!("a batch of {} is made in", made.json["total"]), ms(began.elapsed()));
    let held = longest_hold(&server.client(&technician));
    table.target("longest time its chunks held the writer", ms(held), "10 ms", held < Duration::from_millis(10));
    let few = size("BENCH_BATCH", 60).min(charts);
    let began = Instant::now();
    for _ in 0..few {
        labels.recv_timeout(Duration::from_secs(60)).expect("a label");
    }
    let rate = f64::from(few) / began.elapsed().as_secs_f64();
    table.figure("labels of a batch a second, one connection each", format!("{rate:.1}"));
    until("the rest is given up", || {
        client.post(&format!("/api/v1/print-batches/{}/cancel", made.json["id"]), &json!({})).status != 503
    });
    table.print();
}

/// The longest that a background change held the writer since the server started.
fn longest_hold(technician: &support::site::Client) -> Duration {
    let metrics = technician.text("/metrics");
    let line = metrics.lines().find(|line| line.starts_with("outguide_ledger_longest_background")).expect("a gauge");
    Duration::from_secs_f64(line.rsplit(' ').next().and_then(|word| word.parse().ok()).expect("seconds"))
}

/// A printer that reads all it gets, and tells when each label began to come.
fn printer() -> (SocketAddr, Receiver<Instant>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("port");
    let address = listener.local_addr().expect("address");
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let tell = tell.clone();
            std::thread::spawn(move || converse(stream, &tell));
        }
    });
    (address, told)
}

fn converse(mut stream: TcpStream, tell: &Sender<Instant>) {
    let (mut piece, mut inside) = ([0_u8; 16 * 1024], false);
    while let Ok(read @ 1..) = stream.read(&mut piece) {
        let at = Instant::now();
        let text = &piece[..read];
        if text.windows(3).any(|three| three == b"~HS") {
            let _gone = stream.write_all(WELL);
        }
        if !inside && text.windows(3).any(|three| three == b"^XA") {
            inside = true;
            let _nobody = tell.send(at);
        }
        if text.windows(3).any(|three| three == b"^XZ") {
            inside = false;
        }
    }
}
