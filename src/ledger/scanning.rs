//! A scan's way into the ledger: understand it, load what it touches, judge it, write it down, word the receipt.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};

use super::acting::{Acting, act_on};
use super::answers::Unworded;
use super::api::Actor;
use super::error::{ChangeError, ReadError, ScanError, StoreError};
use super::labels::{self, LabelOrder};
use super::line::Draft;
use super::names::StoredNames;
use super::reader::Reader;
use super::rows::{self, ChartRecord};
use super::store::{Lane, LastRead, Store};
use super::{Effect, situation};
use crate::barcode::{ChartNumber, Code, encode};
use crate::custody::wording::{self, ChartIdentity, EntryFacts};
use crate::custody::{
    Custody, Decision, FoundSession, Kiosk, KioskSession, LaneSessions, Language, OrderKey, Outcome, ReceiptSession,
    Scan, ScanSource, Situation, decide, echo,
};

/// The longest lane, device or symbology name, in bytes.
const NAME_MAX_BYTES: usize = 64;

/// No scan's body is longer, but for one that closes alerts.
const BODY_USUAL_BYTES: usize = 2 * 1024;

/// How it is known whether a scan is an echo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Echo {
    /// It is none.
    Never,
    /// The lane's reader read the same code within this time.
    Within(SignedDuration),
    /// The computer that reads the scanner says so: it alone knows the time between two reads.
    Said,
}

/// How a scan came in.
#[derive(Debug)]
pub(super) struct Origin {
    pub echo: Echo,
    /// Who submitted it, where that is not its kiosk.
    pub submitted_by: Option<Actor>,
}

/// What an entry keeps of the scan itself. A text that may name a patient (a legacy label, anything not recognised)
/// is kept as its length and keyed hash only.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ScanFacts {
    /// The code, where it is one of ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    pub data_bytes: usize,
    pub data_hmac: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbology: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub lane: String,
    pub source: ScanSource,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_seq: Option<u64>,
    pub clock_error_us: i64,
    /// Who submitted it, where that is not its kiosk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted_by: Option<String>,
}

#[derive(Serialize)]
struct Body<'a> {
    scan: &'a ScanFacts,
    outcome: &'a Outcome,
    effects: &'a [Effect],
}

#[derive(Deserialize)]
struct StoredBody {
    scan: Option<ScanFacts>,
    outcome: Option<Outcome>,
    #[serde(default)]
    effects: Vec<Effect>,
}

/// The custody that `effects` gave a chart.
fn acted_in(effects: &[Effect], of: Option<ChartNumber>) -> Option<&Custody> {
    effects.iter().find_map(|effect| match effect {
        Effect::Acted { chart, custody, .. } if Some(*chart) == of => Some(&**custody),
        _ => None,
    })
}

/// Is it a scan at all?
pub(super) fn check(scan: &Scan) -> Result<(), ScanError> {
    if scan.data.len() > Scan::DATA_MAX_BYTES {
        return Err(ScanError::Invalid(format!("a code has at most {} bytes", Scan::DATA_MAX_BYTES)));
    }
    let names = [Some(&scan.lane), scan.device.as_ref(), scan.symbology.as_ref()];
    if names.into_iter().flatten().any(|name| name.len() > NAME_MAX_BYTES) {
        return Err(ScanError::Invalid(format!("lane, device and symbology have at most {NAME_MAX_BYTES} bytes")));
    }
    if scan.queue_seq.is_some_and(|seq| i64::try_from(seq).is_err()) {
        return Err(ScanError::Invalid("queue_seq is too large".into()));
    }
    Ok(())
}

