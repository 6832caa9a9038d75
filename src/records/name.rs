//! Names as they are searched (without accents, in lower case) and as they are shown.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A name as it is shown in words and lists: control characters and characters that turn the direction of the text
/// around them left out. It may hold any other Unicode, joiners included: some scripts are not written without them.
pub fn shown(name: &str) -> String {
    if name.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return name.to_owned();
    }
    let turns =
        |c: char| matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    name.chars().filter(|c| !c.is_control() && !turns(*c)).collect()
}

/// `name` folded for searching: compatibility decomposition, marks dropped, lower case, letters that do not decompose
/// spelled out, every run of anything else one space.
pub fn fold_name(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for c in name.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'þ' => folded.push_str("th"),
            'ı' => folded.push('i'),
            // O'Brien is found as obrien too.
            '\'' | '’' | 'ʼ' | '`' => {}
            c if c.is_alphanumeric() => folded.push(c),
            _ if folded.ends_with(' ') || folded.is_empty() => {}
            _ => folded.push(' '),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// What a patient is sorted and found by: family name, then given names.
pub fn sort_name(last_name: &str, first_name: &str) -> String {
    fold_name(&format!("{last_name} {first_name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_case_and_punctuation_do_not_matter() {
        assert_eq!(fold_name("Álvarez-Lefèvre"), "alvarez lefevre");
        assert_eq!(fold_name("Jonas Weiß"), "jonas weiss");
        assert_eq!(fold_name("O'Brien"), "obrien");
        assert_eq!(fold_name("Søren  Żak "), "soren zak");
        assert_eq!(fold_name("Иванова"), "иванова");
        assert_eq!(sort_name("Diaz", "Rosa"), "diaz rosa");
    }
}
