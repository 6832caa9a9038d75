//! SVG preview: the same geometry in a picture that needs no fonts and runs no scripts.

use std::fmt::Write as _;

use outguide_hardware::display::{Band, Bitmap, DisplayList, Ink, Item, Rect, TextRun};
use skrifa::outline::OutlinePen;

use super::typeface::Typeface;

/// The label as an SVG document, one unit a dot.
pub fn write(list: &DisplayList, typeface: &Typeface) -> Vec<u8> {
    let mm = |dots: i32| f64::from(dots) * 25.4 / f64::from(list.dots_per_inch);
    let mut svg = String::with_capacity(64 * 1024);
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{:.2}mm\" height=\"{:.2}mm\" viewBox=\"0 0 {} {}\" \
         role=\"img\" shape-rendering=\"crispEdges\">\n<title>{}</title>\n",
        mm(list.width),
        mm(list.height),
        list.width,
        list.height,
        escaped(&spoken(list))
    );
    let _ = writeln!(svg, "<rect width=\"{}\" height=\"{}\" fill=\"#fff\"/>", list.width, list.height);
    for item in &list.items {
        match item {
            Item::Text(run) => text(&mut svg, run, typeface),
            Item::Fill(area) => rects(&mut svg, std::slice::from_ref(area)),
            Item::Band(band) => self::band(&mut svg, band),
            Item::Picture(dots) => rects(&mut svg, &runs(dots)),
            Item::Symbol(symbol) => rects(&mut svg, &symbol.dark),
        }
    }
    svg.push_str("</svg>\n");
    svg.into_bytes()
}

/// What a screen reader says.
fn spoken(list: &DisplayList) -> String {
    let text = |item: &Item| if let Item::Text(run) = item { Some(run.text.clone()) } else { None };
    list.items.iter().filter_map(text).collect::<Vec<_>>().join(" ")
}

fn rects(svg: &mut String, rects: &[Rect]) {
    svg.push_str("<path d=\"");
    for Rect { x, y, width, height } in rects {
        let _ = write!(svg, "M{x} {y}h{width}v{height}h-{width}z");
    }
    svg.push_str("\"/>\n");
}

/// The colour; printers without colours draw its outline instead.
fn band(svg: &mut String, band: &Band) {
    let Rect { x, y, width, height } = band.area;
    let [red, green, blue] = band.colour;
    let _ = writeln!(
        svg,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"#{red:02x}{green:02x}{blue:02x}\"/>"
    );
}

/// A picture's rows as rectangles.
pub(super) fn runs(dots: &Bitmap) -> Vec<Rect> {
    let at = |dots: usize| i32::try_from(dots).unwrap_or(i32::MAX);
    let mut runs = Vec::new();
    for y in 0..dots.height() {
        let mut x = 0;
        while x < dots.width() {
            let black = dots.is_black(x, y);
            let length = (x..dots.width()).take_while(|x| dots.is_black(*x, y) == black).count();
            if black {
                runs.push(Rect { x: dots.left + at(x), y: dots.top + at(y), width: at(length), height: 1 });
            }
            x += length;
        }
    }
    runs
}

fn text(svg: &mut String, run: &TextRun, typeface: &Typeface) {
    let fill = if run.ink == Ink::White { " fill=\"#fff\"" } else { "" };
    let _ = write!(svg, "<path shape-rendering=\"geometricPrecision\"{fill} d=\"");
    for glyph in &typeface.shape(&run.text, run.weight, run.tabular).glyphs {
        let x = f64::from(run.x) + f64::from(glyph.x * run.size);
        let y = f64::from(run.baseline) - f64::from(glyph.y * run.size);
        typeface.outline(glyph.face, glyph.id, run.size, &mut Path { svg, x, y });
    }
    svg.push_str("\"/>\n");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

struct Path<'a> {
    svg: &'a mut String,
    x: f64,
    y: f64,
}

impl Path<'_> {
    fn put(&mut self, command: char, points: &[(f32, f32)]) {
        self.svg.push(command);
        for (i, (x, y)) in points.iter().enumerate() {
            let space = if i == 0 { "" } else { " " };
            let _ = write!(self.svg, "{space}{:.2} {:.2}", self.x + f64::from(*x), self.y - f64::from(*y));
        }
    }
}

impl OutlinePen for Path<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.put('M', &[(x, y)]);
    }
    fn line_to(&mut self, x: f32, y: f32) {
        self.put('L', &[(x, y)]);
    }
    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.put('Q', &[(cx, cy), (x, y)]);
    }
    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        self.put('C', &[(ax, ay), (bx, by), (x, y)]);
    }
    fn close(&mut self) {
        self.svg.push('Z');
    }
}
