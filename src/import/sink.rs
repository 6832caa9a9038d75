//! The sinks of this process: the ledger itself, and one that only compares.

use std::time::{Duration, Instant};

use super::rows::{Chunk, ChunkDone, ImportSink, SinkError};
use crate::ledger::changes::{self, Change, ImportCharts, ImportPatients, ImportPlaces, ImportRun, ImportStaff};
use crate::ledger::{Actor, ChangeError, Ledger, ReadError, Work};

/// Loads chunks into a ledger. For a thread of its own, never inside the async runtime.
pub struct LedgerSink {
    /// The ledger.
    pub ledger: Ledger,
    /// Who imports.
    pub by: Actor,
    /// The run that the chunks belong to.
    pub run: Option<ImportRun>,
}

impl ImportSink for LedgerSink {
    fn load(&mut self, chunk: &Chunk) -> Result<ChunkDone, SinkError> {
        match chunk.clone() {
            Chunk::Places(rows) => self.change(ImportPlaces { rows }),
            Chunk::Staff(rows) => self.change(ImportStaff { rows }),
            Chunk::Patients(rows) => self.change(ImportPatients { rows }),
            Chunk::Charts(rows) => self.change(ImportCharts { rows, run: self.run.clone() }),
        }
    }
}

impl LedgerSink {
    fn change<C: Change<Made = Vec<changes::RowOutcome>>>(&self, change: C) -> Result<ChunkDone, SinkError> {
        let (outcomes, held) = self
            .ledger
            .change_blocking(&self.by, Timed(change))
            .map_err(|error: ChangeError| SinkError(error.to_string()))?;
        Ok(done(outcomes, held))
    }
}

/// After this a chunk takes no more rows, if the disk was slow or they took longer than those before: what is left, the
/// entry with its effects (for charts that is most of the writing), has to end within the 10 ms that an import may hold
/// the writer.
const HOLD_MAX: Duration = Duration::from_millis(3);

/// Bounds how long a change holds the writer, and measures it, waiting in the queue and the disk's own time left out.
struct Timed<C>(C);

impl<C: Change> Change for Timed<C> {
    type Made = (C::Made, Duration);
    const BACKGROUND: bool = C::BACKGROUND;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let began = Instant::now();
        work.end_at(began + HOLD_MAX);
        let made = self.0.make(work)?;
        Ok((made, began.elapsed()))
    }
}

/// Says what an import would do: reads and compares, changes nothing.
pub struct DryRunSink {
    /// The ledger.
    pub ledger: Ledger,
}

impl ImportSink for DryRunSink {
    fn load(&mut self, chunk: &Chunk) -> Result<ChunkDone, SinkError> {
        let outcomes = self.ledger.read_blocking(|reader| match chunk {
            Chunk::Places(rows) => reader.compare_places(rows),
            Chunk::Staff(rows) => reader.compare_staff(rows),
            Chunk::Patients(rows) => reader.compare_patients(rows),
            Chunk::Charts(rows) => reader.compare_charts(rows),
        });
        Ok(done(outcomes.map_err(|error: ReadError| SinkError(error.to_string()))?, Duration::ZERO))
    }
}

fn done(outcomes: Vec<changes::RowOutcome>, held: Duration) -> ChunkDone {
    ChunkDone {
        outcomes: outcomes.into_iter().map(Into::into).collect(),
        held_us: u64::try_from(held.as_micros()).unwrap_or(u64::MAX),
    }
}
