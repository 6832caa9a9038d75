//! A printer that takes its language's bytes as they are: on TCP, a serial line or a device file.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::convoy::{Convoy, Seen};
use super::dialect::{Answer, Dialect, Manners, overhear, ql_reports};
use super::port::{Place, Port};
use super::reports::{Report, Reports};
use super::track::Way;
use super::watchdog::{Limits, Meter, Watchdog, is_pause};
use super::{Doubt, Evidence, Fault, Health, Payload, Printer, PrinterState, Progress, SendError, SendOutcome, Track};

/// How a printer is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speech {
    /// The language: a word of [`crate::language::LANGUAGES`], or `pdf`.
    pub language: String,
    /// Whether it is asked how it is. Not where the cable goes one way only.
    pub asks: bool,
    /// Others print there too: its counts prove nothing.
    pub shared: bool,
    /// A ZPL printer counts the labels it ever printed (Link-OS printers do), and is asked for that count.
    pub odometer: bool,
}

impl Speech {
    /// A printer of this language, for Outguide alone, that can be asked.
    pub fn of(language: &str) -> Self {
        Self { language: language.to_owned(), asks: true, shared: false, odometer: false }
    }
}

/// The printer.
pub struct RawPrinter {
    way: Arc<dyn Place>,
    dialect: Dialect,
    shared: bool,
    odometer: bool,
    limits: Limits,
    watchdog: Watchdog,
    line: Arc<Mutex<Line>>,
    /// The jobs whose count is looked at. Never locked during a conversation, which may hang.
    convoy: Arc<Mutex<Convoy>>,
}

/// What is kept between conversations.
#[derive(Default)]
struct Line {
    manners: Manners,
    /// The port that stays open while a job is followed.
    port: Option<Box<dyn Port>>,
    /// Half a report.
    heard: Vec<u8>,
}

impl fmt::Debug for RawPrinter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawPrinter({:?}, {:?})", self.way, self.dialect)
    }
}

impl RawPrinter {
    pub(super) fn new(way: impl Place, speech: &Speech, limits: Limits) -> Self {
        let dialect = if speech.asks { Dialect::of(&speech.language) } else { Dialect::Mute };
        let evidence = if dialect == Dialect::Tspl { Evidence::PrintingEnded } else { Evidence::CountFell };
        Self {
            way: Arc::new(way),
            dialect,
            shared: speech.shared,
            odometer: speech.odometer,
            limits,
            watchdog: Watchdog::default(),
            line: Arc::default(),
            convoy: Arc::new(Mutex::new(Convoy::new(evidence))),
        }
    }

    fn convoy(&self) -> MutexGuard<'_, Convoy> {
        self.convoy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What an unanswered question means: a Brother QL on the network never answers, and a plain file cannot.
    fn silence_is_a_fault(&self) -> bool {
        self.way.can_answer() && !(self.dialect == Dialect::BrotherQl && self.way.word() == "tcp")
    }

    fn asks(&self) -> Dialect {
        if self.way.can_answer() { self.dialect } else { Dialect::Mute }
    }

    /// Asks, on the port that is open or a new one, which is then closed.
    fn question(&self) -> io::Result<Answer> {
        let (way, line, limits, dialect) = (Arc::clone(&self.way), Arc::clone(&self.line), self.limits, self.asks());
        let odometer = self.odometer;
        let asked = self.watchdog.run(limits.question(), move |_| {
            let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
            let opened = line.port.take().map_or_else(|| way.open(&limits), Ok);
            // Behind a break another printer may be there.
            let mut port = opened.inspect_err(|_| line.manners = Manners::default())?;
            dialect.ask(port.as_mut(), &mut line.manners, odometer, &limits)
        });
        asked.unwrap_or(Ok(Answer::Silence))
    }

    fn look(&self) -> Seen {
        match self.question() {
            Ok(answer) => answer.look().map_or(Seen::Gone(Fault::NoAnswer), Seen::Look),
            Err(_) => Seen::Gone(Fault::Unreachable),
        }
    }

    /// What the printer reported since the last look.
    fn reports(&self) -> Vec<Report> {
        let line = Arc::clone(&self.line);
        let overheard = self.watchdog.run(self.limits.question(), move |_| {
            let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
            let Line { port, heard, .. } = &mut *line;
            let Some(port) = port else { return vec![Report::Gone] };
            let lost = overhear(port.as_mut(), heard).is_err();
            let mut reports = ql_reports(heard);
            if lost {
                reports.push(Report::Gone);
            }
            reports
        });
        overheard.unwrap_or_default()
    }

    /// Closes what was left open for the job.
    fn hang_up(&self) {
        let line = Arc::clone(&self.line);
        // Closing a serial line may wait for its drain.
        let _ = self.watchdog.run(self.limits.question(), move |_| {
            line.lock().unwrap_or_else(PoisonError::into_inner).port = None;
        });
    }
}

impl Printer for RawPrinter {
    fn send(&self, job: Payload<'_>) -> SendOutcome {
        let errand = Errand {
            way: Arc::clone(&self.way),
            limits: self.limits,
            dialect: self.asks(),
            shared: self.shared,
            odometer: self.odometer,
            labels: job.labels,
            bytes: job.bytes.to_vec(),
            convoy: Arc::clone(&self.convoy),
        };
        let line = Arc::clone(&self.line);
        let sent = self.watchdog.run(self.limits.whole_job(), move |meter| {
            errand.run(meter, &mut line.lock().unwrap_or_else(PoisonError::into_inner))
        });
        let outcome = sent.unwrap_or_else(|hung| hung.outcome(self.way.name(), self.limits.whole_job()));
        if matches!(outcome, SendOutcome::Unknown { .. }) {
            // What of this comes out is no part of the sum: the count is not of the others alone any more.
            self.convoy().end(Doubt::Interrupted);
        }
        outcome
    }

