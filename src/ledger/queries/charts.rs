//! One chart and lists of charts.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sight::{shade_alert_row, shade_chart};
use super::{ReadError, Reader, Sight, badge_at, failed, name_at, place_at, some_time_at};
use crate::barcode::{self, ChartNumber, Code, LabelIssue, PlaceCode};
use crate::custody::{ChartView, KnownBy};
use crate::ledger::{AlertRow, PatientId};
use crate::records::shown;

/// As much of a patient as stands beside a chart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PatientBrief {
    /// Medical record number.
    pub mrn: String,
    /// Family name.
    pub last_name: String,
    /// Given names.
    pub first_name: String,
    /// Birth date, where known.
    pub birth_date: Option<Date>,
    /// Administrative sex, where known.
    pub sex: Option<String>,
}

/// A chart in a list: as kiosks show it, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChartRow {
    /// As kiosks show it.
    #[serde(flatten)]
    pub chart: ChartView,
    /// Whose.
    pub patient: PatientBrief,
    /// The patient's internal number, for the access log.
    #[serde(skip)]
    #[schema(ignore)]
    pub patient_id: Option<PatientId>,
    /// The name of where it is filed.
    pub home_name: Option<String>,
    /// That the chart is filed there is itself confidential.
    #[serde(skip)]
    #[schema(ignore)]
    pub home_restricted: bool,
    /// The record type's name.
    pub record_type_name: Option<String>,
    /// The name of where it was last seen.
    pub seen_place_name: Option<String>,
    /// At its place since.
    pub since: Timestamp,
    /// Key on the shelf, by the hospital's filing order; not shown.
    #[serde(skip)]
    #[schema(ignore)]
    pub sort_key: String,
}

/// One chart with all that its page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChartDetail {
    /// As in a list.
    #[serde(flatten)]
    pub row: ChartRow,
    /// Its alerts that are not resolved.
    pub alerts: Vec<AlertRow>,
    /// The newest label issue that was confirmed or scanned.
    pub label_issue: Option<LabelIssue>,
    /// The newest label issue handed to a print job.
    pub label_issued: Option<LabelIssue>,
    /// The text of the present label's barcode.
    pub barcode: Option<String>,
    /// The text that names the chart on slips and screens.
    pub reference: Option<String>,
    /// The same patient's other charts of this record type.
    pub volumes: Vec<ChartRow>,
}

/// What is read for a [`ChartRow`]; a condition follows.
pub(super) const SELECT_CHARTS: &str = "
    SELECT c.number, c.patient, c.record_type, c.volume, c.home, c.retired, c.place, c.holder, c.out_since, c.due_at,
           c.custody, c.missing, p.mrn, p.last_name, p.first_name, p.birth_date, p.sex, p.sort_name,
           t.name AS type_name, h.name AS home_name, l.name AS place_name, s.name AS holder_name,
           seen.name AS seen_name,
           ifnull(h.restricted, 0) AS home_restricted,
           ifnull(t.restricted, 0) OR ifnull(h.restricted, 0) OR ifnull(l.restricted, 0) OR ifnull(seen.restricted, 0)
               AS restricted
    FROM charts c
    JOIN patients p ON p.id = c.patient
    LEFT JOIN record_types t ON t.code = c.record_type
    LEFT JOIN places h ON h.code = c.home
    LEFT JOIN places l ON l.code = c.place
    LEFT JOIN places seen ON seen.code = c.custody ->> 'seen_place'
    LEFT JOIN staff s ON s.badge = c.holder ";

/// For a condition: the chart is not restricted, by the tables that [`SELECT_CHARTS`] reads.
pub(super) const UNRESTRICTED: &str = "
    NOT (ifnull(t.restricted, 0) OR ifnull(h.restricted, 0) OR ifnull(l.restricted, 0) OR ifnull(seen.restricted, 0)) ";

/// The part of `Custody` that has no column of its own.
#[derive(Deserialize)]
struct CustodyPeek {
    known_by: KnownBy,
    since: Timestamp,
    seen_at: Option<Timestamp>,
    seen_place: Option<PlaceCode>,
    missing: Option<MissingPeek>,
}

#[derive(Deserialize)]
struct MissingPeek {
    since: Timestamp,
}

impl Reader {
    /// One chart as in a list.
    pub fn chart(&self, number: ChartNumber, sight: Sight) -> Result<Option<ChartRow>, ReadError> {
        let mut statement = self.conn().prepare_cached(&format!("{SELECT_CHARTS} WHERE c.number = ?1"))?;
        let mut rows = statement.query(params![number.0])?;
        rows.next()?.map(|row| self.chart_row(row, sight)).transpose()
    }

    /// Who had it handed out on its present loan, in words: a person's name or an account's. Nobody where it is not out, or
    /// where no person was signed in.
    pub fn checked_out_by(&self, number: ChartNumber) -> Result<Option<String>, ReadError> {
        let sql = "SELECT e.actor FROM charts c JOIN entries e ON e.seq = c.loan WHERE c.number = ?1";
        let actor: Option<String> =
            self.conn().prepare_cached(sql)?.query_row(params![number.0], |row| row.get(0)).optional()?;
        actor.map_or(Ok(None), |actor| self.person(&actor))
    }

