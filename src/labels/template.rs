//! Templates: one TOML file for each label. All measures are millimetres from the upper left corner of the stock.

use std::fmt;
use std::ops::Range;

use outguide_hardware::display::Weight;
use serde::Deserialize;
use toml::Spanned;

use super::data::{FIELDS, Field};
use super::symbols::MODULE_LEAST_MM;

/// A label as its file describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// The file's name, for messages.
    pub file: String,
    /// The name it is asked for by.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What it is printed on.
    pub stock: Stock,
    /// Its elements, each with its line in the file.
    pub elements: Vec<(usize, Element)>,
}

/// What labels are printed on: a file in `label-templates/media`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stock {
    /// The name templates and printers use.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Width, in the direction of reading.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// Edge that is left free of ink, because stock never lies exactly.
    pub margin: f64,
}

/// Something a template puts on the label.
#[derive(Debug, Clone, PartialEq)]
pub enum Element {
    /// Lines of text.
    Text(TextElement),
    /// The number in groups, the primary one heaviest.
    FilingNumber(FilingNumberElement),
    /// Code 128.
    Code128(Code128Element),
    /// QR code.
    Qr(QrElement),
    /// A black area: a rule.
    Rule(Area),
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
    fn overlaps(&self, other: &Area) -> bool {
        self.x < other.x + other.width
            && other.x < self.x + self.width
            && self.y < other.y + other.height
            && other.y < self.y + self.height
    }
}

/// `[[text]]`: text in an area, centred between its top and bottom.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
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
}

/// `[[code128]]`: the bars within their area; ten modules on each side stay white.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "as Area")]
pub struct Code128Element {
    pub x: f64,
    pub y: f64,
    /// The widest that the bars may become, quiet zones not counted.
    pub width: f64,
    pub height: f64,
    pub value: Pattern,
    /// X dimension: the next whole number of printer dots that is not narrower is taken.
    pub module: f64,
    /// Where the symbol stands in its width.
    #[serde(default)]
    pub align: Align,
}

/// `[[qr]]`: the symbol within its area; four modules around stay white.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "as Area")]
pub struct QrElement {
    pub x: f64,
    pub y: f64,
    /// The widest that the symbol may become, quiet zone not counted.
    pub size: f64,
    pub value: Pattern,
    /// X dimension, as for Code 128.
    pub module: f64,
    /// Where the symbol stands in its size.
    #[serde(default)]
    pub align: Align,
}

/// Text with fields in it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern {
    /// Its pieces in order.
    pub pieces: Vec<Piece>,
}

/// A piece of a [`Pattern`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text as it stands.
    Text(String),
    /// A field's value.
    Field(Field),
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) =
                after.split_once('}').ok_or_else(|| format!("{text:?} has a {{ without }}: write {{name}}"))?;
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(Piece::Field(field_named(name)?));
            rest = after;
        }
        if rest.contains('}') {
            return Err(format!("{text:?} has a }} without {{: write {{name}}"));
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self { pieces })
    }
}

fn field_named(name: &str) -> Result<Field, String> {
    let known = FIELDS.iter().find(|(known, _)| *known == name).map(|(_, field)| *field);
    known.ok_or_else(|| {
        let names = FIELDS.iter().map(|(known, _)| *known);
        format!("there is no field `{name}`: {}", suggestion(name, names))
    })
}

/// A template or stock file that is wrong: where, what, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct TemplateError {
    /// The file.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// What is wrong.
    pub fault: String,
    /// What to do about it.
    pub fix: String,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.fault)?;
        if self.fix.is_empty() { Ok(()) } else { write!(f, "; {}", self.fix) }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    name: String,
    title: String,
    stock: Spanned<String>,
    fields: Vec<Spanned<String>>,
    #[serde(default)]
    text: Vec<Spanned<TextElement>>,
    #[serde(default)]
    filing_number: Vec<Spanned<FilingNumberElement>>,
    #[serde(default)]
    code128: Vec<Spanned<Code128Element>>,
    #[serde(default)]
    qr: Vec<Spanned<QrElement>>,
    #[serde(default)]
    rule: Vec<Spanned<Area>>,
}

