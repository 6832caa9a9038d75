//! A ZPL printer made of software that listens on TCP: takes labels, prints them at a pace, answers `~HS` and its
//! odometer, and goes wrong at any moment it is told to. For tests and for trying a configuration without a printer.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::host_status::HostStatus;
use super::sim_line::{Machine, Reaction, Running};

/// How many labels it keeps; older ones are forgotten.
const LABELS_KEPT_MAX: usize = 1000;
/// The longest label; what is longer is thrown away.
const LABEL_MAX_BYTES: usize = 1 << 20;
/// How many labels wait in it at most; further ones are lost.
const QUEUE_MAX: usize = 1000;
/// The odometer's question, as this printer knows it.
const ODOMETER: &[u8] = b"! U1 getvar \"odometer.total_label_count\"";

/// How fast it prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pace {
    /// A label is out as soon as it is in: its count is never seen above 0.
    #[default]
    AtOnce,
    /// One label behind each answer to `~HS`: no clock, so that a test sees every count.
    EachLook,
}

/// When something goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// When the next connection comes.
    Connect,
    /// At the first bytes of the next job, before its end.
    MidJob,
    /// When the next job has come whole.
    JobEnd,
    /// When so many more labels are out.
    Labels(u32),
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// The connection is reset.
    Reset,
    /// It reads nothing more for so long.
    StopsReading(Duration),
    /// It stops: the flags that are set in this status are set.
    Stops(HostStatus),
    /// It answers nothing from now on.
    FallsSilent,
    /// Its answers break off in the middle from now on.
    AnswersHalf,
    /// Someone cancels what waits in it.
    Cancelled,
    /// It is switched off and on: what waits in it is lost.
    SwitchedOff,
    /// Another program sends so many labels.
    OthersSend(u32),
}

#[derive(Debug, Default)]
struct Zebra {
    labels: VecDeque<Vec<u8>>,
    waiting: VecDeque<(Vec<u8>, u32)>,
    status: HostStatus,
    silent: bool,
    silent_when_stopped: bool,
    answers_half: bool,
    pace: Pace,
    odometer: Option<u64>,
    script: Vec<(Moment, Mishap)>,
    hangs_up: bool,
    mid_job: bool,
}

/// The printer. It stops when it is dropped.
#[derive(Debug)]
pub struct SimZplPrinter {
    running: Running<Zebra>,
    address: SocketAddr,
}

