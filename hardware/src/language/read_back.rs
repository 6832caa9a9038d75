//! Each raster language's bytes, turned back into dots by a reader that shares nothing with the writer, must be the dots
//! of the display list; and the barcode on it must be read by an independent decoder.

use rxing::BarcodeFormat;
use rxing::helpers::detect_in_luma_with_hints;

use super::{BrotherQl, Epl2, EscPos, Language, LanguageFault, Tspl};
use crate::display::{Bitmap, DisplayList, Ink, Item, Rect, Symbol, Symbology, TextRun, Typesetter, Weight};
use crate::printer::sim_ql::SimQlPrinter;
use crate::printer::sim_server::Pace;
use crate::printer::sim_tspl::SimTsplPrinter;
use crate::printer::{Limits, Payload, Printer, SendOutcome, Speech, serial, tcp};
use crate::profile::LineSettings;

struct Stripes;
impl Typesetter for Stripes {
    fn dots(&self, run: &TextRun) -> Bitmap {
        let mut dots = Bitmap::new(run.x, run.baseline - 20, run.width, 20);
        for x in (0..run.width).filter(|x| x % 7 < 3) {
            dots.fill(&Rect { x: run.x + x, y: run.baseline - 20 + x % 5, width: 1, height: 12 });
        }
        dots
    }
}

/// A label with text, a frame and a code, of so many dots.
fn label(width: i32, height: i32, dots_per_inch: u16, text: &str) -> DisplayList {
    let (module, mut at, mut dark) = (2, 60, Vec::new());
    let bars = code_128("CHART17");
    for (index, elements) in bars.iter().enumerate() {
        let width = i32::from(*elements) * module;
        if index % 2 == 0 {
            dark.push(Rect { x: at, y: 70, width, height: 60 });
        }
        at += width;
    }
    let area = Rect { x: 60, y: 70, width: at - 60, height: 60 };
    let run = TextRun {
        text: text.to_owned(),
        x: 60,
        baseline: 64,
        size: 24.0,
        weight: Weight::Regular,
        tabular: false,
        ink: Ink::Black,
        printers_font: false,
        width: 113,
    };
    let payload = "CHART17".to_owned();
    let symbol = Symbol { symbology: Symbology::Code128, payload, module, area, dark };
    let frame = Rect { x: 40, y: 150, width: 251, height: 3 };
    let items = vec![Item::Text(run), Item::Fill(frame), Item::Symbol(symbol)];
    DisplayList { dots_per_inch, width, height, items }
}

/// Element widths by the library that also decodes; the languages never see it.
fn code_128(text: &str) -> Vec<u8> {
    use rxing::Writer as _;
    let matrix = rxing::oned::Code128Writer.encode(text, &BarcodeFormat::CODE_128, 0, 1).unwrap();
    let dark: Vec<bool> = (0..matrix.getWidth()).map(|x| matrix.get(x, 0)).skip_while(|dark| !dark).collect();
    let mut widths: Vec<u8> = Vec::new();
    let mut last = None;
    for dark in dark {
        match widths.last_mut() {
            Some(width) if last == Some(dark) => *width += 1,
            _ => widths.push(1),
        }
        last = Some(dark);
    }
    widths
}

fn decoded(dots: &Bitmap) -> String {
    // Three rows of white around, and each dot twice, as a camera would see it.
    let (width, height) = (dots.width() * 2, dots.height() * 2);
    let luma =
        (0..width * height).map(|at| if dots.is_black(at % width / 2, at / width / 2) { 0 } else { 255 }).collect();
    let size = |n: usize| u32::try_from(n).unwrap();
    let mut hints = rxing::DecodeHints::default();
    let read = detect_in_luma_with_hints(luma, size(width), size(height), Some(BarcodeFormat::CODE_128), &mut hints);
    read.unwrap().getText().to_owned()
}

fn same_dots(a: &Bitmap, b: &Bitmap) {
    let (a, b) = (a.trimmed().unwrap(), b.trimmed().unwrap());
    assert_eq!((a.width(), a.height()), (b.width(), b.height()));
    assert!(a.rows().eq(b.rows()), "other dots");
}

fn sent(printer: &dyn Printer, bytes: &[u8], labels: u32, language: &str) {
    let outcome = printer.send(Payload { name: "j", bytes, labels, language });
    assert!(matches!(outcome, SendOutcome::Sent(_)), "{outcome:?}");
}

