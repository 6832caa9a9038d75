//! What reading labels in camera frames costs, and the share that is read: our module (rxing) beside zxing-cpp and zbar on
//! the same frames.
//!
//!     cargo bench --bench camera        (needs python3 with zxing-cpp, pyzbar and pillow, and zbar's library)
//!
//! `BENCH_FRAMES` (120), `BENCH_SEED` (7) and `BENCH_PYTHON` (python3) change what it does.
#![allow(
    missing_docs,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a benchmark"
)]

/// The same allocator as the server's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod support;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use outguide::barcode::photo::{Picture, read};
use outguide::barcode::{ChartNumber, Code, LabelIssue, encode};
use outguide::labels::{ChartLabel, LabelData, Labels};
use outguide_hardware::display::Item;
use serde_json::{Value, json};
use support::{Table, Times, ms, size};

const WIDTH: usize = 1280;
const HEIGHT: usize = 720;
/// How a label is held, each in an equal share of the frames: what it is called, its width in pixels, the light on it, the
/// part that is torn off.
const HELD: [(&str, f32, f32, f32); 5] = [
    ("close", 820.0, 1.0, 0.0),
    ("dim", 700.0, 0.25, 0.0),
    ("torn", 760.0, 0.9, 0.15),
    ("far", 430.0, 0.9, 0.0),
    ("farther", 330.0, 0.8, 0.0),
];

struct Frame {
    held: &'static str,
    text: String,
    pixels: Vec<u8>,
}

/// Decoders' share of the frames of one kind, and the time that each took over all of them.
struct Decoder {
    name: &'static str,
    times: Times,
    read: Vec<bool>,
}

fn main() {
    support::on_disk();
    let (count, seed) = (size("BENCH_FRAMES", 120), size("BENCH_SEED", 7));
    println!("{count} frames of {WIDTH} × {HEIGHT}, seed {seed}");
    let frames = frames(count, u64::from(seed));
    let mut decoders = vec![ours(&frames)];
    decoders.extend(others(&frames));
    let mut table = Table::new("camera: one folder label in a frame, by all its codes");
    for decoder in &decoders {
        let share = |held: Option<&str>| {
            let of: Vec<bool> = decoder
                .read
                .iter()
                .zip(&frames)
                .filter(|(_, frame)| held.is_none_or(|held| frame.held == held))
                .map(|(read, _)| *read)
                .collect();
            format!("{:.0} %", 100.0 * of.iter().filter(|read| **read).count() as f64 / of.len().max(1) as f64)
        };
        let kinds: Vec<String> = HELD.iter().map(|(held, ..)| format!("{held} {}", share(Some(held)))).collect();
        table.figure(&format!("{}: read", decoder.name), format!("{} ({})", share(None), kinds.join(", ")));
        table.figure(
            &format!("{}: a frame, median and p95", decoder.name),
            format!("{}, {}", ms(decoder.times.part(0.5)), ms(decoder.times.part(0.95))),
        );
    }
    let (mine, theirs) = (&decoders[0], &decoders[1..]);
    for other in theirs {
        let ratio = mine.times.part(0.5).as_secs_f64() / other.times.part(0.5).as_secs_f64();
        let reads = |decoder: &Decoder| decoder.read.iter().filter(|read| **read).count() as f64;
        let share = reads(mine) / reads(other).max(1.0);
        table.figure(
            &format!("ours against {}: median time, frames read", other.name),
            format!("{ratio:.1}, {share:.2}"),
        );
    }
    table.print();
}

struct Dice(u64);

