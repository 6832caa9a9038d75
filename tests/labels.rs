//! Labels read back: rasterised as a printer would, decoded by two independent readers.
//! Needs poppler-utils (pdftoppm) and zbar-tools (zbarimg); without them these tests fail, they do not skip.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail the test")]

use std::path::Path;
use std::process::Command;

use outguide::labels::{Format, LabelData, Labels, Target, render};
use outguide_hardware::display::Bitmap;
use rxing::BarcodeFormat;
use rxing::helpers::detect_in_luma_with_hints;

const PAYLOAD: &str = "C00000001700163";

fn run(program: &str, args: &[&str]) -> String {
    let output = Command::new(program)
        .args(args)
        .output()
        .unwrap_or_else(|e| panic!("{program} cannot be run ({e}): install poppler-utils and zbar-tools"));
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The PDF's first page as a grey picture (binary PGM), as a printer of `dpi` would see it.
fn rasterise(dir: &Path, dpi: u16) -> std::path::PathBuf {
    let target = Target { format: Format::Pdf, dpi, copies: 1 };
    let rendered = render("folder-4x2", &LabelData::sample(), target).unwrap();
    let pdf = dir.join("label.pdf");
    std::fs::write(&pdf, rendered.bytes).unwrap();
    let page = dir.join(format!("label-{dpi}"));
    let dpi = dpi.to_string();
    run(
        "pdftoppm",
        &[
            "-r",
            &dpi,
            "-gray",
            "-aa",
            "no",
            "-aaVector",
            "no",
            "-singlefile",
            pdf.to_str().unwrap(),
            page.to_str().unwrap(),
        ],
    );
    page.with_extension("pgm")
}

#[test]
fn both_symbols_of_the_pdf_are_read_by_another_decoder_at_printer_resolution() {
    let dir = tempfile::tempdir().unwrap();
    for dpi in [203, 300, 600] {
        let page = rasterise(dir.path(), dpi);
        let read = run("zbarimg", &["--nodbus", "-q", page.to_str().unwrap()]);
        assert!(read.contains(&format!("CODE-128:{PAYLOAD}")), "{dpi} dpi: {read}");
        assert!(read.contains(&format!("QR-Code:{PAYLOAD}")), "{dpi} dpi: {read}");
    }
}

#[test]
fn the_dots_a_raster_printer_gets_are_read_by_rxing() {
    let labels = Labels::built_in().unwrap();
    let (list, _) = labels.lay_out("folder-4x2", &LabelData::sample(), 203).unwrap();
    let dots = list.rasterise(labels.typeface());
    for format in [BarcodeFormat::CODE_128, BarcodeFormat::QR_CODE] {
        let mut hints = rxing::DecodeHints::default();
        let (luma, width, height) = luma(&dots);
        let read = detect_in_luma_with_hints(luma, width, height, Some(format), &mut hints).unwrap();
        assert_eq!(read.getText(), PAYLOAD);
    }
}

/// A broken bar must not be read as something else.
#[test]
fn a_damaged_symbol_is_not_misread() {
    let labels = Labels::built_in().unwrap();
    let (mut list, _) = labels.lay_out("folder-4x2", &LabelData::sample(), 203).unwrap();
    for item in &mut list.items {
        if let outguide_hardware::display::Item::Symbol(symbol) = item {
            let middle = symbol.dark.len() / 2;
            symbol.dark.remove(middle);
            symbol.dark.remove(middle);
        }
    }
    let (luma, width, height) = luma(&list.rasterise(labels.typeface()));
    let mut hints = rxing::DecodeHints::default();
    let read = detect_in_luma_with_hints(luma, width, height, Some(BarcodeFormat::CODE_128), &mut hints);
    assert!(read.is_err(), "{read:?}");
}

#[test]
fn what_the_pdf_says_can_be_copied_as_text() {
    let dir = tempfile::tempdir().unwrap();
    rasterise(dir.path(), 600);
    let text = run("pdftotext", &[dir.path().join("label.pdf").to_str().unwrap(), "-"]);
    for words in ["Sample, Rosa María", "born 04 Mar 1962", "Medical record, volume 2", PAYLOAD] {
        assert!(text.contains(words), "{text}");
    }
}

fn luma(dots: &Bitmap) -> (Vec<u8>, u32, u32) {
    let mut luma = Vec::new();
    for y in 0..dots.height() {
        luma.extend((0..dots.width()).map(|x| if dots.is_black(x, y) { 0 } else { 255 }));
    }
    (luma, u32::try_from(dots.width()).unwrap(), u32::try_from(dots.height()).unwrap())
}
