//! ZPL II, as the ZPL programming guide (Zebra P1099958) has it.
//!
//! Text is sent as graphics of the label's own typeface: what the preview shows is what comes out, letters that the
//! printer's font lacks included, and no patient's name is ever read as a command. Only where a template says so, and
//! the printer's font has every letter, is it left to the printer. Code 128 is drawn by the printer.

use std::io::Write as _;

use super::Language;
use crate::display::{Band, Bitmap, Coding, DisplayList, Item, Rect, Symbol, Symbology, TextRun, Typesetter};

/// Writes formatted text; writing into memory cannot fail.
macro_rules! put {
    ($zpl:expr, $($text:tt)*) => {{ let _ = write!($zpl, $($text)*); }};
}

/// ZPL II.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zpl {
    /// Who draws the letters.
    pub text: Text,
}

/// Who draws the letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// We do, but for what a template leaves to the printer ([`TextRun::printers_font`]): identical to the preview, some
    /// kilobytes a label.
    Drawn,
    /// The printer does, in its font 0, wherever that has the letters ([`printers_font_has`]): a tenth of the bytes, for
    /// slow serial lines.
    Printers,
}

/// Whether every Zebra printer's font 0 has these letters under `^CI28`: ASCII and Latin-1. Newer ones have more, but
/// no printer says which.
pub fn printers_font_has(text: &str) -> bool {
    text.chars().all(|c| matches!(c, ' '..='~' | '\u{A1}'..='\u{FF}'))
}

/// How many copies one format may ask for (`^PQ` takes up to 99,999,999; more than this is a slip of the finger).
pub const COPIES_MAX: u16 = 999;

impl Language for Zpl {
    fn name(&self) -> &'static str {
        "zpl"
    }

    fn label(&self, list: &DisplayList, copies: u16, typesetter: &dyn Typesetter) -> Vec<u8> {
        // ^CI28 is UTF-8; ^LH and ^LS undo what an earlier job may have shifted; ^PO and ^FW what it turned.
        // Most labels need about a third of their raster's bytes.
        let raster = usize::try_from(list.width / 8).unwrap_or(0) * usize::try_from(list.height).unwrap_or(0);
        let mut zpl = Vec::with_capacity(raster / 3);
        zpl.extend_from_slice(b"^XA\n^CI28\n^LH0,0^LS0^LT0^PON^FWN\n");
        put!(zpl, "^PW{}^LL{}\n", list.width, list.height);
        for item in &list.items {
            match item {
                Item::Fill(area) => fill(&mut zpl, area),
                Item::Band(band) => outline(&mut zpl, band),
                Item::Picture(dots) => graphic(&mut zpl, dots, 1),
                Item::Symbol(symbol) => self.symbol(&mut zpl, symbol),
                Item::Text(run) if self.leaves_to_printer(run) => printers_text(&mut zpl, run),
                Item::Text(run) => text(&mut zpl, run, typesetter),
            }
        }
        put!(zpl, "^PQ{}\n^XZ\n", copies.clamp(1, COPIES_MAX));
        zpl
    }
}

impl Zpl {
    fn leaves_to_printer(self, run: &TextRun) -> bool {
        (run.printers_font || self.text == Text::Printers) && printers_font_has(&run.text)
    }

    fn symbol(self, zpl: &mut Vec<u8>, symbol: &Symbol) {
        let plain = symbol.payload.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        match symbol.symbology {
            // Mode A picks the code sets itself. `>` would be an invocation character: other payloads are drawn.
            Symbology::Code128 if plain => {
                let Rect { x, y, height, .. } = symbol.area;
                let (module, data) = (symbol.module, field_data(&symbol.payload));
                put!(zpl, "^FO{x},{y}^BY{module},3,{height}^BCN,{height},N,N,N,A^FH^FD{data}^FS\n");
            }
            // ^BQ shifts the symbol by ten dots on some firmware and picks another mask: ours is drawn as it is.
            _ => {
                drawn(zpl, symbol);
            }
        }
    }
}

/// A filled box: `^GB` with a border as thick as its smaller side.
fn fill(zpl: &mut Vec<u8>, area: &Rect) {
    let Rect { x, y, width, height } = *area;
    put!(zpl, "^FO{x},{y}^GB{width},{height},{}^FS\n", width.min(height));
}

/// A coloured area's outline: `^GB` draws it in one.
fn outline(zpl: &mut Vec<u8>, band: &Band) {
    let Rect { x, y, width, height } = band.area;
    let edge = band.edge.clamp(1, width.min(height).max(1));
    put!(zpl, "^FO{x},{y}^GB{width},{height},{edge}^FS\n");
}

