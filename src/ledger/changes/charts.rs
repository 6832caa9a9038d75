//! Charts and what people at the console say about them.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use serde_json::json;
use smol_str::SmolStr;

use super::super::acting::{Acting, act_on, alerts_ended, live_alerts};
use super::super::error::ChangeError;
use super::super::register::Register;
use super::super::rows::{self, ChartRecord};
use super::super::work::Work;
use super::super::{Effect, PatientId};
use super::{Change, Was};
use crate::alerts::stands;
use crate::barcode::{BadgeNumber, ChartNumber, PlaceCode};
use crate::custody::{Act, OrderKey, Place};
use crate::records::Patient;

/// A new chart for a patient, filed at its home.
#[derive(Debug, Clone)]
pub struct AddChart {
    /// Whose.
    pub mrn: String,
    /// Record type's code.
    pub record_type: String,
    /// Volume; the one after the highest where it is not given.
    pub volume: Option<u16>,
    /// Where it is filed.
    pub home: PlaceCode,
}

impl Change for AddChart {
    type Made = ChartNumber;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let unknown = || refused("refuse_when_patient_is_unknown", "mrn", format!("there is no patient {}", self.mrn));
        let (patient, (row, _)) = rows::patient(work.conn(), &self.mrn)?.ok_or_else(unknown)?;
        active_patient(&row)?;
        known_record_type(work, &self.record_type)?;
        known_place(work, &self.home, "home")?;
        let volume = match self.volume {
            Some(volume) => in_range(volume)?,
            None => in_range(highest_volume(work, patient, &self.record_type)?.saturating_add(1))?,
        };
        if rows::chart_of(work.conn(), patient, &self.record_type, volume)?.is_some() {
            let text = format!("{} {} volume {volume} exists already", self.mrn, self.record_type);
            return Err(ChangeError::clash("volume", text));
        }
        let registered = Act::Registered { place: self.home.clone(), holder: None, out_since: None, due_at: None };
        let chart = ChartRegistration { patient, record_type: self.record_type, volume, home: self.home };
        let (number, effects) = register(work, chart, registered)?;
        work.record("chart_added", json!({ "chart": number }), effects)?;
        Ok(number)
    }
}

/// What to change of a chart's registration; `None` leaves a field alone.
#[derive(Debug, Clone, Default, PartialEq)]
#[allow(missing_docs, reason = "the fields are the chart's own")]
pub struct ChartPatch {
    pub record_type: Option<String>,
    pub volume: Option<u16>,
    pub home: Option<PlaceCode>,
    pub retired: Option<bool>,
}

/// Corrects, retires or brings back a chart.
#[derive(Debug, Clone)]
pub struct CorrectChart {
    /// Which.
    pub number: ChartNumber,
    /// What to change.
    pub patch: ChartPatch,
    /// What those fields were when they were looked at.
    pub was: Was,
}

impl Change for CorrectChart {
    type Made = ();

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let before = known_chart(work, self.number)?;
        self.was.check(&seen(&before, &self.patch))?;
        let patch = self.patch;
        let after = ChartRecord {
            record_type: patch.record_type.unwrap_or_else(|| before.record_type.clone()),
            volume: patch.volume.map_or(Ok(before.volume), in_range)?,
            home: patch.home.unwrap_or_else(|| before.home.clone()),
            retired: patch.retired.unwrap_or(before.retired),
            ..before.clone()
        };
        if after == before {
            return Ok(());
        }
        if after.record_type != before.record_type {
            known_record_type(work, &after.record_type)?;
        }
        if (&after.record_type, after.volume) != (&before.record_type, before.volume)
            && rows::chart_of(work.conn(), after.patient, &after.record_type, after.volume)?.is_some()
        {
            let text = format!("{} volume {} exists already", after.record_type, after.volume);
            return Err(ChangeError::clash("volume", text));
        }
        let mut effects = vec![after.set()];
        if after.home != before.home {
            effects.extend(rehomed(work, &before, &after.home)?);
        }
        if after.retired && !before.retired {
            effects.extend(alerts_of_retired(work, self.number)?);
        } else if before.retired && !after.retired {
            effects.extend(alerts_brought_back(work, &before)?);
        }
        work.record("chart_corrected", json!({ "chart": self.number }), effects)?;
        Ok(())
    }
}

