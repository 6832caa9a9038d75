//! From a file to a sink, chunk by chunk.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use super::columns::{Columns, HeaderFault, ImportKind};
use super::duplicates::Duplicates;
use super::lines::{Line, LineFault, Lines};
use super::parse::{ParseRules, parse_row};
use super::rejects::{Rejects, rejects_path};
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

/// How far an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Bytes read.
    pub bytes: u64,
    /// Bytes in the file.
    pub bytes_total: u64,
    /// Rows that are new.
    pub added: u64,
    /// Rows that were there and differed.
    pub changed: u64,
    /// Rows that were there, the same.
    pub unchanged: u64,
    /// Rows that were not taken.
    pub rejected: u64,
}

/// What an import came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportReport {
    /// The counts at the end.
    pub counts: Progress,
    /// The file of rejects, if there were any.
    pub rejects: Option<PathBuf>,
}

/// Why an import stopped. What was loaded stays; it can be run again.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file, or the file of rejects.
    #[error("{}: {source}", .path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The header row; nothing was loaded.
    #[error("{}: {fault}", .path.display())]
    Header {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        fault: HeaderFault,
    },
    /// The ledger did not take a chunk.
    #[error("stopped before line {line}: {source}. What was loaded stays; run the import again to go on")]
    Sink {
        /// What stands before it was loaded, perhaps more.
        line: u64,
        /// Why.
        source: SinkError,
    },
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
mod tests {
    use std::collections::BTreeMap;

    use jiff::tz::TimeZone;

    use super::*;

    /// A sink that keeps rows as text.
    #[derive(Default)]
    struct Memory {
        rows: BTreeMap<String, String>,
        chunks: Vec<usize>,
        fail_after: Option<usize>,
        /// The most rows that it takes at once.
        at_once: Option<usize>,
        /// How long each row holds it, in microseconds.
        row_us: u64,
    }

    impl ImportSink for Memory {
        fn load(&mut self, chunk: &Chunk) -> Result<ChunkDone, SinkError> {
            if self.fail_after.is_some_and(|most| self.chunks.len() >= most) {
                return Err(SinkError("the server does not answer".to_owned()));
            }
            self.chunks.push(chunk.len());
            let Chunk::Patients(rows) = chunk else { panic!("{chunk:?}") };
            let outcome = |row: &crate::ledger::changes::PatientRow| {
                if row.last_name == "Unwanted" {
                    return RowOutcome::Rejected { field: Some("last_name".into()), text: "is unwanted".into() };
                }
                let key = ImportedRow::Patient(row.clone()).key();
                match self.rows.insert(key, format!("{row:?}")) {
                    None => RowOutcome::Added,
                    Some(before) if before == format!("{row:?}") => RowOutcome::Unchanged,
                    Some(_) => RowOutcome::Changed,
                }
            };
            let taken = rows.iter().take(self.at_once.unwrap_or(usize::MAX));
            let outcomes: Vec<_> = taken.map(outcome).collect();
            Ok(ChunkDone { held_us: self.row_us * outcomes.len() as u64, outcomes })
        }
    }

    fn import(path: &Path, sink: &mut Memory) -> Result<ImportReport, ImportError> {
        let rules = ParseRules {
            mrn: &|mrn| if mrn.len() == 6 { Ok(()) } else { Err(format!("{mrn:?} is not six digits")) },
            zone: TimeZone::UTC,
            now: "2026-11-23T12:00:00Z".parse().unwrap(),
        };
        run(&ImportFile { kind: ImportKind::Patients, path, rules }, sink, &mut |_| {})
    }

    /// A file of so many patients.
    fn patients(dir: &Path, many: u32) -> PathBuf {
        let path = dir.join("patients.csv");
        let rows: String = (0..many).map(|n| format!("{},Diaz,Rosa,,\n", 100_000 + n)).collect();
        std::fs::write(&path, format!("mrn,last_name,first_name,birth_date,sex\n{rows}")).unwrap();
        path
    }

    fn counts(report: &ImportReport) -> (u64, u64, u64, u64) {
        (report.counts.added, report.counts.changed, report.counts.unchanged, report.counts.rejected)
    }

    #[test]
    fn good_rows_load_and_bad_rows_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("patients.csv");
        let mut file = b"\xEF\xBB\xBFmrn,last_name,first_name,birth_date,sex\r\n".to_vec();
        file.extend_from_slice(b"100001,Diaz,Rosa,1980-01-31,F\r\n100002,\"Osei,Kofi,,\n100003,M\xFCller,Eva,,F\n");
        file.extend_from_slice(
            b"100001,Diaz,Rosario,,\n100004,Unwanted,Ann,,\n12,Short,Bo,,\n100005,Za\xC5\xBA,Ola,,F\n",
        );
        std::fs::write(&path, &file).unwrap();
        let mut sink = Memory::default();
        let report = import(&path, &mut sink).unwrap();
        assert_eq!(counts(&report), (2, 0, 0, 5));
        assert_eq!(report.counts.bytes, file.len() as u64);
        let rejects = std::fs::read_to_string(report.rejects.unwrap()).unwrap();
        let lines: Vec<&str> = rejects.lines().collect();
        assert_eq!(lines[0], "line,reason,mrn,last_name,first_name,birth_date,sex");
        assert!(lines[1].starts_with("3,broken quotes"), "{rejects}");
        assert!(lines[2].starts_with("4,\"byte 0xFC is not UTF-8") && lines[2].contains("Müller"), "{rejects}");
        assert!(lines[3].contains("the same mrn stands in line 2"), "{rejects}");
        assert!(rejects.contains("6,last_name: is unwanted,100004,Unwanted,Ann,,"), "{rejects}");
        assert!(rejects.contains("is not six digits"), "{rejects}");

