//! What commands print. Standard output is for what was asked for, standard error for errors and progress.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Exit code: what was asked about is not so.
pub const NOT_SO: u8 = 1;
/// Exit code: bad usage or configuration, or it could not be done.
pub const BAD_USAGE: u8 = 2;
/// Plain progress lines come at most this often.
const PLAIN_EVERY: Duration = Duration::from_secs(2);

/// Why a command ended without having done its work.
#[derive(Debug)]
pub struct Failure {
    /// What went wrong and what to do next.
    pub text: String,
    /// The exit code.
    pub code: u8,
}

impl Failure {
    /// It could not be done: exit code 2.
    pub fn new(text: impl std::fmt::Display) -> Failure {
        Failure { text: text.to_string(), code: BAD_USAGE }
    }

    /// What was asked about is not so: exit code 1.
    pub fn not_so(text: impl std::fmt::Display) -> Failure {
        Failure { text: text.to_string(), code: NOT_SO }
    }
}

/// One line to standard output; a reader that went away is no error.
pub fn line(text: impl std::fmt::Display) {
    let _reader_gone = writeln!(std::io::stdout().lock(), "{text}");
}

/// One line to standard error.
pub fn warn(text: impl std::fmt::Display) {
    let _reader_gone = writeln!(std::io::stderr().lock(), "{text}");
}

/// Bytes to standard output.
pub fn bytes(bytes: &[u8]) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// Long work: a bar on a terminal, plain lines elsewhere.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    what: String,
    total: u64,
    said: Instant,
}

impl Progress {
    /// Progress of `what` up to `total` (0: not known).
    pub fn new(what: &str, total: u64) -> Progress {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = if total == 0 { ProgressBar::new_spinner() } else { ProgressBar::new(total) };
            let template = "{msg} {wide_bar} {human_pos}/{human_len} {eta}";
            if let (Ok(style), true) = (ProgressStyle::with_template(template), total > 0) {
                bar.set_style(style);
            }
            bar.set_message(what.to_owned());
            bar
        });
        Progress { bar, what: what.to_owned(), total, said: Instant::now() }
    }

    /// So far.
    pub fn at(&mut self, done: u64) {
        match &self.bar {
            Some(bar) => bar.set_position(done),
            None if self.said.elapsed() >= PLAIN_EVERY => {
                self.said = Instant::now();
                match done.saturating_mul(100).checked_div(self.total) {
                    Some(percent) => warn(format_args!("{}: {percent} %", self.what)),
                    None => warn(format_args!("{}: {done} so far", self.what)),
                }
            }
            None => {}
        }
    }

    /// Done: the bar goes, what the command says stays.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
