//! The display list: what a label looks like, in dots of the printer that will print it.
//!
//! Whoever lays a label out has already chosen the resolution, so bar widths are whole dots here and every printer
//! language draws the same geometry. A symbol carries its payload too, so that a language may let the printer draw it.

/// One side of one label.
#[derive(Debug, Clone, PartialEq)]
pub struct DisplayList {
    /// Dots per inch; all other measures are in these dots, `x` to the right and `y` down from the top left corner.
    pub dots_per_inch: u16,
    /// Width of the stock.
    pub width: i32,
    /// Height of the stock.
    pub height: i32,
    /// What is on it, painted in this order.
    pub items: Vec<Item>,
}

/// Something on a label.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// One line of text.
    Text(TextRun),
    /// A black area: a line, a block, one side of a frame.
    Fill(Rect),
    /// A coloured area.
    Band(Band),
    /// A picture in black dots.
    Picture(Bitmap),
    /// A barcode.
    Symbol(Symbol),
}

/// A coloured area. Where there is no colour it is an outline, so that the black digit on it stays readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Band {
    /// Where it is.
    pub area: Rect,
    /// Red, green, blue.
    pub colour: [u8; 3],
    /// How thick the outline is, in dots.
    pub edge: i32,
}

impl Band {
    /// The four sides of its outline, within its area.
    pub fn outline(&self) -> [Rect; 4] {
        let Rect { x, y, width, height } = self.area;
        let edge = self.edge.clamp(1, width.min(height).max(1));
        [
            Rect { x, y, width, height: edge },
            Rect { x, y: y + height - edge, width, height: edge },
            Rect { x, y, width: edge, height },
            Rect { x: x + width - edge, y, width: edge, height },
        ]
    }
}

/// What letters are drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Ink {
    /// Black.
    #[default]
    Black,
    /// White, on a coloured band; where there is no colour there is no band behind it either, and it is black.
    White,
}

/// One line of text in one weight and size. Its text holds no control or direction characters.
#[derive(Debug, Clone, PartialEq)]
pub struct TextRun {
    /// The text.
    pub text: String,
    /// Left end.
    pub x: i32,
    /// The line that letters stand on.
    pub baseline: i32,
    /// Dots per em.
    pub size: f32,
    /// How heavy.
    pub weight: Weight,
    /// All digits equally wide.
    pub tabular: bool,
    /// Width when set in the label's own typeface.
    pub width: i32,
    /// What it is drawn with.
    pub ink: Ink,
    /// Whether a printer may draw it in a font of its own, should it have one with these letters.
    pub printers_font: bool,
}

/// How heavy letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// For reading.
    Regular,
    /// For headings and names.
    SemiBold,
    /// For the number that the shelf is searched by.
    ExtraBold,
}

/// An area in dots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rect {
    /// Left edge.
    pub x: i32,
    /// Upper edge.
    pub y: i32,
    /// Width.
    pub width: i32,
    /// Height.
    pub height: i32,
}

impl Rect {
    /// Whether `inner` lies wholly in this area.
    pub fn holds(&self, inner: &Rect) -> bool {
        inner.x >= self.x
            && inner.y >= self.y
            && inner.x + inner.width <= self.x + self.width
            && inner.y + inner.height <= self.y + self.height
    }
}

/// A barcode, encoded: dark rectangles on whole dots.
#[derive(Debug, Clone, PartialEq)]
pub struct Symbol {
    /// Its symbology.
    pub symbology: Symbology,
    /// What it says.
    pub payload: String,
    /// Dots per module: the X dimension.
    pub module: i32,
    /// The symbol without its quiet zone.
    pub area: Rect,
    /// Its dark parts, in label coordinates.
    pub dark: Vec<Rect>,
}

/// The symbologies that labels use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbology {
    /// Code 128 (ISO/IEC 15417).
    Code128,
    /// QR code, error correction level Q (ISO/IEC 18004).
    Qr,
    /// Code 39 without check character (ISO/IEC 16388).
    Code39,
    /// Interleaved 2 of 5 (ISO/IEC 16390).
    Itf,
    /// DataMatrix, ECC 200 (ISO/IEC 16022).
    DataMatrix,
    /// PDF417 (ISO/IEC 15438).
    Pdf417,
}

impl Symbology {
    /// Whether it is one row of bars.
    pub fn is_linear(self) -> bool {
        matches!(self, Symbology::Code128 | Symbology::Code39 | Symbology::Itf)
    }
}

/// Draws text for languages and printers that have no typeface of ours.
pub trait Typesetter {
    /// The dots of one run, in label coordinates.
    fn dots(&self, run: &TextRun) -> Bitmap;
}

/// Black dots, one bit each, rows padded to whole bytes, the leftmost dot in the highest bit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bitmap {
    /// Label coordinate of the left edge.
    pub left: i32,
    /// Label coordinate of the upper edge.
    pub top: i32,
    width: usize,
    height: usize,
    bytes: Vec<u8>,
}

