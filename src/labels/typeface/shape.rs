//! Text to glyphs in their places: the right font for each letter, right-to-left scripts turned, letters joined.

use std::sync::{Arc, PoisonError};

use harfrust::{Direction, Feature, ShapeOptions, ShapePlan, ShapePlanKey, Shaper, Tag, UnicodeBuffer};
use outguide_hardware::display::Weight;
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, GlyphId, MetadataProvider};
use smol_str::SmolStr;
use unicode_bidi::BidiInfo;
use unicode_segmentation::UnicodeSegmentation;

use super::{Face, FaceId, Typeface};

/// A letter in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Glyph {
    /// Its font.
    pub face: FaceId,
    /// Its number in the font; 0 is the box that stands for a letter no font has.
    pub id: u16,
    /// Distance from the run's start, in ems.
    pub x: f32,
    /// Rise above the baseline, in ems.
    pub y: f32,
    /// How far the font itself moves the pen on, in ems; kerning shows in the next glyph's `x`.
    pub advance: f32,
    /// The characters it stands for; empty for the second and later glyphs of one cluster.
    pub text: SmolStr,
}

/// A line of text, shaped.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shaped {
    /// Its glyphs from left to right.
    pub glyphs: Vec<Glyph>,
    /// Its width in ems.
    pub width: f32,
    /// Characters that no font has, shown as boxes.
    pub missing: Vec<char>,
}

/// Plans kept for each font: one for each script and feature that names and headings come in.
const PLANS_MOST: usize = 16;

impl Typeface {
    /// Shapes one line, with kerning and marks in place; `tabular` makes all digits equally wide.
    pub fn shape(&self, text: &str, weight: Weight, tabular: bool) -> Arc<Shaped> {
        self.shaped.get((weight, tabular), text, || self.shape_anew(text, weight, tabular))
    }

    fn shape_anew(&self, text: &str, weight: Weight, tabular: bool) -> Shaped {
        let mut line = Shaped::default();
        let first = self.faces_of(weight).next();
        // Most lines: letters before the combining marks, all of them in the first font.
        if let Some((id, face)) = first
            && text.chars().all(|c| c < '\u{300}')
            && face.has_all(text)
        {
            line.append(text, (id, face), tabular, false);
            return line;
        }
        let bidi = BidiInfo::new(text, None);
        for paragraph in &bidi.paragraphs {
            let (levels, runs) = bidi.visual_runs(paragraph, paragraph.range.clone());
            for run in runs {
                let rtl = levels.get(run.start).is_some_and(unicode_bidi::Level::is_rtl);
                let words = text.get(run).unwrap_or_default();
                let mut pieces = self.by_font(words, weight);
                if rtl {
                    pieces.reverse();
                }
                for (id, piece) in pieces {
                    if let Some(face) = self.face(id) {
                        line.append(piece, (id, face), tabular, rtl);
                    }
                }
            }
        }
        line
    }

    /// Stretches of text with the font that has their letters. What a reader sees as one letter stays in one font.
    fn by_font<'t>(&self, text: &'t str, weight: Weight) -> Vec<(FaceId, &'t str)> {
        let mut pieces: Vec<(FaceId, usize, usize)> = Vec::new();
        for (at, letter) in text.grapheme_indices(true) {
            let end = at + letter.len();
            let last = pieces.last().map(|(face, ..)| *face);
            // Spaces and the like stay with the word before them, so that it is shaped as a whole.
            let neutral = letter.chars().all(|c| !c.is_alphanumeric());
            let stays = last.filter(|id| neutral && self.face(*id).is_some_and(|face| face.has_all(letter)));
            let id = stays.unwrap_or_else(|| self.font_for(letter, weight));
            match pieces.last_mut() {
                Some((face, _, until)) if *face == id => *until = end,
                _ => pieces.push((id, at, end)),
            }
        }
        pieces.into_iter().filter_map(|(id, from, to)| Some((id, text.get(from..to)?))).collect()
    }

    /// The first font with the whole letter, else the first with its base, else the first of all, which shows a box.
    fn font_for(&self, letter: &str, weight: Weight) -> FaceId {
        let base = letter.chars().next().map(String::from).unwrap_or_default();
        let with = |text: &str| self.faces_of(weight).find(|(_, face)| face.has_all(text)).map(|(id, _)| id);
        let first = self.faces_of(weight).next().map(|(id, _)| id);
        with(letter).or_else(|| with(&base)).or(first).unwrap_or(FaceId(0))
    }
}

impl Face {
    fn has_all(&self, text: &str) -> bool {
        let Some(font) = self.font() else { return false };
        let charmap = font.charmap();
        text.chars().all(|c| charmap.map(c).is_some_and(|glyph| glyph != GlyphId::NOTDEF))
    }
}

impl Face {
    /// How text of this script and direction is shaped: finding that out takes longer than shaping a name.
    fn plan(&self, shaper: &Shaper<'_>, buffer: &UnicodeBuffer, features: &[Feature]) -> Arc<ShapePlan> {
        let (direction, language) = (buffer.direction(), buffer.language());
        // `None` and "unknown" are one to the shaper.
        let script = Some(buffer.script());
        let key = ShapePlanKey::new(script, direction).language(language.as_ref()).features(features);
        let kept = self.plans.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = kept.iter().find(|plan| key.matches(plan)) {
            return Arc::clone(plan);
        }
        drop(kept);
        let plan = Arc::new(ShapePlan::new(shaper, direction, script, language.as_ref(), features));
        let mut kept = self.plans.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= PLANS_MOST {
            kept.clear();
        }
        kept.push(Arc::clone(&plan));
        plan
    }
}

