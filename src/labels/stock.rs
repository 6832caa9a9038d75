//! What labels are printed on: a file in `label-templates/media`.

use outguide_hardware::language::GAP_USUAL_MM;
use serde::Deserialize;

use super::fault::{Source, TemplateError};

/// A label or form, by itself on a roll or many on a sheet.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stock {
    /// The name templates and printers use.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Width of one label, in the direction of reading.
    pub width: f64,
    /// Height of one label.
    pub height: f64,
    /// Edge that is left free of ink, because stock never lies exactly.
    pub margin: f64,
    /// The gap from one label to the next on its roll, in mm; 3 where it is not given, as rolls usually have.
    pub gap: Option<f64>,
    /// The sheet that the labels are on; rolls and forms have none.
    pub sheet: Option<Sheet>,
}

/// A sheet of labels. All measures in mm.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// Width of the paper.
    pub width: f64,
    /// Height of the paper.
    pub height: f64,
    /// Labels side by side.
    pub columns: u16,
    /// Labels one above the other.
    pub rows: u16,
    /// From the paper's left edge to the first label.
    pub left: f64,
    /// From the paper's upper edge to the first label.
    pub top: f64,
    /// From one label's left edge to the next one's.
    pub across: f64,
    /// From one label's upper edge to the next one's.
    pub down: f64,
}

/// Longer stock is a slip of the decimal point.
const STOCK_MOST_MM: f64 = 2000.0;

/// A larger gap is a slip of the decimal point.
const GAP_MOST_MM: f64 = 50.0;

/// Labels smaller than a millimetre are not worth cutting; more in a row are a slip too.
const ACROSS_MOST: u16 = 100;

/// How much larger than what it was designed for a label may be; beyond, the wrong sheet lies in the printer.
const LARGER_MOST: f64 = 1.6;

impl Stock {
    /// Reads a stock file.
    pub fn parse(file: &str, text: &str) -> Result<Self, TemplateError> {
        let source = Source { file, text };
        let stock: Stock = source.read()?;
        let key = |key: &str| line_of(text, key);
        let sound = stock.width > 2.0 * stock.margin && stock.height > 2.0 * stock.margin && stock.margin >= 0.0;
        if !(sound && stock.width <= STOCK_MOST_MM && stock.height <= STOCK_MOST_MM) {
            let fault = "width, height and margin leave no room, or are beyond two metres";
            return Err(source.at(key("width"), fault, "give them in millimetres"));
        }
        if let Some(gap) = stock.gap {
            if stock.sheet.is_some() {
                return Err(source.at(key("gap"), "sheets have no gap", "leave it out: `across` and `down` say it"));
            }
            if !(0.0..=GAP_MOST_MM).contains(&gap) {
                let fault = format!("a gap of {gap} mm is none: rolls have 0 to {GAP_MOST_MM}");
                return Err(source.at(
                    key("gap"),
                    fault,
                    "measure from one label's edge to the next one's, in millimetres",
                ));
            }
        }
        match stock.sheet.as_ref().and_then(|sheet| sheet.fault(&stock)) {
            Some((fault, fix)) => Err(source.at(key("[sheet]"), fault, fix)),
            None => Ok(stock),
        }
    }

    /// The gap from one label to the next on its roll, in mm.
    pub fn gap_mm(&self) -> f64 {
        self.gap.unwrap_or(GAP_USUAL_MM)
    }

    /// How many labels one sheet holds; 1 for rolls and forms.
    pub fn labels_per_sheet(&self) -> u32 {
        self.sheet.as_ref().map_or(1, |sheet| u32::from(sheet.columns) * u32::from(sheet.rows))
    }

    /// Whether what was designed for `other` fits this stock: labels of its size, or somewhat larger ones, on which it
    /// stands in the middle.
    pub fn takes(&self, other: &Stock) -> bool {
        // A twentieth of a millimetre is what rounding inches to millimetres costs.
        let holds = |own: f64, wanted: f64| own >= wanted - 0.05;
        let larger = (self.width * self.height) / (other.width * other.height);
        let same_margin = self.margin <= other.margin;
        let beside = (self.width - other.width).min(self.height - other.height) / 2.0;
        self.name == other.name
            || (holds(self.width, other.width)
                && holds(self.height, other.height)
                && larger <= LARGER_MOST
                && (same_margin || beside + other.margin >= self.margin - 0.05))
    }
}

