//! A file's lines, split into fields.
//!
//! One physical line is one record: no column of the contract can hold a line break, so a quote that is not closed
//! spoils its own line and no other. A general CSV reader would swallow everything up to the next quote, perhaps
//! megabytes of good rows, and forgive what comes after a closing quote; here both are faults with a line number.

use std::io::{self, BufRead, Read};

/// The longest line taken, in bytes.
pub const LINE_MAX_BYTES: usize = 64 * 1024;

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// Longer than [`LINE_MAX_BYTES`].
    #[error("the line is longer than {LINE_MAX_BYTES} bytes")]
    TooLong,
    /// Not UTF-8.
    #[error("byte 0x{byte:02X} is not UTF-8 text, as if the file were Windows-1252 (Latin-1): save it as CSV UTF-8")]
    NotUtf8 {
        /// The first byte that does not fit.
        byte: u8,
    },
    /// A quote was opened and the line ended.
    #[error("broken quotes: a quote is opened and not closed on this line")]
    Unclosed,
    /// Text after a closing quote.
    #[error("broken quotes: there is text after a closing quote; write a quote within a field twice")]
    AfterQuote,
    /// A quote within a field that does not begin with one.
    #[error("broken quotes: a quote in the middle of a field; put the field in quotes and write the quote twice")]
    Stray,
}

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1.
    pub number: u64,
    /// Its fields, or what is wrong with it.
    pub fields: Result<Vec<String>, LineFault>,
    /// The line as text; bytes that are not UTF-8 are shown as Windows-1252 has them. Cut at [`LINE_MAX_BYTES`].
    pub text: String,
}

/// Lines of a reader, blank ones left out.
pub struct Lines<R> {
    input: R,
    number: u64,
    bytes: u64,
    buffer: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    /// Begins with the first line; a byte order mark of UTF-8 is skipped.
    pub fn new(input: R) -> Lines<R> {
        Lines { input, number: 0, bytes: 0, buffer: Vec::new() }
    }

    /// Bytes read so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next line that is not blank.
    pub fn next_line(&mut self) -> io::Result<Option<Line>> {
        loop {
            self.buffer.clear();
            let limit = LINE_MAX_BYTES as u64 + 2;
            let read = (&mut self.input).take(limit).read_until(b'\n', &mut self.buffer)?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            self.bytes += read as u64;
            let ended = self.buffer.ends_with(b"\n");
            let mut line = self.buffer.as_slice();
            if self.number == 1 {
                line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
            }
            line = line.strip_suffix(b"\n").unwrap_or(line);
            line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.len() > LINE_MAX_BYTES {
                let text = readable(&line[..LINE_MAX_BYTES]);
                if !ended {
                    self.skip_rest()?;
                }
                return Ok(Some(Line { number: self.number, fields: Err(LineFault::TooLong), text }));
            }
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            return Ok(Some(Line { number: self.number, fields: fields(line), text: readable(line) }));
        }
    }

    /// Passes over what is left of a line that is too long, without holding it.
    fn skip_rest(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                return Ok(());
            }
            let (used, ended) = match buffer.iter().position(|byte| *byte == b'\n') {
                Some(at) => (at + 1, true),
                None => (buffer.len(), false),
            };
            self.input.consume(used);
            self.bytes += used as u64;
            if ended {
                return Ok(());
            }
        }
    }
}

fn fields(line: &[u8]) -> Result<Vec<String>, LineFault> {
    let text = std::str::from_utf8(line)
        .map_err(|fault| LineFault::NotUtf8 { byte: line.get(fault.valid_up_to()).copied().unwrap_or_default() })?;
    split(text)
}

/// Splits one line as RFC 4180 says, strictly.
fn split(line: &str) -> Result<Vec<String>, LineFault> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let (field, after) = match rest.trim_start_matches(' ').strip_prefix('"') {
            Some(quoted) => quoted_field(quoted)?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                let (field, after) = rest.split_at(end);
                if field.contains('"') {
                    return Err(LineFault::Stray);
                }
                (field.to_owned(), after)
            }
        };
        fields.push(field);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None => return Ok(fields),
        }
    }
}

