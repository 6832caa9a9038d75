//! A TSPL printer made of software that listens on TCP: draws bars and bitmaps, keeps what it would print as dots, answers
//! `<ESC>!?`, and stops when told to. For tests and for trying a configuration without a printer.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;

use super::other_status::TSPL_REQUEST;
use super::sim_line::{Machine, Reaction, Running};
use super::sim_server::Pace;
use crate::display::{Bitmap, Rect};

/// How many labels it keeps; older ones are forgotten.
const LABELS_KEPT_MAX: usize = 100;
/// The longest command; what is longer is thrown away.
const COMMAND_MAX_BYTES: usize = 1 << 22;
/// The most dots a side of a label has.
const SIDE_MAX_DOTS: i32 = 10_000;
/// Dots a millimetre, at 203 dots an inch.
const DOTS_PER_MM: f32 = 203.0 / 25.4;

#[derive(Debug)]
struct Tspl {
    page: Bitmap,
    waiting: VecDeque<Bitmap>,
    labels: VecDeque<Bitmap>,
    /// The bits of what stops it.
    stopped: u8,
    silent: bool,
    /// It stops, with these bits, before so many more labels.
    stops_in: Option<(u32, u8)>,
    pace: Pace,
    unknown: Vec<String>,
}

/// The printer, of 203 dots an inch. It stops when it is dropped.
#[derive(Debug)]
pub struct SimTsplPrinter {
    running: Running<Tspl>,
    address: SocketAddr,
}

impl SimTsplPrinter {
    /// Listens on `address`; port 0 takes a free one.
    pub fn start(address: &str) -> io::Result<SimTsplPrinter> {
        let machine = Tspl {
            page: Bitmap::new(0, 0, 0, 0),
            waiting: VecDeque::new(),
            labels: VecDeque::new(),
            stopped: 0,
            silent: false,
            stops_in: None,
            pace: Pace::EachLook,
            unknown: Vec::new(),
        };
        let (running, address) = Running::on_tcp(machine, address)?;
        Ok(SimTsplPrinter { running, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The labels that came out, oldest first.
    pub fn labels(&self) -> Vec<Bitmap> {
        self.running.machine().labels.iter().cloned().collect()
    }

    /// Commands that it did not know.
    pub fn unknown(&self) -> Vec<String> {
        self.running.machine().unknown.clone()
    }

    /// How fast it prints; at first one label behind each look.
    pub fn set_pace(&self, pace: Pace) {
        self.running.machine().pace = pace;
    }

    /// Stopped by these bits of its status byte from now on; by none it prints on.
    pub fn set_stopped(&self, bits: u8) {
        let mut tspl = self.running.machine();
        (tspl.stopped, tspl.stops_in) = (bits, None);
    }

    /// Before so many more labels it stops.
    pub fn stop_before(&self, labels: u32, bits: u8) {
        self.running.machine().stops_in = Some((labels, bits));
    }

    /// Answers nothing.
    pub fn set_silent(&self, silent: bool) {
        self.running.machine().silent = silent;
    }

    /// Throws away what waits, as its cancel key does.
    pub fn cancel(&self) {
        self.running.machine().waiting.clear();
    }
}

impl Machine for Tspl {
    fn hear(&mut self, waiting: &mut Vec<u8>) -> Reaction {
        let mut says = Vec::new();
        while let Some(taken) = self.take_command(waiting, &mut says) {
            waiting.drain(..taken);
        }
        if waiting.len() > COMMAND_MAX_BYTES {
            waiting.clear();
        }
        Reaction { says, ..Reaction::default() }
    }
}

impl Tspl {
    fn take_command(&mut self, waiting: &[u8], says: &mut Vec<u8>) -> Option<usize> {
        if waiting.starts_with(TSPL_REQUEST) {
            if !self.silent {
                says.push(self.stopped | if self.waiting.is_empty() || self.stopped != 0 { 0 } else { 0x20 });
            }
            if self.pace == Pace::EachLook {
                self.print_one();
            }
            return Some(TSPL_REQUEST.len());
        }
        if waiting.starts_with(b"BITMAP ") {
            return self.bitmap(waiting);
        }
        let end = waiting.iter().position(|byte| *byte == b'\n')?;
        let line = String::from_utf8_lossy(waiting.get(..end)?).trim().to_owned();
        self.obey(&line);
        Some(end + 1)
    }

    /// `BITMAP x,y,width in bytes,height,mode,` and then the bytes; a set bit is white.
    fn bitmap(&mut self, waiting: &[u8]) -> Option<usize> {
        let mut commas = waiting.iter().enumerate().filter(|(_, byte)| **byte == b',').map(|(at, _)| at);
        let data = commas.nth(4)? + 1;
        let head = String::from_utf8_lossy(waiting.get(b"BITMAP ".len()..data)?).into_owned();
        let numbers: Vec<usize> = head.split(',').filter_map(|number| number.trim().parse().ok()).collect();
        let [x, y, row_bytes, height, _mode] = numbers.get(..)? else { return Some(data) };
        let bytes = waiting.get(data..data + row_bytes * height)?;
        for (at, byte) in bytes.iter().enumerate() {
            for bit in (0..8).filter(|bit| byte & (0x80 >> bit) == 0) {
                self.page.blacken(x + at % row_bytes * 8 + bit, y + at / row_bytes);
            }
        }
        Some(data + bytes.len())
    }

    fn obey(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let numbers: Vec<i32> = rest.split(',').filter_map(|number| number.trim().parse().ok()).collect();
        match (word, numbers.as_slice()) {
            ("SIZE", _) => {
                let mut sides = rest.split(',').map(|side| {
                    let millimetres: f32 = side.trim().trim_end_matches(" mm").parse().unwrap_or(0.0);
                    // Whole after rounding, and bounded.
                    #[allow(clippy::cast_possible_truncation, reason = "rounded; a cast from float saturates")]
                    let dots = (millimetres * DOTS_PER_MM).round() as i32;
                    dots.clamp(0, SIDE_MAX_DOTS)
                });
                self.page = Bitmap::new(0, 0, sides.next().unwrap_or(0), sides.next().unwrap_or(0));
            }
            ("CLS", _) => {
                let size = |n: usize| i32::try_from(n).unwrap_or(0);
                self.page = Bitmap::new(0, 0, size(self.page.width()), size(self.page.height()));
            }
            ("BAR", [x, y, width, height]) => {
                self.page.fill(&Rect { x: *x, y: *y, width: *width, height: *height });
            }
            ("PRINT", [1, copies]) => {
                let copies = usize::try_from(*copies).unwrap_or(0).min(LABELS_KEPT_MAX);
                self.waiting.extend(std::iter::repeat_n(self.page.clone(), copies));
                while self.pace == Pace::AtOnce && self.print_one() {}
            }
            ("GAP" | "DIRECTION" | "REFERENCE" | "OFFSET" | "", _) => {}
            _ => self.unknown.push(line.to_owned()),
        }
    }

    fn print_one(&mut self) -> bool {
        if let Some((0, bits)) = self.stops_in {
            self.stopped = bits;
        }
        if self.stopped != 0 {
            return false;
        }
        let Some(label) = self.waiting.pop_front() else { return false };
        if let Some((left, _)) = &mut self.stops_in {
            *left = left.saturating_sub(1);
        }
        if self.labels.len() == LABELS_KEPT_MAX {
            self.labels.pop_front();
        }
        self.labels.push_back(label);
        true
    }
}
