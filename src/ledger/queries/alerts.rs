//! Alerts with what is needed to act on them.

use jiff::Timestamp;
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sight::shade_alert;
use super::{ChartRow, Page, Paging, ReadError, Reader, Sight, bad_cursor, place_at, some_time_at, time_at, word};
use crate::barcode::{ChartNumber, PlaceCode};
use crate::ledger::{AlertId, AlertKind, AlertRow, AlertState};

/// A note that someone wrote on an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AlertNote {
    /// Who.
    pub author: String,
    /// When.
    pub at: Timestamp,
    /// What.
    pub text: String,
}

/// An alert with its chart, place and notes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AlertDetail {
    /// The alert.
    #[serde(flatten)]
    pub alert: AlertRow,
    /// The chart it is about and whose that is. Named so because `chart` is its number.
    #[serde(rename = "chart_row")]
    pub chart: Option<ChartRow>,
    /// The name of the place it concerns.
    pub place_name: Option<String>,
    /// The name of who ended it, where that was somebody.
    pub resolved_by_name: Option<String>,
    /// The name of the place where that ended it.
    pub resolved_place_name: Option<String>,
    /// How long it is open, until it was resolved.
    pub age_seconds: i64,
    /// Its notes, oldest first.
    pub notes: Vec<AlertNote>,
    /// Places, people and notes are not shown to who asks, because one of the places is restricted.
    pub withheld: bool,
}

/// Which alerts; with no state, those that are not resolved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AlertFilter {
    /// In this state.
    pub state: Option<AlertState>,
    /// Of this kind.
    pub kind: Option<AlertKind>,
    /// Of those not resolved: not the snoozed ones.
    pub awake: bool,
    /// Of those not resolved: whose.
    pub owner: Option<AlertOwner>,
}

/// Who looks after an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlertOwner {
    /// This console user.
    User(String),
    /// Nobody yet.
    Nobody,
}

/// The most notes shown with an alert.
const NOTES_MAX: i64 = 200;
const COLUMNS: &str = "id, kind, state, chart, place, about, subject, opened_at, due_at, owner, snoozed_until, resolved_at, resolution, \
     resolved_by, resolved_place";

impl Reader {
    /// Alerts: live ones by kind, the oldest first; resolved ones the newest first.
    pub fn alerts(&self, filter: &AlertFilter, paging: &Paging, sight: Sight) -> Result<Page<AlertDetail>, ReadError> {
        let rows = if filter.state == Some(AlertState::Resolved) {
            self.resolved_alerts(filter.kind, paging)?
        } else {
            self.live_alerts(filter, paging)?
        };
        let resolved = filter.state == Some(AlertState::Resolved);
        let page = Page::cut(rows, paging.limit(), |alert| {
            if resolved {
                alert.id.0.to_string()
            } else {
                format!("{}.{}.{}", alert.opened_at.as_microsecond(), alert.id.0, kind_word(alert.kind))
            }
        });
        let rows: Result<Vec<_>, _> = page.rows.into_iter().map(|alert| self.alert_detail(alert, sight)).collect();
        Ok(Page { rows: rows?, next_cursor: page.next_cursor })
    }

    /// One alert.
    pub fn alert(&self, id: AlertId, sight: Sight) -> Result<AlertDetail, ReadError> {
        let mut statement = self.conn().prepare_cached(&format!("SELECT {COLUMNS} FROM alerts WHERE id = ?1"))?;
        let mut rows = statement.query(params![signed(id.0)])?;
        let row = rows.next()?.ok_or_else(|| ReadError::NotFound(format!("there is no alert {}", id.0)))?;
        self.alert_detail(alert_row(row)?, sight)
    }

    /// A chart's alerts that are not resolved. Not shaded: for the chart's own page, which is.
    pub(super) fn alerts_of_chart(&self, chart: ChartNumber) -> Result<Vec<AlertRow>, ReadError> {
        let sql = format!("SELECT {COLUMNS} FROM alerts WHERE chart = ?1 AND state <> 'resolved' ORDER BY id");
        self.alert_rows(&sql, params![chart.0])
    }

    fn live_alerts(&self, filter: &AlertFilter, paging: &Paging) -> Result<Vec<AlertRow>, ReadError> {
        let (at, id, kind) = match paging.parts::<3>()? {
            Some([at, id, kind]) => {
                let part = |text: &str| text.parse::<i64>().map_err(|_| bad_cursor());
                (part(at)?, part(id)?, kind.to_owned())
            }
            None => (i64::MIN, 0, String::new()),
        };
        let (owner, whose) = match &filter.owner {
            Some(AlertOwner::User(user)) => (Some(user), "owner = ?7"),
            Some(AlertOwner::Nobody) => (None, "owner IS ?7"),
            None => (None, "?7 IS NULL"),
        };
        let awake = if filter.awake { "state <> 'snoozed'" } else { "true" };
        let sql = format!(
            "SELECT {COLUMNS} FROM alerts WHERE state <> 'resolved' AND (?1 IS NULL OR kind = ?1)
                 AND (?2 IS NULL OR state = ?2) AND {awake} AND {whose} AND (kind, opened_at, id) > (?3, ?4, ?5)
             ORDER BY kind, opened_at, id LIMIT ?6"
        );
        let (of_kind, state) = (filter.kind.map(kind_word), filter.state.map(state_word));
        self.alert_rows(&sql, params![of_kind, state, kind, at, id, paging.fetch(), owner])
    }

