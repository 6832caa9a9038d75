//! Template and data to display list: where every dot goes.

mod number;
mod text;

use outguide_hardware::display::{Band, DisplayList, Ink, Item, Rect, TextRun, Weight};

use super::LabelError;
use super::data::{Field, LabelData, Values};
use super::fault::TemplateError;
use super::palette::Palette;
use super::picture::Pictures;
use super::symbols::{encode, name, quiet_zone};
use super::template::{
    Align, Area, BandElement, BoxElement, Element, Overflow, RowsElement, Template, TextElement, WeightName,
};
use super::typeface::{CAP_HEIGHT_EM, Typeface};

/// Letters shrink in steps of this part.
const SHRINK_STEP: f32 = 0.96;

/// What is good to know about a label that was made all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A text was cut with `…`; this is the whole of it.
    Cut(String),
    /// Letters that the typefaces lack, shown as boxes.
    Missing(Vec<char>),
    /// A text that printers of ZPL draw in a font of their own, so that it comes out in other letters than shown.
    PrintersFont(String),
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Note::Cut(text) => write!(f, "too long for the label, cut with …: {text}"),
            Note::Missing(letters) => {
                let letters: Vec<String> = letters.iter().map(char::to_string).collect();
                write!(f, "the label's typefaces lack these letters and show boxes for them: {}", letters.join(" "))
            }
            Note::PrintersFont(text) => write!(f, "label printers draw this in their own font: {text}"),
        }
    }
}

/// What a layout draws with.
#[derive(Clone, Copy)]
pub(super) struct Tools<'a> {
    pub(super) typeface: &'a Typeface,
    pub(super) palettes: &'a [Palette],
    pub(super) pictures: &'a Pictures,
}

/// Lays out the pages of one label or form for a printer of `dpi` dots per inch. Only lists have more than one.
pub(super) fn lay_out(
    template: &Template,
    data: &LabelData,
    dpi: u16,
    tools: Tools<'_>,
) -> Result<(Vec<DisplayList>, Vec<Note>), LabelError> {
    if template.subject != data.subject {
        return Err(LabelError::OtherSubject {
            template: template.name.clone(),
            wants: template.subject.name(),
            given: data.subject.name(),
        });
    }
    let per_page = template.rows().map_or(1, |rows| rows.per_page().max(1));
    let pages = data.rows.len().div_ceil(per_page).max(1);
    if template.rows().is_none() || pages == 1 {
        let (list, notes) = page(template, data, &data.values, &data.rows, (dpi, tools))?;
        return Ok((vec![list], notes));
    }
    let (mut lists, mut all_notes) = (Vec::with_capacity(pages), Vec::new());
    for (number, rows) in (1..).zip(data.rows.chunks(per_page)) {
        let mut values = data.values.clone();
        values.set(Field::Page, number.to_string());
        values.set(Field::Pages, pages.to_string());
        let (list, notes) = page(template, data, &values, rows, (dpi, tools))?;
        lists.push(list);
        all_notes.extend(notes);
    }
    all_notes.dedup();
    Ok((lists, all_notes))
}

