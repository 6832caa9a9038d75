//! The letters of labels and lists: Atkinson Hyperlegible Next in three weights, and behind it fonts for what it lacks.
//! The files are in `label-templates/fonts`.

mod dots;
mod kept;
mod shape;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use harfrust::{ShapePlan, ShaperData};
use outguide_hardware::display::{Bitmap, Coded, Weight};
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, GlyphId, MetadataProvider};

use super::fault::TemplateError;
use kept::Kept;

pub use shape::{Glyph, Shaped};

/// Height of capitals and digits, in ems.
pub const CAP_HEIGHT_EM: f32 = 0.668;

macro_rules! fonts {
    ($($weights:expr => $file:literal)*) => {
        &[$(($file, $weights, include_bytes!(concat!("../../label-templates/fonts/", $file)).as_slice())),*]
    };
}

const ALL: &[Weight] = &[Weight::Regular, Weight::SemiBold, Weight::ExtraBold];
const REGULAR: &[Weight] = &[Weight::Regular];
const SEMI_BOLD: &[Weight] = &[Weight::SemiBold];
const EXTRA_BOLD: &[Weight] = &[Weight::ExtraBold];
const BOLD: &[Weight] = &[Weight::SemiBold, Weight::ExtraBold];

/// File, the weights it serves, bytes. A letter is taken from the first of its weight that has it.
#[allow(clippy::type_complexity, reason = "a table of three columns")]
const FONTS: &[(&str, &[Weight], &[u8])] = fonts! {
    REGULAR => "AtkinsonHyperlegibleNext-Regular.ttf"
    SEMI_BOLD => "AtkinsonHyperlegibleNext-SemiBold.ttf"
    EXTRA_BOLD => "AtkinsonHyperlegibleNext-ExtraBold.ttf"
    REGULAR => "NotoSans-Regular.ttf"
    BOLD => "NotoSans-Bold.ttf"
    REGULAR => "NotoSansHebrew-Regular.ttf"
    BOLD => "NotoSansHebrew-Bold.ttf"
    ALL => "NotoSansArabic-Regular.ttf"
    ALL => "NotoSansThai-Regular.ttf"
    ALL => "NotoSansDevanagari-Regular.ttf"
    ALL => "NotoSansArmenian-Regular.ttf"
    ALL => "NotoSansGeorgian-Regular.ttf"
    ALL => "DroidSansFallbackFull.ttf"
    ALL => "NotoSansKR-Hangul.ttf"
};

/// Lines kept shaped: a label's texts are measured some times and drawn once.
const LINES_MOST: usize = 4096;

/// Bytes of printer language kept: most texts of a label stand on the next one too.
const CODED_MOST_BYTES: usize = 4_000_000;

/// The typeface of labels and lists.
pub struct Typeface {
    faces: Vec<Face>,
    shaped: Kept<(Weight, bool), Shaped>,
    coded: Kept<dots::Style, Coded>,
    inked: RwLock<Fast<dots::Inked, Arc<Bitmap>>>,
    coded_letters: RwLock<dots::CodedLetters>,
}

/// A map whose keys are numbers of our own, looked up some hundred times a label: nobody can choose them so that they
/// fall together.
type Fast<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// Which font of the typeface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FaceId(u16);

struct Face {
    name: String,
    weights: &'static [Weight],
    bytes: Cow<'static, [u8]>,
    shaper: ShaperData,
    plans: RwLock<Vec<Arc<ShapePlan>>>,
    /// What its ems are multiplied by, so that capitals of all fonts are as high.
    scale: f32,
    /// One unit of the font, in (scaled) ems.
    unit: f32,
}

/// A built-in font that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the built-in font {file} cannot be read: {fault}")]
pub struct FontError {
    file: String,
    fault: String,
}

