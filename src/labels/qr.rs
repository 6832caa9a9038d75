//! QR codes by qrcode, with the choice of the mask done on many modules at a time: that choice (ISO/IEC 18004, 7.8.3)
//! takes the crate, which draws all eight symbols and looks at each module, most of the time that a label takes.

use std::sync::{Arc, OnceLock};

use qrcode::canvas::{Canvas, MaskPattern, Module};
use qrcode::types::QrError;
use qrcode::{Color, EcLevel, Version, bits, ec};

/// In the order of the standard; of equally good ones the first is taken.
const MASKS: [MaskPattern; 8] = [
    MaskPattern::Checkerboard,
    MaskPattern::HorizontalLines,
    MaskPattern::VerticalLines,
    MaskPattern::DiagonalLines,
    MaskPattern::LargeCheckerboard,
    MaskPattern::Fields,
    MaskPattern::Diamonds,
    MaskPattern::Meadow,
];

const LEVEL: EcLevel = EcLevel::Q;

/// Rows of modules, dark ones true, with error correction level Q; the smallest version that holds the payload.
pub(super) fn encode(payload: &str) -> Result<Vec<Vec<bool>>, QrError> {
    let bits = bits::encode_auto(payload.as_bytes(), LEVEL)?;
    let version = bits.version();
    let (data, correction) = ec::construct_codewords(&bits.into_bytes(), version, LEVEL)?;
    let frame = Frame::of(version);
    if frame.packing.width > Packing::WIDTH_MOST {
        return Ok(frame.drawn_by_the_crate(&data, &correction));
    }
    let unmasked = frame.draw(&data, &correction);
    let masked = frame.masks.iter().map(|mask| unmasked.with(mask));
    let best = masked.min_by_key(|symbol| frame.packing.penalty(symbol));
    Ok(best.map(|symbol| frame.packing.rows(&symbol)).unwrap_or_default())
}

/// What symbols of one version have in common.
struct Frame {
    packing: Packing,
    /// All but data and mask.
    canvas: Canvas,
    /// The same, packed.
    unmasked: Packed,
    /// Where the bits of the codewords go, in their order.
    places: Vec<Place>,
    /// The modules that each mask changes, and those that say which mask it is.
    masks: Vec<Packed>,
}

/// A module's word and bit, among the rows and among the columns.
type Place = [(usize, Word); 2];

impl Frame {
    fn of(version: Version) -> Arc<Frame> {
        static FRAMES: [OnceLock<Arc<Frame>>; 40] = [const { OnceLock::new() }; 40];
        let new = || Arc::new(Frame::new(version));
        let number = match version {
            Version::Normal(number) => usize::try_from(number).ok(),
            Version::Micro(_) => None,
        };
        let kept = number.and_then(|number| FRAMES.get(number.checked_sub(1)?));
        kept.map_or_else(new, |frame| Arc::clone(frame.get_or_init(new)))
    }

    fn new(version: Version) -> Self {
        let mut canvas = Canvas::new(version, LEVEL);
        canvas.draw_all_functional_patterns();
        let packing = Packing::new(usize::try_from(version.width()).unwrap_or(0));
        if packing.width > Packing::WIDTH_MOST {
            let unmasked = Packed { rows: Vec::new(), columns: Vec::new() };
            return Self { packing, canvas, unmasked, places: Vec::new(), masks: Vec::new() };
        }
        // What has no data yet is masked as light data is.
        let without = packing.pack(&canvas.clone().into_colors());
        let mask = |pattern| {
            let mut canvas = canvas.clone();
            canvas.apply_mask(pattern);
            without.with(&packing.pack(&canvas.into_colors()))
        };
        let masks = MASKS.map(mask).to_vec();
        let places = places(&packing, &canvas);
        Self { unmasked: without, packing, canvas, places, masks }
    }

    /// The symbol before it is masked. The crate looks for each bit's module anew; here it is known.
    fn draw(&self, data: &[u8], correction: &[u8]) -> Packed {
        let mut symbol = self.unmasked.clone();
        for (byte, places) in data.iter().chain(correction).zip(self.places.chunks(8)) {
            for (at, place) in places.iter().enumerate() {
                if byte & (0x80 >> at) != 0 {
                    symbol.darken(place);
                }
            }
        }
        symbol
    }

