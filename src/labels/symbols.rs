//! Barcodes as dark rectangles on whole dots.

use outguide_hardware::display::{Rect, Symbol, Symbology};
use qrcode::{Color, EcLevel, QrCode};
use rxing::oned::{Code128Writer, OneDimensionalCodeWriter};

/// The narrowest X dimension that is printed, in mm (domain: at least 0.25 mm on a whole number of dots).
pub const MODULE_LEAST_MM: f64 = 0.25;

/// Quiet zone of Code 128 on each side, in modules (ISO/IEC 15417).
pub const CODE_128_QUIET: i32 = 10;

/// Quiet zone of QR on each side, in modules (ISO/IEC 18004).
pub const QR_QUIET: i32 = 4;

/// A symbol as modules, before it has a size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modules {
    symbology: Symbology,
    payload: String,
    /// Modules across.
    pub width: i32,
    /// Modules down; one row stands for the whole height of a linear symbol.
    pub height: i32,
    /// Dark runs: (x, y, length).
    dark: Vec<(i32, i32, i32)>,
}

/// Encodes Code 128. Fails for text that has no Code 128.
pub fn code_128(payload: &str) -> Result<Modules, String> {
    let bars = Code128Writer.encode_oned(payload).map_err(|e| e.to_string())?;
    Ok(modules(Symbology::Code128, payload, &[bars]))
}

/// Encodes a QR code with error correction level Q.
pub fn qr(payload: &str) -> Result<Modules, String> {
    let code = QrCode::with_error_correction_level(payload, EcLevel::Q).map_err(|e| e.to_string())?;
    let colors = code.to_colors();
    let rows: Vec<Vec<bool>> =
        colors.chunks(code.width()).map(|row| row.iter().map(|color| *color == Color::Dark).collect()).collect();
    Ok(modules(Symbology::Qr, payload, &rows))
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
        let down = if self.symbology == Symbology::Code128 { bar_height } else { module };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_label_takes_134_modules() {
        // Start B, C, code C, seven pairs, check: eleven modules each; stop: thirteen.
        assert_eq!(code_128("C00000001700163").unwrap().width, 11 * 11 + 13);
        assert_eq!(code_128("123456").unwrap().width, 11 * 5 + 13);
        assert!(code_128("名").is_err());
        assert_eq!(qr("C00000001700163").unwrap().width, 21);
    }

    #[test]
    fn symbols_lie_on_whole_dots() {
        let symbol = code_128("C00000001700163").unwrap().place(30, 40, 3, 100);
        assert_eq!(symbol.area, Rect { x: 30, y: 40, width: 402, height: 100 });
        assert!(symbol.dark.iter().all(|bar| (bar.x - 30) % 3 == 0 && bar.width % 3 == 0 && symbol.area.holds(bar)));
    }
}
