//! Charts of an import: the same checks as at the console, and one judgement for the import and its dry run.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;

use super::super::error::{ChangeError, Refusal};
use super::super::legacy::{self, LegacyBarcode};
use super::super::register::Register;
use super::super::rows::{self, ChartRecord, Versioned};
use super::super::work::Work;
use super::super::{Effect, PatientId};
use super::charts::{self, ChartRegistration, refused};
use super::import_runs::{self, ImportRun};
use super::imports::{RowOutcome, begun, count, enough, finished_with};
use super::{Change, patients, versioned};
use crate::barcode::{self, BadgeNumber, ChartNumber, PlaceCode};
use crate::custody::Act;

/// A row of charts.csv. With a `place` other than `home` the chart is out; with a `holder` and no `place` it is out at the
/// holder's own place. `holder` or `out_since` of a chart that is not out is a fault.
/// `legacy_barcode` replaces the one that the chart has; `-` takes it away.
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

/// In the column `legacy_barcode`: the chart has none any more.
const NO_BARCODE: &str = "-";

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
        let mut chunk = InChunk::default();
        let first = work.store.next.chart;
        for row in self.rows {
            if enough(work, &outcomes) {
                break;
            }
            outcomes.push(chart_row(work, row, &mut chunk, &mut effects).or_else(refused_row)?);
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

/// What the rows of a chunk come to before they are in the tables.
#[derive(Default)]
pub(in crate::ledger) struct InChunk {
    named: HashSet<(PatientId, String, u16)>,
    /// The patients of charts that were given a barcode.
    having: HashMap<ChartNumber, PatientId>,
}

/// What a row comes to. The columns from `place` to `out_since` say how things stood on the day of the change-over: they
/// are taken with a new chart, and left alone for one that is known, because what was scanned since is better evidence
/// than the list.
pub(in crate::ledger) struct Judged {
    patient: PatientId,
    chart: Registered,
    /// The row gives the chart an old barcode that it has not, or takes the one that it has away.
    barcode: Option<BarcodeChange>,
}

enum Registered {
    /// It is new, and registered by this act.
    New(Act),
    /// It is known, as it is now.
    Known(Box<ChartRecord>),
}

struct BarcodeChange {
    text: Option<String>,
    before: Option<Versioned<LegacyBarcode>>,
}

impl Judged {
    /// What becomes of the row.
    pub fn outcome(&self, row: &ChartRow) -> RowOutcome {
        match &self.chart {
            Registered::New(_) => RowOutcome::Added,
            Registered::Known(before) if before.home == row.home && self.barcode.is_none() => RowOutcome::Unchanged,
            Registered::Known(_) => RowOutcome::Changed,
        }
    }
}

/// Judges a row by what is known; a refusal names the field.
pub(in crate::ledger) fn judge(
    register: &mut impl Register,
    row: &ChartRow,
    chunk: &InChunk,
) -> Result<Judged, ChangeError> {
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
        let barcode = barcode_change(register.conn(), row, (patient, Some(before.number)), chunk)?;
        return Ok(Judged { patient, chart: Registered::Known(Box::new(before)), barcode });
    }
    charts::active_patient(&of)?;
    charts::known_record_type(register, &row.record_type)?;
    charts::known_place(register, &row.home, "home")?;
    let barcode = barcode_change(register.conn(), row, (patient, None), chunk)?;
    Ok(Judged { patient, chart: Registered::New(registration(register, row)?), barcode })
}

/// What the row's old barcode changes. The charts of one patient may share one, as where a hospital's labels carry the
/// MRN alone. Of two patients' charts it would bring up both for ever, and the import cannot tell whose it is.
fn barcode_change(
    conn: &Connection,
    row: &ChartRow,
    (patient, chart): (PatientId, Option<ChartNumber>),
    chunk: &InChunk,
) -> Result<Option<BarcodeChange>, ChangeError> {
    let Some(given) = row.legacy_barcode.as_deref().map(barcode::clean).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let text = Some(given).filter(|text| *text != NO_BARCODE);
    let before = chart.map_or(Ok(None), |chart| legacy::legacy_barcode(conn, chart))?;
    if before.as_ref().and_then(|(before, _)| before.text.as_deref()) == text {
        return Ok(None);
    }
    if let Some(text) = text
        && let Some(other) = legacy::of_another_patient(conn, text, patient, &chunk.having)?
    {
        let text = format!(
            "{text} is on another patient's chart {other}: first import that chart's row with its own, or with \
             {NO_BARCODE} for none"
        );
        return Err(refused("refuse_when_barcode_is_another_patients", "legacy_barcode", text));
    }
    Ok(Some(BarcodeChange { text: text.map(str::to_owned), before }))
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

/// Puts what a row does to the effects.
fn chart_row(
    work: &mut Work<'_>,
    row: ChartRow,
    chunk: &mut InChunk,
    effects: &mut Vec<Effect>,
) -> Result<RowOutcome, ChangeError> {
    let judged = judge(work, &row, chunk)?;
    if !chunk.named.insert((judged.patient, row.record_type.clone(), row.volume)) {
        let text = "the same chart stands twice in this part of the file";
        return Err(refused("refuse_when_chart_stands_twice", "volume", text));
    }
    let outcome = judged.outcome(&row);
    let Judged { patient, chart, barcode } = judged;
    let number = match chart {
        Registered::Known(before) => {
            if before.home != row.home {
                effects.push(ChartRecord { home: row.home.clone(), ..ChartRecord::clone(&before) }.set());
                effects.extend(charts::rehomed(work, &before, &row.home)?);
            }
            before.number
        }
        Registered::New(act) => {
            let ChartRow { record_type, volume, home, .. } = row;
            let (number, made) = charts::register(work, ChartRegistration { patient, record_type, volume, home }, act)?;
            effects.extend(made);
            number
        }
    };
    if let Some(BarcodeChange { text, before }) = barcode {
        chunk.having.insert(number, patient);
        let before = before.as_ref().map(|(row, version)| (row, *version));
        effects.push(versioned::put_legacy_barcode(work, &LegacyBarcode { chart: number, text }, before)?);
    }
    Ok(outcome)
}
