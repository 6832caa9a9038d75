//! Letters as a printer's dots.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError};

use ab_glyph_rasterizer::{Point, Rasterizer, point};
use outguide_hardware::display::{Bitmap, Coded, Coding, TextRun, Typesetter, Weight};
use skrifa::outline::OutlinePen;

use super::{FaceId, Fast, Glyph, Shaped, Typeface};

/// Dots darker than this become black: a little under half, because thermal printers thin fine strokes.
const BLACK_FROM: f32 = 0.45;

/// Letters stand on quarters of a dot: finer is not seen, and a letter needs to be drawn but four times.
const STEPS: f32 = 4.0;

/// Letters kept drawn.
const KEPT_MOST: usize = 8192;

/// What a letter's dots depend on: the font, the glyph, the size and the quarters of a dot, in one number, because it is
/// looked up a hundred times a label.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Inked(u128);

impl Inked {
    fn new(face: FaceId, glyph: u16, size: f32, shift: (u8, u8)) -> Self {
        let small = u32::from_be_bytes([0, 0, shift.0, shift.1]);
        let glyph = (u32::from(face.0) << 16) | u32::from(glyph);
        Self((u128::from(glyph) << 64) | (u128::from(size.to_bits()) << 32) | u128::from(small))
    }
}

/// A letter of a run: which, and where its origin is.
struct Placed<'a> {
    glyph: &'a Glyph,
    key: Inked,
    shift: (u8, u8),
    x: i32,
    y: i32,
}

impl Typesetter for Typeface {
    fn dots(&self, run: &TextRun) -> Bitmap {
        let shaped = self.shape(&run.text, run.weight, run.tabular);
        let letters: Vec<Placed<'_>> = placed(&shaped, run).collect();
        // Mostly all of them were drawn before, and need only be looked up.
        let kept = self.inked.read().unwrap_or_else(PoisonError::into_inner);
        let known =
            letters.iter().map(|letter| Some((kept.get(&letter.key)?.as_ref(), letter))).collect::<Option<Vec<_>>>();
        if let Some(known) = known {
            return compose(&known);
        }
        drop(kept);
        let drawn: Vec<Arc<Bitmap>> = letters.iter().map(|letter| self.letter(letter, run.size)).collect();
        let drawn: Vec<_> = drawn.iter().map(Arc::as_ref).zip(&letters).collect();
        compose(&drawn)
    }

    fn coded(&self, run: &TextRun, coding: Coding, put: &mut dyn FnMut(&Coded, (i32, i32))) {
        if run.size >= coding.letters_from {
            return self.coded_letters(run, coding, put);
        }
        let style =
            Style { language: coding.language, weight: run.weight, tabular: run.tabular, size: run.size.to_bits() };
        let code = || Coded::new(&self.dots(&TextRun { x: 0, baseline: 0, ..run.clone() }), coding);
        put(&self.coded.get(style, &run.text, code), (run.x, run.baseline));
    }
}

/// The letters of a run in their places.
fn placed<'a>(shaped: &'a Shaped, run: &TextRun) -> impl Iterator<Item = Placed<'a>> {
    shaped.glyphs.iter().map(|glyph| {
        let &Glyph { face, id, x, y, .. } = glyph;
        let (right, step_right) = steps(x * run.size);
        let (up, step_up) = steps(y * run.size);
        let shift = (step_right, step_up);
        Placed { glyph, key: Inked::new(face, id, run.size, shift), shift, x: run.x + right, y: run.baseline - up }
    })
}

/// Letters in printers' languages.
#[derive(Default)]
pub(super) struct CodedLetters {
    by_language: Fast<&'static str, Fast<Inked, Arc<Coded>>>,
    bytes: usize,
}

/// Bytes of letters kept in printers' languages.
const CODED_LETTERS_MOST_BYTES: usize = 8_000_000;

impl CodedLetters {
    fn keep(&mut self, language: &'static str, key: Inked, coded: Arc<Coded>) {
        let size = coded.bytes.len() + size_of::<(Inked, Coded)>();
        if self.bytes + size > CODED_LETTERS_MOST_BYTES {
            *self = Self::default();
        }
        self.bytes += size;
        self.by_language.entry(language).or_default().insert(key, coded);
    }
}

/// What a text's dots in a printer's language depend on.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Style {
    language: &'static str,
    weight: Weight,
    tabular: bool,
    /// The bits of the size in dots per em.
    size: u32,
}