    fn drawn_by_the_crate(&self, data: &[u8], correction: &[u8]) -> Vec<Vec<bool>> {
        let mut canvas = self.canvas.clone();
        canvas.draw_data(data, correction);
        let colors = canvas.apply_best_mask().into_colors();
        let row = |row: &[Color]| row.iter().map(|color| *color == Color::Dark).collect();
        colors.chunks(self.packing.width.max(1)).map(row).collect()
    }
}

/// Where the bits of the codewords go, asked of the crate: for each binary digit of the bits' numbers those that have it
/// are drawn dark, and so each module tells the number of its bit.
fn places(packing: &Packing, canvas: &Canvas) -> Vec<Place> {
    let width = packing.width;
    let bits = width * width;
    let mut numbers = vec![0_usize; bits];
    for digit in (0..usize::BITS).take_while(|digit| bits >> digit != 0) {
        let byte =
            |byte: usize| (0..8).fold(0_u8, |all, at| (all << 1) | u8::from(((byte * 8 + at) >> digit) & 1 == 1));
        let mut canvas = canvas.clone();
        // What is more than there is room for is not drawn.
        canvas.draw_data(&(0..bits.div_ceil(8)).map(byte).collect::<Vec<u8>>(), &[]);
        let dark = canvas.into_colors();
        for (number, _) in numbers.iter_mut().zip(&dark).filter(|(_, color)| **color == Color::Dark) {
            *number |= 1 << digit;
        }
    }
    let free = |x: usize, y: usize| match (i16::try_from(x), i16::try_from(y)) {
        (Ok(x), Ok(y)) => canvas.get(x, y) == Module::Empty,
        _ => false,
    };
    let modules = (0..width).flat_map(|y| (0..width).map(move |x| (x, y)));
    let mut places: Vec<(usize, Place)> = modules
        .zip(numbers)
        .filter(|((x, y), _)| free(*x, *y))
        .map(|((x, y), number)| (number, [packing.place(x, y), packing.place(y, x)]))
        .collect();
    places.sort_unstable();
    places.into_iter().map(|(_, place)| place).collect()
}

/// Several rows (or columns) of modules in one word, the first module in the lowest bit, four light ones between rows.
type Word = u128;

/// A symbol's rows, and its columns.
#[derive(Clone)]
struct Packed {
    rows: Vec<Word>,
    columns: Vec<Word>,
}

impl Packed {
    fn darken(&mut self, [row, column]: &Place) {
        for (lines, (word, bit)) in [(&mut self.rows, row), (&mut self.columns, column)] {
            if let Some(word) = lines.get_mut(*word) {
                *word |= bit;
            }
        }
    }

    /// The modules in which the two differ.
    fn with(&self, other: &Packed) -> Packed {
        let differ = |these: &[Word], others: &[Word]| these.iter().zip(others).map(|(a, b)| a ^ b).collect();
        Packed { rows: differ(&self.rows, &other.rows), columns: differ(&self.columns, &other.columns) }
    }
}

/// How the rows of symbols of one width lie in words.
struct Packing {
    /// Modules in a row, and rows.
    width: usize,
    /// From one row to the next.
    stride: usize,
    /// Rows in a word.
    rows: usize,
    /// For each word all modules that have a next one in their row.
    but_last: Vec<Word>,
    /// For each word all modules that begin seven.
    but_last_six: Vec<Word>,
}

impl Packing {
    /// Between rows: a finder pattern is weighed with the four modules before and after it.
    const GAP: usize = 4;

    /// Wider symbols fit no word; they hold a thousand bytes, more than any label's payload.
    const WIDTH_MOST: usize = 128 - Self::GAP;

    fn new(width: usize) -> Self {
        let stride = width + Self::GAP;
        let rows = (128 / stride).max(1);
        let words = width.div_ceil(rows);
        // The first `count` modules of each row of a word.
        let firsts = |word: usize, count: usize| {
            let rows = 0..width.saturating_sub(word * rows).min(rows);
            rows.fold(0, |all, row| all | (lowest(count) << (row * stride)))
        };
        let masks = |less: usize| (0..words).map(|word| firsts(word, width.saturating_sub(less))).collect();
        Self { width, stride, rows, but_last: masks(1), but_last_six: masks(6) }
    }

    /// Word and bit of a module.
    fn place(&self, x: usize, y: usize) -> (usize, Word) {
        (y / self.rows, bit(y % self.rows * self.stride + x))
    }

