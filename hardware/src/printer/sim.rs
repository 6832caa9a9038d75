//! A printer made of software, in this process: keeps the last labels and fails when told to.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::track::Way;
use super::{Doubt, Evidence, Health, Payload, Printer, PrinterState, Progress, SendError, SendOutcome, Track};

/// How the next job fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimFault {
    /// As if the cable were out.
    Unreachable,
    /// As if the line broke after this many bytes.
    BreaksAfter {
        /// How many got through.
        bytes: usize,
    },
}

/// A job that was "printed".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimLabel {
    /// The job's name.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

#[derive(Debug)]
struct Inner {
    labels: VecDeque<SimLabel>,
    faults: VecDeque<SimFault>,
    state: PrinterState,
    counting: Counting,
    /// After so many more jobs it is in this state.
    stops: Option<(u32, PrinterState)>,
}

/// What a simulated printer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// Nothing: what is sent stays sent.
    Nothing,
    /// It says that a job is printed, at the look after this many.
    AfterLooks(u32),
}

/// The longest pause between two looks at a simulated job.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The simulated printer. Clones are the same printer.
#[derive(Debug, Clone)]
pub struct SimPrinter {
    inner: Arc<Mutex<Inner>>,
}

impl Default for SimPrinter {
    fn default() -> Self {
        let (labels, faults) = (VecDeque::new(), VecDeque::new());
        let inner =
            Inner { labels, faults, state: PrinterState::Ready, counting: Counting::AfterLooks(0), stops: None };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }
}

impl SimPrinter {
    /// How many labels it keeps; older ones are forgotten.
    pub const LABELS_KEPT_MAX: usize = 100;
    /// How many faults can wait.
    pub const FAULTS_MAX: usize = 1000;

    /// The labels it keeps, oldest first.
    pub fn labels(&self) -> Vec<SimLabel> {
        self.lock().labels.iter().cloned().collect()
    }

    /// Makes the next job without a fault fail so.
    pub fn fail_next(&self, fault: SimFault) {
        let mut inner = self.lock();
        if inner.faults.len() < Self::FAULTS_MAX {
            inner.faults.push_back(fault);
        }
    }

    /// What it says of itself from now on.
    pub fn set_state(&self, state: PrinterState) {
        self.lock().state = state;
    }

    /// What it says of itself once it has taken so many more jobs.
    pub fn stop_after(&self, jobs: u32, state: PrinterState) {
        self.lock().stops = Some((jobs, state));
    }

    /// What it counts of the jobs that come from now on.
    pub fn set_counting(&self, counting: Counting) {
        self.lock().counting = counting;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Printer for SimPrinter {
    fn send(&self, job: Payload<'_>) -> SendOutcome {
        let mut inner = self.lock();
        let (to, error) = ("the simulated printer".to_owned(), io::Error::from(io::ErrorKind::BrokenPipe));
        match inner.faults.pop_front() {
            Some(SimFault::Unreachable) => SendOutcome::NothingSent(SendError::Unreachable { to, error }),
            Some(SimFault::BreaksAfter { bytes }) => {
                SendOutcome::failed(bytes.min(job.bytes.len()), SendError::Write { to, error })
            }
            None => {
                if inner.labels.len() == Self::LABELS_KEPT_MAX {
                    inner.labels.pop_front();
                }
                inner.labels.push_back(SimLabel { name: job.name.to_owned(), bytes: job.bytes.to_vec() });
                if let Some((left, state)) = inner.stops.take() {
                    match left.saturating_sub(1) {
                        0 => inner.state = state,
                        left => inner.stops = Some((left, state)),
                    }
                }
                SendOutcome::Sent(match inner.counting {
                    Counting::Nothing => Track::none(),
                    Counting::AfterLooks(looks_left) => Track(Way::Simulated { looks_left }),
                })
            }
        }
    }

    fn follow_all(&self, tracks: &mut [Track]) -> Vec<Progress> {
        let faults = self.lock().state.faults().to_vec();
        let look = |track: &mut Track| match &mut track.0 {
            Way::Simulated { looks_left: 0 } if faults.is_empty() => Progress::Printed(Evidence::Simulated),
            Way::Simulated { looks_left } => {
                *looks_left = looks_left.saturating_sub(u32::from(faults.is_empty()));
                Progress::StillPrinting { left: None, faults: faults.clone(), look_again: LOOK_AGAIN }
            }
            Way::None(doubt) => Progress::Unproven(*doubt),
            Way::Count { .. } | Way::Reports(_) | Way::Ipp { .. } | Way::Elsewhere => {
                Progress::Unproven(Doubt::CannotCount)
            }
        };
        tracks.iter_mut().map(look).collect()
    }

    fn health(&self) -> Health {
        self.lock().state.clone().into()
    }

    fn transport(&self) -> &'static str {
        "sim"
    }

    fn simulated(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::Fault;
    use super::*;

    #[test]
    fn keeps_the_last_labels_and_fails_as_told() {
        let printer = SimPrinter::default();
        printer.fail_next(SimFault::Unreachable);
        printer.fail_next(SimFault::BreaksAfter { bytes: 2 });
        let send =
            |n: usize| printer.send(Payload { name: &n.to_string(), bytes: b"^XA^XZ", labels: 1, language: "zpl" });
        assert!(matches!(send(0), SendOutcome::NothingSent(_)));
        assert!(matches!(send(0), SendOutcome::Unknown { sent_bytes: 2, .. }));
        for n in 0..=SimPrinter::LABELS_KEPT_MAX {
            assert!(matches!(send(n), SendOutcome::Sent(_)));
        }
        let labels = printer.labels();
        assert_eq!((labels.len(), labels[0].name.as_str()), (SimPrinter::LABELS_KEPT_MAX, "1"));
    }

    #[test]
    fn it_says_printed_when_told_to_and_waits_for_labels() {
        let printer = SimPrinter::default();
        printer.set_counting(Counting::AfterLooks(1));
        let send = || match printer.send(Payload { name: "j", bytes: b"^XA^XZ", labels: 1, language: "zpl" }) {
            SendOutcome::Sent(track) => track,
            other => panic!("{other:?}"),
        };
        let mut track = send();
        printer.set_state(PrinterState::NotReady(vec![Fault::PaperOut]));
        for _ in 0..3 {
            assert!(matches!(printer.follow(&mut track), Progress::StillPrinting { faults, .. } if faults.len() == 1));
        }
        printer.set_state(PrinterState::Ready);
        assert!(matches!(printer.follow(&mut track), Progress::StillPrinting { .. }));
        assert_eq!(printer.follow(&mut track), Progress::Printed(Evidence::Simulated));
        printer.set_counting(Counting::Nothing);
        assert_eq!(printer.follow(&mut send()), Progress::Unproven(Doubt::CannotCount));
    }
}
