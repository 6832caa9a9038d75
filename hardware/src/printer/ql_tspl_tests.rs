//! Following jobs on Brother QL and TSPL printers that go wrong in every state.

use super::ql_status::QlStatus;
use super::sim_ql::SimQlPrinter;
use super::sim_tspl::SimTsplPrinter;
use super::*;
use crate::language::tspl;

fn quick() -> Limits {
    Limits { status: std::time::Duration::from_secs(1), ..Limits::default() }
}

/// A job of so many labels of a few lines for tape of this size.
fn ql_job(labels: u32, media: (u8, u8)) -> Vec<u8> {
    let mut bytes = vec![0; 200];
    bytes.extend(b"\x1b@\x1bia\x01");
    for label in 1..=labels {
        bytes.extend([0x1B, b'i', b'z', 0xCE, 0x0A, media.0, media.1, 1, 0, 0, 0, u8::from(label > 1), 0]);
        bytes.extend([b'g', 0, 2, 0xF0, 0x0F]);
        bytes.push(if label == labels { 0x1A } else { 0x0C });
    }
    bytes
}

fn ql(sim: &SimQlPrinter) -> RawPrinter {
    serial(sim.path(), LineSettings::default(), &Speech::of("brother-ql"), quick())
}

fn sent(printer: &RawPrinter, bytes: &[u8], labels: u32) -> Track {
    match printer.send(Payload { name: "j", bytes, labels, language: "-" }) {
        SendOutcome::Sent(track) => track,
        other => panic!("{other:?}"),
    }
}

fn end(printer: &RawPrinter, track: &mut Track, mut then: impl FnMut(u32, &[Fault])) -> Progress {
    for look in 1..400 {
        match printer.follow(track) {
            Progress::StillPrinting { faults, .. } => then(look, &faults),
            end => return end,
        }
    }
    panic!("no end")
}

const NO_TAPE: QlStatus = QlStatus {
    errors_1: 0b10,
    errors_2: 0,
    width_mm: 62,
    media: 0x0A,
    length_mm: 0,
    kind: super::ql_status::QlStatusKind::Error,
    printing: false,
};

#[test]
fn a_brother_ql_reports_each_label() {
    let sim = SimQlPrinter::start(62, 0).unwrap();
    let printer = ql(&sim);
    let health = printer.health();
    assert_eq!((health.state, health.loaded.as_deref()), (PrinterState::Ready, Some("62 mm endless")));
    let mut track = sent(&printer, &ql_job(3, (62, 0)), 3);
    assert_eq!(end(&printer, &mut track, |_, _| ()), Progress::Printed(Evidence::LabelsCompleted));
    assert_eq!(sim.labels().len(), 3);
    // The line is free again, and asked.
    assert_eq!(printer.state(), PrinterState::Ready);
}

#[test]
fn a_brother_ql_with_other_tape_gets_nothing() {
    let sim = SimQlPrinter::start(29, 90).unwrap();
    let bytes = ql_job(1, (62, 0));
    let outcome = ql(&sim).send(Payload { name: "j", bytes: &bytes, labels: 1, language: "brother-ql" });
    let SendOutcome::NothingSent(SendError::WrongStock { loaded, needed, .. }) = outcome else { panic!("{outcome:?}") };
    assert_eq!((loaded.as_str(), needed.as_str()), ("29 x 90 mm", "62 mm endless"));
    assert!(sim.labels().is_empty());
}

#[test]
fn a_brother_ql_that_runs_out_is_waited_for_and_believed_only_when_it_reports() {
    for (prints_on, expected) in
        [(true, Progress::Printed(Evidence::LabelsCompleted)), (false, Progress::Unproven(Doubt::Interrupted))]
    {
        let sim = SimQlPrinter::start(62, 0).unwrap();
        sim.stop_before(1, NO_TAPE);
        let printer = ql(&sim);
        let mut track = sent(&printer, &ql_job(2, (62, 0)), 2);
        let mut mended = false;
        let progress = end(&printer, &mut track, |_, faults| {
            if faults == [Fault::PaperOut] && !mended {
                mended = true;
                sim.mend(prints_on);
            }
        });
        assert!(mended);
        assert_eq!(progress, expected);
    }
}

/// Tests that print three small labels.
fn tspl_house() -> (SimTsplPrinter, RawPrinter, Vec<u8>) {
    use crate::language::Language as _;
    let sim = SimTsplPrinter::start("127.0.0.1:0").unwrap();
    let printer = tcp(&sim.address().to_string(), &Speech::of("tspl"), quick());
    let items = vec![crate::display::Item::Fill(crate::display::Rect { x: 1, y: 1, width: 5, height: 5 })];
    let list = crate::display::DisplayList { dots_per_inch: 203, width: 80, height: 40, items };
    let bytes = tspl::Tspl.label(&list, 3, &NoText);
    (sim, printer, bytes)
}

struct NoText;
impl crate::display::Typesetter for NoText {
    fn dots(&self, _: &crate::display::TextRun) -> crate::display::Bitmap {
        crate::display::Bitmap::new(0, 0, 0, 0)
    }
}

#[test]
fn a_tspl_printer_is_seen_to_print_and_to_end() {
    let (sim, printer, bytes) = tspl_house();
    assert_eq!(printer.state(), PrinterState::Ready);
    let mut track = sent(&printer, &bytes, 3);
    assert_eq!(end(&printer, &mut track, |_, _| ()), Progress::Printed(Evidence::PrintingEnded));
    assert_eq!(sim.labels().len(), 3);
    sim.set_pace(super::sim_server::Pace::AtOnce);
    let mut track = sent(&printer, &bytes, 3);
    assert_eq!(end(&printer, &mut track, |_, _| ()), Progress::Unproven(Doubt::NoCountSeen));
}

#[test]
fn a_tspl_printer_that_stops_proves_nothing_until_it_runs_again() {
    for (bits, fault) in [(0x04, Fault::PaperOut), (0x08, Fault::RibbonOut), (0x01, Fault::HeadOpen)] {
        let (sim, printer, bytes) = tspl_house();
        sim.set_stopped(bits);
        assert_eq!(printer.state(), PrinterState::NotReady(vec![fault]));
        sim.set_stopped(0);
        sim.stop_before(1, bits);
        let mut track = sent(&printer, &bytes, 3);
        let progress = end(&printer, &mut track, |_, faults| {
            if faults == [fault] {
                sim.set_stopped(0);
            }
        });
        assert_eq!(progress, Progress::Printed(Evidence::PrintingEnded));
    }
    let (sim, printer, bytes) = tspl_house();
    sim.stop_before(1, 0x10);
    let mut track = sent(&printer, &bytes, 3);
    let progress = end(&printer, &mut track, |_, faults| {
        if faults == [Fault::Paused] {
            sim.cancel();
            sim.set_stopped(0);
        }
    });
    assert_eq!(progress, Progress::Unproven(Doubt::Interrupted), "cancelled while paused");
    sim.set_silent(true);
    assert_eq!(printer.state(), PrinterState::NotReady(vec![Fault::NoAnswer]));
}
