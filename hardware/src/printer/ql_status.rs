//! Brother QL's 32 bytes of status (Brother, "Raster Command Reference", QL series, section "Status").

use super::{Fault, PrinterState};

/// Length of one status.
pub const STATUS_BYTES: usize = 32;

/// The request: `ESC i S`.
pub const STATUS_REQUEST: [u8; 3] = [0x1B, b'i', b'S'];

/// The first bytes of every status: head mark, size, `B`.
const HEAD: [u8; 3] = [0x80, 0x20, 0x42];

/// Why a status was sent (byte 18).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum QlStatusKind {
    /// In reply to a request.
    #[default]
    Reply,
    /// A label came out.
    Completed,
    /// Something stopped it.
    Error,
    /// It was switched off.
    Off,
    /// A notice.
    Notice,
    /// It began or ended printing.
    Phase,
    /// Something else.
    Other(u8),
}

/// One status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QlStatus {
    /// Byte 8: bit 0 no media, 1 end of media, 2 cutter jam, 4 in use, 7 fan.
    pub errors_1: u8,
    /// Byte 9: bit 0 other media than the job's, 1 buffer full, 2 transmission, 4 cover open, 6 cannot feed, 7 system.
    pub errors_2: u8,
    /// Byte 10: width of the tape in millimetres.
    pub width_mm: u8,
    /// Byte 11: 0 none, 0x0A endless, 0x0B die-cut.
    pub media: u8,
    /// Byte 17: length of a die-cut label in millimetres, 0 for endless tape.
    pub length_mm: u8,
    /// Byte 18.
    pub kind: QlStatusKind,
    /// Byte 19: is it printing?
    pub printing: bool,
}

impl QlStatus {
    /// Reads one; `None` if it is cut or of another form.
    pub fn parse(bytes: &[u8]) -> Option<QlStatus> {
        let at = |at: usize| bytes.get(at).copied();
        if bytes.len() != STATUS_BYTES || !bytes.starts_with(&HEAD) {
            return None;
        }
        let kind = match at(18)? {
            0 => QlStatusKind::Reply,
            1 => QlStatusKind::Completed,
            2 => QlStatusKind::Error,
            4 => QlStatusKind::Off,
            5 => QlStatusKind::Notice,
            6 => QlStatusKind::Phase,
            other => QlStatusKind::Other(other),
        };
        Some(QlStatus {
            errors_1: at(8)?,
            errors_2: at(9)?,
            width_mm: at(10)?,
            media: at(11)?,
            length_mm: at(17)?,
            kind,
            printing: at(19)? == 1,
        })
    }

    /// Takes the first whole status off `heard`, and what is no status before it.
    pub fn take(heard: &mut Vec<u8>) -> Option<QlStatus> {
        loop {
            let start = heard.windows(HEAD.len()).position(|at| at == HEAD)?;
            let whole = heard.get(start..start + STATUS_BYTES)?;
            let status = QlStatus::parse(whole);
            heard.drain(..start + STATUS_BYTES);
            if status.is_some() {
                return status;
            }
        }
    }

    /// What stops it.
    pub fn faults(&self) -> Vec<Fault> {
        let bits = |byte: u8, mask: u8| byte & mask != 0;
        let no_media = self.media == 0 || bits(self.errors_1, 0b0000_0011);
        let other = bits(self.errors_1, 0b1001_0000) || bits(self.errors_2, 0b1000_0100);
        [
            (no_media, Fault::PaperOut),
            (bits(self.errors_1, 0b0000_0100) || bits(self.errors_2, 0b0100_0000), Fault::Jam),
            (bits(self.errors_2, 0b0001_0000), Fault::CoverOpen),
            (bits(self.errors_2, 0b0000_0001), Fault::WrongStock),
            (bits(self.errors_2, 0b0000_0010), Fault::BufferFull),
            (other, Fault::Other),
        ]
        .into_iter()
        .filter_map(|(present, fault)| present.then_some(fault))
        .collect()
    }

    /// Ready, or what stops it.
    pub fn state(&self) -> PrinterState {
        PrinterState::from_faults(self.faults())
    }

    /// What is loaded: `62 mm endless`, `62 x 29 mm`.
    pub fn loaded(&self) -> Option<String> {
        match (self.media, self.length_mm) {
            (0, _) => None,
            (_, 0) => Some(format!("{} mm endless", self.width_mm)),
            (_, length) => Some(format!("{} x {length} mm", self.width_mm)),
        }
    }

