//! Atkinson Hyperlegible Next in three weights: shaping, outlines, dots. The files are in `label-templates/fonts`.

use ab_glyph_rasterizer::{Point, Rasterizer, point};
use harfrust::{Direction, Feature, ShapeOptions, ShaperData, Tag, UnicodeBuffer};
use outguide_hardware::display::{Bitmap, TextRun, Typesetter, Weight};
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, GlyphId, MetadataProvider};

/// Height of capitals and digits, in ems.
pub const CAP_HEIGHT_EM: f32 = 0.668;

const REGULAR: &[u8] = include_bytes!("../../label-templates/fonts/AtkinsonHyperlegibleNext-Regular.ttf");
const SEMI_BOLD: &[u8] = include_bytes!("../../label-templates/fonts/AtkinsonHyperlegibleNext-SemiBold.ttf");
const EXTRA_BOLD: &[u8] = include_bytes!("../../label-templates/fonts/AtkinsonHyperlegibleNext-ExtraBold.ttf");

/// Dots darker than this become black: a little under half, because thermal printers thin fine strokes.
const BLACK_FROM: f32 = 0.45;

/// The typeface of labels and lists.
pub struct Typeface {
    faces: [Face; 3],
}

struct Face {
    bytes: &'static [u8],
    font: FontRef<'static>,
    shaper: ShaperData,
}

/// A font file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the built-in font for {weight:?} cannot be read: {fault}")]
pub struct FontError {
    weight: Weight,
    fault: String,
}

/// A letter in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Glyph {
    /// Its number in the font; 0 is the box that stands for a letter the font lacks.
    pub id: u16,
    /// Distance from the run's start, in ems.
    pub x: f32,
    /// Rise above the baseline, in ems.
    pub y: f32,
    /// How far the font itself moves the pen on, in ems; kerning shows in the next glyph's `x`.
    pub advance: f32,
    /// The characters it stands for; empty for the second and later glyphs of one cluster.
    pub text: String,
}

/// A line of text, shaped.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shaped {
    /// Its glyphs from left to right.
    pub glyphs: Vec<Glyph>,
    /// Its width in ems.
    pub width: f32,
    /// Characters that the typeface lacks and shows as boxes.
    pub missing: Vec<char>,
}

impl Typeface {
    /// Reads the built-in fonts.
    pub fn new() -> Result<Self, FontError> {
        let face = |weight, bytes: &'static [u8]| {
            let fault = |e: String| FontError { weight, fault: e };
            let font = FontRef::new(bytes).map_err(|e| fault(e.to_string()))?;
            Ok(Face { bytes, shaper: ShaperData::new(&font), font })
        };
        Ok(Self {
            faces: [
                face(Weight::Regular, REGULAR)?,
                face(Weight::SemiBold, SEMI_BOLD)?,
                face(Weight::ExtraBold, EXTRA_BOLD)?,
            ],
        })
    }

    fn face(&self, weight: Weight) -> &Face {
        let [regular, semi_bold, extra_bold] = &self.faces;
        match weight {
            Weight::Regular => regular,
            Weight::SemiBold => semi_bold,
            Weight::ExtraBold => extra_bold,
        }
    }

    /// The font file of a weight.
    pub fn file(&self, weight: Weight) -> &'static [u8] {
        self.face(weight).bytes
    }

    /// Shapes one line, with kerning and marks in place; `tabular` makes all digits equally wide.
    pub fn shape(&self, text: &str, weight: Weight, tabular: bool) -> Shaped {
        let face = self.face(weight);
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.set_direction(Direction::LeftToRight);
        buffer.guess_segment_properties();
        let features = [Feature::new(Tag::new(b"tnum"), 1, ..)];
        let options = ShapeOptions::new().features(if tabular { &features } else { &[] });
        let shaped = face.shaper.shaper(&face.font).build().shape(buffer, options);
        let em = 1.0 / f32::from(face.font.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
        let metrics = face.font.glyph_metrics(Size::unscaled(), LocationRef::default());
        let units = |value: i32| i16::try_from(value).map_or(0.0, f32::from) * em;
        let infos = shaped.glyph_infos();
        let mut line = Shaped::default();
        for (i, (info, position)) in infos.iter().zip(shaped.glyph_positions()).enumerate() {
            let id = u16::try_from(info.glyph_id).unwrap_or(0);
            let cluster = cluster_text(text, infos, i);
            if id == 0 {
                line.missing.extend(cluster.chars());
            }
            line.glyphs.push(Glyph {
                id,
                x: line.width + units(position.x_offset),
                y: units(position.y_offset),
                advance: metrics.advance_width(GlyphId::from(id)).unwrap_or_default() * em,
                text: cluster.to_owned(),
            });
            line.width += units(position.x_advance);
        }
        line
    }

    /// Walks a glyph's outline, scaled to `size` dots per em, y upwards.
    pub fn outline(&self, weight: Weight, glyph: u16, size: f32, pen: &mut impl OutlinePen) {
        if let Some(outline) = self.face(weight).font.outline_glyphs().get(GlyphId::from(glyph)) {
            // A composite that cannot be drawn leaves a gap; the built-in fonts have none (tested).
            let _ = outline.draw(DrawSettings::unhinted(Size::new(size), LocationRef::default()), pen);
        }
    }
}

