//! The file of rejects: each line that was not taken, with its number and the reason, so that it can be mended.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use super::columns::REJECTS_COLUMNS;

/// Where the rejects of `file` go: `patients.csv` has `patients.rejects.csv` beside it.
pub fn rejects_path(file: &Path) -> PathBuf {
    let is_csv = file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    let name = if is_csv { file.file_stem() } else { file.file_name() };
    let mut name = name.unwrap_or_default().to_owned();
    name.push(".rejects.csv");
    file.with_file_name(name)
}

/// The writer; the file is made with the first reject.
pub struct Rejects {
    path: PathBuf,
    header: Vec<String>,
    file: Option<csv::Writer<BufWriter<File>>>,
}

impl Rejects {
    /// Takes away what an earlier import of this file left at `path`.
    pub fn new(path: PathBuf, header: Vec<String>) -> io::Result<Rejects> {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(Rejects { path, header, file: None }),
        }
    }

    /// Writes one reject. A line that could not be split stands whole in the first of the original columns.
    pub fn write(&mut self, line: u64, reason: &str, fields: &[String]) -> io::Result<()> {
        if self.file.is_none() {
            let mut writer =
                csv::WriterBuilder::new().flexible(true).from_writer(BufWriter::new(File::create(&self.path)?));
            writer.write_record(REJECTS_COLUMNS.into_iter().chain(self.header.iter().map(String::as_str)))?;
            self.file = Some(writer);
        }
        let Some(writer) = &mut self.file else { return Ok(()) };
        let number = line.to_string();
        let mut record: Vec<&str> = vec![&number, reason];
        record.extend(fields.iter().map(String::as_str));
        record.resize(record.len().max(self.header.len() + 2), "");
        Ok(writer.write_record(record)?)
    }

    /// Makes it durable; answers its path if there were any.
    pub fn finish(self) -> io::Result<Option<PathBuf>> {
        let Some(writer) = self.file else { return Ok(None) };
        let file = writer.into_inner().map_err(|error| error.into_error())?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        Ok(Some(self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stands_beside_the_file() {
        assert_eq!(rejects_path(Path::new("/a/patients.csv")), Path::new("/a/patients.rejects.csv"));
        assert_eq!(rejects_path(Path::new("charts.CSV")), Path::new("charts.rejects.csv"));
        assert_eq!(rejects_path(Path::new("/a/charts.txt")), Path::new("/a/charts.txt.rejects.csv"));
    }
}