impl Bitmap {
    /// An empty (white) bitmap at `left`, `top`; negative sizes are none.
    pub fn new(left: i32, top: i32, width: i32, height: i32) -> Self {
        let width = usize::try_from(width).unwrap_or(0);
        let height = usize::try_from(height).unwrap_or(0);
        Self { left, top, width, height, bytes: vec![0; width.div_ceil(8) * height] }
    }

    /// Width in dots.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height in dots.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Bytes in a row.
    pub fn row_bytes(&self) -> usize {
        self.width.div_ceil(8)
    }

    /// The rows from the top.
    pub fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.chunks_exact(self.row_bytes().max(1))
    }

    /// Blackens one dot, given relative to this bitmap; dots outside are left out.
    pub fn blacken(&mut self, x: usize, y: usize) {
        if x < self.width && y < self.height {
            let at = y * self.row_bytes() + x / 8;
            if let Some(byte) = self.bytes.get_mut(at) {
                *byte |= 0x80 >> (x % 8);
            }
        }
    }

    /// Whether a dot is black.
    pub fn is_black(&self, x: usize, y: usize) -> bool {
        x < self.width && self.bytes.get(y * self.row_bytes() + x / 8).is_some_and(|byte| byte & (0x80 >> (x % 8)) != 0)
    }

    /// Blackens an area given in label coordinates.
    pub fn fill(&mut self, area: &Rect) {
        let across = span(area.x - self.left, area.width, self.width);
        let down = span(area.y - self.top, area.height, self.height);
        if across.is_empty() {
            return;
        }
        let (first, last) = (across.start / 8, (across.end - 1) / 8);
        let (head, tail) = (0xFF_u8 >> (across.start % 8), !(0x7F_u8 >> ((across.end - 1) % 8)));
        let row_bytes = self.row_bytes();
        for row in self.bytes.chunks_exact_mut(row_bytes.max(1)).take(down.end).skip(down.start) {
            for (at, byte) in row.iter_mut().enumerate().take(last + 1).skip(first) {
                let from = if at == first { head } else { 0xFF };
                *byte |= from & if at == last { tail } else { 0xFF };
            }
        }
    }

    /// The part with ink; none if all is white.
    pub fn trim(&self) -> Option<Bitmap> {
        self.part_with_ink(0, 0)
    }

    /// The part with ink that lies on the label (not left of or above its corner); none if all is white.
    pub fn trimmed(&self) -> Option<Bitmap> {
        let hidden = |from: i32| usize::try_from(-from).unwrap_or(0);
        self.part_with_ink(hidden(self.left), hidden(self.top))
    }

    /// The ink that is at least so far from the left and upper edge.
    fn part_with_ink(&self, left: usize, top: usize) -> Option<Bitmap> {
        let row_bytes = self.row_bytes().max(1);
        // All rows laid over each other show which columns have ink.
        let mut columns = vec![0_u8; row_bytes];
        let (mut first, mut last) = (None, 0);
        for (y, row) in self.bytes.chunks_exact(row_bytes).enumerate().skip(top) {
            let mut ink = false;
            for (at, (all, byte)) in columns.iter_mut().zip(row).enumerate() {
                let shown = match (at + 1) * 8 {
                    end if end <= left => 0,
                    end if end - 8 < left => byte & (0xFF >> (left % 8)),
                    _ => *byte,
                };
                *all |= shown;
                ink |= shown != 0;
            }
            if ink {
                first.get_or_insert(y);
                last = y;
            }
        }
        let y0 = first?;
        let bit = |at: usize, byte: u8| at * 8 + usize::try_from(byte.leading_zeros()).unwrap_or(0);
        let end = |at: usize, byte: u8| at * 8 + 7 - usize::try_from(byte.trailing_zeros()).unwrap_or(0);
        let x0 = columns.iter().enumerate().find(|(_, byte)| **byte != 0).map(|(at, byte)| bit(at, *byte))?;
        let x1 = columns.iter().enumerate().rfind(|(_, byte)| **byte != 0).map(|(at, byte)| end(at, *byte))?;
        let moved = |by: usize, from: i32| i32::try_from(by).map_or(from, |by| from + by);
        let (width, height) = (x1 - x0 + 1, last - y0 + 1);
        let bytes = vec![0; width.div_ceil(8) * height];
        let mut part = Bitmap { left: moved(x0, self.left), top: moved(y0, self.top), width, height, bytes };
        part.overlay(self);
        Some(part)
    }

    /// Adds the black dots of another bitmap where it lies.
    pub fn overlay(&mut self, other: &Bitmap) {
        self.overlay_at(other, other.left, other.top);
    }

    /// Adds the black dots of another bitmap as if its corner were at `left`, `top` of the label.
    pub fn overlay_at(&mut self, other: &Bitmap, left: i32, top: i32) {
        let (right, down) = (left - self.left, top - self.top);
        let (row_bytes, other_bytes) = (self.row_bytes().max(1), other.row_bytes().max(1));
        let shift = right.rem_euclid(8);
        // Dots of the last byte that this bitmap has not.
        let edge = if self.width.is_multiple_of(8) { 0xFF } else { !(0xFF_u8 >> (self.width % 8)) };
        let skipped = usize::try_from(-down).unwrap_or(0);
        let start = usize::try_from(down).unwrap_or(0);
        let rows = self.bytes.chunks_exact_mut(row_bytes).skip(start);
        for (row, from) in rows.zip(other.bytes.chunks_exact(other_bytes).skip(skipped)) {
            let mut put = |at: i32, bits: u8| {
                let Ok(at) = usize::try_from(at) else { return };
                let bits = if at + 1 == row_bytes { bits & edge } else { bits };
                if let Some(byte) = row.get_mut(at) {
                    *byte |= bits;
                }
            };
            for (at, bits) in (right.div_euclid(8)..).zip(from) {
                if *bits != 0 {
                    put(at, bits >> shift);
                    if shift != 0 {
                        put(at + 1, bits << (8 - shift));
                    }
                }
            }
        }
    }
}

