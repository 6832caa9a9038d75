//! Template and data to display list: where every dot goes.

use outguide_hardware::display::{DisplayList, Item, Rect, Symbol, TextRun, Weight};

use super::LabelError;
use super::data::LabelData;
use super::symbols::{CODE_128_QUIET, Modules, QR_QUIET, code_128, qr};
use super::template::{
    Align, Area, Code128Element, Element, FilingNumberElement, Overflow, Pattern, Piece, QrElement, Template,
    TextElement,
};
use super::typeface::{CAP_HEIGHT_EM, Typeface};

/// From one baseline to the next, in heights of capitals.
const LEADING_CAPS: f32 = 1.75;

/// Letters shrink in steps of this part.
const SHRINK_STEP: f32 = 0.96;

/// A single line is kept if its letters stay above this part of the full size; below it a second line reads better.
const ONE_LINE_FROM: f32 = 0.8;

/// What is good to know about a label that was made all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A text was cut with `…`; this is the whole of it.
    Cut(String),
    /// Letters that the typeface lacks, shown as boxes.
    Missing(Vec<char>),
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Note::Cut(text) => write!(f, "too long for the label, cut with …: {text}"),
            Note::Missing(letters) => {
                let letters: Vec<String> = letters.iter().map(char::to_string).collect();
                write!(f, "the label's typeface lacks these letters and shows boxes for them: {}", letters.join(" "))
            }
        }
    }
}

/// Lays out one label for a printer of `dpi` dots per inch.
pub fn lay_out(
    template: &Template,
    data: &LabelData,
    dpi: u16,
    typeface: &Typeface,
) -> Result<(DisplayList, Vec<Note>), LabelError> {
    let scale = Scale(f64::from(dpi) / 25.4);
    let mut layout = Layout { template, data, scale, typeface, items: Vec::new(), notes: Vec::new() };
    for (line, element) in &template.elements {
        match element {
            Element::Text(text) => layout.text(*line, text)?,
            Element::FilingNumber(number) => layout.filing_number(number),
            Element::Code128(bars) => layout.code_128(*line, bars)?,
            Element::Qr(code) => layout.qr(*line, code)?,
            Element::Rule(area) => layout.items.push((*line, Item::Fill(scale.rect(area)))),
        }
    }
    layout.keep_quiet()?;
    let stock = &template.stock;
    let items = layout.items.into_iter().map(|(_, item)| item).collect();
    let list =
        DisplayList { dots_per_inch: dpi, width: scale.dots(stock.width), height: scale.dots(stock.height), items };
    Ok((list, layout.notes))
}

/// Dots per mm.
#[derive(Clone, Copy)]
struct Scale(f64);

impl Scale {
    #[allow(clippy::cast_possible_truncation, reason = "stock is at most two metres; `as` saturates")]
    fn dots(self, mm: f64) -> i32 {
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

    fn rect(self, area: &Area) -> Rect {
        let (x, y) = (self.dots(area.x), self.dots(area.y));
        Rect { x, y, width: self.dots(area.width).max(1), height: self.dots(area.height).max(1) }
    }
}

struct Layout<'a> {
    template: &'a Template,
    data: &'a LabelData,
    scale: Scale,
    typeface: &'a Typeface,
    items: Vec<(usize, Item)>,
    notes: Vec<Note>,
}

/// Text broken into lines at a size.
struct Set {
    lines: Vec<String>,
    size: f32,
}

