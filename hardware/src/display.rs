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
    /// A barcode.
    Symbol(Symbol),
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
}

/// How heavy letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
        for y in area.y - self.top..area.y - self.top + area.height {
            for x in area.x - self.left..area.x - self.left + area.width {
                if let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) {
                    self.blacken(x, y);
                }
            }
        }
    }

    /// The part with ink that lies on the label (not left of or above its corner); none if all is white.
    pub fn trimmed(&self) -> Option<Bitmap> {
        let ink: Vec<(usize, usize)> = (0..self.height)
            .flat_map(|y| (0..self.width).map(move |x| (x, y)))
            .filter(|(x, y)| self.is_black(*x, *y) && on_label(*x, self.left) && on_label(*y, self.top))
            .collect();
        let (x0, x1) = (ink.iter().map(|(x, _)| *x).min()?, ink.iter().map(|(x, _)| *x).max()?);
        let (y0, y1) = (ink.first()?.1, ink.last()?.1);
        let moved = |by: usize, from: i32| i32::try_from(by).map_or(from, |by| from + by);
        let (width, height) = (x1 - x0 + 1, y1 - y0 + 1);
        let bytes = vec![0; width.div_ceil(8) * height];
        let mut part = Bitmap { left: moved(x0, self.left), top: moved(y0, self.top), width, height, bytes };
        ink.iter().for_each(|(x, y)| part.blacken(x - x0, y - y0));
        Some(part)
    }

    /// Adds the black dots of another bitmap where it lies.
    pub fn overlay(&mut self, other: &Bitmap) {
        for y in 0..other.height {
            for x in 0..other.width {
                if other.is_black(x, y) {
                    let at = |i: usize, from: i32, to: i32| {
                        i32::try_from(i).ok().and_then(|i| usize::try_from(i + from - to).ok())
                    };
                    if let (Some(x), Some(y)) = (at(x, other.left, self.left), at(y, other.top, self.top)) {
                        self.blacken(x, y);
                    }
                }
            }
        }
    }
}

fn on_label(at: usize, from: i32) -> bool {
    i32::try_from(at).is_ok_and(|at| at + from >= 0)
}

impl DisplayList {
    /// The whole label as dots: for raster printers, and to look at.
    pub fn rasterise(&self, typesetter: &dyn Typesetter) -> Bitmap {
        let mut page = Bitmap::new(0, 0, self.width, self.height);
        for item in &self.items {
            match item {
                Item::Text(run) => page.overlay(&typesetter.dots(run)),
                Item::Fill(area) => page.fill(area),
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
}
