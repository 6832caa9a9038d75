//! The downtime list: which charts are out and where, on paper, for the day the server is dead.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use outguide_hardware::display::{DisplayList, Ink, Item, Rect, TextRun, Weight};

use super::pdf::{Binder, Writer};
use super::{FilingNumber, LabelError, Labels, plain};
use crate::records::Filing;

/// The sheet, landscape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    /// 297 × 210 mm.
    A4,
    /// 11 × 8.5 in.
    Letter,
}

/// What the head and foot of each page say.
#[derive(Debug, Clone)]
pub struct ListHead {
    /// The hospital's name.
    pub hospital: String,
    /// When the rows were read.
    pub generated_at: Timestamp,
    /// The hospital's time zone.
    pub zone: TimeZone,
    /// The newest ledger entry the rows know of.
    pub head_seq: u64,
    /// Its hash in hex: `verify --expect-head SEQ:HASH` proves later that nothing was cut off.
    pub head_hash: String,
    /// How the shelf is ordered.
    pub filing: Filing,
    /// The sheet.
    pub paper: Paper,
}

/// One chart that is out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRow {
    /// Where it is: the place's name. Rows come in the order of their places.
    pub place: String,
    /// Medical record number.
    pub mrn: String,
    /// Family name.
    pub last_name: String,
    /// Given names.
    pub first_name: String,
    /// Birth date, where known.
    pub birth_date: Option<Date>,
    /// Record type's code.
    pub record_type: String,
    /// Volume.
    pub volume: u16,
    /// Who has it, where known: a person's name.
    pub holder: Option<String>,
    /// Out since.
    pub out_since: Option<Timestamp>,
    /// Due back, where there is a term.
    pub due_at: Option<Timestamp>,
    /// A missing case is open.
    pub missing: bool,
}

/// A piece of the list that is a document of its own; most lists have one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which, from 1.
    pub number: usize,
    /// Of how many.
    pub of: usize,
    /// The PDF.
    pub pdf: Vec<u8>,
}

/// The most pages in one part: about five thousand rows.
pub const PART_PAGES_MOST: usize = 200;

/// So many pages stand in memory as they are drawn; of those before only what is compressed.
const PAGES_DRAWN_AT_ONCE: usize = 40;

const DPI: u16 = 300;
const MARGIN_MM: f64 = 13.0;
const HEAD_MM: f64 = 21.0;
const FOOT_MM: f64 = 9.0;
const ROW_MM: f64 = 5.6;
const GROUP_MM: f64 = 10.0;

/// Columns: heading, share of the width, weight of what stands in them. The last is the mark of those that are late: in a
/// column of its own nothing cuts it off, and it is found by running down the edge of the sheet.
const COLUMNS: [(&str, f64, Weight); 8] = [
    ("Number", 0.11, Weight::SemiBold),
    ("Name", 0.22, Weight::Regular),
    ("Born", 0.095, Weight::Regular),
    ("Chart", 0.095, Weight::Regular),
    ("With", 0.145, Weight::Regular),
    ("Out since", 0.145, Weight::Regular),
    ("Due back", 0.145, Weight::Regular),
    ("", 0.045, Weight::ExtraBold),
];

/// Makes the list part by part; each is handed to `sink` as soon as it is done. Rows are kept as they are, pages not,
/// so a hundred thousand rows need some tens of megabytes. With no rows there is one page that says so.
pub fn downtime_list<E: From<LabelError>>(
    head: &ListHead,
    rows: impl IntoIterator<Item = ListRow>,
    sink: impl FnMut(Part) -> Result<(), E>,
) -> Result<(), E> {
    in_parts(head, rows, PART_PAGES_MOST, sink)
}

/// The same as one document, however long: for who wants all of it at once.
pub fn whole_downtime_list(head: &ListHead, rows: impl IntoIterator<Item = ListRow>) -> Result<Vec<u8>, LabelError> {
    let mut whole = Vec::new();
    in_parts(head, rows, usize::MAX, |part| {
        whole = part.pdf;
        Ok::<(), LabelError>(())
    })?;
    Ok(whole)
}

