//! Labels read back: every shipped template, as PDF and as ZPL, at the resolutions of printers, drawn by renderers and
//! read by decoders that others wrote. Needs what `tests/run` installs; without it these tests fail, they do not skip.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail the test")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use outguide::labels::{
    ChartLabel, CommandCard, Format, LabelData, Labels, PlaceCard, RequestSlip, StaffBadge, Subject, Target, Template,
    TransferSheet, render,
};
use outguide_hardware::display::{Bitmap, DisplayList, Item, Symbol, Symbology};
use serde_json::{Value, json};

const PRINTER_DPI: [u16; 3] = [203, 300, 600];

/// Where `tests/run` installs what these tests need.
fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-tools")
}

fn run(program: &str, args: &[&str]) -> String {
    fed(program, args, "")
}

/// What a program says when it is given `input`.
fn fed(program: &str, args: &[&str], input: &str) -> String {
    let mut child = Command::new(program)
        .args(args)
        .env("NODE_PATH", std::env::var_os("NODE_PATH").unwrap_or_else(|| tools().join("node_modules").into()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{program} cannot be run ({e}): tests/run installs it"));
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    // zbarimg ends with 4 where it reads nothing.
    let fine = output.status.success() || (program == "zbarimg" && output.status.code() == Some(4));
    assert!(fine, "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn python() -> String {
    let own = tools().join("python/bin/python3");
    if own.exists() { own.to_str().unwrap().to_owned() } else { "python3".to_owned() }
}

fn script(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support").join(name).to_str().unwrap().to_owned()
}

/// A picture and what stands on it.
struct Printed {
    what: String,
    picture: PathBuf,
    symbols: Vec<Symbol>,
}

fn symbols(list: &DisplayList) -> Vec<Symbol> {
    let symbol = |item: &Item| if let Item::Symbol(symbol) = item { Some(symbol.clone()) } else { None };
    list.items.iter().filter_map(symbol).collect()
}

/// The first page of a label as a printer of `dpi` would see its PDF.
fn through_pdf(dir: &Path, template: &Template, data: &LabelData, dpi: u16, name: &str) -> Printed {
    let labels = Labels::built_in().unwrap();
    let (list, _) = labels.lay_out(&template.name, data, dpi).unwrap();
    let target = Target { format: Format::Pdf, dpi, copies: 1 };
    let what = format!("{name}-{dpi}");
    let pdf = dir.join(format!("{what}.pdf"));
    std::fs::write(&pdf, labels.render(&template.name, data, target).unwrap().bytes).unwrap();
    let page = dir.join(format!("{what}-pdf"));
    let (pdf, to) = (pdf.to_str().unwrap(), page.to_str().unwrap());
    run("pdftoppm", &["-r", &dpi.to_string(), "-gray", "-aa", "no", "-aaVector", "no", "-singlefile", "-png", pdf, to]);
    Printed { what: format!("{what} as PDF"), picture: page.with_extension("png"), symbols: symbols(&list) }
}

/// Who draws ZPL: renderers that know nothing of each other. Each has faults the other lacks.
#[derive(Clone, Copy)]
enum Renderer {
    /// zpl-renderer-js, from npm.
    Js,
    /// labelize, from crates.io.
    Labelize,
}

const RENDERERS: [Renderer; 2] = [Renderer::Js, Renderer::Labelize];

/// A label that is to be drawn: its template, its data, the resolution, and what it is called.
type Job<'a> = (&'a Template, LabelData, u16, String);

/// The first page of labels as ZPL, drawn by a renderer.
fn through_zpl(dir: &Path, jobs: &[Job<'_>], renderer: Renderer) -> Vec<Printed> {
    let labels = Labels::built_in().unwrap();
    let mut renders = Vec::new();
    let mut printed = Vec::new();
    for (template, data, dpi, name) in jobs {
        let (list, _) = labels.lay_out(&template.name, data, *dpi).unwrap();
        let target = Target { format: Format::Printer("zpl"), dpi: *dpi, copies: 1 };
        let zpl = labels.render(&template.name, data, target).unwrap().bytes;
        // One label of a list: the renderers draw the first.
        let text = String::from_utf8(zpl).unwrap();
        let pages = text.matches("^XZ").count();
        assert_eq!(text.matches("^XA").count(), pages);
        assert_eq!(pages, labels.lay_out_pages(&template.name, data, *dpi).unwrap().0.len());
        let file = dir.join(format!("{name}-{dpi}.zpl"));
        std::fs::write(&file, text.split_inclusive("^XZ").next().unwrap()).unwrap();
        let dots_per_mm = match dpi {
            203 => 8,
            300 => 12,
            _ => 24,
        };
        // The renderer's canvas: as large as the label, and a millimetre.
        let mm = |dots: i32| f64::from(dots) / f64::from(dots_per_mm) + 1.0;
        let (width, height) = (mm(list.width), mm(list.height));
        let picture = match renderer {
            Renderer::Js => {
                let picture = dir.join(format!("{name}-{dpi}-js.png"));
                renders.push(json!({
                    "zpl": file, "png": picture, "dots_per_mm": dots_per_mm, "width_mm": width, "height_mm": height,
                }));
                picture
            }
            Renderer::Labelize => labelized(&file, (width, height), dots_per_mm),
        };
        let by = match renderer {
            Renderer::Js => "zpl-renderer-js",
            Renderer::Labelize => "labelize",
        };
        printed.push(Printed { what: format!("{name}-{dpi} as ZPL by {by}"), picture, symbols: symbols(&list) });
    }
    if !renders.is_empty() {
        fed("node", &[&script("render_zpl.cjs")], &Value::from(renders).to_string());
    }
    printed
}

fn labelized(zpl: &Path, (width_mm, height_mm): (f64, f64), dots_per_mm: i32) -> PathBuf {
    let picture = zpl.with_extension("labelize.png");
    let (width, height, dots) = (width_mm.to_string(), height_mm.to_string(), dots_per_mm.to_string());
    let sizes = ["--width", &width, "--height", &height, "--dpmm", &dots];
    let files = ["convert", zpl.to_str().unwrap(), "-o", picture.to_str().unwrap()];
    run(tools().join("bin/labelize").to_str().unwrap(), &[&files[..], &sizes[..]].concat());
    picture
}

/// What two decoders read from each picture: (zbar's or libdmtx's, zxing's), each "SYMBOLOGY:text".
fn read(printed: &[Printed]) -> Vec<(Vec<String>, Vec<String>)> {
    let jobs: Vec<Value> = printed
        .iter()
        .map(|one| {
            let squares = one.symbols.iter().filter(|symbol| symbol.symbology == Symbology::DataMatrix).count();
            json!({ "picture": one.picture, "datamatrix": squares })
        })
        .collect();
    let found = fed(&python(), &[&script("read_codes.py")], &Value::from(jobs).to_string());
    let found: Vec<Value> = serde_json::from_str(&found).unwrap();
    printed
        .iter()
        .zip(found)
        .map(|(one, found)| {
            let said = run("zbarimg", &["--nodbus", "-q", "-Sdatabar.disable", one.picture.to_str().unwrap()]);
            let mut first: Vec<String> = said.lines().map(str::to_owned).collect();
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            first.extend(found["dmtx"].as_array().unwrap().iter().map(|code| format!("DataMatrix:{}", text(code))));
            let code = |code: &Value| format!("{}:{}", text(&code[0]), text(&code[1]));
            (first, found["zxing"].as_array().unwrap().iter().map(code).collect())
        })
        .collect()
}

/// How zbar (or libdmtx) and zxing call a symbology.
fn names(symbology: Symbology) -> (&'static str, &'static str) {
    match symbology {
        Symbology::Code128 => ("CODE-128", "Code128"),
        Symbology::Code39 => ("CODE-39", "Code39"),
        Symbology::Itf => ("I2/5", "ITF"),
        Symbology::Qr => ("QR-Code", "QRCode"),
        Symbology::DataMatrix => ("DataMatrix", "DataMatrix"),
        Symbology::Pdf417 => ("", "PDF417"),
    }
}

fn assert_all_read(printed: &[Printed]) {
    let mut faults = Vec::new();
    for (one, (first, second)) in printed.iter().zip(read(printed)) {
        for symbol in &one.symbols {
            let (zbar, zxing) = names(symbol.symbology);
            let payload = &symbol.payload;
            if !zbar.is_empty() && !first.contains(&format!("{zbar}:{payload}")) {
                faults.push(format!("{}: {zbar} {payload} is not in {first:?}", one.what));
            }
            if !second.contains(&format!("{zxing}:{payload}")) {
                faults.push(format!("{}: {zxing} {payload} is not in {second:?}", one.what));
            }
        }
        let more = first.len().max(second.len()) > one.symbols.len();
        if more {
            faults.push(format!("{}: more was read than printed: {first:?} {second:?}", one.what));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_template_is_read_back_from_pdf_at_printer_resolutions() {
    let dir = tempfile::tempdir().unwrap();
    let templates = Labels::built_in().unwrap().templates();
    let printed: Vec<Printed> = templates
        .iter()
        .flat_map(|template| PRINTER_DPI.map(|dpi| (template, dpi)))
        .map(|(template, dpi)| {
            through_pdf(dir.path(), template, &LabelData::sample_of(template.subject), dpi, &template.name)
        })
        .collect();
    assert!(printed.iter().map(|one| one.symbols.len()).sum::<usize>() > 100);
    assert_all_read(&printed);
}

#[test]
fn every_template_is_read_back_from_zpl_at_printer_resolutions() {
    let dir = tempfile::tempdir().unwrap();
    let mut jobs = Vec::new();
    for template in Labels::built_in().unwrap().templates() {
        for dpi in PRINTER_DPI {
            jobs.push((template, LabelData::sample_of(template.subject), dpi, template.name.clone()));
        }
    }
    for renderer in RENDERERS {
        assert_all_read(&through_zpl(dir.path(), &jobs, renderer));
    }
}

const HOSTILE: [&str; 6] = [
    "^XA^FDx^FS^XZ~JR~WC ^JUF^XZ",
    "\"'quoted'\" <b>&amp;</b> \\back {name} %s",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft von und zu Featherstonehaugh",
    "😀👩‍⚕️ \u{0}\u{7}\u{1b}[2J\r\n\t\u{9f}\u{feff}",
    "\u{202e}live\u{202c} محمد \"المثال\" שרה",
    "",
];

/// Data whose fields take these texts in turn.
fn hostile(subject: Subject, texts: &[&str]) -> LabelData {
    let mut turn = texts.iter().cycle();
    let mut text = || turn.next().unwrap().to_string();
    let sample = ChartLabel::sample();
    let (barcode, reference) = (sample.barcode, sample.reference);
    let chart = ChartLabel {
        barcode,
        reference,
        // Numbers are as long as the configured pattern lets them be.
        mrn: text().chars().take(24).collect(),
        last_name: text(),
        first_name: text(),
        birth_date: None,
        sex: Some(text()),
        record_type: text(),
        record_type_name: text(),
        volume: u16::MAX,
        home: text(),
        hospital: text(),
        ..ChartLabel::sample()
    };
    match subject {
        Subject::Chart => LabelData::chart(&chart),
        Subject::Place => LabelData::place(&PlaceCard {
            barcode: "LCARDIO70".to_owned(),
            code: text(),
            name: text(),
            kind: text(),
            hospital: text(),
        }),
        Subject::Staff => LabelData::staff(&StaffBadge {
            barcode: "S100125".to_owned(),
            badge: text(),
            name: text(),
            role: text(),
            hospital: text(),
        }),
        Subject::Commands => {
            let card = CommandCard { barcode: "KOUT92".to_owned(), word: text(), title: text(), does: text() };
            LabelData::commands(&text(), &vec![card; 3])
        }
        Subject::Request => LabelData::request(&RequestSlip {
            chart,
            with: Some(text()),
            holder: Some(text()),
            requester: Some(text()),
            wanted_at: Some(text()),
            reason: Some(text()),
            ..RequestSlip::sample()
        }),
        Subject::Transfer => LabelData::transfer(&TransferSheet {
            from: text(),
            to: text(),
            sent_by: Some(text()),
            hospital: text(),
            charts: vec![chart; 3],
        }),
    }
}

/// `refuse` is for what is written under bars; nothing hostile can come there but through a field that is free text.
#[test]
fn hostile_data_changes_nothing_but_the_text() {
    let dir = tempfile::tempdir().unwrap();
    let mut jobs: Vec<Job<'_>> = Vec::new();
    for template in Labels::built_in().unwrap().templates() {
        for (at, text) in HOSTILE.iter().enumerate() {
            jobs.push((template, hostile(template.subject, &[text]), 203, format!("{}-hostile-{at}", template.name)));
        }
    }
    assert_all_read(&printed_every_way(dir.path(), &jobs, &[Renderer::Js]));
}

/// All hostile texts on one label, in other fields each time; on full pages, which take seconds to read, once. Labelize
/// draws in a hundredth of the other renderer's time, which matters at 600 dpi.
#[test]
fn hostile_data_is_read_back_at_every_resolution() {
    let dir = tempfile::tempdir().unwrap();
    let mut jobs: Vec<Job<'_>> = Vec::new();
    for template in Labels::built_in().unwrap().templates() {
        let turns = if template.stock.height > 150.0 { 1 } else { 2 };
        for (turn, dpi) in (0..turns).flat_map(|turn| PRINTER_DPI.map(|dpi| (turn, dpi))) {
            let mut texts = HOSTILE;
            texts.rotate_left(3 * turn);
            jobs.push((template, hostile(template.subject, &texts), dpi, format!("{}-mixed-{turn}", template.name)));
        }
    }
    assert_all_read(&printed_every_way(dir.path(), &jobs, &[Renderer::Labelize]));
}

/// As PDF, and as ZPL by these renderers.
fn printed_every_way(dir: &Path, jobs: &[Job<'_>], renderers: &[Renderer]) -> Vec<Printed> {
    let pdf = |(template, data, dpi, name): &Job<'_>| through_pdf(dir, template, data, *dpi, name);
    let zpl = |renderer: &Renderer| through_zpl(dir, jobs, *renderer);
    jobs.iter().map(pdf).chain(renderers.iter().flat_map(zpl)).collect()
}

/// The longest codes that there can be have room: twelve letters for a place or a badge, the highest chart number.
#[test]
fn the_longest_codes_are_read_back() {
    let code = |body: &str| {
        let check = outguide::barcode::mod_97_10(body).unwrap();
        format!("{body}{check:02}")
    };
    let (place, badge) = (code("LWWWWWWWWWWWW"), code("SZ9Z9Z9Z9Z9Z9"));
    let chart = ChartLabel {
        barcode: code("C999999999999"),
        reference: code("R999999999"),
        mrn: "987654321098765".to_owned(),
        volume: 999,
        ..ChartLabel::sample()
    };
    let hospital = || "St. Elsewhere Regional Medical Center and Teaching Hospital".to_owned();
    let data = |subject: Subject| match subject {
        Subject::Chart => LabelData::chart(&chart).of_year(1999),
        Subject::Place => LabelData::place(&PlaceCard {
            barcode: place.clone(),
            code: "WWWWWWWWWWWW".to_owned(),
            name: "Interdisciplinary Paediatric Haematology and Oncology Outpatients".to_owned(),
            kind: "Department".to_owned(),
            hospital: hospital(),
        }),
        Subject::Staff => LabelData::staff(&StaffBadge {
            barcode: badge.clone(),
            badge: "Z9Z9Z9Z9Z9Z9".to_owned(),
            name: "Maximiliane Featherstonehaugh-Wiśniewska".to_owned(),
            role: "Supervisor".to_owned(),
            hospital: hospital(),
        }),
        Subject::Request => LabelData::request(&RequestSlip { chart: chart.clone(), ..RequestSlip::sample() }),
        Subject::Transfer => LabelData::transfer(&TransferSheet {
            from: "File room".to_owned(),
            to: "Cardiology".to_owned(),
            sent_by: None,
            hospital: hospital(),
            charts: vec![chart.clone(); 45],
        }),
        Subject::Commands => LabelData::sample_of(subject),
    };
    let dir = tempfile::tempdir().unwrap();
    let mut printed = Vec::new();
    for template in Labels::built_in().unwrap().templates() {
        let name = format!("{}-longest", template.name);
        printed.push(through_pdf(dir.path(), template, &data(template.subject), 203, &name));
    }
    assert_all_read(&printed);
}

/// Bars are taken out of each symbol until it must not be read any more, nor as something else.
#[test]
fn a_broken_symbol_is_not_read_by_either_decoder() {
    let dir = tempfile::tempdir().unwrap();
    let labels = Labels::built_in().unwrap();
    let mut printed = Vec::new();
    for template in labels.templates() {
        let (mut list, _) = labels.lay_out(&template.name, &LabelData::sample_of(template.subject), 300).unwrap();
        for item in &mut list.items {
            let Item::Symbol(symbol) = item else { continue };
            let middle = symbol.dark.len() / 2;
            // One bar of a linear code; of the others more than error correction mends.
            let broken = if symbol.symbology.is_linear() { middle..middle + 1 } else { middle / 2..symbol.dark.len() };
            symbol.dark.drain(broken);
        }
        let picture = dir.path().join(format!("{}-broken.pgm", template.name));
        std::fs::write(&picture, pgm(&list.rasterise(labels.typeface()))).unwrap();
        printed.push(Printed { what: template.name.clone(), picture, symbols: symbols(&list) });
    }
    for (one, (first, second)) in printed.iter().zip(read(&printed)) {
        assert!(first.is_empty() && second.is_empty(), "{}: {first:?} {second:?}", one.what);
    }
}

fn pgm(dots: &Bitmap) -> Vec<u8> {
    let mut pgm = format!("P5 {} {} 255\n", dots.width(), dots.height()).into_bytes();
    for y in 0..dots.height() {
        pgm.extend((0..dots.width()).map(|x| if dots.is_black(x, y) { 0 } else { 255 }));
    }
    pgm
}

/// The other symbologies that templates may use, from a site's own template.
#[test]
fn every_symbology_is_read_back() {
    let text = r#"
name = "all"
title = "All symbologies"
stock = "letter-5164"
fields = ["barcode", "mrn"]
[[code128]]
value = "{barcode}"
x = 6
y = 4
width = 60
height = 10
module = 0.33
[[code39]]
value = "{barcode}"
x = 6
y = 18
width = 88
height = 10
module = 0.25
[[itf]]
value = "{mrn}"
x = 6
y = 32
width = 60
height = 10
module = 0.33
[[pdf417]]
value = "{barcode} {mrn}"
x = 6
y = 46
width = 60
height = 14
module = 0.33
[[qr]]
value = "{barcode}"
x = 70
y = 48
size = 20
module = 0.5
[[datamatrix]]
value = "{barcode}"
x = 6
y = 66
size = 12
module = 0.5
"#;
    let files = outguide::labels::Files {
        templates: vec![("all.toml".to_owned(), text.to_owned())],
        ..outguide::labels::Files::default()
    };
    let (labels, faults) = Labels::load(&files).unwrap();
    assert_eq!(faults, []);
    let dir = tempfile::tempdir().unwrap();
    let mut printed = Vec::new();
    for dpi in PRINTER_DPI {
        let (list, _) = labels.lay_out("all", &LabelData::sample(), dpi).unwrap();
        let picture = dir.path().join(format!("all-{dpi}.pgm"));
        std::fs::write(&picture, pgm(&list.rasterise(labels.typeface()))).unwrap();
        printed.push(Printed { what: format!("{dpi} dpi"), picture, symbols: symbols(&list) });
        assert_eq!(symbols(&list).len(), 6);
    }
    assert_all_read(&printed);
}

#[test]
fn what_the_pdf_says_can_be_copied_as_text() {
    let dir = tempfile::tempdir().unwrap();
    let chart = ChartLabel {
        last_name: "Образцова".into(), first_name: "Ελένη 山田".into(), ..ChartLabel::sample()
    };
    for (data, name) in
        [(LabelData::sample(), "Sample, Rosa María"), (LabelData::chart(&chart), "Образцова, Ελένη 山田")]
    {
        let pdf = dir.path().join("label.pdf");
        let target = Target { format: Format::Pdf, dpi: 600, copies: 1 };
        std::fs::write(&pdf, render("folder-4x2", &data, target).unwrap().bytes).unwrap();
        let text = run("pdftotext", &[pdf.to_str().unwrap(), "-"]);
        for words in [name, "born 04 Mar 1962", "Medical record, volume 2", "C00000001700163"] {
            assert!(text.contains(words), "{text}");
        }
        // Only the letters that are used are in it.
        let fonts = run("pdffonts", &[pdf.to_str().unwrap()]);
        let embedded = fonts.lines().skip(2).all(|font| font.contains(" yes "));
        assert!(embedded && std::fs::metadata(&pdf).unwrap().len() < 80_000, "{fonts}");
    }
}
