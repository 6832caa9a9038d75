//! What a template can put on a label.

use outguide_hardware::display::{Symbology, Weight};
use serde::Deserialize;

use super::Pattern;
use crate::labels::data::Field;
use crate::labels::symbols::MODULE_LEAST_MM;

/// Something a template puts on the label.
#[derive(Debug, Clone, PartialEq)]
pub enum Element {
    /// Lines of text.
    Text(TextElement),
    /// The number in groups, the primary one heaviest.
    FilingNumber(FilingNumberElement),
    /// Code 128, Code 39, ITF or PDF417: as wide as what they say.
    Bars(Symbology, BarsElement),
    /// QR or DataMatrix.
    Square(Symbology, SquareElement),
    /// A black area: a rule.
    Rule(Area),
    /// An outline.
    Outline(BoxElement),
    /// A colour with the digit that it stands for.
    Band(BandElement),
    /// A picture.
    Image(ImageElement),
    /// The rows of a list.
    Rows(RowsElement),
}

/// A rectangle in mm.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "plain measures")]
pub struct Area {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Area {
    pub(in crate::labels) fn overlaps(&self, other: &Area) -> bool {
        self.x < other.x + other.width
            && other.x < self.x + self.width
            && self.y < other.y + other.height
            && other.y < self.y + self.height
    }

    /// Whether the other lies in it, at least `edge` away from its sides.
    fn holds(&self, other: &Area, edge: f64) -> bool {
        other.x >= self.x + edge
            && other.y >= self.y + edge
            && other.x + other.width <= self.x + self.width - edge
            && other.y + other.height <= self.y + self.height - edge
    }
}

/// `[[text]]`: text in an area, centred between its top and bottom.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(missing_docs, reason = "as Area")]
pub struct TextElement {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    /// Text with `{field}` where a field's value goes.
    pub value: Pattern,
    /// Height of capitals.
    pub cap: f64,
    /// What is done with text that is too wide.
    pub overflow: Overflow,
    /// The smallest height of capitals that shrinking and wrapping may come to; what is still too long is cut with `…`.
    pub least: Option<f64>,
    /// The most lines that wrapping may make.
    #[serde(default = "one_line")]
    pub lines: u8,
    /// How heavy.
    #[serde(default)]
    pub weight: WeightName,
    /// Where lines stand.
    #[serde(default)]
    pub align: Align,
    /// All digits equally wide.
    #[serde(default)]
    pub tabular: bool,
    /// A printer with these letters in its own font may draw them: fewer bytes, but not the preview's letters.
    #[serde(default)]
    pub printers_font: bool,
}

fn one_line() -> u8 {
    1
}

/// What is done with text that is too wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Overflow {
    /// Smaller letters, on one line.
    Shrink,
    /// More lines, then smaller letters.
    Wrap,
    /// The label is not printed and the error says why: for what must never be smaller or cut.
    Refuse,
}

/// A weight's name in templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "as display::Weight")]
pub enum WeightName {
    #[default]
    Regular,
    SemiBold,
    ExtraBold,
}

impl From<WeightName> for Weight {
    fn from(name: WeightName) -> Self {
        match name {
            WeightName::Regular => Weight::Regular,
            WeightName::SemiBold => Weight::SemiBold,
            WeightName::ExtraBold => Weight::ExtraBold,
        }
    }
}

/// Where lines stand in their area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "plain words")]
pub enum Align {
    #[default]
    Left,
    Centre,
    Right,
}

/// `[[filing-number]]`: the number on one baseline; it shrinks to its width and is never cut.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "as Area")]
pub struct FilingNumberElement {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    /// Height of the primary group's digits.
    pub cap: f64,
    /// Height of the others, as a part of it.
    pub others: f64,
    /// Where it stands in its width.
    #[serde(default)]
    pub align: Align,
}

