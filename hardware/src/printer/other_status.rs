//! The short answers: TSPL's one byte, ESC/POS's four, EPL2's codes.

use super::{Fault, Health, PrinterState, Warning};

/// TSPL's immediate status command (TSC, "TSPL/TSPL2 Programming Language", section "Status Polling").
pub const TSPL_REQUEST: &[u8] = b"\x1b!?";

/// ESC/POS's real-time status commands `DLE EOT 1` to `4` (Epson, "ESC/POS Application Programming Guide", DLE EOT).
pub const ESC_POS_REQUEST: &[u8] = b"\x10\x04\x01\x10\x04\x02\x10\x04\x03\x10\x04\x04";

/// EPL2's immediate error report (Zebra, "EPL Programming Guide" 14245L-003, command `^ee`). The empty line before it ends
/// what a broken-off job left.
pub const EPL2_REQUEST: &[u8] = b"\r\n^ee\r\n";

/// What EPL2's report says: one or more two-digit codes with commas between, and CR LF. `None` if it is not whole or not of
/// that form. 00 is no error, 11 an open print head; what other codes mean differs, so they are told as an error.
pub fn epl2(answer: &[u8]) -> Option<Health> {
    let line = answer.strip_suffix(b"\r\n")?;
    let line = line.rsplit(|byte| *byte == b'\n').next()?;
    let codes: Option<Vec<&[u8]>> = line
        .split(|byte| *byte == b',')
        .map(|code| Some(code).filter(|code| code.len() == 2 && code.iter().all(u8::is_ascii_digit)))
        .collect();
    let mut faults: Vec<Fault> = codes?
        .into_iter()
        .filter(|code| *code != b"00")
        .map(|code| if code == b"11" { Fault::HeadOpen } else { Fault::Other })
        .collect();
    faults.dedup();
    Some(PrinterState::from_faults(faults).into())
}

/// What TSPL's byte says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TsplStatus(pub u8);

impl TsplStatus {
    /// Is it printing (bit 5)?
    pub fn printing(self) -> bool {
        self.0 & 0x20 != 0
    }

    /// What stops it: bit 0 head open, 1 jam, 2 paper out, 3 ribbon out, 4 pause, 6 cover open, 7 another error.
    pub fn faults(self) -> Vec<Fault> {
        [
            (0x04, Fault::PaperOut),
            (0x08, Fault::RibbonOut),
            (0x01, Fault::HeadOpen),
            (0x40, Fault::CoverOpen),
            (0x02, Fault::Jam),
            (0x10, Fault::Paused),
            (0x80, Fault::Other),
        ]
        .into_iter()
        .filter_map(|(bit, fault)| (self.0 & bit != 0).then_some(fault))
        .collect()
    }
}

/// What ESC/POS's four bytes say; `None` if one is missing or not of that form.
pub fn esc_pos(answer: &[u8]) -> Option<Health> {
    // Bits 0, 1, 4 and 7 of each are fixed: a byte of something else is not taken for a status.
    let fixed = |byte: &u8| byte & 0b1001_0011 == 0b0001_0010;
    let [printer, offline, error, paper] = <[u8; 4]>::try_from(answer).ok().filter(|four| four.iter().all(fixed))?;
    let paper_out = offline & 0x20 != 0 || paper & 0x60 != 0;
    let cover = offline & 0x04 != 0;
    let cutter = error & 0x08 != 0;
    let other = error & 0x60 != 0 || offline & 0x40 != 0 && !cutter;
    let stopped = printer & 0x08 != 0 && !(paper_out || cover || cutter || other);
    let faults = [
        (paper_out, Fault::PaperOut),
        (cover, Fault::CoverOpen),
        (cutter, Fault::Jam),
        (other, Fault::Other),
        (stopped, Fault::Paused),
    ];
    let faults = faults.into_iter().filter_map(|(present, fault)| present.then_some(fault)).collect();
    let warnings = if paper & 0x0C != 0 { vec![Warning::PaperLow] } else { Vec::new() };
    Some(Health { warnings, ..PrinterState::from_faults(faults).into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bit_of_tspl_is_its_fault() {
        let faults = [0x01, 0x02, 0x04, 0x08, 0x10, 0x40, 0x80].map(|bit| TsplStatus(bit).faults());
        let expected = [
            Fault::HeadOpen,
            Fault::Jam,
            Fault::PaperOut,
            Fault::RibbonOut,
            Fault::Paused,
            Fault::CoverOpen,
            Fault::Other,
        ];
        assert_eq!(faults, expected.map(|fault| vec![fault]));
        assert!(TsplStatus(0x20).printing() && TsplStatus(0x20).faults().is_empty());
        assert_eq!(TsplStatus(0x05).faults(), [Fault::PaperOut, Fault::HeadOpen]);
    }

    #[test]
    fn epl2_codes_are_read() {
        assert_eq!(epl2(b"00\r\n").unwrap().state, PrinterState::Ready);
        let faults = |answer: &[u8]| epl2(answer).unwrap().state.faults().to_vec();
        assert_eq!(faults(b"11\r\n"), [Fault::HeadOpen]);
        assert_eq!(faults(b"11,07\r\n"), [Fault::HeadOpen, Fault::Other]);
        assert_eq!(faults(b"00\r\n07\r\n"), [Fault::Other], "the newest counts");
        for odd in [&b""[..], b"\r\n", b"00", b"1\r\n", b"0x\r\n", b"00,\r\n", b"\x02030\r\n"] {
            assert_eq!(epl2(odd), None, "{odd:?}");
        }
    }

    #[test]
    fn esc_pos_bytes_are_read() {
        let ready = esc_pos(&[0x16, 0x12, 0x12, 0x12]).unwrap();
        assert_eq!((ready.state, ready.warnings), (PrinterState::Ready, vec![]));
        let low = esc_pos(&[0x16, 0x12, 0x12, 0x1E]).unwrap();
        assert_eq!((low.state, low.warnings), (PrinterState::Ready, vec![Warning::PaperLow]));
        let faults = |bytes: [u8; 4]| esc_pos(&bytes).unwrap().state.faults().to_vec();
        assert_eq!(faults([0x1E, 0x32, 0x12, 0x72]), [Fault::PaperOut]);
        assert_eq!(faults([0x1E, 0x16, 0x12, 0x12]), [Fault::CoverOpen]);
        assert_eq!(faults([0x1E, 0x52, 0x1A, 0x12]), [Fault::Jam]);
        assert_eq!(faults([0x1E, 0x52, 0x32, 0x12]), [Fault::Other]);
        assert_eq!(faults([0x1E, 0x12, 0x12, 0x12]), [Fault::Paused]);
        assert_eq!(esc_pos(&[0x16, 0x12, 0x12]), None);
        assert_eq!(esc_pos(b"\x02030"), None);
    }
}
