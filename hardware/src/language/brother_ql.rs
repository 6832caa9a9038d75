//! Brother QL raster, as Brother's "Raster Command Reference" for the QL series has it.
//!
//! The printer draws nothing by itself: every label is sent as lines of dots at 300 dots an inch, so no text on it can
//! ever be a command. The tape is chosen by the label's size: a die-cut label of that size, else the narrowest endless
//! tape that holds its shorter side.

use super::{Language, LanguageFault};
use crate::display::{Bitmap, DisplayList, Typesetter};

/// Brother QL raster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrotherQl {
    /// A wide printer (QL-1050 to QL-1110), which takes tapes of up to 102 mm; others take up to 62 mm.
    pub wide: bool,
}

/// Pins of a wide printer's head at the right of those that the narrow ones have.
const WIDE_RIGHT_PINS: i32 = 44;
/// Bytes of a raster line.
const ROW_BYTES: u8 = 90;
const WIDE_ROW_BYTES: u8 = 162;
/// The widest tape of a narrow printer.
const NARROW_MAX_MM: u8 = 62;

/// Dots per inch across and along the tape.
pub const DOTS_PER_INCH: u16 = 300;

/// How many NULs clear what a broken-off job left behind: more than the longest raster line.
const CLEAR_BYTES: usize = 200;
/// `ESC i d`: what the printer feeds before and behind a label of endless tape, in dots; its least.
const ENDLESS_FEED_DOTS: u8 = 35;
/// Copies in one job.
const COPIES_MAX: u16 = super::zpl::COPIES_MAX;

/// A tape, in millimetres and dots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tape {
    /// Width.
    pub width_mm: u8,
    /// Length of a die-cut label; 0 for endless tape.
    pub length_mm: u8,
    /// The whole of a label, across and along.
    total: (i32, i32),
    /// What of it can be printed, in its middle.
    printable: (i32, i32),
    /// Pins of the head at the right that are beside what can be printed.
    right_pins: i32,
}

const fn endless(width_mm: u8, total: i32, printable: i32, right_pins: i32) -> Tape {
    Tape { width_mm, length_mm: 0, total: (total, 0), printable: (printable, 0), right_pins }
}

const fn die_cut(mm: (u8, u8), total: (i32, i32), printable: (i32, i32), right_pins: i32) -> Tape {
    Tape { width_mm: mm.0, length_mm: mm.1, total, printable, right_pins }
}

/// The tapes ("Raster Command Reference", "Page size" and "Raster line").
pub const TAPES: [Tape; 19] = [
    die_cut((17, 54), (201, 636), (165, 566), 0),
    die_cut((17, 87), (201, 1026), (165, 956), 0),
    die_cut((23, 23), (272, 272), (202, 202), 42),
    die_cut((29, 42), (342, 495), (306, 425), 6),
    die_cut((29, 90), (342, 1061), (306, 991), 6),
    die_cut((38, 90), (449, 1061), (413, 991), 12),
    die_cut((39, 48), (461, 565), (425, 495), 6),
    die_cut((52, 29), (614, 341), (578, 271), 0),
    die_cut((62, 29), (732, 341), (696, 271), 12),
    die_cut((62, 100), (732, 1179), (696, 1109), 12),
    die_cut((102, 51), (1200, 596), (1164, 526), 12),
    die_cut((102, 152), (1200, 1804), (1164, 1660), 12),
    endless(12, 142, 106, 29),
    endless(29, 342, 306, 6),
    endless(38, 449, 413, 12),
    endless(50, 590, 554, 12),
    endless(54, 636, 590, 0),
    endless(62, 732, 696, 12),
    endless(102, 1200, 1164, 12),
];

/// How far a label's size may be from a die-cut one's to count as the same, in dots: a millimetre and a half.
const SAME_SIZE_DOTS: i32 = 18;

impl BrotherQl {
    /// The tape for a label of these dots, and whether the label lies along it (turned by a quarter).
    pub fn tape(self, width: i32, height: i32) -> Option<(Tape, bool)> {
        let fits = |tape: &&Tape| self.wide || tape.width_mm <= NARROW_MAX_MM;
        let near = |a: i32, b: i32| (a - b).abs() <= SAME_SIZE_DOTS;
        let cut = |(across, along): (i32, i32)| {
            let same = |tape: &&Tape| tape.length_mm > 0 && near(tape.total.0, across) && near(tape.total.1, along);
            TAPES.iter().filter(fits).find(same)
        };
        let holds =
            |across: i32| TAPES.iter().filter(fits).find(|tape| tape.length_mm == 0 && tape.printable.0 >= across);
        cut((width, height))
            .map(|tape| (*tape, false))
            .or_else(|| cut((height, width)).map(|tape| (*tape, true)))
            .or_else(|| holds(width.min(height)).map(|tape| (*tape, width > height)))
    }

