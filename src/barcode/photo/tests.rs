//! Labels laid into made-up photographs: clean, turned, dim, torn, small; and files that are no photographs.

use jpeg_encoder::{ColorType, Encoder};
use rxing::{BarcodeFormat, MultiFormatWriter, Writer};

use super::*;
use crate::barcode::{ChartNumber, Code, LabelIssue, PlaceCode, encode};

/// A pseudo-random sequence; the seed of each test is in its message.
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// How a label lies in the picture.
#[derive(Clone, Copy)]
struct Laid {
    x: f32,
    y: f32,
    /// Pixels of one module.
    module: f32,
    degrees: f32,
    /// The light that the paper gives back, 0 to 1.
    light: f32,
    /// The part of its height that is torn off.
    torn: f32,
}

const LAID: Laid = Laid { x: 400.0, y: 300.0, module: 3.0, degrees: 0.0, light: 1.0, torn: 0.0 };

/// A symbol's modules with a quiet zone: rows of dark ones, and how many modules high it is.
fn symbol(format: BarcodeFormat, text: &str) -> (Vec<Vec<bool>>, f32) {
    let bars = matches!(format, BarcodeFormat::CODE_128 | BarcodeFormat::CODE_39);
    let matrix = MultiFormatWriter.encode(text, &format, 0, 0).expect("encoded");
    let quiet = if bars { 10 } else { 4 };
    let mut rows = Vec::new();
    let (width, height) = (matrix.getWidth(), if bars { 1 } else { matrix.getHeight() });
    let first = (0..width).position(|x| (0..height).any(|y| matrix.get(x, y))).expect("dark");
    let trimmed: Vec<Vec<bool>> = (0..height)
        .map(|y| (u32::try_from(first).expect("small")..width).map(|x| matrix.get(x, y)).collect())
        .collect();
    let wide = trimmed[0].len() + 2 * quiet;
    let blank = vec![false; wide];
    let around = |row: &Vec<bool>| [vec![false; quiet], row.clone(), vec![false; quiet]].concat();
    if bars {
        return (vec![around(&trimmed[0])], 40.0);
    }
    rows.extend(std::iter::repeat_n(blank.clone(), quiet));
    rows.extend(trimmed.iter().map(around));
    rows.extend(std::iter::repeat_n(blank, quiet));
    let high = f32::from(u16::try_from(rows.len()).expect("small"));
    (rows, high)
}

struct Scene {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a test's drawing"
)]
impl Scene {
    fn new(width: usize, height: usize) -> Scene {
        Scene { width, height, pixels: vec![120; width * height] }
    }

    fn lay(&mut self, format: BarcodeFormat, text: &str, laid: Laid) {
        let (rows, high) = symbol(format, text);
        let wide = rows[0].len() as f32;
        let (sin, cos) = laid.degrees.to_radians().sin_cos();
        let grey = |x: f32, y: f32| -> Option<f32> {
            let (x, y) = (x - laid.x, y - laid.y);
            let (u, v) =
                ((x * cos + y * sin) / laid.module + wide / 2.0, (y * cos - x * sin) / laid.module + high / 2.0);
            if u < 0.0 || v < 0.0 || u >= wide || v >= high * (1.0 - laid.torn) {
                return None;
            }
            let row = ((v / high) * rows.len() as f32) as usize;
            let dark = rows[row.min(rows.len() - 1)][u as usize];
            Some(if dark { 20.0 } else { 235.0 } * laid.light)
        };
        let reach = (wide.hypot(high) * laid.module / 2.0) as usize + 2;
        let around =
            |middle: f32, side: usize| (middle as usize).saturating_sub(reach)..side.min(middle as usize + reach);
        for y in around(laid.y, self.height) {
            for x in around(laid.x, self.width) {
                let mut sum = 0.0;
                for part in 0..4 {
                    let at = (x as f32 + (part % 2) as f32 / 2.0 + 0.25, y as f32 + (part / 2) as f32 / 2.0 + 0.25);
                    sum += grey(at.0, at.1).unwrap_or(f32::from(self.pixels[y * self.width + x]));
                }
                self.pixels[y * self.width + x] = (sum / 4.0) as u8;
            }
        }
    }

    fn dim(&mut self, light: f32) {
        for pixel in &mut self.pixels {
            *pixel = (f32::from(*pixel) * light) as u8;
        }
    }

