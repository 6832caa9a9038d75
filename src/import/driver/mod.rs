//! From a file to a sink, chunk by chunk.

use std::collections::HashSet;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use super::columns::{Columns, HeaderFault, ImportKind};
use super::duplicates::Duplicates;
use super::lines::{Line, LineFault, Lines};
use super::parse::{ParseRules, parse_row};
use super::rejects::{Rejects, rejects_path};
use super::report::{ImportError, ImportReport, Progress};
use super::rows::{Chunk, ChunkDone, ImportSink, ImportedRow, RowOutcome, SinkError};
use crate::ledger::changes::IMPORT_CHUNK_ROWS;

/// The most rows in one chunk.
pub const CHUNK_ROWS_MAX: usize = IMPORT_CHUNK_ROWS;
const CHUNK_ROWS_MIN: usize = 10;
/// The most lines that wait for a chunk's outcome, those that are not in it included.
const WAITING_MAX: usize = 1_000;
/// What a chunk is to hold the writer by those before it. The bound is 10 ms.
const CHUNK_HOLD_TARGET_US: u64 = 2_000;
const READ_BUFFER_BYTES: usize = 256 * 1024;

/// Which file is imported, as what, by which rules.
pub struct ImportFile<'a> {
    /// What it holds.
    pub kind: ImportKind,
    /// Where it is.
    pub path: &'a Path,
    /// What its fields are judged by.
    pub rules: ParseRules<'a>,
}

/// Imports `file` into `sink`; `progress` is called after each chunk. Good rows load, bad ones go to the rejects.
pub fn run(
    file: &ImportFile<'_>,
    sink: &mut dyn ImportSink,
    progress: &mut dyn FnMut(&Progress),
) -> Result<ImportReport, ImportError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| ImportError::Io { path, source }
    };
    let input = File::open(file.path).map_err(at(file.path))?;
    let bytes_total = input.metadata().map_err(at(file.path))?.len();
    let mut lines = Lines::new(BufReader::with_capacity(READ_BUFFER_BYTES, input));
    let first = lines.next_line().map_err(at(file.path))?;
    let header = |fault| ImportError::Header { path: file.path.to_owned(), fault };
    let names = header_names(file.kind, first).map_err(header)?;
    let columns = Columns::check(file.kind, &names).map_err(header)?;
    let rejects_at = rejects_path(file.path);
    let original = names.into_iter().skip(columns.passed_over).collect();
    let rejects = Rejects::new(rejects_at.clone(), original).map_err(at(&rejects_at))?;
    let mut import = Import {
        file,
        columns,
        rejects,
        rejects_at,
        sink,
        duplicates: Duplicates::default(),
        chunk: Chunk::of(file.kind),
        waiting: Vec::new(),
        keys: HashSet::new(),
        chunk_rows: CHUNK_ROWS_MIN,
        counts: Progress { bytes_total, ..Progress::default() },
    };
    while let Some(line) = lines.next_line().map_err(at(file.path))? {
        import.take(line);
        if import.chunk.len() >= import.chunk_rows || import.waiting.len() >= WAITING_MAX {
            import.counts.bytes = lines.bytes();
            import.load()?;
            progress(&import.counts);
        }
    }
    import.counts.bytes = lines.bytes();
    import.load()?;
    progress(&import.counts);
    let (counts, rejects_at) = (import.counts, import.rejects_at);
    let rejects = import.rejects.finish().map_err(at(&rejects_at))?;
    Ok(ImportReport { counts, rejects })
}

fn header_names(kind: ImportKind, first: Option<Line>) -> Result<Vec<String>, HeaderFault> {
    let (required, optional) = kind.columns();
    let expected = || required.iter().chain(optional).copied().collect::<Vec<_>>().join(",");
    let line = first.ok_or_else(|| HeaderFault::Empty { expected: expected() })?;
    line.fields.map_err(|fault| match fault {
        // FF FE and FE FF: the byte order marks of UTF-16, which spreadsheets call "Unicode text".
        LineFault::NotUtf8 { byte: 0xFF | 0xFE } => {
            HeaderFault::Encoding("the file looks like UTF-16: save it as CSV UTF-8".to_owned())
        }
        LineFault::NotUtf8 { .. } => HeaderFault::Encoding(fault.to_string()),
        _ => HeaderFault::Broken(fault.to_string()),
    })
}

/// A line that waits for the chunk's outcome, so that rejects are written in the order of their lines.
struct Waiting {
    line: u64,
    /// For the rejects.
    fields: Vec<String>,
    fate: Fate,
}

/// What is known of it.
enum Fate {
    /// It is in the chunk.
    Loads { key: String },
    /// The chunk has a row of its key already: it is a second one only if that is taken.
    Again { key: String, row: ImportedRow },
    /// It is not taken.
    Rejected { reason: String },
}

struct Import<'a> {
    file: &'a ImportFile<'a>,
    columns: Columns,
    rejects: Rejects,
    rejects_at: PathBuf,
    sink: &'a mut dyn ImportSink,
    duplicates: Duplicates,
    chunk: Chunk,
    waiting: Vec<Waiting>,
    /// Those of the chunk.
    keys: HashSet<String>,
    chunk_rows: usize,
    counts: Progress,
}

