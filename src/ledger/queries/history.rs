//! One chart's history: every entry that names it, newest first.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sight::shade_history;
use super::{Page, Paging, ReadError, Reader, Sight, bad_cursor, time_at};
use crate::barcode::{ChartNumber, PlaceCode};
use crate::custody::{Act, Rule, Tone, Verdict, VerdictKind};
use crate::ledger::PrintJobId;
use crate::records::shown;

/// A queued scan that arrives later than this after it was made is shown as late.
pub const LATE_AFTER_SECONDS: i64 = 10;

/// One row of a chart's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HistoryRow {
    /// The entry.
    pub seq: u64,
    /// Its kind.
    pub kind: String,
    /// When it happened.
    pub at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Who, as the entry has it.
    pub actor: Option<String>,
    /// That person's or account's name.
    pub actor_name: Option<String>,
    /// At which kiosk.
    pub kiosk: Option<String>,
    /// That kiosk's name.
    pub kiosk_name: Option<String>,
    /// Read by which scanner.
    pub device: Option<String>,
    /// The place it is about.
    pub place: Option<PlaceCode>,
    /// That place's name.
    pub place_name: Option<String>,
    /// How it looked at the kiosk.
    pub tone: Option<Tone>,
    /// The rule that refused.
    pub rule: Option<Rule>,
    /// The print job of which this is a step: its steps belong together on a screen.
    pub print_job: Option<PrintJobId>,
    /// In words.
    pub text: String,
    /// Was it queued by a kiosk and arrived late?
    pub late: bool,
    /// Where and who were left out, because the one who asks may not see them.
    pub withheld: bool,
}

const SELECT_HISTORY: &str = "
    SELECT h.effective_at, h.queue_seq, h.seq, h.act, e.kind, e.kiosk, e.device, e.actor,
           e.recorded_at,
           CASE WHEN e.kiosk IS NULL THEN NULL ELSE json_extract(e.body, '$.outcome.verdict') END AS verdict,
           CASE WHEN e.kind GLOB 'print_job_*' OR e.kind = 'paper_queued' THEN json_extract(e.body, '$.change.print_job')
                WHEN e.kind IN ('labels_queued', 'print_batch_queued') THEN (
                    SELECT x.value ->> 'id' FROM json_each(e.body, '$.effects') x
                    WHERE x.value ->> 'effect' = 'print_job_set' AND (x.value ->> 'chart' = h.chart OR EXISTS (
                        SELECT 1 FROM json_each(x.value, '$.labels') l WHERE l.value ->> 'chart' = h.chart)) LIMIT 1)
           END AS print_job
    FROM chart_history h JOIN entries e ON e.seq = h.seq WHERE h.chart = ?1 ";

impl Reader {
    /// A chart's history, newest first. The chart must exist.
    pub fn chart_history(
        &self,
        number: ChartNumber,
        paging: &Paging,
        sight: Sight,
    ) -> Result<Page<HistoryRow>, ReadError> {
        let chart = self.chart(number, Sight::Full)?;
        let chart = chart.ok_or_else(|| ReadError::NotFound(format!("there is no chart {number}")))?;
        let mut names = Names::new(self);
        // A cursor is the entry's number and nothing else: the kiosk of a row may be withheld.
        let (at, queue_seq, seq, kiosk) = match paging.number()? {
            Some(seq) => self.history_key(number, seq)?.ok_or_else(bad_cursor)?,
            None => (i64::MAX, i64::MAX, i64::MAX, String::new()),
        };
        let sql = format!(
            "{SELECT_HISTORY} AND (h.effective_at, h.kiosk, h.queue_seq, h.seq) < (?2, ?3, ?4, ?5)
             ORDER BY h.effective_at DESC, h.kiosk DESC, h.queue_seq DESC, h.seq DESC LIMIT ?6"
        );
        let mut statement = self.conn().prepare_cached(&sql)?;
        let mut rows = statement.query(params![number.0, at, kiosk, queue_seq, seq, paging.fetch()])?;
        let mut history = Vec::new();
        while let Some(row) = rows.next()? {
            let mut line = history_row(row, &mut names)?;
            let there = line.kiosk.as_deref().and_then(|kiosk| names.kiosk_place(kiosk));
            let restricted =
                chart.chart.restricted || names.restricted(line.place.as_ref())? || names.restricted(there.as_ref())?;
            shade_history(&mut line, restricted, sight);
            history.push(line);
        }
        Ok(Page::cut(history, paging.limit(), |line| line.seq.to_string()))
    }

    /// Where an entry stands in a chart's history.
    fn history_key(&self, number: ChartNumber, seq: i64) -> Result<Option<(i64, i64, i64, String)>, ReadError> {
        let sql = "SELECT effective_at, queue_seq, seq, kiosk FROM chart_history WHERE chart = ?1 AND seq = ?2";
        let key = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
        Ok(self.conn().prepare_cached(sql)?.query_row(params![number.0, seq], key).optional()?)
    }
}