impl Dice {
    /// From -1 to 1.
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

fn frames(count: u32, seed: u64) -> Vec<Frame> {
    let labels = Labels::built_in().expect("labels");
    let mut dice = Dice(seed);
    (0..count).map(|number| frame(labels, number + 1, &mut dice)).collect()
}

/// A label before the camera: turned a little or by a quarter, out of focus a little, with the sensor's noise.
fn frame(labels: &Labels, number: u32, dice: &mut Dice) -> Frame {
    let (held, across, light, torn) = HELD[number as usize % HELD.len()];
    let text = encode(&Code::Chart(ChartNumber(number), LabelIssue(1))).expect("a code");
    let label = ChartLabel { barcode: text.clone(), ..ChartLabel::sample() };
    let (list, _) = labels.lay_out("folder-4x2", &LabelData::chart(&label), 203).expect("label");
    let (wide, high) = (list.width as usize, list.height as usize);
    let mut dark = vec![false; wide * high];
    for item in &list.items {
        let rects = match item {
            Item::Fill(area) => vec![*area],
            Item::Symbol(symbol) => symbol.dark.clone(),
            _ => continue,
        };
        for rect in rects {
            for y in rect.y..rect.y + rect.height {
                for x in rect.x..rect.x + rect.width {
                    dark[y as usize * wide + x as usize] = true;
                }
            }
        }
    }
    let quarter = if number % 4 == 3 && across < 700.0 { 90.0 } else { 0.0 };
    let (sin, cos) = (quarter + dice.next() * 14.0_f32).to_radians().sin_cos();
    let (left, top) = (WIDTH as f32 / 2.0 + dice.next() * 40.0, HEIGHT as f32 / 2.0 + dice.next() * 30.0);
    let scale = wide as f32 / across;
    let grey = |x: f32, y: f32| {
        let (x, y) = (x - left, y - top);
        let (u, v) = ((x * cos + y * sin) * scale + wide as f32 / 2.0, (y * cos - x * sin) * scale + high as f32 / 2.0);
        let inside = u >= 0.0 && v >= 0.0 && u < wide as f32 && v < high as f32 * (1.0 - torn);
        match inside {
            false => 110.0,
            true if dark[v as usize * wide + u as usize] => 25.0 * light,
            true => 230.0 * light,
        }
    };
    let noise = 10.0;
    let mut pixels = Vec::with_capacity(WIDTH * HEIGHT);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            // Points over one and a half pixels: the lens is never quite sharp.
            let points = (0..16)
                .map(|part| grey(x as f32 + (part % 4) as f32 * 0.5 - 0.25, y as f32 + (part / 4) as f32 * 0.5 - 0.25));
            pixels.push((points.sum::<f32>() / 16.0 + dice.next() * noise).clamp(0.0, 255.0) as u8);
        }
    }
    Frame { held, text, pixels }
}

fn ours(frames: &[Frame]) -> Decoder {
    let mut decoder = Decoder { name: "rxing, our module", times: Times::default(), read: Vec::new() };
    for frame in frames {
        let picture = Picture::grey(frame.pixels.clone(), WIDTH, HEIGHT).expect("a picture");
        let reading = decoder.times.of(|| read(&picture, &mut || true));
        decoder.read.push(reading.codes.iter().any(|code| code.text == frame.text));
        let strange: Vec<_> =
            reading.codes.iter().filter(|code| code.text.starts_with('C') && code.text != frame.text).collect();
        assert!(strange.is_empty(), "misread {strange:?} in a frame of {}", frame.text);
    }
    decoder
}

/// The others, driven by a script that reads the same frames.
fn others(frames: &[Frame]) -> Vec<Decoder> {
    let folder = tempfile::tempdir().expect("folder");
    let mut job = Vec::new();
    for (number, frame) in frames.iter().enumerate() {
        let picture = folder.path().join(format!("{number}.grey"));
        std::fs::write(&picture, &frame.pixels).expect("written");
        job.push(json!({ "picture": picture, "text": frame.text }));
    }
    let given = folder.path().join("frames.json");
    std::fs::write(&given, json!({ "width": WIDTH, "height": HEIGHT, "frames": job }).to_string()).expect("written");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/benches/camera.py");
    let python = std::env::var("BENCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let output = Command::new(&python).args([&script, &given]).output();
    let output =
        output.unwrap_or_else(|error| panic!("{python} cannot be run ({error}): install Python or set BENCH_PYTHON"));
    let advice = "pip install zxing-cpp pyzbar pillow; zbar's library is in Debian's libzbar0";
    assert!(output.status.success(), "{advice}\n{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).expect("told");
    [("zxing-cpp", "zxing"), ("zbar", "zbar")]
        .map(|(name, key)| {
            let mut decoder = Decoder { name, times: Times::default(), read: Vec::new() };
            for frame in told[key].as_array().expect("frames") {
                decoder.times.add(Duration::from_secs_f64(frame["seconds"].as_f64().expect("seconds")));
                decoder.read.push(frame["read"].as_bool().expect("read"));
            }
            decoder
        })
        .into()
}