/// Records a scan inside the writer's transaction. Whatever it answers is only true after COMMIT, and worded only then.
pub(super) fn record(store: &mut Store, scan: &Scan, origin: &Origin) -> Result<Unworded, ScanError> {
    let fixed = store.fixed.clone();
    let unknown = || ScanError::UnknownKiosk(scan.kiosk.clone());
    let kiosks = store.kiosks()?;
    let registered = kiosks.get(&scan.kiosk).ok_or_else(unknown)?;
    if !registered.active {
        return Err(ScanError::InactiveKiosk(scan.kiosk.clone()));
    }
    let kiosk = &registered.kiosk;
    let data_hmac = store.keyed_hash(scan.data.as_bytes())?;
    if let Some(before) = recorded_before(store, scan, &data_hmac, kiosk.language())? {
        return Ok(before);
    }
    let code = situation::understand(&store.conn, fixed.codes.read(&scan.data, scan.symbology.as_deref()), &scan.data)
        .map_err(StoreError::from)?;
    let recorded_at = fixed.clock.now().max(scan.received_at);
    let time = scan.effective_at().min(recorded_at);
    let key = OrderKey {
        effective_at: time,
        kiosk: scan.kiosk.as_str().into(),
        queue_seq: scan.queue_seq.unwrap_or(0),
        seq: store.next.seq,
    };
    let lane: Lane = (scan.kiosk.clone(), scan.lane.clone());
    let sessions = store.sessions.get(&lane);
    let found = sessions.unwrap_or(&LaneSessions::default()).of(scan, recorded_at, kiosk);
    let mut facts = situation::load(store, kiosk, found.session.clone(), &code)?;
    let last = facts.records.iter().map(|record| &record.custody.last).max().filter(|_| !scan.is_late(recorded_at));
    let key = last.map_or(key.clone(), |last| key.behind(last, recorded_at));
    let mut decision = if is_echo(store, &lane, scan, origin.echo, &data_hmac) {
        echo(&facts.session)
    } else {
        decide(&Situation { stale: found.stale, ..facts.situation(kiosk, &code) }, scan, &key, recorded_at)
    };
    let actor = actor(&facts.session, &decision, kiosk);
    let after = decision.session.clone();
    if let Some(sessions) = store.sessions.get(&lane).filter(|_| found.stale) {
        // Screens go on showing the session that goes on.
        decision.session = sessions.current.clone();
    }
    let records = std::mem::take(&mut facts.records);
    let (decision, effects, custody) = applied(store, records, decision, kiosk, &key, &actor, recorded_at)?;
    let outcome = Outcome::new(decision, kiosk, custody);
    let scanned = scan_facts(scan, &code, data_hmac, origin);
    let charts = facts.identities(&fixed.numbering);
    write(
        store,
        scan,
        &key,
        Recorded {
            scanned,
            outcome,
            effects,
            actor,
            recorded_at,
            lane,
            found,
            after,
            code,
            charts,
            language: kiosk.language(),
        },
    )
}

fn scan_facts(scan: &Scan, code: &Code, data_hmac: String, origin: &Origin) -> ScanFacts {
    ScanFacts {
        code: (!matches!(code, Code::Legacy(_) | Code::Unrecognised(_))).then(|| encode(code)).flatten(),
        data_bytes: scan.data.len(),
        data_hmac,
        symbology: scan.symbology.clone(),
        lane: scan.lane.clone(),
        source: scan.source,
        queue_seq: scan.queue_seq,
        clock_error_us: scan.clock_error_us(),
        submitted_by: origin.submitted_by.as_ref().map(ToString::to_string),
    }
}

/// A scan as judged, on its way into the ledger.
struct Recorded {
    scanned: ScanFacts,
    outcome: Outcome,
    effects: Vec<Effect>,
    actor: Actor,
    recorded_at: Timestamp,
    lane: Lane,
    found: FoundSession,
    /// What the session that was found became.
    after: KioskSession,
    code: Code,
    charts: Vec<(ChartNumber, ChartIdentity)>,
    language: Language,
}