impl Import<'_> {
    /// One line into the chunk, or among those that wait for its outcome.
    fn take(&mut self, line: Line) {
        let (fields, fate) = match line.fields {
            Ok(mut fields) => {
                fields.drain(..self.columns.passed_over.min(fields.len()));
                let fate = self.fate(&fields);
                (fields, fate)
            }
            Err(fault) => (vec![line.text], Fate::Rejected { reason: fault.to_string() }),
        };
        self.waiting.push(Waiting { line: line.number, fields, fate });
    }

    fn fate(&mut self, fields: &[String]) -> Fate {
        let row = match parse_row(self.file.kind, &self.columns, fields, &self.file.rules) {
            Ok(row) => row,
            Err(fault) => return Fate::Rejected { reason: fault.to_string() },
        };
        let key = row.key();
        if let Some(first) = self.duplicates.line_of(&key) {
            return Fate::Rejected { reason: self.said_before(first) };
        }
        if !self.keys.insert(key.clone()) {
            return Fate::Again { key, row };
        }
        self.chunk.push(row);
        Fate::Loads { key }
    }

    fn said_before(&self, first: u64) -> String {
        format!("the same {} stands in line {first}", self.key_name())
    }

    fn key_name(&self) -> &'static str {
        match self.file.kind {
            ImportKind::Places => "code",
            ImportKind::Staff => "badge",
            ImportKind::Patients => "mrn",
            ImportKind::Charts => "mrn, record_type and volume",
        }
    }

    fn reject(&mut self, line: u64, reason: &str, fields: &[String]) -> Result<(), ImportError> {
        self.counts.rejected += 1;
        let path = &self.rejects_at;
        self.rejects.write(line, reason, fields).map_err(|source| ImportError::Io { path: path.clone(), source })
    }

    /// The chunk to the sink, rows that were not taken to the rejects; sets the next chunk's size.
    fn load(&mut self) -> Result<(), ImportError> {
        let waiting = std::mem::take(&mut self.waiting);
        let chunk = std::mem::replace(&mut self.chunk, Chunk::of(self.file.kind));
        self.keys.clear();
        let mut outcomes = Vec::new().into_iter();
        if let Some(first) = waiting.iter().find(|row| matches!(row.fate, Fate::Loads { .. })) {
            let done = self.send(&chunk, first.line)?;
            self.chunk_rows = next_chunk_rows(chunk.len(), done.held_us);
            outcomes = done.outcomes.into_iter();
        }
        for Waiting { line, fields, fate } in waiting {
            let (key, outcome) = match fate {
                Fate::Rejected { reason } => {
                    self.reject(line, &reason, &fields)?;
                    continue;
                }
                Fate::Again { key, row } => match self.duplicates.line_of(&key) {
                    Some(first) => {
                        self.reject(line, &self.said_before(first), &fields)?;
                        continue;
                    }
                    None => {
                        let mut alone = Chunk::of(self.file.kind);
                        alone.push(row);
                        (key, self.send(&alone, line)?.outcomes.pop())
                    }
                },
                Fate::Loads { key } => (key, outcomes.next()),
            };
            self.count(line, &key, outcome, &fields)?;
        }
        Ok(())
    }

    /// The whole chunk, in as many pieces as it takes; `first` is the line of its first row.
    fn send(&mut self, chunk: &Chunk, first: u64) -> Result<ChunkDone, ImportError> {
        let stopped = |source| ImportError::Sink { line: first, source };
        let mut done = self.sink.load(chunk).map_err(stopped)?;
        while done.outcomes.len() < chunk.len() {
            let piece = self.sink.load(&chunk.after(done.outcomes.len())).map_err(stopped)?;
            if piece.outcomes.is_empty() {
                break;
            }
            done.outcomes.extend(piece.outcomes);
            done.held_us = done.held_us.saturating_add(piece.held_us);
        }
        if done.outcomes.len() == chunk.len() {
            return Ok(done);
        }
        let text = format!("{} answers for {} rows", done.outcomes.len(), chunk.len());
        Err(stopped(SinkError(text)))
    }

    fn count(
        &mut self,
        line: u64,
        key: &str,
        outcome: Option<RowOutcome>,
        fields: &[String],
    ) -> Result<(), ImportError> {
        match outcome {
            Some(RowOutcome::Added) => self.counts.added += 1,
            Some(RowOutcome::Changed) => self.counts.changed += 1,
            // As many answers as rows: each has one.
            Some(RowOutcome::Unchanged) | None => self.counts.unchanged += 1,
            Some(RowOutcome::Rejected { field, text }) => {
                let reason = field.map_or_else(|| text.clone(), |field| format!("{field}: {text}"));
                return self.reject(line, &reason, fields);
            }
        }
        self.duplicates.taken(key, line);
        Ok(())
    }
}

/// As many rows as would have held the writer for the target; grows by half at most, so that one quick chunk is not
/// followed by one that is too long.
fn next_chunk_rows(rows: usize, held_us: u64) -> usize {
    let fit = (rows as u64).saturating_mul(CHUNK_HOLD_TARGET_US) / held_us.max(1);
    let grown = rows + rows / 2 + 1;
    usize::try_from(fit).unwrap_or(CHUNK_ROWS_MAX).min(grown).clamp(CHUNK_ROWS_MIN, CHUNK_ROWS_MAX)
}

#[cfg(test)]
mod tests;