impl Layout<'_> {
    fn fault(&self, line: usize, fault: impl Into<String>, fix: &'static str) -> LabelError {
        LabelError::CannotBeLaidOut { file: self.template.file.clone(), line, fault: fault.into(), fix }
    }

    fn fill_in(&self, pattern: &Pattern) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Field(field) => self.data.field(*field),
        };
        pattern.pieces.iter().map(piece).collect()
    }

    fn text(&mut self, line: usize, element: &TextElement) -> Result<(), LabelError> {
        let text = self.fill_in(&element.value);
        let area = self.scale.rect(&Element::Text(element.clone()).area());
        let set = self.set(line, element, &text, area)?;
        let cap = set.size * CAP_HEIGHT_EM;
        let block = cap * (1.0 + LEADING_CAPS * (count(set.lines.len()) - 1.0));
        let mut baseline = to_f32(area.y) + (to_f32(area.height) - block) / 2.0 + cap;
        for words in set.lines {
            let width = self.width(&words, element.weight.into(), element.tabular, set.size);
            let x = element.align.place(area, width);
            let run = TextRun {
                text: words,
                x,
                baseline: round(baseline),
                size: set.size,
                weight: element.weight.into(),
                tabular: element.tabular,
                width,
            };
            self.push_text(line, run);
            baseline += cap * LEADING_CAPS;
        }
        Ok(())
    }

    /// Breaks and sizes a text so that it fits its area.
    fn set(&mut self, line: usize, element: &TextElement, text: &str, area: Rect) -> Result<Set, LabelError> {
        let full = self.scale.size(element.cap);
        let least = self.scale.size(element.least.unwrap_or(element.cap));
        let style = (Weight::from(element.weight), element.tabular);
        let most_lines = usize::from(element.lines);
        let mut best: Option<Set> = None;
        for lines in 1..=most_lines {
            let room = largest(area.height, lines);
            let mut size = full.min(room);
            while size >= least.min(room) {
                if let Some(broken) = self.break_lines(text, style, size, area.width, lines) {
                    if best.as_ref().is_none_or(|best| best.size < size && best.size < full * ONE_LINE_FROM) {
                        best = Some(Set { lines: broken, size });
                    }
                    break;
                }
                if element.overflow == Overflow::Refuse {
                    break;
                }
                size *= SHRINK_STEP;
            }
        }
        if let Some(best) = best {
            return Ok(best);
        }
        if element.overflow == Overflow::Refuse {
            let fault = format!("{text:?} does not fit, and may be neither smaller nor cut");
            return Err(self.fault(line, fault, "make the area wider or shorten the text"));
        }
        let size = least.min(largest(area.height, most_lines));
        let (lines, whole) = self.cut(text, style, size, area.width, most_lines);
        if !whole {
            self.notes.push(Note::Cut(text.to_owned()));
        }
        Ok(Set { lines, size })
    }

    /// Words into at most `most` lines; none if they need more, or a word is wider than a line.
    fn break_lines(
        &self,
        text: &str,
        (weight, tabular): (Weight, bool),
        size: f32,
        width: i32,
        most: usize,
    ) -> Option<Vec<String>> {
        let fits = |line: &str| self.width(line, weight, tabular, size) <= width;
        let mut lines: Vec<String> = Vec::new();
        for word in text.split(' ') {
            match lines.last_mut() {
                Some(last) if fits(&format!("{last} {word}")) => *last = format!("{last} {word}"),
                _ if fits(word) => lines.push(word.to_owned()),
                _ => return None,
            }
            if lines.len() > most {
                return None;
            }
        }
        Some(lines)
    }

    /// Fills `most` lines, breaking within words; says whether all of it found room, else the last ends in an ellipsis.
    fn cut(
        &self,
        text: &str,
        (weight, tabular): (Weight, bool),
        size: f32,
        width: i32,
        most: usize,
    ) -> (Vec<String>, bool) {
        let fits = |line: &str| self.width(line, weight, tabular, size) <= width;
        let mut lines = Vec::new();
        let mut rest = text;
        while !fits(rest) && lines.len() < most {
            let last = lines.len() + 1 == most;
            let tail = if last { "…" } else { "" };
            let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8());
            let room = |end: &usize| rest.get(..*end).is_some_and(|line| fits(&format!("{line}{tail}")));
            // A letter wider than the line must not stop the loop.
            let mut end = ends.clone().take_while(room).last().or(ends.clone().next()).unwrap_or(rest.len());
            if !last && let Some(space) = rest.get(..end).and_then(|line| line.rfind(' ')) {
                end = space;
            }
            let (line, after) = rest.split_at(end);
            lines.push(format!("{}{tail}", line.trim_end()));
            rest = after.trim_start();
        }
        let whole = lines.len() < most;
        if whole && !rest.is_empty() {
            lines.push(rest.to_owned());
        }
        (lines, whole)
    }

    fn filing_number(&mut self, element: &FilingNumberElement) {
        let number = self.data.filing_number();
        let area = self.scale.rect(&Element::FilingNumber(element.clone()).area());
        let mut size = self.scale.size(element.cap);
        let mut runs = self.number_runs(element, &number, size);
        // At least eight dots to the em, so that nothing loops or vanishes.
        while runs.last().is_some_and(|run| run.x + run.width > area.width) && size > 8.0 {
            size *= SHRINK_STEP;
            runs = self.number_runs(element, &number, size);
        }
        let cap = size * CAP_HEIGHT_EM;
        let baseline = round(to_f32(area.y) + (to_f32(area.height) + cap) / 2.0);
        for run in runs {
            self.push_text(0, TextRun { x: run.x + area.x, baseline, ..run });
        }
    }

    /// The groups and the hyphens between them from `x` = 0.
    fn number_runs(&self, element: &FilingNumberElement, number: &super::FilingNumber, size: f32) -> Vec<TextRun> {
        #[allow(clippy::cast_possible_truncation, reason = "a part of 1")]
        let others = element.others as f32;
        let mut x = 0;
        let mut runs = Vec::new();
        let mut put = |text: &str, size: f32, weight: Weight, tabular: bool| {
            let width = self.width(text, weight, tabular, size);
            runs.push(TextRun { text: text.to_owned(), x, baseline: 0, size, weight, tabular, width });
            x += width;
        };
        for (i, group) in number.groups.iter().enumerate() {
            if i > 0 {
                put("-", size * others, Weight::Regular, false);
            }
            if i == number.primary {
                put(group, size, Weight::ExtraBold, true);
            } else {
                put(group, size * others, Weight::Regular, true);
            }
        }
        runs
    }

    fn code_128(&mut self, line: usize, element: &Code128Element) -> Result<(), LabelError> {
        let area = self.scale.rect(&Element::Code128(element.clone()).area());
        let modules = code_128(&self.fill_in(&element.value))
            .map_err(|fault| self.fault(line, fault, "give Code 128 a barcode field"))?;
        self.symbol(line, &modules, area, (element.module, element.align))
    }

    fn qr(&mut self, line: usize, element: &QrElement) -> Result<(), LabelError> {
        let area = self.scale.rect(&Element::Qr(element.clone()).area());
        let modules = qr(&self.fill_in(&element.value))
            .map_err(|fault| self.fault(line, fault, "give the QR code a barcode field"))?;
        self.symbol(line, &modules, area, (element.module, element.align))
    }

    fn symbol(
        &mut self,
        line: usize,
        modules: &Modules,
        area: Rect,
        (module_mm, align): (f64, Align),
    ) -> Result<(), LabelError> {
        let module = self.scale.module(module_mm);
        let x = align.place(area, modules.width * module);
        let symbol = modules.place(x, area.y, module, area.height);
        if symbol.area.width > area.width {
            let fault = format!(
                "at {module} printer dots a module the symbol is {} dots wide and its area {}",
                symbol.area.width, area.width
            );
            return Err(self.fault(line, fault, "make the area wider or the module narrower"));
        }
        self.items.push((line, Item::Symbol(symbol)));
        Ok(())
    }

    /// Nothing may stand in a symbol's quiet zone, nor may the stock's edge cut it.
    fn keep_quiet(&self) -> Result<(), LabelError> {
        let stock = Rect {
            x: 0,
            y: 0,
            width: self.scale.dots(self.template.stock.width),
            height: self.scale.dots(self.template.stock.height),
        };
        for (i, (line, item)) in self.items.iter().enumerate() {
            let Item::Symbol(symbol) = item else { continue };
            let quiet = quiet_zone(symbol);
            if !stock.holds(&quiet) {
                return Err(self.fault(*line, "the stock's edge cuts the symbol's quiet zone", "move it inwards"));
            }
            let mut others = self.items.iter().enumerate().filter(|(other, _)| *other != i);
            if let Some((_, (by, _))) = others.find(|(_, (_, item))| overlap(&quiet, &inked(item))) {
                let fault = format!("the element at line {by} stands in the symbol's quiet zone");
                return Err(self.fault(*line, fault, "move one of them"));
            }
        }
        Ok(())
    }

    fn push_text(&mut self, line: usize, run: TextRun) {
        let missing = self.typeface.shape(&run.text, run.weight, run.tabular).missing;
        if !missing.is_empty() {
            self.notes.push(Note::Missing(missing));
        }
        self.items.push((line, Item::Text(run)));
    }

    fn width(&self, text: &str, weight: Weight, tabular: bool, size: f32) -> i32 {
        ceil(self.typeface.shape(text, weight, tabular).width * size)
    }
}

