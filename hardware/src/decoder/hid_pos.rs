//! Scanners in HID POS mode (HID Usage Tables, Bar Code Scanner page 8C; HID Point of Sale Usage Tables 1.02).
//!
//! Which report holds what is read from the device's own report descriptor, since makers lay them out differently. What
//! is needed is *Decoded Data*; symbology, byte count, *continued* and the beeps are used where the device has them.

use std::time::Duration;

use super::report_descriptor::{Descriptor, Field, ReportKind};
use super::{Decoder, Output};
use crate::framer::{FrameEvent, text_event};
use crate::profile::Profile;
use crate::scanner::bell::Signal;

const BAR_CODE_SCANNER: u16 = 0x8C;
const DECODED_DATA: (u16, u16) = (BAR_CODE_SCANNER, 0xFE);
const CONTINUED: (u16, u16) = (BAR_CODE_SCANNER, 0xFF);
const SYMBOLOGY: [(u16, u16); 3] = [(BAR_CODE_SCANNER, 0xFB), (BAR_CODE_SCANNER, 0xFC), (BAR_CODE_SCANNER, 0xFD)];
const ERROR_BEEP: (u16, u16) = (BAR_CODE_SCANNER, 0x85);
const GOOD_READ_BEEP: (u16, u16) = (BAR_CODE_SCANNER, 0x86);
const NOT_ON_FILE_BEEP: (u16, u16) = (BAR_CODE_SCANNER, 0x87);
/// Byte Count of the Generic Desktop page: how many bytes of Decoded Data mean something.
const BYTE_COUNT: (u16, u16) = (0x01, 0x3B);

/// The longest pause between the reports of one code.
const REPORT_IDLE: Duration = Duration::from_millis(500);

/// Where a scanner's reports hold what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    descriptor: Descriptor,
    data: Field,
}

impl Layout {
    /// The layout, if the descriptor is that of a bar code scanner.
    pub fn of(descriptor: Descriptor) -> Option<Layout> {
        let data = descriptor.field(ReportKind::Input, DECODED_DATA)?;
        // Whole bytes only: nobody sends letters across byte borders.
        (data.bits == 8 && data.bit_offset % 8 == 0).then_some(Layout { descriptor, data })
    }

    fn input(&self, usage: (u16, u16)) -> Option<Field> {
        self.descriptor.field(ReportKind::Input, usage).filter(|field| field.report_id == self.data.report_id)
    }

    /// The longest input report, in bytes, with its id.
    pub fn report_bytes(&self) -> usize {
        self.descriptor.report_bytes(ReportKind::Input, self.data.report_id) + 1
    }

    /// The report that makes the scanner sound `usage`, its id first.
    fn sound(&self, usage: (u16, u16)) -> Option<Vec<u8>> {
        let field = self.descriptor.field(ReportKind::Output, usage)?;
        let mut report = vec![0; 1 + self.descriptor.report_bytes(ReportKind::Output, field.report_id)];
        *report.first_mut()? = field.report_id;
        *report.get_mut(1 + field.bit_offset / 8)? |= 1 << (field.bit_offset % 8);
        Some(report)
    }
}

/// Puts the reports of a code together.
#[derive(Debug)]
pub struct HidPos {
    layout: Layout,
    max_bytes: usize,
    no_read: String,
    symbology: String,
    text: Vec<u8>,
    too_long: bool,
    /// More of the code was announced at this time.
    continued_at: Option<Duration>,
}

impl HidPos {
    /// For a device with this layout.
    pub fn new(layout: Layout, profile: &Profile) -> HidPos {
        HidPos {
            layout,
            max_bytes: profile.framing.max_bytes,
            no_read: profile.framing.no_read.clone(),
            symbology: String::new(),
            text: Vec::new(),
            too_long: false,
            continued_at: None,
        }
    }

    fn start_over(&mut self) {
        self.symbology.clear();
        self.text.clear();
        self.too_long = false;
        self.continued_at = None;
    }

