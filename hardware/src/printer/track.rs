//! What became of a job: the rules by which a printer's own count, and nothing else, makes it printed.
//!
//! | printer | proof | what proves nothing |
//! |---|---|---|
//! | ZPL (`~HS`, string 2, field u) | it was idle just before; then "labels remaining" showed between 1 and this job's labels, never rose, and fell to 0 from a look at which the printer ran | idle before and after with no count seen; a count above this job's (others print there); a fall to 0 behind a stop, a silence or a lost line (it may have been cancelled or switched off) |
//! | ZPL with a label odometer (`odometer.total_label_count`) | it was idle before, is idle now, and the odometer grew by exactly this job's labels | growth by any other number |
//! | TSPL (`<ESC>!?`) | it was idle before; then bit 5 (printing) showed, and the look at which it was out again came right behind one at which it ran | idle before and after; going out behind a stop, a silence or a lost line |
//! | Brother QL | it sent "printing completed" (status type 1) once for each label | anything less |
//! | IPP | the job's own state is `completed`, without `job-completed-with-errors` | a CUPS queue that hands on to a raw port: its `completed` means "handed on" |
//! | ESC/POS, EPL, folders, what does not answer | nothing | all |
//!
//! When in doubt a job stays "sent". The rules are pure: looks at the printer go in, [`Progress`] comes out.

use std::time::Duration;

use super::Fault;

/// What is known of a job after it was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// The printer's own count says that all its labels came out.
    Printed(Evidence),
    /// It is not done; ask again.
    StillPrinting {
        /// Labels still to come, where the printer counts them.
        left: Option<u32>,
        /// What hinders it meanwhile.
        faults: Vec<Fault>,
        /// How long to wait before asking again.
        look_again: Duration,
    },
    /// Whether it was printed cannot be learnt from the printer: it stays sent.
    Unproven(Doubt),
    /// The printer said that it threw the job away, in its own words.
    Failed(String),
}

/// What the printer counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// Its count of labels to come fell to 0.
    CountFell,
    /// Its odometer grew by this job's labels.
    Odometer,
    /// Its sign for printing went on and out.
    PrintingEnded,
    /// It reported each label as completed.
    LabelsCompleted,
    /// Its own record of the job says completed.
    JobCompleted,
    /// It is simulated and says so.
    Simulated,
}

impl Evidence {
    /// The word for it in the ledger and HTTP.
    pub fn word(self) -> &'static str {
        match self {
            Evidence::CountFell => "count_fell",
            Evidence::Odometer => "odometer",
            Evidence::PrintingEnded => "printing_ended",
            Evidence::LabelsCompleted => "labels_completed",
            Evidence::JobCompleted => "job_completed",
            Evidence::Simulated => "simulated",
        }
    }
}

/// Why nothing is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Doubt {
    /// This printer, or the way to it, counts nothing.
    CannotCount,
    /// It was idle before and is idle now, and no count was seen.
    NoCountSeen,
    /// Others print there too: its count is not of this job alone.
    OthersPrint,
    /// It was stopped, silent or away before its count ended: it may have been cancelled or switched off.
    Interrupted,
    /// It was not idle when the job was sent.
    WasBusy,
    /// It took longer than is waited for.
    TookTooLong,
    /// The queue handed the job on; what became of it there is not known.
    HandedOn,
    /// The job was completed, with errors.
    WithErrors,
}

impl Doubt {
    /// The word for it in HTTP.
    pub fn word(self) -> &'static str {
        match self {
            Doubt::CannotCount => "cannot_count",
            Doubt::NoCountSeen => "no_count_seen",
            Doubt::OthersPrint => "others_print",
            Doubt::Interrupted => "interrupted",
            Doubt::WasBusy => "was_busy",
            Doubt::TookTooLong => "took_too_long",
            Doubt::HandedOn => "handed_on",
            Doubt::WithErrors => "with_errors",
        }
    }
}

/// What a printer needs to know to follow one job. Comes from [`super::SendOutcome::Sent`], belongs to the printer that
/// gave it, and does not outlive the process: after a restart a job that was sent stays sent.
#[derive(Debug, Clone)]
pub struct Track(pub(super) Way);

/// How a job is followed.
#[derive(Debug, Clone)]
pub(super) enum Way {
    /// Not at all.
    None(Doubt),
    /// By a simulated printer's own memory.
    Simulated {
        /// Looks until it says printed.
        looks_left: u32,
    },
    /// By a count of labels to come, or an odometer.
    Count(Count),
    /// By its report of each label.
    Reports(Reports),
    /// By the number that the printer gave the job.
    Ipp {
        /// That number.
        job: i32,
        /// Looks so far.
        looks: u32,
    },
}