/// The largest size, in dots per em, at which so many lines stand in a height, tails of letters included.
fn largest(height: i32, lines: usize) -> f32 {
    let tails = if lines > 1 { 0.3 } else { 0.0 };
    to_f32(height) / (1.0 + LEADING_CAPS * (count(lines) - 1.0) + tails) / CAP_HEIGHT_EM
}

impl Align {
    /// Where something `width` wide begins in `area`.
    fn place(self, area: Rect, width: i32) -> i32 {
        match self {
            Align::Left => area.x,
            Align::Centre => area.x + (area.width - width) / 2,
            Align::Right => area.x + area.width - width,
        }
    }
}

fn quiet_zone(symbol: &Symbol) -> Rect {
    let Rect { x, y, width, height } = symbol.area;
    match symbol.symbology {
        outguide_hardware::display::Symbology::Code128 => {
            let quiet = CODE_128_QUIET * symbol.module;
            Rect { x: x - quiet, width: width + 2 * quiet, y, height }
        }
        outguide_hardware::display::Symbology::Qr => {
            let quiet = QR_QUIET * symbol.module;
            Rect { x: x - quiet, y: y - quiet, width: width + 2 * quiet, height: height + 2 * quiet }
        }
    }
}

/// Where an item may have ink.
fn inked(item: &Item) -> Rect {
    match item {
        Item::Text(run) => {
            let (above, below) = (ceil(run.size * 0.9), ceil(run.size * 0.25));
            Rect { x: run.x, y: run.baseline - above, width: run.width, height: above + below }
        }
        Item::Fill(area) => *area,
        Item::Symbol(symbol) => symbol.area,
    }
}

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