fn write(store: &mut Store, scan: &Scan, key: &OrderKey, mut judged: Recorded) -> Result<Unworded, ScanError> {
    // Where an effect has the custody, the outcome need not repeat it: bodies are most of what the ledger weighs.
    let told_by_effect = acted_in(&judged.effects, judged.outcome.verdict.chart).is_some();
    let aside = if told_by_effect { judged.outcome.chart_custody.take() } else { None };
    let body = text(&Body { scan: &judged.scanned, outcome: &judged.outcome, effects: &judged.effects })?;
    judged.outcome.chart_custody = judged.outcome.chart_custody.or(aside);
    let seq = store.append(Draft {
        id: scan.id,
        kind: rows::word(&judged.outcome.verdict.kind)?,
        kiosk: Some(&scan.kiosk),
        lane: Some(&scan.lane),
        device: scan.device.as_deref(),
        actor: judged.actor.to_string(),
        observed_at: scan.observed_at,
        effective_at: key.effective_at,
        recorded_at: judged.recorded_at,
        queue_seq: key.queue_seq,
        named: judged.outcome.verdict.chart,
        body,
        effects: judged.effects,
        raw: matches!(judged.code, Code::Unrecognised(_)).then(|| scan.data.clone()),
    })?;
    let entry = EntryFacts {
        seq,
        epoch: store.epoch,
        id: scan.id,
        duplicate: false,
        lane: scan.lane.clone(),
        recorded_at: judged.recorded_at,
    };
    let destination = judged.outcome.session.destination.as_ref().map(|destination| &destination.place);
    let mut restricted = false;
    for place in destination.into_iter().chain(&judged.outcome.verdict.place) {
        restricted |= store.restricted(place)?;
    }
    if let Some(announced) = store.published.last_mut() {
        announced.restricted |= restricted;
    }
    store.keep_session(&judged.lane, &judged.found, judged.after);
    if let Some(device) = &scan.device {
        let last =
            LastRead { device: device.clone(), data_hmac: judged.scanned.data_hmac.clone(), at: scan.received_at };
        store.last_reads.insert(judged.lane, last);
    } else {
        store.last_reads.remove(&judged.lane);
    }
    Ok(Unworded { outcome: judged.outcome, entry, charts: judged.charts, language: judged.language })
}

/// A body as JSON, in room that needs not grow: growing would copy it four times.
fn text(body: &Body<'_>) -> Result<String, StoreError> {
    let mut json = Vec::with_capacity(BODY_USUAL_BYTES);
    serde_json::to_writer(&mut json, body)?;
    String::from_utf8(json).map_err(|error| StoreError::Unreadable(error.to_string()))
}

/// The receipt of the entry that has this id already, whether committed or of the same batch.
fn recorded_before(
    store: &mut Store,
    scan: &Scan,
    data_hmac: &str,
    language: Language,
) -> Result<Option<Unworded>, ScanError> {
    store.ahead.as_mut().map_or(Ok(()), |ahead| ahead.check_id(scan.id))?;
    let sql = "SELECT seq, kiosk, recorded_at, body FROM main.entries WHERE id = ?";
    let mut select = store.conn.prepare_cached(sql).map_err(StoreError::from)?;
    let found = select
        .query_row([scan.id.to_string()], |row| {
            let body: StoredBody = rows::json(row, 3)?;
            Ok((row.get::<_, u64>(0)?, row.get::<_, Option<String>>(1)?, rows::time(row, 2)?, body))
        })
        .optional()
        .map_err(StoreError::from)?;
    let Some((seq, kiosk, recorded_at, body)) = found else { return Ok(None) };
    let (Some(scanned), Some(mut outcome)) = (body.scan, body.outcome) else { return Err(ScanError::Conflict) };
    let told = acted_in(&body.effects, outcome.verdict.chart);
    let told = told.map(|custody| Custody { undo: None, ..custody.clone() });
    outcome.chart_custody = outcome.chart_custody.or(told);
    if kiosk.as_ref() != Some(&scan.kiosk) || scanned.data_hmac != data_hmac {
        return Err(ScanError::Conflict);
    }
    let entry = EntryFacts { seq, epoch: store.epoch, id: scan.id, duplicate: true, lane: scanned.lane, recorded_at };
    Ok(Some(Unworded { outcome, entry, charts: Vec::new(), language }))
}

/// The same code read again by the same reader within its window, nothing between. The window slides: a code that lies
/// under a reader is read once, however long it lies there.
fn is_echo(store: &Store, lane: &Lane, scan: &Scan, known: Echo, data_hmac: &str) -> bool {
    let window = match known {
        Echo::Never => return false,
        Echo::Said => return scan.device.is_some(),
        Echo::Within(window) => window,
    };
    let Some(last) = store.last_reads.get(lane) else { return false };
    Some(&last.device) == scan.device.as_ref()
        && last.data_hmac == data_hmac
        && scan.received_at.duration_since(last.at) < window
}

/// Who it is written to: the person signed in after it (a badge signs in by itself) or before it (DONE signs off).
fn actor(before: &KioskSession, decision: &Decision, kiosk: &Kiosk) -> Actor {
    let person = decision.session.staff.clone().or_else(|| before.staff.clone());
    person.map_or_else(|| Actor::Kiosk(kiosk.id.clone()), Actor::Staff)
}

