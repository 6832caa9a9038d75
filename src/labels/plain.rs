//! Text made harmless for paper: names may hold any Unicode.

use unicode_normalization::UnicodeNormalization;

/// The text composed (NFC), without control characters and without characters that turn or hide the letters around
/// them; line breaks and tabs become spaces, runs of spaces one.
pub fn plain(text: &str) -> String {
    let harmless = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if harmless && !text.contains("  ") && text.trim_ascii().len() == text.len() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.nfc() {
        let c = if c.is_whitespace() { ' ' } else { c };
        if (c == ' ' && (out.is_empty() || out.ends_with(' '))) || c.is_control() || hides_or_turns(c) {
            continue;
        }
        out.push(c);
    }
    out.truncate(out.trim_end().len());
    out
}

/// Direction marks, embeddings and isolates (Unicode TR9), zero-width and invisible characters, tags, private use.
fn hides_or_turns(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn control_and_direction_characters_go() {
        assert_eq!(plain(" A\u{0}\u{1b}[2J\r\n\tB  \u{202e}C\u{2069}\u{200b}\u{feff} "), "A[2J B C");
        assert_eq!(plain("e\u{301} 名前 ^XA"), "é 名前 ^XA");
        for (text, same) in [
            ("", ""),
            ("O'Brien, Mary ~", "O'Brien, Mary ~"),
            (" a", "a"),
            ("a ", "a"),
            ("a  b", "a b"),
            ("a\u{7f}", "a"),
        ] {
            assert_eq!(plain(text), same);
        }
    }
}
