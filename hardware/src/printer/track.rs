//! What became of a job: the rules by which a printer's own count, and nothing else, makes it printed.
//!
//! | printer | proof | what proves nothing |
//! |---|---|---|
//! | ZPL (`~HS`, string 1, field e, and string 2, field u) | it was idle before the first of the jobs that are followed; then it had each of them, formats in its buffer and labels remaining taken together, and they fell while it ran: [`super::convoy`] | idle before and after with no count seen; more in it than was sent (others print there); less behind a stop, a silence or a lost line (it may have been cancelled or switched off) |
//! | ZPL with a label odometer (`odometer.total_label_count`) | it was idle before; what the odometer grew by and what is still to come are together exactly what was sent | any other sum |
//! | TSPL (`<ESC>!?`) | it was idle before; then bit 5 (printing) showed, and the look at which it was out again came right behind one at which it ran | idle before and after; going out behind a stop, a silence or a lost line |
//! | Brother QL | it sent "printing completed" (status type 1) once for each label | anything less |
//! | IPP | the job's own state is `completed`, without `job-completed-with-errors` | a CUPS queue that hands on to a raw port: its `completed` means "handed on" |
//! | ESC/POS, EPL2, folders, what does not answer | nothing | all |
//!
//! When in doubt a job stays "sent". The rules are pure: looks at the printer go in, [`Progress`] comes out.

use std::time::Duration;

use super::Fault;
use super::convoy::Place;
use super::reports::Reports;

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
    /// By whoever it was handed to.
    Elsewhere,
    /// By a simulated printer's own memory.
    Simulated {
        /// Looks until it says printed.
        looks_left: u32,
    },
    /// By a count of labels to come, or an odometer, together with other jobs.
    Count {
        /// Which of them.
        place: Place,
        /// The printer counts one job at a time.
        alone: bool,
    },
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

    /// A job that is followed elsewhere, by a program that tells of one job only.
    pub fn elsewhere() -> Self {
        Self(Way::Elsewhere)
    }

    /// Whether nothing else may be sent until this job's fate is known, because the printer tells it of one job only.
    pub fn is_alone(&self) -> bool {
        match self.0 {
            Way::Count { alone, .. } => alone,
            Way::Reports(_) | Way::Elsewhere => true,
            Way::None(_) | Way::Simulated { .. } | Way::Ipp { .. } => false,
        }
    }

    /// Whether there is anything to ask.
    pub fn can_tell(&self) -> bool {
        !matches!(self.0, Way::None(_))
    }
}