/// What a correction may compare with. Where a chart is filed can be confidential: it is compared only when it is to be
/// changed, which leaves an entry, so that nobody can ask for it in silence.
fn seen(chart: &ChartRecord, patch: &ChartPatch) -> serde_json::Value {
    let mut seen = json!({ "record_type": chart.record_type, "volume": chart.volume, "retired": chart.retired });
    if patch.home.is_some() {
        seen["home"] = json!(chart.home);
    }
    seen
}

/// Corrects a chart and says where it is: both, or neither.
#[derive(Debug, Clone)]
pub struct CorrectAndMove {
    /// Which.
    pub number: ChartNumber,
    /// What to change of its registration.
    pub patch: ChartPatch,
    /// What those fields were when they were looked at.
    pub was: Was,
    /// Where it is; where it was where that is not given.
    pub place: Option<PlaceCode>,
    /// Who has it.
    pub holder: Option<BadgeNumber>,
}

impl Change for CorrectAndMove {
    type Made = ();

    // Both steps are of one change, which the writer takes back whole when the second one is refused.
    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let CorrectAndMove { number, patch, was, place, holder } = self;
        CorrectChart { number, patch, was }.make(work)?;
        let place = match place {
            Some(place) => place,
            None => known_chart(work, number)?.custody.place,
        };
        MoveChart { number, place, holder }.make(work)
    }
}

/// Nobody looks for a chart that is no longer in use: its alerts end with it.
fn alerts_of_retired(work: &Work<'_>, number: ChartNumber) -> Result<Vec<Effect>, ChangeError> {
    let (live, by) = (live_alerts(work.conn(), number)?, work.actor());
    Ok(live.into_iter().map(|alert| Effect::AlertSet(alert.resolved(work.now(), RETIRED, &by))).collect())
}

/// Those that ended because the chart was retired, and whose loan or case is as it was.
fn alerts_brought_back(work: &Work<'_>, chart: &ChartRecord) -> Result<Vec<Effect>, ChangeError> {
    let ended = alerts_ended(work.conn(), chart.number)?.into_iter();
    let back = ended.filter(|alert| alert.resolution.as_deref() == Some(RETIRED) && stands(alert, &chart.custody));
    Ok(back.map(|alert| Effect::AlertSet(alert.reopened())).collect())
}

/// The console says that a chart is at a place, with a person: a checkout or return that is asserted, not scanned.
#[derive(Debug, Clone)]
pub struct MoveChart {
    /// Which.
    pub number: ChartNumber,
    /// Where to; its home means returned, unless a person has it there.
    pub place: PlaceCode,
    /// Who has it.
    pub holder: Option<BadgeNumber>,
}

impl Change for MoveChart {
    type Made = ();

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let chart = usable_chart(work, self.number)?;
        let place = known_place(work, &self.place, "place")?;
        if let Some(badge) = &self.holder {
            known_holder(work, badge, "holder")?;
        }
        let home = self.place == chart.home && self.holder.is_none();
        let act = Act::CheckedOut {
            to: self.place,
            holder: self.holder,
            due_at: if home { None } else { due(work.now(), &place) },
            home,
            seen_at: None,
            same_loan: false,
        };
        say(work, &chart, act, "chart_moved")
    }
}

/// Someone looked and did not find it: opens a missing case.
#[derive(Debug, Clone)]
pub struct ReportMissing {
    /// Which.
    pub number: ChartNumber,
}

impl Change for ReportMissing {
    type Made = ();

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let chart = usable_chart(work, self.number)?;
        if chart.custody.missing.is_some() {
            return Err(ChangeError::Conflict(format!("chart {} is reported missing already", self.number)));
        }
        say(work, &chart, Act::ReportedMissing { seen: None }, "chart_reported_missing")
    }
}

