//! Code 128 and Code 39 along straight lines through a picture, in any direction. rxing decodes; where along a line a code
//! begins is found here, because its readers look for the first beginning only and a line across a shelf has many.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rxing::DecodeHints;
use rxing::common::BitArray;
use rxing::oned::{Code39Reader, Code128Reader, OneDReader};

use super::Picture;
use super::found::Read;

/// Positions on a line are in 256ths of a pixel.
const UNIT: i64 = 256;
/// Lines are so far apart, in half pixels.
const LINE_STEP: i64 = 6;
/// Grey values along a line are told apart from those around them: so many samples (half pixels) make a block.
const BLOCK_SAMPLES: usize = 16;
/// Blocks to either side that count as around.
const BLOCKS_AROUND: usize = 3;
/// Less difference than this is paper, not print.
const CONTRAST_MIN: u8 = 24;
/// Beginnings tried on one line.
const TRIES_PER_LINE: usize = 24;
/// The longest symbol tried, in characters of eleven modules.
const SYMBOL_MAX_CHARACTERS: usize = 40;
/// Samples in the narrowest bar that can be read: one pixel has two.
const MODULE_MIN_SAMPLES: usize = 2;

/// Which way lines run: half a pixel's step, in 256ths of a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Direction {
    x: i64,
    y: i64,
}

/// As people hold labels before a camera, and as spines stand on a shelf.
pub(super) const STRAIGHT: [Direction; 2] = [Direction { x: 128, y: 0 }, Direction { x: 0, y: 128 }];
/// About 20 degrees off these: lines as they are cross bars up to about 10 degrees off.
pub(super) const SLANTED: [Direction; 4] = [
    Direction { x: 120, y: 44 },
    Direction { x: 120, y: -44 },
    Direction { x: 44, y: 120 },
    Direction { x: -44, y: 120 },
];

/// A square part of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tile {
    pub left: usize,
    pub top: usize,
    pub width: usize,
    pub height: usize,
}

/// All that lines of this direction through `tile` say, in the picture's pixels.
pub(super) fn read(picture: &Picture, tile: Tile, direction: Direction) -> Vec<Read> {
    let mut found: Vec<Read> = Vec::new();
    for line in lines(tile, direction) {
        let (first, samples) = line.samples(picture);
        let runs = Runs::of(&samples);
        for (text, symbology, from, to) in runs.codes() {
            let (start, end) = (line.at(first + from), line.at(first + to));
            match found.iter_mut().find(|known| known.text == text && known.symbology == symbology) {
                Some(known) => {
                    known.corners = [known.corners[0], known.corners[1], end, start];
                    known.lines += 1;
                }
                None => found.push(Read { text, symbology, corners: [start, end, end, start], lines: 1 }),
            }
        }
    }
    found
}

/// A line of samples half a pixel apart.
struct Line {
    x: i64,
    y: i64,
    direction: Direction,
    length: usize,
}

fn lines(tile: Tile, direction: Direction) -> impl Iterator<Item = Line> {
    let whole = |pixels: usize| i64::try_from(pixels).unwrap_or(i64::MAX / UNIT / 4);
    let (along, across) = if direction.x.abs() >= direction.y.abs() {
        (whole(tile.width), whole(tile.height))
    } else {
        (whole(tile.height), whole(tile.width))
    };
    let (middle_x, middle_y) =
        (whole(tile.left * 2 + tile.width) * UNIT / 2, whole(tile.top * 2 + tile.height) * UNIT / 2);
    let each_side = across / LINE_STEP;
    (-each_side..=each_side).map(move |at| Line {
        // Across is the direction turned by a right angle.
        x: middle_x - direction.y * LINE_STEP * at - direction.x * along,
        y: middle_y + direction.x * LINE_STEP * at - direction.y * along,
        direction,
        length: usize::try_from(along * 2).unwrap_or(0),
    })
}

impl Line {
    /// Where the sample of this number is.
    fn at(&self, sample: usize) -> (f32, f32) {
        let sample = i64::try_from(sample).unwrap_or(0);
        let pixels = |from: i64, step: i64| {
            let whole = i16::try_from((from + step * sample) / UNIT).unwrap_or(i16::MAX);
            f32::from(whole)
        };
        (pixels(self.x, self.direction.x), pixels(self.y, self.direction.y))
    }