/// `[[code128]]`, `[[code39]]`, `[[itf]]`, `[[pdf417]]`: the bars within their area; the quiet zones stay white.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(missing_docs, reason = "as Area")]
pub struct BarsElement {
    pub x: f64,
    pub y: f64,
    /// The widest that the bars may become, quiet zones not counted.
    pub width: f64,
    /// How high bars are; the most for PDF417.
    pub height: f64,
    pub value: Pattern,
    /// X dimension: the next whole number of printer dots that is not narrower is taken.
    pub module: f64,
    /// The X dimension it may grow to where its area has room.
    pub module_most: Option<f64>,
    /// Where the symbol stands in its width.
    #[serde(default)]
    pub align: Align,
}

/// `[[qr]]` and `[[datamatrix]]`: the symbol within its area; the quiet zone around stays white.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(missing_docs, reason = "as Area")]
pub struct SquareElement {
    pub x: f64,
    pub y: f64,
    /// The widest that the symbol may become, quiet zone not counted.
    pub size: f64,
    pub value: Pattern,
    /// X dimension, as for bars.
    pub module: f64,
    /// The X dimension it may grow to where its area has room.
    pub module_most: Option<f64>,
    /// Where the symbol stands in its size.
    #[serde(default)]
    pub align: Align,
}

/// `[[box]]`: an outline; other elements may lie wholly within it.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "as Area")]
pub struct BoxElement {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    /// How thick its lines are.
    pub line: f64,
}

/// `[[band]]`: the colour that a palette gives the last digit of `value`. The value is always printed on it, and the
/// colour's name below: a printer without colours draws an outline, and nothing is lost.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "as Area")]
pub struct BandElement {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    pub value: Pattern,
    /// The palette's name.
    pub palette: String,
    /// Height of the value's capitals.
    pub cap: f64,
    /// Height of capitals of the colour's name.
    pub caption: f64,
}

/// `[[image]]`: a PNG of the site's directory in black dots, as large as its area allows, in the middle of it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "as Area")]
pub struct ImageElement {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    /// The file's name in `images`.
    pub file: String,
}

/// `[rows]`: the rows of a list, down and then across; what does not fit goes on to the next page.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "as Area")]
pub struct RowsElement {
    pub area: Area,
    /// Height of a row, the gap to the next one included.
    pub row: f64,
    /// How many stand side by side.
    pub columns: u16,
    /// What stands in each, measured from the row's upper left corner, each with its line in the file.
    pub elements: Vec<(usize, Element)>,
}

impl RowsElement {
    /// How many rows one page holds.
    pub fn per_page(&self) -> usize {
        usize::from(self.down()) * usize::from(self.columns)
    }

    /// Rows one below the other.
    pub(in crate::labels) fn down(&self) -> u16 {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to lie between 1 and 1000")]
        {
            (self.area.height / self.row + 0.001).floor().clamp(0.0, 1000.0) as u16
        }
    }

    /// The area of one row.
    pub(in crate::labels) fn cell(&self) -> Area {
        Area { x: 0.0, y: 0.0, width: self.area.width / f64::from(self.columns.max(1)), height: self.row }
    }
}

