//! QR codes by qrcode, with the choice of the mask done on whole rows: that choice (ISO/IEC 18004, 7.8.3) takes the
//! crate, which looks at each module, most of the time that a label takes.

use qrcode::canvas::{Canvas, MaskPattern};
use qrcode::types::QrError;
use qrcode::{Color, EcLevel, bits, ec};

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

/// Rows of modules, dark ones true, with error correction level Q; the smallest version that holds the payload.
pub(super) fn encode(payload: &str) -> Result<Vec<Vec<bool>>, QrError> {
    let level = EcLevel::Q;
    let bits = bits::encode_auto(payload.as_bytes(), level)?;
    let version = bits.version();
    let (data, correction) = ec::construct_codewords(&bits.into_bytes(), version, level)?;
    let mut canvas = Canvas::new(version, level);
    canvas.draw_all_functional_patterns();
    canvas.draw_data(&data, &correction);
    let width = usize::try_from(version.width()).unwrap_or(0);
    let masked = MASKS.map(|mask| {
        let mut canvas = canvas.clone();
        canvas.apply_mask(mask);
        canvas.into_colors()
    });
    let best = masked.iter().min_by_key(|colors| penalty(colors, width));
    let rows = best.map(|colors| colors.chunks(width.max(1)));
    Ok(rows.into_iter().flatten().map(|row| row.iter().map(|color| *color == Color::Dark).collect()).collect())
}

/// A line of modules, the first in the lowest bit. The largest version has 177 modules; payloads for labels stay below
/// 128 (`PAYLOAD_MOST_BYTES`), and what lies beyond would only not be weighed.
type Line = u128;

/// Points against a symbol: the four rules of the standard, the fourth in single per cents.
fn penalty(colors: &[Color], width: usize) -> u32 {
    let mut rows: Vec<Line> = vec![0; width];
    let mut columns: Vec<Line> = vec![0; width];
    for (y, (line, row)) in colors.chunks(width.max(1)).zip(&mut rows).enumerate() {
        for (x, (color, column)) in line.iter().zip(&mut columns).enumerate() {
            if *color == Color::Dark {
                *row |= bit(x);
                *column |= bit(y);
            }
        }
    }
    let lines = rows.iter().chain(&columns).map(|line| runs(*line, width) + finders(*line, width)).sum::<u32>();
    let blocks = rows.windows(2).map(|pair| if let [upper, lower] = pair { blocks(*upper, *lower, width) } else { 0 });
    let dark: u32 = rows.iter().map(|row| row.count_ones()).sum();
    let all = u32::try_from(colors.len()).unwrap_or(u32::MAX).max(1);
    lines + blocks.sum::<u32>() + (dark * 200 / all).abs_diff(100)
}

fn bit(at: usize) -> Line {
    u32::try_from(at).ok().and_then(|at| (1 as Line).checked_shl(at)).unwrap_or(0)
}

/// The lowest `count` bits.
fn lowest(count: usize) -> Line {
    bit(count).wrapping_sub(1)
}

/// Where a module is as the next one.
fn same_as_next(line: Line, width: usize) -> Line {
    !(line ^ (line >> 1)) & lowest(width.saturating_sub(1))
}

/// Five and more alike in a line: three points, and one for each further.
fn runs(line: Line, width: usize) -> u32 {
    let same = same_as_next(line, width);
    let fives = same & (same >> 1) & (same >> 2) & (same >> 3);
    fives.count_ones() + 2 * (fives & !(fives << 1)).count_ones()
}

/// Two by two alike: three points.
fn blocks(upper: Line, lower: Line, width: usize) -> u32 {
    3 * (same_as_next(upper, width) & same_as_next(lower, width) & !(upper ^ lower)).count_ones()
}

/// What looks like a finder pattern with four light modules before or after it: forty points.
fn finders(line: Line, width: usize) -> u32 {
    let alike = line & !(line >> 1) & (line >> 2) & (line >> 3) & (line >> 4) & !(line >> 5) & (line >> 6);
    let dark_before = (line << 1) | (line << 2) | (line << 3) | (line << 4);
    let dark_after = (line >> 7) | (line >> 8) | (line >> 9) | (line >> 10);
    40 * (alike & !(dark_before & dark_after) & lowest(width.saturating_sub(6))).count_ones()
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
