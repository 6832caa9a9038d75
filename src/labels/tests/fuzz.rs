//! Random templates and random data. Each prints its seed when it fails; a longer run, some minutes, and one over a night:
//!
//!     OUTGUIDE_FUZZ_CASES=20000 cargo test --lib labels::tests::fuzz
//!     OUTGUIDE_FUZZ_CASES=1000000 cargo test --lib labels::tests::fuzz
//!     OUTGUIDE_FUZZ_SEED=12345 OUTGUIDE_FUZZ_CASES=1 cargo test --lib labels::tests::fuzz      one case again
//!
//! Of data a twentieth as many are tried as of templates: a case there is up to fifty charts in three languages, and takes
//! twenty times as long.

use std::hash::{BuildHasher, Hasher, RandomState};

use super::*;

/// Xorshift: what is random here must be the same again for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % most.max(1)
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Runs `case` with a new seed for each time; a failing one says which. `part` is of how many wished for one is run.
fn cases(usual: u64, part: u64, case: impl Fn(&mut Random)) {
    // Another seed each time, from what the standard library's hash maps are seeded with.
    let fresh = || RandomState::new().build_hasher().finish() % 1_000_000_000_000;
    let first = from_environment("OUTGUIDE_FUZZ_SEED").unwrap_or_else(fresh);
    let wished = from_environment("OUTGUIDE_FUZZ_CASES").map(|wished| wished.div_ceil(part));
    for seed in first..first + wished.unwrap_or(usual) {
        println!("OUTGUIDE_FUZZ_SEED={seed}");
        // Seeds that are near each other begin alike without this.
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        random.below(1);
        case(&mut random);
    }
}

/// A shipped template with some lines, numbers, words or letters changed.
fn mutated(random: &mut Random) -> String {
    let (_, text) = random.of(built_in::TEMPLATES);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..=random.below(3) {
        let at = random.below(lines.len());
        let other = random.of(&lines).clone();
        match random.below(7) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, other),
            2 => lines[at] = other,
            3 => {
                let number = *random.of(&["0", "-1", "0.001", "1e308", "nan", "inf", "99999", "-0.0", "true", "\"x\""]);
                if let Some((key, _)) = lines[at].clone().split_once('=') {
                    lines[at] = format!("{key}= {number}");
                }
            }
            4 => {
                let word = *random.of(&[
                    "{",
                    "}",
                    "{{",
                    "{barcode}",
                    "{nothing}",
                    "\\u202e",
                    "名",
                    "\\u0000",
                    "\"",
                    "[[rows.text]]",
                    "]",
                ]);
                let place = random.below(lines[at].len() + 1);
                let place = lines[at].floor_char_boundary(place);
                lines[at].insert_str(place, word);
            }
            5 => {
                let kind =
                    *random.of(&["text", "qr", "code128", "itf", "pdf417", "band", "image", "box", "rule", "rows.qr"]);
                lines.push(format!("[[{kind}]]"));
                lines.push(other);
            }
            _ => {
                let c = char::from_u32(u32::try_from(random.below(0x11_0000)).unwrap()).unwrap_or('?');
                lines[at].push(c);
            }
        }
        if lines.is_empty() {
            lines.push(String::new());
        }
    }
    lines.join("\n")
}

#[test]
fn no_template_panics_and_errors_name_a_line() {
    let labels = Labels::built_in().unwrap();
    cases(60, 1, |random| {
        let text = mutated(random);
        if let Err(fault) = labels.check("fuzz.toml", &text) {
            assert_eq!(fault.file, "fuzz.toml");
            assert!((1..=text.lines().count().max(1) + 1).contains(&fault.line), "{fault}\n{text}");
            assert!(!fault.fault.is_empty());
        }
    });
}

