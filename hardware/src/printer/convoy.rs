//! The jobs that one printer took and has not shown to be done, followed together: what may be concluded from a count
//! that is of all of them, and from no count.
//!
//! A printer works off its jobs in the order in which they came. So three numbers of formats (a job has one or more)
//! are enough: how many were sent; how many the printer has surely *had* (what has come out and what a look shows in
//! it, added); how many have surely *come out*. All are lower bounds, and a look can only raise them:
//!
//! | look | conclusion |
//! |---|---|
//! | more in the printer than was sent and is not out; a count above any job's labels; one that rises while one job is there | others print: nothing is proved any more |
//! | less in it than before, behind a stop, a silence or a lost line | it may have been cancelled or switched off: nothing is proved any more |
//! | the count of the label in hand fell to 0 from a look at which the printer ran | that format came out |
//! | fewer in it than it has had, from a look at which it ran | all but those, and one that may be between buffer and print head, came out |
//! | it has had all that was sent | none was lost: what came out until here is *printed* |
//! | a stop or a silence | what is in it may be cancelled: all that is not out must be seen in it again |
//! | idle, [`IDLE_LOOKS`] times in a row since a job was sent | that job is out if it was seen, else nobody knows |
//!
//! With an odometer the labels are counted instead: what it grew by, and what a look shows still to come, must together
//! never exceed what was sent. Where they are equal, or it is idle and grew by exactly what was sent, none was lost, and
//! as many labels as it grew by are printed. Behind each "nothing is proved any more" jobs are believed again once the printer
//! was idle for so long. One label that is never seen leaves it and those behind it unproved until
//! the printer was idle, and no others.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::Fault;
use super::track::{Doubt, Evidence, Progress};

/// The pause between two looks at a printer that runs, and at one that is stopped or silent.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(100);
pub(super) const LOOK_AGAIN_STOPPED: Duration = Duration::from_secs(1);
/// Looks at one job before it is given up: a quarter of an hour of a running printer, hours of a stopped one.
pub(super) const LOOKS_MAX: u32 = 9000;
/// Looks in a row at an idle printer before nothing more is expected of a job: half a second, in which a printer has
/// begun, and has put what it took on the way to its print head.
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
    /// Labels of the format in hand that are still to come; 1 for a printer that only says that it prints.
    pub(super) to_come: u32,
    /// Formats that wait in its memory.
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

    fn formats(&self) -> u64 {
        u64::from(self.waiting) + u64::from(self.to_come > 0)
    }
}

/// A job's place in the convoy: whoever holds it wants to know the job's fate. It is left behind when all are dropped.
#[derive(Debug, Clone)]
pub(super) struct Place {
    id: u64,
    _wanted: Arc<()>,
}

#[derive(Debug)]
struct Member {
    id: u64,
    wanted: Weak<()>,
    labels: u32,
    /// The formats and labels that were sent up to this job's end.
    upto_formats: u64,
    upto_labels: u64,
    looks: u32,
    idle_looks: u32,
    fate: Option<Progress>,
}

/// The count of all labels that the printer ever printed.
#[derive(Debug, Clone, Copy)]
struct Odometer {
    began: u64,
    /// By how much it had grown at the last look.
    grown: u64,
}

/// The jobs of one printer that are followed.
#[derive(Debug)]
pub(super) struct Convoy {
    evidence: Evidence,
    next_id: u64,
    members: VecDeque<Member>,
    /// It was not idle before the first job.
    busy: bool,
    /// Something that is no part of the sum may still come out: nothing is proved before it was idle for long.
    spoilt: bool,
    sent_formats: u64,
    sent_labels: u64,
    had: u64,
    came_out: u64,
    /// None was lost of the formats up to here.
    certain: u64,
    certain_labels: u64,
    odometer: Option<Odometer>,
    /// The last look and whether the printer has run since.
    last: Option<(Look, bool)>,
    faults: Vec<Fault>,
    /// Any of these jobs was seen in it.
    counted: bool,
    gone_looks: u32,
}