impl Stock {
    /// Reads a stock file.
    pub fn parse(file: &str, text: &str) -> Result<Self, TemplateError> {
        let stock: Stock = toml::from_str(text).map_err(|e| toml_error(file, text, &e))?;
        let sound = stock.width > 2.0 * stock.margin && stock.height > 2.0 * stock.margin && stock.margin >= 0.0;
        if sound && stock.width <= STOCK_MOST_MM && stock.height <= STOCK_MOST_MM {
            Ok(stock)
        } else {
            let fault = "width, height and margin leave no room, or are beyond two metres".to_owned();
            Err(TemplateError { file: file.to_owned(), line: 1, fault, fix: "give them in millimetres".to_owned() })
        }
    }
}

/// Longer stock is a slip of the decimal point.
const STOCK_MOST_MM: f64 = 2000.0;

impl Template {
    /// Reads a template; `stocks` are those it may name.
    pub fn parse(file: &str, text: &str, stocks: &[Stock]) -> Result<Self, TemplateError> {
        let read: File = toml::from_str(text).map_err(|e| toml_error(file, text, &e))?;
        let source = Source { file, text };
        let stock = stocks.iter().find(|stock| stock.name == *read.stock.get_ref()).ok_or_else(|| {
            let fix = suggestion(read.stock.get_ref(), stocks.iter().map(|stock| stock.name.as_str()));
            source.error(&read.stock.span(), format!("there is no stock `{}`", read.stock.get_ref()), fix)
        })?;
        let declared = declared(&source, &read.fields)?;
        let elements = elements(&source, read);
        let template = (elements.1, elements.0, stock.clone(), declared);
        let ((name, title), elements, stock, declared) = template;
        let checked = Template { file: file.to_owned(), name, title, stock, elements };
        checked.check(&source, &declared)?;
        Ok(checked)
    }

    fn check(&self, source: &Source<'_>, declared: &[(Field, Range<usize>)]) -> Result<(), TemplateError> {
        let mut used = Vec::new();
        for (line, element) in &self.elements {
            let at = |fault: String, fix: &str| TemplateError {
                file: self.file.clone(),
                line: *line,
                fault,
                fix: fix.to_owned(),
            };
            element.check().map_err(|(fault, fix)| at(fault, fix))?;
            self.check_on_stock(&element.area()).map_err(|fault| at(fault, "move it or make it smaller"))?;
            let overlaps = |other: &&(usize, Element)| other.0 < *line && other.1.area().overlaps(&element.area());
            if let Some((other, _)) = self.elements.iter().find(overlaps) {
                return Err(at(format!("the element lies over the one at line {other}"), "move one of them"));
            }
            for field in element.fields() {
                if !declared.iter().any(|(declared, _)| *declared == field) {
                    let name = field_name(field);
                    return Err(at(format!("field `{name}` is used but not declared"), "add it to `fields`"));
                }
                used.push(field);
            }
        }
        match declared.iter().find(|(field, _)| !used.contains(field)) {
            Some((field, span)) => {
                let fault = format!("field `{}` is declared but nothing shows it", field_name(*field));
                Err(source.error(span, fault, "use it in an element or take it out of `fields`".to_owned()))
            }
            None => Ok(()),
        }
    }

    fn check_on_stock(&self, area: &Area) -> Result<(), String> {
        let Stock { width, height, margin, .. } = self.stock;
        let on = area.x >= margin
            && area.y >= margin
            && area.x + area.width <= width - margin
            && area.y + area.height <= height - margin;
        if on {
            return Ok(());
        }
        Err(format!(
            "the element reaches from {:.1}, {:.1} to {:.1}, {:.1} mm, outside the stock's {margin} to {:.1}, {:.1} mm",
            area.x,
            area.y,
            area.x + area.width,
            area.y + area.height,
            width - margin,
            height - margin
        ))
    }
}

