//! Barcodes as dark rectangles on whole dots. The encoders are rxing's and qrcode's.

use outguide_hardware::display::{Rect, Symbol, Symbology};
use rxing::datamatrix::DataMatrixWriter;
use rxing::datamatrix::encoder::SymbolShapeHint;
use rxing::oned::{Code39Writer, Code128Writer, ITFWriter, OneDimensionalCodeWriter};
use rxing::pdf417::encoder::PDF417;
use rxing::{BarcodeFormat, EncodeHints, Writer};

use super::qr;

/// The narrowest X dimension that is printed, in mm (domain: at least 0.25 mm on a whole number of dots).
pub const MODULE_LEAST_MM: f64 = 0.25;

/// Rows of PDF417 are at least three modules high (ISO/IEC 15438).
const PDF417_ROW_MODULES: i32 = 3;

/// Error correction of PDF417 for up to 40 data codewords (ISO/IEC 15438, annex E).
const PDF417_CORRECTION: u32 = 2;

/// Payloads longer than this are not for labels; encoders slow down beyond.
const PAYLOAD_MOST_BYTES: usize = 500;

/// A symbol as modules, before it has a size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modules {
    symbology: Symbology,
    payload: String,
    /// Modules across.
    pub width: i32,
    /// Rows; one stands for the whole height of a linear symbol.
    pub height: i32,
    /// Dark runs: (x, y, length).
    dark: Vec<(i32, i32, i32)>,
}

/// Encodes a payload. `widest` (in modules) chooses how many columns PDF417 gets; the others are as wide as they are.
pub fn encode(symbology: Symbology, payload: &str, widest: i32) -> Result<Modules, String> {
    if payload.is_empty() || payload.len() > PAYLOAD_MOST_BYTES {
        return Err(format!("a payload has 1 to {PAYLOAD_MOST_BYTES} bytes"));
    }
    // rxing takes some letters beyond ASCII for function characters.
    if symbology != Symbology::Qr && !payload.is_ascii() {
        return Err(format!("{payload:?} holds letters that {} has not", name(symbology)));
    }
    let rows = match symbology {
        Symbology::Code128 => vec![code_128(payload)?],
        Symbology::Code39 => vec![code_39(payload)?],
        Symbology::Itf => vec![ITFWriter.encode_oned(payload).map_err(|e| e.to_string())?],
        Symbology::Qr => qr::encode(payload).map_err(|e| e.to_string())?,
        Symbology::DataMatrix => data_matrix(payload)?,
        Symbology::Pdf417 => pdf417(payload, widest)?,
    };
    Ok(modules(symbology, payload, &rows))
}

/// The symbology's name as people write it.
pub fn name(symbology: Symbology) -> &'static str {
    match symbology {
        Symbology::Code128 => "Code 128",
        Symbology::Code39 => "Code 39",
        Symbology::Itf => "ITF",
        Symbology::Qr => "QR",
        Symbology::DataMatrix => "DataMatrix",
        Symbology::Pdf417 => "PDF417",
    }
}

/// As short as can be. The search for that takes many times as long as the encoding, and is not needed for a letter and
/// digits, as Outguide's own payloads are: there the simple way is as short.
fn code_128(payload: &str) -> Result<Vec<bool>, String> {
    let digits = payload.strip_prefix(|first: char| first.is_ascii_uppercase());
    let simple = digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let hints = EncodeHints { Code128Compact: Some(!simple), ..EncodeHints::default() };
    Code128Writer.encode_oned_with_hints(payload, &hints).map_err(|e| e.to_string())
}

/// Plain Code 39: its "full ASCII" pairs would be read back as other text by readers that do not expect them.
fn code_39(payload: &str) -> Result<Vec<bool>, String> {
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b" -.$/+%".contains(&byte);
    if !payload.bytes().all(plain) {
        return Err(format!("{payload:?} holds letters that Code 39 has not"));
    }
    let mut bars = Code39Writer.encode_oned(payload).map_err(|e| e.to_string())?;
    bars.truncate(bars.iter().rposition(|dark| *dark).map_or(0, |last| last + 1));
    Ok(bars)
}

