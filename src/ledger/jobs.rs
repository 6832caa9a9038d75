//! What the writer does: a scan, a change, a touch.

use tokio::sync::oneshot;
use uuid::Uuid;

use super::answers::{Desk, Unworded};
use super::api::Actor;
use super::changes::Change;
use super::error::{ChangeError, ScanError};
use super::scanning::{self, Origin};
use super::store::{Lane, Store};
use super::work::Work;
use crate::custody::{Receipt, Scan};

/// What came of a job's attempt inside the writer's transaction.
pub(super) enum Ran {
    /// It stays.
    Keep,
    /// It is rolled back; the job holds its own answer.
    Discard,
}

/// How the batch ended for a job.
#[derive(Debug, Clone)]
pub(super) enum Fate {
    /// COMMIT returned; the job's own answer is true.
    Committed,
    /// Nothing of it is on disk.
    NotRecorded(String),
}

/// Jobs that are done together.
pub(super) type Batch = Vec<Box<dyn Job>>;

/// Something for the writer to do.
pub(super) trait Job: Send {
    /// The kiosk and its lane, where it may be done on a connection that only reads, its entry written later: see
    /// [`ahead`](super::ahead). Jobs of one lane are done in the order in which they came.
    fn lane(&self) -> Option<(&str, &str)>;
    /// Does it and remembers the answer; done again, it begins anew.
    fn run(&mut self, store: &mut Store) -> Ran;
    /// The id of the entry by which its fate can be found after a failure.
    fn recorded(&self) -> Option<Uuid>;
    /// Answers the caller, at the desk where words are made.
    fn finish(self: Box<Self>, fate: Fate, desk: &mut Desk);
}

/// A scan to record.
pub(super) struct ScanJob {
    scan: Scan,
    origin: Origin,
    answer: Option<Result<Unworded, ScanError>>,
    reply: oneshot::Sender<Result<Receipt, ScanError>>,
}

impl ScanJob {
    pub fn boxed(scan: Scan, origin: Origin, reply: oneshot::Sender<Result<Receipt, ScanError>>) -> Box<dyn Job> {
        Box::new(ScanJob { scan, origin, answer: None, reply })
    }
}

impl Job for ScanJob {
    fn lane(&self) -> Option<(&str, &str)> {
        Some((&self.scan.kiosk, &self.scan.lane))
    }

    fn run(&mut self, store: &mut Store) -> Ran {
        // What was judged before, on a page that came to nothing, is no answer.
        self.answer = None;
        let answer = scanning::record(store, &self.scan, &self.origin);
        let ran = if answer.is_ok() { Ran::Keep } else { Ran::Discard };
        self.answer = Some(answer);
        ran
    }

    fn recorded(&self) -> Option<Uuid> {
        Some(self.scan.id)
    }

    fn finish(self: Box<Self>, fate: Fate, desk: &mut Desk) {
        let answer = match (fate, self.answer) {
            (Fate::Committed, Some(answer)) => answer.map(|unworded| desk.word(&unworded)),
            (Fate::Committed, None) => Err(ScanError::NotRecorded("it could not be judged".into())),
            (Fate::NotRecorded(why), _) => Err(ScanError::NotRecorded(why)),
        };
        // A caller that has gone away can ask again by the scan's id.
        let _ = self.reply.send(answer);
    }
}

/// A change to make.
pub(super) struct ChangeJob<C: Change> {
    by: Actor,
    change: Option<C>,
    made: Option<Result<C::Made, ChangeError>>,
    recorded: Option<Uuid>,
    reply: oneshot::Sender<Result<C::Made, ChangeError>>,
}

impl<C: Change> ChangeJob<C> {
    pub fn boxed(by: Actor, change: C, reply: oneshot::Sender<Result<C::Made, ChangeError>>) -> Box<dyn Job> {
        Box::new(ChangeJob { by, change: Some(change), made: None, recorded: None, reply })
    }
}

impl<C: Change> Job for ChangeJob<C> {
    fn lane(&self) -> Option<(&str, &str)> {
        None
    }

    fn run(&mut self, store: &mut Store) -> Ran {
        let Some(change) = self.change.take() else { return Ran::Discard };
        let mut work = Work::new(store, &self.by);
        let made = change.make(&mut work);
        self.recorded = work.recorded();
        let ran = if made.is_ok() { Ran::Keep } else { Ran::Discard };
        self.made = Some(made);
        ran
    }

    fn recorded(&self) -> Option<Uuid> {
        self.recorded
    }

    fn finish(self: Box<Self>, fate: Fate, _: &mut Desk) {
        let made = match (fate, self.made) {
            (Fate::Committed, Some(made)) => made,
            (Fate::Committed, None) => Err(ChangeError::NotRecorded("it could not be done".into())),
            (Fate::NotRecorded(why), _) => Err(ChangeError::NotRecorded(why)),
        };
        let _ = self.reply.send(made);
    }
}

/// A touch on a lane's screen.
pub(super) struct TouchJob {
    lane: Lane,
    reply: oneshot::Sender<()>,
}

impl TouchJob {
    pub fn boxed(lane: Lane, reply: oneshot::Sender<()>) -> Box<dyn Job> {
        Box::new(TouchJob { lane, reply })
    }
}

impl Job for TouchJob {
    fn lane(&self) -> Option<(&str, &str)> {
        Some((&self.lane.0, &self.lane.1))
    }

    fn run(&mut self, store: &mut Store) -> Ran {
        scanning::touch(store, &self.lane);
        Ran::Keep
    }

    fn recorded(&self) -> Option<Uuid> {
        None
    }

    fn finish(self: Box<Self>, _: Fate, _: &mut Desk) {
        let _ = self.reply.send(());
    }
}