fn until(what: impl Fn() -> bool) {
    let since = std::time::Instant::now();
    while !what() {
        assert!(since.elapsed() < std::time::Duration::from_secs(20), "it never happened");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

#[test]
fn brother_ql_is_read_back_upright_and_turned() {
    for (wide, width, height, tape, turned) in [
        (false, 600, 900, (62, 0), false),
        (false, 1200, 600, (62, 0), true),
        (false, 732, 341, (62, 29), false),
        (false, 1061, 342, (29, 90), true),
        (true, 1200, 600, (102, 51), false),
        (true, 342, 1061, (29, 90), false),
    ] {
        let language = BrotherQl { wide };
        let list = label(width, height, 300, "Rosa");
        assert_eq!(language.check(&list), Ok(()));
        let (chosen, lies_along) = language.tape(width, height).unwrap();
        assert_eq!(((chosen.width_mm, chosen.length_mm), lies_along), (tape, turned));
        let sim = SimQlPrinter::start(tape.0, tape.1).unwrap();
        let printer = serial(sim.path(), LineSettings::default(), &Speech::of("brother-ql"), Limits::default());
        sent(&printer, &language.label(&list, 2, &Stripes), 2, "brother-ql");
        until(|| sim.labels().len() == 2);
        assert_eq!(sim.strays(), 0);
        let [first, second] = <[_; 2]>::try_from(sim.labels()).unwrap();
        assert_eq!(first, second);
        assert_eq!(first.media, tape);
        let upright = if turned { turn_back(&first.dots) } else { first.dots };
        same_dots(&upright, &list.rasterise(&Stripes));
        assert_eq!(decoded(&upright), "CHART17");
    }
}

/// A quarter back, against the clock.
fn turn_back(dots: &Bitmap) -> Bitmap {
    let size = |n: usize| i32::try_from(n).unwrap();
    let mut back = Bitmap::new(0, 0, size(dots.height()), size(dots.width()));
    for y in 0..dots.height() {
        (0..dots.width()).filter(|x| dots.is_black(*x, y)).for_each(|x| back.blacken(y, dots.width() - 1 - x));
    }
    back
}

#[test]
fn brother_ql_says_what_it_cannot_print() {
    let narrow = BrotherQl { wide: false };
    let fault = narrow.check(&label(600, 900, 203, "x"));
    assert!(matches!(fault, Err(LanguageFault::Resolution { dpi: 203, .. })));
    assert!(matches!(narrow.check(&label(2550, 3300, 300, "x")), Err(LanguageFault::Size { .. })));
}

#[test]
fn brother_ql_is_these_bytes() {
    let mut list = DisplayList { dots_per_inch: 300, width: 696, height: 2, items: Vec::new() };
    list.items.push(Item::Fill(Rect { x: 0, y: 0, width: 8, height: 1 }));
    list.items.push(Item::Fill(Rect { x: 695, y: 1, width: 1, height: 1 }));
    // Turned: two dots across would fit the narrowest tape. Upright it must be.
    list.height = 700;
    let bytes = BrotherQl { wide: false }.label(&list, 1, &Stripes);
    assert!(bytes[..200].iter().all(|byte| *byte == 0));
    assert_eq!(&bytes[200..206], b"\x1b@\x1bia\x01");
    assert_eq!(&bytes[206..219], [0x1B, b'i', b'z', 0xCE, 0x0A, 62, 0, 0xBC, 0x02, 0, 0, 0, 0]);
    assert_eq!(&bytes[219..231], b"\x1biM\x40\x1biA\x01\x1biK\x08");
    assert_eq!(&bytes[231..235], [0x1B, b'i', b'd', 35]);
    let row = |at: usize| &bytes[236 + at * 93..236 + (at + 1) * 93];
    assert_eq!(&row(0)[..3], [b'g', 0, 90]);
    // The left of the label is at the last pins: 12 + 696 = 708, of which the last eight are pins 700 to 707.
    let ink: Vec<(usize, u8)> = row(0)[3..].iter().copied().enumerate().filter(|(_, byte)| *byte != 0).collect();
    assert_eq!(ink, [(87, 0x0F), (88, 0xF0)]);
    let ink: Vec<(usize, u8)> = row(1)[3..].iter().copied().enumerate().filter(|(_, byte)| *byte != 0).collect();
    assert_eq!(ink, [(1, 0x08)], "the right of the label is at pin 12");
    assert_eq!(bytes.last(), Some(&0x1A));
    assert_eq!(bytes.len(), 236 + 700 * 93 + 1);
}

#[test]
fn tspl_is_read_back() {
    let list = label(812, 406, 203, "Rosa");
    let sim = SimTsplPrinter::start("127.0.0.1:0").unwrap();
    sim.set_pace(Pace::AtOnce);
    let printer = tcp(&sim.address().to_string(), &Speech::of("tspl"), Limits::default());
    sent(&printer, &Tspl.label(&list, 2, &Stripes), 2, "tspl");
    until(|| sim.labels().len() == 2);
    assert_eq!(sim.unknown(), [""; 0]);
    let dots = sim.labels()[0].clone();
    assert_eq!((dots.width(), dots.height()), (812, 406));
    same_dots(&dots, &list.rasterise(&Stripes));
    assert_eq!(decoded(&dots), "CHART17");
}

#[test]
fn tspl_and_epl2_are_these_bytes() {
    let mut list = DisplayList { dots_per_inch: 203, width: 406, height: 203, items: Vec::new() };
    list.items.push(Item::Fill(Rect { x: 1, y: 2, width: 30, height: 4 }));
    let run = TextRun {
        text: "\"\r\nPRINT 9\r\n".into(),
        x: 8,
        baseline: 60,
        size: 24.0,
        weight: Weight::Regular,
        tabular: false,
        ink: Ink::Black,
        printers_font: false,
        width: 3,
    };
    list.items.push(Item::Text(run));
    let tspl = Tspl.label(&list, 3, &Stripes);
    let data: Vec<u8> = (0..14).map(|y| !(0x80 & bar(y, 0) | 0x40 & bar(y, 1) | 0x20 & bar(y, 2))).collect();
    let expected = [
        b"SIZE 50.80 mm,25.40 mm\r\nGAP 3 mm,0 mm\r\nDIRECTION 1,0\r\nREFERENCE 0,0\r\nOFFSET 0 mm\r\nCLS\r\n\
          BAR 1,2,30,4\r\nBITMAP 8,40,1,14,1,"
            .to_vec(),
        data.clone(),
        b"\r\nPRINT 1,3\r\n".to_vec(),
    ]
    .concat();
    assert_eq!(tspl, expected);
    let expected = [
        b"\r\nN\r\nq406\r\nQ203,23\r\nR0,0\r\nZT\r\nLO1,2,30,4\r\nGW8,40,1,14,".to_vec(),
        data,
        b"\r\nP3\r\n".to_vec(),
    ]
    .concat();
    assert_eq!(Epl2.label(&list, 3, &Stripes), expected);
}

/// Stripe `x` begins `x` rows down and is 12 long.
fn bar(y: i32, x: i32) -> u8 {
    if (x..x + 12).contains(&y) { 0xFF } else { 0 }
}

/// Reads ESC/POS rasters: the pictures between two cuts.
fn read_esc_pos(mut bytes: &[u8]) -> Vec<Bitmap> {
    let (mut pages, mut rows): (Vec<Bitmap>, Vec<Vec<u8>>) = (Vec::new(), Vec::new());
    loop {
        match bytes {
            [] => return pages,
            [0x1B, b'@', rest @ ..] | [0x1B, b'3', 0, rest @ ..] => bytes = rest,
            [0x1D, b'v', b'0', 0, xl, xh, yl, yh, rest @ ..] => {
                let row = usize::from(*xl) + 256 * usize::from(*xh);
                let size = row * (usize::from(*yl) + 256 * usize::from(*yh));
                rows.extend(rest[..size].chunks(row).map(<[u8]>::to_vec));
                bytes = &rest[size..];
            }
            [0x1D, b'V', 66, 0, rest @ ..] => {
                let width = i32::try_from(rows[0].len() * 8).unwrap();
                let mut page = Bitmap::new(0, 0, width, i32::try_from(rows.len()).unwrap());
                for (y, row) in rows.drain(..).enumerate() {
                    (0..row.len() * 8)
                        .filter(|bit| row[bit / 8] & (0x80 >> (bit % 8)) != 0)
                        .for_each(|x| page.blacken(x, y));
                }
                pages.push(page);
                bytes = rest;
            }
            other => panic!("no ESC/POS: {:?}", &other[..other.len().min(8)]),
        }
    }
}

#[test]
fn esc_pos_is_read_back() {
    let list = label(576, 406, 203, "Rosa");
    let pages = read_esc_pos(&EscPos.label(&list, 2, &Stripes));
    assert_eq!(pages.len(), 2);
    same_dots(&pages[1], &list.rasterise(&Stripes));
    assert_eq!(decoded(&pages[0]), "CHART17");
    let small =
        DisplayList { width: 9, height: 2, items: vec![Item::Fill(Rect { x: 7, y: 0, width: 2, height: 1 })], ..list };
    assert_eq!(
        EscPos.label(&small, 1, &Stripes),
        b"\x1b@\x1b3\x00\x1dv0\x00\x02\x00\x02\x00\x01\x80\x00\x00\x1dV\x42\x00"
    );
}

/// What stands on a label is dots: whatever a name says, the commands are the same.
#[test]
fn no_text_changes_a_command() {
    let hostile =
        ["^XA^XZ", "\u{1b}@\u{1b}!?", "\"\r\nPRINT 1,99\r\n", "\r\nN\r\nP9\r\n", "\u{1a}\u{c}\u{0}", "名前 🗂"];
    for language in [&BrotherQl { wide: true } as &dyn Language, &Tspl, &EscPos, &Epl2] {
        let plain = language.label(&label(600, 400, 300, "Rosa"), 1, &Stripes);
        for text in hostile {
            let bytes = language.label(&label(600, 400, 300, text), 1, &Stripes);
            assert_eq!(bytes, plain, "{} and {text:?}", language.name());
        }
    }
}
