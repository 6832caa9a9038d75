//! Shipped labels through the raster languages into simulated printers, and read back from what those drew.

use outguide::labels::{Format, LabelData, Target, render};
use outguide_hardware::display::Bitmap;
use outguide_hardware::printer::sim_ql::SimQlPrinter;
use outguide_hardware::printer::sim_server::Pace;
use outguide_hardware::printer::sim_tspl::SimTsplPrinter;
use outguide_hardware::printer::{Evidence, Limits, Payload, Printer, Progress, RawPrinter, SendOutcome, Speech};
use outguide_hardware::printer::{serial, tcp};
use outguide_hardware::profile::LineSettings;
use rxing::BarcodeFormat;
use rxing::helpers::detect_in_luma_with_hints;

use crate::support::until;

const PAYLOAD: &str = "C00000001700163";

fn bytes(language: &'static str, dpi: u16, copies: u16) -> Vec<u8> {
    let target = Target { format: Format::Printer(language), dpi, copies };
    render("folder-4x2", &LabelData::sample(), target).expect("label").bytes
}

/// Prints two copies and follows them to their end.
fn printed(printer: &RawPrinter, language: &'static str, dpi: u16) -> Progress {
    let bytes = bytes(language, dpi, 2);
    let outcome = printer.send(Payload { name: "job-1", bytes: &bytes, labels: 2, language });
    let SendOutcome::Sent(mut track) = outcome else { panic!("{outcome:?}") };
    let mut end = None;
    until("the job ends", || {
        end = Some(printer.follow(&mut track)).filter(|now| !matches!(now, Progress::StillPrinting { .. }));
        end.is_some()
    });
    end.expect("an end")
}

fn assert_read(dots: &Bitmap, what: &str) {
    let mut luma = Vec::new();
    for y in 0..dots.height() {
        luma.extend((0..dots.width()).map(|x| if dots.is_black(x, y) { 0 } else { 255 }));
    }
    let size = |n: usize| u32::try_from(n).expect("size");
    for format in [BarcodeFormat::CODE_128, BarcodeFormat::QR_CODE] {
        let mut hints = rxing::DecodeHints::default();
        let (width, height) = (size(dots.width()), size(dots.height()));
        let read = detect_in_luma_with_hints(luma.clone(), width, height, Some(format), &mut hints);
        assert_eq!(read.expect(what).getText(), PAYLOAD, "{what}");
    }
}

#[test]
fn a_brother_ql_prints_folder_labels_on_tape_and_on_labels_and_both_codes_are_read() {
    for (language, tape) in [("brother-ql", (62, 0)), ("brother-ql-wide", (102, 51))] {
        let sim = SimQlPrinter::start(tape.0, tape.1).expect("printer");
        let printer = serial(sim.path(), LineSettings::default(), &Speech::of(language), Limits::default());
        assert_eq!(printed(&printer, language, 300), Progress::Printed(Evidence::LabelsCompleted));
        assert_eq!((sim.labels().len(), sim.strays()), (2, 0));
        assert_read(&sim.labels()[1].dots, language);
    }
}

#[test]
fn a_tspl_printer_prints_folder_labels_and_both_codes_are_read() {
    let sim = SimTsplPrinter::start("127.0.0.1:0").expect("printer");
    sim.set_pace(Pace::EachLook);
    let printer = tcp(&sim.address().to_string(), &Speech::of("tspl"), Limits::default());
    assert_eq!(printed(&printer, "tspl", 203), Progress::Printed(Evidence::PrintingEnded));
    assert_eq!(sim.labels().len(), 2);
    assert_eq!(sim.unknown(), [""; 0]);
    assert_read(&sim.labels()[0], "tspl");
}

#[test]
fn the_same_label_is_the_same_bytes_and_one_that_fits_no_tape_is_refused_with_the_fix() {
    for (language, dpi) in [("brother-ql", 300), ("tspl", 203), ("esc-pos", 203), ("epl2", 203), ("zpl", 600)] {
        assert!(bytes(language, dpi, 1) == bytes(language, dpi, 1), "{language}");
    }
    let target = Target { format: Format::Printer("brother-ql"), dpi: 203, copies: 1 };
    let refused = render("folder-4x2", &LabelData::sample(), target).expect_err("no such printer");
    assert!(refused.to_string().contains("set dpi = 300"), "{refused}");
}