    fn finish(&mut self, out: &mut Output) {
        let mut text = self.text.as_slice();
        while let [rest @ .., b'\r' | b'\n' | b'\t' | 0] = text {
            text = rest;
        }
        if self.too_long {
            out.events.push(FrameEvent::Overflow { max_bytes: self.max_bytes });
        } else if !self.no_read.is_empty() && text == self.no_read.as_bytes() {
            out.events.push(FrameEvent::NoRead);
        } else if !text.is_empty() {
            out.events.push(match text_event(text) {
                FrameEvent::Frame(code) => FrameEvent::Frame(format!("{}{code}", self.symbology)),
                garbled => garbled,
            });
        }
        self.start_over();
    }
}

impl Decoder for HidPos {
    /// `bytes` is one report, with its id where the device numbers them.
    fn feed(&mut self, bytes: &[u8], now: Duration, out: &mut Output) {
        self.tick(now, out);
        let layout = &self.layout;
        let report = if layout.descriptor.numbered() {
            match bytes.split_first() {
                Some((id, report)) if *id == layout.data.report_id => report,
                // Status and trigger reports are no codes.
                _ => return,
            }
        } else {
            bytes
        };
        let first = layout.data.bit_offset / 8;
        let Some(data) = report.get(first..first + layout.data.count) else {
            // Shorter than the device itself said: half of something.
            out.events.push(FrameEvent::HalfRead { bytes: report.len() + self.text.len() });
            return self.start_over();
        };
        let value = |usage| layout.input(usage).and_then(|field| value_at(report, field));
        let count = value(BYTE_COUNT).map_or(data.len(), |count| count.min(data.len()));
        // Without a count, zero bytes fill what is not used.
        let data =
            if layout.input(BYTE_COUNT).is_some() { data.get(..count).unwrap_or(data) } else { before_nul(data) };
        let continued = value(CONTINUED).is_some_and(|bit| bit != 0);
        let symbology: String = SYMBOLOGY.iter().filter_map(|usage| value(*usage)).filter_map(letter).collect();
        if self.continued_at.is_none() {
            self.symbology = if symbology.len() == 3 && symbology.starts_with(']') { symbology } else { String::new() };
        }
        if self.text.len() + data.len() > self.max_bytes {
            self.too_long = true;
        } else {
            self.text.extend_from_slice(data);
        }
        if continued {
            self.continued_at = Some(now);
        } else {
            self.finish(out);
        }
    }

    fn tick(&mut self, now: Duration, out: &mut Output) {
        if self.continued_at.is_some_and(|at| now.saturating_sub(at) >= REPORT_IDLE) {
            self.hang_up(out);
        }
    }

    fn hang_up(&mut self, out: &mut Output) {
        if self.continued_at.is_some() {
            out.events.push(FrameEvent::HalfRead { bytes: self.text.len() });
        }
        self.start_over();
    }

    fn signal(&mut self, signal: Signal, _now: Duration, out: &mut Output) {
        let sound = |usage| self.layout.sound(usage);
        out.replies.extend(match signal {
            Signal::Good => sound(GOOD_READ_BEEP),
            Signal::Attention => sound(NOT_ON_FILE_BEEP).or_else(|| sound(GOOD_READ_BEEP)),
            Signal::Refused | Signal::NotRecorded => sound(ERROR_BEEP).or_else(|| sound(NOT_ON_FILE_BEEP)),
        });
    }

    fn held_bytes(&self) -> usize {
        self.text.len()
    }
}

/// A field's first value; fields wider than 8 bits are not among those that are asked for.
fn value_at(report: &[u8], field: Field) -> Option<usize> {
    let byte = usize::from(*report.get(field.bit_offset / 8)?);
    let shift = field.bit_offset % 8;
    (field.bits >= 1 && shift + field.bits <= 8).then(|| byte >> shift & ((1 << field.bits) - 1))
}

fn letter(value: usize) -> Option<char> {
    u8::try_from(value).ok().map(char::from).filter(char::is_ascii_graphic)
}

fn before_nul(data: &[u8]) -> &[u8] {
    let end = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    data.get(..end).unwrap_or(data)
}

#[cfg(test)]
#[path = "hid_pos_tests.rs"]
pub(crate) mod tests;