/// A quoted field after its opening quote, and what follows its closing one (nothing, or from a comma on).
fn quoted_field(mut rest: &str) -> Result<(String, &str), LineFault> {
    let mut field = String::new();
    loop {
        let Some(quote) = rest.find('"') else { return Err(LineFault::Unclosed) };
        field.push_str(&rest[..quote]);
        rest = &rest[quote + 1..];
        if let Some(after) = rest.strip_prefix('"') {
            field.push('"');
            rest = after;
            continue;
        }
        let after = rest.trim_start_matches(' ');
        return if after.is_empty() || after.starts_with(',') {
            Ok((field, after))
        } else {
            Err(LineFault::AfterQuote)
        };
    }
}

/// Text for people: as UTF-8, else as Windows-1252, which is what such files are nearly always in.
fn readable(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| windows_1252(*byte)).collect(),
    }
}

fn windows_1252(byte: u8) -> char {
    /// 0x80 to 0x9F; the five that are not assigned are shown as U+FFFD.
    const HIGH: [char; 32] = [
        '€', '\u{FFFD}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{FFFD}', 'Ž', '\u{FFFD}',
        '\u{FFFD}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{FFFD}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9F => HIGH.get(usize::from(byte - 0x80)).copied().unwrap_or('\u{FFFD}'),
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(bytes: &[u8]) -> Vec<Line> {
        let mut lines = Lines::new(bytes);
        std::iter::from_fn(|| lines.next_line().unwrap()).collect()
    }

    #[test]
    fn marks_line_ends_and_blank_lines() {
        let lines = all(b"\xEF\xBB\xBFmrn,name\r\n\r\n1,\"Diaz, Rosa\"\n2,\"the \"\"old\"\" one\" , x");
        let fields: Vec<_> = lines.iter().map(|line| (line.number, line.fields.clone().unwrap())).collect();
        assert_eq!(fields[0], (1, vec!["mrn".into(), "name".into()]));
        assert_eq!(fields[1], (3, vec!["1".into(), "Diaz, Rosa".into()]));
        assert_eq!(fields[2], (4, vec!["2".into(), "the \"old\" one".into(), " x".into()]));
    }

    #[test]
    fn a_broken_quote_spoils_its_own_line_only() {
        let lines = all(b"1,\"Diaz\n2,Osei\n3,\"A\"b\n4,O\"Hara\n5,\"\"\n");
        let faults: Vec<_> = lines.iter().map(|line| line.fields.clone().err()).collect();
        assert_eq!(faults[0], Some(LineFault::Unclosed));
        assert_eq!(faults[1], None);
        assert_eq!(faults[2], Some(LineFault::AfterQuote));
        assert_eq!(faults[3], Some(LineFault::Stray));
        assert_eq!(lines[4].fields.clone().unwrap(), ["5", ""]);
    }

    #[test]
    fn other_encodings_are_named_and_still_readable() {
        let lines = all(b"1,M\xFCller\n2,Ana\n");
        assert_eq!(lines[0].fields, Err(LineFault::NotUtf8 { byte: 0xFC }));
        assert_eq!(lines[0].text, "1,Müller");
        assert!(lines[1].fields.is_ok());
    }

    #[test]
    fn a_line_without_end_is_passed_over() {
        let mut file = vec![b'x'; LINE_MAX_BYTES * 3];
        file.extend_from_slice(b"\n7,ok\n");
        let lines = all(&file);
        assert_eq!(lines[0].fields, Err(LineFault::TooLong));
        assert_eq!(lines[0].text.len(), LINE_MAX_BYTES);
        assert_eq!((lines[1].number, lines[1].fields.clone().unwrap()), (2, vec!["7".to_owned(), "ok".to_owned()]));
        let mut lines = Lines::new(file.as_slice());
        while lines.next_line().unwrap().is_some() {}
        assert_eq!(lines.bytes(), file.len() as u64);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(fields in prop::collection::vec("[^\r\n\u{0}]{0,12}", 1..6)) {
            let text: Vec<String> = fields.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\""))).collect();
            prop_assert_eq!(split(&text.join(",")).unwrap(), fields);
        }

        #[test]
        fn no_bytes_make_it_stumble(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let breaks = bytes.iter().filter(|byte| **byte == b'\n').count();
            prop_assert!(all(&bytes).len() <= breaks + 1);
        }
    }
}
