//! Numbers: what an MRN looks like, how it is shown in filing order, how it sorts on the shelf.

use regex::Regex;

use super::Filing;

/// The longest MRN, in characters.
pub const MRN_MAX_CHARS: usize = 32;

/// How a hospital's medical record numbers look and are filed.
#[derive(Debug, Clone)]
pub struct Numbering {
    pattern: Regex,
    /// As it was written, for messages.
    written: String,
    /// The order on the shelf.
    pub filing: Filing,
}

/// Why a number or a pattern is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NumberingError {
    /// The pattern is no regular expression.
    #[error("it is no regular expression: {0}")]
    Pattern(String),
    /// The number does not fit the pattern.
    #[error("MRN {mrn:?} does not fit the hospital's pattern {pattern}")]
    Unfit {
        /// The number.
        mrn: String,
        /// The pattern.
        pattern: String,
    },
}

impl Numbering {
    /// Numbers that match `pattern` as a whole, filed in this order.
    pub fn new(pattern: &str, filing: Filing) -> Result<Numbering, NumberingError> {
        // Anchored here, so that a pattern written without ^ and $ does not let longer numbers pass.
        let whole = regex::RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(1 << 20).build();
        let written = pattern.to_owned();
        let pattern = whole.map_err(|error| {
            let text = error.to_string();
            NumberingError::Pattern(text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned())
        })?;
        Ok(Numbering { pattern, written, filing })
    }

    /// Is `mrn` a number of this hospital's?
    pub fn check(&self, mrn: &str) -> Result<(), NumberingError> {
        if mrn.len() <= MRN_MAX_CHARS && self.pattern.is_match(mrn) {
            return Ok(());
        }
        Err(NumberingError::Unfit { mrn: mrn.to_owned(), pattern: self.written.clone() })
    }

    /// The number in filing order, groups set apart: 123456 is `56-34-12` by terminal digit, `34-12-56` by middle
    /// digit. Numbers that are no digits are shown as they are.
    pub fn filing(&self, mrn: &str) -> String {
        let Some([first, middle, last]) = groups(mrn) else { return mrn.to_owned() };
        match self.filing {
            Filing::TerminalDigit => format!("{last}-{middle}-{first}"),
            Filing::MiddleDigit => format!("{middle}-{first}-{last}"),
            Filing::Straight | Filing::Alphabetic => mrn.to_owned(),
        }
    }

    /// The pair by which folders find their section of the shelf: the last one of a number, the middle one where filing
    /// is by middle digit. `None` for numbers that are no digits.
    pub fn section(&self, mrn: &str) -> Option<u8> {
        let [_, middle, last] = groups(mrn)?;
        if self.filing == Filing::MiddleDigit { middle.parse().ok() } else { last.parse().ok() }
    }

    /// A key whose byte order is the order on the shelf. `sort_name` is the patient's folded name, for alphabetic filing.
    pub fn sort_key(&self, mrn: &str, sort_name: &str) -> String {
        if self.filing == Filing::Alphabetic {
            return format!("{sort_name}\u{0}{mrn:0>32}");
        }
        match groups(mrn) {
            Some([first, middle, last]) => match self.filing {
                Filing::TerminalDigit => format!("{last},{middle},{first:0>32}"),
                Filing::MiddleDigit => format!("{middle},{first:0>32},{last}"),
                Filing::Straight | Filing::Alphabetic => format!("{mrn:0>32}"),
            },
            None => format!("{mrn:0>32}"),
        }
    }
}

/// First (tertiary), middle and last (primary) group: pairs from the right, zeros in front; extra leading digits go to
/// the first.
fn groups(mrn: &str) -> Option<[String; 3]> {
    if mrn.is_empty() || !mrn.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let padded = format!("{mrn:0>6}");
    let (rest, last) = padded.split_at_checked(padded.len() - 2)?;
    let (first, middle) = rest.split_at_checked(rest.len() - 2)?;
    Some([first.to_owned(), middle.to_owned(), last.to_owned()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbering(filing: Filing) -> Numbering {
        Numbering::new(r"\d{6,7}", filing).expect("pattern")
    }

    #[test]
    fn terminal_digit_order_is_the_textbook_s() {
        let n = numbering(Filing::TerminalDigit);
        let wanted = ["454999", "604999", "445099", "455099", "445199"];
        let mut shelf = ["445199", "455099", "604999", "445099", "454999"];
        shelf.sort_by_key(|mrn| n.sort_key(mrn, ""));
        assert_eq!(shelf, wanted);
        assert_eq!(n.filing("123456"), "56-34-12");
        assert_eq!((n.section("123456"), n.section("7"), n.section("A-17")), (Some(56), Some(7), None));
        assert_eq!(n.filing("1234567"), "67-45-123");
        assert_eq!(n.filing("42"), "42-00-00");
        assert_eq!(n.filing("A-17"), "A-17");
    }

    #[test]
    fn middle_digit_order_is_the_textbook_s() {
        let n = numbering(Filing::MiddleDigit);
        let mut shelf = ["432216", "432215", "422117"];
        shelf.sort_by_key(|mrn| n.sort_key(mrn, ""));
        assert_eq!(shelf, ["422117", "432215", "432216"]);
    }

    #[test]
    fn a_number_must_fit_as_a_whole() {
        let n = numbering(Filing::Straight);
        assert!(n.check("123456").is_ok());
        assert!(n.check("x123456").is_err());
        assert!(n.check("12345678").is_err());
        assert!(Numbering::new("(", Filing::Straight).is_err());
    }
}