fn history_row(row: &Row<'_>, names: &mut Names<'_>) -> Result<HistoryRow, ReadError> {
    let act: Option<String> = row.get("act")?;
    let act: Option<Act> = act.map(|text| serde_json::from_str(&text)).transpose()?;
    let verdict: Option<String> = row.get("verdict")?;
    let verdict: Option<Verdict> = verdict.map(|text| serde_json::from_str(&text)).transpose()?;
    let kind: String = row.get("kind")?;
    let actor: String = row.get("actor")?;
    let kiosk: Option<String> = row.get("kiosk")?;
    let (at, recorded_at) = (time_at(row, "effective_at")?, time_at(row, "recorded_at")?);
    let place = place_of(act.as_ref(), verdict.as_ref()).cloned();
    let place_name = place.as_ref().map(|place| names.place(place)).transpose()?.flatten();
    let holder = holder_of(act.as_ref()).map(|badge| names.person(&format!("staff:{badge}"))).transpose()?.flatten();
    let where_to = place_name.clone().or_else(|| place.as_ref().map(ToString::to_string));
    Ok(HistoryRow {
        seq: row.get::<_, i64>("seq")?.unsigned_abs(),
        text: text_of(&kind, act.as_ref(), verdict.as_ref(), where_to.as_deref(), holder.as_deref()),
        actor_name: names.person(&actor)?,
        kiosk_name: kiosk.as_deref().and_then(|kiosk| names.kiosk(kiosk)),
        actor: Some(actor),
        kiosk,
        device: row.get("device")?,
        print_job: row.get::<_, Option<i64>>("print_job")?.map(|id| PrintJobId(id.unsigned_abs())),
        place,
        place_name,
        tone: verdict.as_ref().map(|verdict| verdict.tone),
        rule: verdict.as_ref().and_then(|verdict| verdict.rule),
        late: row.get::<_, i64>("queue_seq")? > 0 && recorded_at.duration_since(at).as_secs() > LATE_AFTER_SECONDS,
        kind,
        at,
        recorded_at,
        withheld: false,
    })
}

fn place_of<'a>(act: Option<&'a Act>, verdict: Option<&'a Verdict>) -> Option<&'a PlaceCode> {
    let of_act = match act {
        Some(Act::Registered { place, .. } | Act::Received { place, .. } | Act::Sighted { place, .. }) => Some(place),
        Some(Act::CheckedOut { to, .. }) => Some(to),
        Some(Act::ReportedFound { place, .. } | Act::Undone { place, .. }) => place.as_ref(),
        Some(Act::ReportedMissing { seen }) => seen.as_ref(),
        Some(Act::Renewed { .. }) | None => None,
    };
    of_act.or_else(|| verdict.and_then(|verdict| verdict.place.as_ref()))
}

fn holder_of(act: Option<&Act>) -> Option<&crate::barcode::BadgeNumber> {
    match act {
        Some(Act::Registered { holder, .. } | Act::CheckedOut { holder, .. }) => holder.as_ref(),
        _ => None,
    }
}

/// What happened, as the timeline says it. Who, when and at which kiosk have columns of their own.
fn text_of(
    kind: &str,
    act: Option<&Act>,
    verdict: Option<&Verdict>,
    place: Option<&str>,
    holder: Option<&str>,
) -> String {
    let place = place.unwrap_or("an unknown place");
    let with = holder.map_or_else(String::new, |holder| format!(", with {holder}"));
    if verdict.is_some_and(|verdict| verdict.kind == VerdictKind::Refused) {
        return match act {
            Some(Act::Sighted { .. }) => format!("Refused; seen at {place}"),
            _ => "Refused".to_owned(),
        };
    }
    match act {
        Some(Act::Registered { .. }) => format!("Registered at {place}{with}"),
        Some(Act::CheckedOut { home: true, .. }) => format!("Sent home to {place}"),
        Some(Act::CheckedOut { .. }) => format!("Checked out to {place}{with}"),
        Some(Act::Received { home: true, .. }) => format!("Returned to {place}"),
        Some(Act::Received { .. }) => format!("Received at {place}"),
        Some(Act::Sighted { asserted: false, .. }) => format!("Seen at {place}"),
        Some(Act::Sighted { .. }) => format!("Seen in a photograph said to be of {place}"),
        Some(Act::ReportedMissing { seen: None }) => "Reported missing".to_owned(),
        Some(Act::ReportedMissing { .. }) => format!("Reported missing; its label was read at {place}"),
        Some(Act::ReportedFound { place: None, .. }) => "Reported found".to_owned(),
        Some(Act::ReportedFound { .. }) => format!("Reported found at {place}"),
        Some(Act::Renewed { .. }) => "Loan renewed".to_owned(),
        Some(Act::Undone { .. }) => "Last change undone".to_owned(),
        None => words_of(kind),
    }
}