/// Letters on one bitmap, no larger than they need.
fn compose(letters: &[(&Bitmap, &Placed<'_>)]) -> Bitmap {
    let inked = letters.iter().filter(|(dots, _)| dots.width() > 0);
    let corners = inked.clone().map(|(dots, letter)| {
        let (left, top) = (letter.x + dots.left, letter.y + dots.top);
        (left, top, left + whole_dots(dots.width()), top + whole_dots(dots.height()))
    });
    let all = corners.reduce(|a, b| (a.0.min(b.0), a.1.min(b.1), a.2.max(b.2), a.3.max(b.3)));
    let (left, top, right, bottom) = all.unwrap_or_default();
    let mut dots = Bitmap::new(left, top, right - left, bottom - top);
    for (letter, at) in inked {
        dots.overlay_at(letter, at.x + letter.left, at.y + letter.top);
    }
    dots
}

impl Typeface {
    /// A run in a printer's language, letter by letter.
    fn coded_letters(&self, run: &TextRun, coding: Coding, put: &mut dyn FnMut(&Coded, (i32, i32))) {
        let shaped = self.shape(&run.text, run.weight, run.tabular);
        let mut letters = placed(&shaped, run).peekable();
        let kept = self.coded_letters.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.by_language.get(coding.language) {
            // Mostly these are all of them.
            while let Some((coded, letter)) = letters.peek().and_then(|letter| Some((known.get(&letter.key)?, letter)))
            {
                put(coded, (letter.x, letter.y));
                letters.next();
            }
        }
        drop(kept);
        for letter in letters {
            let kept = self.coded_letters.read().unwrap_or_else(PoisonError::into_inner);
            let known = kept.by_language.get(coding.language).and_then(|known| known.get(&letter.key)).cloned();
            drop(kept);
            let coded = known.unwrap_or_else(|| {
                let new = Arc::new(Coded::new(&self.letter(&letter, run.size), coding));
                let mut kept = self.coded_letters.write().unwrap_or_else(PoisonError::into_inner);
                kept.keep(coding.language, letter.key, Arc::clone(&new));
                new
            });
            put(&coded, (letter.x, letter.y));
        }
    }

    /// A letter's dots around its origin.
    fn letter(&self, letter: &Placed<'_>, size: f32) -> Arc<Bitmap> {
        let kept = self.inked.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(dots) = kept.get(&letter.key) {
            return Arc::clone(dots);
        }
        drop(kept);
        let dots = Arc::new(self.draw(letter.glyph, size, letter.shift));
        let mut kept = self.inked.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MOST {
            kept.clear();
        }
        kept.insert(letter.key, Arc::clone(&dots));
        dots
    }

    fn draw(&self, glyph: &Glyph, size: f32, shift: (u8, u8)) -> Bitmap {
        let mut extent = Extent::default();
        self.outline(glyph.face, glyph.id, size, &mut extent);
        let Some((left, right, below, above)) = extent.reach() else { return Bitmap::new(0, 0, 0, 0) };
        // A dot more on each side: for the quarters, and because the rasteriser must not be led out of its field.
        let (left, top) = (-whole(-left) - 1, -whole(above) - 1);
        let mut dots = Bitmap::new(left, top, whole(right) + 2 - left, whole(-below) + 2 - top);
        let origin = point(f32::from(shift.0) / STEPS - float(left), -f32::from(shift.1) / STEPS - float(top));
        let rasterizer = Rasterizer::new(dots.width(), dots.height());
        let mut ink = Ink { rasterizer, origin, start: origin, at: origin };
        self.outline(glyph.face, glyph.id, size, &mut ink);
        ink.rasterizer.for_each_pixel_2d(|x, y, coverage| {
            if coverage > BLACK_FROM
                && let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y))
            {
                dots.blacken(x, y);
            }
        });
        dots.trim().map_or_else(|| Bitmap::new(0, 0, 0, 0), Cow::into_owned)
    }
}

/// How far an outline and the points that bend it reach: some letters reach far out of their own width.
#[derive(Default)]
struct Extent(Option<(f32, f32, f32, f32)>);

impl Extent {
    /// Left, right, below, above; none without an outline, or for one too large to be a letter.
    fn reach(&self) -> Option<(f32, f32, f32, f32)> {
        self.0.filter(|(left, right, below, above)| {
            [left, right, below, above].iter().all(|reach| reach.abs() < LETTER_MOST_DOTS)
        })
    }

    fn take(&mut self, x: f32, y: f32) {
        let (left, right, below, above) = self.0.unwrap_or((x, x, y, y));
        self.0 = Some((left.min(x), right.max(x), below.min(y), above.max(y)));
    }
}

/// Ten inches at 1200 dots per inch.
const LETTER_MOST_DOTS: f32 = 12_000.0;

impl OutlinePen for Extent {
    fn move_to(&mut self, x: f32, y: f32) {
        self.take(x, y);
    }
    fn line_to(&mut self, x: f32, y: f32) {
        self.take(x, y);
    }
    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.take(cx, cy);
        self.take(x, y);
    }
    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        self.take(ax, ay);
        self.take(bx, by);
        self.take(x, y);
    }
    fn close(&mut self) {}
}

/// Whole dots, and quarters of one.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a quarter of a dot; `as` saturates")]
fn steps(dots: f32) -> (i32, u8) {
    let quarters = (dots * STEPS).round();
    let full = (quarters / STEPS).floor();
    (full as i32, (quarters - full * STEPS) as u8)
}

#[allow(clippy::cast_possible_truncation, reason = "sizes on labels are far below i32's range; `as` saturates")]
fn whole(dots: f32) -> i32 {
    dots.ceil() as i32
}