    /// The number of the first sample inside the picture, and the grey values from there to where it leaves it.
    fn samples(&self, picture: &Picture) -> (usize, Vec<u8>) {
        let mut samples = Vec::with_capacity(self.length);
        let mut first = 0;
        let (mut x, mut y) = (self.x, self.y);
        for number in 0..self.length {
            match between(picture, x, y) {
                Some(grey) => {
                    if samples.is_empty() {
                        first = number;
                    }
                    samples.push(grey);
                }
                None if samples.is_empty() => {}
                None => break,
            }
            x += self.direction.x;
            y += self.direction.y;
        }
        (first, samples)
    }
}

/// The grey value between four pixels, by how near each is.
fn between(picture: &Picture, x: i64, y: i64) -> Option<u8> {
    let (left, top) = (usize::try_from(x / UNIT).ok()?, usize::try_from(y / UNIT).ok()?);
    if x < 0 || y < 0 || left >= picture.width || top >= picture.height {
        return None;
    }
    let (right, bottom) = ((left + 1).min(picture.width - 1), (top + 1).min(picture.height - 1));
    let pixel = |x: usize, y: usize| picture.pixels.get(y * picture.width + x).map(|grey| i64::from(*grey));
    let (near_x, near_y) = (x % UNIT, y % UNIT);
    let upper = pixel(left, top)? * (UNIT - near_x) + pixel(right, top)? * near_x;
    let lower = pixel(left, bottom)? * (UNIT - near_x) + pixel(right, bottom)? * near_x;
    u8::try_from((upper * (UNIT - near_y) + lower * near_y) / (UNIT * UNIT)).ok()
}

/// A line as lengths of light and dark, in turn, the first one light.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Runs(Vec<usize>);

impl Runs {
    /// Dark is what is below the middle of what is around it. One sample of noise would turn paper into print: where
    /// nothing is much darker than the rest, all is light.
    fn of(samples: &[u8]) -> Runs {
        let blocks: Vec<(u8, u8)> = samples
            .chunks(BLOCK_SAMPLES)
            .map(|block| (block.iter().copied().min().unwrap_or(255), block.iter().copied().max().unwrap_or(0)))
            .collect();
        let mut runs = vec![0];
        let mut dark = false;
        for (at, block) in samples.chunks(BLOCK_SAMPLES).enumerate() {
            let around = blocks.get(at.saturating_sub(BLOCKS_AROUND)..blocks.len().min(at + BLOCKS_AROUND + 1));
            let around = around.unwrap_or_default().iter();
            let (low, high) = around.fold((255, 0), |(low, high), block| (block.0.min(low), block.1.max(high)));
            let limit = if high.saturating_sub(low) < CONTRAST_MIN { 0 } else { u8::midpoint(low, high) };
            for sample in block {
                if (*sample < limit) != dark {
                    dark = !dark;
                    runs.push(0);
                }
                if let Some(run) = runs.last_mut() {
                    *run += 1;
                }
            }
        }
        Runs(runs)
    }

    /// Every code along the line, read in both directions, with its first and last sample.
    fn codes(&self) -> Vec<(String, &'static str, usize, usize)> {
        // Fewer bars are no code: a Code 128 of one character has 13 bars and spaces.
        if self.0.len() < 14 {
            return Vec::new();
        }
        let mut found = self.forward();
        let total: usize = self.0.iter().sum();
        let mut reversed = self.0.clone();
        // A line that ends in the dark ends with a light of no length, so that the turned one begins with light too.
        if reversed.len().is_multiple_of(2) {
            reversed.push(0);
        }
        reversed.reverse();
        let turned = Runs(reversed).forward().into_iter();
        let back = |at: usize| total.saturating_sub(at);
        found.extend(turned.map(|(text, symbology, from, to)| (text, symbology, back(from), back(to))));
        found
    }

