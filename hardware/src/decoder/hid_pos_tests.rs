//! Reports of a scanner with byte count, symbology, continuation and beeps, and of one with nothing but data.

use super::*;

const MS: fn(u64) -> Duration = Duration::from_millis;

/// Report 2: byte count, three symbology bytes, 56 of data, two of the maker's, eight bits of which the first says
/// "continued". Report 4 goes to the scanner: bit 5 is the error beep, bit 6 the good-read beep.
#[rustfmt::skip]
pub(crate) const DESCRIPTOR: &[u8] = &[
    0x05, 0x8C, 0x09, 0x02, 0xA1, 0x01,                         // Bar Code Scanner
    0x09, 0x12, 0xA1, 0x02, 0x85, 0x02,                         // Scanned Data Report, id 2
    0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08,                   // 0 to 255, 8 bits each
    0x95, 0x01, 0x05, 0x01, 0x09, 0x3B, 0x81, 0x02,             // Byte Count
    0x95, 0x03, 0x05, 0x8C, 0x09, 0xFB, 0x09, 0xFC, 0x09, 0xFD, 0x81, 0x02, // Symbology Identifiers
    0x95, 0x38, 0x09, 0xFE, 0x82, 0x02, 0x01,                   // 56 bytes of Decoded Data
    0x95, 0x02, 0x81, 0x01,                                     // the maker's own
    0x75, 0x01, 0x95, 0x08, 0x25, 0x01, 0x09, 0xFF, 0x81, 0x02, // Decode Data Continued
    0xC0,
    0x09, 0x14, 0xA1, 0x02, 0x85, 0x04, 0x75, 0x01, 0x95, 0x08, // Trigger Report, id 4
    0x09, 0x00, 0x09, 0x5F, 0x09, 0x60, 0x09, 0x00, 0x09, 0x00, 0x09, 0x85, 0x09, 0x86, 0x91, 0x86,
    0xC0,
    0xC0,
];

fn profile() -> Profile {
    Profile::named("hid").unwrap()
}

fn scanner(descriptor: &[u8]) -> HidPos {
    HidPos::new(Layout::of(Descriptor::parse(descriptor).unwrap()).unwrap(), &profile())
}

/// A report of [`DESCRIPTOR`].
pub(crate) fn report(symbology: &str, text: &str, continued: bool) -> Vec<u8> {
    let mut report = vec![0; 64];
    report[0] = 2;
    report[1] = u8::try_from(text.len()).unwrap();
    report[2..5].copy_from_slice(symbology.as_bytes());
    report[5..5 + text.len()].copy_from_slice(text.as_bytes());
    report[63] = u8::from(continued);
    report
}

fn fed(pos: &mut HidPos, bytes: &[u8], now: Duration) -> Vec<FrameEvent> {
    let mut out = Output::default();
    pos.feed(bytes, now, &mut out);
    out.events
}

#[test]
fn a_report_is_a_code_with_its_symbology() {
    let mut pos = scanner(DESCRIPTOR);
    assert_eq!(pos.layout.report_bytes(), 64);
    let code = |text: &str| FrameEvent::Frame(text.to_owned());
    assert_eq!(fed(&mut pos, &report("]C0", "C00000001700163\r", false), MS(0)), [code("]C0C00000001700163")]);
    assert_eq!(fed(&mut pos, &report("\0\0\0", "LER07", false), MS(1)), [code("LER07")]);
    assert!(fed(&mut pos, &report("]C0", "", false), MS(2)).is_empty());
    assert!(fed(&mut pos, &[4, 1], MS(3)).is_empty(), "another report");
    assert!(fed(&mut pos, &[], MS(3)).is_empty());
}

#[test]
fn a_long_code_is_put_together_and_half_of_one_is_dropped() {
    let mut pos = scanner(DESCRIPTOR);
    assert!(fed(&mut pos, &report("]d1", &"A".repeat(56), true), MS(0)).is_empty());
    let whole = fed(&mut pos, &report("]d1", "B", false), MS(10));
    assert_eq!(whole, [FrameEvent::Frame(format!("]d1{}B", "A".repeat(56)))]);

    fed(&mut pos, &report("]d1", "AAA", true), MS(20));
    let late = fed(&mut pos, &report("]C0", "LER07", false), MS(520));
    assert_eq!(late, [FrameEvent::HalfRead { bytes: 3 }, FrameEvent::Frame("]C0LER07".into())]);

    fed(&mut pos, &report("]d1", "AAA", true), MS(600));
    let mut out = Output::default();
    pos.hang_up(&mut out);
    assert_eq!(out.events, [FrameEvent::HalfRead { bytes: 3 }]);
    assert_eq!(fed(&mut pos, &report("]C0", "K1", false), MS(610)), [FrameEvent::Frame("]C0K1".into())]);
}

#[test]
fn too_long_short_and_unclean_reports_are_told() {
    let mut pos = scanner(DESCRIPTOR);
    pos.max_bytes = 60;
    fed(&mut pos, &report("]d1", &"A".repeat(56), true), MS(0));
    assert_eq!(fed(&mut pos, &report("]d1", "12345", false), MS(1)), [FrameEvent::Overflow { max_bytes: 60 }]);
    assert_eq!(fed(&mut pos, &[2, 5, b']', b'C', b'0', b'L'], MS(2)), [FrameEvent::HalfRead { bytes: 5 }]);
    assert_eq!(fed(&mut pos, &report("]C0", "A\u{7}", false), MS(3)), [FrameEvent::Garbled("A\u{fffd}".into())]);
    let mut counted = report("]C0", "AB", false);
    counted[1] = 255;
    assert!(
        matches!(fed(&mut pos, &counted, MS(4))[..], [FrameEvent::Frame(_)]),
        "a count beyond the field is the field"
    );
}

#[test]
fn beeps_are_asked_for_by_the_scanners_own_report() {
    let mut pos = scanner(DESCRIPTOR);
    let mut out = Output::default();
    Signal::ALL.iter().for_each(|signal| pos.signal(*signal, MS(0), &mut out));
    // Good-read beep for what was recorded, error beep for the rest.
    assert_eq!(out.replies, [[4, 0x40], [4, 0x40], [4, 0x20], [4, 0x20]].map(|report| report.to_vec()));
}

#[test]
fn a_scanner_without_count_or_ids_is_read_up_to_the_first_zero() {
    let bare = [0x05, 0x8C, 0x09, 0x02, 0xA1, 0x01, 0x75, 0x08, 0x95, 0x08, 0x09, 0xFE, 0x81, 0x02, 0xC0];
    let mut pos = scanner(&bare);
    assert_eq!(fed(&mut pos, b"LER07\0\0\0", MS(0)), [FrameEvent::Frame("LER07".into())]);
    let mut out = Output::default();
    pos.signal(Signal::Good, MS(0), &mut out);
    assert!(out.replies.is_empty(), "it cannot beep");
}

#[test]
fn a_keyboard_or_mouse_is_no_scanner() {
    let mouse = [0x05, 0x01, 0x09, 0x02, 0xA1, 0x01, 0x75, 0x08, 0x95, 0x02, 0x09, 0x30, 0x09, 0x31, 0x81, 0x06, 0xC0];
    assert_eq!(Layout::of(Descriptor::parse(&mouse).unwrap()), None);
}
