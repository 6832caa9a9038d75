//! Payload text <-> typed code. Pure: no I/O, no clock, no randomness.
//!
//! What Outguide prints is `KIND BODY CHECK` in upper case letters and digits only, so that no keyboard layout,
//! Code 39 reader or printer command can hurt it; the check is ISO 7064 MOD 97-10 over everything before it.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use utoipa::ToSchema;

/// The number of one chart (one physical folder), 1 to 999,999,999. It never carries meaning and is never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct ChartNumber(pub u32);

impl fmt::Display for ChartNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Which printing of a chart's label this is, 1 to 999. Copies made in one printing share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct LabelIssue(pub u16);

/// A place's code: 1 to 12 of `A-Z 0-9`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, ToSchema)]
#[schema(value_type = String)]
pub struct PlaceCode(SmolStr);

/// A person's badge number: 1 to 12 of `A-Z 0-9`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, ToSchema)]
#[schema(value_type = String)]
pub struct BadgeNumber(SmolStr);

/// Why a text is not a place code or badge number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a code: use 1 to 12 of the letters A to Z and the digits 0 to 9")]
pub struct InvalidCode {
    /// What was given.
    pub text: String,
}

macro_rules! short_code {
    ($name:ident) => {
        impl $name {
            /// Checks and takes `text`; lower case letters are raised.
            pub fn new(text: &str) -> Result<Self, InvalidCode> {
                let code = text.trim();
                let fits = (1..=12).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric());
                if !fits {
                    return Err(InvalidCode { text: text.to_owned() });
                }
                Ok(Self(code.chars().map(|letter| letter.to_ascii_uppercase()).collect()))
            }
            /// The code as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl TryFrom<String> for $name {
            type Error = InvalidCode;
            fn try_from(text: String) -> Result<Self, InvalidCode> {
                Self::new(&text)
            }
        }
        impl From<$name> for String {
            fn from(code: $name) -> String {
                code.0.into()
            }
        }
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(deserializer)?;
                Self::new(&text).map_err(serde::de::Error::custom)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
short_code!(PlaceCode);
short_code!(BadgeNumber);

/// A command card's word. A touch button on the kiosk's screen submits the same code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommandWord {
    /// The next badge takes the charts that follow.
    Out,
    /// Charts that follow are returned to the records room.
    Return,
    /// Charts that follow are received at this kiosk's place.
    Receive,
    /// Charts that follow leave for a destination (in transit).
    Send,
    /// Tells where a chart should be; moves nothing.
    Where,
    /// Opens a missing case for each chart that follows.
    Missing,
    /// Closes the missing case of each chart that follows.
    Found,
    /// Shelf reading.
    Shelf,
    /// Prints a folder label for each chart that follows.
    Label,
    /// Takes back this session's last custody change.
    Undo,
    /// Signs off.
    Done,
}

/// What a scanned text turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// `C`: the chart itself, with the issue of the label that was read.
    Chart(ChartNumber, LabelIssue),
    /// `R`: a reference on a slip, list or screen: names a chart, is never a sighting.
    Reference(ChartNumber),
    /// `L`: a place.
    Place(PlaceCode),
    /// `S`: a person's badge.
    Badge(BadgeNumber),
    /// `K`: a command card.
    Command(CommandWord),
    /// Read through one of the hospital's own rules for the labels it already has.
    Legacy(LegacyCode),
    /// Nothing known; the reason says what was wrong.
    Unrecognised(Unrecognised),
}

/// The named groups of a legacy rule that matched. A badge or place found this way is a [`Code::Badge`] or
/// [`Code::Place`]; only chart identities stay here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LegacyCode {
    /// The whole text that was read, as it would stand in a chart's `legacy_barcode`.
    pub text: String,
    /// The medical record number.
    pub mrn: Option<String>,
    /// The volume, where the label has it.
    pub volume: Option<u16>,
    /// The record type's code, where the label has it.
    pub record_type: Option<String>,
}

/// Why a text was not recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unrecognised {
    /// Looks like one of ours but its check digits do not fit: a misread or damaged label.
    WrongCheck,
    /// Looks like one of ours but its body is malformed.
    Malformed,
    /// No rule knows this text.
    UnknownPattern,
    /// Nothing, or only blanks and control characters.
    Empty,
    /// Longer than a code may be.
    TooLong,
}

mod check;
mod code;
pub mod photo;
mod rules;
#[cfg(test)]
mod tests;

pub use check::{CheckScheme, mod_97_10};
pub use code::encode;
pub use rules::{LegacyRule, Reader, RuleError, clean, old_barcode};
