//! PDF, by printpdf: real text in an embedded subset of the typeface, bars as rectangles, equal bytes for equal input.

use std::collections::BTreeMap;

use outguide_hardware::display::{DisplayList, Ink, Item, Rect as DotRect, TextRun};
use printpdf::{
    Codepoint, Color, FontId, Greyscale, Mm, Op, PaintMode, ParsedFont, PdfDocument, PdfFont, PdfFontHandle, PdfPage,
    PdfSaveOptions, Pt, Rect, Rgb, TextItem, TextMatrix, WindingOrder,
};
use subsetter::GlyphRemapper;

use super::svg::runs;
use super::typeface::{FaceId, Glyph, Typeface};

/// A PDF could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the PDF could not be made: {0}")]
pub struct PdfError(String);

/// Pages in, one document out. printpdf keeps all of it in memory: [`PAGES_MOST`] bounds a document.
pub struct Writer<'a> {
    typeface: &'a Typeface,
    title: String,
    glyphs: BTreeMap<FaceId, GlyphRemapper>,
    pages: Vec<PdfPage>,
}

/// The most pages in one document; longer ones are split by whoever makes them.
pub const PAGES_MOST: usize = 400;

impl<'a> Writer<'a> {
    /// An empty document.
    pub fn new(typeface: &'a Typeface, title: &str) -> Self {
        Self { typeface, title: title.to_owned(), glyphs: BTreeMap::new(), pages: Vec::new() }
    }

    /// How many pages it has.
    pub fn pages(&self) -> usize {
        self.pages.len()
    }

    /// Adds a page.
    pub fn page(&mut self, list: &DisplayList) {
        let scale = Scale { points: 72.0 / f32::from(list.dots_per_inch), height: list.height };
        let mut ops = vec![fill([0; 3])];
        for item in &list.items {
            match item {
                Item::Text(run) => self.text(&mut ops, scale, run),
                Item::Fill(area) => ops.push(rectangle(scale, area)),
                Item::Band(band) => {
                    ops.push(fill(band.colour));
                    ops.push(rectangle(scale, &band.area));
                    ops.push(fill([0; 3]));
                }
                Item::Picture(dots) => ops.extend(runs(dots).iter().map(|area| rectangle(scale, area))),
                Item::Symbol(symbol) => ops.extend(symbol.dark.iter().map(|area| rectangle(scale, area))),
            }
        }
        let mm = |dots: i32| Mm(float(dots) * 25.4 / f32::from(list.dots_per_inch));
        self.pages.push(PdfPage::new(mm(list.width), mm(list.height), ops));
    }

    fn text(&mut self, ops: &mut Vec<Op>, scale: Scale, run: &TextRun) {
        let shaped = self.typeface.shape(&run.text, run.weight, run.tabular);
        ops.push(Op::StartTextSection);
        if run.ink == Ink::White {
            ops.push(fill([255; 3]));
        }
        // One operator for each stretch of one font and height; the numbers between glyphs put right what kerning moved.
        let same = |a: &Glyph, b: &Glyph| a.face == b.face && a.y.total_cmp(&b.y).is_eq();
        for stretch in shaped.glyphs.chunk_by(same) {
            let Some(first) = stretch.first() else { continue };
            let size = run.size * self.typeface.scale(first.face);
            let font = PdfFontHandle::External(font_id(first.face));
            ops.push(Op::SetFont { font, size: Pt(size * scale.points) });
            let remapper = self.glyphs.entry(first.face).or_default();
            let x = (float(run.x) + first.x * run.size) * scale.points;
            let y = (float(scale.height - run.baseline) + first.y * run.size) * scale.points;
            ops.push(Op::SetTextMatrix { matrix: TextMatrix::Raw([1.0, 0.0, 0.0, 1.0, x, y]) });
            let mut codepoints = Vec::with_capacity(stretch.len());
            for (i, glyph) in stretch.iter().enumerate() {
                let pen = glyph.x + glyph.advance;
                let kern = stretch.get(i + 1).map_or(0.0, |next| (pen - next.x) * 1000.0 * run.size / size);
                let text = if glyph.text.is_empty() { "\u{200b}" } else { &glyph.text };
                codepoints.push(Codepoint::with_cid(remapper.remap(glyph.id), kern.round(), text.to_owned()));
            }
            ops.push(Op::ShowText { items: vec![TextItem::GlyphIds(codepoints)] });
        }
        ops.push(Op::EndTextSection);
        if run.ink == Ink::White {
            ops.push(fill([0; 3]));
        }
    }

    /// The document's bytes.
    pub fn finish(self) -> Result<Vec<u8>, PdfError> {
        bytes_of(self.document()?)
    }