impl Element {
    /// The area it may fill, quiet zones not counted.
    pub fn area(&self) -> Area {
        match self {
            Element::Text(e) => Area { x: e.x, y: e.y, width: e.width, height: e.height },
            Element::FilingNumber(e) => Area { x: e.x, y: e.y, width: e.width, height: e.height },
            Element::Code128(e) => Area { x: e.x, y: e.y, width: e.width, height: e.height },
            Element::Qr(e) => Area { x: e.x, y: e.y, width: e.size, height: e.size },
            Element::Rule(area) => *area,
        }
    }

    fn fields(&self) -> Vec<Field> {
        match self {
            Element::Text(TextElement { value, .. })
            | Element::Code128(Code128Element { value, .. })
            | Element::Qr(QrElement { value, .. }) => value.fields(),
            Element::FilingNumber(_) => vec![Field::Number],
            Element::Rule(_) => Vec::new(),
        }
    }

    /// What is wrong with its measures, and the fix.
    fn check(&self) -> Result<(), (String, &'static str)> {
        let area = self.area();
        if !(area.width > 0.0 && area.height > 0.0) {
            return Err(("width and height must be more than 0".to_owned(), "give them in millimetres"));
        }
        match self {
            Element::Text(e) if !(e.cap > 0.0 && e.cap <= e.height) => {
                Err((format!("letters {} mm high do not fit {} mm", e.cap, e.height), "lower `cap` or raise `height`"))
            }
            Element::Text(e) if e.overflow != Overflow::Refuse && !e.least.is_some_and(|l| l > 0.0 && l <= e.cap) => {
                Err(("`least` must say how small the letters may become".to_owned(), "add `least`, at most `cap`"))
            }
            Element::Text(e) if e.lines == 0 || (e.lines > 1 && e.overflow == Overflow::Shrink) => {
                Err((format!("`lines = {}` does not go with this overflow", e.lines), "use `overflow = \"wrap\"`"))
            }
            Element::FilingNumber(e) if !(e.cap > 0.0 && e.cap <= e.height && e.others > 0.0 && e.others <= 1.0) => {
                Err(("`cap` must fit `height`, and `others` lie between 0 and 1".to_owned(), "change them"))
            }
            Element::Code128(Code128Element { module, .. }) | Element::Qr(QrElement { module, .. })
                if module.is_nan() || *module < MODULE_LEAST_MM =>
            {
                Err((format!("modules of {module} mm are too fine to be read"), "set `module` to 0.25 or more"))
            }
            _ => Ok(()),
        }
    }
}

impl Pattern {
    fn fields(&self) -> Vec<Field> {
        let field = |piece: &Piece| if let Piece::Field(field) = piece { Some(*field) } else { None };
        self.pieces.iter().filter_map(field).collect()
    }
}

struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn line(&self, span: &Range<usize>) -> usize {
        line(self.text, span.start)
    }

    fn error(&self, span: &Range<usize>, fault: String, fix: String) -> TemplateError {
        TemplateError { file: self.file.to_owned(), line: self.line(span), fault, fix }
    }
}

fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

fn declared(source: &Source<'_>, names: &[Spanned<String>]) -> Result<Vec<(Field, Range<usize>)>, TemplateError> {
    let one = |name: &Spanned<String>| match field_named(name.get_ref()) {
        Ok(field) => Ok((field, name.span())),
        Err(fault) => Err(source.error(&name.span(), fault, String::new())),
    };
    names.iter().map(one).collect()
}

