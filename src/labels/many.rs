//! Many labels of one template: on rolls one after the other, on sheets from any place on; handed out in parts, so that
//! memory is bounded however many there are.

use std::borrow::Borrow;

use outguide_hardware::display::DisplayList;
use outguide_hardware::language;

use super::layout::{self, Scale};
use super::{DPI, Format, LabelData, LabelError, Labels, Note, Stock, Target, Template, pdf, svg};

/// What is to be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch<'a> {
    /// The template's name.
    pub template: &'a str,
    /// Other stock than the template's, with labels of the same size: a roll's label on a sheet.
    pub stock: Option<&'a str>,
    /// The place of the first label on its sheet, from 1, along the rows and then down; 1 on rolls.
    pub start: u32,
    /// As what, for which resolution, and how many of each.
    pub target: Target,
    /// The most labels in one part; [`LABELS_MOST`] also holds.
    pub part_labels: usize,
}

/// Some of the labels, as a document or a stretch of printer language of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which part, from 1.
    pub number: usize,
    /// Index of its first label, from 0.
    pub first: usize,
    /// How many labels it has, copies not counted.
    pub labels: usize,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// What staff should know, each with the index of its label.
    pub notes: Vec<(usize, Note)>,
}

/// The most labels in one part. A part is kept in memory as a whole while it is made.
pub const LABELS_MOST: usize = 500;

/// Notes beyond these are not kept: a batch whose every name is cut would tell so a thousand times.
const NOTES_MOST: usize = 100;

impl Labels {
    /// Makes many labels; each part goes to `sink` as soon as it is done, so a hundred thousand need no more memory than
    /// one part. The same input gives the same parts. A picture ([`Format::Svg`]) is always one sheet or label.
    pub fn render_many<D: Borrow<LabelData>, E: From<LabelError>>(
        &self,
        batch: Batch<'_>,
        labels: impl IntoIterator<Item = D>,
        mut sink: impl FnMut(Part) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut making = Making::new(self, batch)?;
        for (index, data) in labels.into_iter().enumerate() {
            if making.is_full() {
                sink(making.finish()?)?;
            }
            making.label(index, data.borrow())?;
        }
        if making.labels > 0 {
            sink(making.finish()?)?;
        }
        Ok(())
    }
}

struct Making<'a> {
    house: &'a Labels,
    batch: Batch<'a>,
    template: &'a Template,
    stock: &'a Stock,
    number: usize,
    first: usize,
    labels: usize,
    notes: Vec<(usize, Note)>,
    /// The next free place on the sheet, from 0.
    place: u32,
    sheet: Option<DisplayList>,
    out: Out<'a>,
}

enum Out<'a> {
    Pdf(pdf::Writer<'a>),
    Bytes(Vec<u8>),
}

impl<'a> Making<'a> {
    fn new(house: &'a Labels, batch: Batch<'a>) -> Result<Self, LabelError> {
        let template = house.template(batch.template)?;
        let stock = match batch.stock {
            Some(name) => house.stock(name)?,
            None => &template.stock,
        };
        if !DPI.contains(&batch.target.dpi) {
            return Err(LabelError::Resolution(batch.target.dpi));
        }
        if !stock.takes(&template.stock) {
            let (wants, given) = (template.stock.name.clone(), stock.name.clone());
            return Err(LabelError::OtherStock { template: template.name.clone(), wants, given });
        }
        let most = stock.labels_per_sheet();
        if !(1..=most).contains(&batch.start) {
            return Err(LabelError::NoSuchPlace { place: batch.start, most });
        }
        let out = Out::new(house, batch);
        let place = batch.start - 1;
        let (number, first, labels, notes, sheet) = (1, 0, 0, Vec::new(), None);
        Ok(Self { house, batch, template, stock, number, first, labels, notes, place, sheet, out })
    }

