//! Pictures: PNG in, black dots of the printer's resolution out.

use outguide_hardware::display::{Bitmap, Rect};

use super::fault::TemplateError;

/// The pictures that templates may use, by file name.
#[derive(Default)]
pub struct Pictures {
    names: Vec<String>,
    pictures: Vec<Picture>,
}

/// Grey values, 0 black to 255 white.
struct Picture {
    width: usize,
    height: usize,
    grey: Vec<u8>,
}

/// Larger pictures than this are photographs; a logo is far smaller.
const PIXELS_MOST: usize = 16_000_000;

impl Pictures {
    /// The file names.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Reads a PNG. One of the same name is replaced.
    pub(super) fn add(&mut self, file: &str, png: &[u8]) -> Result<(), TemplateError> {
        let picture = read(png).map_err(|fault| TemplateError {
            file: file.to_owned(),
            line: 1,
            fault,
            fix: "save it as a PNG of at most 16 million pixels".to_owned(),
        })?;
        match self.names.iter().position(|name| name == file) {
            Some(at) => {
                if let Some(old) = self.pictures.get_mut(at) {
                    *old = picture;
                }
            }
            None => {
                self.names.push(file.to_owned());
                self.pictures.push(picture);
            }
        }
        Ok(())
    }

    /// The picture as large as `area` allows, in its middle.
    pub(super) fn fit(&self, file: &str, area: Rect) -> Option<Bitmap> {
        let at = self.names.iter().position(|name| name == file)?;
        let picture = self.pictures.get(at)?;
        let (room_x, room_y) = (usize::try_from(area.width).ok()?, usize::try_from(area.height).ok()?);
        // Whichever side is tighter decides.
        let (width, height) = if picture.width * room_y >= picture.height * room_x {
            (room_x, (picture.height * room_x / picture.width).max(1))
        } else {
            ((picture.width * room_y / picture.height).max(1), room_y)
        };
        let (dots_x, dots_y) = (i32::try_from(width).ok()?, i32::try_from(height).ok()?);
        let left = area.x + (area.width - dots_x) / 2;
        let top = area.y + (area.height - dots_y) / 2;
        Some(picture.dither(Bitmap::new(left, top, dots_x, dots_y)))
    }
}

impl Picture {
    /// The mean of the pixels under one dot.
    fn under(&self, x: usize, y: usize, dots: &Bitmap) -> i32 {
        let span = |at: usize, pixels: usize, dots: usize| {
            let from = at * pixels / dots;
            from..((at + 1) * pixels / dots).max(from + 1).min(pixels)
        };
        let (across, down) = (span(x, self.width, dots.width()), span(y, self.height, dots.height()));
        let count = across.len() * down.len();
        let rows = down.filter_map(|y| self.grey.get(y * self.width..(y + 1) * self.width));
        let sum: usize =
            rows.flat_map(|row| row.get(across.clone()).unwrap_or_default()).map(|p| usize::from(*p)).sum();
        i32::try_from(sum / count.max(1)).unwrap_or(255)
    }

    /// Floyd and Steinberg's error diffusion: grey becomes a mixture of black and white dots.
    fn dither(&self, mut dots: Bitmap) -> Bitmap {
        let width = dots.width();
        let mut below = vec![0; width + 2];
        for y in 0..dots.height() {
            let mut here = std::mem::replace(&mut below, vec![0; width + 2]);
            for x in 0..width {
                let wanted = self.under(x, y, &dots) + here.get(x + 1).copied().unwrap_or(0) / 16;
                let black = wanted < 128;
                if black {
                    dots.blacken(x, y);
                }
                let error = if black { wanted } else { wanted - 255 };
                let give = |row: &mut Vec<i32>, at: usize, part: i32| {
                    if let Some(cell) = row.get_mut(at) {
                        *cell += error * part;
                    }
                };
                give(&mut here, x + 2, 7);
                give(&mut below, x, 3);
                give(&mut below, x + 1, 5);
                give(&mut below, x + 2, 1);
            }
        }
        dots
    }
}

fn read(png: &[u8]) -> Result<Picture, String> {
    let limits = png::Limits { bytes: PIXELS_MOST * 4 };
    let mut decoder = png::Decoder::new_with_limits(std::io::Cursor::new(png), limits);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(|e| format!("this is no PNG: {e}"))?;
    let (width, height) = (reader.info().width, reader.info().height);
    let (width, height) = (usize::try_from(width).unwrap_or(0), usize::try_from(height).unwrap_or(0));
    if width.checked_mul(height).is_none_or(|pixels| pixels > PIXELS_MOST || pixels == 0) {
        return Err(format!("the picture has {width} × {height} pixels"));
    }
    let mut bytes = vec![0; reader.output_buffer_size().ok_or("the picture is too large")?];
    let frame = reader.next_frame(&mut bytes).map_err(|e| format!("the PNG is damaged: {e}"))?;
    let samples = frame.color_type.samples();
    let grey = bytes.chunks_exact(samples).take(width * height).map(grey).collect();
    Ok(Picture { width, height, grey })
}

/// One pixel's grey on white paper (ITU-R BT.601 weights).
fn grey(pixel: &[u8]) -> u8 {
    let (grey, alpha) = match *pixel {
        [grey] => (u32::from(grey), 255),
        [grey, alpha] => (u32::from(grey), u32::from(alpha)),
        [red, green, blue] => (luma(red, green, blue), 255),
        [red, green, blue, alpha, ..] => (luma(red, green, blue), u32::from(alpha)),
        [] => (255, 255),
    };
    u8::try_from((grey * alpha + 255 * (255 - alpha)) / 255).unwrap_or(255)
}

fn luma(red: u8, green: u8, blue: u8) -> u32 {
    (299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue)) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32, color: png::ColorType, pixels: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(color);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.write_header().unwrap().write_image_data(pixels).unwrap();
        bytes
    }

    #[test]
    fn a_picture_fills_its_area_and_grey_is_half_black() {
        let mut pictures = Pictures::default();
        pictures.add("grey.png", &png(4, 2, png::ColorType::Grayscale, &[128; 8])).unwrap();
        pictures.add("clear.png", &png(1, 1, png::ColorType::Rgba, &[0, 0, 0, 0])).unwrap();
        let area = Rect { x: 10, y: 20, width: 100, height: 100 };
        let dots = pictures.fit("grey.png", area).unwrap();
        assert_eq!((dots.left, dots.top, dots.width(), dots.height()), (10, 45, 100, 50));
        let black = (0..50).flat_map(|y| (0..100).map(move |x| (x, y))).filter(|(x, y)| dots.is_black(*x, *y)).count();
        assert!((2400..2600).contains(&black), "{black}");
        assert_eq!(pictures.fit("clear.png", area).unwrap().trimmed(), None);
        assert!(pictures.fit("none.png", area).is_none());
    }

    #[test]
    fn what_is_no_picture_is_told() {
        let mut pictures = Pictures::default();
        let whole = png(2, 2, png::ColorType::Grayscale, &[0; 4]);
        for bytes in [b"GIF89a".as_slice(), &[], &whole[..40]] {
            let fault = pictures.add("a.png", bytes).unwrap_err().to_string();
            assert!(fault.starts_with("a.png:1: ") && fault.ends_with("16 million pixels"), "{fault}");
        }
        assert!(pictures.names().is_empty());
    }
}