impl SimZplPrinter {
    /// Listens on `address`; port 0 takes a free one.
    pub fn start(address: &str) -> io::Result<SimZplPrinter> {
        let (running, address) = Running::on_tcp(Zebra::default(), address)?;
        Ok(SimZplPrinter { running, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The labels that came out (`^XA` to `^XZ`), oldest first, each copy by itself.
    pub fn labels(&self) -> Vec<Vec<u8>> {
        self.running.machine().labels.iter().cloned().collect()
    }

    /// What it answers to `~HS` from now on, but for the counts, which are its own.
    pub fn set_status(&self, status: HostStatus) {
        self.running.machine().status = status;
    }

    /// Answers nothing.
    pub fn set_silent(&self, silent: bool) {
        self.running.machine().silent = silent;
    }

    /// Answers nothing while it is stopped, as newer firmware does.
    pub fn set_silent_when_stopped(&self, silent: bool) {
        self.running.machine().silent_when_stopped = silent;
    }

    /// Ends the connection behind each answer, as some print servers do.
    pub fn set_hangs_up(&self, hangs_up: bool) {
        self.running.machine().hangs_up = hangs_up;
    }

    /// How fast it prints.
    pub fn set_pace(&self, pace: Pace) {
        self.running.machine().pace = pace;
    }

    /// Labels it ever printed; without a number it has no odometer.
    pub fn set_odometer(&self, labels: Option<u64>) {
        self.running.machine().odometer = labels;
    }

    /// At `moment`, once, `mishap` happens.
    pub fn script(&self, moment: Moment, mishap: Mishap) {
        self.running.machine().script.push((moment, mishap));
    }

    /// All is well again; what waits is printed on.
    pub fn mend(&self) {
        let mut zebra = self.running.machine();
        zebra.status = HostStatus::default();
        (zebra.silent, zebra.answers_half) = (false, false);
        zebra.script.clear();
        if zebra.pace == Pace::AtOnce {
            while zebra.print_one() {}
        }
    }
}

impl Machine for Zebra {
    fn connected(&mut self) -> Reaction {
        self.happens(Moment::Connect)
    }

    fn hear(&mut self, waiting: &mut Vec<u8>) -> Reaction {
        let mut reaction = Reaction::default();
        while self.take_command(waiting, &mut reaction) {
            if reaction.resets {
                return reaction;
            }
        }
        if find(waiting, b"^XA").is_some() && !self.mid_job {
            self.mid_job = true;
            let more = self.happens(Moment::MidJob);
            (reaction.resets, reaction.pauses) = (reaction.resets | more.resets, reaction.pauses + more.pauses);
        }
        if waiting.len() > LABEL_MAX_BYTES {
            waiting.clear();
        }
        reaction
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|at| at.eq_ignore_ascii_case(what))
}

impl Zebra {
    /// Takes the first whole command off `waiting`. `false`: nothing whole is left.
    fn take_command(&mut self, waiting: &mut Vec<u8>, reaction: &mut Reaction) -> bool {
        // Both questions are obeyed at once, even within a label.
        if let Some(at) = find(waiting, b"~HS") {
            waiting.drain(at..at + 3);
            reaction.says.extend(self.host_status());
            reaction.ends = self.hangs_up;
            return true;
        }
        if let Some(at) = find(waiting, ODOMETER) {
            waiting.drain(at..at + ODOMETER.len());
            if !self.quiet() {
                reaction.says.extend(self.odometer.map(|count| format!("\"{count}\"")).unwrap_or_default().bytes());
            }
            return true;
        }
        let begin = find(waiting, b"^XA");
        let end = begin.and_then(|begin| find(waiting, b"^XZ").filter(|end| *end > begin));
        let (Some(begin), Some(end)) = (begin, end) else { return false };
        if !self.mid_job {
            let early = self.happens(Moment::MidJob);
            reaction.pauses += early.pauses;
            if early.resets {
                reaction.resets = true;
                return true;
            }
        }
        self.mid_job = false;
        let label: Vec<u8> = waiting.drain(..end + 3).skip(begin).collect();
        self.queue(label);
        let late = self.happens(Moment::JobEnd);
        (reaction.resets, reaction.pauses) = (late.resets, reaction.pauses + late.pauses);
        true
    }

    fn queue(&mut self, label: Vec<u8>) {
        let copies = copies(&label);
        if self.waiting.len() < QUEUE_MAX {
            self.waiting.push_back((label, copies));
        }
        if self.pace == Pace::AtOnce {
            while self.print_one() {}
        }
    }

    /// Prints the next label, unless it is stopped or has none.
    fn print_one(&mut self) -> bool {
        if !self.status.faults().is_empty() {
            return false;
        }
        let Some((label, left)) = self.waiting.front_mut() else { return false };
        if self.labels.len() == LABELS_KEPT_MAX {
            self.labels.pop_front();
        }
        self.labels.push_back(label.clone());
        *left -= 1;
        if *left == 0 {
            self.waiting.pop_front();
        }
        self.odometer = self.odometer.map(|count| count + 1);
        for (moment, _) in &mut self.script {
            if let Moment::Labels(left) = moment {
                *left = left.saturating_sub(1);
            }
        }
        self.happens(Moment::Labels(0));
        true
    }

    fn quiet(&self) -> bool {
        self.silent || self.silent_when_stopped && !self.status.faults().is_empty()
    }

    fn host_status(&mut self) -> Vec<u8> {
        let quiet = self.quiet();
        let remaining = self.waiting.front().map_or(0, |(_, left)| *left);
        let formats = u32::try_from(self.waiting.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let own = HostStatus { labels_remaining: remaining, formats_waiting: formats, ..self.status };
        if self.pace == Pace::EachLook {
            self.print_one();
        }
        let mut answer = if quiet { Vec::new() } else { own.answer() };
        if self.answers_half {
            answer.truncate(answer.len() / 2);
        }
        answer
    }

    /// Does what the script has for this moment.
    fn happens(&mut self, moment: Moment) -> Reaction {
        let (now, later) = std::mem::take(&mut self.script).into_iter().partition(|(at, _)| *at == moment);
        self.script = later;
        let now: Vec<(Moment, Mishap)> = now;
        let mut reaction = Reaction::default();
        for (_, mishap) in now {
            match mishap {
                Mishap::Reset => (reaction.resets, self.mid_job) = (true, false),
                Mishap::StopsReading(time) => reaction.pauses += time,
                Mishap::Stops(status) => self.status = status,
                Mishap::FallsSilent => self.silent = true,
                Mishap::AnswersHalf => self.answers_half = true,
                Mishap::Cancelled => self.waiting.clear(),
                Mishap::SwitchedOff => {
                    self.waiting.clear();
                    (self.status, self.mid_job, reaction.resets) = (HostStatus::default(), false, true);
                }
                Mishap::OthersSend(labels) => {
                    self.waiting.push_front((b"^XA^FDanother's^FS^XZ".to_vec(), labels.max(1)));
                }
            }
        }
        reaction
    }
}

/// The number behind the last `^PQ`.
fn copies(label: &[u8]) -> u32 {
    let text = String::from_utf8_lossy(label);
    let digits = text.rsplit("^PQ").next().filter(|_| text.contains("^PQ")).unwrap_or("1");
    let digits: String = digits.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(1).clamp(1, 10_000)
}