/// Someone says it is found: closes the missing case.
#[derive(Debug, Clone)]
pub struct ReportFound {
    /// Which.
    pub number: ChartNumber,
    /// Where, where known.
    pub place: Option<PlaceCode>,
}

impl Change for ReportFound {
    type Made = ();

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let chart = known_chart(work, self.number)?;
        if chart.custody.missing.is_none() {
            let text = format!("chart {} is not reported missing", self.number);
            return Err(ChangeError::refused("refuse_when_chart_is_not_missing", None, text));
        }
        let place = self.place.as_ref().map(|place| known_place(work, place, "place")).transpose()?;
        let home = self.place.as_ref() == Some(&chart.home);
        let due_at = place.filter(|_| !home).and_then(|place| due(work.now(), &place));
        say(work, &chart, Act::ReportedFound { place: self.place, home, due_at }, "chart_reported_found")
    }
}

/// Extends a loan.
#[derive(Debug, Clone)]
pub struct RenewLoan {
    /// Which.
    pub number: ChartNumber,
    /// The new due time; by the place's loan hours from now where it is not given.
    pub due_at: Option<Timestamp>,
}

impl Change for RenewLoan {
    type Made = ();

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let chart = usable_chart(work, self.number)?;
        if chart.custody.out_since.is_none() {
            let text = format!("chart {} is not out", self.number);
            return Err(ChangeError::refused("refuse_when_chart_is_not_out", None, text));
        }
        if self.due_at.is_some_and(|due_at| due_at <= work.now()) {
            let text = "the new due time must be in the future";
            return Err(refused("refuse_when_due_time_is_past", "due_at", text));
        }
        let by_rule = match work.store.place(&chart.custody.place)? {
            Some(place) => due(work.now(), &place),
            None => None,
        };
        say(work, &chart, Act::Renewed { due_at: self.due_at.or(by_rule) }, "loan_renewed")
    }
}

/// Why alerts of a chart end that is no longer in use.
const RETIRED: &str = "retired";

/// The highest volume number.
const VOLUME_MAX: u16 = 999;

/// What a chart is.
pub(super) struct ChartRegistration {
    pub patient: PatientId,
    pub record_type: String,
    pub volume: u16,
    pub home: PlaceCode,
}

/// A new chart's number and its effects, its registration being `act`.
pub(super) fn register(
    work: &mut Work<'_>,
    chart: ChartRegistration,
    act: Act,
) -> Result<(ChartNumber, Vec<Effect>), ChangeError> {
    let number = ChartNumber(work.store.next.chart);
    work.store.next.chart += 1;
    let ChartRegistration { patient, record_type, volume, home } = chart;
    let mut effects = vec![Effect::ChartSet { chart: number, patient, record_type, volume, home, retired: false }];
    let (key, now, by) = (key(work), work.now(), work.actor());
    effects.extend(act_on(work.store, number, None, &key, act, &Acting { by: &by, now })?);
    Ok((number, effects))
}

/// When a chart that goes to `place` at `from` is due there.
pub(super) fn due(from: Timestamp, place: &Place) -> Option<Timestamp> {
    from.checked_add(SignedDuration::from_hours(i64::from(place.loan_hours?))).ok()
}

/// A volume that can be printed on a label.
pub(super) fn in_range(volume: u16) -> Result<u16, ChangeError> {
    if (1..=VOLUME_MAX).contains(&volume) {
        return Ok(volume);
    }
    Err(refused("refuse_when_volume_is_out_of_range", "volume", format!("use a volume from 1 to {VOLUME_MAX}")))
}

/// The order key of what the console says now.
pub(super) fn key(work: &Work<'_>) -> OrderKey {
    OrderKey { effective_at: work.now(), kiosk: SmolStr::default(), queue_seq: 0, seq: work.next_seq() }
}

