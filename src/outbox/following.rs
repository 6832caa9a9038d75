//! What a printer took and has not shown to be done.

use std::time::{Duration, Instant};

use outguide_hardware::printer::{Printer, Progress, Track};

use super::Limits;
use crate::ledger::PrintJobRow;

/// The jobs that are followed, oldest first.
#[derive(Default)]
pub(super) struct Following {
    jobs: Vec<Followed>,
    /// In the order of `jobs`.
    tracks: Vec<Track>,
    look_at: Option<Instant>,
}

struct Followed {
    job: PrintJobRow,
    labels: u32,
    since: Instant,
}

impl Following {
    /// The printer took a job of so many labels.
    pub(super) fn add(&mut self, job: PrintJobRow, labels: u32, track: Track) {
        if !track.can_tell() {
            return;
        }
        let now = Instant::now();
        self.jobs.push(Followed { job, labels, since: now });
        self.tracks.push(track);
        self.look_at.get_or_insert(now);
    }

    /// May another job be sent? One more than fits goes too: a long one must not wait for ever.
    pub(super) fn has_room(&self, labels_most: u32) -> bool {
        !self.is_alone() && self.jobs.iter().map(|followed| followed.labels).fold(0, u32::saturating_add) < labels_most
    }

    /// Nothing else may be sent or asked.
    pub(super) fn is_alone(&self) -> bool {
        self.tracks.iter().any(Track::is_alone)
    }

    /// When the printer is looked at next.
    pub(super) fn look_at(&self) -> Option<Instant> {
        self.look_at
    }

    /// Should it have been looked at so long ago?
    pub(super) fn is_due(&self, late: Duration) -> bool {
        self.look_at.is_some_and(|at| at.elapsed() >= late && at <= Instant::now())
    }

    /// Looks at the printer. What is decided, or has taken too long, is followed no more.
    pub(super) fn look(&mut self, printer: &dyn Printer, limits: &Limits) -> Vec<(PrintJobRow, Progress)> {
        let progress = printer.follow_all(&mut self.tracks);
        let (jobs, tracks) = (std::mem::take(&mut self.jobs), std::mem::take(&mut self.tracks));
        let (mut told, mut again) = (Vec::with_capacity(jobs.len()), None::<Duration>);
        for ((followed, track), progress) in jobs.into_iter().zip(tracks).zip(progress) {
            told.push((followed.job.clone(), progress.clone()));
            let Progress::StillPrinting { faults, look_again, .. } = progress else { continue };
            let most = if faults.is_empty() { limits.follow_most } else { limits.hold_most };
            if followed.since.elapsed() >= most {
                continue;
            }
            again = Some(again.map_or(look_again, |again| again.min(look_again)));
            self.jobs.push(followed);
            self.tracks.push(track);
        }
        self.look_at = again.map(|again| Instant::now() + again.min(limits.ask_every));
        told
    }
}
