//! QR, DataMatrix and PDF417 in one tile of a picture, with rxing's own detectors.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rxing::common::HybridBinarizer;
use rxing::datamatrix::DataMatrixReader;
use rxing::multi::MultipleBarcodeReader;
use rxing::pdf417::PDF417Reader;
use rxing::qrcode::cpp_port::QrReader;
use rxing::{BarcodeFormat, BinaryBitmap, DecodeHints, Luma8LuminanceSource, RXingResult, Reader};

use super::Picture;
use super::found::Read;

/// DataMatrix symbols looked for in one tile; the reader finds one at a time.
const DATA_MATRIX_PER_TILE: usize = 8;
/// A square counts for so many lines across bars: its error correction is its check.
const SQUARE_LINES: u32 = 100;

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Square {
    Qr,
    DataMatrix,
    Pdf417,
}

/// All that is found in `tile`, in the tile's pixels.
pub(super) fn read(tile: &Picture, square: Square) -> Vec<Read> {
    let mut found = Vec::new();
    match square {
        Square::Qr => found.extend(asked(tile, |bitmap| QrReader.decode_multiple_with_hints(bitmap, &hints(square)))),
        Square::DataMatrix => data_matrices(tile, &mut found),
        Square::Pdf417 => {
            found.extend(asked(tile, |bitmap| PDF417Reader::new().decode_multiple_with_hints(bitmap, &hints(square))));
        }
    }
    found
}

/// One after the other: what was found is painted over.
fn data_matrices(tile: &Picture, found: &mut Vec<Read>) {
    let mut left = tile.clone();
    for _ in 0..DATA_MATRIX_PER_TILE {
        let one = |bitmap: &mut Bitmap| {
            DataMatrixReader.decode_with_hints(bitmap, &hints(Square::DataMatrix)).map(|found| vec![found])
        };
        let Some(read) = asked(&left, one).pop() else { return };
        paint_over(&mut left, &read.corners);
        found.push(read);
    }
}

fn paint_over(tile: &mut Picture, corners: &[(f32, f32); 4]) {
    let within = |x: f32, y: f32| {
        let reach = |values: [f32; 4], at: f32| {
            values.iter().any(|value| *value <= at) && values.iter().any(|value| *value >= at)
        };
        reach(corners.map(|corner| corner.0), x) && reach(corners.map(|corner| corner.1), y)
    };
    let mut y = 0.0;
    for row in tile.pixels.chunks_exact_mut(tile.width) {
        let mut x = 0.0;
        for pixel in row {
            if within(x, y) {
                *pixel = u8::MAX;
            }
            x += 1.0;
        }
        y += 1.0;
    }
}

type Bitmap = BinaryBitmap<HybridBinarizer<Luma8LuminanceSource>>;

fn hints(square: Square) -> DecodeHints {
    let format = match square {
        Square::Qr => BarcodeFormat::QR_CODE,
        Square::DataMatrix => BarcodeFormat::DATA_MATRIX,
        Square::Pdf417 => BarcodeFormat::PDF_417,
    };
    DecodeHints { PossibleFormats: Some(HashSet::from([format])), TryHarder: Some(true), ..DecodeHints::default() }
}

/// A detector that stumbles over a strange picture found nothing in it: the decoder has places that panic.
fn asked<E>(tile: &Picture, reader: impl FnOnce(&mut Bitmap) -> Result<Vec<RXingResult>, E>) -> Vec<Read> {
    let (Ok(width), Ok(height)) = (u32::try_from(tile.width), u32::try_from(tile.height)) else { return Vec::new() };
    let Ok(source) = Luma8LuminanceSource::new(tile.pixels.clone(), width, height) else { return Vec::new() };
    let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
    let read = catch_unwind(AssertUnwindSafe(|| reader(&mut bitmap)));
    let found = read.ok().and_then(Result::ok).unwrap_or_default();
    found.iter().filter_map(told).collect()
}

fn told(result: &RXingResult) -> Option<Read> {
    let symbology = match result.getBarcodeFormat() {
        BarcodeFormat::QR_CODE => "]Q",
        BarcodeFormat::DATA_MATRIX => "]d",
        BarcodeFormat::PDF_417 => "]L",
        _ => return None,
    };
    let points: Vec<(f32, f32)> = result.getPoints().iter().map(|point| (point.x, point.y)).collect();
    let corners = match points.as_slice() {
        [one, two, three, four] => in_turn([*one, *two, *three, *four]),
        _ => around(&points)?,
    };
    Some(Read { text: result.getText().to_owned(), symbology, corners, lines: SQUARE_LINES })
}

/// Corners one after the other around their middle: the detectors give them in orders of their own.
fn in_turn(mut corners: [(f32, f32); 4]) -> [(f32, f32); 4] {
    let mean = |along: fn(&(f32, f32)) -> f32| corners.iter().map(along).sum::<f32>() / 4.0;
    let (x, y) = (mean(|corner| corner.0), mean(|corner| corner.1));
    let angle = |corner: &(f32, f32)| (corner.1 - y).atan2(corner.0 - x);
    corners.sort_by(|one, other| angle(one).total_cmp(&angle(other)));
    corners
}

/// The upright rectangle around points.
fn around(points: &[(f32, f32)]) -> Option<[(f32, f32); 4]> {
    let first = points.first()?;
    let (left, top, right, bottom) =
        points.iter().fold((first.0, first.1, first.0, first.1), |(left, top, right, bottom), (x, y)| {
            (left.min(*x), top.min(*y), right.max(*x), bottom.max(*y))
        });
    Some([(left, top), (right, top), (right, bottom), (left, bottom)])
}