/// Text in the printer's scalable font 0, standing on its baseline (`^FT`).
fn printers_text(zpl: &mut Vec<u8>, run: &TextRun) {
    let height = (run.size * 0.95).round();
    put!(zpl, "^FT{},{}^A0N,{height},{height}^FH^FD{}^FS\n", run.x, run.baseline, field_data(&run.text));
}

/// Field data that no character can leave: everything but letters, digits and spaces as `_` and two hex digits of its
/// UTF-8 (`^FH`), control characters dropped.
pub fn field_data(text: &str) -> String {
    let mut data = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !c.is_control()) {
        if c.is_ascii_alphanumeric() || c == ' ' {
            data.push(c);
        } else {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                data.push('_');
                data.extend(
                    [byte >> 4, byte & 15].map(|digit| HEX.get(usize::from(digit)).map_or('0', |c| char::from(*c))),
                );
            }
        }
    }
    data
}

/// How dots are written here.
const CODING: Coding = Coding {
    language: "zpl",
    code: |dots| {
        let mut zpl = Vec::with_capacity(dots.row_bytes() * dots.height() * 3 / 2 + 32);
        field(&mut zpl, dots, 1);
        zpl
    },
    letters_from: LETTERS_FROM,
};

/// In dots per em. One by one, letters from here on are also fewer bytes than whole lines of them: in a row of one letter
/// more rows are like the row above. For smaller ones that no longer pays for their fields' beginnings.
const LETTERS_FROM: f32 = 24.0;

/// A run as graphic fields: one, or in large type one for each letter. Fields add up on the label, so that letters may
/// reach into each other's.
fn text(zpl: &mut Vec<u8>, run: &TextRun, typesetter: &dyn Typesetter) {
    let before = zpl.len();
    let mut cut = false;
    typesetter.coded(run, CODING, &mut |coded, (x, y)| {
        if coded.bytes.is_empty() {
            return;
        }
        let (left, top) = (x + coded.left, y + coded.top);
        cut |= left < 0 || top < 0;
        origin(zpl, left, top);
        zpl.extend_from_slice(&coded.bytes);
    });
    if cut {
        // A field begins on the label: the dots beside it are left out, which makes others of them.
        zpl.truncate(before);
        graphic(zpl, &typesetter.dots(run), 1);
    }
}

/// Where a field begins. It is said for every large letter, and the formatter would take longer than the letter.
fn origin(zpl: &mut Vec<u8>, left: i32, top: i32) {
    zpl.extend_from_slice(b"^FO");
    number(zpl, left.unsigned_abs());
    zpl.push(b',');
    number(zpl, top.unsigned_abs());
}

fn number(zpl: &mut Vec<u8>, mut n: u32) {
    let mut digits = [b'0'; 10];
    let mut first = digits.len();
    for (at, digit) in digits.iter_mut().enumerate().rev() {
        *digit += u8::try_from(n % 10).unwrap_or(0);
        (n, first) = (n / 10, at);
        if n == 0 {
            break;
        }
    }
    zpl.extend_from_slice(digits.get(first..).unwrap_or_default());
}

/// A symbol as a graphic field. Each row of modules is drawn once, and said to be there so many times.
fn drawn(zpl: &mut Vec<u8>, symbol: &Symbol) {
    let Rect { x, y, width, height } = symbol.area;
    let row = symbol.dark.first().map_or(1, |first| first.height).max(1);
    let in_rows = |dark: &Rect| dark.height == row && dark.y >= y && (dark.y - y) % row == 0;
    let row = if y >= 0 && height % row == 0 && symbol.dark.iter().all(in_rows) { row } else { 1 };
    let mut dots = Bitmap::new(x, y, width, height / row);
    for dark in &symbol.dark {
        dots.fill(&Rect { y: y + (dark.y - y) / row, height: dark.height / row, ..*dark });
    }
    graphic(zpl, &dots, usize::try_from(row).unwrap_or(1));
}

/// A graphic field, trimmed of white edges, each row `times` times.
fn graphic(zpl: &mut Vec<u8>, dots: &Bitmap, times: usize) {
    let Some(inked) = dots.trimmed() else { return };
    let down = i32::try_from(times).map_or(0, |times| (inked.top - dots.top) * times);
    put!(zpl, "^FO{},{}", inked.left, dots.top + down);
    field(zpl, &inked, times);
}

