//! The number as the shelf is read: in pairs, the pair that is looked for first the heaviest.

use crate::records::Filing;

/// A number in groups, and which of them is searched first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilingNumber {
    /// The groups in writing order.
    pub groups: Vec<String>,
    /// Index of the primary group.
    pub primary: usize,
}

impl FilingNumber {
    /// Groups `mrn` as `filing` reads it. Numbers with anything but digits stay whole.
    pub fn new(mrn: &str, filing: Filing) -> Self {
        let digits = !mrn.is_empty() && mrn.bytes().all(|byte| byte.is_ascii_digit());
        let primary = match filing {
            Filing::TerminalDigit => 2,
            Filing::MiddleDigit => 1,
            Filing::Straight | Filing::Alphabetic => return Self::whole(mrn),
        };
        if !digits {
            return Self::whole(mrn);
        }
        // Short numbers are padded to six digits; extra leading ones go to the first group.
        let padded = format!("{mrn:0>6}");
        let (head, tail) = padded.split_at(padded.len() - 4);
        let (middle, last) = tail.split_at(2);
        Self { groups: vec![head.to_owned(), middle.to_owned(), last.to_owned()], primary }
    }

    fn whole(mrn: &str) -> Self {
        Self { groups: vec![super::plain(mrn)], primary: 0 }
    }

    /// Six digits in the order of searching: the primary pair, the next, the last. Where the number is not in pairs they
    /// are its last two characters, the two before, and the two before those; what it lacks are hyphens.
    pub fn digits(&self) -> [char; 6] {
        let pair = |group: &str| {
            let mut from_the_right = group.chars().rev();
            let last = from_the_right.next().unwrap_or('-');
            [from_the_right.next().unwrap_or('-'), last]
        };
        let [first, second, third] = match self.groups.as_slice() {
            [first, middle, last] if self.primary == 2 => [last, middle, first].map(|group| pair(group)),
            [first, middle, last] => [middle, first, last].map(|group| pair(group)),
            whole => {
                let letters: Vec<char> = whole.concat().chars().collect();
                let part = |from: usize| {
                    let end = letters.len().saturating_sub(from);
                    pair(&letters.get(end.saturating_sub(2)..end).unwrap_or_default().iter().collect::<String>())
                };
                [part(0), part(2), part(4)]
            }
        };
        [first[0], first[1], second[0], second[1], third[0], third[1]]
    }

    /// The groups with hyphens between.
    pub fn text(&self) -> String {
        self.groups.join("-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_from_the_right() {
        let text = |mrn, filing| FilingNumber::new(mrn, filing).text();
        assert_eq!(text("123456", Filing::TerminalDigit), "12-34-56");
        assert_eq!(text("12345678", Filing::TerminalDigit), "1234-56-78");
        assert_eq!(text("1234", Filing::MiddleDigit), "00-12-34");
        assert_eq!(text("A-12\u{202e}34", Filing::TerminalDigit), "A-1234");
        assert_eq!(FilingNumber::new("123456", Filing::MiddleDigit).primary, 1);
        assert_eq!(text("123456", Filing::Straight), "123456");
    }

    #[test]
    fn digits_in_the_order_of_searching() {
        let digits = |mrn, filing| FilingNumber::new(mrn, filing).digits().iter().collect::<String>();
        assert_eq!(digits("123456", Filing::TerminalDigit), "563412");
        assert_eq!(digits("123456", Filing::MiddleDigit), "341256");
        assert_eq!(digits("12345678", Filing::TerminalDigit), "785634");
        assert_eq!(digits("12345", Filing::Straight), "4523-1");
        assert_eq!(digits("", Filing::Straight), "------");
    }
}