type Fault = (String, &'static str);

impl Element {
    /// The area it may fill, quiet zones not counted.
    pub fn area(&self) -> Area {
        let area = |x: f64, y: f64, width: f64, height: f64| Area { x, y, width, height };
        match self {
            Element::Text(e) => area(e.x, e.y, e.width, e.height),
            Element::FilingNumber(e) => area(e.x, e.y, e.width, e.height),
            Element::Bars(_, e) => area(e.x, e.y, e.width, e.height),
            Element::Square(_, e) => area(e.x, e.y, e.size, e.size),
            Element::Rule(area) => *area,
            Element::Outline(e) => area(e.x, e.y, e.width, e.height),
            Element::Band(e) => area(e.x, e.y, e.width, e.height),
            Element::Image(e) => area(e.x, e.y, e.width, e.height),
            Element::Rows(e) => e.area,
        }
    }

    /// The fields it shows itself, those of its rows left out.
    pub fn fields(&self) -> Vec<Field> {
        match self {
            Element::Text(TextElement { value, .. })
            | Element::Bars(_, BarsElement { value, .. })
            | Element::Square(_, SquareElement { value, .. })
            | Element::Band(BandElement { value, .. }) => value.fields().collect(),
            Element::FilingNumber(_) => vec![Field::Number],
            Element::Rule(_) | Element::Outline(_) | Element::Image(_) | Element::Rows(_) => Vec::new(),
        }
    }

    /// Whether both would put ink on one place. A box holds others.
    pub(super) fn collides(&self, other: &Element) -> bool {
        let (a, b) = (self.area(), other.area());
        let inside = match (self, other) {
            (Element::Outline(frame), _) if a.holds(&b, frame.line) => true,
            (_, Element::Outline(frame)) => b.holds(&a, frame.line),
            _ => false,
        };
        a.overlaps(&b) && !inside
    }

    /// What is wrong with its measures, and the fix.
    pub(super) fn check(&self) -> Result<(), Fault> {
        let area = self.area();
        // Written so that what is not a number is refused too.
        let measured = [area.x, area.y, area.width, area.height].iter().all(|mm| mm.abs() <= 10_000.0);
        if !(measured && area.width > 0.0 && area.height > 0.0) {
            return Err(("width and height must be more than 0".to_owned(), "give them in millimetres"));
        }
        match self {
            Element::Text(e) => e.check(),
            Element::FilingNumber(e) if !(e.cap > 0.0 && e.cap <= e.height && e.others > 0.0 && e.others <= 1.0) => {
                Err(("`cap` must fit `height`, and `others` lie between 0 and 1".to_owned(), "change them"))
            }
            Element::Bars(_, BarsElement { module, .. }) | Element::Square(_, SquareElement { module, .. })
                if !(*module >= MODULE_LEAST_MM && *module <= MODULE_MOST_MM) =>
            {
                Err((format!("modules of {module} mm are not read well"), "set `module` to 0.25 or more, at most 10"))
            }
            Element::Bars(_, BarsElement { module, module_most: Some(most), .. })
            | Element::Square(_, SquareElement { module, module_most: Some(most), .. })
                if !(most >= module && *most <= MODULE_MOST_MM) =>
            {
                Err((format!("`module-most` of {most} mm is not above `module`"), "raise it or take it out"))
            }
            Element::Outline(e) if !(e.line > 0.0 && 2.0 * e.line < e.width.min(e.height)) => {
                Err((format!("lines {} mm thick leave nothing inside", e.line), "lower `line`"))
            }
            Element::Band(e) if !(e.cap > 0.0 && e.caption > 0.0 && e.cap + 2.5 * e.caption <= e.height) => {
                let fault = "the value and the colour's name do not both fit".to_owned();
                Err((fault, "`cap` + 2.5 × `caption` may be at most `height`"))
            }
            Element::Rows(e) if !(e.row > 0.0 && (1..=1000).contains(&e.down()) && (1..=100).contains(&e.columns)) => {
                Err(("not one row fits, or there are too many".to_owned(), "change `row`, `height` or `columns`"))
            }
            _ => Ok(()),
        }
    }
}

impl TextElement {
    fn check(&self) -> Result<(), Fault> {
        if !(self.cap > 0.0 && self.cap <= self.height) {
            let fault = format!("letters {} mm high do not fit {} mm", self.cap, self.height);
            return Err((fault, "lower `cap` or raise `height`"));
        }
        let least = self.least.is_some_and(|least| least > 0.0 && least <= self.cap);
        if self.overflow != Overflow::Refuse && !least {
            let fault = "`least` must say how small the letters may become".to_owned();
            return Err((fault, "add `least`, at most `cap`"));
        }
        if self.lines == 0 || (self.lines > 1 && self.overflow == Overflow::Shrink) {
            let fault = format!("`lines = {}` does not go with this overflow", self.lines);
            return Err((fault, "use `overflow = \"wrap\"`"));
        }
        if self.lines > LINES_MOST {
            return Err((format!("{} lines are too many", self.lines), "use at most 20"));
        }
        Ok(())
    }
}

/// Wider modules are posters.
const MODULE_MOST_MM: f64 = 10.0;

/// More lines in one area are a page of prose.
const LINES_MOST: u8 = 20;