fn page(
    template: &Template,
    data: &LabelData,
    values: &Values,
    rows: &[Values],
    (dpi, tools): (u16, Tools<'_>),
) -> Result<(DisplayList, Vec<Note>), LabelError> {
    let scale = Scale(f64::from(dpi) / 25.4);
    let mut first;
    let values = if values.field(Field::Page) == super::data::NOT_KNOWN && !data.rows.is_empty() {
        first = values.clone();
        first.set(Field::Page, "1");
        first.set(Field::Pages, "1");
        &first
    } else {
        values
    };
    let mut layout = Layout { template, scale, tools, items: Vec::new(), notes: Vec::new(), origin: (0, 0) };
    for (line, element) in &template.elements {
        match element {
            Element::Rows(list) => layout.rows(list, rows)?,
            element => layout.element(*line, element, values)?,
        }
    }
    layout.keep_quiet()?;
    let stock = &template.stock;
    let items = layout.items.into_iter().map(|placed| placed.item).collect();
    let list =
        DisplayList { dots_per_inch: dpi, width: scale.dots(stock.width), height: scale.dots(stock.height), items };
    Ok((list, layout.notes))
}

/// Dots per mm.
#[derive(Clone, Copy)]
pub(super) struct Scale(pub(super) f64);

impl Scale {
    #[allow(clippy::cast_possible_truncation, reason = "stock is at most two metres; `as` saturates")]
    pub(super) fn dots(self, mm: f64) -> i32 {
        (mm * self.0).round() as i32
    }

    /// The next whole number of dots that is not narrower; a thousandth of a dot is forgiven.
    #[allow(clippy::cast_possible_truncation, reason = "as above")]
    fn module(self, mm: f64) -> i32 {
        (mm * self.0 - 0.001).ceil() as i32
    }

    #[allow(clippy::cast_possible_truncation, reason = "as above")]
    fn size(self, cap_mm: f64) -> f32 {
        (cap_mm * self.0) as f32 / CAP_HEIGHT_EM
    }
}

struct Layout<'a> {
    template: &'a Template,
    scale: Scale,
    tools: Tools<'a>,
    items: Vec<Placed>,
    notes: Vec<Note>,
    /// Where the row that is laid out begins, in dots.
    origin: (i32, i32),
}

/// An item with its element's line, and where it may have ink. For text that is where any text of its element might
/// have: whether a template works must not hang on a name.
struct Placed {
    line: usize,
    item: Item,
    ink: Rect,
}

