//! Labels and printed lists: template and data in, a display list, and from that PDF, SVG or a printer's language.
//! Pure: no I/O, no clock. The files in `label-templates/` are built in; a site's own override and add to them.

mod built_in;
pub mod data;
mod fault;
mod files;
mod filing_number;
mod layout;
mod many;
mod palette;
pub mod pdf;
mod picture;
mod plain;
mod qr;
pub mod report;
mod stock;
mod svg;
mod symbols;
pub mod template;
mod typeface;

use std::sync::LazyLock;

use outguide_hardware::display::DisplayList;
use outguide_hardware::language;

pub use data::{ChartLabel, CommandCard, Field, LabelData, PlaceCard, RequestSlip, StaffBadge, Subject, TransferSheet};
pub use fault::TemplateError;
pub use files::Files;
pub use filing_number::FilingNumber;
pub use layout::Note;
pub use many::{Batch, Part};
pub use palette::{Colour, Palette};
pub use pdf::PdfError;
pub use plain::plain;
pub use stock::{Sheet, Stock};
pub use template::Template;
pub use typeface::{FontError, Typeface};

use layout::Tools;
use picture::Pictures;
use template::Known;

/// Resolutions at which a template must work, in dots per inch: label printers' and office printers'.
const RESOLUTIONS: [u16; 4] = [203, 300, 406, 600];

/// Resolutions that a printer may have.
pub const DPI: std::ops::RangeInclusive<u16> = 150..=1200;

/// The resolution for documents that no particular printer is known for.
pub const DOCUMENT_DPI: u16 = 600;

/// The resolution of previews of a template that is being written.
pub const PREVIEW_DPI: u16 = 300;

/// What a label is made as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A document for office printers and for looking at.
    Pdf,
    /// A picture for the screen.
    Svg,
    /// A label printer's language, one of `hardware`'s.
    Printer(&'static str),
}

impl Format {
    /// The format called `name`: `pdf`, `svg` or a printer language.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "pdf" => Some(Self::Pdf),
            "svg" => Some(Self::Svg),
            _ => language::named(name).map(|language| Self::Printer(language.name())),
        }
    }

    /// File name extension, and the language's name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Svg => "svg",
            Self::Printer(language) => language,
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Svg => "image/svg+xml",
            Self::Printer("zpl") => "application/vnd.zebra-zpl",
            Self::Printer(_) => "application/octet-stream",
        }
    }
}

/// Where a label goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// As what.
    pub format: Format,
    /// Dots per inch of the printer, within [`DPI`].
    pub dpi: u16,
    /// How many; a picture is always one.
    pub copies: u16,
}

/// A label, ready to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// What staff should know about it.
    pub notes: Vec<Note>,
}