    fn forward(&self) -> Vec<(String, &'static str, usize, usize)> {
        let mut found = Vec::new();
        let (mut at, mut tries, mut behind) = (0, 0, 0);
        // Lights are the even ones; a code begins with the dark after one.
        for (light, run) in self.0.iter().enumerate() {
            at += run;
            if light % 2 == 1 || at < behind || tries == TRIES_PER_LINE {
                continue;
            }
            let Some(beginning) = self.beginning(light) else { continue };
            tries += 1;
            if let Some((text, length)) = self.decoded(light, &beginning) {
                found.push((text, beginning.symbology, at, at + length));
                behind = at + length;
            }
        }
        found
    }

    /// Does a code begin behind this light?
    fn beginning(&self, light: usize) -> Option<Beginning> {
        let quiet = *self.0.get(light)?;
        let bars = self.0.get(light + 1..light + 10)?;
        start_128(quiet, bars).or_else(|| start_39(quiet, bars))
    }

    /// The code that begins behind this light, and its length in samples.
    fn decoded(&self, light: usize, beginning: &Beginning) -> Option<(String, usize)> {
        let margin = beginning.module * 12;
        let most = beginning.module * 12 * SYMBOL_MAX_CHARACTERS;
        let mut row = BitArray::with_size(0);
        let mut append = |dark: bool, length: usize| (0..length).for_each(|_| row.appendBit(dark));
        append(false, margin);
        let (mut length, mut dark) = (0, true);
        for run in self.0.iter().skip(light + 1) {
            if length > most {
                break;
            }
            append(dark, *run);
            length += run;
            dark = !dark;
        }
        append(false, margin);
        let hints = DecodeHints::default();
        let read = catch_unwind(AssertUnwindSafe(|| match beginning.symbology {
            "]C" => Code128Reader.decode_row(0, &row, &hints),
            _ => Code39Reader::default().decode_row(0, &row, &hints),
        }));
        let read = read.ok()?.ok()?;
        let end = read.getPoints().iter().map(|point| point.x).fold(0.0, f32::max);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place within the row")]
        let end = (end as usize).saturating_sub(margin).min(length);
        Some((read.getText().to_owned(), end))
    }
}

struct Beginning {
    symbology: &'static str,
    /// The narrowest bar, in samples.
    module: usize,
}

/// The three start characters of Code 128 (ISO/IEC 15417): eleven modules in three bars and three spaces.
const STARTS_128: [[usize; 6]; 3] = [[2, 1, 1, 4, 1, 2], [2, 1, 1, 2, 1, 4], [2, 1, 1, 2, 3, 2]];

fn start_128(quiet: usize, bars: &[usize]) -> Option<Beginning> {
    let bars = bars.get(..6)?;
    let sum: usize = bars.iter().sum();
    // Less than the ten modules that belong there: a torn or trimmed label has less.
    if sum < 11 * MODULE_MIN_SAMPLES || quiet * 11 < sum * 3 {
        return None;
    }
    let fits = |start: &[usize; 6]| {
        bars.iter().zip(start).all(|(bar, modules)| (bar * 11).abs_diff(sum * modules) * 4 <= sum * 3)
    };
    STARTS_128.iter().any(fits).then_some(Beginning { symbology: "]C", module: sum.div_ceil(11) })
}

/// The asterisk of Code 39 (ISO/IEC 16388): nine bars and spaces, the second, fifth and seventh of them wide.
fn start_39(quiet: usize, bars: &[usize]) -> Option<Beginning> {
    const WIDE: [usize; 3] = [1, 4, 6];
    let bars = bars.get(..9)?;
    let part =
        |wide: bool| bars.iter().enumerate().filter(move |(at, _)| WIDE.contains(at) == wide).map(|(_, bar)| *bar);
    let (widest_narrow, narrowest_wide) = (part(false).max()?, part(true).min()?);
    let narrow = part(false).sum::<usize>().div_ceil(6);
    let told_apart = narrowest_wide * 4 > widest_narrow * 5 && narrow >= MODULE_MIN_SAMPLES;
    (told_apart && quiet >= narrow * 3).then_some(Beginning { symbology: "]A", module: narrow })
}
