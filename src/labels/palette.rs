//! Shelf colours: which digit has which. A file in `label-templates/palettes`; vendors' palettes are a site's own data.

use serde::Deserialize;
use toml::Spanned;

use super::fault::{Source, TemplateError};

/// Colours of the digits 0 to 9.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Palette {
    /// The name templates use.
    pub name: String,
    /// What people call it.
    pub title: String,
    colours: Vec<(char, Colour)>,
}

/// A colour with its name, which is printed too: colour never stands alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colour {
    /// What people call it.
    pub name: String,
    /// Red, green, blue.
    pub rgb: [u8; 3],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    title: String,
    colour: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    digit: u8,
    name: String,
    rgb: String,
}

impl Palette {
    /// Reads a palette file.
    pub fn parse(file: &str, text: &str) -> Result<Self, TemplateError> {
        let source = Source { file, text };
        let read: File = source.read()?;
        let mut colours: Vec<(char, Colour)> = Vec::new();
        for entry in &read.colour {
            let (span, entry) = (entry.span(), entry.get_ref());
            let digit = char::from_digit(u32::from(entry.digit), 10)
                .ok_or_else(|| source.error(&span, format!("{} is not a digit", entry.digit), "use 0 to 9"))?;
            if colours.iter().any(|(known, _)| *known == digit) {
                return Err(source.error(&span, format!("digit {digit} has a colour already"), "take one out"));
            }
            let rgb = rgb(&entry.rgb)
                .ok_or_else(|| source.error(&span, format!("`{}` is no colour", entry.rgb), "write it as #rrggbb"))?;
            colours.push((digit, Colour { name: super::plain(&entry.name), rgb }));
        }
        let lacking = ('0'..='9').find(|digit| !colours.iter().any(|(known, _)| known == digit));
        if let Some(digit) = lacking {
            return Err(source.at(1, format!("digit {digit} has no colour"), "add a [[colour]] for it"));
        }
        Ok(Self { name: read.name, title: read.title, colours })
    }

    /// The colour of the last digit in a text.
    pub fn colour(&self, text: &str) -> Option<&Colour> {
        let digit = text.chars().rev().find(char::is_ascii_digit)?;
        self.colours.iter().find(|(known, _)| *known == digit).map(|(_, colour)| colour)
    }
}

impl Colour {
    /// Whether white letters are easier to read on it than black ones: the higher contrast ratio of WCAG 2 wins.
    pub fn wants_white(&self) -> bool {
        let luminance = luminance(self.rgb);
        1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05
    }
}

/// Relative luminance (WCAG 2.2).
fn luminance(rgb: [u8; 3]) -> f64 {
    let [red, green, blue] = rgb.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn rgb(text: &str) -> Option<[u8; 3]> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    <[u8; 3]>::try_from(hex::decode(digits).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_on_a_colour_have_a_contrast_of_4_5_at_least() {
        for (_, text) in crate::labels::built_in::PALETTES {
            let palette = Palette::parse("palette", text).unwrap();
            for digit in 0..10 {
                let colour = palette.colour(&digit.to_string()).unwrap();
                let luminance = luminance(colour.rgb);
                let contrast = if colour.wants_white() { 1.05 / (luminance + 0.05) } else { (luminance + 0.05) / 0.05 };
                assert!(contrast >= 4.5, "{}: {contrast}", colour.name);
            }
        }
    }

    #[test]
    fn faults_name_the_line() {
        let all: String =
            (0..10).map(|digit| format!("[[colour]]\ndigit = {digit}\nname = 'c'\nrgb = '#00000{digit}'\n")).collect();
        let text = format!("name = 'a'\ntitle = 'A'\n{all}");
        let fault = |from: &str, to: &str| Palette::parse("a.toml", &text.replace(from, to)).unwrap_err().to_string();
        assert!(Palette::parse("a.toml", &text).is_ok());
        assert_eq!(fault("digit = 9", "digit = 8"), "a.toml:39: digit 8 has a colour already; take one out");
        assert_eq!(fault("#000001", "blue"), "a.toml:7: `blue` is no colour; write it as #rrggbb");
        assert!(fault("rgb = '#000001'", "rgb = '#000001'\nx = 1").starts_with("a.toml:11: unknown field `x`"));
    }
}
