//! Finding charts while one types. Stages from the surest to the vaguest, each bounded; a later one is asked only when
//! the earlier ones did not fill the page. Never a ranking over all that fits: `ORDER BY rank` on a broad fragment
//! reads everything (19 to 50 ms on a million charts).

use std::collections::HashSet;

use rusqlite::params;

use super::{ChartRow, Page, Paging, ReadError, Reader, Sight, after_prefix, bad_cursor};
use crate::barcode::{ChartNumber, Code};
use crate::records::fold_name;

/// The longest question taken, in bytes.
pub const QUERY_MAX_BYTES: usize = 200;
/// How far one can page into the hits; who needs more types another letter.
pub const FIND_DEPTH_MAX: usize = 1_000;
/// Index rows looked at for one leading word of several.
const LEAD_SCAN_MAX: usize = 3_000;
/// Rows the trigram index may offer for checking.
const INFIX_SCAN_MAX: usize = 2_000;
/// A trigram index knows nothing shorter.
const INFIX_MIN_CHARS: usize = 3;

impl Reader {
    /// Charts by barcode, chart number, MRN (with or without dashes), a hospital's own barcode, or name: best match
    /// first.
    pub fn find_charts(&self, query: &str, paging: &Paging, sight: Sight) -> Result<Page<ChartRow>, ReadError> {
        let skip: usize = paging.cursor.as_deref().map_or(Ok(0), |text| text.parse().map_err(|_| bad_cursor()))?;
        let skip = skip.min(FIND_DEPTH_MAX);
        let end = (skip + paging.limit()).min(FIND_DEPTH_MAX);
        let mut hits = Hits::new(end + 1);
        self.collect_hits(query, &mut hits)?;
        let more = hits.charts.len() > end && end < FIND_DEPTH_MAX;
        let mut rows = Vec::new();
        for number in hits.charts.iter().take(end).skip(skip) {
            rows.extend(self.chart(*number, sight)?);
        }
        Ok(Page { rows, next_cursor: more.then(|| end.to_string()) })
    }

    fn collect_hits(&self, query: &str, hits: &mut Hits) -> Result<(), ReadError> {
        let text = query.trim();
        if text.len() > QUERY_MAX_BYTES {
            let text = format!("longer than {QUERY_MAX_BYTES} bytes");
            return Err(ReadError::Invalid { field: "q", text });
        }
        if text.is_empty() {
            return Ok(());
        }
        match self.barcodes().read(text, None) {
            // One of our own codes with its check digits right is no accident: nothing else is meant.
            Code::Chart(number, _) | Code::Reference(number) => return self.hit_number(number.0, hits),
            Code::Legacy(legacy) => {
                self.hit_legacy(&legacy.text, hits)?;
                if let Some(mrn) = &legacy.mrn {
                    self.hit_mrn(mrn, hits)?;
                }
            }
            _ => self.hit_legacy(text, hits)?,
        }
        self.hit_numbers(text, hits)?;
        self.each_name_hit(text, hits.want, &mut |patient| {
            self.hit_patient(patient, hits)?;
            Ok(hits.full())
        })
    }

    /// MRN exact, chart number, MRN prefix.
    fn hit_numbers(&self, text: &str, hits: &mut Hits) -> Result<(), ReadError> {
        let bare: String = text.chars().filter(|c| !matches!(c, '-' | ' ' | '.' | '/')).collect();
        if !bare.chars().any(|c| c.is_ascii_digit()) {
            return Ok(());
        }
        self.hit_mrn(text, hits)?;
        self.hit_mrn(&bare, hits)?;
        if let Ok(number) = text.parse::<u32>() {
            self.hit_number(number, hits)?;
        }
        for prefix in [bare.as_str(), text] {
            if hits.full() {
                return Ok(());
            }
            let sql = "SELECT c.number FROM patients p JOIN charts c ON c.patient = p.id
                       WHERE p.mrn >= ?1 AND p.mrn < ?2 ORDER BY p.mrn, c.record_type, c.volume LIMIT ?3";
            self.hit_charts(sql, params![prefix, after_prefix(prefix), hits.want_sql()], hits)?;
            if bare == text {
                break;
            }
        }
        Ok(())
    }