impl Track {
    /// A job that cannot be followed.
    pub fn none() -> Self {
        Self(Way::None(Doubt::CannotCount))
    }
}

/// The pause between two looks at a printer that runs, and at one that is stopped or silent.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(100);
pub(super) const LOOK_AGAIN_STOPPED: Duration = Duration::from_secs(1);
/// Looks at one job before it is given up: a quarter of an hour of a running printer, hours of a stopped one.
pub(super) const LOOKS_MAX: u32 = 9000;
/// Looks at an idle printer without a count before nothing more is expected: half a second, in which
/// a printer has begun.
const IDLE_LOOKS: u32 = 5;
/// The same where an odometer will tell: it is worth waiting for.
const IDLE_LOOKS_WITH_ODOMETER: u32 = 50;
/// Looks in a row at a printer that is silent or away: after that only a person can know.
const GONE_LOOKS_MAX: u32 = 300;

/// One look at a printer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seen {
    /// It answered.
    Look(Look),
    /// It cannot be reached, or is silent.
    Gone(Fault),
}

/// What it answered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Look {
    /// Labels still to come; 1 for a printer that only says that it prints.
    pub(super) to_come: u32,
    /// Jobs that wait in its memory.
    pub(super) waiting: u32,
    /// What stops it.
    pub(super) faults: Vec<Fault>,
    /// Labels it ever printed.
    pub(super) odometer: Option<u64>,
}

impl Look {
    fn idle(&self) -> bool {
        self.to_come == 0 && self.waiting == 0
    }
}

/// Follows a job by a printer's count.
#[derive(Debug, Clone)]
pub(super) struct Count {
    labels: u32,
    /// Whether the count of labels to come is of the whole job: it is of one format only.
    one_batch: bool,
    evidence: Evidence,
    before: Look,
    /// The last count above 0, and whether the printer ran then.
    last: Option<(u32, bool)>,
    idle_looks: u32,
    gone_looks: u32,
    looks: u32,
}

impl Count {
    /// For a job of `labels`, sent after `before` was seen.
    pub(super) fn new(labels: u32, one_batch: bool, evidence: Evidence, before: Look) -> Self {
        Self { labels, one_batch, evidence, before, last: None, idle_looks: 0, gone_looks: 0, looks: 0 }
    }

    /// What a further look says.
    pub(super) fn next(&mut self, seen: Seen) -> Progress {
        self.looks += 1;
        let look = match seen {
            _ if self.looks > LOOKS_MAX => return Progress::Unproven(Doubt::TookTooLong),
            Seen::Look(look) => look,
            Seen::Gone(fault) => return self.gone(fault),
        };
        self.gone_looks = 0;
        if !self.before.idle() {
            return Progress::Unproven(Doubt::WasBusy);
        }
        match (self.before.odometer, look.odometer) {
            (Some(before), Some(now)) => self.by_odometer(&look, before, now),
            _ => self.by_count(&look),
        }
    }

    fn gone(&mut self, fault: Fault) -> Progress {
        self.gone_looks += 1;
        // Behind a silence a count that fell proves nothing: the printer may have been switched off and on.
        if let Some((_, ran)) = &mut self.last {
            *ran = false;
        }
        if self.gone_looks > GONE_LOOKS_MAX {
            return Progress::Unproven(Doubt::Interrupted);
        }
        Progress::StillPrinting {
            left: self.last.map(|(left, _)| left),
            faults: vec![fault],
            look_again: LOOK_AGAIN_STOPPED,
        }
    }

    fn by_odometer(&mut self, look: &Look, before: u64, now: u64) -> Progress {
        let labels = u64::from(self.labels);
        match now.checked_sub(before) {
            None => Progress::Unproven(Doubt::Interrupted),
            Some(grown) if grown > labels => Progress::Unproven(Doubt::OthersPrint),
            Some(grown) if grown == labels && look.idle() => Progress::Printed(Evidence::Odometer),
            Some(_) => self.wait(look, IDLE_LOOKS_WITH_ODOMETER),
        }
    }

    fn by_count(&mut self, look: &Look) -> Progress {
        if look.to_come > self.labels || self.last.is_some_and(|(last, _)| look.to_come > last) {
            return Progress::Unproven(Doubt::OthersPrint);
        }
        match self.last {
            Some((_, ran)) if look.idle() && self.one_batch => {
                if ran {
                    Progress::Printed(self.evidence)
                } else {
                    Progress::Unproven(Doubt::Interrupted)
                }
            }
            _ => self.wait(look, IDLE_LOOKS),
        }
    }