    fn follow_all(&self, tracks: &mut [Track]) -> Vec<Progress> {
        if tracks.iter().any(|track| matches!(track.0, Way::Count { .. })) {
            let seen = self.look();
            self.convoy().next(seen);
        }
        let mut ended = false;
        let follow = |track: &mut Track| match &mut track.0 {
            Way::Count { place, .. } => self.convoy().progress(place),
            Way::Reports(reports) => {
                let progress = reports.next(&self.reports());
                ended |= !matches!(progress, Progress::StillPrinting { .. });
                progress
            }
            Way::None(doubt) => Progress::Unproven(*doubt),
            Way::Simulated { .. } | Way::Ipp { .. } | Way::Elsewhere => Progress::Unproven(Doubt::CannotCount),
        };
        let progress = tracks.iter_mut().map(follow).collect();
        self.convoy().forget_told();
        if ended {
            self.hang_up();
        }
        progress
    }

    fn health(&self) -> Health {
        match self.question() {
            Ok(Answer::Silence) if !self.silence_is_a_fault() => PrinterState::CannotAsk.into(),
            Ok(answer) => answer.health(),
            Err(_) => Health::down(Fault::Unreachable),
        }
    }

    fn transport(&self) -> &'static str {
        self.way.word()
    }
}

/// How long the end of a connection is waited for behind an answer.
const END_WAIT: Duration = Duration::from_millis(5);

/// Whether the other side has ended the connection.
fn is_over(port: &mut dyn Port) -> bool {
    match port.read(&mut [0_u8; 64], END_WAIT) {
        Ok(read) => read == 0,
        Err(error) => !is_pause(&error),
    }
}

/// One job on its way.
struct Errand {
    way: Arc<dyn Place>,
    limits: Limits,
    dialect: Dialect,
    shared: bool,
    odometer: bool,
    labels: u32,
    bytes: Vec<u8>,
    convoy: Arc<Mutex<Convoy>>,
}

impl Errand {
    fn run(self, meter: &Meter, line: &mut Line) -> SendOutcome {
        let to = self.way.name();
        line.heard.clear();
        // What was open for an earlier job is closed first: a serial line opens once.
        line.port = None;
        let opened = self.way.open(&self.limits).and_then(|mut port| {
            let before = self.before(port.as_mut(), &mut line.manners)?;
            let in_doubt = before != Answer::NotAsked && !self.way.stays_open() && !line.manners.keeps_open;
            if in_doubt && is_over(port.as_mut()) {
                // It serves one question a connection: a job written here would be lost.
                port = self.way.open(&self.limits)?;
            } else if in_doubt {
                line.manners.keeps_open = true;
            }
            Ok((port, before))
        });
        let (mut port, before) = match opened {
            Ok(opened) => opened,
            Err(error) => return SendOutcome::NothingSent(SendError::Unreachable { to, error }),
        };
        if let Some(look) = before.look() {
            self.convoy().next(Seen::Look(look));
        }
        if let Some((loaded, needed)) = before.wrong_stock(&self.bytes) {
            return SendOutcome::NothingSent(SendError::WrongStock { to, loaded, needed });
        }
        // Many printers and print servers never answer, and print all the same; one that did and does no more is stopped.
        if before != Answer::Silence || line.manners.answered {
            let faults = before.clone().health().state.faults().to_vec();
            if !faults.is_empty() {
                return SendOutcome::NothingSent(SendError::NotReady { to, faults });
            }
        }
        if let Err(broken) = meter.write(port.as_mut(), &self.bytes, &self.limits) {
            return SendOutcome::failed(meter.sent_bytes(), broken.to(to));
        }
        if let Err(error) = port.finish(&self.limits) {
            return SendOutcome::failed(self.bytes.len(), SendError::Write { to, error });
        }
        let track = self.track(&before);
        if matches!(track.0, Way::Reports(_)) {
            line.port = Some(port);
        }
        SendOutcome::Sent(track)
    }

    /// Asks before the first byte, unless the printer is of a kind that never answers.
    fn before(&self, port: &mut dyn Port, manners: &mut Manners) -> io::Result<Answer> {
        if manners.answers == Some(false) && !manners.answered {
            return Ok(Answer::NotAsked);
        }
        self.dialect.ask(port, manners, self.odometer, &self.limits)
    }

    fn convoy(&self) -> MutexGuard<'_, Convoy> {
        self.convoy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn track(&self, before: &Answer) -> Track {
        if self.shared {
            return Track(Way::None(Doubt::OthersPrint));
        }
        let count = |formats, alone| match before.look() {
            Some(look) => Track(Way::Count { place: self.convoy().join(formats, self.labels, look), alone }),
            None => Track::none(),
        };
        match before {
            Answer::Zebra(..) => {
                let formats = self.bytes.windows(3).filter(|at| at.eq_ignore_ascii_case(b"^XZ")).count();
                count(u32::try_from(formats).unwrap_or(u32::MAX), false)
            }
            Answer::Tspl(_) => count(1, true),
            Answer::Ql(_) if self.way.stays_open() => Track(Way::Reports(Reports::new(self.labels))),
            Answer::Ql(_) | Answer::Uncounted(_) | Answer::Silence | Answer::NotAsked => Track::none(),
        }
    }
}
