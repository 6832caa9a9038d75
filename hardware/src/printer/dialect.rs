//! How a printer of each language is asked how it is, and what its answer means for the job in hand.

use std::io;
use std::time::{Duration, Instant};

use super::convoy::Look;
use super::host_status::{ANSWER_MAX_BYTES, HostStatus};
use super::other_status::{EPL2_REQUEST, ESC_POS_REQUEST, TSPL_REQUEST, TsplStatus, epl2, esc_pos};
use super::port::Port;
use super::ql_status::{QlStatus, QlStatusKind, STATUS_REQUEST, media_of_job};
use super::reports::Report;
use super::watchdog::{Limits, is_pause};
use super::{Fault, Health, PrinterState};

/// `~HS`, Zebra's question.
const HOST_STATUS: &[u8] = b"~HS\r\n";
/// Labels ever printed, by Set-Get-Do (Zebra P1099958, "odometer.total_label_count"); answered with a quoted number by
/// printers that have it, with `"?"` or not at all by others.
const ODOMETER: &[u8] = b"! U1 getvar \"odometer.total_label_count\"\r\n";
/// The wait for the odometer once `~HS` was answered.
const ODOMETER_WAIT: Duration = Duration::from_millis(300);
/// Clears what a broken-off job left behind in a Brother QL: NULs, then `ESC @`.
const QL_CLEAR_BYTES: usize = 200;

/// How a printer is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `~HS`, and an odometer where it has one.
    Zpl,
    /// `<ESC>!?`.
    Tspl,
    /// `ESC i S`, and reports of its own.
    BrotherQl,
    /// `DLE EOT`.
    EscPos,
    /// `^ee`; many of its printers never answer.
    Epl2,
    /// It is not asked.
    Mute,
}

/// What one printer showed about itself; kept from one conversation to the next.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Manners {
    /// Whether it answered the last question.
    pub(super) answers: Option<bool>,
    /// Whether it ever answered: when it falls silent it is stopped, and not merely of a kind that never answers.
    pub(super) answered: bool,
    /// It was asked for its odometer and has none.
    pub(super) no_odometer: bool,
    /// It was seen to keep a connection open behind an answer.
    pub(super) keeps_open: bool,
}

/// What it answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// Nothing, or not all of it, in time.
    Silence,
    /// It is not asked.
    NotAsked,
    /// `~HS` and the odometer.
    Zebra(HostStatus, Option<u64>),
    /// TSPL's byte.
    Tspl(TsplStatus),
    /// Brother's status.
    Ql(QlStatus),
    /// ESC/POS's bytes, or EPL2's codes: no count in them.
    Uncounted(Health),
}

impl Dialect {
    /// The dialect of a printer language.
    pub(super) fn of(language: &str) -> Self {
        match language {
            "zpl" => Dialect::Zpl,
            "tspl" => Dialect::Tspl,
            "brother-ql" | "brother-ql-wide" => Dialect::BrotherQl,
            "esc-pos" => Dialect::EscPos,
            "epl2" => Dialect::Epl2,
            _ => Dialect::Mute,
        }
    }

    /// Asks; with `odometer`, also how many labels it ever printed.
    pub(super) fn ask(
        self,
        port: &mut dyn Port,
        manners: &mut Manners,
        odometer: bool,
        limits: &Limits,
    ) -> io::Result<Answer> {
        let answer = match self {
            Dialect::Mute => return Ok(Answer::NotAsked),
            Dialect::Zpl => ask_zebra(port, manners, odometer, limits)?,
            Dialect::Tspl => {
                say(port, TSPL_REQUEST, limits)?;
                let heard = listen(port, limits.status, |heard| !heard.is_empty())?;
                heard.last().map_or(Answer::Silence, |byte| Answer::Tspl(TsplStatus(*byte)))
            }
            Dialect::BrotherQl => {
                let mut question = vec![0; QL_CLEAR_BYTES];
                question.extend(b"\x1b@");
                question.extend(STATUS_REQUEST);
                say(port, &question, limits)?;
                let is_reply = |heard: &[u8]| ql_reply(heard).is_some();
                let heard = listen(port, limits.status, is_reply)?;
                ql_reply(&heard).map_or(Answer::Silence, Answer::Ql)
            }
            Dialect::EscPos => {
                say(port, ESC_POS_REQUEST, limits)?;
                let heard = listen(port, limits.status, |heard| heard.len() >= 4)?;
                esc_pos(&heard).map_or(Answer::Silence, Answer::Uncounted)
            }
            // Asked once: one that never answers is not waited for again, and that is no fault.
            Dialect::Epl2 if manners.answers == Some(false) && !manners.answered => return Ok(Answer::NotAsked),
            Dialect::Epl2 => {
                say(port, EPL2_REQUEST, limits)?;
                let heard = listen(port, limits.status, |heard| heard.ends_with(b"\r\n"))?;
                match epl2(&heard) {
                    Some(health) => Answer::Uncounted(health),
                    None if manners.answered => Answer::Silence,
                    None => {
                        manners.answers = Some(false);
                        return Ok(Answer::NotAsked);
                    }
                }
            }
        };
        manners.answers = Some(answer != Answer::Silence);
        manners.answered |= answer != Answer::Silence;
        Ok(answer)
    }
}

