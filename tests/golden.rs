//! Labels as they were looked at, byte for byte: `tests/golden` has one label in every language, and the sums of every
//! template in the usual ones. What is in there and how it is made anew: `tests/golden/README.md`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use outguide::labels::{Format, LabelData, Labels, Target, render};
use sha2::{Digest, Sha256};

/// The label that is kept whole: letters, numbers, a line, a linear code and a square one.
const TEMPLATE: &str = "chart-small";

/// Each language, its usual resolution, and whether its bytes are text.
const LANGUAGES: [(&str, u16, bool); 8] = [
    ("zpl", 203, true),
    ("svg", 300, true),
    ("pdf", 600, false),
    ("tspl", 203, false),
    ("epl2", 203, false),
    ("esc-pos", 203, false),
    ("brother-ql", 300, false),
    ("brother-ql-wide", 300, false),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Holds a file of `tests/golden` to what is made now; with `OUTGUIDE_GOLDEN=write` it is written instead.
fn hold(file: &str, made: &str, faults: &mut Vec<String>) {
    let path = folder().join(file);
    if std::env::var("OUTGUIDE_GOLDEN").is_ok_and(|wish| wish == "write") {
        std::fs::write(&path, made).expect("golden file");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let first = kept.lines().zip(made.lines()).position(|(kept, made)| kept != made);
    if kept != made {
        let line = first.unwrap_or(kept.lines().count().min(made.lines().count())) + 1;
        faults.push(format!("{file}:{line} differs"));
    }
}

fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "look at the labels, then read tests/golden/README.md\n{}", faults.join("\n"));
}

/// Sixteen bytes a line as `hexdump -C` shows them, a line like the one above as `*`.
fn dump(bytes: &[u8]) -> String {
    let mut dump = String::new();
    let mut above: Option<&[u8]> = None;
    let mut starred = false;
    for (at, line) in bytes.chunks(16).enumerate() {
        if above == Some(line) {
            dump.push_str(if starred { "" } else { "*\n" });
            starred = true;
            continue;
        }
        (above, starred) = (Some(line), false);
        write!(dump, "{:08x}", at * 16).expect("text");
        for column in 0..16 {
            dump.push_str(if column % 8 == 0 { "  " } else { " " });
            match line.get(column) {
                Some(byte) => write!(dump, "{byte:02x}").expect("text"),
                None => dump.push_str("  "),
            }
        }
        let shown = |byte: &u8| if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '.' };
        writeln!(dump, "  |{}|", line.iter().map(shown).collect::<String>()).expect("text");
    }
    writeln!(dump, "{:08x}", bytes.len()).expect("text");
    dump
}

#[test]
fn a_label_is_these_bytes_in_every_language() {
    let mut faults = Vec::new();
    let mut seen = Vec::new();
    for (name, dpi, text) in LANGUAGES {
        let format = Format::named(name).expect(name);
        let bytes = render(TEMPLATE, &LabelData::sample(), Target { format, dpi, copies: 1 }).expect(name).bytes;
        if text {
            hold(&format!("{TEMPLATE}.{name}"), std::str::from_utf8(&bytes).expect("text"), &mut faults);
        } else {
            hold(&format!("{TEMPLATE}.{name}.hex"), &dump(&bytes), &mut faults);
        }
        seen.push(name);
    }
    for language in outguide_hardware::language::LANGUAGES {
        assert!(seen.contains(&language.name()), "{} has no golden bytes", language.name());
    }
    assert_none(&faults);
}

#[test]
fn every_template_is_as_it_was_looked_at() {
    let labels = Labels::built_in().expect("labels");
    let mut sums = String::new();
    for template in labels.templates() {
        let data = LabelData::sample_of(template.subject);
        for (name, dpi) in [("pdf", 600), ("svg", 300), ("zpl", 203)] {
            let target = Target { format: Format::named(name).expect(name), dpi, copies: 1 };
            let bytes = labels.render(&template.name, &data, target).expect(name).bytes;
            writeln!(sums, "{} {}.{name}", hex::encode(Sha256::digest(&bytes)), template.name).expect("text");
        }
    }
    let mut faults = Vec::new();
    hold("sums.txt", &sums, &mut faults);
    assert_none(&faults);
}

#[test]
fn dumps_are_those_of_hexdump() {
    let bytes: Vec<u8> = [&[0; 50][..], b"SIZE 57 mm\r\n", &[0xFF; 5]].concat();
    let expected = "\
00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
*
00000030  00 00 53 49 5a 45 20 35  37 20 6d 6d 0d 0a ff ff  |..SIZE 57 mm....|
00000040  ff ff ff                                          |...|
00000043
";
    assert_eq!(dump(&bytes), expected);
}