    /// The bytes a printer in this state sends.
    pub fn answer(&self) -> [u8; STATUS_BYTES] {
        let mut bytes = [0_u8; STATUS_BYTES];
        let kind = match self.kind {
            QlStatusKind::Reply => 0,
            QlStatusKind::Completed => 1,
            QlStatusKind::Error => 2,
            QlStatusKind::Off => 4,
            QlStatusKind::Notice => 5,
            QlStatusKind::Phase => 6,
            QlStatusKind::Other(other) => other,
        };
        let set = [
            (0, HEAD[0]),
            (1, HEAD[1]),
            (2, HEAD[2]),
            (3, b'4'),
            (5, b'0'),
            (8, self.errors_1),
            (9, self.errors_2),
            (10, self.width_mm),
            (11, self.media),
            (17, self.length_mm),
            (18, kind),
            (19, u8::from(self.printing)),
        ];
        for (at, value) in set {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
        }
        bytes
    }
}

/// The media that a job was made for, from its `ESC i z`: width and length in millimetres.
pub fn media_of_job(job: &[u8]) -> Option<(u8, u8)> {
    let at = job.windows(3).position(|at| at == [0x1B, b'i', b'z'])?;
    Some((*job.get(at + 5)?, *job.get(at + 6)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: QlStatus = QlStatus {
        errors_1: 0,
        errors_2: 0,
        width_mm: 62,
        media: 0x0A,
        length_mm: 0,
        kind: QlStatusKind::Reply,
        printing: false,
    };

    #[test]
    fn a_status_is_read_byte_for_byte() {
        // A QL-800 with 62 mm endless tape, ready.
        let mut bytes = [0_u8; 32];
        bytes[..8].copy_from_slice(&[0x80, 0x20, 0x42, 0x34, 0x38, 0x30, 0x00, 0x00]);
        (bytes[10], bytes[11]) = (62, 0x0A);
        assert_eq!(QlStatus::parse(&bytes), Some(READY));
        assert_eq!((READY.state(), READY.loaded().as_deref()), (PrinterState::Ready, Some("62 mm endless")));
        for (at, bit, fault) in [
            (8, 0, Fault::PaperOut),
            (8, 1, Fault::PaperOut),
            (8, 2, Fault::Jam),
            (8, 7, Fault::Other),
            (9, 0, Fault::WrongStock),
            (9, 1, Fault::BufferFull),
            (9, 4, Fault::CoverOpen),
            (9, 6, Fault::Jam),
            (9, 7, Fault::Other),
        ] {
            let mut bytes = bytes;
            bytes[at] |= 1 << bit;
            assert_eq!(QlStatus::parse(&bytes).unwrap().faults(), [fault], "byte {at} bit {bit}");
        }
        let empty = QlStatus { media: 0, ..READY };
        assert_eq!((empty.faults(), empty.loaded()), (vec![Fault::PaperOut], None));
        assert_eq!(QlStatus { media: 0x0B, length_mm: 29, ..READY }.loaded().as_deref(), Some("62 x 29 mm"));
    }

    #[test]
    fn statuses_are_found_among_other_bytes() {
        let done = QlStatus { kind: QlStatusKind::Completed, ..READY };
        let mut heard = vec![0, 0x80, 9];
        heard.extend(READY.answer());
        heard.extend(done.answer());
        let half = done.answer();
        heard.extend(&half[..20]);
        assert_eq!(QlStatus::take(&mut heard), Some(READY));
        assert_eq!(QlStatus::take(&mut heard), Some(done));
        assert_eq!(QlStatus::take(&mut heard), None);
        heard.extend(&half[20..]);
        assert_eq!(QlStatus::take(&mut heard), Some(done));
        assert_eq!(media_of_job(b"\0\0\x1b@\x1biz\xce\x0a\x3e\x1dmore"), Some((62, 29)));
        assert_eq!(media_of_job(b"^XA^XZ"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_are_too_odd(
            noise in proptest::collection::vec(
                proptest::prop_oneof![
                    proptest::prelude::Just(0x80_u8), proptest::prelude::Just(0x20), proptest::prelude::Just(0x42),
                    proptest::prelude::any::<u8>()
                ],
                0..200,
            ),
        ) {
            let mut heard = noise.clone();
            while QlStatus::take(&mut heard).is_some() {}
            let _ = (media_of_job(&noise), QlStatus::parse(&noise));
            // A status behind noise that holds no head is found whole.
            if !noise.contains(&0x80) {
                let mut heard = noise;
                heard.extend(READY.answer());
                proptest::prop_assert_eq!(QlStatus::take(&mut heard), Some(READY));
                proptest::prop_assert!(heard.is_empty());
            }
        }
    }
}
