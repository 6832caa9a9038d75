//! Black dots on white: what raster printers print, and what letters and pictures are made of.

use std::borrow::Cow;
use std::ops::Range;

use super::Rect;

/// Black dots, one bit each, rows padded to whole bytes, the leftmost dot in the highest bit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bitmap {
    /// Label coordinate of the left edge.
    pub left: i32,
    /// Label coordinate of the upper edge.
    pub top: i32,
    width: usize,
    height: usize,
    bytes: Vec<u8>,
}

impl Bitmap {
    /// An empty (white) bitmap at `left`, `top`; negative sizes are none.
    pub fn new(left: i32, top: i32, width: i32, height: i32) -> Self {
        let width = usize::try_from(width).unwrap_or(0);
        let height = usize::try_from(height).unwrap_or(0);
        Self { left, top, width, height, bytes: vec![0; width.div_ceil(8) * height] }
    }

    /// Width in dots.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height in dots.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Bytes in a row.
    pub fn row_bytes(&self) -> usize {
        self.width.div_ceil(8)
    }

    /// The rows from the top.
    pub fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.chunks_exact(self.row_bytes().max(1))
    }

    /// Blackens one dot, given relative to this bitmap; dots outside are left out.
    pub fn blacken(&mut self, x: usize, y: usize) {
        if x < self.width && y < self.height {
            let at = y * self.row_bytes() + x / 8;
            if let Some(byte) = self.bytes.get_mut(at) {
                *byte |= 0x80 >> (x % 8);
            }
        }
    }

    /// Whether a dot is black.
    pub fn is_black(&self, x: usize, y: usize) -> bool {
        x < self.width && self.bytes.get(y * self.row_bytes() + x / 8).is_some_and(|byte| byte & (0x80 >> (x % 8)) != 0)
    }

    /// Blackens an area given in label coordinates.
    pub fn fill(&mut self, area: &Rect) {
        let across = span(area.x - self.left, area.width, self.width);
        let down = span(area.y - self.top, area.height, self.height);
        if across.is_empty() {
            return;
        }
        let (first, last) = (across.start / 8, (across.end - 1) / 8);
        let (head, tail) = (0xFF_u8 >> (across.start % 8), !(0x7F_u8 >> ((across.end - 1) % 8)));
        let row_bytes = self.row_bytes().max(1);
        for row in self.bytes.chunks_exact_mut(row_bytes).take(down.end).skip(down.start) {
            match row.get_mut(first..=last).unwrap_or_default() {
                [] => {}
                [only] => *only |= head & tail,
                [start, middle @ .., end] => {
                    *start |= head;
                    middle.fill(0xFF);
                    *end |= tail;
                }
            }
        }
    }

    /// The part with ink; none if all is white.
    pub fn trim(&self) -> Option<Cow<'_, Bitmap>> {
        if self.has_ink_on_all_edges() { Some(Cow::Borrowed(self)) } else { self.part_with_ink(0, 0).map(Cow::Owned) }
    }

    /// The part with ink that lies on the label (not left of or above its corner); none if all is white.
    pub fn trimmed(&self) -> Option<Cow<'_, Bitmap>> {
        if self.left >= 0 && self.top >= 0 {
            return self.trim();
        }
        let hidden = |from: i32| usize::try_from(-from).unwrap_or(0);
        self.part_with_ink(hidden(self.left), hidden(self.top)).map(Cow::Owned)
    }

    /// Whether there is nothing to trim.
    fn has_ink_on_all_edges(&self) -> bool {
        let ink = |row: Option<&[u8]>| row.is_some_and(|row| row.iter().any(|byte| *byte != 0));
        let row_bytes = self.row_bytes().max(1);
        let mut rows = self.bytes.chunks_exact(row_bytes);
        let last_column = 0x80_u8 >> ((self.width.max(1) - 1) % 8);
        ink(rows.clone().next())
            && ink(rows.clone().next_back())
            && rows.clone().any(|row| row.first().is_some_and(|byte| byte & 0x80 != 0))
            && rows.any(|row| row.last().is_some_and(|byte| byte & last_column != 0))
    }

    /// The ink that is at least so far from the left and upper edge.
    fn part_with_ink(&self, left: usize, top: usize) -> Option<Bitmap> {
        let row_bytes = self.row_bytes().max(1);
        // All rows laid over each other show which columns have ink.
        let mut columns = vec![0_u8; row_bytes];
        let (mut first, mut last) = (None, 0);
        for (y, row) in self.bytes.chunks_exact(row_bytes).enumerate().skip(top) {
            let mut ink = false;
            for (at, (all, byte)) in columns.iter_mut().zip(row).enumerate() {
                let shown = match (at + 1) * 8 {
                    end if end <= left => 0,
                    end if end - 8 < left => byte & (0xFF >> (left % 8)),
                    _ => *byte,
                };
                *all |= shown;
                ink |= shown != 0;
            }
            if ink {
                first.get_or_insert(y);
                last = y;
            }
        }
        let y0 = first?;
        let bit = |at: usize, byte: u8| at * 8 + usize::try_from(byte.leading_zeros()).unwrap_or(0);
        let end = |at: usize, byte: u8| at * 8 + 7 - usize::try_from(byte.trailing_zeros()).unwrap_or(0);
        let x0 = columns.iter().enumerate().find(|(_, byte)| **byte != 0).map(|(at, byte)| bit(at, *byte))?;
        let x1 = columns.iter().enumerate().rfind(|(_, byte)| **byte != 0).map(|(at, byte)| end(at, *byte))?;
        let moved = |by: usize, from: i32| i32::try_from(by).map_or(from, |by| from + by);
        let (width, height) = (x1 - x0 + 1, last - y0 + 1);
        let bytes = vec![0; width.div_ceil(8) * height];
        let mut part = Bitmap { left: moved(x0, self.left), top: moved(y0, self.top), width, height, bytes };
        part.overlay(self);
        Some(part)
    }

    /// Adds the black dots of another bitmap where it lies.
    pub fn overlay(&mut self, other: &Bitmap) {
        self.overlay_at(other, other.left, other.top);
    }

    /// Adds the black dots of another bitmap as if its corner were at `left`, `top` of the label.
    pub fn overlay_at(&mut self, other: &Bitmap, left: i32, top: i32) {
        let (right, down) = (left.saturating_sub(self.left), top.saturating_sub(self.top));
        let (row_bytes, other_bytes) = (self.row_bytes().max(1), other.row_bytes().max(1));
        let shift = right.rem_euclid(8);
        let (before, after) = parts(right.div_euclid(8));
        let (above, below) = parts(down);
        // Dots of the last byte that this bitmap has not.
        let edge = if self.width.is_multiple_of(8) { 0xFF } else { !(0xFF_u8 >> (self.width % 8)) };
        let rows = self.bytes.chunks_exact_mut(row_bytes).skip(below);
        for (row, from) in rows.zip(other.bytes.chunks_exact(other_bytes).skip(above)) {
            // What the last byte left of the edge reaches into the first.
            let hidden = before.checked_sub(1).and_then(|at| from.get(at)).copied();
            let mut carry = hidden.map_or(0, |bits| split(bits, shift).1);
            let (Some(to), Some(from)) = (row.get_mut(after..), from.get(before.min(from.len())..)) else { return };
            for (byte, bits) in to.iter_mut().zip(from) {
                let (here, next) = split(*bits, shift);
                *byte |= carry | here;
                carry = next;
            }
            if let Some(byte) = to.get_mut(from.len()) {
                *byte |= carry;
            }
            if let Some(last) = row.last_mut() {
                *last &= edge;
            }
        }
    }
}

