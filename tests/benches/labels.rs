//! What labels cost: PDF against ReportLab, the printer's language, memory, one label.
//!
//!     cargo bench --bench labels        (needs python3 with reportlab; tests/run says how it is installed)
//!
//! `BENCH_LABELS` (10,000), `BENCH_BATCH` (300,000) and `BENCH_PYTHON` (python3) change what it does.
#![allow(
    missing_docs,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark"
)]

/// The same allocator as the server's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod support;

use std::ops::Range;
use std::process::Command;
use std::time::{Duration, Instant};

use outguide::barcode::{ChartNumber, Code, LabelIssue, encode};
use outguide::labels::{Batch, ChartLabel, Format, LabelData, LabelError, Labels, Target};
use outguide_hardware::display::{Item, Rect, Weight};
use serde_json::{Value, json};
use support::{Table, Times, ms, size};

const TEMPLATE: &str = "folder-4x2";

fn main() {
    support::on_disk();
    let labels = Labels::built_in().expect("labels");
    let mut table = Table::new("labels: the folder label, 4 × 2 in, Code 128 and QR");
    one_label(labels, &mut table);
    // Before what takes memory of its own, as handing 10,000 laid out labels to ReportLab does.
    batch(labels, &mut table);
    zpl(labels, &mut table);
    pdf(labels, &mut table);
    table.print();
}

/// Another chart for each number. No name comes twice, so that none is printed from memory: every one has a second given
/// name of its own.
fn chart(number: u32) -> LabelData {
    const LAST: [&str; 16] = [
        "García López",
        "O'Brien",
        "Wiśniewska",
        "Nguyễn",
        "Smith",
        "Okafor",
        "Müller",
        "Haddad",
        "Kowalczyk",
        "Silva",
        "Andersson",
        "Dubois",
        "Rossi",
        "Yılmaz",
        "Johnson",
        "Featherstonehaugh",
    ];
    const FIRST: [&str; 13] = [
        "Ana",
        "Seán",
        "Zofia",
        "Thị Ánh",
        "Mary Elizabeth",
        "Chidi",
        "Jörg",
        "Layla",
        "Jan",
        "João",
        "Astrid",
        "Élodie",
        "Giuseppe",
    ];
    let code = |code: Code| encode(&code).expect("a code");
    let own = ChartNumber(number);
    let pick = |list: &[&str], at: u32| list[at as usize % list.len()].to_owned();
    LabelData::chart(&ChartLabel {
        barcode: code(Code::Chart(own, LabelIssue(1))),
        reference: code(Code::Reference(own)),
        mrn: format!("{:06}", number.wrapping_mul(7919) % 1_000_000),
        last_name: pick(&LAST, number),
        first_name: format!("{} {}", pick(&FIRST, number / 16), syllables(number)),
        birth_date: Some(jiff::civil::date(1940, 1, 1) + jiff::Span::new().days(i64::from(number % 25_000))),
        volume: 1 + u16::try_from(number % 4).expect("small"),
        ..ChartLabel::sample()
    })
}

/// Another word for each number below 160,000.
fn syllables(number: u32) -> String {
    const SYLLABLES: [&str; 20] = [
        "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "qui", "ro", "su", "ta", "ve", "wi",
        "xo", "zy",
    ];
    let mut word: String = [1, 20, 400, 8000].map(|place| SYLLABLES[(number / place % 20) as usize]).concat();
    word[..1].make_ascii_uppercase();
    word
}

fn per_second(count: u32, time: Duration) -> f64 {
    f64::from(count) / time.as_secs_f64()
}

fn one_label(labels: &Labels, table: &mut Table) {
    let target = Target { format: Format::Printer("zpl"), dpi: 203, copies: 1 };
    let mut cold = Times::default();
    let mut warm = Times::default();
    for number in 0..500 {
        let data = chart(number);
        let times = if number == 0 { &mut cold } else { &mut warm };
        times.of(|| labels.render(TEMPLATE, &data, target).expect("label"));
    }
    table.target(
        "one label to ZPL bytes, the first after the start",
        ms(cold.part(1.0)),
        "part of 20 ms",
        cold.part(1.0) < Duration::from_millis(20),
    );
    table.target(
        "one label to ZPL bytes, p99",
        ms(warm.part(0.99)),
        "part of 20 ms",
        warm.part(0.99) < Duration::from_millis(20),
    );
}