    fn hit_number(&self, number: u32, hits: &mut Hits) -> Result<(), ReadError> {
        self.hit_charts("SELECT number FROM charts WHERE number = ?1", params![number], hits)
    }

    fn hit_legacy(&self, text: &str, hits: &mut Hits) -> Result<(), ReadError> {
        let sql = "SELECT chart FROM legacy_barcodes WHERE text = ?1 LIMIT ?2";
        self.hit_charts(sql, params![text, hits.want_sql()], hits)
    }

    fn hit_mrn(&self, mrn: &str, hits: &mut Hits) -> Result<(), ReadError> {
        let sql = "SELECT c.number FROM patients p JOIN charts c ON c.patient = p.id WHERE p.mrn = ?1
                   ORDER BY c.record_type, c.volume LIMIT ?2";
        self.hit_charts(sql, params![mrn, hits.want_sql()], hits)
    }

    fn hit_patient(&self, patient: i64, hits: &mut Hits) -> Result<(), ReadError> {
        let sql = "SELECT number FROM charts WHERE patient = ?1 ORDER BY record_type, volume LIMIT ?2";
        self.hit_charts(sql, params![patient, hits.want_sql()], hits)
    }

    fn hit_charts(&self, sql: &str, with: impl rusqlite::Params, hits: &mut Hits) -> Result<(), ReadError> {
        let mut statement = self.conn().prepare_cached(sql)?;
        let mut rows = statement.query(with)?;
        while let Some(row) = rows.next()? {
            hits.add(ChartNumber(row.get(0)?));
        }
        Ok(())
    }

    /// Patients by name, best first, each once, until `take` says it has enough: the family name's beginning and what
    /// follows; the words in any order; letters within a word.
    pub(super) fn each_name_hit(
        &self,
        text: &str,
        want: usize,
        take: &mut dyn FnMut(i64) -> Result<bool, ReadError>,
    ) -> Result<(), ReadError> {
        let folded = fold_name(text);
        let words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).collect();
        if !folded.chars().any(char::is_alphabetic) {
            return Ok(());
        }
        let mut seen = HashSet::new();
        let mut fresh = |patient: i64| if seen.insert(patient) { take(patient) } else { Ok(false) };
        // Some patients have no chart, so more are read than are wanted, within the bound.
        if self.scan_names(&folded, want.saturating_mul(2).max(LEAD_SCAN_MAX), &mut |patient, _| fresh(patient))? {
            return Ok(());
        }
        if words.len() > 1 {
            // The longest word first: it fits the fewest.
            let mut leads = words.clone();
            leads.sort_by_key(|word| std::cmp::Reverse(word.len()));
            for lead in leads.iter().take(2) {
                let full = self.scan_names(lead, LEAD_SCAN_MAX, &mut |patient, name| {
                    if words_begin(&words, name) { fresh(patient) } else { Ok(false) }
                })?;
                if full {
                    return Ok(());
                }
            }
        }
        self.scan_infix(&words, &mut fresh)
    }

    /// Names that begin with `prefix`, in order; answers whether `take` had enough.
    fn scan_names(
        &self,
        prefix: &str,
        most: usize,
        take: &mut dyn FnMut(i64, &str) -> Result<bool, ReadError>,
    ) -> Result<bool, ReadError> {
        let sql = "SELECT id, sort_name FROM patients WHERE sort_name >= ?1 AND sort_name < ?2
                   ORDER BY sort_name, id LIMIT ?3";
        let mut statement = self.conn().prepare_cached(sql)?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![prefix, after_prefix(prefix), most])?;
        while let Some(row) = rows.next()? {
            if take(row.get(0)?, row.get_ref(1)?.as_str().unwrap_or_default())? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Names that hold every word anywhere. The trigram index keeps no positions, so it is asked for all trigrams of
    /// the words, and what it offers is checked.
    fn scan_infix(
        &self,
        words: &[&str],
        take: &mut dyn FnMut(i64) -> Result<bool, ReadError>,
    ) -> Result<(), ReadError> {
        let trigrams = words.iter().flat_map(|word| trigrams(word)).collect::<Vec<_>>();
        if trigrams.is_empty() {
            return Ok(());
        }
        let sql = "SELECT p.id, p.sort_name FROM patient_names n JOIN patients p ON p.id = n.rowid
                   WHERE patient_names MATCH ?1 LIMIT ?2";
        let mut statement = self.conn().prepare_cached(sql)?;
        let most = i64::try_from(INFIX_SCAN_MAX).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![trigrams.join(" AND "), most])?;
        while let Some(row) = rows.next()? {
            let name = row.get_ref(1)?.as_str().unwrap_or_default();
            if words.iter().all(|word| holds(name, word)) && take(row.get(0)?)? {
                break;
            }
        }
        Ok(())
    }
}