impl Sheet {
    /// Where the label at `place` (from 0: along the rows, then down) begins, in mm.
    pub(super) fn corner(&self, place: u32) -> (f64, f64) {
        let columns = u32::from(self.columns.max(1));
        let (column, row) = (place % columns, place / columns);
        (self.left + f64::from(column) * self.across, self.top + f64::from(row) * self.down)
    }

    fn fault(&self, stock: &Stock) -> Option<(String, &'static str)> {
        let measures = [self.width, self.height, self.left, self.top, self.across, self.down];
        let counted = (1..=ACROSS_MOST).contains(&self.columns) && (1..=ACROSS_MOST).contains(&self.rows);
        if !counted || !measures.iter().all(|mm| (0.0..=STOCK_MOST_MM).contains(mm)) {
            let fault = format!("a sheet has 1 to {ACROSS_MOST} columns and rows and measures of 0 to 2000 mm");
            return Some((fault, "give counts, and measures in millimetres"));
        }
        if (self.columns > 1 && self.across < stock.width) || (self.rows > 1 && self.down < stock.height) {
            return Some((
                "labels lie over each other".to_owned(),
                "raise `across` and `down`, or lower the label's size",
            ));
        }
        let right = self.left + f64::from(self.columns - 1) * self.across + stock.width;
        let bottom = self.top + f64::from(self.rows - 1) * self.down + stock.height;
        // A tenth of a millimetre is what rounding inches to millimetres costs.
        if right > self.width + 0.1 || bottom > self.height + 0.1 {
            let fault =
                format!("the labels reach {right:.1}, {bottom:.1} mm and the paper {}, {} mm", self.width, self.height);
            return Some((fault, "change `left`, `top`, `across`, `down` or the counts"));
        }
        None
    }
}

/// The line on which a key begins, else the first.
fn line_of(text: &str, key: &str) -> usize {
    text.lines().position(|line| line.trim_start().starts_with(key)).map_or(1, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHEET: &str = "name = '5160'\ntitle = 'x'\nwidth = 66.675\nheight = 25.4\nmargin = 1\n[sheet]\nwidth = 215.9\n\
        height = 279.4\ncolumns = 3\nrows = 10\nleft = 4.76\ntop = 12.7\nacross = 69.85\ndown = 25.4\n";

    #[test]
    fn a_sheet_knows_its_places() {
        let stock = Stock::parse("5160.toml", SHEET).unwrap();
        assert_eq!(stock.labels_per_sheet(), 30);
        let (x, y) = stock.sheet.as_ref().unwrap().corner(29);
        assert!((x - 144.46).abs() < 0.001 && (y - 241.3).abs() < 0.001, "{x} {y}");
    }

    #[test]
    fn a_rolls_gap_is_its_own_or_the_usual_one() {
        let roll = "name = 'r'\ntitle = 'x'\nwidth = 50\nheight = 25\nmargin = 1\n";
        assert!((Stock::parse("r.toml", roll).unwrap().gap_mm() - 3.0).abs() < f64::EPSILON);
        assert!((Stock::parse("r.toml", &format!("{roll}gap = 2.5\n")).unwrap().gap_mm() - 2.5).abs() < f64::EPSILON);
        let far = Stock::parse("r.toml", &format!("{roll}gap = 300\n")).unwrap_err();
        assert_eq!((far.line, far.fault.contains("300 mm")), (6, true), "{far}");
        let sheet = SHEET.replacen("margin = 1", "margin = 1\ngap = 3", 1);
        assert!(Stock::parse("s.toml", &sheet).unwrap_err().fault.contains("no gap"));
    }

    #[test]
    fn wrong_sheets_are_told() {
        let fault = |from: &str, to: &str| Stock::parse("a.toml", &SHEET.replace(from, to)).unwrap_err().to_string();
        assert!(fault("across = 69.85", "across = 60").starts_with("a.toml:6: labels lie over each other"));
        assert!(fault("rows = 10", "rows = 11").starts_with("a.toml:6: the labels reach"));
        assert!(fault("rows = 10", "rows = 0").starts_with("a.toml:6: a sheet has 1 to 100"));
        assert!(fault("width = 66.675", "width = 66675").starts_with("a.toml:3: width, height and margin"));
        assert!(fault("columns", "colums").contains("did you mean `columns`?"));
    }
}