    fn row_bytes(self) -> u8 {
        if self.wide { WIDE_ROW_BYTES } else { ROW_BYTES }
    }

    /// The lines in the order in which they are printed. The head's first pin is at the right of the label.
    fn raster(self, dots: &Bitmap, tape: &Tape, turned: bool) -> Vec<Vec<u8>> {
        let size = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        let (width, height) = (size(dots.width()), size(dots.height()));
        let (across, along) = if turned { (height, width) } else { (width, height) };
        // A label larger than what can be printed loses its margins, a narrower one lies in the middle.
        let left = (tape.printable.0 - across) / 2;
        let endless = tape.length_mm == 0;
        let (lines, top) = if endless { (along, 0) } else { (tape.printable.1, (tape.printable.1 - along) / 2) };
        let black = |x: i32, y: i32| match (usize::try_from(x), usize::try_from(y)) {
            (Ok(x), Ok(y)) => dots.is_black(x, y),
            _ => false,
        };
        let first_pin = tape.right_pins + if self.wide { WIDE_RIGHT_PINS } else { 0 };
        (0..lines)
            .map(|line| {
                let mut row = vec![0_u8; usize::from(self.row_bytes())];
                for place in 0..tape.printable.0 {
                    let (a, f) = (place - left, line - top);
                    let ink = if turned { black(f, height - 1 - a) } else { black(a, f) };
                    let pin = first_pin + tape.printable.0 - 1 - place;
                    let byte = usize::try_from(pin / 8).ok().and_then(|at| row.get_mut(at));
                    if let Some(byte) = byte.filter(|_| ink) {
                        *byte |= 0x80 >> (pin % 8);
                    }
                }
                row
            })
            .collect()
    }
}

impl Language for BrotherQl {
    fn name(&self) -> &'static str {
        if self.wide { "brother-ql-wide" } else { "brother-ql" }
    }

    fn resolutions(&self) -> &'static [u16] {
        &[DOTS_PER_INCH]
    }

    fn check(&self, list: &DisplayList) -> Result<(), LanguageFault> {
        if list.dots_per_inch != DOTS_PER_INCH {
            return Err(LanguageFault::Resolution { language: self.name(), dpi: list.dots_per_inch, needed: "300" });
        }
        match self.tape(list.width, list.height) {
            Some(_) => Ok(()),
            None => Err(LanguageFault::Size { language: self.name(), width: list.width, height: list.height }),
        }
    }

    fn label(&self, list: &DisplayList, copies: u16, typesetter: &dyn Typesetter) -> Vec<u8> {
        // A label that fits no tape is cut; `check` tells before.
        let widest = TAPES[TAPES.len() - if self.wide { 1 } else { 2 }];
        let (tape, turned) = self.tape(list.width, list.height).unwrap_or((widest, list.width > list.height));
        let rows = self.raster(&list.rasterise(typesetter), &tape, turned);
        let mut bytes = vec![0; CLEAR_BYTES];
        bytes.extend(b"\x1b@\x1bia\x01");
        let copies = copies.clamp(1, COPIES_MAX);
        for copy in 0..copies {
            page(&mut bytes, &tape, self.row_bytes(), &rows, copy == 0);
            // FF prints and waits for another page, SUB prints and feeds the last one out.
            bytes.push(if copy + 1 == copies { 0x1A } else { 0x0C });
        }
        bytes
    }
}

/// One page: what it is printed on, how it is cut, its lines.
fn page(bytes: &mut Vec<u8>, tape: &Tape, row_bytes: u8, rows: &[Vec<u8>], first: bool) {
    // ESC i z: media type, width, length and high quality are given, and recovery is on.
    let media = if tape.length_mm == 0 { 0x0A } else { 0x0B };
    bytes.extend([0x1B, b'i', b'z', 0xCE, media, tape.width_mm, tape.length_mm]);
    bytes.extend(u32::try_from(rows.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend([u8::from(!first), 0]);
    // Cut behind every label, and at the end.
    bytes.extend(b"\x1biM\x40\x1biA\x01\x1biK\x08");
    let feed = if tape.length_mm == 0 { ENDLESS_FEED_DOTS } else { 0 };
    bytes.extend([0x1B, b'i', b'd', feed, 0]);
    for row in rows {
        bytes.extend([b'g', 0, row_bytes]);
        bytes.extend(row);
    }
}