impl Answer {
    /// What it means for the screens.
    pub(super) fn health(self) -> Health {
        match self {
            // Newer printers are silent while labels or ribbon are out or the head is open.
            Answer::Silence => Health::down(Fault::NoAnswer),
            Answer::NotAsked => PrinterState::CannotAsk.into(),
            Answer::Zebra(status, _) => {
                Health { labels_to_come: Some(status.labels_remaining), ..status.state().into() }
            }
            Answer::Tspl(status) => PrinterState::from_faults(status.faults()).into(),
            Answer::Ql(status) => Health { loaded: status.loaded(), ..status.state().into() },
            Answer::Uncounted(health) => health,
        }
    }

    /// What it means for a count, where there is one.
    pub(super) fn look(&self) -> Option<Look> {
        match self {
            Answer::Zebra(status, odometer) => Some(Look {
                to_come: status.labels_remaining,
                waiting: status.formats_waiting,
                faults: status.faults(),
                odometer: *odometer,
            }),
            Answer::Tspl(status) => Some(Look {
                // Stopped in the middle it does not say that it prints, and has the label all the same.
                to_come: u32::from(status.printing() || !status.faults().is_empty()),
                waiting: 0,
                faults: status.faults(),
                odometer: None,
            }),
            Answer::Ql(_) | Answer::Uncounted(_) | Answer::Silence | Answer::NotAsked => None,
        }
    }

    /// What is loaded and what the job needs, where that differs.
    pub(super) fn wrong_stock(&self, job: &[u8]) -> Option<(String, String)> {
        let Answer::Ql(status) = self else { return None };
        let (width, length) = media_of_job(job)?;
        if status.media == 0 || (status.width_mm, status.length_mm) == (width, length) {
            return None;
        }
        let needed = QlStatus { width_mm: width, length_mm: length, ..*status };
        Some((status.loaded()?, needed.loaded()?))
    }
}

/// What a Brother QL said of its own accord.
pub(super) fn ql_reports(heard: &mut Vec<u8>) -> Vec<Report> {
    let mut reports = Vec::new();
    while let Some(status) = QlStatus::take(heard) {
        reports.push(match status.kind {
            QlStatusKind::Completed => Report::Completed,
            QlStatusKind::Off => Report::Gone,
            _ if !status.faults().is_empty() => Report::Stopped(status.faults()),
            QlStatusKind::Error => Report::Stopped(vec![Fault::Other]),
            QlStatusKind::Phase | QlStatusKind::Reply if status.printing => Report::Printing,
            QlStatusKind::Phase | QlStatusKind::Reply => Report::Waiting,
            QlStatusKind::Notice | QlStatusKind::Other(_) => continue,
        });
    }
    reports
}

fn ql_reply(heard: &[u8]) -> Option<QlStatus> {
    let mut heard = heard.to_vec();
    std::iter::from_fn(|| QlStatus::take(&mut heard)).find(|status| status.kind == QlStatusKind::Reply)
}

fn ask_zebra(port: &mut dyn Port, manners: &mut Manners, odometer: bool, limits: &Limits) -> io::Result<Answer> {
    say(port, HOST_STATUS, limits)?;
    let heard = listen(port, limits.status, HostStatus::is_whole)?;
    let Some(status) = HostStatus::parse(&heard) else { return Ok(Answer::Silence) };
    if !odometer || manners.no_odometer {
        return Ok(Answer::Zebra(status, None));
    }
    say(port, ODOMETER, limits)?;
    let heard = listen(port, ODOMETER_WAIT.min(limits.status), |heard| quoted(heard).is_some())?;
    let count = quoted(&heard).and_then(|text| text.parse().ok());
    manners.no_odometer = count.is_none();
    Ok(Answer::Zebra(status, count))
}

/// The text between the first pair of quotes.
fn quoted(heard: &[u8]) -> Option<&str> {
    let mut parts = heard.split(|byte| *byte == b'"').skip(1);
    let text = parts.next()?;
    parts.next()?;
    std::str::from_utf8(text).ok().map(str::trim)
}

/// Sends a question, which is a few bytes: it goes or it does not.
fn say(port: &mut dyn Port, question: &[u8], limits: &Limits) -> io::Result<()> {
    let (mut said, began) = (0, Instant::now());
    while let Some(rest) = question.get(said..).filter(|rest| !rest.is_empty()) {
        match port.write(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(taken) => said += taken,
            Err(error) if is_pause(&error) && began.elapsed() < limits.status => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Hears until `whole`, for at most `most`; what came until then.
fn listen(port: &mut dyn Port, most: Duration, whole: impl Fn(&[u8]) -> bool) -> io::Result<Vec<u8>> {
    let (mut heard, mut piece, began) = (Vec::new(), [0_u8; 256], Instant::now());
    while !whole(&heard) && heard.len() < ANSWER_MAX_BYTES {
        let left = most.saturating_sub(began.elapsed());
        if left.is_zero() {
            break;
        }
        match port.read(&mut piece, left) {
            Ok(0) => break,
            Ok(read) => heard.extend_from_slice(piece.get(..read).unwrap_or(&[])),
            Err(error) if is_pause(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(heard)
}

/// All that has come by now, without waiting for more; also what a lost line still gave.
pub(super) fn overhear(port: &mut dyn Port, heard: &mut Vec<u8>) -> io::Result<()> {
    let mut piece = [0_u8; 256];
    while heard.len() < ANSWER_MAX_BYTES {
        match port.read(&mut piece, Duration::from_millis(20)) {
            Ok(0) => return Ok(()),
            Ok(read) => heard.extend_from_slice(piece.get(..read).unwrap_or(&[])),
            Err(error) if is_pause(&error) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