impl Shaped {
    /// Shapes a piece of one font and direction and puts it to the right of what is there.
    fn append(&mut self, text: &str, (id, face): (FaceId, &Face), tabular: bool, rtl: bool) {
        let Ok(font) = FontRef::new(&face.bytes) else { return };
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.set_direction(if rtl { Direction::RightToLeft } else { Direction::LeftToRight });
        buffer.guess_segment_properties();
        let features = [Feature::new(Tag::new(b"tnum"), 1, ..)];
        let features = if tabular { features.as_slice() } else { &[] };
        let shaper = face.shaper.shaper(&font).build();
        let plan = face.plan(&shaper, &buffer, features);
        let shaped = shaper.shape(buffer, ShapeOptions::new().features(features).plan(Some(&plan)));
        let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
        let units = |value: i32| i16::try_from(value).map_or(0.0, f32::from) * face.unit;
        let infos = shaped.glyph_infos();
        for (i, (info, position)) in infos.iter().zip(shaped.glyph_positions()).enumerate() {
            let glyph = u16::try_from(info.glyph_id).unwrap_or(0);
            let cluster = cluster_text(text, infos, i);
            if glyph == 0 {
                self.missing.extend(cluster.chars());
            }
            self.glyphs.push(Glyph {
                face: id,
                id: glyph,
                x: self.width + units(position.x_offset),
                y: units(position.y_offset),
                advance: metrics.advance_width(GlyphId::from(glyph)).unwrap_or_default() * face.unit,
                text: SmolStr::new(cluster),
            });
            self.width += units(position.x_advance);
        }
    }
}

/// What the `i`th glyph stands for: the text from its cluster to the next, given to the cluster's first glyph.
fn cluster_text<'a>(text: &'a str, infos: &[harfrust::GlyphInfo], i: usize) -> &'a str {
    let Some(info) = infos.get(i) else { return "" };
    let same = |other: usize| infos.get(other).is_some_and(|other| other.cluster == info.cluster);
    if i > 0 && same(i - 1) {
        return "";
    }
    // Clusters rise to the right, in right-to-left text to the left: the next in the text is beside this one.
    let next = (i + 1..infos.len()).find(|other| !same(*other)).and_then(|other| infos.get(other));
    let before = i.checked_sub(1).and_then(|other| infos.get(other));
    let beside = [next, before].into_iter().flatten().map(|other| other.cluster).filter(|c| *c > info.cluster).min();
    let start = usize::try_from(info.cluster).unwrap_or(0);
    let end = beside.and_then(|end| usize::try_from(end).ok()).unwrap_or(text.len());
    text.get(start..end).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typeface() -> &'static Typeface {
        crate::labels::Labels::built_in().unwrap().typeface()
    }

    fn ids(text: &str) -> Vec<u16> {
        typeface().shape(text, Weight::Regular, false).glyphs.iter().map(|glyph| glyph.id).collect()
    }

    #[test]
    fn shapes_marks_digits_and_missing_letters() {
        let face = typeface();
        let composed = face.shape("é", Weight::Regular, false);
        assert_eq!(composed.glyphs.len(), 1);
        assert_eq!(face.shape("e\u{301}", Weight::Regular, false).width, composed.width);
        let digits: Vec<f32> = ('0'..='9').map(|d| face.shape(&d.to_string(), Weight::ExtraBold, true).width).collect();
        assert!(digits.iter().all(|width| (width - digits[0]).abs() < 1e-6), "{digits:?}");
        assert_eq!(face.shape("A\u{10FFFD}😀", Weight::Regular, false).missing, ['\u{10FFFD}', '😀']);
        assert!(face.shape("AV", Weight::Regular, false).width < 2.0 * face.shape("A", Weight::Regular, false).width);
    }

    #[test]
    fn names_of_the_world_have_their_letters() {
        let names = [
            "Ełżbieta Wiśniewska",
            "Nguyễn Thị Ánh",
            "Анна Образцова",
            "Ελένη Παράδειγμα",
            "Հայկ Օրինակյան",
            "ნინო მაგალითი",
            "שרה דוגמה",
            "محمد المثال",
            "สมชาย ตัวอย่าง",
            "अनीता उदाहरण",
            "山田 太郎",
            "ヤマダ タロウ",
            "张伟",
            "김 민준",
        ];
        for name in names {
            for weight in [Weight::Regular, Weight::SemiBold, Weight::ExtraBold] {
                assert_eq!(typeface().shape(name, weight, false).missing, [], "{name}");
            }
        }
    }

    #[test]
    fn right_to_left_text_is_turned_and_joined() {
        let (one, two) = (ids("א"), ids("ב"));
        assert_eq!(ids("אב"), [two, one].concat());
        // Beh at the start of a word, in its middle, at its end: three forms of one letter, none the lonely one.
        let word = ids("ببب");
        let mut forms = word.clone();
        forms.extend(ids("ب"));
        forms.sort_unstable();
        forms.dedup();
        assert!(word.len() >= 3 && forms.len() >= 4, "{word:?} {forms:?}");
        // A number within it still reads from left to right.
        let mixed: String =
            typeface().shape("אב 12", Weight::Regular, false).glyphs.iter().map(|glyph| glyph.text.as_str()).collect();
        assert_eq!(mixed, "12 בא");
    }
}
