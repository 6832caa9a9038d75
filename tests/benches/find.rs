//! How long finding takes among a million charts: by barcode, by letters of a name, and the list of what is out.
//!
//!     cargo bench --bench find
//!
//! Uses the hospital that the benchmark `import` left in `target/tmp`, or loads it first.
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

use std::time::Duration;

use outguide::ledger::Ledger;
use outguide::ledger::queries::{Paging, Sight};
use support::{Dice, People, Table, Times, hospital, ms, open, site, size};

const QUESTIONS: u32 = 2_000;

fn main() {
    support::on_disk();
    let charts = size("BENCH_CHARTS", 1_000_000);
    let kept = support::kept(charts);
    if !kept.join("data").exists() {
        let site = hospital(8, charts);
        ["patients", "charts"].iter().for_each(|what| drop(site.ok(&["import", what, &format!("{what}.csv")])));
        std::fs::rename(site.path(), &kept).expect("kept");
    }
    let ledger = open(&kept.join("data"), std::sync::Arc::new(outguide::ledger::SystemClock));
    let (mut dice, names) = (Dice::new(11), names(charts));
    let mut table = Table::new(&format!("find: {charts} charts, {QUESTIONS} questions of a kind, a page of 50 each"));
    let barcode = asked(&ledger, &mut dice, |dice| site::chart(1 + dice.below(charts)));
    row(&mut table, "by barcode", &barcode, Some(1));
    let mrn = asked(&ledger, &mut dice, |dice| support::mrn(dice.below(charts)).to_string());
    row(&mut table, "by MRN", &mrn, None);
    for letters in 3..=6 {
        let times = asked(&ledger, &mut dice, |dice| fragment(&pick(&names, dice).0, letters, dice));
        row(&mut table, &format!("{letters} letters within a family name"), &times, Some(10));
    }
    let first = asked(&ledger, &mut dice, |dice| fragment(&pick(&names, dice).1, 4, dice));
    row(&mut table, "3 or 4 letters within a first name", &first, Some(10));
    let both = asked(&ledger, &mut dice, |dice| {
        let (last, first) = pick(&names, dice);
        format!("{} {}", beginning(&first, 3), beginning(&last, 3))
    });
    row(&mut table, "the beginnings of first and family name, 3 letters each", &both, Some(10));
    let nobody = asked(&ledger, &mut dice, |dice| format!("{}q{}", fragment(&pick(&names, dice).0, 3, dice), "x"));
    row(&mut table, "letters that no name has", &nobody, Some(10));
    for letters in 1..=2 {
        let times = asked(&ledger, &mut dice, |dice| beginning(&pick(&names, dice).0, letters));
        row(&mut table, &format!("{letters} letters, a beginning"), &times, None);
    }
    let mut out = Times::default();
    let places = out.of(|| ledger.read_blocking(|reader| reader.out_summary(Sight::Full)).expect("summary"));
    (0..20).for_each(|_| {
        drop(out.of(|| ledger.read_blocking(|reader| reader.out_summary(Sight::Full)).expect("summary")))
    });
    let count: u64 = places.iter().map(|place| place.out).sum();
    table.figure(&format!("what is out, by place ({count} out): p50 / longest"), two(&out, 0.5, 1.0));
    table.print();
}

fn two(times: &Times, one: f64, other: f64) -> String {
    format!("{} / {}", ms(times.part(one)), ms(times.part(other)))
}

fn row(table: &mut Table, what: &str, times: &Times, target_ms: Option<u64>) {
    let what = format!("{what}: p50 / p95");
    match target_ms {
        None => table.figure(&what, two(times, 0.5, 0.95)),
        Some(limit) => {
            let reached = times.part(0.95) < Duration::from_millis(limit);
            table.target(&what, two(times, 0.5, 0.95), &format!("p95 < {limit} ms"), reached);
        }
    }
}

fn asked(ledger: &Ledger, dice: &mut Dice, mut question: impl FnMut(&mut Dice) -> String) -> Times {
    let mut times = Times::default();
    for _ in 0..QUESTIONS {
        let text = question(dice);
        let page = times.of(|| {
            ledger.read_blocking(|reader| reader.find_charts(&text, &Paging::default(), Sight::Full)).expect("found")
        });
        std::hint::black_box(page);
    }
    times
}

/// The names as they stand in the hospital: a sample.
fn names(charts: u32) -> Vec<(String, String)> {
    let mut people = People::new();
    (0..charts.min(50_000)).map(|_| people.next()).collect()
}

fn pick(names: &[(String, String)], dice: &mut Dice) -> (String, String) {
    let at = dice.below(u32::try_from(names.len()).expect("few"));
    names.get(usize::try_from(at).expect("index")).cloned().expect("a name")
}

fn beginning(name: &str, letters: usize) -> String {
    name.chars().take(letters).collect()
}

/// So many letters anywhere in the name, or all of a shorter one.
fn fragment(name: &str, letters: usize, dice: &mut Dice) -> String {
    let room = name.chars().count().saturating_sub(letters);
    let skip = dice.below(u32::try_from(room).expect("short") + 1);
    name.chars().skip(usize::try_from(skip).expect("index")).take(letters).collect()
}
