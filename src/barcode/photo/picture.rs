//! From a photograph's bytes to a grey picture that stands upright. Every bound is checked before pixels are decoded.

use std::io::Cursor;
use std::panic::catch_unwind;

use png::{BitDepth, ColorType, Transformations};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// The largest file taken, in bytes.
pub const PHOTO_MAX_BYTES: usize = 16 * 1024 * 1024;
/// The largest picture taken, in pixels: a telephone's usual ones have 12 or 24 million.
pub const PHOTO_MAX_PIXELS: usize = 25_000_000;
/// The longest side taken, in pixels.
const SIDE_MAX_PIXELS: usize = 16_384;
/// No code fits into less.
const SIDE_MIN_PIXELS: usize = 16;
/// Passes over a progressive JPEG: cameras make about ten, and each costs as much as a picture.
const JPEG_MAX_SCANS: usize = 20;
/// What the PNG decoder may hold besides the picture, in bytes.
const PNG_MAX_BYTES: usize = 8 * 1024 * 1024;

/// Why a file cannot be looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// Neither JPEG nor PNG.
    #[error("this is neither a JPEG nor a PNG picture: send a photograph in one of these")]
    Unknown,
    /// More bytes than [`PHOTO_MAX_BYTES`].
    #[error("the file has {0} bytes, more than the {PHOTO_MAX_BYTES} that are taken: make it smaller")]
    TooLarge(usize),
    /// More pixels than [`PHOTO_MAX_PIXELS`].
    #[error(
        "the picture is {width} × {height}, more than {PHOTO_MAX_PIXELS} pixels or {SIDE_MAX_PIXELS} on a side: make it smaller"
    )]
    TooManyPixels {
        /// Its width, in pixels.
        width: usize,
        /// Its height, in pixels.
        height: usize,
    },
    /// No code fits into it.
    #[error("the picture is {width} × {height} pixels: no code can be read in so few")]
    TooFewPixels {
        /// Its width, in pixels.
        width: usize,
        /// Its height, in pixels.
        height: usize,
    },
    /// An interlaced PNG would have to be held whole.
    #[error("the PNG is interlaced: save it without that, or as JPEG")]
    Interlaced,
    /// It ends early or is no valid picture.
    #[error("the picture is damaged or cut short: take or send it again")]
    Damaged,
}

