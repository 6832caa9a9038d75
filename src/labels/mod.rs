//! Labels and printed lists: template and data in, a display list, and from that PDF, SVG or a printer's language.
//! Pure: no I/O, no clock.

pub mod data;
mod filing_number;
mod plain;
mod symbols;
pub mod template;
mod typeface;

pub use filing_number::FilingNumber;
pub use plain::plain;
pub use typeface::{FontError, Typeface};
