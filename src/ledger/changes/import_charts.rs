//! Charts of an import: the same checks as at the console, and one judgement for the import and its dry run.

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::json;

use super::super::error::{ChangeError, Refusal};
use super::super::register::Register;
use super::super::rows::{self, ChartRecord};
use super::super::work::Work;
use super::super::{Effect, PatientId};
use super::charts::{self, ChartRegistration, refused};
use super::import_runs::{self, ImportRun};
use super::imports::{RowOutcome, begun, count, enough, finished_with};
use super::{Change, patients};
use crate::barcode::{self, BadgeNumber, ChartNumber, PlaceCode};
use crate::custody::Act;

/// A row of charts.csv. With a `place` other than `home` the chart is out; with a `holder` and no `place` it is out at the
/// holder's own place. `holder` or `out_since` of a chart that is not out is a fault.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs, reason = "the contract's columns")]
pub struct ChartRow {
    pub mrn: String,
    pub record_type: String,
    pub volume: u16,
    pub home: PlaceCode,
    pub place: Option<PlaceCode>,
    pub holder: Option<BadgeNumber>,
    pub out_since: Option<Timestamp>,
    pub legacy_barcode: Option<String>,
}

/// A chunk of charts; one outcome for each row, in order.
#[derive(Debug, Clone)]
pub struct ImportCharts {
    /// At most [`IMPORT_CHUNK_ROWS`](super::IMPORT_CHUNK_ROWS).
    pub rows: Vec<ChartRow>,
    /// The run that the chunk belongs to, where it is one.
    pub run: Option<ImportRun>,
}

impl Change for ImportCharts {
    type Made = Vec<RowOutcome>;
    const BACKGROUND: bool = true;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let (mut outcomes, mut effects) = begun(&self.rows)?;
        let mut named = HashSet::new();
        let first = work.store.next.chart;
        for row in self.rows {
            if enough(work, &outcomes) {
                break;
            }
            outcomes.push(chart_row(work, row, &mut named, &mut effects).or_else(refused_row)?);
        }
        let change = match &self.run {
            Some(run) if !effects.is_empty() => {
                let last = work.store.next.chart - 1;
                let new = (first <= last).then_some((ChartNumber(first), ChartNumber(last)));
                let counts = (count(&outcomes, &RowOutcome::Added), count(&outcomes, &RowOutcome::Changed));
                let (of_run, change) = import_runs::chunk(work, run, new, counts)?;
                effects.extend(of_run);
                change
            }
            _ => json!({}),
        };
        finished_with(work, "charts_imported", outcomes, effects, change)
    }
}

/// A row that a rule refuses is an outcome; anything else ends the chunk.
pub(in crate::ledger) fn refused_row(error: ChangeError) -> Result<RowOutcome, ChangeError> {
    match error {
        ChangeError::Refused(Refusal { field: Some(field), text, .. }) => Ok(RowOutcome::Rejected { field, text }),
        error => Err(error),
    }
}

/// What a row comes to. The columns after `home` say how things stood on the day of the change-over: they are taken
/// with a new chart, and left alone for one that is known, because what was scanned since is better evidence than the
/// list.
pub(in crate::ledger) enum Judged {
    /// A new chart of this patient, registered by this act.
    New(PatientId, Act),
    /// A chart that is known, as it is now.
    Known(Box<ChartRecord>),
}

/// Judges a row by what is known; a refusal names the field.
pub(in crate::ledger) fn judge(register: &mut impl Register, row: &ChartRow) -> Result<Judged, ChangeError> {
    let mrn = row.mrn.trim();
    let Some((patient, (of, _))) = rows::patient(register.conn(), mrn)? else {
        let former = patients::former_mrn(register.conn(), mrn)?;
        let text = former.unwrap_or_else(|| format!("there is no patient {mrn}: import patients first"));
        return Err(refused("refuse_when_patient_is_unknown", "mrn", text));
    };
    charts::in_range(row.volume)?;
    all_known(register, row)?;
    if let Some(before) = rows::chart_of(register.conn(), patient, &row.record_type, row.volume)? {
        if before.home != row.home {
            charts::known_place(register, &row.home, "home")?;
        }
        return Ok(Judged::Known(Box::new(before)));
    }
    charts::active_patient(&of)?;
    charts::known_record_type(register, &row.record_type)?;
    charts::known_place(register, &row.home, "home")?;
    Ok(Judged::New(patient, registration(register, row)?))
}