        let again = import(&path, &mut sink).unwrap();
        assert_eq!(counts(&again), (0, 0, 2, 5));
        std::fs::write(&path, "mrn,last_name,first_name,birth_date,sex\n100001,Diaz,Rosa,1980-02-01,F\n").unwrap();
        let changed = import(&path, &mut sink).unwrap();
        assert_eq!(counts(&changed), (0, 1, 0, 0));
        assert!(!rejects_path(&path).exists(), "an earlier import's rejects would mislead");
    }

    #[test]
    fn a_row_that_was_not_taken_is_no_duplicate_and_rejects_come_back_mended() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("patients.csv");
        let rows = "100001,Unwanted,Ann,,\n12,Short,Bo,,\n100001,Diaz,Rosa,,\n100001,Osei,Kofi,,\n";
        std::fs::write(&path, format!("mrn,last_name,first_name,birth_date,sex\n{rows}")).unwrap();
        let mut sink = Memory::default();
        let report = import(&path, &mut sink).unwrap();
        assert_eq!(counts(&report), (1, 0, 0, 3));
        let path = report.rejects.unwrap();
        let rejects = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = rejects.lines().skip(1).map(|line| &line[..2]).collect();
        assert_eq!(lines, ["2,", "3,", "5,"]);
        assert!(
            rejects.contains("5,\"the same mrn stands in line 4\"")
                || rejects.contains("5,the same mrn stands in line 4")
        );
        std::fs::write(&path, rejects.replace("12,Short", "100012,Short")).unwrap();
        let mended = import(&path, &mut sink).unwrap();
        assert_eq!(counts(&mended), (1, 1, 0, 1));
        let again = std::fs::read_to_string(mended.rejects.unwrap()).unwrap();
        assert!(again.starts_with("line,reason,mrn,") && again.contains("2,last_name: is unwanted,100001,"), "{again}");
    }

    #[test]
    fn a_bad_header_loads_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("patients.csv");
        for (file, says) in [
            (&b""[..], "empty"),
            (b"mrn,last_name,first_name,birthdate,sex\n", "did you mean \"birth_date\""),
            (b"\xFF\xFEm\0r\0n\0", "UTF-16"),
            (b"mrn,\"last_name\n", "broken quotes"),
        ] {
            std::fs::write(&path, file).unwrap();
            let text = import(&path, &mut Memory::default()).unwrap_err().to_string();
            assert!(text.contains(says), "{text}");
        }
    }

    #[test]
    fn an_interrupted_import_goes_on_when_run_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = patients(dir.path(), 1000);
        let mut sink = Memory { fail_after: Some(3), ..Memory::default() };
        assert!(matches!(import(&path, &mut sink), Err(ImportError::Sink { line, .. }) if line > 30));
        let done = sink.rows.len() as u64;
        sink.fail_after = None;
        let report = import(&path, &mut sink).unwrap();
        assert_eq!(counts(&report), (1000 - done, 0, done, 0));
    }

    #[test]
    fn a_chunk_that_is_taken_in_pieces_loses_no_row() {
        let dir = tempfile::tempdir().unwrap();
        let path = patients(dir.path(), 100);
        let mut sink = Memory { at_once: Some(3), row_us: 1_000, ..Memory::default() };
        assert_eq!(counts(&import(&path, &mut sink).unwrap()), (100, 0, 0, 0));
        assert_eq!((sink.rows.len(), &sink.chunks[..5]), (100, &[10, 7, 4, 1, 10][..]));
        sink.at_once = Some(0);
        let text = import(&path, &mut sink).unwrap_err().to_string();
        assert!(text.contains("0 answers for 10 rows"), "{text}");
    }

    #[test]
    fn chunks_grow_and_shrink_with_the_time_that_rows_take() {
        let dir = tempfile::tempdir().unwrap();
        let path = patients(dir.path(), 1000);
        let mut sink = Memory { row_us: 50, ..Memory::default() };
        import(&path, &mut sink).unwrap();
        assert_eq!(sink.chunks[..6], [10, 16, 25, 38, 40, 40]);
        // Whatever pieces it comes in, a chunk counts as a whole.
        sink = Memory { row_us: 50, at_once: Some(20), ..Memory::default() };
        import(&path, &mut sink).unwrap();
        assert_eq!(sink.chunks[..9], [10, 16, 25, 5, 38, 18, 40, 20, 40]);
    }

    #[test]
    fn chunks_follow_the_time_they_take() {
        assert_eq!(next_chunk_rows(100, 12_000), 16);
        assert_eq!(next_chunk_rows(20, 1_000), 31);
        assert_eq!(next_chunk_rows(100, 10_000_000), CHUNK_ROWS_MIN);
        assert_eq!(next_chunk_rows(CHUNK_ROWS_MAX, 0), CHUNK_ROWS_MAX);
    }
}