/// Why a label could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// No template has this name.
    #[error("there is no label template `{name}`; {hint}")]
    UnknownTemplate {
        /// What was asked for.
        name: String,
        /// What was perhaps meant.
        hint: String,
    },
    /// No stock has this name.
    #[error("there is no stock `{name}`; {hint}")]
    UnknownStock {
        /// What was asked for.
        name: String,
        /// What was perhaps meant.
        hint: String,
    },
    /// The stock does not fit the template.
    #[error("template `{template}` is made for stock `{wants}`, not for `{given}`; use one with labels of its size")]
    OtherStock {
        /// The template.
        template: String,
        /// Its stock.
        wants: String,
        /// The stock that was asked for.
        given: String,
    },
    /// The template is about something else than the data.
    #[error("template `{template}` is for {wants} labels and was given a {given}; choose a template for a {given}")]
    OtherSubject {
        /// The template.
        template: String,
        /// Its subject.
        wants: &'static str,
        /// The data's subject.
        given: &'static str,
    },
    /// A file is wrong, or a template does not work with this data or resolution.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The resolution is outside [`DPI`].
    #[error("{0} dots per inch is not a printer's resolution; use 203, 300 or 600")]
    Resolution(u16),
    /// Labels of a list that fills pages of its own stand on no sheet of labels.
    #[error("{0} pages do not fit one label; use a form")]
    ManyPages(usize),
    /// The first label's place is not on the sheet.
    #[error("a sheet of this stock has places 1 to {most}, not {place}")]
    NoSuchPlace {
        /// What was asked for.
        place: u32,
        /// The last place.
        most: u32,
    },
    /// There is no such printer language.
    #[error("there is no printer language `{0}`")]
    UnknownLanguage(&'static str),
    /// The printers of a language cannot print such a label.
    #[error(transparent)]
    Language(#[from] language::LanguageFault),
    /// The PDF could not be made.
    #[error(transparent)]
    Pdf(#[from] PdfError),
    /// A built-in font is damaged.
    #[error(transparent)]
    Font(#[from] FontError),
}

/// The templates, all they name, and the typeface, read once.
pub struct Labels {
    typeface: Typeface,
    stocks: Vec<Stock>,
    palettes: Vec<Palette>,
    pictures: Pictures,
    templates: Vec<Template>,
}

/// A template that is being written, as it would come out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Its first page.
    pub svg: Vec<u8>,
    /// How many pages there are.
    pub pages: usize,
    /// What staff should know about it.
    pub notes: Vec<Note>,
}

impl Labels {
    /// The built-in ones alone.
    pub fn built_in() -> Result<&'static Labels, LabelError> {
        static BUILT_IN: LazyLock<Result<Labels, LabelError>> = LazyLock::new(|| {
            let (labels, faults) = Labels::load(&Files::default())?;
            faults.into_iter().next().map_or(Ok(labels), |fault| Err(fault.into()))
        });
        BUILT_IN.as_ref().map_err(Clone::clone)
    }

    /// All templates, in the order of their names.
    pub fn templates(&self) -> &[Template] {
        &self.templates
    }

    /// All stocks, in the order of their names.
    pub fn stocks(&self) -> &[Stock] {
        &self.stocks
    }

    /// All palettes.
    pub fn palettes(&self) -> &[Palette] {
        &self.palettes
    }

    /// The typeface.
    pub fn typeface(&self) -> &Typeface {
        &self.typeface
    }

    /// The template called `name`.
    pub fn template(&self, name: &str) -> Result<&Template, LabelError> {
        self.templates.iter().find(|template| template.name == name).ok_or_else(|| LabelError::UnknownTemplate {
            name: name.to_owned(),
            hint: fault::suggestion(name, self.templates.iter().map(|template| template.name.as_str())),
        })
    }

    /// The stock called `name`.
    pub fn stock(&self, name: &str) -> Result<&Stock, LabelError> {
        self.stocks.iter().find(|stock| stock.name == name).ok_or_else(|| LabelError::UnknownStock {
            name: name.to_owned(),
            hint: fault::suggestion(name, self.stocks.iter().map(|stock| stock.name.as_str())),
        })
    }

    fn known(&self) -> Known<'_> {
        Known { stocks: &self.stocks, palettes: &self.palettes, images: self.pictures.names() }
    }

    fn tools(&self) -> Tools<'_> {
        Tools { typeface: &self.typeface, palettes: &self.palettes, pictures: &self.pictures }
    }

    /// Reads a template's text and tries it with its subject's sample at every usual resolution.
    pub fn check(&self, file: &str, text: &str) -> Result<Template, TemplateError> {
        let template = Template::parse(file, text, &self.known())?;
        for dpi in RESOLUTIONS {
            self.try_out(&template, &LabelData::sample_of(template.subject), dpi)?;
        }
        Ok(template)
    }

    /// What a template's text would print: with `data`, or with its subject's sample.
    pub fn preview(&self, file: &str, text: &str, data: Option<&LabelData>) -> Result<Preview, TemplateError> {
        let template = self.check(file, text)?;
        let sample;
        let data = match data.filter(|data| data.subject == template.subject) {
            Some(data) => data,
            None => {
                sample = LabelData::sample_of(template.subject);
                &sample
            }
        };
        let (pages, notes) = self.try_out(&template, data, PREVIEW_DPI)?;
        let svg = pages.first().map(|page| svg::write(page, &self.typeface)).unwrap_or_default();
        Ok(Preview { svg, pages: pages.len(), notes })
    }

    fn try_out(
        &self,
        template: &Template,
        data: &LabelData,
        dpi: u16,
    ) -> Result<(Vec<DisplayList>, Vec<Note>), TemplateError> {
        layout::lay_out(template, data, dpi, self.tools()).map_err(|error| match error {
            LabelError::Template(error) => error,
            other => TemplateError {
                file: template.file.clone(),
                line: 1,
                fault: other.to_string(),
                fix: "change the template".to_owned(),
            },
        })
    }

    /// One label as a display list; of a list that fills several pages the first.
    pub fn lay_out(&self, template: &str, data: &LabelData, dpi: u16) -> Result<(DisplayList, Vec<Note>), LabelError> {
        let (pages, notes) = self.lay_out_pages(template, data, dpi)?;
        let first = pages.into_iter().next().ok_or(LabelError::ManyPages(0))?;
        Ok((first, notes))
    }

    /// All pages of one label or form.
    pub fn lay_out_pages(
        &self,
        template: &str,
        data: &LabelData,
        dpi: u16,
    ) -> Result<(Vec<DisplayList>, Vec<Note>), LabelError> {
        if !DPI.contains(&dpi) {
            return Err(LabelError::Resolution(dpi));
        }
        layout::lay_out(self.template(template)?, data, dpi, self.tools())
    }

    /// One label or form as bytes. The same input gives the same bytes.
    pub fn render(&self, template: &str, data: &LabelData, target: Target) -> Result<Rendered, LabelError> {
        let (pages, notes) = self.lay_out_pages(template, data, target.dpi)?;
        let bytes = match target.format {
            Format::Svg => pages.first().map(|page| svg::write(page, &self.typeface)).unwrap_or_default(),
            Format::Pdf => {
                let mut document = pdf::Writer::new(&self.typeface, template);
                for _ in 0..target.copies.clamp(1, language::zpl::COPIES_MAX) {
                    pages.iter().for_each(|page| document.page(page));
                }
                document.finish()?
            }
            Format::Printer(name) => {
                let language = language::named(name).ok_or(LabelError::UnknownLanguage(name))?;
                pages.iter().try_for_each(|page| language.check(page))?;
                let gap = self.template(template)?.stock.gap_mm();
                let label = |page| language.label_apart(page, target.copies, &self.typeface, gap);
                pages.iter().flat_map(label).collect()
            }
        };
        Ok(Rendered { bytes, notes })
    }
}

/// One label of a built-in template as bytes. The same input gives the same bytes.
pub fn render(template: &str, data: &LabelData, target: Target) -> Result<Rendered, LabelError> {
    Labels::built_in()?.render(template, data, target)
}

#[cfg(test)]
mod tests;
