//! Words for what happened, made from what the ledger kept: the same for a live receipt and for a repeated one.

mod notes;
mod refusals;
#[cfg(test)]
mod tests;
mod times;
mod verdicts;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::{ChartView, Custody, KioskMode, KioskSession, Language, Outcome, Receipt, ReceiptSession, ReceiptVerdict};
use super::{Role, Verdict, VerdictKind};
use crate::barcode::{BadgeNumber, ChartNumber, PlaceCode};
use crate::records::shown;
pub use times::when;

/// A place as it is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceNamed {
    /// Its name.
    pub name: String,
    /// That a chart is there is itself confidential.
    pub restricted: bool,
}

/// A person as named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffNamed {
    /// The name.
    pub name: String,
    /// What the badge may do.
    pub role: Role,
}

/// What a chart is called and where it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartIdentity {
    /// The patient's MRN.
    pub mrn: String,
    /// The MRN in filing order.
    pub filing: String,
    /// Record type's code.
    pub record_type: String,
    /// Volume.
    pub volume: u16,
    /// Where it is filed.
    pub home: PlaceCode,
    /// Its record type is confidential.
    pub restricted: bool,
    /// No longer in use.
    pub retired: bool,
}

/// Who and what the words name. What is not found is shown by its code.
pub trait Names {
    /// The place with this code.
    fn place(&self, code: &PlaceCode) -> Option<PlaceNamed>;
    /// The person with this badge.
    fn staff(&self, badge: &BadgeNumber) -> Option<StaffNamed>;
    /// The chart with this number.
    fn chart(&self, number: ChartNumber) -> Option<ChartIdentity>;
}

/// The entry that a receipt is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryFacts {
    /// Its number.
    pub seq: u64,
    /// The ledger's epoch.
    pub epoch: Uuid,
    /// The scan's id.
    pub id: Uuid,
    /// The scan was taken before.
    pub duplicate: bool,
    /// The kiosk's lane.
    pub lane: String,
    /// When it was recorded: days are named as seen from then, so that a repeated receipt says the same.
    pub recorded_at: Timestamp,
}

/// How it is said.
#[derive(Debug, Clone, Copy)]
pub struct Manner<'a> {
    /// The kiosk's language.
    pub language: Language,
    /// The hospital's time zone.
    pub zone: &'a TimeZone,
}

/// The receipt of an entry, in words.
pub fn receipt(outcome: &Outcome, entry: &EntryFacts, names: &dyn Names, manner: Manner<'_>) -> Receipt {
    let words = Words::new(outcome, entry.recorded_at, names, manner);
    let (headline, detail) = words.verdict();
    let verdict = &outcome.verdict;
    Receipt {
        seq: entry.seq,
        epoch: entry.epoch,
        id: entry.id,
        duplicate: entry.duplicate,
        verdict: ReceiptVerdict {
            kind: verdict.kind,
            tone: verdict.tone,
            headline,
            detail,
            rule: verdict.rule,
            chart: words.chart_view(),
            notes: verdict.notes.iter().map(|note| words.note(note)).collect(),
        },
        session: session(&outcome.session, outcome.kiosk_mode, outcome.idle_sign_off_seconds, &entry.lane, names),
    }
}

/// Takes the words of a receipt that would name a confidential place: what happened stays said.
pub fn withhold_words(verdict: &mut ReceiptVerdict, language: Language) {
    match verdict.kind {
        VerdictKind::DestinationSet => verdict.headline = language.say("withheld.destination_set", &[]),
        VerdictKind::Located => verdict.headline = language.say("withheld.located", &[]),
        _ => {}
    }
    verdict.detail = language.say("withheld.detail", &[]);
    verdict.notes.clear();
}

/// A lane's session as a screen shows it.
pub fn session(
    session: &KioskSession,
    kiosk_mode: KioskMode,
    idle_sign_off_seconds: u32,
    lane: &str,
    names: &dyn Names,
) -> ReceiptSession {
    let person = |badge: Option<&BadgeNumber>| badge.and_then(|badge| names.staff(badge));
    let signed_in = person(session.staff.as_ref());
    let destination = session.destination.as_ref();
    let holder = destination.and_then(|destination| destination.holder.clone());
    ReceiptSession {
        staff: session.staff.clone(),
        staff_role: signed_in.as_ref().map(|staff| staff.role),
        staff_name: signed_in.map(|staff| shown(&staff.name)),
        destination: destination.map(|destination| destination.place.clone()),
        destination_name: destination
            .and_then(|destination| names.place(&destination.place))
            .map(|place| shown(&place.name)),
        holder_name: person(holder.as_ref()).map(|staff| shown(&staff.name)),
        holder,
        mode: ReceiptSession::mode_word(session.mode, kiosk_mode).to_owned(),
        lane: lane.to_owned(),
        signs_off_at: session.signs_off_at(idle_sign_off_seconds),
    }
}