/// Dots in the compressed hexadecimal of `^GFA`, wherever they are.
fn field(zpl: &mut Vec<u8>, dots: &Bitmap, times: usize) {
    let row_bytes = dots.row_bytes();
    let total = row_bytes * dots.height() * times;
    put!(zpl, "^GFA,{total},{total},{row_bytes},");
    // No count is longer than what it counts.
    let mut line = Line { text: vec![0; row_bytes * 2 + 1], length: 0 };
    let mut above: Option<&[u8]> = None;
    for row in dots.rows() {
        if above == Some(row) {
            zpl.push(b':');
        } else {
            zpl.extend_from_slice(line.encode(row));
        }
        zpl.extend(std::iter::repeat_n(b':', times.saturating_sub(1)));
        above = Some(row);
    }
    zpl.extend_from_slice(b"^FS\n");
}

/// A row of a graphic field as text.
struct Line {
    text: Vec<u8>,
    length: usize,
}

impl Line {
    /// One row: repeated digits as counts (`G` 1 … `Y` 19, `g` 20, `h` 40 … `z` 400), a white rest as `,`. A black rest
    /// could be `!`, but some readers of ZPL take its "ones" for the digit 1: it is counted like all others.
    fn encode(&mut self, row: &[u8]) -> &[u8] {
        self.length = 0;
        let inked = row.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let (mut digit, mut run) = (0, 0);
        for byte in row.iter().take(inked) {
            if *byte == digit * 0x11 {
                run += 2;
                continue;
            }
            let (high, low) = (byte >> 4, byte & 15);
            if high != digit {
                self.repeated(digit, run);
                (digit, run) = (high, 0);
            }
            run += 1;
            if low != digit {
                self.repeated(digit, run);
                (digit, run) = (low, 0);
            }
            run += 1;
        }
        // A last byte with a white half is part of the white rest.
        if digit != 0 {
            self.repeated(digit, run);
        }
        if digit == 0 || inked < row.len() {
            self.put(b',');
        }
        self.text.get(..self.length).unwrap_or_default()
    }

    #[inline]
    fn put(&mut self, letter: u8) {
        if let Some(at) = self.text.get_mut(self.length) {
            *at = letter;
            self.length += 1;
        }
    }

    /// A digit that often: nothing for no times, the digit alone for once, else counted.
    #[inline]
    fn repeated(&mut self, digit: u8, run: usize) {
        if run > 1 {
            self.count(run);
        }
        if run > 0 {
            self.put(HEX.get(usize::from(digit)).copied().unwrap_or(b'0'));
        }
    }

    fn count(&mut self, mut run: usize) {
        while run >= 400 {
            self.put(b'z');
            run -= 400;
        }
        let letter = |from: u8, n: usize| from.saturating_add(u8::try_from(n - 1).unwrap_or(0));
        if run >= 20 {
            self.put(letter(b'g', run / 20));
            run %= 20;
        }
        if run > 0 {
            self.put(letter(b'G', run));
        }
    }
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::{Coded, Ink, Weight};

    struct Blocks;
    impl Typesetter for Blocks {
        fn dots(&self, run: &TextRun) -> Bitmap {
            let mut dots = Bitmap::new(run.x, run.baseline - 8, run.width, 8);
            dots.fill(&Rect { x: run.x, y: run.baseline - 8, width: run.width, height: 8 });
            dots
        }
    }

    fn label(text: &str, payload: &str) -> DisplayList {
        let area = Rect { x: 10, y: 50, width: 134, height: 40 };
        let items = vec![
            Item::Text(TextRun {
                text: text.to_owned(),
                x: 8,
                baseline: 24,
                size: 16.0,
                weight: Weight::Regular,
                tabular: false,
                width: 24,
                ink: Ink::Black,
                printers_font: false,
            }),
            Item::Fill(Rect { x: 0, y: 30, width: 100, height: 2 }),
            Item::Symbol(Symbol {
                symbology: Symbology::Code128,
                payload: payload.to_owned(),
                module: 2,
                area,
                dark: vec![Rect { width: 4, ..area }],
            }),
        ];
        DisplayList { dots_per_inch: 203, width: 400, height: 200, items }
    }

    #[test]
    fn a_label_is_these_bytes() {
        let zpl = Zpl { text: Text::Drawn }.label(&label("x", "C00000001700163"), 2, &Blocks);
        assert_eq!(
            String::from_utf8(zpl).unwrap(),
            "^XA\n^CI28\n^LH0,0^LS0^LT0^PON^FWN\n^PW400^LL200\n^FO8,16^GFA,24,24,3,LF:::::::^FS\n\
             ^FO0,30^GB100,2,2^FS\n^FO10,50^BY2,3,40^BCN,40,N,N,N,A^FH^FDC00000001700163^FS\n^PQ2\n^XZ\n"
        );
    }