    fn noise(&mut self, seed: u64, strength: u64) {
        let mut dice = Dice(seed);
        for pixel in &mut self.pixels {
            let shift = dice.next(2 * strength + 1) as i16 - strength as i16;
            *pixel = (i16::from(*pixel) + shift).clamp(0, 255) as u8;
        }
    }

    fn picture(&self) -> Picture {
        Picture::grey(self.pixels.clone(), self.width, self.height).expect("a picture")
    }
}

fn all(picture: &Picture) -> Vec<(String, &'static str)> {
    let reading = read(picture, &mut || true);
    assert!(reading.whole);
    reading.codes.into_iter().map(|code| (code.text, code.symbology)).collect()
}

fn chart(number: u32) -> String {
    encode(&Code::Chart(ChartNumber(number), LabelIssue(1))).expect("a code")
}

fn one(format: BarcodeFormat, text: &str, laid: Laid) -> Vec<(String, &'static str)> {
    let mut scene = Scene::new(800, 600);
    // rxing's binarizer loses a dim DataMatrix on a brighter table: there the whole picture is dim, as in a dim room.
    if format == BarcodeFormat::DATA_MATRIX {
        scene.dim(laid.light);
    }
    scene.lay(format, text, laid);
    scene.noise(5, 12);
    all(&scene.picture())
}

const SYMBOLOGIES: [(BarcodeFormat, &str); 5] = [
    (BarcodeFormat::CODE_128, "]C"),
    (BarcodeFormat::CODE_39, "]A"),
    (BarcodeFormat::QR_CODE, "]Q"),
    (BarcodeFormat::DATA_MATRIX, "]d"),
    (BarcodeFormat::PDF_417, "]L"),
];

/// Code 39 is wide: in two pixels a module it fits.
fn fitting(format: BarcodeFormat) -> f32 {
    match format {
        BarcodeFormat::CODE_39 | BarcodeFormat::PDF_417 => 2.0,
        _ => 3.0,
    }
}

#[test]
fn all_symbologies_are_read_lying_and_standing() {
    for (format, symbology) in SYMBOLOGIES {
        for degrees in [0.0, 90.0, 180.0] {
            let read = one(format, &chart(17), Laid { degrees, module: fitting(format), y: 300.0, ..LAID });
            // Code 39 is longer than the picture is high.
            if format == BarcodeFormat::CODE_39 && degrees == 90.0 {
                continue;
            }
            assert_eq!(read, [(chart(17), symbology)], "{format:?} at {degrees} degrees");
        }
    }
}

#[test]
fn torn_tilted_and_dim_labels_are_read() {
    for (format, symbology) in [SYMBOLOGIES[0], SYMBOLOGIES[2], SYMBOLOGIES[3]] {
        let torn = if format == BarcodeFormat::CODE_128 { 0.6 } else { 0.12 };
        let cases = [
            ("tilted", Laid { degrees: 8.0, ..LAID }),
            ("askew", Laid { degrees: 25.0, ..LAID }),
            ("standing askew", Laid { degrees: 68.0, ..LAID }),
            ("dim", Laid { light: 0.3, ..LAID }),
            ("torn", Laid { torn, ..LAID }),
            ("torn, tilted and dim", Laid { torn, degrees: -5.0, light: 0.4, ..LAID }),
        ];
        for (how, laid) in cases {
            // The foot of a DataMatrix is what it is found by.
            if format == BarcodeFormat::DATA_MATRIX && laid.torn > 0.0 {
                continue;
            }
            assert_eq!(one(format, &chart(23), laid), [(chart(23), symbology)], "{format:?} {how}");
        }
    }
}

/// Positive where the way over three points turns one way, negative where it turns the other.
fn turn(one: Spot, two: Spot, three: Spot) -> i64 {
    let along = |from: Spot, to: Spot| (i64::from(to.x - from.x), i64::from(to.y - from.y));
    let ((x, y), (next_x, next_y)) = (along(one, two), along(two, three));
    x * next_y - y * next_x
}