/// The part of `from..from + length` that lies within `0..most`.
fn span(from: i32, length: i32, most: usize) -> std::ops::Range<usize> {
    let within = |at: i32| usize::try_from(at).unwrap_or(0).min(most);
    let (start, end) = (within(from), within(from.saturating_add(length)));
    start..end.max(start)
}

impl Item {
    /// Moves it.
    pub fn shift(&mut self, right: i32, down: i32) {
        let shift = |area: &mut Rect| (area.x, area.y) = (area.x + right, area.y + down);
        match self {
            Item::Text(run) => (run.x, run.baseline) = (run.x + right, run.baseline + down),
            Item::Fill(area) | Item::Band(Band { area, .. }) => shift(area),
            Item::Picture(dots) => (dots.left, dots.top) = (dots.left + right, dots.top + down),
            Item::Symbol(symbol) => {
                shift(&mut symbol.area);
                symbol.dark.iter_mut().for_each(shift);
            }
        }
    }
}

impl DisplayList {
    /// Puts another list's items on this one, that far to the right and down: a label onto its place on a sheet.
    pub fn place(&mut self, label: DisplayList, right: i32, down: i32) {
        self.items.extend(label.items.into_iter().map(|mut item| {
            item.shift(right, down);
            item
        }));
    }

    /// The whole label as dots: for raster printers, and to look at.
    pub fn rasterise(&self, typesetter: &dyn Typesetter) -> Bitmap {
        let mut page = Bitmap::new(0, 0, self.width, self.height);
        for item in &self.items {
            match item {
                Item::Text(run) => page.overlay(&typesetter.dots(run)),
                Item::Fill(area) => page.fill(area),
                Item::Band(band) => band.outline().iter().for_each(|side| page.fill(side)),
                Item::Picture(dots) => page.overlay(dots),
                Item::Symbol(symbol) => symbol.dark.iter().for_each(|area| page.fill(area)),
            }
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bitmaps_keep_their_edges() {
        let mut page = Bitmap::new(0, 0, 10, 3);
        page.fill(&Rect { x: 7, y: 1, width: 9, height: 9 });
        let rows: Vec<_> = page.rows().collect();
        assert_eq!(rows, [&[0, 0], &[1, 0b1100_0000], &[1, 0b1100_0000]]);
        let part = page.trimmed().unwrap();
        assert_eq!((part.left, part.top, part.width(), part.height()), (7, 1, 3, 2));
        assert_eq!(Bitmap::new(0, 0, 9, 9).trimmed(), None);
        let mut other = Bitmap::new(-1, 2, 3, 5);
        other.blacken(0, 0);
        other.blacken(2, 0);
        page.overlay(&other);
        let part = other.trimmed().unwrap();
        assert_eq!((part.left, part.top, part.width(), part.height()), (1, 2, 1, 1));
        assert!(page.is_black(1, 2) && !page.is_black(0, 2));
    }

    /// Dot by dot, as one would write it without bytes in mind.
    #[test]
    fn whole_bytes_at_a_time_are_the_same_dots() {
        let mut pattern = Bitmap::new(0, 0, 21, 9);
        (0..21 * 9).filter(|at| at * 7 % 5 < 2).for_each(|at| pattern.blacken(at % 21, at / 21));
        for (left, top) in (-25..25).flat_map(|left| [-10, -3, 0, 2, 8].map(|top| (left, top))) {
            let mut fast = Bitmap::new(0, 0, 19, 11);
            fast.overlay_at(&pattern, left, top);
            let mut filled = Bitmap::new(0, 0, 19, 11);
            filled.fill(&Rect { x: left, y: top, width: 21, height: 9 });
            for (x, y) in (0..19).flat_map(|x| (0..11).map(move |y| (x, y))) {
                let at = |x: usize, from: i32| usize::try_from(i32::try_from(x).unwrap() - from).ok();
                let under = at(x, left).zip(at(y, top)).filter(|(x, y)| *x < 21 && *y < 9);
                assert_eq!(fast.is_black(x, y), under.is_some_and(|(x, y)| pattern.is_black(x, y)), "{left} {x} {y}");
                assert_eq!(filled.is_black(x, y), under.is_some(), "{left} {top} {x} {y}");
            }
            // No dots hide in the padding of the last byte.
            assert!(fast.rows().chain(filled.rows()).all(|row| row[2] & 0b0001_1111 == 0));
        }
    }
}
