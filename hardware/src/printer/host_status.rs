//! Zebra's answer to `~HS` (ZPL II programming guide, "~HS Host Status Return").

use super::{Fault, PrinterState};

const STX: u8 = 0x02;
const ETX: u8 = 0x03;

/// The longest answer that is read, in bytes; a whole one has about 82.
pub const ANSWER_MAX_BYTES: usize = 512;

/// What the three strings say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools, reason = "the printer's own flags")]
pub struct HostStatus {
    /// String 1, field b.
    pub paper_out: bool,
    /// String 1, field c.
    pub paused: bool,
    /// String 1, field f.
    pub buffer_full: bool,
    /// String 1, field j.
    pub corrupt_memory: bool,
    /// String 1, field k or l.
    pub head_temperature: bool,
    /// String 2, field o.
    pub head_open: bool,
    /// String 2, field p. Only counts in thermal transfer mode.
    pub ribbon_out: bool,
    /// String 1, field e: formats that wait in its buffer.
    pub formats_waiting: u32,
    /// String 2, field u: labels of the batch that are still to come.
    pub labels_remaining: u32,
}

impl HostStatus {
    /// Reads an answer: three times STX … ETX CR LF. `None` if it is not whole or not of that form.
    pub fn parse(answer: &[u8]) -> Option<HostStatus> {
        let mut strings = answer.split(|&b| b == STX).skip(1).map(|rest| {
            let end = rest.iter().position(|&b| b == ETX)?;
            std::str::from_utf8(rest.get(..end)?).ok().map(|text| text.split(',').collect::<Vec<_>>())
        });
        let (first, second, _third) = (strings.next()??, strings.next()??, strings.next()??);
        if first.len() < 12 || second.len() < 9 {
            return None;
        }
        let flag = |fields: &[&str], at: usize| match fields.get(at).copied() {
            Some("0") => Some(false),
            Some("1") => Some(true),
            _ => None,
        };
        let number = |fields: &[&str], at: usize| fields.get(at)?.trim().parse::<u32>().ok();
        Some(HostStatus {
            paper_out: flag(&first, 1)?,
            paused: flag(&first, 2)?,
            formats_waiting: number(&first, 4)?,
            buffer_full: flag(&first, 5)?,
            corrupt_memory: flag(&first, 9)?,
            // Field k is "under temperature", l "over temperature".
            head_temperature: flag(&first, 10)? || flag(&first, 11)?,
            head_open: flag(&second, 2)?,
            ribbon_out: flag(&second, 3)?,
            labels_remaining: number(&second, 8)?,
        })
    }

    /// Has the third string ended?
    pub fn is_whole(answer: &[u8]) -> bool {
        answer.iter().filter(|&&b| b == ETX).count() >= 3
    }

    /// What stops it.
    pub fn faults(&self) -> Vec<Fault> {
        [
            (self.paper_out, Fault::PaperOut),
            (self.ribbon_out, Fault::RibbonOut),
            (self.head_open, Fault::HeadOpen),
            (self.paused, Fault::Paused),
            (self.buffer_full, Fault::BufferFull),
            (self.corrupt_memory, Fault::CorruptMemory),
            (self.head_temperature, Fault::HeadTemperature),
        ]
        .into_iter()
        .filter_map(|(present, fault)| present.then_some(fault))
        .collect()
    }

    /// Ready, or what stops it.
    pub fn state(&self) -> PrinterState {
        PrinterState::from_faults(self.faults())
    }

    /// The answer a printer in this state gives.
    pub fn answer(&self) -> Vec<u8> {
        let bit = u8::from;
        format!(
            "\x02030,{},{},1245,{:03},{},0,0,000,{},{},0\x03\r\n\x02001,0,{},{},1,2,4,0,{:08},1,000\x03\r\n\x021234,0\x03\r\n",
            bit(self.paper_out),
            bit(self.paused),
            self.formats_waiting,
            bit(self.buffer_full),
            bit(self.corrupt_memory),
            bit(self.head_temperature),
            bit(self.head_open),
            bit(self.ribbon_out),
            self.labels_remaining
        )
        .into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: &[u8] =
        b"\x02030,0,0,1245,000,0,0,0,000,0,0,0\x03\r\n\x02000,0,0,0,1,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n";

    #[test]
    fn a_ready_printer_is_ready() {
        let status = HostStatus::parse(READY).unwrap();
        assert_eq!((status, status.state()), (HostStatus::default(), PrinterState::Ready));
        assert!(HostStatus::is_whole(READY) && !HostStatus::is_whole(&READY[..50]));
    }

    #[test]
    fn each_flag_is_read_from_its_place() {
        let flags: [fn(&mut HostStatus); 7] = [
            |s| s.paper_out = true,
            |s| s.ribbon_out = true,
            |s| s.head_open = true,
            |s| s.paused = true,
            |s| s.buffer_full = true,
            |s| s.corrupt_memory = true,
            |s| s.head_temperature = true,
        ];
        for set in flags {
            let mut status = HostStatus { labels_remaining: 7, formats_waiting: 3, ..HostStatus::default() };
            set(&mut status);
            assert_eq!(HostStatus::parse(&status.answer()), Some(status));
            assert_eq!(status.faults().len(), 1);
        }
        let paper_out =
            b"\x02030,1,0,1245,000,0,0,0,000,0,0,0\x03\r\n\x02000,0,1,0,1,2,4,0,00000003,1,000\x03\r\n\x020,0\x03\r\n";
        let status = HostStatus::parse(paper_out).unwrap();
        assert_eq!(status.state(), PrinterState::NotReady(vec![Fault::PaperOut, Fault::HeadOpen]));
        assert_eq!(status.labels_remaining, 3);
    }

    #[test]
    fn what_is_cut_or_odd_is_no_status() {
        for cut in 0..READY.len() - 2 {
            assert_eq!(HostStatus::parse(&READY[..cut]), None, "{cut}");
        }
        assert_eq!(HostStatus::parse(b"\x02x\x03\x02y\x03\x02z\x03"), None);
        assert_eq!(HostStatus::parse(b""), None);
    }

    proptest::proptest! {
        #[test]
        fn no_answer_is_too_odd(answer in proptest::collection::vec(
            proptest::prop_oneof![
                proptest::prelude::Just(0x02_u8), proptest::prelude::Just(0x03), proptest::prelude::Just(b','),
                b'0'..=b'9', proptest::prelude::any::<u8>()
            ],
            0..120,
        )) {
            let _ = HostStatus::parse(&answer);
        }
    }
}