impl Typeface {
    /// Reads the built-in fonts.
    pub fn new() -> Result<Self, FontError> {
        let mut typeface = Self {
            faces: Vec::new(),
            shaped: Kept::new(LINES_MOST, |_| 1),
            coded: Kept::new(CODED_MOST_BYTES, |coded| coded.bytes.len() + size_of::<Coded>()),
            inked: RwLock::default(),
            coded_letters: RwLock::default(),
        };
        for (file, weights, bytes) in FONTS {
            let face = Face::new(file, weights, Cow::Borrowed(*bytes));
            typeface.faces.push(face.map_err(|fault| FontError { file: (*file).to_owned(), fault })?);
        }
        Ok(typeface)
    }

    /// Adds a site's font for letters that the others lack.
    pub(super) fn add(&mut self, file: &str, bytes: &[u8]) -> Result<(), TemplateError> {
        let wrong =
            |fault: String, fix: &str| TemplateError { file: file.to_owned(), line: 1, fault, fix: fix.to_owned() };
        if self.faces.len() >= FACES_MOST {
            return Err(wrong(format!("there are {FACES_MOST} fonts already"), "keep those that names need"));
        }
        let face = Face::new(file, ALL, Cow::Owned(bytes.to_vec()))
            .map_err(|fault| wrong(fault, "use a TrueType or OpenType font file (.ttf, .otf)"))?;
        self.faces.push(face);
        self.shaped.forget();
        self.coded.forget();
        Ok(())
    }

    /// Each font and how many glyphs it has.
    #[cfg(test)]
    fn all_letters(&self) -> Vec<(FaceId, u16)> {
        let count = |face: &Face| face.font().map_or(0, |font| font.outline_glyphs().iter().count());
        (0..).map(FaceId).zip(&self.faces).map(|(id, face)| (id, u16::try_from(count(face)).unwrap_or(0))).collect()
    }

    fn face(&self, id: FaceId) -> Option<&Face> {
        self.faces.get(usize::from(id.0))
    }

    /// The fonts that serve a weight, the first choice first.
    fn faces_of(&self, weight: Weight) -> impl Iterator<Item = (FaceId, &Face)> {
        let numbered = (0..).map(FaceId).zip(&self.faces);
        numbered.filter(move |(_, face)| face.weights.contains(&weight))
    }

    /// A font's file and name, for embedding.
    pub fn file(&self, id: FaceId) -> (&[u8], &str) {
        self.face(id).map_or((&[], ""), |face| (&face.bytes, &face.name))
    }

    /// What the size of a run is multiplied by where this font draws in it.
    pub fn scale(&self, id: FaceId) -> f32 {
        self.face(id).map_or(1.0, |face| face.scale)
    }

    /// Walks a glyph's outline, at `size` dots per em of the run, y upwards.
    pub fn outline(&self, id: FaceId, glyph: u16, size: f32, pen: &mut impl OutlinePen) {
        let Some(face) = self.face(id) else { return };
        if let Some(outline) = face.font().and_then(|font| font.outline_glyphs().get(GlyphId::from(glyph))) {
            let size = Size::new(size * face.scale);
            // An outline that cannot be drawn leaves a gap; the built-in fonts have none (tested).
            let _ = outline.draw(DrawSettings::unhinted(size, LocationRef::default()), pen);
        }
    }
}

/// A site needs a few fonts for its names; each more makes every unknown letter slower to look up.
const FACES_MOST: usize = 40;

impl Face {
    fn new(name: &str, weights: &'static [Weight], bytes: Cow<'static, [u8]>) -> Result<Self, String> {
        let font = FontRef::new(&bytes).map_err(|e| e.to_string())?;
        let metrics = font.metrics(Size::unscaled(), LocationRef::default());
        let em = f32::from(metrics.units_per_em);
        if em < 16.0 {
            return Err("the font says nothing of its size".to_owned());
        }
        let cap = metrics.cap_height.map(|cap| cap / em).filter(|cap| (0.4..1.0).contains(cap));
        let scale = cap.map_or(1.0, |cap| CAP_HEIGHT_EM / cap);
        let shaper = ShaperData::new(&font);
        Ok(Self { name: name.to_owned(), weights, shaper, plans: RwLock::default(), scale, unit: scale / em, bytes })
    }

    /// Cheap: reads the table directory.
    fn font(&self) -> Option<FontRef<'_>> {
        FontRef::new(&self.bytes).ok()
    }
}