/// A chart as kiosks and lists show it; where it is, is left out of a confidential one unless `may_see` it.
pub fn chart_view(
    number: ChartNumber,
    chart: &ChartIdentity,
    custody: &Custody,
    names: &dyn Names,
    may_see: bool,
) -> ChartView {
    let place = names.place(&custody.place);
    let home_restricted = names.place(&chart.home).is_some_and(|home| home.restricted);
    let restricted = chart.restricted || home_restricted || place.as_ref().is_some_and(|place| place.restricted);
    let withheld = restricted && !may_see;
    let holder = custody.holder.clone().filter(|_| !withheld);
    ChartView {
        number,
        mrn: chart.mrn.clone(),
        filing: chart.filing.clone(),
        record_type: chart.record_type.clone(),
        volume: chart.volume,
        home: Some(chart.home.clone()).filter(|_| !(withheld && home_restricted)),
        place: (!withheld).then(|| custody.place.clone()),
        place_name: place.filter(|_| !withheld).map(|place| shown(&place.name)),
        holder_name: holder.as_ref().and_then(|badge| names.staff(badge)).map(|staff| shown(&staff.name)),
        holder,
        known_by: custody.place_known_by(),
        seen_at: custody.seen_at,
        seen_place: custody.seen_place.clone().filter(|_| !withheld),
        due_at: custody.due_at,
        out_since: custody.out_since,
        missing_since: custody.missing.as_ref().map(|case| case.since),
        retired: chart.retired,
        restricted,
        withheld,
    }
}

/// All that the words of one verdict are made from.
struct Words<'a> {
    verdict: &'a Verdict,
    outcome: &'a Outcome,
    chart: Option<ChartIdentity>,
    now: Timestamp,
    names: &'a dyn Names,
    manner: Manner<'a>,
}

impl<'a> Words<'a> {
    fn new(outcome: &'a Outcome, now: Timestamp, names: &'a dyn Names, manner: Manner<'a>) -> Words<'a> {
        let verdict = &outcome.verdict;
        let chart = verdict.chart.and_then(|number| names.chart(number));
        Words { verdict, outcome, chart, now, names, manner }
    }

    fn say(&self, key: &str) -> String {
        self.manner.language.say(key, &[])
    }

    fn with(&self, key: &str, values: &[(&str, &str)]) -> String {
        self.manner.language.say(key, values)
    }

    /// The text with this key, and what to do next.
    fn headline_and_next(&self, key: &str) -> (String, String) {
        (self.say(key), self.say(&format!("{key}.next")))
    }

    fn custody(&self) -> Option<&'a Custody> {
        self.outcome.chart_custody.as_ref()
    }

    fn chart_view(&self) -> Option<ChartView> {
        let (number, chart, custody) = (self.verdict.chart?, self.chart.as_ref()?, self.custody()?);
        Some(chart_view(number, chart, custody, self.names, self.may_see()))
    }

    /// Who just moved a confidential chart knows where it went; otherwise it takes a supervisor's badge.
    fn may_see(&self) -> bool {
        let moves = matches!(
            self.verdict.kind,
            VerdictKind::CheckedOut
                | VerdictKind::Returned
                | VerdictKind::Received
                | VerdictKind::AlreadyHere
                | VerdictKind::Found
        );
        // A late scan may not have moved it: then it stands where its scanner need not know.
        let moved = moves && self.custody().is_some_and(|custody| Some(&custody.place) == self.verdict.place.as_ref());
        moved || self.supervises()
    }

    fn supervises(&self) -> bool {
        let badge = self.outcome.session.staff.as_ref();
        badge.and_then(|badge| self.names.staff(badge)).is_some_and(|staff| staff.role.includes(Role::Supervisor))
    }

    /// The place's name, unless that is confidential and the one who is signed in does not supervise.
    fn place_if_open(&self, code: &PlaceCode) -> String {
        let confidential = self.chart.as_ref().is_some_and(|chart| chart.restricted)
            || self.names.place(code).is_some_and(|place| place.restricted);
        if confidential && !self.supervises() { self.say("detail.another_place") } else { self.place(code) }
    }

    fn place(&self, code: &PlaceCode) -> String {
        self.names.place(code).map_or_else(|| code.to_string(), |place| shown(&place.name))
    }

    fn staff(&self, badge: &BadgeNumber) -> String {
        let unnamed = || self.with("detail.badge", &[("badge", badge.as_str())]);
        self.names.staff(badge).map_or_else(unnamed, |staff| shown(&staff.name))
    }

    fn when(&self, at: Timestamp) -> String {
        when(at, self.now, self.manner.language, self.manner.zone)
    }
}