    /// Nothing is decided by this look.
    fn wait(&mut self, look: &Look, idle_looks_max: u32) -> Progress {
        let runs = look.faults.is_empty();
        if look.to_come > 0 {
            self.last = Some((look.to_come, runs));
        } else if let Some((_, ran)) = &mut self.last {
            *ran &= runs;
        }
        if look.idle() && runs {
            self.idle_looks += 1;
            if self.idle_looks >= idle_looks_max {
                let doubt = if self.last.is_some() { Doubt::Interrupted } else { Doubt::NoCountSeen };
                return Progress::Unproven(doubt);
            }
        }
        Progress::StillPrinting {
            left: (look.to_come > 0).then_some(look.to_come),
            faults: look.faults.clone(),
            look_again: if runs { LOOK_AGAIN } else { LOOK_AGAIN_STOPPED },
        }
    }
}

/// What a printer reported of its own accord.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Report {
    /// A label came out.
    Completed,
    /// It stopped.
    Stopped(Vec<Fault>),
    /// It prints.
    Printing,
    /// It waits for a job.
    Waiting,
    /// It was switched off, or the line is lost.
    Gone,
}

/// Quiet looks in a row before no further report is expected.
const QUIET_LOOKS: u32 = 40;

/// Follows a job by the printer's report of each label.
#[derive(Debug, Clone)]
pub(super) struct Reports {
    labels: u32,
    completed: u32,
    faults: Vec<Fault>,
    quiet_looks: u32,
    looks: u32,
}

impl Reports {
    /// For a job of `labels`.
    pub(super) fn new(labels: u32) -> Self {
        Self { labels, completed: 0, faults: Vec::new(), quiet_looks: 0, looks: 0 }
    }

