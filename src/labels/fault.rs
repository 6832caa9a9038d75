//! What is wrong with a file: where, what, and what to do.

use std::fmt;
use std::ops::Range;

/// A template, stock, palette, picture or font file that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct TemplateError {
    /// The file.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// What is wrong.
    pub fault: String,
    /// What to do about it.
    pub fix: String,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.fault)?;
        if self.fix.is_empty() { Ok(()) } else { write!(f, "; {}", self.fix) }
    }
}

/// A file that is being read.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
}

impl Source<'_> {
    pub(super) fn line(&self, span: &Range<usize>) -> usize {
        line(self.text, span.start)
    }

    pub(super) fn error(&self, span: &Range<usize>, fault: impl Into<String>, fix: impl Into<String>) -> TemplateError {
        self.at(self.line(span), fault, fix)
    }

    pub(super) fn at(&self, line: usize, fault: impl Into<String>, fix: impl Into<String>) -> TemplateError {
        TemplateError { file: self.file.to_owned(), line, fault: fault.into(), fix: fix.into() }
    }

    /// Reads the file; unknown keys are answered with the nearest known one.
    pub(super) fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, TemplateError> {
        if self.text.len() > FILE_MOST_BYTES {
            let fault = format!("the file is longer than {FILE_MOST_BYTES} bytes");
            return Err(self.at(1, fault, "it is no template: take it out of the directory"));
        }
        toml::from_str(self.text).map_err(|error| self.toml_error(&error))
    }

    fn toml_error(&self, error: &toml::de::Error) -> TemplateError {
        let line = error.span().map_or(1, |span| line(self.text, span.start));
        let fault = error.message().to_owned();
        // serde's words: unknown field `capp`, expected one of `x`, `cap`
        let mut quoted = fault.split('`').skip(1).step_by(2);
        let fix = match (fault.starts_with("unknown "), quoted.next()) {
            (true, Some(name)) => suggestion(name, quoted),
            _ if fault.starts_with("missing field") => "add it".to_owned(),
            _ => String::new(),
        };
        self.at(line, fault, fix)
    }
}

/// Templates are some kilobytes.
const FILE_MOST_BYTES: usize = 256 * 1024;

fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// "did you mean …" where something is near, else all there is.
pub(super) fn suggestion<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    let near = known.iter().map(|name| (strsim::damerau_levenshtein(wrong, name), name)).min();
    match near {
        Some((distance, name)) if distance <= 2 => format!("did you mean `{name}`?"),
        _ => format!("known are {}", known.join(", ")),
    }
}