fn data_matrix(payload: &str) -> Result<Vec<Vec<bool>>, String> {
    let hints = EncodeHints {
        DataMatrixShape: Some(SymbolShapeHint::FORCE_SQUARE),
        Margin: Some("0".to_owned()),
        ..EncodeHints::default()
    };
    let matrix = DataMatrixWriter
        .encode_with_hints(payload, &BarcodeFormat::DATA_MATRIX, 0, 0, &hints)
        .map_err(|e| e.to_string())?;
    let row = |y| (0..matrix.getWidth()).map(|x| matrix.get(x, y)).collect();
    Ok((0..matrix.getHeight()).map(row).collect())
}

/// As wide as there is room, which makes it as low as can be.
fn pdf417(payload: &str, widest: i32) -> Result<Vec<Vec<bool>>, String> {
    // Start, two row indicators and stop take 69 modules, each column 17.
    let columns = u32::try_from((widest - 69) / 17).unwrap_or(0).clamp(1, 30);
    let mut fault = String::new();
    for columns in (1..=columns).rev() {
        let mut encoder = PDF417::new();
        encoder.setDimensions(columns, columns, 90, 3);
        match encoder.generateBarcodeLogic(payload, PDF417_CORRECTION) {
            Ok(()) => {
                let matrix = encoder.getBarcodeMatrix().as_ref().ok_or("there is no symbol")?;
                // rxing keeps the rows from the bottom up.
                let rows = matrix.getScaledMatrix(1, 1);
                return Ok(rows.iter().rev().map(|row| row.iter().map(|cell| *cell == 1).collect()).collect());
            }
            Err(error) => fault = error.to_string(),
        }
    }
    Err(fault)
}

fn modules(symbology: Symbology, payload: &str, rows: &[Vec<bool>]) -> Modules {
    let mut dark = Vec::new();
    let mut width = 0;
    for (y, row) in (0..).zip(rows) {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            let length = i32::try_from(run.len()).unwrap_or(i32::MAX);
            if run.first() == Some(&true) {
                dark.push((x, y, length));
            }
            x += length;
        }
        width = width.max(x);
    }
    Modules { symbology, payload: payload.to_owned(), width, height: i32::try_from(rows.len()).unwrap_or(0), dark }
}

impl Modules {
    /// The symbol with its upper left corner (quiet zone not counted) at `x`, `y`; `bar_height` is for linear symbols.
    pub fn place(&self, x: i32, y: i32, module: i32, bar_height: i32) -> Symbol {
        let down = match self.symbology {
            linear if linear.is_linear() => bar_height,
            Symbology::Pdf417 => module * PDF417_ROW_MODULES,
            _ => module,
        };
        let dark = self.dark.iter().map(|(dx, dy, length)| Rect {
            x: x + dx * module,
            y: y + dy * down,
            width: length * module,
            height: down,
        });
        Symbol {
            symbology: self.symbology,
            payload: self.payload.clone(),
            module,
            area: Rect { x, y, width: self.width * module, height: self.height * down },
            dark: dark.collect(),
        }
    }
}

