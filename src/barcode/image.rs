//! Barcodes in a camera's picture.

use std::collections::HashSet;

use rxing::{BarcodeFormat, DecodeHints};

/// The symbologies looked for: those on folders, cards and wristbands. With all formats allowed the decoder was seen
/// to misread; the check digits of our own codes catch what is left.
const FORMATS: [BarcodeFormat; 4] =
    [BarcodeFormat::CODE_128, BarcodeFormat::QR_CODE, BarcodeFormat::DATA_MATRIX, BarcodeFormat::CODE_39];
/// The largest picture looked at, in pixels.
const PICTURE_MAX_PIXELS: usize = 4096 * 4096;

/// A code found in a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageCode {
    /// Its text, for [`super::Reader::read`].
    pub text: String,
    /// Its AIM identifier's first two characters, for example `]C` (ISO/IEC 15424).
    pub symbology: &'static str,
}

/// The code in a grey picture of `width` pixels a row, one byte a pixel, row by row from the top; `None` when there is
/// none, or the picture is no such picture.
pub fn decode_luma(luma: &[u8], width: u32, height: u32) -> Option<ImageCode> {
    let pixels = usize::try_from(width).ok()?.checked_mul(usize::try_from(height).ok()?)?;
    if pixels != luma.len() || pixels == 0 || pixels > PICTURE_MAX_PIXELS {
        return None;
    }
    let mut hints = DecodeHints { PossibleFormats: Some(HashSet::from(FORMATS)), ..DecodeHints::default() };
    let found = rxing::helpers::detect_in_luma_slice_with_hints(luma, width, height, None, &mut hints).ok()?;
    let symbology = match found.getBarcodeFormat() {
        BarcodeFormat::CODE_128 => "]C",
        BarcodeFormat::QR_CODE => "]Q",
        BarcodeFormat::DATA_MATRIX => "]d",
        BarcodeFormat::CODE_39 => "]A",
        _ => return None,
    };
    Some(ImageCode { text: found.getText().to_owned(), symbology })
}

#[cfg(test)]
mod tests {
    use rxing::oned::{Code128Writer, OneDimensionalCodeWriter};

    use super::*;

    /// A Code 128 of `text`, three pixels a module, forty rows.
    fn picture(text: &str) -> (Vec<u8>, u32) {
        let modules = Code128Writer.encode_oned(text).expect("encoded");
        let quiet = std::iter::repeat_n(false, 20);
        let row: Vec<u8> =
            quiet.clone().chain(modules).chain(quiet).flat_map(|dark| [if dark { 0u8 } else { 255 }; 3]).collect();
        let width = u32::try_from(row.len()).expect("width");
        (row.repeat(40), width)
    }

    #[test]
    fn a_label_s_bars_are_read() {
        let (luma, width) = picture("C00000001700163");
        let code = decode_luma(&luma, width, 40).expect("a code");
        assert_eq!((code.text.as_str(), code.symbology), ("C00000001700163", "]C"));
        let broken: Vec<u8> = luma.iter().enumerate().map(|(at, p)| if at % 97 < 60 { 255 } else { *p }).collect();
        assert_ne!(decode_luma(&broken, width, 40), Some(code));
    }

    #[test]
    fn what_is_no_picture_is_no_code() {
        assert_eq!(decode_luma(&[], 0, 0), None);
        assert_eq!(decode_luma(&[1, 2, 3], 2, 2), None);
        assert_eq!(decode_luma(&[255; 100], 10, 10), None);
    }
}
