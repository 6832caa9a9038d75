//! TSPL, as TSC's "TSPL/TSPL2 Programming Language" has it.
//!
//! Areas and bars are `BAR`, everything else is `BITMAP`: what the preview shows is what comes out, in every script, and
//! as no text is ever sent, none can be a command.

use std::io::Write as _;

use super::{GAP_USUAL_MM, Language, dots_of};
use crate::display::{Bitmap, DisplayList, Item, Rect, Typesetter};

/// TSPL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tspl;

/// A symbol of more dark rectangles than this is smaller as a bitmap.
const BARS_MAX: usize = 120;
const COPIES_MAX: u16 = super::zpl::COPIES_MAX;

impl Language for Tspl {
    fn name(&self) -> &'static str {
        "tspl"
    }

    fn label(&self, list: &DisplayList, copies: u16, typesetter: &dyn Typesetter) -> Vec<u8> {
        self.label_apart(list, copies, typesetter, GAP_USUAL_MM)
    }

    fn label_apart(&self, list: &DisplayList, copies: u16, typesetter: &dyn Typesetter, gap_mm: f64) -> Vec<u8> {
        let mut tspl = Vec::new();
        let millimetres = |dots: i32| f64::from(dots) * 25.4 / f64::from(list.dots_per_inch.max(1));
        line(&mut tspl, format_args!("SIZE {:.2} mm,{:.2} mm", millimetres(list.width), millimetres(list.height)));
        line(&mut tspl, format_args!("GAP {gap_mm} mm,0 mm"));
        // An earlier job may have turned, shifted or left something.
        line(&mut tspl, format_args!("DIRECTION 1,0\r\nREFERENCE 0,0\r\nOFFSET 0 mm\r\nCLS"));
        for item in &list.items {
            match item {
                Item::Fill(area) => bar(&mut tspl, area),
                Item::Symbol(symbol) if symbol.dark.len() <= BARS_MAX => {
                    symbol.dark.iter().for_each(|area| bar(&mut tspl, area));
                }
                _ => bitmap(&mut tspl, &dots_of(item, list, typesetter)),
            }
        }
        line(&mut tspl, format_args!("PRINT 1,{}", copies.clamp(1, COPIES_MAX)));
        tspl
    }
}

/// Commands end with CR LF.
fn line(tspl: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing into memory does not fail.
    let _ = write!(tspl, "{text}\r\n");
}

fn bar(tspl: &mut Vec<u8>, area: &Rect) {
    let Rect { x, y, width, height } = area;
    line(tspl, format_args!("BAR {x},{y},{width},{height}"));
}

/// `BITMAP x,y,width in bytes,height,mode,data`; mode 1 lays it over what is there. A set bit stays white.
fn bitmap(tspl: &mut Vec<u8>, dots: &Bitmap) {
    let Some(dots) = dots.trimmed() else { return };
    let _ = write!(tspl, "BITMAP {},{},{},{},1,", dots.left, dots.top, dots.row_bytes(), dots.height());
    tspl.extend(dots.rows().flatten().map(|byte| !byte));
    tspl.extend(b"\r\n");
}
