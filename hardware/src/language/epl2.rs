//! EPL2, as Zebra's "EPL2 Programmer's Manual" (14245L) has it: areas and bars as `LO`, everything else as `GW`, so that
//! no text on a label can be a command.

use std::io::Write as _;

use super::{GAP_USUAL_MM, Language, dots_of};
use crate::display::{Bitmap, DisplayList, Item, Rect, Typesetter};

/// EPL2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epl2;

const BARS_MAX: usize = 120;
const COPIES_MAX: u16 = super::zpl::COPIES_MAX;

impl Language for Epl2 {
    fn name(&self) -> &'static str {
        "epl2"
    }

    fn label(&self, list: &DisplayList, copies: u16, typesetter: &dyn Typesetter) -> Vec<u8> {
        self.label_apart(list, copies, typesetter, GAP_USUAL_MM)
    }

    fn label_apart(&self, list: &DisplayList, copies: u16, typesetter: &dyn Typesetter, gap_mm: f64) -> Vec<u8> {
        let gap = (gap_mm * f64::from(list.dots_per_inch) / 25.4).floor();
        let mut epl = Vec::new();
        // The empty line ends what a broken-off job left; N clears the picture; ZT prints from the top.
        let _ = write!(epl, "\r\nN\r\nq{}\r\nQ{},{gap}\r\nR0,0\r\nZT\r\n", list.width, list.height);
        for item in &list.items {
            match item {
                Item::Fill(area) => black(&mut epl, area),
                Item::Symbol(symbol) if symbol.dark.len() <= BARS_MAX => {
                    symbol.dark.iter().for_each(|area| black(&mut epl, area));
                }
                _ => graphic(&mut epl, &dots_of(item, list, typesetter)),
            }
        }
        let _ = write!(epl, "P{}\r\n", copies.clamp(1, COPIES_MAX));
        epl
    }
}

fn black(epl: &mut Vec<u8>, area: &Rect) {
    let Rect { x, y, width, height } = area;
    let _ = write!(epl, "LO{x},{y},{width},{height}\r\n");
}

/// `GWx,y,width in bytes,height,data`: a set bit stays white.
fn graphic(epl: &mut Vec<u8>, dots: &Bitmap) {
    let Some(dots) = dots.trimmed() else { return };
    let _ = write!(epl, "GW{},{},{},{},", dots.left, dots.top, dots.row_bytes(), dots.height());
    epl.extend(dots.rows().flatten().map(|byte| !byte));
    epl.extend(b"\r\n");
}