/// Is everything there that the row names?
fn all_known(register: &mut impl Register, row: &ChartRow) -> Result<(), ChangeError> {
    if register.record_type(&row.record_type)?.is_none() {
        let text = format!("there is no record type {}: add it in the console first", row.record_type);
        return Err(refused("refuse_when_record_type_is_unknown", "record_type", text));
    }
    for (field, code) in [("home", Some(&row.home)), ("place", row.place.as_ref())] {
        if let Some(code) = code
            && register.place(code)?.is_none()
        {
            let text = format!("there is no place {code}: import places first");
            return Err(refused("refuse_when_place_is_unknown", field, text));
        }
    }
    if let Some(badge) = &row.holder
        && register.staff(badge)?.is_none()
    {
        let text = format!("there is no badge {badge}: import staff first");
        return Err(refused("refuse_when_badge_is_unknown", "holder_badge", text));
    }
    if row.out_since.is_some_and(|since| since > register.now()) {
        return Err(refused("refuse_when_time_is_in_the_future", "out_since", "that time is in the future"));
    }
    Ok(())
}

/// A chart whose place is not its home comes in as out.
fn registration(register: &mut impl Register, row: &ChartRow) -> Result<Act, ChangeError> {
    let Some(place) = place_out(register, row)? else {
        return Ok(Act::Registered { place: row.home.clone(), holder: None, out_since: None, due_at: None });
    };
    let place = charts::known_place(register, &place, "place")?;
    if let Some(badge) = &row.holder {
        charts::known_holder(register, badge, "holder_badge")?;
    }
    let since = row.out_since.unwrap_or(register.now());
    let due_at = charts::due(since, &place);
    Ok(Act::Registered { place: place.code.clone(), holder: row.holder.clone(), out_since: Some(since), due_at })
}

/// Where a chart is that is out. A row that says so without saying where is refused: nobody would know who has it.
fn place_out(register: &mut impl Register, row: &ChartRow) -> Result<Option<PlaceCode>, ChangeError> {
    const RULE: &str = "refuse_when_place_is_not_given";
    let home = &row.home;
    match (&row.place, &row.holder) {
        (Some(place), _) if place != home => Ok(Some(place.clone())),
        (Some(_), Some(_)) => {
            let text =
                format!("place is its home {home}, where nobody has it: give the place it is out at, or no holder");
            Err(refused(RULE, "holder_badge", text))
        }
        (None, Some(badge)) => {
            let own = register.staff(badge)?.and_then(|staff| staff.place.clone()).filter(|own| own != home);
            let text = || format!("badge {badge} has no place of its own but {home}: give the place it is out at");
            own.map(Some).ok_or_else(|| refused(RULE, "holder_badge", text()))
        }
        (_, None) if row.out_since.is_some() => {
            let text = format!("it is not out at its home {home}: give the place it is out at, or no time");
            Err(refused(RULE, "out_since", text))
        }
        (_, None) => Ok(None),
    }
}

/// Puts what a row does to the effects. Those of the rows before it are not in the tables yet.
fn chart_row(
    work: &mut Work<'_>,
    row: ChartRow,
    named: &mut HashSet<(PatientId, String, u16)>,
    effects: &mut Vec<Effect>,
) -> Result<RowOutcome, ChangeError> {
    let judged = judge(work, &row)?;
    let patient = match &judged {
        Judged::New(patient, _) => *patient,
        Judged::Known(before) => before.patient,
    };
    if !named.insert((patient, row.record_type.clone(), row.volume)) {
        let text = "the same chart stands twice in this part of the file";
        return Err(refused("refuse_when_chart_stands_twice", "volume", text));
    }
    match judged {
        Judged::Known(before) => {
            let after = ChartRecord { home: row.home, ..ChartRecord::clone(&before) };
            let aliased = remember_barcode(work, &row.legacy_barcode, before.number.0)?;
            if after == *before {
                return Ok(if aliased { RowOutcome::Changed } else { RowOutcome::Unchanged });
            }
            effects.push(after.set());
            effects.extend(charts::rehomed(work, &before, &after.home)?);
            Ok(RowOutcome::Changed)
        }
        Judged::New(patient, act) => {
            let ChartRow { record_type, volume, home, .. } = row;
            let (number, made) = charts::register(work, ChartRegistration { patient, record_type, volume, home }, act)?;
            effects.extend(made);
            remember_barcode(work, &row.legacy_barcode, number.0)?;
            Ok(RowOutcome::Added)
        }
    }
}

/// Remembers what the chart's old label says; true when it was not known.
fn remember_barcode(work: &Work<'_>, text: &Option<String>, chart: u32) -> Result<bool, ChangeError> {
    let Some(text) = text.as_deref().map(barcode::clean).filter(|text| !text.is_empty()) else { return Ok(false) };
    let sql = "INSERT OR IGNORE INTO main.legacy_barcodes (text, chart) VALUES (?, ?)";
    Ok(work.conn().prepare_cached(sql)?.execute(rusqlite::params![text, chart])? == 1)
}