/// What the `i`th glyph stands for: the text from its cluster to the next, given to the cluster's first glyph.
fn cluster_text<'a>(text: &'a str, infos: &[harfrust::GlyphInfo], i: usize) -> &'a str {
    let Some(info) = infos.get(i) else { return "" };
    if i > 0 && infos.get(i - 1).is_some_and(|before| before.cluster == info.cluster) {
        return "";
    }
    let next = infos.iter().map(|other| other.cluster).filter(|cluster| *cluster > info.cluster).min();
    let start = usize::try_from(info.cluster).unwrap_or(0);
    let end = next.and_then(|end| usize::try_from(end).ok()).unwrap_or(text.len());
    text.get(start..end).unwrap_or("")
}

impl Typesetter for Typeface {
    fn dots(&self, run: &TextRun) -> Bitmap {
        // Room for overhanging letters and accents; languages trim white edges.
        let margin = ceil(run.size * 0.4);
        let (left, top) = (run.x - margin, run.baseline - ceil(run.size * 1.1));
        let mut dots = Bitmap::new(left, top, run.width + 2 * margin, ceil(run.size * 1.1) + margin);
        let mut ink = Ink::new(&dots);
        for glyph in self.shape(&run.text, run.weight, run.tabular).glyphs {
            ink.origin =
                point(f32_of(run.x - left) + glyph.x * run.size, f32_of(run.baseline - top) - glyph.y * run.size);
            self.outline(run.weight, glyph.id, run.size, &mut ink);
        }
        ink.rasterizer.for_each_pixel_2d(|x, y, coverage| {
            if coverage > BLACK_FROM
                && let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y))
            {
                dots.blacken(x, y);
            }
        });
        dots
    }
}

#[allow(clippy::cast_possible_truncation, reason = "sizes on labels are far below i32's range; `as` saturates")]
fn ceil(dots: f32) -> i32 {
    dots.ceil() as i32
}

#[allow(clippy::cast_precision_loss, reason = "dots on a label are far below 2^24")]
fn f32_of(dots: i32) -> f32 {
    dots as f32
}

/// Feeds outlines to the rasteriser.
struct Ink {
    rasterizer: Rasterizer,
    origin: Point,
    start: Point,
    at: Point,
}

impl Ink {
    fn new(dots: &Bitmap) -> Self {
        let zero = point(0.0, 0.0);
        Self { rasterizer: Rasterizer::new(dots.width(), dots.height()), origin: zero, start: zero, at: zero }
    }

    fn place(&self, x: f32, y: f32) -> Point {
        point(self.origin.x + x, self.origin.y - y)
    }
}

impl OutlinePen for Ink {
    fn move_to(&mut self, x: f32, y: f32) {
        self.at = self.place(x, y);
        self.start = self.at;
    }
    fn line_to(&mut self, x: f32, y: f32) {
        let to = self.place(x, y);
        self.rasterizer.draw_line(self.at, to);
        self.at = to;
    }
    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let to = self.place(x, y);
        self.rasterizer.draw_quad(self.at, self.place(cx, cy), to);
        self.at = to;
    }
    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        let to = self.place(x, y);
        self.rasterizer.draw_cubic(self.at, self.place(ax, ay), self.place(bx, by), to);
        self.at = to;
    }
    fn close(&mut self) {
        self.rasterizer.draw_line(self.at, self.start);
        self.at = self.start;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_marks_digits_and_missing_letters() {
        let face = Typeface::new().unwrap();
        let composed = face.shape("é", Weight::Regular, false);
        assert_eq!(composed.glyphs.len(), 1);
        assert_eq!(face.shape("e\u{301}", Weight::Regular, false).width, composed.width);
        let digits: Vec<f32> = ('0'..='9').map(|d| face.shape(&d.to_string(), Weight::ExtraBold, true).width).collect();
        assert!(digits.iter().all(|width| (width - digits[0]).abs() < 1e-6), "{digits:?}");
        assert_eq!(face.shape("A名😀", Weight::Regular, false).missing, ['名', '😀']);
        assert!(face.shape("AV", Weight::Regular, false).width < 2.0 * face.shape("A", Weight::Regular, false).width);
    }

    #[test]
    fn a_run_has_dots_on_its_baseline() {
        let face = Typeface::new().unwrap();
        let size = 40.0;
        let width = ceil(face.shape("H", Weight::ExtraBold, false).width * size);
        let run =
            TextRun { text: "H".into(), x: 5, baseline: 60, size, weight: Weight::ExtraBold, tabular: false, width };
        let dots = face.dots(&run);
        let inked: Vec<usize> =
            (0..dots.height()).filter(|y| (0..dots.width()).any(|x| dots.is_black(x, *y))).collect();
        let top = usize::try_from(60 - dots.top).unwrap();
        assert_eq!(inked.last().copied(), Some(top - 1));
        assert!((26..=28).contains(&inked.len()), "cap height 0.668 em: {}", inked.len());
    }
}
