//! Printers that report each label of their own accord (Brother QL).

use super::Fault;
use super::convoy::{LOOK_AGAIN, LOOK_AGAIN_STOPPED, LOOKS_MAX};
use super::track::{Doubt, Evidence, Progress};

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

    const fn doubt(doubt: Doubt) -> Option<Progress> {
        Some(Progress::Unproven(doubt))
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
