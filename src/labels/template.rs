//! Templates: one TOML file for each label. All measures are millimetres from the upper left corner of the stock.

mod elements;
mod file;
mod pattern;

use std::ops::Range;

use toml::Spanned;

use super::data::{Field, Subject};
use super::fault::{Source, TemplateError, suggestion};
use super::palette::Palette;
use super::stock::Stock;

pub use elements::*;
pub use pattern::{Pattern, Piece};

/// A label or form as its file describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// The file's name, for messages.
    pub file: String,
    /// The name it is asked for by.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What it is about.
    pub subject: Subject,
    /// What it is printed on.
    pub stock: Stock,
    /// Its elements, each with its line in the file.
    pub elements: Vec<(usize, Element)>,
}

/// What a template may name.
pub struct Known<'a> {
    /// Stocks.
    pub stocks: &'a [Stock],
    /// Palettes.
    pub palettes: &'a [Palette],
    /// File names of pictures.
    pub images: &'a [String],
}

impl Template {
    /// Reads a template.
    pub fn parse(file: &str, text: &str, known: &Known<'_>) -> Result<Self, TemplateError> {
        let source = Source { file, text };
        let read: file::File = source.read()?;
        let stock = known.stocks.iter().find(|stock| stock.name == *read.stock.get_ref()).ok_or_else(|| {
            let fix = suggestion(read.stock.get_ref(), known.stocks.iter().map(|stock| stock.name.as_str()));
            source.error(&read.stock.span(), format!("there is no stock `{}`", read.stock.get_ref()), fix)
        })?;
        let name = read.name.get_ref().clone();
        if name.is_empty()
            || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        {
            let fault = format!("`{name}` is no name for a template");
            return Err(source.error(&read.name.span(), fault, "use a to z, 0 to 9 and hyphens"));
        }
        let declared = declared(&source, &read.fields)?;
        let (title, subject) = (super::plain(&read.title), read.subject);
        let elements = read.elements(&source);
        let template = Template { file: file.to_owned(), name, title, subject, stock: stock.clone(), elements };
        template.check(&source, &declared, known)?;
        Ok(template)
    }

    /// Whether nothing on it says who the patient is: what may lie about in a department.
    pub fn is_free_of_patient_data(&self) -> bool {
        self.fields().iter().all(|field| !field.info().is_some_and(|info| info.tells_patient))
    }

    /// Every field that it shows, those of its rows included.
    pub fn fields(&self) -> Vec<Field> {
        let rows = self.rows().into_iter().flat_map(|rows| &rows.elements);
        self.elements.iter().chain(rows).flat_map(|(_, element)| element.fields()).collect()
    }

    /// Its list, where it has one.
    pub fn rows(&self) -> Option<&RowsElement> {
        self.elements.iter().find_map(|(_, element)| if let Element::Rows(rows) = element { Some(rows) } else { None })
    }

    fn check(
        &self,
        source: &Source<'_>,
        declared: &[(Field, Range<usize>)],
        known: &Known<'_>,
    ) -> Result<(), TemplateError> {
        let Stock { width, height, margin, .. } = self.stock;
        let page = Area { x: margin, y: margin, width: width - 2.0 * margin, height: height - 2.0 * margin };
        check_elements(source, &self.elements, &page, "the stock's", known)?;
        self.check_fields(source, &self.elements, declared, false)?;
        for (line, element) in &self.elements {
            let Element::Rows(rows) = element else { continue };
            if !matches!(self.subject, Subject::Commands | Subject::Transfer) {
                let fault = format!("subject `{}` has no rows", self.subject.name());
                return Err(source.at(*line, fault, "use subject \"commands\" or \"transfer\""));
            }
            check_elements(source, &rows.elements, &rows.cell(), "its row's", known)?;
            self.check_fields(source, &rows.elements, declared, true)?;
        }
        let used = self.fields();
        match declared.iter().find(|(field, _)| !used.contains(field)) {
            Some((field, span)) => {
                let fault = format!("field `{}` is declared but nothing shows it", field.name());
                Err(source.error(span, fault, "use it in an element or take it out of `fields`"))
            }
            None => Ok(()),
        }
    }