/// A short word must begin a word of the name, a longer one may stand anywhere.
fn holds(name: &str, word: &str) -> bool {
    if word.chars().count() < INFIX_MIN_CHARS { begins_a_word(name, word) } else { name.contains(word) }
}

fn words_begin(words: &[&str], name: &str) -> bool {
    words.iter().all(|word| begins_a_word(name, word))
}

fn begins_a_word(name: &str, word: &str) -> bool {
    name.split(' ').any(|of_name| of_name.starts_with(word))
}

/// Quoted for FTS5. Folded words hold letters and digits only, so a quote cannot occur.
fn trigrams(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    letters.windows(INFIX_MIN_CHARS).map(|three| format!("\"{}\"", three.iter().collect::<String>())).collect()
}

/// Charts found so far, in order, each once.
struct Hits {
    charts: Vec<ChartNumber>,
    seen: HashSet<ChartNumber>,
    want: usize,
}

impl Hits {
    fn new(want: usize) -> Hits {
        Hits { charts: Vec::new(), seen: HashSet::new(), want }
    }

    fn add(&mut self, chart: ChartNumber) {
        if !self.full() && self.seen.insert(chart) {
            self.charts.push(chart);
        }
    }

    fn full(&self) -> bool {
        self.charts.len() >= self.want
    }

    fn want_sql(&self) -> i64 {
        i64::try_from(self.want).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testbed::reader;
    use super::*;

    fn found(query: &str) -> Vec<u32> {
        let page = reader().find_charts(query, &Paging::default(), Sight::Full).unwrap();
        page.rows.iter().map(|row| row.chart.number.0).collect()
    }

    #[test]
    fn by_barcode_number_and_mrn() {
        assert_eq!(found("C00000001700163"), [17]);
        assert_eq!(found("20"), [20]);
        assert_eq!(found("123456"), [17, 18]);
        assert_eq!(found("12-34-56"), [17, 18]);
        assert_eq!(found("1234"), [17, 18, 19]);
        assert_eq!(found(" 34-00 "), [21, 22]);
        assert_eq!(found(""), Vec::<u32>::new());
        assert_eq!(found("'\" OR 1=1 --"), Vec::<u32>::new());
    }

    #[test]
    fn by_name_beginnings_first_then_words_in_any_order_then_letters_within() {
        assert_eq!(found("diaz"), [19, 17, 18, 22]);
        assert_eq!(found("Díaz ROS"), [17, 18]);
        assert_eq!(found("rosa diaz"), [17, 18]);
        assert_eq!(found("ana diaz"), [19]);
        assert_eq!(found("osei"), [21]);
        assert_eq!(found("kadia"), [22]);
        assert_eq!(found("os"), [21]);
    }

    #[test]
    fn pages_follow_each_other() {
        let reader = reader();
        let mut paging = Paging { limit: Some(1), cursor: None };
        let mut all = Vec::new();
        loop {
            let page = reader.find_charts("1234", &paging, Sight::Full).unwrap();
            all.extend(page.rows.iter().map(|row| row.chart.number.0));
            match page.next_cursor {
                Some(cursor) => paging.cursor = Some(cursor),
                None => break,
            }
        }
        assert_eq!(all, [17, 18, 19]);
    }

    #[test]
    fn a_restricted_chart_is_found_but_not_placed() {
        let reader = reader();
        let masked = |query: &str| reader.find_charts(query, &Paging::default(), Sight::Masked).unwrap().rows.remove(0);
        for query in ["19", "21"] {
            let row = masked(query);
            assert!(row.chart.withheld && row.chart.restricted);
            let text = serde_json::to_string(&row).unwrap();
            assert!(!text.contains("PSY") && !text.contains("\"77\"") && !text.contains("Emergency"), "{text}");
        }
        assert_eq!(masked("20").chart.place_name.as_deref(), Some("Emergency"));
    }
}