impl Layout<'_> {
    fn put(&mut self, line: usize, item: Item, ink: Rect) {
        self.items.push(Placed { line, item, ink });
    }

    fn fault(&self, line: usize, fault: impl Into<String>, fix: &str) -> LabelError {
        TemplateError { file: self.template.file.clone(), line, fault: fault.into(), fix: fix.to_owned() }.into()
    }

    fn rect(&self, area: &Area) -> Rect {
        let (x, y) = (self.scale.dots(area.x) + self.origin.0, self.scale.dots(area.y) + self.origin.1);
        Rect { x, y, width: self.scale.dots(area.width).max(1), height: self.scale.dots(area.height).max(1) }
    }

    fn element(&mut self, line: usize, element: &Element, values: &Values) -> Result<(), LabelError> {
        let area = self.rect(&element.area());
        match element {
            Element::Text(text) => self.text(line, text, (&text.value.fill_in(values), area, Ink::Black)),
            Element::FilingNumber(number) => self.filing_number(line, number, values, area),
            Element::Bars(symbology, e) => {
                let payload = e.value.fill_in(values);
                self.symbol(line, (*symbology, &payload), area, (e.module, e.module_most, e.align))
            }
            Element::Square(symbology, e) => {
                let payload = e.value.fill_in(values);
                self.symbol(line, (*symbology, &payload), area, (e.module, e.module_most, e.align))
            }
            Element::Rule(_) => {
                self.put(line, Item::Fill(area), area);
                Ok(())
            }
            Element::Outline(frame) => {
                self.outline(line, frame, area);
                Ok(())
            }
            Element::Band(band) => self.band(line, band, values, area),
            Element::Image(image) => {
                if let Some(dots) = self.tools.pictures.fit(&image.file, area) {
                    self.put(line, Item::Picture(dots), area);
                }
                Ok(())
            }
            // Rows hold no rows: the file has no place for them.
            Element::Rows(_) => Ok(()),
        }
    }

    fn rows(&mut self, list: &RowsElement, rows: &[Values]) -> Result<(), LabelError> {
        let cell = list.cell();
        let down = usize::from(list.down().max(1));
        for (at, values) in rows.iter().take(list.per_page()).enumerate() {
            let whole = |count: usize| u32::try_from(count).map_or(0.0, f64::from);
            let (column, row) = (whole(at / down), whole(at % down));
            let corner = (list.area.x + column * cell.width, list.area.y + row * cell.height);
            self.origin = (self.scale.dots(corner.0), self.scale.dots(corner.1));
            for (line, element) in &list.elements {
                self.element(*line, element, values)?;
            }
        }
        self.origin = (0, 0);
        Ok(())
    }

    fn outline(&mut self, line: usize, frame: &BoxElement, area: Rect) {
        let edge = self.scale.dots(frame.line).max(1);
        for side in (Band { area, colour: [0; 3], edge }).outline() {
            self.put(line, Item::Fill(side), side);
        }
    }

    /// The colour with its value and its name on it. What has no colour is an outline in every output.
    fn band(&mut self, line: usize, band: &BandElement, values: &Values, area: Rect) -> Result<(), LabelError> {
        let value = band.value.fill_in(values);
        let palette = self.tools.palettes.iter().find(|palette| palette.name == band.palette);
        let colour = palette.and_then(|palette| palette.colour(&value));
        let edge = self.scale.dots(BAND_EDGE_MM).max(1);
        let ink = if colour.is_some_and(|colour| colour.wants_white()) { Ink::White } else { Ink::Black };
        let rgb = colour.map_or([255; 3], |colour| colour.rgb);
        // White is an outline even where there are colours: the paper is white too.
        if rgb.iter().any(|part| *part < WHITE_FROM) {
            self.put(line, Item::Band(Band { area, colour: rgb, edge }), area);
        } else {
            for side in (Band { area, colour: rgb, edge }).outline() {
                self.put(line, Item::Fill(side), side);
            }
        }
        let caption_height = self.scale.dots(band.caption * 2.0);
        let inner = Rect { x: area.x + 2 * edge, width: (area.width - 4 * edge).max(1), ..area };
        let upper = Rect { y: area.y + edge, height: (area.height - caption_height - 2 * edge).max(1), ..inner };
        self.text(line, &band_text(band.cap, WeightName::ExtraBold), (&value, upper, ink))?;
        let lower = Rect { y: area.y + area.height - caption_height - edge, height: caption_height, ..inner };
        let name = colour.map_or("no colour", |colour| colour.name.as_str());
        self.text(line, &band_text(band.caption, WeightName::SemiBold), (name, lower, ink))
    }

    fn symbol(
        &mut self,
        line: usize,
        (symbology, payload): (outguide_hardware::display::Symbology, &str),
        area: Rect,
        (least_mm, most_mm, align): (f64, Option<f64>, Align),
    ) -> Result<(), LabelError> {
        let least = self.scale.module(least_mm).max(1);
        let mut module = least;
        let modules = encode(symbology, payload, area.width / module).map_err(|fault| {
            let fix = format!("give {} what it can encode, such as a barcode field", name(symbology));
            self.fault(line, fault, &fix)
        })?;
        let placed =
            |module: i32| modules.place(align.place(area, modules.width * module), area.y, module, area.height);
        let fits = |module: i32| {
            let Rect { width, height, .. } = placed(module).area;
            width <= area.width && height <= area.height
        };
        if let Some(most) = most_mm {
            let most = self.scale.dots(most).max(least);
            module = (least..=most).rev().find(|module| fits(*module)).unwrap_or(least);
        }
        let symbol = placed(module);
        let Rect { width, height, .. } = symbol.area;
        if width > area.width || height > area.height {
            let fault = format!(
                "at {} dpi and {module} printer dots a module the symbol is {width} × {height} dots and its area {} × {}",
                self.dpi(),
                area.width,
                area.height
            );
            return Err(self.fault(line, fault, "make the area larger or the module narrower"));
        }
        let ink = symbol.area;
        self.put(line, Item::Symbol(symbol), ink);
        Ok(())
    }

    fn dpi(&self) -> i32 {
        self.scale.dots(25.4)
    }

    /// Nothing may stand in a symbol's quiet zone, nor may the stock's edge cut it.
    fn keep_quiet(&self) -> Result<(), LabelError> {
        let stock = Rect {
            x: 0,
            y: 0,
            width: self.scale.dots(self.template.stock.width),
            height: self.scale.dots(self.template.stock.height),
        };
        for (i, Placed { line, item, .. }) in self.items.iter().enumerate() {
            let Item::Symbol(symbol) = item else { continue };
            let quiet = quiet_zone(symbol);
            if !stock.holds(&quiet) {
                return Err(self.fault(*line, "the stock's edge cuts the symbol's quiet zone", "move it inwards"));
            }
            let mut others = self.items.iter().enumerate().filter(|(other, _)| *other != i);
            if let Some((_, by)) = others.find(|(_, other)| overlap(&quiet, &other.ink)) {
                let fault = format!("the element at line {} stands in the symbol's quiet zone", by.line);
                return Err(self.fault(*line, fault, "move one of them"));
            }
        }
        Ok(())
    }
}

