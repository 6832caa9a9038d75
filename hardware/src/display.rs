//! The display list: what a label looks like, in dots of the printer that will print it.
//!
//! Whoever lays a label out has already chosen the resolution, so bar widths are whole dots here and every printer
//! language draws the same geometry. A symbol carries its payload too, so that a language may let the printer draw it.

mod bitmap;

pub use bitmap::Bitmap;

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

    /// One run in a printer's language, piece by piece, each with the place on the label that it is drawn from. The same
    /// words and letters stand on label after label: who sets them may keep what came out.
    fn coded(&self, run: &TextRun, coding: Coding, put: &mut dyn FnMut(&Coded, (i32, i32))) {
        let coded = Coded::new(&self.dots(&TextRun { x: 0, baseline: 0, ..run.clone() }), coding);
        put(&coded, (run.x, run.baseline));
    }
}

/// How a language writes dots, wherever they are.
#[derive(Debug, Clone, Copy)]
pub struct Coding {
    /// The language's name.
    pub language: &'static str,
    /// Dots without white edges to bytes.
    pub code: fn(&Bitmap) -> Vec<u8>,
    /// From this size on, in dots per em, each letter is a piece of its own: large letters are long, what is said of
    /// each piece is short, and a letter that was drawn once need not be drawn again in the next name.
    pub letters_from: f32,
}

/// The dots of a run, or of one of its letters, in a printer's language.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coded {
    /// From where it is drawn from, the left end, to the leftmost dot.
    pub left: i32,
    /// From the baseline down to the uppermost dot: mostly negative.
    pub top: i32,
    /// The dots; nothing where there are none.
    pub bytes: Vec<u8>,
}

impl Coded {
    /// The dots of what has its left end and baseline at zero.
    pub fn new(dots: &Bitmap, coding: Coding) -> Self {
        let Some(dots) = dots.trim() else { return Self::default() };
        Self { left: dots.left, top: dots.top, bytes: (coding.code)(&dots) }
    }
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