fn in_parts<E: From<LabelError>>(
    head: &ListHead,
    rows: impl IntoIterator<Item = ListRow>,
    pages_in_a_part: usize,
    mut sink: impl FnMut(Part) -> Result<(), E>,
) -> Result<(), E> {
    let labels = Labels::built_in()?;
    let rows: Vec<ListRow> = rows.into_iter().collect();
    let sheet = Sheet::new(head, labels);
    let pages = sheet.pages(&rows);
    let parts = pages.chunks(pages_in_a_part);
    let (mut number, of) = (0, parts.len());
    for (i, part) in parts.enumerate() {
        let mut binder = Binder::default();
        for some in part.chunks(PAGES_DRAWN_AT_ONCE) {
            let mut document = Writer::new(labels.typeface(), "Charts that are out");
            for page in some {
                number += 1;
                document.page(&sheet.draw(page, rows.len(), number, pages.len()));
            }
            binder.add(document).map_err(LabelError::from)?;
        }
        sink(Part { number: i + 1, of, pdf: binder.finish().map_err(LabelError::from)? })?;
    }
    Ok(())
}

/// What stands on a page, from the top.
type Page<'a> = Vec<Line<'a>>;

enum Line<'a> {
    Group { place: &'a str, charts: usize, continued: bool },
    Row(&'a ListRow),
    Nothing,
}

impl Line<'_> {
    fn height_mm(&self) -> f64 {
        if matches!(self, Line::Row(_)) { ROW_MM } else { GROUP_MM }
    }
}

struct Sheet<'a> {
    head: &'a ListHead,
    labels: &'static Labels,
    width_mm: f64,
    height_mm: f64,
}

impl<'a> Sheet<'a> {
    fn new(head: &'a ListHead, labels: &'static Labels) -> Self {
        let (width_mm, height_mm) = match head.paper {
            Paper::A4 => (297.0, 210.0),
            Paper::Letter => (279.4, 215.9),
        };
        Self { head, labels, width_mm, height_mm }
    }

