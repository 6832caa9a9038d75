//! Faults in a configuration: which file, which line, what is wrong and how to mend it.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// One fault, worded for whoever has to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line it is on, from 1; `None` where it concerns the file as a whole.
    pub line: Option<usize>,
    /// What is wrong, and the fix.
    pub text: String,
}

/// All that is wrong with one configuration file.
#[derive(Debug, Clone, thiserror::Error)]
pub struct ConfigError {
    /// The file, or `None` for text that came from elsewhere.
    pub file: Option<PathBuf>,
    /// The faults, in the order of the file.
    pub faults: Vec<Fault>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{}", fault.located(self.file.as_deref()))?;
        }
        Ok(())
    }
}

impl Fault {
    /// `file:line: text`, the form editors jump to.
    pub fn located(&self, file: Option<&Path>) -> String {
        let file = file.map_or_else(|| "configuration".to_owned(), |file| file.display().to_string());
        match self.line {
            Some(line) => format!("{file}:{line}: {}", self.text),
            None => format!("{file}: {}", self.text),
        }
    }
}

/// The line, from 1, on which byte `span.start` of `text` stands.
pub(super) fn line_of(text: &str, span: &Range<usize>) -> usize {
    text.as_bytes().iter().take(span.start).filter(|byte| **byte == b'\n').count() + 1
}

/// The parser's complaint as a fault; an unknown key is given its nearest known neighbour.
pub(super) fn from_toml(text: &str, error: &toml::de::Error) -> Fault {
    let message = error.message();
    let line = error.span().map(|span| line_of(text, &span));
    let text = match unknown_key(message) {
        Some((key, known)) => match nearest(&key, &known) {
            Some(near) => format!("unknown key `{key}`: did you mean `{near}`?"),
            None => format!("unknown key `{key}`: this section knows {}", known.join(", ")),
        },
        None => format!("{}{}", message.trim(), mend(message)),
    };
    Fault { line, text }
}

/// What to write instead, where the parser says what it expected.
fn mend(message: &str) -> &'static str {
    let expected = message.rsplit("expected ").next().unwrap_or_default();
    match expected {
        _ if !message.contains("expected ") => "",
        "a boolean" => ": write true or false, without quotes",
        "a string" | "path string" => ": put it in double quotes",
        number if number.starts_with('u') || number.contains("integer") => ": write a number, without quotes",
        _ => "",
    }
}

/// Serde says "unknown field `x`, expected one of `a`, `b`": the quoted words are the key and its neighbours.
fn unknown_key(message: &str) -> Option<(String, Vec<String>)> {
    message.starts_with("unknown field").then_some(())?;
    let mut words = message.split('`').skip(1).step_by(2).map(str::to_owned);
    let key = words.next()?;
    Some((key, words.collect()))
}

/// The known word most like `key`, where one is like it at all.
pub(crate) fn nearest<'a>(key: &str, known: &'a [String]) -> Option<&'a str> {
    known
        .iter()
        .map(|word| (strsim::damerau_levenshtein(key, word), word))
        .filter(|(distance, word)| *distance <= word.len().max(key.len()) / 2)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word.as_str())
}