    fn pack(&self, colors: &[Color]) -> Packed {
        let mut packed = Packed { rows: vec![0; self.but_last.len()], columns: vec![0; self.but_last.len()] };
        for (y, row) in colors.chunks(self.width.max(1)).enumerate() {
            for (x, _) in row.iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
                packed.darken(&[self.place(x, y), self.place(y, x)]);
            }
        }
        packed
    }

    fn rows(&self, packed: &Packed) -> Vec<Vec<bool>> {
        let dark = |x, y| {
            let (word, bit) = self.place(x, y);
            packed.rows.get(word).is_some_and(|word| word & bit != 0)
        };
        (0..self.width).map(|y| (0..self.width).map(|x| dark(x, y)).collect()).collect()
    }

    /// Points against a symbol: the four rules of the standard, the fourth in single per cents.
    fn penalty(&self, symbol: &Packed) -> u32 {
        let lines = [&symbol.rows, &symbol.columns].into_iter().flat_map(|lines| lines.iter().enumerate());
        let lines: u32 = lines.map(|(at, line)| self.runs(at, *line) + self.finders(at, *line)).sum();
        let dark: u32 = symbol.rows.iter().map(|word| word.count_ones()).sum();
        let all = u32::try_from(self.width * self.width).unwrap_or(u32::MAX).max(1);
        lines + self.blocks(&symbol.rows) + (dark * 200 / all).abs_diff(100)
    }

    /// Where a module is as the next one of its row.
    fn same_as_next(&self, at: usize, line: Word) -> Word {
        !(line ^ (line >> 1)) & self.but_last.get(at).copied().unwrap_or(0)
    }

    /// Five and more alike in a line: three points, and one for each further.
    fn runs(&self, at: usize, line: Word) -> u32 {
        let same = self.same_as_next(at, line);
        let fives = same & (same >> 1) & (same >> 2) & (same >> 3);
        fives.count_ones() + 2 * (fives & !(fives << 1)).count_ones()
    }

    /// What looks like a finder pattern with four light modules before or after it: forty points.
    fn finders(&self, at: usize, line: Word) -> u32 {
        let alike = line & !(line >> 1) & (line >> 2) & (line >> 3) & (line >> 4) & !(line >> 5) & (line >> 6);
        let alike = alike & self.but_last_six.get(at).copied().unwrap_or(0);
        if alike == 0 {
            return 0;
        }
        let dark_before = (line << 1) | (line << 2) | (line << 3) | (line << 4);
        let dark_after = (line >> 7) | (line >> 8) | (line >> 9) | (line >> 10);
        40 * (alike & !(dark_before & dark_after)).count_ones()
    }

    /// Two by two alike: three points.
    fn blocks(&self, rows: &[Word]) -> u32 {
        let mut points = 0;
        for (at, row) in rows.iter().enumerate() {
            let next = rows.get(at + 1).copied().unwrap_or(0);
            // Each row's lower neighbour: the next in its word, for the last the first of the next word.
            let below = |here: Word, next: Word| shift(here, self.stride) | (next << ((self.rows - 1) * self.stride));
            let same = self.same_as_next(at, *row);
            let same_below = below(same, self.same_as_next(at + 1, next));
            points += 3 * (same & same_below & !(row ^ below(*row, next))).count_ones();
        }
        points
    }
}

/// To the right, by the whole word too.
fn shift(word: Word, by: usize) -> Word {
    u32::try_from(by).ok().and_then(|by| word.checked_shr(by)).unwrap_or(0)
}

fn bit(at: usize) -> Word {
    u32::try_from(at).ok().and_then(|at| (1 as Word).checked_shl(at)).unwrap_or(0)
}

/// The lowest `count` bits.
fn lowest(count: usize) -> Word {
    bit(count).wrapping_sub(1)
}

#[cfg(test)]
mod tests {
    use qrcode::QrCode;

    use super::*;

    #[test]
    fn symbols_are_those_that_the_crate_would_choose() {
        let mut payloads: Vec<String> = (0..300).map(|n| format!("C{:012}{:02}", n * 7_919_993_u64, n % 97)).collect();
        payloads
            .extend((1..120).map(|length| "Größe 0123456789ABC $%*+-./:".chars().cycle().take(length * 2).collect()));
        for payload in payloads {
            let code = QrCode::with_error_correction_level(&payload, EcLevel::Q).unwrap();
            let colors = code.to_colors();
            let rows = colors.chunks(code.width()).map(|row| row.iter().map(|c| *c == Color::Dark).collect());
            assert_eq!(encode(&payload).unwrap(), rows.collect::<Vec<Vec<bool>>>(), "{payload}");
        }
        assert!(encode(&"x".repeat(4000)).is_err());
    }
}