/// The elements in the order of their lines, with the file's name and title.
fn elements(source: &Source<'_>, read: File) -> (Vec<(usize, Element)>, (String, String)) {
    fn take<T>(source: &Source<'_>, list: Vec<Spanned<T>>, kind: fn(T) -> Element) -> Vec<(usize, Element)> {
        list.into_iter().map(|e| (source.line(&e.span()), kind(e.into_inner()))).collect()
    }
    let mut all = take(source, read.text, Element::Text);
    all.extend(take(source, read.filing_number, Element::FilingNumber));
    all.extend(take(source, read.code128, Element::Code128));
    all.extend(take(source, read.qr, Element::Qr));
    all.extend(take(source, read.rule, Element::Rule));
    all.sort_by_key(|(line, _)| *line);
    (all, (read.name, read.title))
}

fn field_name(field: Field) -> &'static str {
    FIELDS.iter().find(|(_, known)| *known == field).map_or("?", |(name, _)| name)
}

fn toml_error(file: &str, text: &str, error: &toml::de::Error) -> TemplateError {
    let line = error.span().map_or(1, |span| line(text, span.start));
    let fault = error.message().to_owned();
    // serde's words: unknown field `capp`, expected one of `x`, `cap`
    let mut quoted = fault.split('`').skip(1).step_by(2);
    let fix = match (fault.starts_with("unknown field"), quoted.next()) {
        (true, Some(name)) => suggestion(name, quoted),
        _ if fault.starts_with("missing field") => "add it".to_owned(),
        _ => String::new(),
    };
    TemplateError { file: file.to_owned(), line, fault, fix }
}

/// "did you mean …" where something is near, else all there is.
pub(super) fn suggestion<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    let near = known.iter().map(|name| (strsim::damerau_levenshtein(wrong, name), name)).min();
    match near {
        Some((distance, name)) if distance <= 2 => format!("did you mean `{name}`?"),
        _ => format!("known are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOCK: &str = "name = '4x2'\ntitle = 'x'\nwidth = 100\nheight = 50\nmargin = 1\n";
    const HEAD: &str = "name = 'a'\ntitle = 'A'\nstock = '4x2'\nfields = ['name']\n\n";
    const TEXT: &str =
        "[[text]]\nvalue = '{name}'\nx = 2\ny = 2\nwidth = 50\nheight = 5\ncap = 4\noverflow = 'shrink'\nleast = 2\n";

    fn fault(text: &str) -> String {
        let stock = Stock::parse("4x2.toml", STOCK).unwrap();
        Template::parse("a.toml", text, &[stock]).unwrap_err().to_string()
    }

    #[test]
    fn errors_name_file_line_and_fix() {
        let text = format!("{HEAD}{TEXT}");
        let cases = [
            (text.replace("'4x2'", "'4x3'"), "a.toml:3: there is no stock `4x3`; did you mean `4x2`?"),
            (text.replace("cap =", "capp ="), "a.toml:12: unknown field `capp`"),
            (text.replace("['name']", "['nane']"), "a.toml:4: there is no field `nane`: did you mean `name`?"),
            (text.replace("{name}", "{name} {mrn}"), "a.toml:6: field `mrn` is used but not declared; add it"),
            (text.replace("['name']", "['name', 'sex']"), "a.toml:4: field `sex` is declared but nothing shows it"),
            (text.replace("width = 50", "width = 98"), "a.toml:6: the element reaches from 2.0, 2.0 to 100.0, 7.0 mm"),
            (text.replace("least = 2\n", ""), "a.toml:6: `least` must say"),
            (format!("{text}{TEXT}"), "a.toml:15: the element lies over the one at line 6; move one of them"),
            (text.replace("cap = 4", "cap = 6"), "a.toml:6: letters 6 mm high do not fit 5 mm"),
            (text.replace("x = 2\n", ""), "a.toml:6: missing field `x`; add it"),
            (text.replace("{name}", "{name"), "a.toml:7: \"{name\" has a { without }"),
            (text.replace("'shrink'", "'squeeze'"), "a.toml:13: unknown variant `squeeze`"),
        ];
        for (text, expected) in cases {
            let fault = fault(&text);
            assert!(fault.starts_with(expected), "{fault}\n  expected {expected}");
        }
    }
}
