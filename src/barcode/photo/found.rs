//! What was found so far: the same code found twice is one.

use super::Picture;
use crate::barcode::code::parse;

/// Codes kept of one picture.
pub const CODES_MAX: usize = 200;
/// Places in the picture kept of one code.
const SPOTS_MAX: usize = 4;
/// The longest text of a code, in bytes.
const TEXT_MAX_BYTES: usize = 256;

/// A point of the picture, in its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// From the left.
    pub x: i32,
    /// From the top.
    pub y: i32,
}

/// A code found in a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoCode {
    /// Its text, for [`crate::barcode::Reader::read`].
    pub text: String,
    /// Its AIM identifier's first two characters, for example `]C` (ISO/IEC 15424).
    pub symbology: &'static str,
    /// The corners of what was read, one after the other around it; several where it stands in the picture several times,
    /// as bars and as a square.
    pub outlines: Vec<[Spot; 4]>,
}

/// One reading of a code in a part of a picture.
#[derive(Debug, Clone)]
pub(super) struct Read {
    pub text: String,
    pub symbology: &'static str,
    /// In the pixels of the picture that was looked at.
    pub corners: [(f32, f32); 4],
    /// How many lines across bars said so; squares correct their errors by themselves and count for many.
    pub lines: u32,
}

/// Lines that must agree on bars which have no check digits of ours: Code 128 has a checksum, Code 39 has none.
fn lines_wanted(symbology: &str) -> u32 {
    if symbology == "]A" { 4 } else { 2 }
}

#[derive(Debug)]
struct Candidate {
    code: PhotoCode,
    lines: u32,
}

/// The codes of one picture in the making.
#[derive(Debug, Default)]
pub(super) struct Found {
    candidates: Vec<Candidate>,
    /// There were more than are kept.
    pub overflow: bool,
}

impl Found {
    /// One more reading; `scale` turns its pixels into those of the whole picture.
    pub fn add(&mut self, read: Read, scale: f32, picture: &Picture) {
        if read.text.is_empty() || read.text.len() > TEXT_MAX_BYTES {
            return;
        }
        let outline = read
            .corners
            .map(|(x, y)| Spot { x: within(x * scale, picture.width), y: within(y * scale, picture.height) });
        if let Some(known) = self.candidates.iter_mut().find(|known| known.code.text == read.text) {
            known.lines = known.lines.saturating_add(read.lines);
            place(&mut known.code.outlines, outline);
            return;
        }
        if self.candidates.len() == CODES_MAX {
            self.overflow = true;
            return;
        }
        let code = PhotoCode { text: read.text, symbology: read.symbology, outlines: vec![outline] };
        self.candidates.push(Candidate { code, lines: read.lines });
    }

    /// What is sure enough: ours, by its check digits, or said by enough lines; from the left to the right.
    pub fn codes(self) -> Vec<PhotoCode> {
        let sure = |candidate: &Candidate| {
            candidate.lines >= lines_wanted(candidate.code.symbology) || parse(&candidate.code.text).is_ok()
        };
        let mut codes: Vec<PhotoCode> = self.candidates.into_iter().filter(sure).map(|found| found.code).collect();
        codes.sort_by_key(|code| code.outlines.first().map(middle));
        codes
    }
}

/// A code read again at the same place is kept once, as large as it was seen.
fn place(outlines: &mut Vec<[Spot; 4]>, new: [Spot; 4]) {
    if let Some(known) = outlines.iter_mut().find(|known| overlap(known, &new)) {
        if area(&new) > area(known) {
            *known = new;
        }
    } else if outlines.len() < SPOTS_MAX {
        outlines.push(new);
    }
}

/// Left, top, right, bottom.
fn bounds(outline: &[Spot; 4]) -> (i32, i32, i32, i32) {
    outline.iter().fold((i32::MAX, i32::MAX, i32::MIN, i32::MIN), |(left, top, right, bottom), spot| {
        (left.min(spot.x), top.min(spot.y), right.max(spot.x), bottom.max(spot.y))
    })
}

fn overlap(one: &[Spot; 4], other: &[Spot; 4]) -> bool {
    let (one, other) = (bounds(one), bounds(other));
    one.0 <= other.2 && other.0 <= one.2 && one.1 <= other.3 && other.1 <= one.3
}

fn area(outline: &[Spot; 4]) -> i64 {
    let (left, top, right, bottom) = bounds(outline);
    i64::from(right - left + 1) * i64::from(bottom - top + 1)
}

fn middle(outline: &[Spot; 4]) -> (i32, i32) {
    let (left, top, right, bottom) = bounds(outline);
    (i32::midpoint(left, right), i32::midpoint(top, bottom))
}

/// The nearest whole pixel inside.
fn within(at: f32, side: usize) -> i32 {
    let end = i32::try_from(side).unwrap_or(i32::MAX) - 1;
    #[allow(clippy::cast_possible_truncation, reason = "a float becomes the nearest integer there is")]
    let nearest = at.round() as i32;
    nearest.clamp(0, end.max(0))
}