#[test]
fn a_shelf_of_spines_gives_every_code_once_with_its_place() {
    let mut scene = Scene::new(2000, 1400);
    for spine in 0..9_u16 {
        let x = 140.0 + 210.0 * f32::from(spine);
        let laid = Laid { x, y: 500.0, module: 2.6, degrees: 90.0 + f32::from(spine % 3) * 2.0 - 2.0, ..LAID };
        let text = chart(100 + u32::from(spine));
        scene.lay(BarcodeFormat::CODE_128, &text, Laid { light: 1.0 - f32::from(spine) * 0.07, ..laid });
        scene.lay(BarcodeFormat::QR_CODE, &text, Laid { y: 1100.0, module: 4.0, degrees: 90.0, ..laid });
    }
    scene.noise(11, 10);
    let reading = read(&scene.picture(), &mut || true);
    let texts: Vec<String> = reading.codes.iter().map(|code| code.text.clone()).collect();
    assert_eq!(texts, (100..109).map(chart).collect::<Vec<_>>(), "from the left to the right, each once");
    for (code, spine) in reading.codes.iter().zip(0..) {
        assert_eq!(code.outlines.len(), 2, "the bars and the square of {}", code.text);
        for outline in &code.outlines {
            let middle = outline.iter().map(|spot| spot.x).sum::<i32>() / 4;
            let turns = (0..4).map(|at| turn(outline[at], outline[(at + 1) % 4], outline[(at + 2) % 4]));
            assert_eq!(turns.map(i64::signum).sum::<i64>().abs(), 4, "one after the other around: {outline:?}");
            assert!((middle - 140 - 210 * spine).abs() < 60, "{} at {outline:?}", code.text);
        }
    }
}

#[test]
fn places_badges_and_strange_codes_are_told_as_they_are() {
    let mut scene = Scene::new(900, 700);
    let place = encode(&Code::Place(PlaceCode::new("FILE").expect("a place"))).expect("a code");
    scene.lay(BarcodeFormat::CODE_128, &place, Laid { y: 150.0, ..LAID });
    scene.lay(BarcodeFormat::CODE_128, "HELLO 12345", Laid { y: 350.0, ..LAID });
    scene.lay(BarcodeFormat::QR_CODE, "https://example.com/", Laid { y: 550.0, ..LAID });
    let mut texts: Vec<String> = all(&scene.picture()).into_iter().map(|(text, _)| text).collect();
    texts.sort();
    assert_eq!(texts, ["HELLO 12345", place.as_str(), "https://example.com/"]);
}

#[test]
fn nothing_is_read_where_there_is_no_code() {
    let mut scene = Scene::new(1000, 800);
    scene.noise(3, 110);
    assert_eq!(all(&scene.picture()), []);
    for pixel in scene.pixels.iter_mut().enumerate().filter(|(at, _)| at % 7 < 3) {
        *pixel.1 = 20;
    }
    assert_eq!(all(&scene.picture()), []);
}

#[test]
fn time_that_is_over_ends_it_with_what_was_found() {
    let mut scene = Scene::new(2000, 1400);
    scene.lay(BarcodeFormat::QR_CODE, &chart(5), LAID);
    let mut looks = 0;
    let reading = read(&scene.picture(), &mut || {
        looks += 1;
        looks <= 3
    });
    assert_eq!((looks, reading.whole), (4, false));
    assert!(!read(&scene.picture(), &mut || false).whole);
}

/// EXIF with one tag, the orientation, little endian (CIPA DC-008).
fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = vec![b'I', b'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0];
    tiff.extend([0; 4]);
    tiff
}

fn jpeg_of(scene: &Scene, orientation: Option<u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 90);
    if let Some(orientation) = orientation {
        encoder.add_app_segment(1, [b"Exif\0\0".as_slice(), &exif(orientation)].concat()).expect("exif");
    }
    let (width, height) = (u16::try_from(scene.width).expect("width"), u16::try_from(scene.height).expect("height"));
    encoder.encode(&scene.pixels, width, height, ColorType::Luma).expect("jpeg");
    bytes
}

fn png_of(scene: &Scene) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (width, height) = (u32::try_from(scene.width).expect("width"), u32::try_from(scene.height).expect("height"));
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().expect("head").write_image_data(&scene.pixels).expect("png");
    bytes
}

fn labelled() -> Scene {
    let mut scene = Scene::new(640, 480);
    scene.lay(BarcodeFormat::QR_CODE, &chart(7), Laid { x: 160.0, y: 120.0, ..LAID });
    scene
}

