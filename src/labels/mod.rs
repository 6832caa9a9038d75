//! Labels and printed lists: template and data in, a display list, and from that PDF, SVG or a printer's language.
//! Pure: no I/O, no clock. The templates in `label-templates/` are built in.

pub mod data;
mod filing_number;
mod layout;
pub mod pdf;
mod plain;
pub mod report;
mod svg;
mod symbols;
pub mod template;
mod typeface;

use std::sync::LazyLock;

use outguide_hardware::display::DisplayList;
use outguide_hardware::language;

pub use data::LabelData;
pub use filing_number::FilingNumber;
pub use layout::Note;
pub use pdf::PdfError;
pub use plain::plain;
pub use template::{Stock, Template, TemplateError};
pub use typeface::{FontError, Typeface};

/// The built-in templates: file name and text.
const TEMPLATES: &[(&str, &str)] = &[("folder-4x2.toml", include_str!("../../label-templates/folder-4x2.toml"))];

/// The built-in stocks: file name and text.
const STOCKS: &[(&str, &str)] = &[("media/4x2.toml", include_str!("../../label-templates/media/4x2.toml"))];

/// Resolutions at which a template must work, in dots per inch: label printers' and office printers'.
const RESOLUTIONS: [u16; 4] = [203, 300, 406, 600];

/// Resolutions that a printer may have.
pub const DPI: std::ops::RangeInclusive<u16> = 150..=1200;

/// The resolution for documents that no particular printer is known for.
pub const DOCUMENT_DPI: u16 = 600;

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
    /// A template or stock file is wrong.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The template does not work with this data or resolution.
    #[error("{file}:{line}: {fault}; {fix}")]
    CannotBeLaidOut {
        /// The template's file.
        file: String,
        /// The element's line.
        line: usize,
        /// What is wrong.
        fault: String,
        /// What to do.
        fix: &'static str,
    },
    /// The resolution is outside [`DPI`].
    #[error("{0} dots per inch is not a printer's resolution; use 203, 300 or 600")]
    Resolution(u16),
    /// There is no such printer language.
    #[error("there is no printer language `{0}`")]
    UnknownLanguage(&'static str),
    /// The PDF could not be made.
    #[error(transparent)]
    Pdf(#[from] PdfError),
    /// A built-in font is damaged.
    #[error(transparent)]
    Font(#[from] FontError),
}

/// The templates and the typeface, read once.
pub struct Labels {
    typeface: Typeface,
    templates: Vec<Template>,
}

impl Labels {
    /// The built-in ones.
    pub fn built_in() -> Result<&'static Labels, LabelError> {
        static BUILT_IN: LazyLock<Result<Labels, LabelError>> = LazyLock::new(|| {
            let stocks: Result<Vec<Stock>, _> = STOCKS.iter().map(|(file, text)| Stock::parse(file, text)).collect();
            let stocks = stocks?;
            let mut labels = Labels { typeface: Typeface::new()?, templates: Vec::new() };
            for (file, text) in TEMPLATES {
                labels.add(Template::parse(file, text, &stocks)?)?;
            }
            Ok(labels)
        });
        BUILT_IN.as_ref().map_err(Clone::clone)
    }

    /// Takes a template after trying it at every usual resolution.
    fn add(&mut self, template: Template) -> Result<(), LabelError> {
        for dpi in RESOLUTIONS {
            layout::lay_out(&template, &LabelData::sample(), dpi, &self.typeface)?;
        }
        self.templates.push(template);
        Ok(())
    }

    /// All templates.
    pub fn templates(&self) -> &[Template] {
        &self.templates
    }

    /// The typeface.
    pub fn typeface(&self) -> &Typeface {
        &self.typeface
    }

    /// The template called `name`.
    pub fn template(&self, name: &str) -> Result<&Template, LabelError> {
        self.templates.iter().find(|template| template.name == name).ok_or_else(|| LabelError::UnknownTemplate {
            name: name.to_owned(),
            hint: template::suggestion(name, self.templates.iter().map(|template| template.name.as_str())),
        })
    }

    /// One label as a display list.
    pub fn lay_out(&self, template: &str, data: &LabelData, dpi: u16) -> Result<(DisplayList, Vec<Note>), LabelError> {
        if !DPI.contains(&dpi) {
            return Err(LabelError::Resolution(dpi));
        }
        layout::lay_out(self.template(template)?, data, dpi, &self.typeface)
    }

    /// One label as bytes. The same input gives the same bytes.
    pub fn render(&self, template: &str, data: &LabelData, target: Target) -> Result<Rendered, LabelError> {
        let (list, notes) = self.lay_out(template, data, target.dpi)?;
        let bytes = match target.format {
            Format::Svg => svg::write(&list, &self.typeface),
            Format::Pdf => {
                let mut document = pdf::Writer::new(&self.typeface, template);
                for _ in 0..target.copies.clamp(1, language::zpl::COPIES_MAX) {
                    document.page(&list);
                }
                document.finish()?
            }
            Format::Printer(name) => {
                let language = language::named(name).ok_or(LabelError::UnknownLanguage(name))?;
                language.label(&list, target.copies, &self.typeface)
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