/// A colour whose parts are all above this is white to the eye.
const WHITE_FROM: u8 = 240;

/// How thick a band's outline is where there is no colour.
const BAND_EDGE_MM: f64 = 0.5;

fn band_text(cap: f64, weight: WeightName) -> TextElement {
    let value = super::template::Pattern { pieces: Vec::new() };
    TextElement {
        x: 0.0,
        y: 0.0,
        width: 1.0,
        height: 1.0,
        value,
        cap,
        overflow: Overflow::Shrink,
        least: Some(cap * 0.3),
        lines: 1,
        weight,
        align: Align::Centre,
        tabular: true,
        printers_font: false,
    }
}

impl Align {
    /// Where something `width` wide begins in `area`.
    pub(super) fn place(self, area: Rect, width: i32) -> i32 {
        match self {
            Align::Left => area.x,
            Align::Centre => area.x + (area.width - width) / 2,
            Align::Right => area.x + area.width - width,
        }
    }
}

/// Where text in an area may have ink: accents above its capitals and tails below them reach out of it.
fn text_ink(area: Rect, cap: f32, lines: u8) -> Rect {
    let (middle, half) = (to_f32(area.y) + to_f32(area.height) / 2.0, to_f32(area.height) / 2.0);
    let one_line = cap * (0.5 + TAIL_EM / CAP_HEIGHT_EM);
    let many = if lines > 1 { half + cap * 0.25 } else { 0.0 };
    let (above, below) = (cap * (ACCENT_EM / CAP_HEIGHT_EM - 0.5), one_line.max(many));
    let top = round(middle - above.max(half));
    Rect { y: top, height: round(middle + below) - top, ..area }
}

/// How far accents rise above the baseline, in ems.
const ACCENT_EM: f32 = 0.9;

/// How far tails of letters hang below the baseline, in ems.
const TAIL_EM: f32 = 0.25;

fn overlap(a: &Rect, b: &Rect) -> bool {
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

#[allow(clippy::cast_possible_truncation, reason = "dots on a label are far below i32's range; `as` saturates")]
fn round(dots: f32) -> i32 {
    dots.round() as i32
}

#[allow(clippy::cast_possible_truncation, reason = "as above")]
fn ceil(dots: f32) -> i32 {
    dots.ceil() as i32
}

#[allow(clippy::cast_precision_loss, reason = "dots on a label are far below 2^24")]
fn to_f32(dots: i32) -> f32 {
    dots as f32
}

fn count(lines: usize) -> f32 {
    u16::try_from(lines).map_or(f32::MAX, f32::from)
}

/// A run from its left end, on a baseline that is still to be found.
fn run(text: String, x: i32, size: f32, (weight, tabular): (Weight, bool), width: i32) -> TextRun {
    TextRun { text, x, baseline: 0, size, weight, tabular, width, ink: Ink::Black, printers_font: false }
}
