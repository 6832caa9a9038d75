//! What is out, by place.

use jiff::Timestamp;
use rusqlite::params;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::charts::{SELECT_CHARTS, UNRESTRICTED};
use super::{ChartRow, Page, Paging, ReadError, Reader, Sight, bad_cursor, failed, time};
use crate::barcode::PlaceCode;

/// How much is out at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutSummaryRow {
    /// The place.
    pub place: PlaceCode,
    /// Its name.
    pub place_name: Option<String>,
    /// Charts that are out there.
    pub out: u64,
    /// How many of them are overdue.
    pub overdue: u64,
    /// The longest away from home, since.
    pub oldest: Option<Timestamp>,
}

/// Which charts that are out; all of them by default.
#[derive(Debug, Clone, Default)]
pub struct OutFilter {
    /// At this place; anywhere where it is not given.
    pub place: Option<PlaceCode>,
    /// Overdue ones only.
    pub overdue: bool,
}

/// For a condition: the chart is out. One that was retired while it was out is nobody's loan any more.
const OUT: &str = "c.out_since IS NOT NULL AND c.retired = 0";

impl Reader {
    /// How much is out, by place, the most first. A masked sight counts no restricted charts: since when the oldest one
    /// is there can tell which it is.
    pub fn out_summary(&self, sight: Sight) -> Result<Vec<OutSummaryRow>, ReadError> {
        let (joins, shown) = match sight {
            Sight::Full => ("", "true"),
            Sight::Masked => (
                "LEFT JOIN record_types t ON t.code = c.record_type LEFT JOIN places h ON h.code = c.home
                 LEFT JOIN places seen ON seen.code = c.custody ->> 'seen_place'",
                UNRESTRICTED,
            ),
        };
        let sql = format!(
            "SELECT c.place, max(l.name), count(*), count(CASE WHEN c.due_at < ?1 THEN 1 END), min(c.out_since)
             FROM charts c LEFT JOIN places l ON l.code = c.place {joins} WHERE {OUT} AND {shown}
             GROUP BY c.place ORDER BY count(*) DESC, c.place"
        );
        let mut statement = self.conn().prepare_cached(&sql)?;
        let mut rows = statement.query(params![self.now().as_microsecond()])?;
        let mut summary = Vec::new();
        while let Some(row) = rows.next()? {
            summary.push(OutSummaryRow {
                place: PlaceCode::new(&row.get::<_, String>(0)?).map_err(failed)?,
                place_name: row.get(1)?,
                out: row.get::<_, i64>(2)?.unsigned_abs(),
                overdue: row.get::<_, i64>(3)?.unsigned_abs(),
                oldest: row.get::<_, Option<i64>>(4)?.map(time).transpose()?,
            });
        }
        Ok(summary)
    }

    /// Charts that are out, by place, the longest away first.
    ///
    /// A masked sight does not get restricted charts here at all: to stand in a place's list tells the place. They, and
    /// what `which` leaves out, are passed over before a page is cut: no cursor is made of one, and a page that has a
    /// next one is full.
    pub fn out_charts(&self, which: &OutFilter, paging: &Paging, sight: Sight) -> Result<Page<ChartRow>, ReadError> {
        let (since, number, after) = match paging.parts::<3>()? {
            Some([since, number, place]) => (cursor_part(since)?, cursor_part(number)?, place.to_owned()),
            None => (i64::MIN, 0, String::new()),
        };
        let place = which.place.as_ref().map(PlaceCode::as_str);
        let scope = if place.is_some() { "c.place = ?5" } else { "?5 IS NULL" };
        let due = if which.overdue { "c.due_at < ?6" } else { "?6 IS NOT NULL" };
        let shown = if sight == Sight::Masked { UNRESTRICTED } else { "true" };
        let sql = format!(
            "{SELECT_CHARTS} WHERE {OUT} AND {scope} AND {due} AND {shown}
                 AND (c.place, c.out_since, c.number) > (?1, ?2, ?3)
             ORDER BY c.place, c.out_since, c.number LIMIT ?4"
        );
        let mut statement = self.conn().prepare_cached(&sql)?;
        let now = self.now().as_microsecond();
        let mut rows = statement.query(params![after, since, number, paging.fetch(), place, now])?;
        let mut charts = Vec::new();
        while let Some(row) = rows.next()? {
            let key = format!(
                "{}.{}.{}",
                row.get::<_, i64>("out_since")?,
                row.get::<_, i64>("number")?,
                row.get::<_, String>("place")?
            );
            charts.push((key, self.chart_row(row, sight)?));
        }
        let page = Page::cut(charts, paging.limit(), |(key, _)| key.clone());
        let rows = page.rows.into_iter().map(|(_, row)| row).collect();
        Ok(Page { rows, next_cursor: page.next_cursor })
    }