    fn document(self) -> Result<lopdf::Document, PdfError> {
        let mut document = PdfDocument::new(&self.title);
        document.metadata.info.creator = "Outguide".to_owned();
        document.metadata.info.producer = "Outguide".to_owned();
        for (face, remapper) in &self.glyphs {
            let font = subset(self.typeface, *face, remapper)?;
            document.resources.fonts.map.insert(font_id(*face), PdfFont::new(font));
        }
        document.with_pages(self.pages);
        let options = PdfSaveOptions { subset_fonts: false, optimize: true, secure: true, ..PdfSaveOptions::default() };
        let mut pdf = document.to_lopdf_document(&options, &mut Vec::new());
        // printpdf makes a random /ID; it is optional without encryption, and equal input shall give equal bytes.
        pdf.trailer.remove(b"ID");
        pdf.compress();
        Ok(pdf)
    }
}

fn bytes_of(mut document: lopdf::Document) -> Result<Vec<u8>, PdfError> {
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).map_err(|e| PdfError(e.to_string()))?;
    Ok(bytes)
}

/// Documents in, one out: what takes much memory while it is made is made part by part, and only the compressed pages of
/// the parts before are kept.
#[derive(Default)]
pub struct Binder {
    whole: lopdf::Document,
    trees: Vec<lopdf::ObjectId>,
    pages: usize,
}

impl Binder {
    /// Adds the pages of `part` after those that are there.
    pub fn add(&mut self, part: Writer<'_>) -> Result<(), PdfError> {
        self.pages += part.pages();
        let mut part = part.document()?;
        part.renumber_objects_with(self.whole.max_id + 1);
        self.trees.push(tree(&mut part)?.0);
        if self.trees.len() == 1 {
            self.whole = part;
        } else {
            self.whole.max_id = part.max_id;
            self.whole.objects.append(&mut part.objects);
        }
        Ok(())
    }

    /// The document's bytes.
    pub fn finish(mut self) -> Result<Vec<u8>, PdfError> {
        // A tree of pages may hold others (PDF 32000-1, 7.7.3.2): the parts' own become the branches of a new one.
        let root = self.whole.new_object_id();
        for branch in &self.trees {
            let branch = self.whole.get_dictionary_mut(*branch).map_err(|e| PdfError(e.to_string()))?;
            branch.set("Parent", root);
        }
        let count = i64::try_from(self.pages).unwrap_or(i64::MAX);
        let kids: Vec<lopdf::Object> = self.trees.iter().map(|branch| (*branch).into()).collect();
        let tree_of_all = lopdf::dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count };
        self.whole.objects.insert(root, tree_of_all.into());
        tree(&mut self.whole)?.1.set("Pages", root);
        bytes_of(self.whole)
    }
}

/// A document's tree of pages, and the catalogue that names it.
fn tree(document: &mut lopdf::Document) -> Result<(lopdf::ObjectId, &mut lopdf::Dictionary), PdfError> {
    let fault = |e: lopdf::Error| PdfError(e.to_string());
    let catalogue = document.catalog_mut().map_err(fault)?;
    let pages = catalogue.get(b"Pages").and_then(lopdf::Object::as_reference).map_err(fault)?;
    Ok((pages, catalogue))
}

fn subset(typeface: &Typeface, face: FaceId, remapper: &GlyphRemapper) -> Result<ParsedFont, PdfError> {
    let (file, name) = typeface.file(face);
    let fault = |what: String| PdfError(format!("font {name}: {what}"));
    let bytes = subsetter::subset(file, 0, remapper).map_err(|e| fault(e.to_string()))?;
    ParsedFont::from_bytes(&bytes, 0, &mut Vec::new()).ok_or_else(|| fault("its subset cannot be read".to_owned()))
}

fn font_id(face: FaceId) -> FontId {
    FontId(format!("{face:?}"))
}

fn fill([red, green, blue]: [u8; 3]) -> Op {
    let part = |value: u8| f32::from(value) / 255.0;
    let col = if red == green && green == blue {
        Color::Greyscale(Greyscale::new(part(red), None))
    } else {
        Color::Rgb(Rgb::new(part(red), part(green), part(blue), None))
    };
    Op::SetFillColor { col }
}

#[derive(Clone, Copy)]
struct Scale {
    points: f32,
    height: i32,
}

fn rectangle(scale: Scale, area: &DotRect) -> Op {
    let points = |dots: i32| Pt(float(dots) * scale.points);
    Op::DrawRectangle {
        rectangle: Rect {
            x: points(area.x),
            y: points(scale.height - area.y - area.height),
            width: points(area.width),
            height: points(area.height),
            mode: Some(PaintMode::Fill),
            winding_order: Some(WindingOrder::NonZero),
        },
    }
}

#[allow(clippy::cast_precision_loss, reason = "dots on a page are far below 2^24")]
fn float(dots: i32) -> f32 {
    dots as f32
}