fn word(random: &mut Random) -> String {
    const SPICE: [&str; 12] = [
        "^XA",
        "^XZ",
        "~JR",
        "^FS^FD",
        "\u{202e}",
        "\u{0}",
        "\u{200d}",
        "]]>",
        "</svg>",
        "\u{10FFFF}",
        "עברית",
        "e\u{301}\u{301}",
    ];
    let mut word = String::new();
    for _ in 0..random.below(40) {
        match random.below(6) {
            0 => word.push_str(random.of::<&str>(&SPICE)),
            1 => word.push(' '),
            2 => word.extend(char::from_u32(u32::try_from(random.below(0x11_0000)).unwrap())),
            3 => word.extend(char::from_u32(u32::try_from(random.below(0x3000)).unwrap())),
            _ => word.extend(char::from_u32(u32::try_from(32 + random.below(95)).unwrap())),
        }
    }
    word
}

fn random_data(random: &mut Random, subject: Subject) -> LabelData {
    let mut chart = ChartLabel::sample();
    chart.mrn = word(random).chars().take(12).collect();
    chart.last_name = word(random);
    chart.first_name = word(random);
    chart.sex = Some(word(random));
    chart.record_type = word(random);
    chart.record_type_name = word(random);
    chart.home = word(random);
    chart.hospital = word(random);
    let mut some = || Some(word(random));
    match subject {
        Subject::Chart => LabelData::chart(&chart),
        Subject::Request => LabelData::request(&RequestSlip {
            with: some(),
            holder: some(),
            requester: some(),
            wanted_at: some(),
            reason: some(),
            chart,
            ..RequestSlip::sample()
        }),
        Subject::Transfer => LabelData::transfer(&TransferSheet {
            from: word(random),
            to: word(random),
            sent_by: Some(word(random)),
            hospital: word(random),
            charts: vec![chart; 1 + random.below(50)],
        }),
        Subject::Place => LabelData::place(&PlaceCard {
            barcode: "LCARDIO70".to_owned(),
            code: word(random),
            name: word(random),
            kind: word(random),
            hospital: word(random),
        }),
        Subject::Staff => LabelData::staff(&StaffBadge {
            barcode: "S100125".to_owned(),
            badge: word(random),
            name: word(random),
            role: word(random),
            hospital: word(random),
        }),
        Subject::Commands => {
            let card = CommandCard {
                barcode: "KOUT92".to_owned(),
                word: word(random),
                title: word(random),
                does: word(random),
            };
            LabelData::commands(&word(random), &vec![card; random.below(30)])
        }
    }
}

#[test]
fn no_data_panics_or_breaks_out() {
    let labels = Labels::built_in().unwrap();
    cases(25, 20, |random| {
        let template = random.of(labels.templates());
        let data = random_data(random, template.subject);
        let dpi = *random.of(&[203, 300]);
        let pages = match labels.lay_out_pages(&template.name, &data, dpi) {
            Ok((pages, _)) => pages,
            // What may be neither smaller nor cut is refused; nothing else is.
            Err(error) => return assert!(error.to_string().contains("does not fit"), "{error}"),
        };
        let zpl = labels.render(&template.name, &data, target(Format::Printer("zpl"), dpi)).unwrap().bytes;
        let zpl = String::from_utf8(zpl).unwrap();
        assert_eq!(zpl.matches("^XA").count(), pages.len());
        assert_eq!(zpl.matches("^XZ").count(), pages.len());
        assert!(!zpl.contains('~') && zpl.is_ascii());
        assert_eq!(zpl.matches("^FD").count(), zpl.matches("^FH^FD").count());
        let known = [
            "XA", "XZ", "CI", "LH", "LS", "LT", "PO", "FW", "PW", "LL", "FO", "FT", "GF", "GB", "FS", "BY", "BC", "FH",
            "FD", "A0", "PQ",
        ];
        assert!(zpl.split('^').skip(1).all(|command| known.iter().any(|known| command.starts_with(known))), "{zpl}");
        let svg =
            String::from_utf8(labels.render(&template.name, &data, target(Format::Svg, dpi)).unwrap().bytes).unwrap();
        let tags = ["svg ", "title>", "/title>", "rect ", "path ", "/svg>"];
        assert!(svg.split('<').skip(1).all(|tag| tags.iter().any(|known| tag.starts_with(known))), "{svg}");
        assert!(labels.render(&template.name, &data, target(Format::Pdf, dpi)).unwrap().bytes.starts_with(b"%PDF-"));
    });
}
