//! The file as serde reads it.

use outguide_hardware::display::Symbology;
use serde::Deserialize;
use toml::Spanned;

use super::elements::{
    Area, BandElement, BarsElement, BoxElement, Element, FilingNumberElement, ImageElement, RowsElement, SquareElement,
    TextElement,
};
use crate::labels::data::Subject;
use crate::labels::fault::Source;

type Many<T> = Vec<Spanned<T>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct File {
    pub(super) name: Spanned<String>,
    pub(super) title: String,
    #[serde(default)]
    pub(super) subject: Subject,
    pub(super) stock: Spanned<String>,
    pub(super) fields: Many<String>,
    #[serde(default)]
    text: Many<TextElement>,
    #[serde(default)]
    filing_number: Many<FilingNumberElement>,
    #[serde(default)]
    code128: Many<BarsElement>,
    #[serde(default)]
    code39: Many<BarsElement>,
    #[serde(default)]
    itf: Many<BarsElement>,
    #[serde(default)]
    pdf417: Many<BarsElement>,
    #[serde(default)]
    qr: Many<SquareElement>,
    #[serde(default)]
    datamatrix: Many<SquareElement>,
    #[serde(default)]
    rule: Many<Area>,
    #[serde(default, rename = "box")]
    outline: Many<BoxElement>,
    #[serde(default)]
    band: Many<BandElement>,
    #[serde(default)]
    image: Many<ImageElement>,
    rows: Option<Spanned<Rows>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Rows {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    row: f64,
    #[serde(default = "one")]
    columns: u16,
    #[serde(default)]
    text: Many<TextElement>,
    #[serde(default)]
    filing_number: Many<FilingNumberElement>,
    #[serde(default)]
    code128: Many<BarsElement>,
    #[serde(default)]
    code39: Many<BarsElement>,
    #[serde(default)]
    itf: Many<BarsElement>,
    #[serde(default)]
    pdf417: Many<BarsElement>,
    #[serde(default)]
    qr: Many<SquareElement>,
    #[serde(default)]
    datamatrix: Many<SquareElement>,
    #[serde(default)]
    rule: Many<Area>,
    #[serde(default, rename = "box")]
    outline: Many<BoxElement>,
}

fn one() -> u16 {
    1
}

impl File {
    /// The elements in the order of their lines.
    pub(super) fn elements(self, source: &Source<'_>) -> Vec<(usize, Element)> {
        let mut all = Lines { source, all: Vec::new() };
        all.take(self.text, Element::Text);
        all.take(self.filing_number, Element::FilingNumber);
        all.take(self.code128, |e| Element::Bars(Symbology::Code128, e));
        all.take(self.code39, |e| Element::Bars(Symbology::Code39, e));
        all.take(self.itf, |e| Element::Bars(Symbology::Itf, e));
        all.take(self.pdf417, |e| Element::Bars(Symbology::Pdf417, e));
        all.take(self.qr, |e| Element::Square(Symbology::Qr, e));
        all.take(self.datamatrix, |e| Element::Square(Symbology::DataMatrix, e));
        all.take(self.rule, Element::Rule);
        all.take(self.outline, Element::Outline);
        all.take(self.band, Element::Band);
        all.take(self.image, Element::Image);
        if let Some(rows) = self.rows {
            let line = source.line(&rows.span());
            all.all.push((line, Element::Rows(rows.into_inner().element(source))));
        }
        all.sorted()
    }
}

impl Rows {
    fn element(self, source: &Source<'_>) -> RowsElement {
        let mut all = Lines { source, all: Vec::new() };
        all.take(self.text, Element::Text);
        all.take(self.filing_number, Element::FilingNumber);
        all.take(self.code128, |e| Element::Bars(Symbology::Code128, e));
        all.take(self.code39, |e| Element::Bars(Symbology::Code39, e));
        all.take(self.itf, |e| Element::Bars(Symbology::Itf, e));
        all.take(self.pdf417, |e| Element::Bars(Symbology::Pdf417, e));
        all.take(self.qr, |e| Element::Square(Symbology::Qr, e));
        all.take(self.datamatrix, |e| Element::Square(Symbology::DataMatrix, e));
        all.take(self.rule, Element::Rule);
        all.take(self.outline, Element::Outline);
        let area = Area { x: self.x, y: self.y, width: self.width, height: self.height };
        RowsElement { area, row: self.row, columns: self.columns, elements: all.sorted() }
    }
}

struct Lines<'a> {
    source: &'a Source<'a>,
    all: Vec<(usize, Element)>,
}

impl Lines<'_> {
    fn take<T>(&mut self, list: Many<T>, kind: impl Fn(T) -> Element) {
        let element = |e: Spanned<T>| (self.source.line(&e.span()), kind(e.into_inner()));
        self.all.extend(list.into_iter().map(element));
    }

    fn sorted(mut self) -> Vec<(usize, Element)> {
        self.all.sort_by_key(|(line, _)| *line);
        self.all
    }
}
