//! AIM symbology identifiers (ISO/IEC 15424): `]`, a letter for the symbology and a modifier, which a scanner can be
//! told to send before each code.

/// What each letter stands for.
const SYMBOLOGIES: [(u8, &str); 10] = [
    (b'A', "Code 39"),
    (b'C', "Code 128"),
    (b'd', "DataMatrix"),
    (b'E', "EAN/UPC"),
    (b'F', "Codabar"),
    (b'G', "Code 93"),
    (b'I', "Interleaved 2 of 5"),
    (b'L', "PDF417"),
    (b'Q', "QR Code"),
    (b'z', "Aztec"),
];

/// Takes a known identifier off `text`: the identifier (`]C0`) and the code. What is no identifier stays.
pub fn split(text: &str) -> (Option<&str>, &str) {
    let known = match text.as_bytes() {
        [b']', letter, modifier, _, ..] => name_of(*letter).is_some() && modifier.is_ascii_alphanumeric(),
        _ => false,
    };
    match text.split_at_checked(3).filter(|_| known) {
        Some((identifier, code)) => (Some(identifier), code),
        None => (None, text),
    }
}

/// The symbology's name for an identifier such as `]C0`.
pub fn symbology(identifier: &str) -> Option<&'static str> {
    identifier.strip_prefix(']').and_then(|rest| rest.bytes().next()).and_then(name_of)
}

fn name_of(letter: u8) -> Option<&'static str> {
    SYMBOLOGIES.iter().find(|(known, _)| *known == letter).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_identifiers_are_taken_off() {
        assert_eq!(split("]C0C00000001700163"), (Some("]C0"), "C00000001700163"));
        assert_eq!(split("]d2x"), (Some("]d2"), "x"));
        for plain in ["", "]", "]C0", "]x0A", "]C-A", "]Cé1", "C00000001700163", "é]C0A"] {
            assert_eq!(split(plain), (None, plain));
        }
        assert_eq!((symbology("]Q1"), symbology("QR")), (Some("QR Code"), None));
    }
}