    fn pages<'r>(&self, rows: &'r [ListRow]) -> Vec<Page<'r>> {
        let room = self.height_mm - 2.0 * MARGIN_MM - HEAD_MM - FOOT_MM;
        let mut pages: Vec<Page<'r>> = vec![Vec::new()];
        let mut used = 0.0;
        let mut put = |lines: Vec<Line<'r>>, again: Option<Line<'r>>| {
            let height: f64 = lines.iter().map(Line::height_mm).sum();
            if used + height > room {
                pages.push(Vec::new());
                used = 0.0;
                if let (Some(page), Some(heading)) = (pages.last_mut(), again) {
                    used += heading.height_mm();
                    page.push(heading);
                }
            }
            used += height;
            if let Some(page) = pages.last_mut() {
                page.extend(lines);
            }
        };
        for group in rows.chunk_by(|a, b| a.place == b.place) {
            let (place, charts) = (group.first().map_or("", |row| row.place.as_str()), group.len());
            for (i, row) in group.iter().enumerate() {
                // A heading never stands alone at the foot of a page.
                if i == 0 {
                    put(vec![Line::Group { place, charts, continued: false }, Line::Row(row)], None);
                } else {
                    put(vec![Line::Row(row)], Some(Line::Group { place, charts, continued: true }));
                }
            }
        }
        if rows.is_empty() {
            put(vec![Line::Nothing], None);
        }
        pages
    }

    fn draw(&self, page: &Page<'_>, rows: usize, number: usize, of: usize) -> DisplayList {
        let mut list = DisplayList {
            dots_per_inch: DPI,
            width: dots(self.width_mm),
            height: dots(self.height_mm),
            items: Vec::new(),
        };
        self.page_head(&mut list, rows);
        self.page_foot(&mut list, number, of);
        let mut y = MARGIN_MM + HEAD_MM;
        for line in page {
            match line {
                Line::Group { place, charts, continued } => self.group(&mut list, y, place, *charts, *continued),
                Line::Row(row) => self.row(&mut list, y, row),
                Line::Nothing => {
                    let text = "Every chart is at home: nothing is out.";
                    self.put(&mut list, text, (MARGIN_MM, y + 7.0, 150.0), (4.5, Weight::Regular, End::Left));
                }
            }
            y += line.height_mm();
        }
        list
    }

    fn page_head(&self, list: &mut DisplayList, rows: usize) {
        let right = self.width_mm - MARGIN_MM;
        let title = format!("Charts that are out: {}", grouped(rows));
        self.put(list, &title, (MARGIN_MM, MARGIN_MM + 6.0, 150.0), (7.5, Weight::ExtraBold, End::Left));
        let at = self.head.generated_at.to_zoned(self.head.zone.clone()).strftime("%a %d %b %Y %H:%M").to_string();
        let made = format!("As of {at}");
        self.put(list, &made, (right, MARGIN_MM + 3.2, 110.0), (4.2, Weight::SemiBold, End::Right));
        self.put(list, &self.head.hospital, (right, MARGIN_MM + 8.4, 110.0), (3.8, Weight::Regular, End::Right));
        let baseline = MARGIN_MM + HEAD_MM - 3.6;
        for (heading, x, width) in self.columns() {
            self.put(list, heading, (x, baseline, width), (3.0, Weight::SemiBold, End::Left));
        }
        self.rule(list, baseline + 1.6, 0.5);
    }

    fn page_foot(&self, list: &mut DisplayList, number: usize, of: usize) {
        let (right, baseline) = (self.width_mm - MARGIN_MM, self.height_mm - MARGIN_MM);
        self.rule(list, baseline - 4.4, 0.17);
        let head = format!("Ledger head {}:{}", self.head.head_seq, self.head.head_hash);
        self.put(list, &head, (MARGIN_MM, baseline, 220.0), (2.8, Weight::Regular, End::Left));
        let page = format!("Page {} of {}", grouped(number), grouped(of));
        self.put(list, &page, (right, baseline, 50.0), (3.6, Weight::SemiBold, End::Right));
    }

    fn group(&self, list: &mut DisplayList, y: f64, place: &str, charts: usize, continued: bool) {
        let noun = if charts == 1 { "chart" } else { "charts" };
        let text = format!("{} · {} {noun}", plain(place), grouped(charts));
        let text = if continued { format!("{text} (continued)") } else { text };
        let width = self.width_mm - 2.0 * MARGIN_MM;
        self.put(list, &text, (MARGIN_MM, y + 7.2, width), (4.8, Weight::ExtraBold, End::Left));
        self.rule(list, y + GROUP_MM - 0.9, 0.35);
    }

    fn row(&self, list: &mut DisplayList, y: f64, row: &ListRow) {
        let late = !row.missing && row.due_at.is_some_and(|due| due < self.head.generated_at);
        let due = match (row.missing, row.due_at) {
            (true, _) => "MISSING".to_owned(),
            (false, Some(due)) => self.time(due),
            (false, None) => "no term".to_owned(),
        };
        let name = match (row.last_name.as_str(), row.first_name.as_str()) {
            (last, "") => last.to_owned(),
            (last, first) => format!("{last}, {first}"),
        };
        let cells = [
            FilingNumber::new(&row.mrn, self.head.filing).text(),
            name,
            row.birth_date.map_or_else(String::new, |date| date.strftime("%d %b %Y").to_string()),
            format!("{} vol {}", row.record_type, row.volume),
            row.holder.clone().unwrap_or_default(),
            row.out_since.map_or_else(|| "not known".to_owned(), |since| self.time(since)),
            due,
            if late { "late".to_owned() } else { String::new() },
        ];
        for (i, ((text, (_, x, width)), (_, _, weight))) in cells.iter().zip(self.columns()).zip(COLUMNS).enumerate() {
            let weight = if i == 6 && (late || row.missing) { Weight::ExtraBold } else { weight };
            self.put(list, text, (x, y + 3.9, width), (3.5, weight, End::Left));
        }
        self.rule(list, y + ROW_MM - 0.3, 0.085);
    }

    /// With the year where it is not the list's own, so that what is years away does not read as this month's.
    fn time(&self, at: Timestamp) -> String {
        let (at, now) = (at.to_zoned(self.head.zone.clone()), self.head.generated_at.to_zoned(self.head.zone.clone()));
        let form = if at.year() == now.year() { "%d %b %H:%M" } else { "%d %b %Y %H:%M" };
        at.strftime(form).to_string()
    }

    fn columns(&self) -> impl Iterator<Item = (&'static str, f64, f64)> {
        let whole = self.width_mm - 2.0 * MARGIN_MM;
        let mut x = MARGIN_MM;
        COLUMNS.into_iter().map(move |(heading, share, _)| {
            let at = x;
            x += share * whole;
            (heading, at, share * whole - 2.5)
        })
    }

    /// One line of text, cut with `…` where it is too long for its column; `em_mm` is its size.
    fn put(
        &self,
        list: &mut DisplayList,
        text: &str,
        (x_mm, baseline_mm, width_mm): (f64, f64, f64),
        (em_mm, weight, end): (f64, Weight, End),
    ) {
        let size = size(em_mm);
        let width_of = |text: &str| ceil(self.labels.typeface().shape(text, weight, true).width * size);
        let (mut text, room) = (plain(text), dots(width_mm));
        let mut width = width_of(&text);
        if width > room {
            let mut letters: Vec<char> = text.chars().collect();
            while width > room && letters.pop().is_some() {
                text = letters.iter().collect::<String>() + "…";
                width = width_of(&text);
            }
        }
        let x = if end == End::Left { dots(x_mm) } else { dots(x_mm) - width };
        list.items.push(Item::Text(TextRun {
            text,
            x,
            baseline: dots(baseline_mm),
            size,
            weight,
            tabular: true,
            width,
            ink: Ink::Black,
            printers_font: false,
        }));
    }

    fn rule(&self, list: &mut DisplayList, y_mm: f64, thick_mm: f64) {
        list.items.push(Item::Fill(Rect {
            x: dots(MARGIN_MM),
            y: dots(y_mm),
            width: dots(self.width_mm - 2.0 * MARGIN_MM),
            height: dots(thick_mm).max(1),
        }));
    }
}