    /// What came since the last look.
    pub(super) fn next(&mut self, reports: &[Report]) -> Progress {
        self.looks += 1;
        self.quiet_looks = if reports.is_empty() { self.quiet_looks + 1 } else { 0 };
        for report in reports {
            match report {
                Report::Completed => self.completed += 1,
                Report::Stopped(faults) => self.faults.clone_from(faults),
                Report::Gone => return Progress::Unproven(Doubt::Interrupted),
                Report::Printing => self.faults.clear(),
                // Waiting behind a stop: it threw away what it had not printed.
                Report::Waiting if !self.faults.is_empty() && self.completed < self.labels => {
                    return Progress::Unproven(Doubt::Interrupted);
                }
                Report::Waiting => {}
            }
        }
        if self.completed == self.labels {
            return Progress::Printed(Evidence::LabelsCompleted);
        }
        if self.completed > self.labels {
            return Progress::Unproven(Doubt::OthersPrint);
        }
        let runs = self.faults.is_empty();
        if self.looks > LOOKS_MAX || runs && self.quiet_looks >= QUIET_LOOKS {
            return Progress::Unproven(if self.completed > 0 { Doubt::Interrupted } else { Doubt::NoCountSeen });
        }
        Progress::StillPrinting {
            left: Some(self.labels - self.completed),
            faults: self.faults.clone(),
            look_again: if runs { LOOK_AGAIN } else { LOOK_AGAIN_STOPPED },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(to_come: u32) -> Seen {
        Seen::Look(Look { to_come, ..Look::default() })
    }

    fn stopped(to_come: u32, fault: Fault) -> Seen {
        Seen::Look(Look { to_come, faults: vec![fault], ..Look::default() })
    }

    /// The end of a job of `labels` that these looks show.
    fn end(labels: u32, before: Look, looks: impl IntoIterator<Item = Seen>) -> Option<Progress> {
        let mut count = Count::new(labels, true, Evidence::CountFell, before);
        looks
            .into_iter()
            .map(|seen| count.next(seen))
            .find(|progress| !matches!(progress, Progress::StillPrinting { .. }))
    }

    const FELL: Option<Progress> = Some(Progress::Printed(Evidence::CountFell));
    const fn doubt(doubt: Doubt) -> Option<Progress> {
        Some(Progress::Unproven(doubt))
    }

    #[test]
    fn a_count_that_falls_to_0_is_printed() {
        let idle = Look::default();
        assert_eq!(end(3, idle.clone(), [at(3), at(2), at(2), at(1), at(0)]), FELL);
        assert_eq!(end(1, idle.clone(), [at(0), at(1), at(0)]), FELL);
        // The roll ran out with the last label: the count says that it came out.
        assert_eq!(end(2, idle.clone(), [at(1), stopped(0, Fault::PaperOut)]), FELL);
        // Loaded anew midway, seen to run again.
        let reload = [at(2), stopped(2, Fault::PaperOut), Seen::Gone(Fault::NoAnswer), at(2), at(0)];
        assert_eq!(end(2, idle, reload), FELL);
    }

    #[test]
    fn idle_before_and_after_proves_nothing() {
        assert_eq!(end(1, Look::default(), (0..IDLE_LOOKS).map(|_| at(0))), doubt(Doubt::NoCountSeen));
        assert_eq!(end(1, Look::default(), (1..IDLE_LOOKS).map(|_| at(0))), None);
    }

    #[test]
    fn others_labels_prove_nothing() {
        let busy = Look { to_come: 4, ..Look::default() };
        assert_eq!(end(2, busy, [at(2), at(0)]), doubt(Doubt::WasBusy));
        let waits = Look { waiting: 1, ..Look::default() };
        assert_eq!(end(2, waits, [at(2), at(0)]), doubt(Doubt::WasBusy));
        assert_eq!(end(2, Look::default(), [at(5), at(0)]), doubt(Doubt::OthersPrint));
        assert_eq!(end(3, Look::default(), [at(1), at(2), at(0)]), doubt(Doubt::OthersPrint));
    }

    #[test]
    fn a_count_gone_behind_a_stop_or_a_silence_proves_nothing() {
        let idle = Look::default;
        assert_eq!(end(3, idle(), [at(3), stopped(2, Fault::Paused), at(0)]), doubt(Doubt::Interrupted));
        assert_eq!(end(3, idle(), [at(3), Seen::Gone(Fault::Unreachable), at(0)]), doubt(Doubt::Interrupted));
        assert_eq!(end(3, idle(), [at(3), Seen::Gone(Fault::NoAnswer), at(0)]), doubt(Doubt::Interrupted));
        let away = (0..=GONE_LOOKS_MAX).map(|_| Seen::Gone(Fault::Unreachable));
        assert_eq!(end(3, idle(), away), doubt(Doubt::Interrupted));
        let paused = (0..=LOOKS_MAX).map(|_| stopped(1, Fault::Paused));
        assert_eq!(end(3, idle(), paused), doubt(Doubt::TookTooLong));
    }

    #[test]
    fn a_count_of_one_of_several_batches_is_not_the_jobs() {
        let mut count = Count::new(3, false, Evidence::CountFell, Look::default());
        for seen in [at(2), at(0), at(1), at(0)] {
            assert!(!matches!(count.next(seen), Progress::Printed(_)));
        }
    }

    #[test]
    fn an_odometer_must_grow_by_exactly_the_jobs_labels() {
        let odometer = |value: u64, to_come: u32| Look { to_come, odometer: Some(value), ..Look::default() };
        let at = |value, to_come| Seen::Look(odometer(value, to_come));
        let before = || odometer(100, 0);
        let printed = Some(Progress::Printed(Evidence::Odometer));
        assert_eq!(end(2, before(), [at(100, 0), at(101, 1), at(102, 0)]), printed);
        // Also behind a silence: it is the printer's own lasting count.
        assert_eq!(end(2, before(), [Seen::Gone(Fault::NoAnswer), at(102, 0)]), printed);
        assert_eq!(end(2, before(), [at(103, 0)]), doubt(Doubt::OthersPrint));
        assert_eq!(end(2, before(), [at(3, 0)]), doubt(Doubt::Interrupted));
        assert_eq!(end(2, before(), [at(102, 4), at(106, 0)]), doubt(Doubt::OthersPrint));
        // Cancelled after the first: the count fell, the odometer knows better.
        let cancelled = [at(100, 2), at(101, 1)].into_iter().chain((0..IDLE_LOOKS_WITH_ODOMETER).map(|_| at(101, 0)));
        assert_eq!(end(2, before(), cancelled), doubt(Doubt::Interrupted));
    }

    #[test]
    fn each_label_must_be_reported() {
        use Report::{Completed, Gone, Printing, Stopped, Waiting};
        let end = |looks: &[&[Report]]| {
            let mut reports = Reports::new(2);
            looks.iter().map(|look| reports.next(look)).find(|p| !matches!(p, Progress::StillPrinting { .. }))
        };
        let printed = Some(Progress::Printed(Evidence::LabelsCompleted));
        assert_eq!(end(&[&[Printing], &[Completed, Waiting, Printing], &[], &[Completed, Waiting]]), printed);
        assert_eq!(end(&[&[Completed, Completed, Completed]]), doubt(Doubt::OthersPrint));
        assert_eq!(end(&[&[Printing], &[Completed], &[Gone]]), doubt(Doubt::Interrupted));
        let out = || Stopped(vec![Fault::PaperOut]);
        assert_eq!(end(&[&[Printing], &[out()], &[], &[Waiting]]), doubt(Doubt::Interrupted));
        assert_eq!(end(&[&[out()], &[Printing], &[Completed, Completed]]), printed);
        let quiet: Vec<&[Report]> = vec![&[]; 40];
        assert_eq!(end(&quiet), doubt(Doubt::NoCountSeen));
    }
}