#[allow(clippy::cast_precision_loss, reason = "dots on a label are far below 2^24")]
fn float(dots: i32) -> f32 {
    dots as f32
}

/// A bitmap's side as a distance; letters are below [`LETTER_MOST_DOTS`].
fn whole_dots(side: usize) -> i32 {
    i32::try_from(side).unwrap_or(i32::MAX)
}

/// Feeds outlines to the rasteriser.
struct Ink {
    rasterizer: Rasterizer,
    origin: Point,
    start: Point,
    at: Point,
}

impl Ink {
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
    use outguide_hardware::display::{Ink as Colour, Weight};

    #[test]
    fn a_run_has_dots_on_its_baseline() {
        let face = crate::labels::Labels::built_in().unwrap().typeface();
        let size = 40.0;
        let width = whole(face.shape("H", Weight::ExtraBold, false).width * size);
        let run = TextRun {
            text: "H".into(),
            x: 5,
            baseline: 60,
            size,
            weight: Weight::ExtraBold,
            tabular: false,
            width,
            ink: Colour::Black,
            printers_font: false,
        };
        let dots = face.dots(&run);
        assert_eq!(dots.trimmed().as_deref(), Some(&dots), "no white edges");
        assert_eq!(dots.top + i32::try_from(dots.height()).unwrap(), 60);
        assert!((26..=28).contains(&dots.height()), "cap height 0.668 em: {}", dots.height());
    }

    /// Width and height, then the rows.
    fn plainly(dots: &Bitmap) -> Vec<u8> {
        let sides = [dots.width(), dots.height()].map(|side| u16::try_from(side).unwrap().to_be_bytes());
        sides.into_iter().flatten().chain(dots.rows().flatten().copied()).collect()
    }

    fn put_on(page: &mut Bitmap, coded: &Coded, (x, y): (i32, i32)) {
        let [wide, wider, high, higher, rows @ ..] = coded.bytes.as_slice() else { return };
        let side = |bytes: [u8; 2]| usize::from(u16::from_be_bytes(bytes));
        let (width, height) = (side([*wide, *wider]), side([*high, *higher]));
        let mut dots = Bitmap::new(x + coded.left, y + coded.top, whole_dots(width), whole_dots(height));
        let black = |at: usize, row: &[u8]| row[at / 8] & (0x80 >> (at % 8)) != 0;
        for (y, row) in rows.chunks(width.div_ceil(8)).enumerate() {
            (0..width).filter(|x| black(*x, row)).for_each(|x| dots.blacken(x, y));
        }
        page.overlay(&dots);
    }

    /// One by one, letters lie on the label as they do in the run, whether they were coded before or not.
    #[test]
    fn large_letters_one_by_one_are_the_dots_of_their_run() {
        let face = crate::labels::Labels::built_in().unwrap().typeface();
        let coding = Coding { language: "plain", code: plainly, letters_from: 40.0 };
        let texts = ["AV fjord, Åse", "56-34", "שרה דוגמה", "محمد المثال", "अनीता", "Nguye\u{302}\u{303}n", "😀", " "];
        for (text, size) in texts.iter().flat_map(|text| [(*text, 39.9), (*text, 40.0), (*text, 83.7)]) {
            for weight in [Weight::Regular, Weight::SemiBold, Weight::ExtraBold] {
                let run = TextRun {
                    text: text.to_owned(),
                    x: 71,
                    baseline: 150,
                    size,
                    weight,
                    tabular: text.starts_with('5'),
                    width: 0,
                    ink: Colour::Black,
                    printers_font: false,
                };
                let mut whole = Bitmap::new(0, 0, 1000, 250);
                whole.overlay(&face.dots(&run));
                let letters = face.shape(text, weight, run.tabular).glyphs.len();
                for _coded_before in [false, true] {
                    let (mut page, mut pieces) = (Bitmap::new(0, 0, 1000, 250), 0);
                    face.coded(&run, coding, &mut |coded, place| {
                        put_on(&mut page, coded, place);
                        pieces += 1;
                    });
                    assert!(page == whole, "{text} at {size}");
                    assert_eq!(pieces, if size < 40.0 { 1 } else { letters }, "{text} at {size}");
                }
            }
        }
    }

    /// Letters that reach far out of their own width led the rasteriser out of its field: found by the fuzz test.
    #[test]
    fn every_letter_of_every_font_can_be_drawn() {
        let face = crate::labels::Labels::built_in().unwrap().typeface();
        for (id, letters) in face.all_letters() {
            for glyph in (0..letters).step_by(1 + usize::from(letters) / 1500) {
                let glyph = Glyph { face: id, id: glyph, x: 0.0, y: 0.0, advance: 0.5, text: "".into() };
                let dots = face.draw(&glyph, 37.0, (3, 3));
                assert!(dots.width() < 700 && dots.height() < 300, "{glyph:?}");
            }
        }
    }

    #[test]
    fn quarters_of_a_dot() {
        assert_eq!([0.0, 0.2, 0.9, 1.5, -0.3].map(steps), [(0, 0), (0, 1), (1, 0), (1, 2), (-1, 3)]);
    }
}
