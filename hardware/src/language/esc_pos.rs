//! ESC/POS, as Epson's "ESC/POS Application Programming Guide" has it: the label as one raster picture (`GS v 0`), so that
//! no text on it can be a command. For receipt printers; labels of their rolls have no edges to find.

use super::Language;
use crate::display::{DisplayList, Typesetter};

/// ESC/POS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EscPos;

/// Lines sent with one command: small printers hold no whole label.
const BAND_ROWS: usize = 128;
const COPIES_MAX: u16 = super::zpl::COPIES_MAX;

impl Language for EscPos {
    fn name(&self) -> &'static str {
        "esc-pos"
    }

    fn label(&self, list: &DisplayList, copies: u16, typesetter: &dyn Typesetter) -> Vec<u8> {
        let page = list.rasterise(typesetter);
        let rows: Vec<&[u8]> = page.rows().collect();
        let [width_low, width_high, ..] = page.row_bytes().to_le_bytes();
        // ESC @ undoes what an earlier job set; ESC 3 0 leaves no space between bands.
        let mut bytes = b"\x1b@\x1b3\x00".to_vec();
        for _ in 0..copies.clamp(1, COPIES_MAX) {
            for band in rows.chunks(BAND_ROWS) {
                let [height_low, height_high, ..] = band.len().to_le_bytes();
                bytes.extend([0x1D, b'v', b'0', 0, width_low, width_high, height_low, height_high]);
                bytes.extend(band.iter().copied().flatten());
            }
            // GS V 66 0: feed to the cutter and cut; nothing where there is none.
            bytes.extend([0x1D, b'V', 66, 0]);
        }
        bytes
    }
}