/// A symbol with the white that must stay around it: ISO/IEC 15417, 16388 and 16390 ten modules to the sides, 18004
/// four around, 16022 one, 15438 two.
pub fn quiet_zone(symbol: &Symbol) -> Rect {
    let Rect { x, y, width, height } = symbol.area;
    let (beside, above) = match symbol.symbology {
        Symbology::Code128 | Symbology::Code39 | Symbology::Itf => (10, 0),
        Symbology::Qr => (4, 4),
        Symbology::DataMatrix => (1, 1),
        Symbology::Pdf417 => (2, 2),
    };
    let (beside, above) = (beside * symbol.module, above * symbol.module);
    Rect { x: x - beside, y: y - above, width: width + 2 * beside, height: height + 2 * above }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_128(payload: &str) -> Result<Modules, String> {
        encode(Symbology::Code128, payload, 1000)
    }

    #[test]
    fn a_chart_label_takes_134_modules() {
        // Start B, C, code C, seven pairs, check: eleven modules each; stop: thirteen.
        assert_eq!(code_128("C00000001700163").unwrap().width, 11 * 11 + 13);
        assert_eq!(code_128("123456").unwrap().width, 11 * 5 + 13);
        assert!(code_128("名").is_err() && code_128("ñ").is_err() && code_128("").is_err());
        assert_eq!(encode(Symbology::Qr, "C00000001700163", 0).unwrap().width, 21);
        assert_eq!(encode(Symbology::DataMatrix, "C00000001700163", 0).unwrap().width, 14);
        assert!(encode(Symbology::Code39, "abc", 0).is_err() && encode(Symbology::Itf, "123", 0).is_err());
    }

    #[test]
    fn symbols_lie_on_whole_dots() {
        let symbol = code_128("C00000001700163").unwrap().place(30, 40, 3, 100);
        assert_eq!(symbol.area, Rect { x: 30, y: 40, width: 402, height: 100 });
        assert!(symbol.dark.iter().all(|bar| (bar.x - 30) % 3 == 0 && bar.width % 3 == 0 && symbol.area.holds(bar)));
    }

    /// The fewest symbol characters of Code 128 for a text, start and switches counted, by trying every code set at
    /// every place: A and B have shifts for one letter, C takes pairs of digits (ISO/IEC 15417, 4.3).
    fn fewest_characters(text: &str) -> usize {
        const FAR: usize = usize::MAX / 2;
        let text = text.as_bytes();
        let has = |set: usize, byte: u8| if set == 0 { byte < 96 } else { (32..128).contains(&byte) };
        // best[at][set]: characters to encode text[at..] when in that set.
        let mut best = vec![[FAR; 3]; text.len() + 1];
        best[text.len()] = [0; 3];
        for at in (0..text.len()).rev() {
            let mut step = [FAR; 3];
            for set in 0..2 {
                if has(set, text[at]) {
                    step[set] = 1 + best[at + 1][set];
                } else if has(1 - set, text[at]) {
                    step[set] = 2 + best[at + 1][set];
                }
            }
            if at + 1 < text.len() && text[at].is_ascii_digit() && text[at + 1].is_ascii_digit() {
                step[2] = 1 + best[at + 2][2];
            }
            let least = step.into_iter().min().unwrap();
            best[at] = step.map(|stay| stay.min(1 + least));
        }
        1 + best[0].into_iter().min().unwrap()
    }

    /// Every text of up to six letters over an alphabet with each kind of letter, then long runs of digits.
    #[test]
    fn code_128_is_as_short_as_it_can_be() {
        let mut texts: Vec<String> = vec![String::new()];
        let mut all = Vec::new();
        for _ in 0..6 {
            texts = texts.iter().flat_map(|t| ["1", "2", "A", "a", "\t"].map(|c| format!("{t}{c}"))).collect();
            all.extend(texts.iter().filter(|text| text.len() < 6 || text.bytes().any(|b| b.is_ascii_digit())).cloned());
        }
        for digits in 1..=40 {
            let run = "1234567890".repeat(4)[..digits].to_owned();
            all.extend([
                format!("C{run}"),
                run.clone(),
                format!("{run}X"),
                format!("a{run}b{run}"),
                format!("\t{run}a"),
            ]);
        }
        all.retain(|text| text.len() <= 80);
        assert!(all.len() > 10_000);
        for text in &all {
            let width = usize::try_from(code_128(text).unwrap().width).unwrap();
            assert_eq!(width, (fewest_characters(text) + 1) * 11 + 13, "{text:?}");
        }
    }
}
