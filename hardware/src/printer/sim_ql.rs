//! A Brother QL made of software on a pseudo terminal: reads the raster, keeps what it would print as dots, reports each
//! label as the real one does, and stops when told to. For tests and for trying a configuration without a printer.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};

use super::ql_status::{QlStatus, QlStatusKind};
use super::sim_line::{Machine, Reaction, Running};
use crate::display::Bitmap;

/// How many labels it keeps; older ones are forgotten.
const LABELS_KEPT_MAX: usize = 100;
/// How many raster lines a label may have; further ones are lost.
const ROWS_MAX: usize = 12_000;
/// The most dots a raster line may have.
const ROW_MAX_DOTS: i32 = 255 * 8;

/// A label that came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QlLabel {
    /// Width and length of the media that the job was for, in millimetres.
    pub media: (u8, u8),
    /// As it lies in the printer, seen from above: the head's first pin is at the right.
    pub dots: Bitmap,
}

#[derive(Debug)]
struct Ql {
    status: QlStatus,
    rows: Vec<Vec<u8>>,
    media: (u8, u8),
    /// Labels that are in and not out yet.
    waiting: VecDeque<QlLabel>,
    labels: VecDeque<QlLabel>,
    /// It stops before this many more labels.
    stops_in: Option<(u32, QlStatus)>,
    said_stopped: bool,
    says_waiting: bool,
    strays: usize,
}

/// The printer. It stops when it is dropped.
#[derive(Debug)]
pub struct SimQlPrinter {
    running: Running<Ql>,
    path: PathBuf,
}

impl SimQlPrinter {
    /// Loaded with tape of `width_mm`, endless where `length_mm` is 0.
    pub fn start(width_mm: u8, length_mm: u8) -> io::Result<SimQlPrinter> {
        let media = if length_mm == 0 { 0x0A } else { 0x0B };
        let status = QlStatus { width_mm, length_mm, media, ..QlStatus::default() };
        let machine = Ql {
            status,
            rows: Vec::new(),
            media: (0, 0),
            waiting: VecDeque::new(),
            labels: VecDeque::new(),
            stops_in: None,
            said_stopped: false,
            says_waiting: false,
            strays: 0,
        };
        let (running, path) = Running::on_tty(machine)?;
        Ok(SimQlPrinter { running, path: path.into() })
    }

    /// The serial line it is on.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The labels that came out, oldest first.
    pub fn labels(&self) -> Vec<QlLabel> {
        self.running.machine().labels.iter().cloned().collect()
    }

    /// Bytes that were no command it knows.
    pub fn strays(&self) -> usize {
        self.running.machine().strays
    }

    /// Before so many more labels it stops, with the errors that are set in this status.
    pub fn stop_before(&self, labels: u32, errors: QlStatus) {
        self.running.machine().stops_in = Some((labels, errors));
    }

    /// All is well again. `prints_on`: what waits is printed; otherwise it is thrown away.
    pub fn mend(&self, prints_on: bool) {
        let mut ql = self.running.machine();
        if !prints_on {
            ql.waiting.clear();
        }
        (ql.stops_in, ql.said_stopped, ql.says_waiting) = (None, false, true);
        (ql.status.errors_1, ql.status.errors_2) = (0, 0);
    }
}

impl Machine for Ql {
    fn hear(&mut self, waiting: &mut Vec<u8>) -> Reaction {
        let mut says = Vec::new();
        while let Some(taken) = self.take_command(waiting, &mut says) {
            waiting.drain(..taken);
        }
        Reaction { says, ..Reaction::default() }
    }

    /// Prints one label and says so.
    fn speak(&mut self) -> Vec<u8> {
        let phase = QlStatus { kind: QlStatusKind::Phase, ..self.status };
        if self.waiting.is_empty() {
            let says = std::mem::take(&mut self.says_waiting);
            return if says { phase.answer().to_vec() } else { Vec::new() };
        }
        if let Some((0, errors)) = self.stops_in {
            (self.status.errors_1, self.status.errors_2) = (errors.errors_1, errors.errors_2);
            if self.said_stopped {
                return Vec::new();
            }
            self.said_stopped = true;
            return QlStatus { kind: QlStatusKind::Error, ..self.status }.answer().to_vec();
        }
        if let Some((left, _)) = &mut self.stops_in {
            *left -= 1;
        }
        if self.labels.len() == LABELS_KEPT_MAX {
            self.labels.pop_front();
        }
        self.labels.extend(self.waiting.pop_front());
        let printing = QlStatus { printing: true, ..phase };
        let completed = QlStatus { kind: QlStatusKind::Completed, ..self.status };
        [printing, completed, phase].iter().flat_map(QlStatus::answer).collect()
    }
}

impl Ql {
    /// Obeys the first command; how long it was. `None`: it is not whole yet.
    fn take_command(&mut self, waiting: &[u8], says: &mut Vec<u8>) -> Option<usize> {
        let at = |at: usize| waiting.get(at).copied();
        match (at(0)?, at(1)) {
            (0x00, _) => Some(1),
            (0x1B, Some(b'@')) => {
                self.rows.clear();
                Some(2)
            }
            (0x1B, Some(b'i')) => self.take_setting(waiting, says),
            (0x1B, None) => None,
            (b'M', Some(_)) => Some(2),
            (b'g', Some(0)) => {
                let row = waiting.get(3..3 + usize::from(at(2)?))?;
                if self.rows.len() < ROWS_MAX {
                    self.rows.push(row.to_vec());
                }
                Some(3 + row.len())
            }
            (b'M' | b'g', None) => None,
            (0x0C | 0x1A, _) => {
                self.page();
                Some(1)
            }
            _ => {
                self.strays += 1;
                Some(1)
            }
        }
    }

    fn take_setting(&mut self, waiting: &[u8], says: &mut Vec<u8>) -> Option<usize> {
        let parameters = match waiting.get(2)? {
            b'S' => {
                says.extend(self.status.answer());
                0
            }
            b'z' => {
                self.media = (*waiting.get(5)?, *waiting.get(6)?);
                10
            }
            b'd' => 2,
            b'a' | b'M' | b'A' | b'K' => 1,
            _ => {
                self.strays += 1;
                0
            }
        };
        waiting.get(..3 + parameters).map(<[u8]>::len)
    }

    fn page(&mut self) {
        let width = self.rows.iter().map(|row| row.len() * 8).max().unwrap_or(0);
        let size = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        let mut dots = Bitmap::new(0, 0, size(width).min(ROW_MAX_DOTS), size(self.rows.len()));
        for (y, row) in self.rows.iter().enumerate() {
            for bit in 0..row.len() * 8 {
                if row.get(bit / 8).is_some_and(|byte| byte & (0x80 >> (bit % 8)) != 0) {
                    dots.blacken(width - 1 - bit, y);
                }
            }
        }
        self.rows.clear();
        self.waiting.push_back(QlLabel { media: self.media, dots });
    }
}
