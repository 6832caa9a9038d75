//! Charts seen in a photograph. Their own labels were read; where it was taken is what someone says.

use std::collections::BTreeMap;

use rusqlite::OptionalExtension;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::acting::{Acting, act_on};
use super::super::error::ChangeError;
use super::super::rows;
use super::super::situation;
use super::super::work::Work;
use super::Change;
use super::charts::{key, known_place};
use crate::barcode::{ChartNumber, Code, PlaceCode};
use crate::custody::Act;
use crate::ledger::rows::ChartRecord;

/// Labels that one record may name: each costs the writer a fold.
pub const SIGHTINGS_MAX: usize = 200;

/// The kind of its entry.
const KIND: &str = "charts_sighted";

/// Writes down that charts were seen at a place. Custody is left alone, as by any sighting.
#[derive(Debug, Clone)]
pub struct RecordSightings {
    /// The entry's id, made by who asks: asked again, nothing more is written.
    pub id: Uuid,
    /// Where the photograph was taken, as someone says.
    pub place: PlaceCode,
    /// What was read on the charts.
    pub labels: Vec<String>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighted {
    /// The entry.
    pub seq: u64,
    /// It was written before; this is its answer again.
    pub duplicate: bool,
    /// The charts, by number.
    pub charts: Vec<ChartNumber>,
}

impl Change for RecordSightings {
    type Made = Sighted;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        if self.labels.is_empty() || self.labels.len() > SIGHTINGS_MAX {
            let text = format!("name 1 to {SIGHTINGS_MAX} labels");
            return Err(ChangeError::refused("refuse_when_labels_are_too_many", Some("labels"), text));
        }
        let charts = self.labels.iter().map(|label| on_label(work, label));
        let charts: BTreeMap<ChartNumber, ChartRecord> =
            charts.map(|chart| chart.map(|chart| (chart.number, chart))).collect::<Result<_, _>>()?;
        let numbers: Vec<ChartNumber> = charts.keys().copied().collect();
        let change = json!({ "place": self.place, "charts": numbers });
        if let Some(seq) = written_before(work, self.id, &change)? {
            return Ok(Sighted { seq, duplicate: true, charts: numbers });
        }
        known_place(work, &self.place, "place")?;
        let (now, by) = (work.now(), work.actor());
        let mut effects = Vec::new();
        for chart in charts.into_values() {
            let key = key(work).behind(&chart.custody.last, now);
            let act = Act::Sighted { place: self.place.clone(), asserted: true };
            let acting = Acting { by: &by, now };
            effects.extend(act_on(work.store, chart.number, Some(&chart.custody), &key, act, &acting)?);
        }
        let seq = work.record_as(self.id, KIND, change, effects)?;
        Ok(Sighted { seq, duplicate: false, charts: numbers })
    }
}

/// The one chart on which this label is. A reference names a chart and shows nothing.
fn on_label(work: &mut Work<'_>, label: &str) -> Result<ChartRecord, ChangeError> {
    let refused = |rule, text: String| ChangeError::refused(rule, Some("labels"), text);
    let read = work.store.fixed.codes.read(label, None);
    let code = situation::understand(work.conn(), read, label)?;
    if !matches!(code, Code::Chart(..) | Code::Legacy(_)) {
        let text = "one of these is no chart's own label: only a label on the chart itself shows that it was there";
        return Err(refused("refuse_when_code_is_no_chart_label", text.into()));
    }
    let mut fitting = situation::fitting(work.store, &code)?;
    match (fitting.pop(), fitting.is_empty()) {
        (Some(chart), true) => Ok(chart),
        (Some(_), false) => {
            let text = "one of these labels fits several charts: scan it at a kiosk and choose";
            Err(refused("refuse_when_label_fits_several", text.into()))
        }
        (None, _) => Err(refused("refuse_when_chart_is_unknown", "one of these labels is of no chart here".into())),
    }
}

/// The entry that has this id already, where it says the same.
fn written_before(work: &Work<'_>, id: Uuid, change: &Value) -> Result<Option<u64>, ChangeError> {
    let sql = "SELECT seq, kind, actor, json_extract(body, '$.change') FROM main.entries WHERE id = ?";
    let found = work.conn().prepare_cached(sql)?.query_row([id.to_string()], |row| {
        let kind: String = row.get(1)?;
        // Other kinds of entries have other changes, or none.
        let said = if kind == KIND { Some(rows::json::<Value>(row, 3)?) } else { None };
        Ok((row.get::<_, u64>(0)?, row.get::<_, String>(2)?, said))
    });
    match found.optional()? {
        None => Ok(None),
        Some((seq, actor, Some(said))) if said == *change && actor == work.actor() => Ok(Some(seq)),
        Some(_) => Err(ChangeError::clash("id", "this id was used before for something else: make a new one")),
    }
}
