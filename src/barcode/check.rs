//! Check digits: ISO 7064 MOD 97-10 for our own codes, and the schemes that hospitals' MRNs carry.

use serde::{Deserialize, Serialize};

/// ISO 7064 MOD 97-10 check digits (02 to 98, shown as two) over letters and digits; `None` if `text` holds anything
/// else. Letters count A=10 … Z=35, as in an IBAN.
pub fn mod_97_10(text: &str) -> Option<u8> {
    let remainder = remainder_97(text, 0)?;
    let remainder = (remainder * 100) % 97;
    u8::try_from(98 - remainder).ok()
}

/// Does `text` end in its own two check digits?
pub fn mod_97_10_holds(text: &str) -> bool {
    // Compared as digits, not by the remainder alone: 00, 01 and 99 leave the same remainder as 97, 98 and 02.
    text.len().checked_sub(2).and_then(|at| text.split_at_checked(at)).is_some_and(|(body, check)| {
        !body.is_empty() && mod_97_10(body).is_some_and(|right| format!("{right:02}") == check)
    })
}

fn remainder_97(text: &str, start: u32) -> Option<u32> {
    text.bytes().try_fold(start, |rest, byte| match byte {
        b'0'..=b'9' => Some((rest * 10 + u32::from(byte - b'0')) % 97),
        b'A'..=b'Z' => Some((rest * 100 + u32::from(byte - b'A') + 10) % 97),
        _ => None,
    })
}

/// A check-digit scheme of numbers that a hospital already has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckScheme {
    /// Luhn, HL7 table 0061 `M10`.
    Luhn,
    /// ISO 7064 MOD 11-2, one digit or X.
    #[serde(rename = "iso7064-11-2")]
    Iso11x2,
    /// ISO 7064 MOD 11,10, one digit.
    #[serde(rename = "iso7064-11-10")]
    Iso11x10,
    /// ISO 7064 MOD 97-10, two digits.
    #[serde(rename = "iso7064-97-10")]
    Iso97x10,
    /// ISO 7064 MOD 37,36, one digit or letter, over digits and letters.
    #[serde(rename = "iso7064-37-36")]
    Iso37x36,
    /// Verhoeff's dihedral scheme.
    Verhoeff,
    /// Damm's quasigroup scheme.
    Damm,
}

impl CheckScheme {
    /// All schemes.
    pub const ALL: [CheckScheme; 7] = [
        CheckScheme::Luhn,
        CheckScheme::Iso11x2,
        CheckScheme::Iso11x10,
        CheckScheme::Iso97x10,
        CheckScheme::Iso37x36,
        CheckScheme::Verhoeff,
        CheckScheme::Damm,
    ];

    /// The word used in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            CheckScheme::Luhn => "luhn",
            CheckScheme::Iso11x2 => "iso7064-11-2",
            CheckScheme::Iso11x10 => "iso7064-11-10",
            CheckScheme::Iso97x10 => "iso7064-97-10",
            CheckScheme::Iso37x36 => "iso7064-37-36",
            CheckScheme::Verhoeff => "verhoeff",
            CheckScheme::Damm => "damm",
        }
    }

    /// The scheme that `word` names.
    pub fn from_word(word: &str) -> Option<CheckScheme> {
        CheckScheme::ALL.into_iter().find(|scheme| scheme.word() == word)
    }

    /// Does `number`, its check digit last, hold by this scheme?
    pub fn holds(self, number: &str) -> bool {
        let width = if self == CheckScheme::Iso97x10 { 2 } else { 1 };
        let Some((body, check)) = number.len().checked_sub(width).and_then(|at| number.split_at_checked(at)) else {
            return false;
        };
        !body.is_empty() && self.check(body).as_deref() == Some(check)
    }

    /// The check characters for `body`; `None` if it holds what the scheme cannot take.
    pub fn check(self, body: &str) -> Option<String> {
        if self == CheckScheme::Iso97x10 {
            return mod_97_10(body).map(|check| format!("{check:02}"));
        }
        if self == CheckScheme::Iso37x36 {
            return iso_37_36(body).map(String::from);
        }
        let digits: Option<Vec<u8>> = body.bytes().map(|b| b.is_ascii_digit().then(|| b - b'0')).collect();
        let digits = digits?;
        let check = match self {
            CheckScheme::Luhn => luhn(&digits),
            CheckScheme::Iso11x2 => iso_11_2(&digits),
            CheckScheme::Iso11x10 => iso_11_10(&digits),
            CheckScheme::Verhoeff => verhoeff(&digits),
            CheckScheme::Damm => damm(&digits),
            CheckScheme::Iso97x10 | CheckScheme::Iso37x36 => return None,
        };
        Some(if check == 10 { "X".to_owned() } else { check.to_string() })
    }
}