    /// Letters of which the first is left of the label.
    struct Apart;
    impl Typesetter for Apart {
        fn dots(&self, run: &TextRun) -> Bitmap {
            let mut dots = Bitmap::new(run.x, run.baseline - 8, 24, 8);
            dots.fill(&Rect { x: run.x, y: run.baseline - 8, width: 24, height: 8 });
            dots
        }

        fn coded(&self, run: &TextRun, coding: Coding, put: &mut dyn FnMut(&Coded, (i32, i32))) {
            let mut block = Bitmap::new(0, -8, 8, 8);
            block.fill(&Rect { x: 0, y: -8, width: 8, height: 8 });
            for letter in [Coded::new(&block, coding), Coded::default(), Coded::new(&block, coding)] {
                put(&letter, (run.x, run.baseline));
            }
        }
    }

    #[test]
    fn letters_are_fields_and_a_run_that_leaves_the_label_is_one_that_begins_on_it() {
        let mut list = label("x", "1");
        list.items.truncate(1);
        let fields = |list: &DisplayList| {
            let zpl = String::from_utf8(Zpl { text: Text::Drawn }.label(list, 1, &Apart)).unwrap();
            zpl.lines().filter(|line| line.starts_with("^FO")).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(fields(&list), ["^FO8,16^GFA,8,8,1,HF:::::::^FS"; 2]);
        if let Some(Item::Text(run)) = list.items.first_mut() {
            run.x = -12;
        }
        assert_eq!(fields(&list), ["^FO0,16^GFA,16,16,2,IF,:::::::^FS"]);
    }

    #[test]
    fn numbers_are_written_as_they_are() {
        let mut zpl = Vec::new();
        for (left, top) in [(0, 9), (10, 203), (4060, i32::MAX)] {
            origin(&mut zpl, left, top);
        }
        assert_eq!(String::from_utf8(zpl).unwrap(), "^FO0,9^FO10,203^FO4060,2147483647");
    }

    #[test]
    fn hostile_text_stays_data() {
        for hostile in ["^XA^FDx^FS^XZ", "~JR", "a_b", "\u{1b}[2J\r\n^XZ", "O\"Hara \\ > 5", "名前 ^", "\u{0}\u{9f}"]
        {
            for text in [Text::Drawn, Text::Printers] {
                let zpl = String::from_utf8(Zpl { text }.label(&label(hostile, hostile), 1, &Blocks)).unwrap();
                assert_eq!(zpl.matches("^XA").count(), 1, "{zpl}");
                assert_eq!(zpl.matches("^XZ").count(), 1, "{zpl}");
                assert!(!zpl.contains('~') && !zpl.contains('\u{1b}') && zpl.is_ascii(), "{zpl}");
                assert_eq!(zpl.matches("^FD").count(), zpl.matches("^FH^FD").count());
            }
        }
        let printed =
            |text: &str| String::from_utf8(Zpl { text: Text::Printers }.label(&label(text, "1"), 1, &Blocks)).unwrap();
        assert!(printed("José ^XA").contains("^A0N,15,15^FH^FDJos_C3_A9 _5EXA^FS"), "{}", printed("José ^XA"));
        let mut left_to_it = label("José", "1");
        if let Some(Item::Text(run)) = left_to_it.items.first_mut() {
            run.printers_font = true;
        }
        let zpl = String::from_utf8(Zpl { text: Text::Drawn }.label(&left_to_it, 1, &Blocks)).unwrap();
        assert!(zpl.contains("^A0N") && !zpl.contains("^GF"), "one field, because its template says so: {zpl}");
        assert!(!printed("Zofia Wiśniewska").contains("^A0"), "font 0 may lack a letter: drawn");
        assert_eq!(field_data("a^b~c_d\u{7}é"), "a_5Eb_7Ec_5Fd_C3_A9");
    }

    #[test]
    fn repeats_are_counted() {
        let line = || Line { text: vec![0; 16], length: 0 };
        let counted = |run| {
            let mut line = line();
            line.repeated(10, run);
            String::from_utf8(line.text[..line.length].to_vec()).unwrap()
        };
        let runs = [0, 1, 2, 19, 20, 39, 400, 419, 820].map(counted);
        assert_eq!(runs, ["", "A", "HA", "YA", "gA", "gYA", "zA", "zYA", "zzgA"]);
        let row = |row: &[u8]| String::from_utf8(line().encode(row).to_vec()).unwrap();
        assert_eq!(row(&[0x00, 0x0F, 0xFF, 0x80]), "I0IF8,");
        assert_eq!(row(&[0x00, 0x01]), "I01");
        assert_eq!(row(&[0xAA, 0x10, 0x00]), "HA1,");
        assert_eq!(row(&[0x12, 0x00]), "12,");
        assert_eq!(row(&[0x00, 0x00]), ",");
    }
}