    fn resolved_alerts(&self, kind: Option<AlertKind>, paging: &Paging) -> Result<Vec<AlertRow>, ReadError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM alerts WHERE state = 'resolved' AND (?1 IS NULL OR kind = ?1) AND id < ?2
             ORDER BY id DESC LIMIT ?3"
        );
        self.alert_rows(&sql, params![kind.map(kind_word), paging.number()?.unwrap_or(i64::MAX), paging.fetch()])
    }

    fn alert_rows(&self, sql: &str, with: impl rusqlite::Params) -> Result<Vec<AlertRow>, ReadError> {
        let mut statement = self.conn().prepare_cached(sql)?;
        let mut rows = statement.query(with)?;
        let mut alerts = Vec::new();
        while let Some(row) = rows.next()? {
            alerts.push(alert_row(row)?);
        }
        Ok(alerts)
    }

    fn alert_detail(&self, alert: AlertRow, sight: Sight) -> Result<AlertDetail, ReadError> {
        let chart = alert.chart.map(|number| self.chart(number, Sight::Full)).transpose()?.flatten();
        let place = alert.place.as_ref().map(|code| self.place(code)).transpose()?.flatten();
        let ended_at = alert.resolved_place.as_ref().map(|code| self.place(code)).transpose()?.flatten();
        let ended_by = match alert.resolved_by.as_deref().and_then(|by| by.split_once(':')) {
            Some(("staff", badge)) => self.staff_name(badge)?,
            Some((_, name)) => Some(name.to_owned()),
            None => None,
        };
        let until = alert.resolved_at.unwrap_or_else(|| self.now());
        let mut detail = AlertDetail {
            chart,
            place_name: place.map(|place| crate::records::shown(&place.name)),
            resolved_by_name: ended_by,
            resolved_place_name: ended_at.map(|place| place.name),
            age_seconds: until.duration_since(alert.opened_at).as_secs(),
            notes: self.alert_notes(alert.id)?,
            withheld: false,
            alert,
        };
        let restricted = self.alert_names_restricted(&detail.alert)?;
        shade_alert(&mut detail, restricted, sight);
        Ok(detail)
    }

    /// Does the alert name a place that is restricted, or a kiosk there? A discrepancy names places in its subject.
    pub(super) fn alert_names_restricted(&self, alert: &AlertRow) -> Result<bool, ReadError> {
        let subject = alert.subject.as_deref().unwrap_or_default();
        let words = subject.split(|c: char| !c.is_ascii_alphanumeric()).filter_map(|word| PlaceCode::new(word).ok());
        let there = self.kiosks().iter().map(|known| &known.kiosk).filter(|kiosk| subject.contains(&kiosk.id));
        let kiosks = there.map(|kiosk| kiosk.place.clone());
        let places = [&alert.place, &alert.resolved_place].into_iter().flatten().cloned();
        for code in places.chain(words).chain(kiosks) {
            if self.place(&code)?.is_some_and(|place| place.restricted) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn alert_notes(&self, id: AlertId) -> Result<Vec<AlertNote>, ReadError> {
        let sql = "SELECT author, at, text FROM alert_notes WHERE alert = ?1 ORDER BY seq LIMIT ?2";
        let mut statement = self.conn().prepare_cached(sql)?;
        let mut rows = statement.query(params![signed(id.0), NOTES_MAX])?;
        let mut notes = Vec::new();
        while let Some(row) = rows.next()? {
            notes.push(AlertNote { author: row.get("author")?, at: time_at(row, "at")?, text: row.get("text")? });
        }
        Ok(notes)
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn alert_row(row: &Row<'_>) -> Result<AlertRow, ReadError> {
    Ok(AlertRow {
        id: AlertId(row.get::<_, i64>("id")?.unsigned_abs()),
        kind: word(row.get("kind")?)?,
        state: word(row.get("state")?)?,
        chart: row.get::<_, Option<u32>>("chart")?.map(ChartNumber),
        place: place_at(row, "place")?,
        about: row.get::<_, Option<i64>>("about")?.map(i64::unsigned_abs),
        subject: row.get("subject")?,
        opened_at: time_at(row, "opened_at")?,
        due_at: some_time_at(row, "due_at")?,
        owner: row.get("owner")?,
        snoozed_until: some_time_at(row, "snoozed_until")?,
        resolved_at: some_time_at(row, "resolved_at")?,
        resolution: row.get("resolution")?,
        resolved_by: row.get("resolved_by")?,
        resolved_place: place_at(row, "resolved_place")?,
    })
}

fn kind_word(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::Overdue => "overdue",
        AlertKind::Missing => "missing",
        AlertKind::Discrepancy => "discrepancy",
        AlertKind::Device => "device",
        AlertKind::Printer => "printer",
        AlertKind::Service => "service",
        AlertKind::System => "system",
    }
}

fn state_word(state: AlertState) -> &'static str {
    match state {
        AlertState::Open => "open",
        AlertState::Acknowledged => "acknowledged",
        AlertState::Snoozed => "snoozed",
        AlertState::Resolved => "resolved",
    }
}

#[cfg(test)]
mod tests {
    use super::super::testbed::reader;
    use super::*;

    #[test]
    fn an_alert_that_names_a_restricted_place_names_none_to_a_masked_sight() {
        let reader = reader();
        reader
            .conn()
            .execute_batch(
                "INSERT INTO alerts (id, kind, state, chart, place, subject, opened_at) VALUES
                     (1, 'discrepancy', 'open', 18, 'ER', 'to PSY at 09:00 by the console; at ER by er-1', 3),
                     (2, 'overdue', 'resolved', 18, 'PSY', NULL, 2), (3, 'discrepancy', 'open', 20, 'ER', 'to FILE', 1);
                 INSERT INTO alert_notes VALUES (1, 1, 'user:anna', 5, 'rang PSY'), (2, 2, 'user:anna', 5, 'rang PSY');",
            )
            .unwrap();
        for id in [1, 2] {
            let masked = reader.alert(AlertId(id), Sight::Masked).unwrap();
            assert!(masked.withheld && masked.notes.is_empty());
            assert_eq!(reader.alert(AlertId(id), Sight::Full).unwrap().notes.len(), 1);
            assert_eq!((masked.alert.place, masked.alert.subject, masked.place_name), (None, None, None));
            assert!(reader.alert(AlertId(id), Sight::Full).unwrap().alert.place.is_some());
        }
        assert_eq!(reader.alert(AlertId(3), Sight::Masked).unwrap().alert.subject.as_deref(), Some("to FILE"));
        let page = serde_json::to_string(&reader.chart_detail(ChartNumber(18), Sight::Masked).unwrap()).unwrap();
        assert!(!page.contains("PSY"), "{page}");
    }

    #[test]
    fn live_ones_by_kind_and_age_resolved_ones_apart() {
        let reader = reader();
        reader
            .conn()
            .execute_batch(
                "INSERT INTO alerts (id, kind, state, chart, place, opened_at) VALUES
                     (1, 'overdue', 'open', 18, 'ER', 3), (2, 'missing', 'acknowledged', 17, 'FILE', 2),
                     (3, 'overdue', 'snoozed', 19, 'PSY', 1), (4, 'overdue', 'resolved', 20, 'ER', 1);
                 INSERT INTO alert_notes VALUES (9, 1, 'user:anna', 5, 'rang them');",
            )
            .unwrap();
        let all = |filter: AlertFilter, limit, sight| {
            let mut paging = Paging { limit: Some(limit), cursor: None };
            let mut all = Vec::new();
            loop {
                let page = reader.alerts(&filter, &paging, sight).unwrap();
                all.extend(page.rows);
                paging.cursor = page.next_cursor;
                if paging.cursor.is_none() {
                    return all;
                }
            }
        };
        let list = |state, kind, limit, sight| all(AlertFilter { state, kind, ..AlertFilter::default() }, limit, sight);
        let ids = |rows: Vec<AlertDetail>| rows.iter().map(|row| row.alert.id.0).collect::<Vec<_>>();
        assert_eq!(ids(list(None, None, 1, Sight::Full)), [2, 3, 1]);
        assert_eq!(ids(list(None, Some(AlertKind::Overdue), 50, Sight::Full)), [3, 1]);
        assert_eq!(ids(list(Some(AlertState::Open), None, 50, Sight::Full)), [1]);
        assert_eq!(ids(list(Some(AlertState::Resolved), None, 50, Sight::Full)), [4]);
        let awake = AlertFilter { awake: true, ..AlertFilter::default() };
        assert_eq!(ids(all(awake.clone(), 1, Sight::Full)), [2, 1]);
        reader.conn().execute("UPDATE alerts SET owner = 'anna' WHERE id <> 1", []).unwrap();
        let of = |owner| AlertFilter { owner: Some(owner), ..awake.clone() };
        assert_eq!(ids(all(of(AlertOwner::User("anna".into())), 1, Sight::Full)), [2]);
        assert_eq!(ids(all(of(AlertOwner::Nobody), 1, Sight::Full)), [1]);
        let masked = list(None, Some(AlertKind::Overdue), 50, Sight::Masked);
        assert!(!serde_json::to_string(&masked[0]).unwrap().contains("PSY"));
        assert_eq!(masked[1].notes[0].text, "rang them");
    }
}
