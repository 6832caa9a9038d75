//! Printer languages: a display list in, the bytes one printer understands out.

use crate::display::{DisplayList, Typesetter};

pub mod zpl;

pub use zpl::Zpl;

/// A language that label printers speak.
pub trait Language: Send + Sync {
    /// Its name in the configuration.
    fn name(&self) -> &'static str;
    /// The bytes that print `copies` of one label. The same list gives the same bytes.
    fn label(&self, list: &DisplayList, copies: u16, typesetter: &dyn Typesetter) -> Vec<u8>;
}

/// Every language there is, by name. (PDF is made where the typeface is: it is a document, not a printer language.)
pub const LANGUAGES: &[&dyn Language] = &[&Zpl { text: zpl::Text::Drawn }];

/// The language called `name`.
pub fn named(name: &str) -> Option<&'static dyn Language> {
    LANGUAGES.iter().find(|language| language.name() == name).copied()
}