fn zpl(labels: &Labels, table: &mut Table) {
    let count = size("BENCH_LABELS", 10_000);
    let target = Target { format: Format::Printer("zpl"), dpi: 203, copies: 1 };
    let (time, bytes) = many(labels, target, None, 0..count);
    println!("ZPL: {count} labels, {} bytes each", bytes / u64::from(count));
    let speed = |time| format!("{:.0}", per_second(count, time));
    table.figure("labels a second to ZPL, letters drawn by us, one core", speed(time));
    // Each core makes a batch of its own, with the same typeface and what that keeps.
    let cores = u32::try_from(std::thread::available_parallelism().map_or(1, usize::from)).expect("few");
    let began = Instant::now();
    std::thread::scope(|scope| {
        for core in 0..cores {
            let numbers = count / cores * core..count / cores * (core + 1);
            scope.spawn(move || many(labels, target, None, count + numbers.start..count + numbers.end));
        }
    });
    let time = began.elapsed();
    table.target(&format!("the same, {cores} cores"), speed(time), "20,000", per_second(count, time) >= 20_000.0);
}

fn many(labels: &Labels, target: Target, stock: Option<&str>, numbers: Range<u32>) -> (Duration, u64) {
    let batch = Batch { template: TEMPLATE, stock, start: 1, target, part_labels: usize::MAX };
    let mut bytes = 0;
    let began = Instant::now();
    let made = labels.render_many::<_, LabelError>(batch, numbers.map(chart), |part| {
        bytes += part.bytes.len() as u64;
        Ok(())
    });
    made.expect("labels");
    (began.elapsed(), bytes)
}

fn pdf(labels: &Labels, table: &mut Table) {
    let count = size("BENCH_LABELS", 10_000);
    let target = Target { format: Format::Pdf, dpi: 600, copies: 1 };
    let (time, bytes) = many(labels, target, None, 0..count);
    let ours = per_second(count, time);
    println!("PDF: {count} labels, {} bytes each, {ours:.0} a second", bytes / u64::from(count));
    let theirs = reportlab(labels, count);
    println!("ReportLab: {} bytes each, {:.0} a second", theirs.1 / u64::from(count), theirs.0);
    let ratio = ours / theirs.0;
    table.target(
        "labels a second to PDF against ReportLab",
        format!("{ratio:.1} ({ours:.0} to {:.0})", theirs.0),
        "4",
        ratio >= 4.0,
    );
}

/// Labels a second and bytes, drawn by ReportLab from the same display lists.
fn reportlab(labels: &Labels, count: u32) -> (f64, u64) {
    let folder = tempfile::tempdir().expect("folder");
    let mut job = Vec::new();
    let (mut width, mut height) = (0, 0);
    for number in 0..count {
        let (list, _) = labels.lay_out(TEMPLATE, &chart(number), 600).expect("label");
        (width, height) = (list.width, list.height);
        let mut texts = Vec::new();
        let mut fills = Vec::new();
        let numbers =
            |rects: &[Rect]| -> Vec<Value> { rects.iter().map(|r| json!([r.x, r.y, r.width, r.height])).collect() };
        for item in &list.items {
            match item {
                Item::Text(run) => {
                    let weight = match run.weight {
                        Weight::Regular => "Regular",
                        Weight::SemiBold => "SemiBold",
                        Weight::ExtraBold => "ExtraBold",
                    };
                    texts.push(json!([run.text, run.x, run.baseline, run.size, weight]));
                }
                Item::Fill(area) => fills.push(numbers(std::slice::from_ref(area))),
                Item::Symbol(symbol) => fills.push(numbers(&symbol.dark)),
                Item::Band(_) | Item::Picture(_) => panic!("the folder label has none"),
            }
        }
        job.push(json!({ "texts": texts, "fills": fills }));
    }
    let job = json!({ "width": width, "height": height, "points": 72.0 / 600.0, "labels": job });
    let given = folder.path().join("labels.json");
    std::fs::write(&given, job.to_string()).expect("written");
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(std::env::var("BENCH_PYTHON").unwrap_or_else(|_| "python3".to_owned()))
        .arg(root.join("tests/benches/labels.py"))
        .args([&given, &root.join("label-templates/fonts"), &folder.path().join("labels.pdf")])
        .output()
        .expect("python3");
    assert!(output.status.success(), "pip install reportlab\n{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).expect("told");
    let seconds = told["seconds"].as_f64().expect("seconds");
    (f64::from(count) / seconds, told["bytes"].as_u64().expect("bytes"))
}

/// The most memory this process has held, in MB, since `forget`.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("status");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("peak");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).expect("kB") / 1024
}

fn batch(labels: &Labels, table: &mut Table) {
    let count = size("BENCH_BATCH", 300_000);
    // Resets the peak (proc(5)); where that is not allowed the peak is that of the whole run, which is no better.
    let _whole_run = std::fs::write("/proc/self/clear_refs", "5");
    let target = Target { format: Format::Pdf, dpi: 600, copies: 1 };
    let (time, bytes) = many(labels, target, Some("letter-5163"), 0..count);
    let speed = per_second(count, time);
    println!("{count} labels on sheets: {} MB of PDF, {speed:.0} a second", bytes / 1_000_000);
    let peak = peak_mb();
    table.target(&format!("MB held while {count} labels become PDF"), peak, "300", peak <= 300);
}
