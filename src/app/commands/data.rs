//! `outguide import`.

use std::path::Path;

use crate::app::cli::{self, ImportArgs};
use crate::app::control::Remote;
use crate::app::reach::Reach;
use crate::app::say::{self, Failure, Progress};
use crate::app::tasks::{Done, Task};
use crate::config::Config;
use crate::import::{
    self, Chunk, ChunkDone, DryRunSink, ImportFile, ImportKind, ImportReport, ImportSink, LedgerSink, ParseRules,
    SinkError,
};
use crate::ledger::changes::ImportRun;
use crate::ledger::{Actor, Clock, Ids, Ledger, RandomIds, SystemClock};

/// How much lower than a running server an import into it stands.
const BEHIND_THE_SERVER: i32 = 10;

/// `outguide import places|staff|patients|charts FILE.csv`.
pub fn import(arguments: &ImportArgs) -> Result<(), Failure> {
    let config = super::config(&arguments.config)?;
    let kind = match arguments.what {
        cli::ImportKind::Places => ImportKind::Places,
        cli::ImportKind::Staff => ImportKind::Staff,
        cli::ImportKind::Patients => ImportKind::Patients,
        cli::ImportKind::Charts => ImportKind::Charts,
    };
    let run = Some(run_of(&arguments.file));
    let mut sink: Box<dyn ImportSink> = match (Reach::open(&config)?, arguments.dry_run) {
        (Reach::Here(ledger), true) => Box::new(DryRunSink { ledger }),
        (Reach::Here(ledger), false) => Box::new(LedgerSink { ledger, by: Actor::System, run }),
        (Reach::There(remote), dry_run) => {
            // Whoever scans meanwhile goes first, on the same machine's processors too. Where it is refused, all stand alike.
            let _refused = rustix::process::nice(BEHIND_THE_SERVER);
            Box::new(RemoteSink { remote, dry_run, run })
        }
    };
    let mut progress = Progress::new(&format!("Importing {}", arguments.file.display()), file_size(&arguments.file));
    let report = load(&config, kind, &arguments.file, sink.as_mut(), &mut |counts| progress.at(counts.bytes));
    progress.finish();
    tell(&report.map_err(Failure::new)?, arguments.dry_run)
}

/// Imports one file by the rules of this configuration.
pub fn load(
    config: &Config,
    kind: ImportKind,
    path: &Path,
    sink: &mut dyn ImportSink,
    progress: &mut dyn FnMut(&import::Progress),
) -> Result<ImportReport, import::ImportError> {
    let numbering = &config.numbering;
    let rules = ParseRules {
        mrn: &|mrn| numbering.check(mrn).map_err(|error| error.to_string()),
        zone: config.time_zone.clone(),
        now: SystemClock.now(),
    };
    import::run(&ImportFile { kind, path, rules }, sink, progress)
}

/// Imports one file into a ledger of this process.
pub fn load_here(config: &Config, kind: ImportKind, path: &Path, ledger: &Ledger) -> Result<ImportReport, Failure> {
    let mut sink = LedgerSink { ledger: ledger.clone(), by: Actor::System, run: Some(run_of(path)) };
    load(config, kind, path, &mut sink, &mut |_| {}).map_err(Failure::new)
}

/// Each run of the command is one: an import that is run again brings what the first did not.
fn run_of(path: &Path) -> ImportRun {
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    ImportRun { id: RandomIds.uuid(), file }
}

fn file_size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}

fn tell(report: &ImportReport, dry_run: bool) -> Result<(), Failure> {
    let counts = &report.counts;
    let would = if dry_run { "would be " } else { "" };
    say::line(format_args!(
        "{} {would}added, {} {would}changed, {} unchanged, {} rejected",
        counts.added, counts.changed, counts.unchanged, counts.rejected
    ));
    let Some(path) = &report.rejects else { return Ok(()) };
    let (rows, them) = if counts.rejected == 1 { ("row was", "it") } else { ("rows were", "them") };
    let (count, path) = (counts.rejected, path.display());
    Err(Failure::not_so(format_args!("{count} {rows} rejected: mend {them} in {path} and import that file")))
}

/// Chunks through the running server.
struct RemoteSink {
    remote: Remote,
    dry_run: bool,
    run: Option<ImportRun>,
}

impl ImportSink for RemoteSink {
    fn load(&mut self, chunk: &Chunk) -> Result<ChunkDone, SinkError> {
        match self.remote.run(&Task::Import { chunk: chunk.clone(), dry_run: self.dry_run, run: self.run.clone() }) {
            Ok(Done::Imported(done)) => Ok(done),
            Ok(other) => Err(SinkError(format!("the server answered {other:?}"))),
            Err(error) => Err(SinkError(error.to_string())),
        }
    }
}