#[test]
fn a_camera_held_askew_is_put_right_by_its_exif() {
    let scene = labelled();
    let upright = [(160, 120), (480, 120), (480, 360), (160, 360), (120, 160), (360, 160), (360, 480), (120, 480)];
    for (orientation, middle) in (1..=8).zip(upright) {
        let picture = Picture::decode(&jpeg_of(&scene, Some(orientation))).expect("a picture");
        let turned = orientation >= 5;
        assert_eq!((picture.width(), picture.height()), if turned { (480, 640) } else { (640, 480) });
        // A mirrored QR code is no shelf that anyone photographs: only where it is does matter here.
        let darkest = |left: usize, top: usize| {
            let part = picture.part(left.saturating_sub(40), top.saturating_sub(40), 80, 80);
            part.pixels.iter().filter(|pixel| **pixel < 60).count()
        };
        assert!(darkest(middle.0, middle.1) > 1000, "orientation {orientation}");
        if [1, 3, 6, 8].contains(&orientation) {
            assert_eq!(all(&picture), [(chart(7), "]Q")], "orientation {orientation}");
        }
    }
    let plain = Picture::decode(&jpeg_of(&scene, None)).expect("a picture");
    assert_eq!(plain, Picture::decode(&jpeg_of(&scene, Some(1))).expect("a picture"));
    assert_eq!(plain, Picture::decode(&jpeg_of(&scene, Some(77))).expect("an orientation that does not exist"));
    assert_eq!(all(&Picture::decode(&png_of(&scene)).expect("a picture")), [(chart(7), "]Q")]);
}

#[test]
fn what_is_no_photograph_is_refused_by_name() {
    let scene = labelled();
    let (jpeg, png) = (jpeg_of(&scene, Some(6)), png_of(&scene));
    assert_eq!(Picture::decode(&[]), Err(PictureError::Unknown));
    assert_eq!(Picture::decode(b"GIF89a and more"), Err(PictureError::Unknown));
    assert_eq!(Picture::decode(&vec![0; PHOTO_MAX_BYTES + 1]), Err(PictureError::TooLarge(PHOTO_MAX_BYTES + 1)));
    for file in [&jpeg, &png] {
        for part in [4, 30, file.len() / 3, file.len() / 2, file.len() - 40] {
            assert_eq!(Picture::decode(&file[..part]), Err(PictureError::Damaged), "{part} of {}", file.len());
        }
    }
    // The height and width of the frame header (FF C0), and of a PNG's first chunk.
    let mut huge = jpeg.clone();
    let frame = huge.windows(2).position(|pair| pair == [0xFF, 0xC0]).expect("a frame");
    huge[frame + 5..frame + 9].copy_from_slice(&[0x3F, 0xFF, 0x3F, 0xFF]);
    assert_eq!(Picture::decode(&huge), Err(PictureError::TooManyPixels { width: 0x3FFF, height: 0x3FFF }));
    huge[frame + 5..frame + 9].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0xFF]);
    assert!(matches!(Picture::decode(&huge), Err(PictureError::TooManyPixels { .. })));
    let mut bomb = Vec::new();
    let mut encoder = png::Encoder::new(&mut bomb, 60_000, 60_000);
    encoder.set_color(png::ColorType::Grayscale);
    drop(encoder.write_header().expect("head"));
    assert_eq!(Picture::decode(&bomb), Err(PictureError::TooManyPixels { width: 60_000, height: 60_000 }));
    let dot = Scene::new(8, 8);
    assert_eq!(Picture::decode(&png_of(&dot)), Err(PictureError::TooFewPixels { width: 8, height: 8 }));
    assert_eq!(Picture::grey(vec![0; 10], 640, 480), None);
}

/// Files with bytes changed at random: an answer of some kind, never a panic, and never a code that is not there.
#[test]
fn files_with_random_faults_are_survived() {
    let seed = 20_261_127;
    let mut dice = Dice(seed);
    let scene = labelled();
    for (kind, file) in [("JPEG", jpeg_of(&scene, Some(6))), ("PNG", png_of(&scene))] {
        for case in 0..150 {
            let mut broken = file.clone();
            for _ in 0..=dice.next(8) {
                let length = u64::try_from(broken.len()).expect("length");
                // Half the faults in the head, where the structure is.
                let reach = if dice.next(2) == 0 { length.min(700) } else { length };
                let at = usize::try_from(dice.next(reach)).expect("index");
                broken[at] = u8::try_from(dice.next(256)).expect("byte");
            }
            let Ok(picture) = Picture::decode(&broken) else { continue };
            let mut looks = 3;
            let reading = read(&picture, &mut || {
                looks -= 1;
                looks >= 0
            });
            for code in reading.codes {
                assert_eq!(code.text, chart(7), "{kind}, case {case} of seed {seed}");
            }
        }
    }
}