/// How far something begins before zero, and how far after it.
fn parts(from: i32) -> (usize, usize) {
    let whole = |at: i32| usize::try_from(at).unwrap_or(0);
    (whole(from.saturating_neg()), whole(from))
}

/// Eight dots moved to the right by less than a byte: what stays in their byte, and what goes into the next.
fn split(bits: u8, shift: i32) -> (u8, u8) {
    let [here, next] = (u16::from(bits) << (8 - shift)).to_be_bytes();
    (here, next)
}

/// The part of `from..from + length` that lies within `0..most`.
fn span(from: i32, length: i32, most: usize) -> Range<usize> {
    let within = |at: i32| usize::try_from(at).unwrap_or(0).min(most);
    let (start, end) = (within(from), within(from.saturating_add(length)));
    start..end.max(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bitmaps_keep_their_edges() {
        let mut page = Bitmap::new(0, 0, 10, 3);
        page.fill(&Rect { x: 7, y: 1, width: 9, height: 9 });
        let rows: Vec<_> = page.rows().collect();
        assert_eq!(rows, [&[0, 0], &[1, 0b1100_0000], &[1, 0b1100_0000]]);
        let part = page.trimmed().unwrap();
        assert_eq!((part.left, part.top, part.width(), part.height()), (7, 1, 3, 2));
        assert_eq!(Bitmap::new(0, 0, 9, 9).trimmed(), None);
        let mut other = Bitmap::new(-1, 2, 3, 5);
        other.blacken(0, 0);
        other.blacken(2, 0);
        page.overlay(&other);
        let part = other.trimmed().unwrap();
        assert_eq!((part.left, part.top, part.width(), part.height()), (1, 2, 1, 1));
        assert!(page.is_black(1, 2) && !page.is_black(0, 2));
    }

    #[test]
    fn what_has_no_white_edges_is_not_copied() {
        let mut dots = Bitmap::new(0, 0, 11, 4);
        for (x, y) in [(0, 1), (10, 2), (3, 0), (4, 3)] {
            assert!(!dots.has_ink_on_all_edges());
            dots.blacken(x, y);
        }
        assert!(matches!(dots.trimmed(), Some(Cow::Borrowed(same)) if *same == dots));
        assert_eq!(dots.trim().as_deref(), Some(&dots));
        dots.left = -1;
        assert!(matches!(dots.trimmed(), Some(Cow::Owned(part)) if part.left == 2 && part.width() == 8));
        assert_eq!(Bitmap::new(0, 0, 0, 0).trimmed(), None);
    }

    /// Dot by dot, as one would write it without bytes in mind.
    #[test]
    fn whole_bytes_at_a_time_are_the_same_dots() {
        let mut pattern = Bitmap::new(0, 0, 21, 9);
        (0..21 * 9).filter(|at| at * 7 % 5 < 2).for_each(|at| pattern.blacken(at % 21, at / 21));
        for (left, top) in (-25..25).flat_map(|left| [-10, -3, 0, 2, 8].map(|top| (left, top))) {
            let mut fast = Bitmap::new(0, 0, 19, 11);
            fast.overlay_at(&pattern, left, top);
            let mut filled = Bitmap::new(0, 0, 19, 11);
            filled.fill(&Rect { x: left, y: top, width: 21, height: 9 });
            for (x, y) in (0..19).flat_map(|x| (0..11).map(move |y| (x, y))) {
                let at = |x: usize, from: i32| usize::try_from(i32::try_from(x).unwrap() - from).ok();
                let under = at(x, left).zip(at(y, top)).filter(|(x, y)| *x < 21 && *y < 9);
                assert_eq!(fast.is_black(x, y), under.is_some_and(|(x, y)| pattern.is_black(x, y)), "{left} {x} {y}");
                assert_eq!(filled.is_black(x, y), under.is_some(), "{left} {top} {x} {y}");
            }
            // No dots hide in the padding of the last byte.
            assert!(fast.rows().chain(filled.rows()).all(|row| row[2] & 0b0001_1111 == 0));
        }
    }
}