/// An entry's kind as a sentence: `label_queued` is "Label queued".
fn words_of(kind: &str) -> String {
    let text = kind.replace('_', " ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Names looked up once for each page.
struct Names<'a> {
    reader: &'a Reader,
    places: HashMap<PlaceCode, Option<(String, bool)>>,
    people: HashMap<String, Option<String>>,
}

impl<'a> Names<'a> {
    fn new(reader: &'a Reader) -> Names<'a> {
        Names { reader, places: HashMap::new(), people: HashMap::new() }
    }

    fn known(&mut self, code: &PlaceCode) -> Result<Option<&(String, bool)>, ReadError> {
        if !self.places.contains_key(code) {
            let place = self.reader.place(code)?.map(|place| (shown(&place.name), place.restricted));
            self.places.insert(code.clone(), place);
        }
        Ok(self.places.get(code).and_then(Option::as_ref))
    }

    fn place(&mut self, code: &PlaceCode) -> Result<Option<String>, ReadError> {
        Ok(self.known(code)?.map(|(name, _)| shown(name)))
    }

    fn restricted(&mut self, code: Option<&PlaceCode>) -> Result<bool, ReadError> {
        let Some(code) = code else { return Ok(false) };
        Ok(self.known(code)?.is_some_and(|(_, restricted)| *restricted))
    }

    fn person(&mut self, actor: &str) -> Result<Option<String>, ReadError> {
        if let Some(known) = self.people.get(actor) {
            return Ok(known.clone());
        }
        let name = match actor.split_once(':') {
            Some(("staff", badge)) => self.reader.staff_name(badge)?.map(|name| shown(&name)),
            Some((_, name)) => Some(name.to_owned()),
            None => Some("Outguide".to_owned()),
        };
        self.people.insert(actor.to_owned(), name.clone());
        Ok(name)
    }

    /// Where the kiosk stands: what was scanned there was there.
    fn kiosk_place(&self, id: &str) -> Option<PlaceCode> {
        self.reader.kiosks().get(id).map(|known| known.kiosk.place.clone())
    }

    fn kiosk(&self, id: &str) -> Option<String> {
        self.reader.kiosks().get(id).map(|known| known.kiosk.name.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testbed::{at, reader};
    use super::*;

    fn entry(reader: &Reader, chart: u32, seq: i64, kiosk: Option<&str>, queue_seq: i64, act: Option<Act>, body: &str) {
        let (when, recorded) = (at(seq).as_microsecond(), at(seq + 60).as_microsecond());
        reader
            .conn()
            .execute(
                "INSERT INTO entries VALUES (?1, ?2, 'checked_out', ?3, NULL, 'staff:77', NULL, ?4, ?5, 1, ?6, x'00', x'01')",
                params![seq, format!("id-{seq}"), kiosk, when, recorded, body],
            )
            .unwrap();
        let act = act.map(|act| serde_json::to_string(&act).unwrap());
        reader
            .conn()
            .execute(
                "INSERT INTO chart_history VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![chart, when, kiosk.unwrap_or(""), queue_seq, seq, act],
            )
            .unwrap();
    }

    fn out_to(place: &str) -> Option<Act> {
        let to = PlaceCode::new(place).unwrap();
        Some(Act::CheckedOut { to, holder: None, due_at: None, home: false, seen_at: None, same_loan: false })
    }

    #[test]
    fn newest_first_in_words_and_paged() {
        let reader = reader();
        let refused =
            r#"{"outcome":{"verdict":{"kind":"refused","tone":"refused","rule":"refuse_when_chart_is_retired"}}}"#;
        entry(&reader, 17, 5, Some("er-1"), 0, out_to("ER"), "{}");
        entry(&reader, 17, 6, Some("er-1"), 3, out_to("PSY"), "{}");
        entry(
            &reader,
            17,
            7,
            Some("er-1"),
            0,
            Some(Act::Sighted { place: PlaceCode::new("ER").unwrap(), asserted: false }),
            refused,
        );
        entry(&reader, 17, 8, None, 0, None, "{}");
        let mut paging = Paging { limit: Some(3), cursor: None };
        let page = reader.chart_history(ChartNumber(17), &paging, Sight::Full).unwrap();
        let texts: Vec<&str> = page.rows.iter().map(|row| row.text.as_str()).collect();
        assert_eq!(texts, ["Checked out", "Refused; seen at Emergency", "Checked out to Psychiatry"]);
        assert_eq!(page.rows[1].rule, Some(Rule::RefuseWhenChartIsRetired));
        assert_eq!(page.rows[1].actor_name.as_deref(), Some("Rosa Diaz"));
        assert!(page.rows[2].late && !page.rows[1].late);
        paging.cursor = page.next_cursor;
        let rest = reader.chart_history(ChartNumber(17), &paging, Sight::Full).unwrap();
        assert_eq!(rest.rows.iter().map(|row| row.seq).collect::<Vec<_>>(), [5]);
        assert_eq!(rest.next_cursor, None);

        let masked = reader.chart_history(ChartNumber(17), &Paging::default(), Sight::Masked).unwrap();
        assert!(masked.rows[2].withheld && masked.rows[2].place.is_none() && !masked.rows[1].withheld);
        assert!(!serde_json::to_string(&masked.rows[2]).unwrap().contains("Psychiatry"));
        assert!(matches!(reader.chart_history(ChartNumber(999), &paging, Sight::Full), Err(ReadError::NotFound(_))));
    }
}