    /// A part ends with a sheet: half a sheet in one document and half in the next would waste one.
    fn is_full(&self) -> bool {
        let pages = match &self.out {
            Out::Pdf(document) => document.pages(),
            Out::Bytes(_) => 0,
        };
        let full = self.labels >= self.batch.part_labels.clamp(1, LABELS_MOST) || pages >= pdf::PAGES_MOST;
        full && self.place == 0
    }

    fn label(&mut self, index: usize, data: &LabelData) -> Result<(), LabelError> {
        let (pages, notes) = layout::lay_out(self.template, data, self.batch.target.dpi, self.house.tools())?;
        let room = NOTES_MOST.saturating_sub(self.notes.len());
        self.notes.extend(notes.into_iter().take(room).map(|note| (index, note)));
        self.labels += 1;
        let copies = self.batch.target.copies.clamp(1, language::zpl::COPIES_MAX);
        if self.stock.sheet.is_none() {
            return pages
                .iter()
                .try_for_each(|page| self.out.page((self.house, self.stock), self.batch.target, page, copies));
        }
        let [label] = pages.as_slice() else { return Err(LabelError::ManyPages(pages.len())) };
        for _ in 0..copies {
            self.stick(label.clone())?;
        }
        Ok(())
    }

    /// Puts one label onto the next place of the sheet.
    fn stick(&mut self, label: DisplayList) -> Result<(), LabelError> {
        let Some(paper) = &self.stock.sheet else { return Ok(()) };
        let scale = Scale(f64::from(self.batch.target.dpi) / 25.4);
        let (x, y) = paper.corner(self.place);
        // A label that is somewhat smaller than the stock's stands in the middle of it.
        let right = x + (self.stock.width - self.template.stock.width) / 2.0;
        let down = y + (self.stock.height - self.template.stock.height) / 2.0;
        let sheet = self.sheet.get_or_insert_with(|| DisplayList {
            dots_per_inch: self.batch.target.dpi,
            width: scale.dots(paper.width),
            height: scale.dots(paper.height),
            items: Vec::new(),
        });
        sheet.place(label, scale.dots(right), scale.dots(down));
        self.place += 1;
        if self.place == self.stock.labels_per_sheet() { self.turn_over() } else { Ok(()) }
    }

    fn turn_over(&mut self) -> Result<(), LabelError> {
        self.place = 0;
        match self.sheet.take() {
            Some(sheet) => self.out.page((self.house, self.stock), self.batch.target, &sheet, 1),
            None => Ok(()),
        }
    }

    fn finish(&mut self) -> Result<Part, LabelError> {
        self.turn_over()?;
        let bytes = match std::mem::replace(&mut self.out, Out::new(self.house, self.batch)) {
            Out::Pdf(document) => document.finish()?,
            Out::Bytes(bytes) => bytes,
        };
        let (number, first, labels) = (self.number, self.first, self.labels);
        (self.number, self.first, self.labels) = (number + 1, first + labels, 0);
        Ok(Part { number, first, labels, bytes, notes: std::mem::take(&mut self.notes) })
    }
}

impl<'a> Out<'a> {
    fn new(house: &'a Labels, batch: Batch<'a>) -> Self {
        match batch.target.format {
            Format::Pdf => Out::Pdf(pdf::Writer::new(&house.typeface, batch.template)),
            Format::Svg | Format::Printer(_) => Out::Bytes(Vec::new()),
        }
    }

    fn page(
        &mut self,
        (house, stock): (&Labels, &Stock),
        target: Target,
        page: &DisplayList,
        copies: u16,
    ) -> Result<(), LabelError> {
        match (self, target.format) {
            (Out::Pdf(document), _) => (0..copies).for_each(|_| document.page(page)),
            (Out::Bytes(bytes), Format::Printer(name)) => {
                let language = language::named(name).ok_or(LabelError::UnknownLanguage(name))?;
                language.check(page)?;
                bytes.extend(language.label_apart(page, copies, &house.typeface, stock.gap_mm()));
            }
            (Out::Bytes(bytes), _) if bytes.is_empty() => *bytes = svg::write(page, &house.typeface),
            (Out::Bytes(_), _) => {}
        }
        Ok(())
    }
}