impl Convoy {
    /// Without jobs; a count that ends proves this.
    pub(super) fn new(evidence: Evidence) -> Self {
        Self {
            evidence,
            next_id: 0,
            members: VecDeque::new(),
            busy: false,
            spoilt: false,
            sent_formats: 0,
            sent_labels: 0,
            had: 0,
            came_out: 0,
            certain: 0,
            certain_labels: 0,
            odometer: None,
            last: None,
            faults: Vec::new(),
            counted: false,
            gone_looks: 0,
        }
    }

    /// A job of so many formats and labels was sent; `before` was seen just before it.
    pub(super) fn join(&mut self, formats: u32, labels: u32, before: Look) -> Place {
        if !self.undecided().any(|member| member.wanted.strong_count() > 0) {
            self.begin(before);
        }
        self.sent_formats += u64::from(formats.max(1));
        self.sent_labels += u64::from(labels);
        let wanted = Arc::new(());
        self.next_id += 1;
        self.members.push_back(Member {
            id: self.next_id,
            wanted: Arc::downgrade(&wanted),
            labels,
            upto_formats: self.sent_formats,
            upto_labels: self.sent_labels,
            looks: 0,
            idle_looks: 0,
            fate: self.busy.then_some(Progress::Unproven(Doubt::WasBusy)),
        });
        Place { id: self.next_id, _wanted: wanted }
    }

    /// What is known of a job.
    pub(super) fn progress(&self, place: &Place) -> Progress {
        let Some(member) = self.members.iter().find(|member| member.id == place.id) else {
            return Progress::Unproven(Doubt::TookTooLong);
        };
        member.fate.clone().unwrap_or_else(|| Progress::StillPrinting {
            left: self.last.as_ref().map(|(look, _)| look.to_come).filter(|left| *left > 0),
            faults: self.faults.clone(),
            look_again: if self.faults.is_empty() { LOOK_AGAIN } else { LOOK_AGAIN_STOPPED },
        })
    }

    /// Forgets the jobs whose fate was told, and those that nobody asks about any more.
    pub(super) fn forget_told(&mut self) {
        self.members.retain(|member| member.fate.is_none() && member.wanted.strong_count() > 0);
    }

    /// What a further look says.
    pub(super) fn next(&mut self, seen: Seen) {
        if self.undecided().next().is_none() {
            return;
        }
        for member in self.members.iter_mut().filter(|member| member.fate.is_none()) {
            member.looks += 1;
            if member.looks > LOOKS_MAX {
                member.fate = Some(Progress::Unproven(Doubt::TookTooLong));
                self.spoilt = true;
            }
        }
        let look = match seen {
            Seen::Look(look) => look,
            Seen::Gone(fault) => return self.gone(fault),
        };
        self.gone_looks = 0;
        self.faults.clone_from(&look.faults);
        let concluded = match (self.odometer, look.odometer) {
            (Some(odometer), Some(now)) => self.by_odometer(odometer, &look, now),
            _ => self.by_count(&look),
        };
        self.counted |= !look.idle();
        let runs = look.faults.is_empty();
        match concluded {
            Ok(()) if runs => self.be_idle(&look),
            Ok(()) => self.be_unsure(),
            Err(doubt) => self.end(doubt),
        }
        self.last = Some((look, runs));
    }

    /// It stops or is silent: what is in it may be cancelled, and then what comes out is not the next in order. So all
    /// that is not out must be seen in it again.
    fn be_unsure(&mut self) {
        self.members.iter_mut().for_each(|member| member.idle_looks = 0);
        (self.had, self.certain, self.certain_labels) = (self.came_out, self.certain.min(self.came_out), 0);
    }

    /// Nothing more can be proved of what was sent.
    pub(super) fn end(&mut self, doubt: Doubt) {
        self.spoilt = true;
        for member in self.members.iter_mut().filter(|member| member.fate.is_none()) {
            member.fate = Some(Progress::Unproven(doubt));
        }
    }

    fn begin(&mut self, before: Look) {
        if self.undecided().next().is_some() {
            self.end(Doubt::TookTooLong);
        }
        let (members, next_id) = (std::mem::take(&mut self.members), self.next_id);
        let busy = !before.idle();
        *self = Self { members, next_id, busy, spoilt: self.spoilt || busy, ..Self::new(self.evidence) };
        self.odometer = before.odometer.map(|began| Odometer { began, grown: 0 });
    }