/// A grey picture, one byte a pixel, row by row from the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub(super) pixels: Vec<u8>,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Picture {
    /// A picture of these grey values; `None` where they do not fill it, or it is too large or too small.
    pub fn grey(pixels: Vec<u8>, width: usize, height: usize) -> Option<Picture> {
        (within_bounds(width, height).is_ok() && width * height == pixels.len()).then_some(Picture {
            pixels,
            width,
            height,
        })
    }

    /// Decodes a JPEG or PNG file and turns it as its EXIF says that it was taken.
    pub fn decode(bytes: &[u8]) -> Result<Picture, PictureError> {
        if bytes.len() > PHOTO_MAX_BYTES {
            return Err(PictureError::TooLarge(bytes.len()));
        }
        let decoder = match bytes {
            [0xFF, 0xD8, 0xFF, ..] => jpeg,
            [0x89, b'P', b'N', b'G', ..] => png,
            _ => return Err(PictureError::Unknown),
        };
        // The decoders are others' code, and the file is anybody's.
        let decoded = catch_unwind(|| decoder(bytes).map(|(picture, exif)| (picture, exif.map_or(1, orientation))));
        let (picture, orientation) = decoded.unwrap_or(Err(PictureError::Damaged))?;
        Ok(picture.turned(orientation))
    }

    /// Its width, in pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Its height, in pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Half as wide and high; each pixel is the mean of four.
    pub(super) fn half(&self) -> Picture {
        let (width, height) = (self.width / 2, self.height / 2);
        let mut pixels = Vec::with_capacity(width * height);
        for rows in self.pixels.chunks_exact(self.width * 2) {
            let (upper, lower) = rows.split_at(self.width);
            let pairs = upper.chunks_exact(2).zip(lower.chunks_exact(2));
            pixels.extend(pairs.map(|(above, below)| {
                let sum: u16 = above.iter().chain(below).map(|pixel| u16::from(*pixel)).sum();
                byte(sum / 4)
            }));
        }
        Picture { pixels, width, height }
    }

    /// Twice as wide and high, the pixels between being the mean of their neighbours: for symbols of few pixels.
    pub(super) fn double(&self) -> Picture {
        let (width, height) = (self.width * 2, self.height * 2);
        let mut pixels = Vec::with_capacity(width * height);
        let wide = |row: &[u8], out: &mut Vec<u8>| {
            for (at, pixel) in row.iter().enumerate() {
                out.extend([*pixel, mean(*pixel, row.get(at + 1).copied().unwrap_or(*pixel))]);
            }
        };
        let mut rows = self.pixels.chunks_exact(self.width).peekable();
        while let Some(row) = rows.next() {
            wide(row, &mut pixels);
            let next = rows.peek().copied().unwrap_or(row);
            let between: Vec<u8> = row.iter().zip(next).map(|(one, other)| mean(*one, *other)).collect();
            wide(&between, &mut pixels);
        }
        Picture { pixels, width, height }
    }

    /// The part that begins at `left` and `top`; it must lie inside.
    pub(super) fn part(&self, left: usize, top: usize, width: usize, height: usize) -> Picture {
        let rows = self.pixels.chunks_exact(self.width).skip(top).take(height);
        let pixels = rows.flat_map(|row| row.iter().skip(left).take(width).copied()).collect();
        Picture { pixels, width, height }
    }

    /// As EXIF's orientation tag says that it was taken (CIPA DC-008, 4.6.5.1: values 1 to 8).
    fn turned(self, orientation: u32) -> Picture {
        if !(2..=8).contains(&orientation) {
            return self;
        }
        let (old_width, old_height) = (self.width, self.height);
        let (width, height) = if orientation >= 5 { (old_height, old_width) } else { (old_width, old_height) };
        let mut pixels = Vec::with_capacity(self.pixels.len());
        for y in 0..height {
            for x in 0..width {
                let (from_x, from_y) = match orientation {
                    2 => (old_width - 1 - x, y),
                    3 => (old_width - 1 - x, old_height - 1 - y),
                    4 => (x, old_height - 1 - y),
                    5 => (y, x),
                    6 => (y, old_height - 1 - x),
                    7 => (old_width - 1 - y, old_height - 1 - x),
                    _ => (old_width - 1 - y, x),
                };
                pixels.push(self.pixels.get(from_y * old_width + from_x).copied().unwrap_or(u8::MAX));
            }
        }
        Picture { pixels, width, height }
    }
}

fn byte(value: u16) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}

fn mean(one: u8, other: u8) -> u8 {
    byte(u16::midpoint(u16::from(one), u16::from(other)))
}

fn within_bounds(width: usize, height: usize) -> Result<(), PictureError> {
    if width.min(height) < SIDE_MIN_PIXELS {
        return Err(PictureError::TooFewPixels { width, height });
    }
    let pixels = width.checked_mul(height);
    if width.max(height) > SIDE_MAX_PIXELS || pixels.is_none_or(|pixels| pixels > PHOTO_MAX_PIXELS) {
        return Err(PictureError::TooManyPixels { width, height });
    }
    Ok(())
}

/// A picture and its EXIF, where it has any.
type Decoded = (Picture, Option<Vec<u8>>);

