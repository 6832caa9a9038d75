//! Text with fields in it.

use serde::Deserialize;

use crate::labels::data::{FIELDS, Field, Values};
use crate::labels::fault::suggestion;

/// Text with `{field}` where a field's value goes.
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
                pieces.push(Piece::Text(literal(before)?));
            }
            pieces.push(Piece::Field(field_named(name)?));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(literal(rest)?));
        }
        Ok(Self { pieces })
    }
}

/// A template's own words are as harmless as its data: no control or direction characters.
fn literal(text: &str) -> Result<String, String> {
    if text.contains('}') {
        return Err(format!("{text:?} has a }} without {{: write {{name}}"));
    }
    if let Some(c) = text.chars().find(|c| *c != ' ' && crate::labels::plain(&c.to_string()).is_empty()) {
        return Err(format!("{text:?} holds the invisible character U+{:04X}: take it out", u32::from(c)));
    }
    Ok(text.to_owned())
}

impl Pattern {
    /// Its fields.
    pub fn fields(&self) -> impl Iterator<Item = Field> + '_ {
        self.pieces.iter().filter_map(|piece| if let Piece::Field(field) = piece { Some(*field) } else { None })
    }

    /// The text with its fields filled in from the first that has them.
    pub(in crate::labels) fn fill_in(&self, values: &Values) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Field(field) => values.field(*field).to_owned(),
        };
        match self.pieces.as_slice() {
            [only] => piece(only),
            pieces => pieces.iter().map(piece).collect(),
        }
    }
}

pub(super) fn field_named(name: &str) -> Result<Field, String> {
    let known = FIELDS.iter().find(|info| info.name == name).map(|info| info.field);
    known.ok_or_else(|| {
        let names = FIELDS.iter().map(|info| info.name);
        format!("there is no field `{name}`: {}", suggestion(name, names))
    })
}