    fn check_fields(
        &self,
        source: &Source<'_>,
        elements: &[(usize, Element)],
        declared: &[(Field, Range<usize>)],
        in_rows: bool,
    ) -> Result<(), TemplateError> {
        let subject = self.subject;
        for (line, element) in elements {
            for field in element.fields() {
                let Some(info) = field.info() else { continue };
                let (has, has_not) =
                    if in_rows { (info.in_rows, info.on_label) } else { (info.on_label, info.in_rows) };
                if !has.contains(&subject) {
                    let fault = format!("subject `{}` has no field `{}` here", subject.name(), info.name);
                    let fix = match (has_not.contains(&subject), in_rows) {
                        (true, false) => "its rows have it: move the element into [rows]".to_owned(),
                        (true, true) => "the label has it: move the element out of [rows]".to_owned(),
                        _ => format!("it has {}", fields_of(subject, in_rows).join(", ")),
                    };
                    return Err(source.at(*line, fault, fix));
                }
                if !declared.iter().any(|(declared, _)| *declared == field) {
                    let fault = format!("field `{}` is used but not declared", info.name);
                    return Err(source.at(*line, fault, "add it to `fields`"));
                }
            }
        }
        Ok(())
    }
}

/// The names of the fields that a subject's label, or each of its rows, has.
pub fn fields_of(subject: Subject, in_rows: bool) -> Vec<&'static str> {
    let has = |info: &&super::data::FieldInfo| if in_rows { info.in_rows } else { info.on_label }.contains(&subject);
    super::data::FIELDS.iter().filter(has).map(|info| info.name).collect()
}

fn check_elements(
    source: &Source<'_>,
    elements: &[(usize, Element)],
    page: &Area,
    whose: &str,
    known: &Known<'_>,
) -> Result<(), TemplateError> {
    for (at, (line, element)) in elements.iter().enumerate() {
        element.check().map_err(|(fault, fix)| source.at(*line, fault, fix))?;
        check_on(&element.area(), page, whose)
            .map_err(|fault| source.at(*line, fault, "move it or make it smaller"))?;
        if let Some((other, _)) = elements.iter().take(at).find(|(_, other)| other.collides(element)) {
            let fault = format!("the element lies over the one at line {other}");
            return Err(source.at(*line, fault, "move one of them"));
        }
        match element {
            Element::Band(band) if !known.palettes.iter().any(|palette| palette.name == band.palette) => {
                let fix = suggestion(&band.palette, known.palettes.iter().map(|palette| palette.name.as_str()));
                return Err(source.at(*line, format!("there is no palette `{}`", band.palette), fix));
            }
            Element::Image(image) if !known.images.contains(&image.file) => {
                let fault = format!("there is no picture `{}`", image.file);
                let fix = match known.images {
                    [] => "put the PNG into `images` of the label directory".to_owned(),
                    names => suggestion(&image.file, names.iter().map(String::as_str)),
                };
                return Err(source.at(*line, fault, fix));
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_on(area: &Area, page: &Area, whose: &str) -> Result<(), String> {
    let (right, bottom) = (page.x + page.width, page.y + page.height);
    // A thousandth of a millimetre is what decimal fractions cost.
    let slack = 0.001;
    let on = area.x >= page.x - slack
        && area.y >= page.y - slack
        && area.x + area.width <= right + slack
        && area.y + area.height <= bottom + slack;
    if on {
        return Ok(());
    }
    Err(format!(
        "the element reaches from {:.1}, {:.1} to {:.1}, {:.1} mm, outside {whose} {:.1}, {:.1} to {right:.1}, {bottom:.1} mm",
        area.x,
        area.y,
        area.x + area.width,
        area.y + area.height,
        page.x,
        page.y,
    ))
}

fn declared(source: &Source<'_>, names: &[Spanned<String>]) -> Result<Vec<(Field, Range<usize>)>, TemplateError> {
    let one = |name: &Spanned<String>| match pattern::field_named(name.get_ref()) {
        Ok(field) => Ok((field, name.span())),
        Err(fault) => Err(source.error(&name.span(), fault, "")),
    };
    names.iter().map(one).collect()
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
        let known = Known { stocks: &[stock], palettes: &[], images: &[] };
        Template::parse("a.toml", text, &known).unwrap_err().to_string()
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
            (
                text.replace("'A'", "'A'\nsubject = 'place'"),
                "a.toml:7: subject `place` has no field `name` here; it has barcode",
            ),
            (text.replace("'a'", "'A b'"), "a.toml:1: `A b` is no name for a template; use a to z"),
            (text.replace("{name}", "{name}\u{202e}"), "a.toml:7: \"\\u{202e}\" holds the invisible character U+202E"),
            (text.replace("width = 50", "width = nan"), "a.toml:6: width and height must be more than 0"),
        ];
        for (text, expected) in cases {
            let fault = fault(&text);
            assert!(fault.starts_with(expected), "{fault}\n  expected {expected}");
        }
    }
}
