//! Entries as they were announced, for a client that comes back with the last number it saw.

use rusqlite::params;
use serde::Deserialize;

use super::{ReadError, Reader, time_at};
use crate::barcode::{ChartNumber, PlaceCode};
use crate::ledger::{Effect, Published};

/// The most entries read again at once; who missed more is told to read everything anew.
const RESUME_MAX: i64 = 1_000;
/// Bodies longer than this are import chunks: their effects are not announced one by one.
const BODY_MAX_BYTES: i64 = 64 * 1024;

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    scan: Option<ScanPeek>,
    #[serde(default)]
    outcome: Option<OutcomePeek>,
    #[serde(default)]
    effects: Vec<Effect>,
}

#[derive(Deserialize)]
struct ScanPeek {
    #[serde(default)]
    lane: Option<String>,
}

#[derive(Deserialize)]
struct OutcomePeek {
    verdict: VerdictPeek,
}

#[derive(Deserialize)]
struct VerdictPeek {
    #[serde(default)]
    chart: Option<ChartNumber>,
    #[serde(default)]
    place: Option<PlaceCode>,
}

impl Reader {
    /// Entries after `seq`, oldest first, without receipts; at most `limit` (a thousand).
    pub fn published_since(&self, seq: u64, limit: usize) -> Result<Vec<Published>, ReadError> {
        let sql = "SELECT seq, kind, recorded_at, kiosk, device, actor,
                          CASE WHEN octet_length(body) <= ?2 THEN body ELSE '{}' END AS body
                   FROM entries WHERE seq > ?1 ORDER BY seq LIMIT ?3";
        let after = i64::try_from(seq).unwrap_or(i64::MAX);
        let limit = i64::try_from(limit).unwrap_or(RESUME_MAX).min(RESUME_MAX);
        let mut statement = self.conn().prepare_cached(sql)?;
        let mut rows = statement.query(params![after, BODY_MAX_BYTES, limit])?;
        let mut published = Vec::new();
        while let Some(row) = rows.next()? {
            let body: Body = serde_json::from_str(row.get_ref("body")?.as_str().map_err(super::failed)?)?;
            let mut event = Published {
                seq: row.get::<_, i64>("seq")?.unsigned_abs(),
                kind: row.get("kind")?,
                at: time_at(row, "recorded_at")?,
                kiosk: row.get("kiosk")?,
                lane: body.scan.and_then(|scan| scan.lane),
                device: row.get("device")?,
                actor: row.get("actor")?,
                chart: None,
                places: Vec::new(),
                alert: None,
                print_job: None,
                receipt: None,
                restricted: false,
            };
            if let Some(outcome) = body.outcome {
                event.chart = outcome.verdict.chart;
                event.places.extend(outcome.verdict.place);
            }
            let mut named: Vec<PlaceCode> = body.effects.iter().flat_map(Effect::places).collect();
            body.effects.into_iter().for_each(|effect| add(&mut event, effect));
            named.extend(event.places.iter().cloned());
            for place in named {
                event.restricted |= self.place(&place)?.is_some_and(|place| place.restricted);
            }
            published.push(event);
        }
        Ok(published)
    }
}

fn add(event: &mut Published, effect: Effect) {
    let (chart, place) = match effect {
        Effect::ChartSet { chart, home, .. } => (Some(chart), Some(home)),
        Effect::Acted { chart, custody, .. } => {
            if let Some(undo) = &custody.undo {
                event.places.push(undo.before.place.clone());
            }
            (Some(chart), Some(custody.into_inner().place))
        }
        Effect::LabelIssueSet { chart, .. } => (Some(chart), None),
        Effect::RowSet { .. }
        | Effect::PrintBatchSet(_)
        | Effect::PrintBatchCharts { .. }
        | Effect::PrinterStockSet(_)
        | Effect::ImportRunSet(_)
        | Effect::ImportRunCharts { .. } => (None, None),
        Effect::AlertSet(alert) => {
            let at = (alert.chart, alert.place.clone());
            event.alert = Some(alert);
            at
        }
        Effect::PrintJobSet(job) => {
            let chart = job.subject.charts().first().copied();
            event.print_job = Some(job);
            (chart, None)
        }
    };
    event.chart = event.chart.or(chart);
    event.places.extend(place);
    event.places.sort();
    event.places.dedup();
}