    fn undecided(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.fate.is_none())
    }

    fn gone(&mut self, fault: Fault) {
        self.gone_looks += 1;
        self.faults = vec![fault];
        self.be_unsure();
        // Behind a silence a count that fell proves nothing: the printer may have been switched off and on.
        if let Some((_, ran)) = &mut self.last {
            *ran = false;
        }
        if self.gone_looks > GONE_LOOKS_MAX {
            self.end(Doubt::Interrupted);
        }
    }

    fn by_count(&mut self, look: &Look) -> Result<(), Doubt> {
        let formats = look.formats();
        let most = self.undecided().map(|member| member.labels).max().unwrap_or(0);
        let alone = self.sent_formats - self.came_out == 1;
        if let Some((last, ran)) = &self.last {
            if alone && last.to_come > 0 && look.to_come > last.to_come {
                return Err(Doubt::OthersPrint);
            }
            if !ran && formats < last.formats() {
                return Err(Doubt::Interrupted);
            }
            if *ran {
                let in_hand = self.came_out + u64::from(last.to_come > 0 && look.to_come == 0);
                self.came_out = in_hand.max(self.had.saturating_sub(formats + 1));
            }
        }
        self.had = self.had.max(self.came_out + formats);
        if self.had > self.sent_formats || look.to_come > most {
            return Err(Doubt::OthersPrint);
        }
        if self.had == self.sent_formats {
            self.certain = self.sent_formats;
        }
        let upto = self.came_out.min(self.certain);
        self.prove(self.evidence, |member| member.upto_formats <= upto);
        Ok(())
    }

    fn by_odometer(&mut self, odometer: Odometer, look: &Look, now: u64) -> Result<(), Doubt> {
        let grown = now.checked_sub(odometer.began).ok_or(Doubt::Interrupted)?;
        // What is still to come was asked for before the odometer: it belongs to what that had grown by at the last look.
        let shown = odometer.grown + u64::from(look.to_come) + u64::from(look.waiting);
        if grown > self.sent_labels || shown > self.sent_labels {
            return Err(Doubt::OthersPrint);
        }
        if shown == self.sent_labels || grown == self.sent_labels && look.idle() {
            self.certain_labels = self.sent_labels;
        }
        self.odometer = Some(Odometer { grown, ..odometer });
        let upto = grown.min(self.certain_labels);
        self.prove(Evidence::Odometer, |member| member.upto_labels <= upto);
        Ok(())
    }

    fn prove(&mut self, evidence: Evidence, is_out: impl Fn(&Member) -> bool) {
        if self.spoilt {
            return;
        }
        for member in self.members.iter_mut().filter(|member| member.fate.is_none() && is_out(member)) {
            member.fate = Some(Progress::Printed(evidence));
        }
    }

    /// Jobs behind which the printer has long been idle are decided.
    fn be_idle(&mut self, look: &Look) {
        if !look.idle() {
            self.members.iter_mut().for_each(|member| member.idle_looks = 0);
            return;
        }
        self.members.iter_mut().for_each(|member| member.idle_looks += 1);
        let counts_all = self.odometer.is_some() && !self.spoilt;
        let enough = if counts_all { IDLE_LOOKS_WITH_ODOMETER } else { IDLE_LOOKS };
        let done =
            self.undecided().filter(|member| member.idle_looks >= enough).map(|member| member.upto_formats).max();
        let Some(upto) = done else { return };
        let counted = self.counted || self.odometer.is_some_and(|odometer| odometer.grown > 0);
        let doubt = if counted { Doubt::Interrupted } else { Doubt::NoCountSeen };
        if self.odometer.is_some() {
            // One that was sent just now may still come out.
            let young = self.undecided().any(|member| member.idle_looks < IDLE_LOOKS);
            self.end(doubt);
            self.spoilt = young;
            return;
        }
        let (certain, evidence) = (self.certain, self.evidence);
        self.prove(evidence, |member| member.upto_formats <= certain.min(upto));
        for member in self.members.iter_mut().filter(|member| member.fate.is_none() && member.upto_formats <= upto) {
            member.fate = Some(Progress::Unproven(doubt));
        }
        self.spoilt = false;
        // What was not seen by now never is: later jobs are counted from here.
        for number in [&mut self.had, &mut self.came_out, &mut self.certain] {
            *number = upto.max(*number);
        }
    }
}