fn luhn(digits: &[u8]) -> u32 {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| {
            let digit = u32::from(*digit);
            if index % 2 == 0 { digit * 2 / 10 + digit * 2 % 10 } else { digit }
        })
        .sum();
    (10 - sum % 10) % 10
}

fn iso_11_2(digits: &[u8]) -> u32 {
    let rest = digits.iter().fold(0, |rest, digit| (rest + u32::from(*digit)) * 2 % 11);
    (12 - rest) % 11
}

fn iso_11_10(digits: &[u8]) -> u32 {
    let rest = digits.iter().fold(10, |rest, digit| {
        let sum = (rest + u32::from(*digit)) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - rest) % 10
}

/// ISO 7064's hybrid system over `0-9A-Z`.
fn iso_37_36(body: &str) -> Option<char> {
    let rest = body.chars().try_fold(36, |rest, c| {
        let value = c.to_digit(36).filter(|_| !c.is_ascii_lowercase())?;
        let sum = (rest + value) % 36;
        Some((if sum == 0 { 36 } else { sum }) * 2 % 37)
    })?;
    char::from_digit((37 - rest) % 36, 36).map(|c| c.to_ascii_uppercase())
}

/// Products in the dihedral group of order ten.
fn dihedral(a: u32, b: u32) -> u32 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b - 5) % 5,
        (false, true) => 5 + (a - 5 + 5 - b) % 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

fn verhoeff(digits: &[u8]) -> u32 {
    const STEP: [u32; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    const INVERSE: [u32; 10] = [0, 4, 3, 2, 1, 5, 6, 7, 8, 9];
    let step = |digit: u32, times: usize| {
        (0..times).fold(digit, |digit, _| usize::try_from(digit).ok().and_then(|at| STEP.get(at)).copied().unwrap_or(0))
    };
    let rest = digits
        .iter()
        .rev()
        .enumerate()
        .fold(0, |rest, (index, digit)| dihedral(rest, step(u32::from(*digit), (index + 1) % 8)));
    usize::try_from(rest).ok().and_then(|at| INVERSE.get(at)).copied().unwrap_or(0)
}

fn damm(digits: &[u8]) -> u32 {
    const TABLE: [[u8; 10]; 10] = [
        [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
        [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
        [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
        [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
        [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
        [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
        [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
        [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
        [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
        [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
    ];
    let rest = digits.iter().fold(0u8, |rest, digit| {
        TABLE.get(usize::from(rest)).and_then(|row| row.get(usize::from(*digit))).copied().unwrap_or(0)
    });
    u32::from(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Check digits of 123456 in each scheme, as published.
    #[test]
    fn the_schemes_give_the_published_digits() {
        assert_eq!(mod_97_10("123456"), Some(76));
        let check = |scheme: CheckScheme| scheme.check("123456").expect("digits");
        assert_eq!(check(CheckScheme::Luhn), "6");
        assert_eq!(check(CheckScheme::Iso11x2), "3");
        assert_eq!(check(CheckScheme::Iso11x10), "8");
        assert_eq!(check(CheckScheme::Iso97x10), "76");
        assert_eq!(check(CheckScheme::Iso37x36), "J");
        assert_eq!(check(CheckScheme::Verhoeff), "8");
        assert_eq!(check(CheckScheme::Damm), "6");
        for scheme in CheckScheme::ALL {
            assert!(scheme.holds(&format!("123456{}", check(scheme))), "{scheme:?}");
            assert!(!scheme.holds("1234569X"), "{scheme:?}");
            assert!(!scheme.holds(""), "{scheme:?}");
            assert_eq!(CheckScheme::from_word(scheme.word()), Some(scheme));
        }
    }
}