pub(super) fn known_chart(work: &Work<'_>, number: ChartNumber) -> Result<ChartRecord, ChangeError> {
    rows::chart(work.conn(), number)?.ok_or_else(|| ChangeError::NotFound(format!("there is no chart {number}")))
}

pub(super) fn usable_chart(work: &Work<'_>, number: ChartNumber) -> Result<ChartRecord, ChangeError> {
    let chart = known_chart(work, number)?;
    if chart.retired {
        let text = format!("chart {number} is retired: bring it back first");
        return Err(ChangeError::refused("refuse_when_chart_is_retired", None, text));
    }
    Ok(chart)
}

pub(super) fn active_patient(patient: &Patient) -> Result<(), ChangeError> {
    if patient.active {
        return Ok(());
    }
    let text = format!("patient {} is deactivated: reactivate the patient first", patient.mrn);
    Err(refused("refuse_when_patient_is_inactive", "mrn", text))
}

pub(super) fn known_place(
    register: &mut impl Register,
    code: &PlaceCode,
    field: &'static str,
) -> Result<Arc<Place>, ChangeError> {
    let unknown = || refused("refuse_when_place_is_unknown", field, format!("there is no place {code}"));
    let place = register.place(code)?.ok_or_else(unknown)?;
    if !place.active {
        return Err(refused("refuse_when_place_is_inactive", field, format!("place {code} is no longer in use")));
    }
    Ok(place)
}

pub(super) fn known_holder(
    register: &mut impl Register,
    badge: &BadgeNumber,
    field: &'static str,
) -> Result<(), ChangeError> {
    if register.staff(badge)?.is_some_and(|staff| staff.active) {
        return Ok(());
    }
    Err(refused("refuse_when_badge_is_unknown", field, format!("badge {badge} is unknown or inactive")))
}

pub(super) fn known_record_type(register: &mut impl Register, code: &str) -> Result<(), ChangeError> {
    if register.record_type(code)?.is_some_and(|kind| kind.active) {
        return Ok(());
    }
    let text = format!("there is no record type {code} in use");
    Err(refused("refuse_when_record_type_is_unknown", "record_type", text))
}

fn highest_volume(work: &Work<'_>, patient: PatientId, record_type: &str) -> Result<u16, ChangeError> {
    let sql = "SELECT coalesce(max(volume), 0) FROM main.charts WHERE patient = ? AND record_type = ?";
    Ok(work.conn().prepare_cached(sql)?.query_row(rusqlite::params![patient.0, record_type], |row| row.get(0))?)
}

fn acted(work: &mut Work<'_>, chart: &ChartRecord, act: Act) -> Result<Vec<Effect>, ChangeError> {
    let (now, by) = (work.now(), work.actor());
    let key = key(work).behind(&chart.custody.last, now);
    Ok(act_on(work.store, chart.number, Some(&chart.custody), &key, act, &Acting { by: &by, now })?)
}

fn say(work: &mut Work<'_>, chart: &ChartRecord, act: Act, kind: &str) -> Result<(), ChangeError> {
    let effects = acted(work, chart, act)?;
    work.record(kind, json!({ "chart": chart.number }), effects)?;
    Ok(())
}

pub(super) fn refused(rule: &'static str, field: &'static str, text: impl Into<String>) -> ChangeError {
    ChangeError::refused(rule, Some(field), text)
}

/// The chart gets another home. One that is at home moves with it; one that is lent to the place that becomes its home
/// is home now, unless a person has it there.
pub(super) fn rehomed(work: &mut Work<'_>, chart: &ChartRecord, home: &PlaceCode) -> Result<Vec<Effect>, ChangeError> {
    known_place(work, home, "home")?;
    if chart.custody.out_since.is_some() && (chart.custody.place != *home || chart.custody.holder.is_some()) {
        return Ok(Vec::new());
    }
    let act =
        Act::CheckedOut { to: home.clone(), holder: None, due_at: None, home: true, seen_at: None, same_loan: false };
    acted(work, chart, act)
}