/// The decision as what came of it has it, its effects, and the custody of the verdict's chart after it.
fn applied(
    store: &mut Store,
    records: Vec<ChartRecord>,
    decision: Decision,
    kiosk: &Kiosk,
    key: &OrderKey,
    actor: &Actor,
    now: Timestamp,
) -> Result<(Decision, Vec<Effect>, Option<Custody>), ScanError> {
    let of_verdict = |record: &&ChartRecord| Some(record.number) == decision.verdict.chart;
    let before = records.iter().find(of_verdict).map(|record| record.custody.clone());
    let (effects, after) = effects(store, records, &decision, kiosk, key, actor, now)?;
    let decision = match (before, &after) {
        (Some(before), Some(after)) => decision.as_folded(key, &before, after),
        _ => decision,
    };
    Ok((decision, effects, after))
}

/// All effects of a decision, and the custody of the verdict's chart after it.
fn effects(
    store: &mut Store,
    mut records: Vec<ChartRecord>,
    decision: &Decision,
    kiosk: &Kiosk,
    key: &OrderKey,
    actor: &Actor,
    now: Timestamp,
) -> Result<(Vec<Effect>, Option<Custody>), ScanError> {
    let mut effects = Vec::new();
    let by = actor.to_string();
    let acting = Acting { by: &by, now };
    for (number, act) in &decision.acts {
        let Some(record) = records.iter_mut().find(|record| record.number == *number) else { continue };
        let made = act_on(store, *number, Some(&record.custody), key, act.clone(), &acting)?;
        if let Some(Effect::Acted { custody, .. }) = made.first() {
            record.custody = Custody::clone(custody);
        }
        effects.extend(made);
    }
    if let Some((number, issue)) = decision.on_chart
        && let Some(record) = records.iter_mut().find(|record| record.number == number)
        && record.on_chart < Some(issue)
    {
        record.on_chart = Some(issue);
        effects.push(Effect::LabelIssueSet { chart: number, issued: record.issued, on_chart: record.on_chart });
        effects.extend(labels::scanned_back(store, number, issue, now)?.map(Effect::PrintJobSet));
    }
    if let (Some(number), Some(printer)) = (decision.label_for, &kiosk.printer)
        && let Some(record) = records.iter().find(|record| record.number == number)
    {
        let fixed = store.fixed.clone();
        let template = fixed.chart_labels.get(printer).map(String::as_str);
        let order = LabelOrder::single(printer, template, actor.to_string(), now);
        let (issued, job) = labels::queue(store, record, &order).map_err(|error| match error {
            ChangeError::NotRecorded(why) => ScanError::NotRecorded(why),
            other => ScanError::Invalid(other.to_string()),
        })?;
        effects.extend([issued, Effect::PrintJobSet(job)]);
    }
    let custody = decision.verdict.chart.and_then(|number| records.into_iter().find(|record| record.number == number));
    Ok((effects, custody.map(|record| record.custody)))
}

/// A touch keeps the lane's session alive; it is no entry.
pub(super) fn touch(store: &mut Store, lane: &Lane) {
    let fixed = store.fixed.clone();
    // A touch is no record: where the kiosks cannot be read, nothing is kept alive.
    let Ok(kiosks) = store.kiosks() else { return };
    let Some(known) = kiosks.get(&lane.0).filter(|known| known.active) else { return };
    store.touch_session(lane, &known.kiosk, fixed.clock.now());
}

/// A lane's session as a screen shows it.
pub(super) fn session_view(reader: &Reader, lane: &Lane, session: &KioskSession) -> Result<ReceiptSession, ReadError> {
    let unknown = || ReadError::NotFound(format!("there is no kiosk {:?}", lane.0));
    let kiosk = &reader.kiosks().get(&lane.0).ok_or_else(unknown)?.kiosk;
    let session = session.clone().as_of(reader.now(), kiosk);
    let names = StoredNames { conn: reader.conn(), numbering: reader.numbering() };
    Ok(wording::session(&session, kiosk.mode, kiosk.idle_sign_off_seconds, &lane.1, &names))
}

/// Shared rows that a situation refers to.
pub(super) type Row<T> = Option<Arc<T>>;