    /// A person as an entry's actor names one: by name, or by account; nobody for devices, kiosks and Outguide itself.
    pub fn person(&self, actor: &str) -> Result<Option<String>, ReadError> {
        match actor.split_once(':') {
            Some(("staff", badge)) => Ok(self.staff_name(badge)?.map(|name| shown(&name))),
            Some(("user", name)) => Ok(Some(name.to_owned())),
            _ => Ok(None),
        }
    }

    /// One chart with its alerts, labels and volumes.
    pub fn chart_detail(&self, number: ChartNumber, sight: Sight) -> Result<ChartDetail, ReadError> {
        self.chart_detail_beside(number, sight, sight)
    }

    /// The same, where the patient's other charts are seen with another sight.
    pub fn chart_detail_beside(
        &self,
        number: ChartNumber,
        sight: Sight,
        others: Sight,
    ) -> Result<ChartDetail, ReadError> {
        let missing = || ReadError::NotFound(format!("there is no chart {number}"));
        let row = self.chart(number, sight)?.ok_or_else(missing)?;
        let mut labels = self.conn().prepare_cached("SELECT issued, on_chart FROM charts WHERE number = ?1")?;
        let (issued, on_chart): (Option<u16>, Option<u16>) =
            labels.query_row(params![number.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let label_issue = on_chart.map(LabelIssue);
        let mut alerts = self.alerts_of_chart(number)?;
        for alert in &mut alerts {
            let restricted = row.chart.restricted || self.alert_names_restricted(alert)?;
            shade_alert_row(alert, restricted, sight);
        }
        let volumes = self.charts_of_patient(&row.chart.mrn, others)?;
        Ok(ChartDetail {
            alerts,
            label_issue,
            label_issued: issued.map(LabelIssue),
            barcode: label_issue.and_then(|issue| barcode::encode(&Code::Chart(number, issue))),
            reference: barcode::encode(&Code::Reference(number)),
            volumes: volumes
                .into_iter()
                .filter(|other| other.chart.record_type == row.chart.record_type && other.chart.number != number)
                .collect(),
            row,
        })
    }

    /// All charts of a patient, by record type and volume.
    pub fn charts_of_patient(&self, mrn: &str, sight: Sight) -> Result<Vec<ChartRow>, ReadError> {
        let sql = format!("{SELECT_CHARTS} WHERE p.mrn = ?1 ORDER BY c.record_type, c.volume LIMIT 1000");
        let mut statement = self.conn().prepare_cached(&sql)?;
        let mut rows = statement.query(params![mrn])?;
        let mut charts = Vec::new();
        while let Some(row) = rows.next()? {
            charts.push(self.chart_row(row, sight)?);
        }
        Ok(charts)
    }

    /// A row of [`SELECT_CHARTS`], shaded.
    pub(super) fn chart_row(&self, row: &Row<'_>, sight: Sight) -> Result<ChartRow, ReadError> {
        let custody: CustodyPeek = serde_json::from_str(row.get_ref("custody")?.as_str().map_err(failed)?)?;
        let mrn: String = row.get("mrn")?;
        let birth_date: Option<String> = row.get("birth_date")?;
        let sort_name: String = row.get("sort_name")?;
        let place = place_at(row, "place")?;
        let of_place = |place| custody.known_by.of_place(place, custody.seen_place.as_ref());
        let chart = ChartView {
            number: ChartNumber(row.get("number")?),
            filing: self.numbering().filing(&mrn),
            record_type: row.get("record_type")?,
            volume: row.get("volume")?,
            home: Some(place_at(row, "home")?.ok_or_else(|| failed("a chart without a home"))?),
            known_by: place.as_ref().map_or(custody.known_by, of_place),
            place,
            place_name: name_at(row, "place_name")?,
            holder: badge_at(row, "holder")?,
            holder_name: name_at(row, "holder_name")?,
            seen_at: custody.seen_at,
            seen_place: custody.seen_place,
            due_at: some_time_at(row, "due_at")?,
            out_since: some_time_at(row, "out_since")?,
            missing_since: custody.missing.map(|case| case.since),
            retired: row.get("retired")?,
            restricted: row.get("restricted")?,
            withheld: false,
            mrn: mrn.clone(),
        };
        let mut row = ChartRow {
            sort_key: self.numbering().sort_key(&mrn, &sort_name),
            chart,
            patient: PatientBrief {
                mrn,
                last_name: shown(&row.get::<_, String>("last_name")?),
                first_name: shown(&row.get::<_, String>("first_name")?),
                birth_date: birth_date.map(|date| date.parse().map_err(failed)).transpose()?,
                sex: row.get("sex")?,
            },
            patient_id: Some(PatientId(row.get::<_, i64>("patient")?.unsigned_abs())),
            home_name: name_at(row, "home_name")?,
            home_restricted: row.get("home_restricted")?,
            record_type_name: name_at(row, "type_name")?,
            seen_place_name: name_at(row, "seen_name")?,
            since: custody.since,
        };
        shade_chart(&mut row, sight);
        Ok(row)
    }
}