fn jpeg(bytes: &[u8]) -> Result<Decoded, PictureError> {
    let options = DecoderOptions::new_safe()
        .set_strict_mode(false)
        // The decoder's own bounds say no more than that it will not: ours are checked before a pixel is decoded.
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_max_scans(JPEG_MAX_SCANS);
    let grey = options.jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), grey);
    decoder.decode_headers().map_err(|_| PictureError::Damaged)?;
    let (width, height) = decoder.dimensions().ok_or(PictureError::Damaged)?;
    within_bounds(width, height)?;
    if is_cut_short(bytes) {
        return Err(PictureError::Damaged);
    }
    let pixels = match decoder.decode() {
        Ok(pixels) => pixels,
        // What a camera does not make, a drawing program may: three colours that are no luminance and difference.
        Err(_) => {
            let colours = options.jpeg_set_out_colorspace(ColorSpace::RGB);
            let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), colours);
            let pixels = decoder.decode().map_err(|_| PictureError::Damaged)?;
            pixels.chunks_exact(3).map(luma).collect()
        }
    };
    let picture = Picture::grey(pixels, width, height).ok_or(PictureError::Damaged)?;
    Ok((picture, decoder.exif().cloned()))
}

/// The decoder fills what is missing with grey, which would pass for a shelf without charts. A whole file has an end (FF D9)
/// behind the start of its last scan (FF DA); the one of a thumbnail in its head stands before that.
fn is_cut_short(bytes: &[u8]) -> bool {
    let last = |marker: u8| bytes.windows(2).rposition(|pair| pair == [0xFF, marker]);
    last(0xD9) < last(0xDA)
}

/// ITU-R BT.601's weights.
fn luma(colours: &[u8]) -> u8 {
    match colours {
        [red, green, blue, ..] => {
            let sum = u32::from(*red) * 299 + u32::from(*green) * 587 + u32::from(*blue) * 114;
            u8::try_from(sum / 1000).unwrap_or(u8::MAX)
        }
        [grey, ..] => *grey,
        [] => u8::MAX,
    }
}

fn png(bytes: &[u8]) -> Result<Decoded, PictureError> {
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: PNG_MAX_BYTES });
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let side = |pixels: u32| usize::try_from(pixels).unwrap_or(usize::MAX);
    let head = decoder.read_header_info().map_err(|_| PictureError::Damaged)?;
    let (width, height, interlaced) = (side(head.width), side(head.height), head.interlaced);
    within_bounds(width, height)?;
    if interlaced {
        return Err(PictureError::Interlaced);
    }
    let mut reader = decoder.read_info().map_err(|_| PictureError::Damaged)?;
    let (colours, depth) = reader.output_color_type();
    let samples = match (colours, depth) {
        (ColorType::Grayscale, BitDepth::Eight) => 1,
        (ColorType::GrayscaleAlpha, BitDepth::Eight) => 2,
        (ColorType::Rgb, BitDepth::Eight) => 3,
        (ColorType::Rgba, BitDepth::Eight) => 4,
        _ => return Err(PictureError::Damaged),
    };
    let mut pixels = Vec::with_capacity(width * height);
    while let Some(row) = reader.next_row().map_err(|_| PictureError::Damaged)? {
        let grey = |pixel: &[u8]| if samples >= 3 { luma(pixel) } else { pixel.first().copied().unwrap_or(u8::MAX) };
        pixels.extend(row.data().chunks_exact(samples).map(grey));
        if pixels.len() > width * height {
            return Err(PictureError::Damaged);
        }
    }
    let exif = reader.info().exif_metadata.as_ref().map(|bytes| bytes.to_vec());
    Ok((Picture::grey(pixels, width, height).ok_or(PictureError::Damaged)?, exif))
}

/// The tag that says how the camera was held; 1, upright, where that cannot be read.
fn orientation(exif: Vec<u8>) -> u32 {
    let read = exif::Reader::new().continue_on_error(true).read_raw(exif);
    let read = read.or_else(|error| error.distill_partial_result(|_| ()));
    let field = read.ok().and_then(|exif| exif.get_field(exif::Tag::Orientation, exif::In::PRIMARY)?.value.get_uint(0));
    field.unwrap_or(1)
}
