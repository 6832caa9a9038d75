//! ZPL II, as the ZPL programming guide (Zebra P1099958) has it.
//!
//! Text is sent as graphics of the label's own typeface: what the preview shows is what comes out, letters that the
//! printer's font lacks included, and no patient's name is ever read as a command. Only where a template says so, and
//! the printer's font has every letter, is it left to the printer. Code 128 is drawn by the printer.

use std::fmt::Write as _;

use super::Language;
use crate::display::{Band, Bitmap, DisplayList, Item, Rect, Symbol, Symbology, TextRun, Typesetter};

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
        let mut zpl = String::from("^XA\n^CI28\n^LH0,0^LS0^LT0^PON^FWN\n");
        let _ = writeln!(zpl, "^PW{}^LL{}", list.width, list.height);
        for item in &list.items {
            match item {
                Item::Fill(area) => fill(&mut zpl, area),
                Item::Band(band) => outline(&mut zpl, band),
                Item::Picture(dots) => graphic(&mut zpl, dots),
                Item::Symbol(symbol) => self.symbol(&mut zpl, symbol),
                Item::Text(run) if self.leaves_to_printer(run) => printers_text(&mut zpl, run),
                Item::Text(run) => graphic(&mut zpl, &typesetter.dots(run)),
            }
        }
        let _ = writeln!(zpl, "^PQ{}\n^XZ", copies.clamp(1, COPIES_MAX));
        zpl.into_bytes()
    }
}

impl Zpl {
    fn leaves_to_printer(self, run: &TextRun) -> bool {
        (run.printers_font || self.text == Text::Printers) && printers_font_has(&run.text)
    }

    fn symbol(self, zpl: &mut String, symbol: &Symbol) {
        let plain = symbol.payload.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        match symbol.symbology {
            // Mode A picks the code sets itself. `>` would be an invocation character: other payloads are drawn.
            Symbology::Code128 if plain => {
                let Rect { x, y, height, .. } = symbol.area;
                let _ = writeln!(
                    zpl,
                    "^FO{x},{y}^BY{},3,{height}^BCN,{height},N,N,N,A^FH^FD{}^FS",
                    symbol.module,
                    field_data(&symbol.payload)
                );
            }
            // ^BQ shifts the symbol by ten dots on some firmware and picks another mask: ours is drawn as it is.
            _ => {
                let Rect { x, y, width, height } = symbol.area;
                let mut dots = Bitmap::new(x, y, width, height);
                symbol.dark.iter().for_each(|area| dots.fill(area));
                graphic(zpl, &dots);
            }
        }
    }
}

/// A filled box: `^GB` with a border as thick as its smaller side.
fn fill(zpl: &mut String, area: &Rect) {
    let Rect { x, y, width, height } = *area;
    let _ = writeln!(zpl, "^FO{x},{y}^GB{width},{height},{}^FS", width.min(height));
}

/// A coloured area's outline: `^GB` draws it in one.
fn outline(zpl: &mut String, band: &Band) {
    let Rect { x, y, width, height } = band.area;
    let edge = band.edge.clamp(1, width.min(height).max(1));
    let _ = writeln!(zpl, "^FO{x},{y}^GB{width},{height},{edge}^FS");
}

/// Text in the printer's scalable font 0, standing on its baseline (`^FT`).
fn printers_text(zpl: &mut String, run: &TextRun) {
    let height = (run.size * 0.95).round();
    let _ = writeln!(zpl, "^FT{},{}^A0N,{height},{height}^FH^FD{}^FS", run.x, run.baseline, field_data(&run.text));
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
                let _ = write!(data, "_{byte:02X}");
            }
        }
    }
    data
}

/// A graphic field, trimmed of white edges, in the compressed hexadecimal of `^GFA`.
fn graphic(zpl: &mut String, dots: &Bitmap) {
    let Some(dots) = dots.trimmed() else { return };
    let row_bytes = dots.row_bytes();
    let total = row_bytes * dots.height();
    let _ = write!(zpl, "^FO{},{}^GFA,{total},{total},{row_bytes},", dots.left, dots.top);
    let mut above: Option<&[u8]> = None;
    for row in dots.rows() {
        if above == Some(row) {
            zpl.push(':')
        } else {
            hex_row(zpl, row)
        }
        above = Some(row);
    }
    zpl.push_str("^FS\n");
}

/// One row: repeated digits as counts (`G` 1 … `Y` 19, `g` 20, `h` 40 … `z` 400), a white rest as `,`. A black rest
/// could be `!`, but some readers of ZPL take its "ones" for the digit 1: it is counted like all others.
fn hex_row(zpl: &mut String, row: &[u8]) {
    let mut digits = Vec::with_capacity(row.len() * 2);
    for byte in row {
        digits.push(byte >> 4);
        digits.push(byte & 15);
    }
    let mut at = 0;
    while let Some(&digit) = digits.get(at) {
        let run = digits[at..].iter().take_while(|other| **other == digit).count();
        if at + run == digits.len() && digit == 0 {
            zpl.push(',');
            return;
        }
        repeat_count(zpl, run);
        zpl.push(char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase());
        at += run;
    }
}

fn repeat_count(zpl: &mut String, mut run: usize) {
    if run == 1 {
        return;
    }
    while run >= 400 {
        zpl.push('z');
        run -= 400;
    }
    let letter = |from: u8, n: usize| char::from(from.saturating_add(u8::try_from(n - 1).unwrap_or(0)));
    if run >= 20 {
        zpl.push(letter(b'g', run / 20));
        run %= 20;
    }
    if run > 0 {
        zpl.push(letter(b'G', run));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::{Ink, Weight};

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
        let counted = |run| {
            let mut zpl = String::new();
            repeat_count(&mut zpl, run);
            zpl
        };
        assert_eq!([1, 2, 19, 20, 39, 400, 419, 820].map(counted), ["", "H", "Y", "g", "gY", "z", "zY", "zzg"]);
        let mut row = String::new();
        hex_row(&mut row, &[0x00, 0x0F, 0xFF, 0x80]);
        assert_eq!(row, "I0IF8,");
    }
}