/// Which end of a text is given.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Left,
    Right,
}

#[allow(clippy::cast_possible_truncation, reason = "a sheet is a few thousand dots; `as` saturates")]
fn dots(mm: f64) -> i32 {
    (mm * f64::from(DPI) / 25.4).round() as i32
}

#[allow(clippy::cast_possible_truncation, reason = "as above")]
fn size(em_mm: f64) -> f32 {
    (em_mm * f64::from(DPI) / 25.4) as f32
}

#[allow(clippy::cast_possible_truncation, reason = "as above")]
fn ceil(dots: f32) -> i32 {
    dots.ceil() as i32
}

/// 12345 as 12,345.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(paper: Paper) -> ListHead {
        ListHead {
            hospital: "General Hospital".into(),
            generated_at: "2026-11-23T20:00:00Z".parse().unwrap(),
            zone: TimeZone::get("America/New_York").unwrap(),
            head_seq: 48_213,
            head_hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
            filing: Filing::TerminalDigit,
            paper,
        }
    }

    fn rows(count: u32) -> impl Iterator<Item = ListRow> {
        (0..count).map(move |i| ListRow {
            place: ["Cardiology", "Dermatology", "Emergency", "Radiology"][(i * 4 / count) as usize].into(),
            mrn: format!("{:06}", i * 7919 % 1_000_000),
            last_name: ["García López", "O'Brien", "Wiśniewska-Featherstonehaugh of the Very Long Name", "Nguyễn"]
                [(i % 4) as usize]
                .into(),
            first_name: ["Ana", "Seán", "Zofia", "Thị"][(i % 4) as usize].into(),
            birth_date: (i % 5 != 0).then(|| jiff::civil::date(1950, 3, 1 + i8::try_from(i % 28).unwrap())),
            record_type: "MR".into(),
            volume: 1 + u16::try_from(i % 3).unwrap(),
            holder: (i % 3 == 0).then(|| "Dr Osei".into()),
            out_since: Some(format!("202{}-11-20T14:12:00Z", if i % 6 == 5 { 4 } else { 6 }).parse().unwrap()),
            due_at: (i % 4 != 3).then(|| format!("2026-11-2{}T14:00:00Z", 2 + i % 4).parse().unwrap()),
            missing: i % 17 == 16,
        })
    }

    fn parts(paper: Paper, count: u32) -> Vec<Part> {
        let mut parts = Vec::new();
        downtime_list::<LabelError>(&head(paper), rows(count), |part| {
            parts.push(part);
            Ok(())
        })
        .unwrap();
        parts
    }

    #[test]
    fn lists_are_equal_for_equal_rows_and_never_empty() {
        for paper in [Paper::A4, Paper::Letter] {
            let list = parts(paper, 130);
            assert_eq!(list, parts(paper, 130));
            assert_eq!(list.len(), 1);
            if let Ok(dir) = std::env::var("OUTGUIDE_LABEL_DIR") {
                std::fs::write(format!("{dir}/downtime-{paper:?}.pdf"), &list[0].pdf).unwrap();
            }
        }
        assert!(parts(Paper::A4, 0)[0].pdf.starts_with(b"%PDF-"));
    }

    /// What a reader finds on the sheet of one row.
    fn texts(paper: Paper, row: &ListRow) -> Vec<String> {
        let head = head(paper);
        let mut list = DisplayList { dots_per_inch: DPI, width: 0, height: 0, items: Vec::new() };
        Sheet::new(&head, Labels::built_in().unwrap()).row(&mut list, 0.0, row);
        let text = |item| if let Item::Text(run) = item { Some(run.text) } else { None };
        list.items.into_iter().filter_map(text).collect()
    }

    #[test]
    fn late_and_the_year_are_never_cut_off() {
        for paper in [Paper::A4, Paper::Letter] {
            // New Year in New York is five hours later than in UTC.
            let row = ListRow {
                out_since: Some("2024-05-28T20:08:00Z".parse().unwrap()),
                due_at: Some("2026-01-01T04:08:00Z".parse().unwrap()),
                missing: false,
                ..rows(1).next().unwrap()
            };
            assert_eq!(texts(paper, &row)[5..], ["28 May 2024 16:08", "31 Dec 2025 23:08", "late"]);
            let soon = ListRow { due_at: Some("2027-05-28T20:08:00Z".parse().unwrap()), ..row.clone() };
            assert_eq!(texts(paper, &soon)[6..], ["28 May 2027 16:08", ""]);
            let this_year = ListRow { due_at: Some("2026-05-28T20:08:00Z".parse().unwrap()), ..row.clone() };
            assert_eq!(texts(paper, &this_year)[6..], ["28 May 16:08", "late"]);
            for month in 1..=12 {
                let due_at = Some(format!("2025-{month:02}-28T20:08:00Z").parse().unwrap());
                let cells = texts(paper, &ListRow { due_at, ..row.clone() });
                assert!(!cells[6].contains('…'), "{}", cells[6]);
            }
            assert_eq!(texts(paper, &ListRow { missing: true, ..row })[6..], ["MISSING", ""]);
        }
    }

    #[test]
    fn a_whole_list_has_the_pages_of_all_that_was_drawn_at_once() {
        let head = head(Paper::A4);
        let many = 30 * u32::try_from(PAGES_DRAWN_AT_ONCE).unwrap();
        let pages = Sheet::new(&head, Labels::built_in().unwrap()).pages(&rows(many).collect::<Vec<_>>()).len();
        assert!(pages > PAGES_DRAWN_AT_ONCE, "{pages}");
        let pdf = whole_downtime_list(&head, rows(many)).unwrap();
        if let Ok(dir) = std::env::var("OUTGUIDE_LABEL_DIR") {
            std::fs::write(format!("{dir}/downtime-whole.pdf"), &pdf).unwrap();
        }
        let read = lopdf::Document::load_mem(&pdf).unwrap();
        let drawn = read.get_pages().into_values().filter(|page| !read.get_page_content(*page).is_empty());
        assert_eq!(drawn.count(), pages);
        assert!(read.get_pages().values().all(|page| !read.get_page_fonts(*page).unwrap().is_empty()));
    }

    #[test]
    fn every_row_stands_on_one_page_under_its_heading() {
        let head = head(Paper::A4);
        let sheet = Sheet::new(&head, Labels::built_in().unwrap());
        let rows: Vec<ListRow> = rows(1000).collect();
        let pages = sheet.pages(&rows);
        let count = |page: &Page<'_>| page.iter().filter(|line| matches!(line, Line::Row(_))).count();
        assert_eq!(pages.iter().map(count).sum::<usize>(), 1000);
        for page in &pages {
            assert!(matches!(page.first(), Some(Line::Group { .. })));
            assert!(matches!(page.last(), Some(Line::Row(_))));
        }
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