    /// Every chart that is out, by place, the longest away first, one at a time: for the downtime list, which is for
    /// the records room and shows everything.
    pub fn each_out_chart<E: From<ReadError>>(&self, mut take: impl FnMut(ChartRow) -> Result<(), E>) -> Result<(), E> {
        let sql = format!("{SELECT_CHARTS} WHERE {OUT} ORDER BY c.place, c.out_since, c.number");
        let mut statement = self.conn().prepare_cached(&sql).map_err(ReadError::from)?;
        let mut rows = statement.query([]).map_err(ReadError::from)?;
        while let Some(row) = rows.next().map_err(ReadError::from)? {
            take(self.chart_row(row, Sight::Full)?)?;
        }
        Ok(())
    }
}

fn cursor_part(text: &str) -> Result<i64, ReadError> {
    text.parse().map_err(|_| bad_cursor())
}

#[cfg(test)]
mod tests {
    use super::super::testbed::{at, reader};
    use super::*;

    fn place(code: &str) -> PlaceCode {
        PlaceCode::new(code).unwrap()
    }

    #[test]
    fn the_summary_counts_by_place() {
        let summary = reader().out_summary(Sight::Full).unwrap();
        assert_eq!((summary[0].place.as_str(), summary[0].out, summary[0].overdue), ("ER", 3, 3));
        assert_eq!(summary[0].oldest, Some(at(20)));
        assert_eq!((summary[1].place.as_str(), summary[1].out), ("PSY", 1));
        let masked = reader().out_summary(Sight::Masked).unwrap();
        assert_eq!(masked.iter().map(|row| (row.place.as_str(), row.out)).collect::<Vec<_>>(), [("ER", 2)]);
    }

    #[test]
    fn pages_run_through_a_place_and_through_all() {
        let reader = reader();
        for (scope, wanted) in [(Some(place("ER")), vec![20, 21, 18]), (None, vec![20, 21, 18, 19])] {
            let which = OutFilter { place: scope, overdue: false };
            let mut paging = Paging { limit: Some(1), cursor: None };
            let mut all = Vec::new();
            loop {
                let page = reader.out_charts(&which, &paging, Sight::Full).unwrap();
                all.extend(page.rows.iter().map(|row| row.chart.number.0));
                paging.cursor = page.next_cursor;
                if paging.cursor.is_none() {
                    break;
                }
            }
            assert_eq!(all, wanted);
        }
        let mut downtime = Vec::new();
        reader
            .each_out_chart(|row| -> Result<(), ReadError> {
                downtime.push(row.chart.number.0);
                Ok(())
            })
            .unwrap();
        assert_eq!(downtime, [20, 21, 18, 19]);
    }

    #[test]
    fn to_stand_in_a_list_tells_the_place_so_restricted_charts_do_not() {
        let reader = reader();
        let listed = |scope: Option<PlaceCode>| -> Vec<u32> {
            let page = reader
                .out_charts(&OutFilter { place: scope, overdue: false }, &Paging::default(), Sight::Masked)
                .unwrap();
            page.rows.iter().map(|row| row.chart.number.0).collect()
        };
        assert_eq!(listed(None), [20, 18]);
        assert!(listed(Some(place("PSY"))).is_empty());
        let paging = Paging { limit: Some(1), cursor: None };
        let there = OutFilter { place: Some(place("PSY")), overdue: false };
        let page = reader.out_charts(&there, &paging, Sight::Masked).unwrap();
        assert_eq!(page.next_cursor, None, "a cursor tells of no hidden row");
        let page = reader.out_charts(&OutFilter::default(), &paging, Sight::Masked).unwrap();
        assert!(page.next_cursor.unwrap().contains(".20."));
    }

    #[test]
    fn only_overdue_ones_fill_their_page_and_retired_ones_are_in_none() {
        let reader = reader();
        let numbers = |overdue| -> Vec<u32> {
            let paging = Paging { limit: Some(1), cursor: None };
            let page = reader.out_charts(&OutFilter { place: None, overdue }, &paging, Sight::Full).unwrap();
            page.rows.iter().map(|row| row.chart.number.0).collect()
        };
        // The first in the list has no term.
        reader.conn().execute("UPDATE charts SET due_at = NULL WHERE number = 20", []).unwrap();
        assert_eq!((numbers(false), numbers(true)), (vec![20], vec![21]));
        reader.conn().execute("UPDATE charts SET retired = 1 WHERE number IN (20, 21)", []).unwrap();
        assert_eq!((numbers(false), numbers(true)), (vec![18], vec![18]));
        assert_eq!(reader.out_summary(Sight::Full).unwrap().iter().map(|row| row.out).collect::<Vec<_>>(), [1, 1]);
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        let paging = Paging { limit: None, cursor: Some("x.y".to_owned()) };
        assert!(matches!(
            reader().out_charts(&OutFilter::default(), &paging, Sight::Full),
            Err(ReadError::Invalid { field: "cursor", .. })
        ));
    }
}
