//! Printer languages: a display list in, the bytes one printer understands out.
//!
//! Only ZPL is given text and codes to draw; all others get bars and dots, so that nothing on a label can be a command.

use crate::display::{Bitmap, DisplayList, Item, Typesetter};

pub mod brother_ql;
pub mod epl2;
pub mod esc_pos;
#[cfg(test)]
mod read_back;
pub mod tspl;
pub mod zpl;

pub use brother_ql::BrotherQl;
pub use epl2::Epl2;
pub use esc_pos::EscPos;
pub use tspl::Tspl;
pub use zpl::Zpl;

/// A language that label printers speak.
pub trait Language: Send + Sync {
    /// Its name in the configuration.
    fn name(&self) -> &'static str;

    /// The dots per inch that its printers have; none here means any.
    fn resolutions(&self) -> &'static [u16] {
        &[]
    }

    /// Whether its printers can print such a label at all.
    fn check(&self, _list: &DisplayList) -> Result<(), LanguageFault> {
        Ok(())
    }

    /// The bytes that print `copies` of one label. The same list gives the same bytes.
    fn label(&self, list: &DisplayList, copies: u16, typesetter: &dyn Typesetter) -> Vec<u8>;

    /// The same on a roll whose labels are `gap_mm` apart, for languages that tell the printer so; the others' printers
    /// find the edge by themselves.
    fn label_apart(&self, list: &DisplayList, copies: u16, typesetter: &dyn Typesetter, _gap_mm: f64) -> Vec<u8> {
        self.label(list, copies, typesetter)
    }
}

/// The gap between two labels that rolls usually have, in millimetres.
pub const GAP_USUAL_MM: f64 = 3.0;

/// Why a language cannot print a label.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LanguageFault {
    /// Its printers have other resolutions.
    #[error("{language} printers have {needed} dots per inch, not {dpi}: set dpi = {needed} for the printer")]
    Resolution {
        /// The language.
        language: &'static str,
        /// What was asked for.
        dpi: u16,
        /// What they have.
        needed: &'static str,
    },
    /// The label is too large.
    #[error("a label of {width} by {height} dots fits no tape of a {language} printer: use a smaller template")]
    Size {
        /// The language.
        language: &'static str,
        /// Its width.
        width: i32,
        /// Its height.
        height: i32,
    },
}

/// Every language there is, by name. (PDF is made where the typeface is: it is a document, not a printer language.)
pub const LANGUAGES: &[&dyn Language] =
    &[&Zpl { text: zpl::Text::Drawn }, &BrotherQl { wide: false }, &BrotherQl { wide: true }, &Tspl, &EscPos, &Epl2];

/// The language called `name`.
pub fn named(name: &str) -> Option<&'static dyn Language> {
    LANGUAGES.iter().find(|language| language.name() == name).copied()
}

/// One thing of a label as dots, whatever it is.
fn dots_of(item: &Item, list: &DisplayList, typesetter: &dyn Typesetter) -> Bitmap {
    DisplayList { items: vec![item.clone()], ..*list }.rasterise(typesetter)
}
