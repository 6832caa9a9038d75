//! What a chart's scan does once nothing stands in its way.

use jiff::Timestamp;

use super::context::Context;
use super::refusals::when_chart_is_not_missing;
use super::{Act, Chart, Decision, Destination, KioskMode, KnownBy, Note, NoteKind, Place, PlaceKind, ScanSource};
use super::{SessionMode, Verdict, VerdictKind, apply, changes_nothing};
use crate::barcode::{Code, PlaceCode};

/// What `chart` scanned at a kiosk `here` means in the session's mode.
pub(super) fn by_mode(context: &Context<'_>, chart: &Chart, here: &Place) -> Decision {
    match (context.session.mode, &context.session.destination) {
        (SessionMode::Where, _) => located(context, chart),
        (SessionMode::Missing, _) => reported_missing(context, chart, here),
        (SessionMode::Found, _) => found(context, chart, here),
        (SessionMode::Label, _) => label_queued(context, chart),
        (SessionMode::Automatic | SessionMode::Out, Some(destination)) => {
            checked_out(context, chart, here, destination)
        }
        (SessionMode::Return, _) => returned(context, chart, here),
        (SessionMode::Receive, _) => received(context, chart, here),
        (SessionMode::Unclear, _) => seen_only(context, chart, VerdictKind::Sighted),
        (SessionMode::Automatic | SessionMode::Out, None) => match context.at.kiosk.mode {
            KioskMode::Receive => received(context, chart, here),
            KioskMode::Return => returned(context, chart, here),
        },
    }
}

fn checked_out(context: &Context<'_>, chart: &Chart, here: &Place, destination: &Destination) -> Decision {
    let home = destination.place == chart.home && destination.holder.is_none();
    let act = Act::CheckedOut {
        to: destination.place.clone(),
        holder: destination.holder.clone(),
        due_at: context.at.destination.filter(|_| !home).and_then(|place| context.due_at(place)),
        home,
        seen_at: context.in_hand().then(|| here.code.clone()),
        // In hand elsewhere than at its holder's place it had come back, and is lent anew.
        same_loan: destination.place == here.code || !context.in_hand(),
    };
    // Sent to where it is filed, it comes back rather than goes out; but not where a person takes it there.
    let kind = if home { VerdictKind::Returned } else { VerdictKind::CheckedOut };
    let mut decision = changed(context, chart, kind, act);
    decision.verdict.place = Some(destination.place.clone());
    decision.verdict.badge.clone_from(&destination.holder);
    if context.at.destination.is_some_and(|place| place.restricted) {
        note_restricted(&mut decision.verdict);
    }
    decision
}

fn received(context: &Context<'_>, chart: &Chart, here: &Place) -> Decision {
    let mut decision = changed(context, chart, VerdictKind::Received, arrival(context, chart, here));
    decision.verdict.place = Some(here.code.clone());
    decision
}

/// Returned: at a records room it arrives there; at a department's kiosk it is said to be on its way home.
fn returned(context: &Context<'_>, chart: &Chart, here: &Place) -> Decision {
    if stays_here(context, chart, here) {
        let mut decision = changed(context, chart, VerdictKind::Returned, arrival(context, chart, here));
        decision.verdict.place = Some(here.code.clone());
        if here.code != chart.home {
            let belongs = Note { place: Some(chart.home.clone()), ..Note::new(NoteKind::BelongsElsewhere) };
            decision.verdict.notes.push(belongs);
        }
        return decision;
    }
    let act = Act::CheckedOut {
        to: chart.home.clone(),
        holder: None,
        due_at: None,
        home: true,
        seen_at: context.in_hand().then(|| here.code.clone()),
        same_loan: false,
    };
    let mut decision = changed(context, chart, VerdictKind::Returned, act);
    decision.verdict.place = Some(chart.home.clone());
    decision
}

/// Does a chart that is returned here stay here?
pub(super) fn stays_here(context: &Context<'_>, chart: &Chart, here: &Place) -> bool {
    let records_room = context.at.kiosk.mode == KioskMode::Return || here.kind == PlaceKind::FileRoom;
    records_room || here.code == chart.home
}

/// Is the chart at home here; and when it is due from here, where it is not.
fn term(context: &Context<'_>, chart: &Chart, here: &Place) -> (bool, Option<Timestamp>) {
    let home = here.code == chart.home;
    (home, if home { None } else { context.due_at(here) })
}

/// The chart is here now: seen, or said so by whoever typed its number.
fn arrival(context: &Context<'_>, chart: &Chart, here: &Place) -> Act {
    let (home, due_at) = term(context, chart, here);
    let place = here.code.clone();
    if context.in_hand() {
        Act::Received { place, due_at, home }
    } else {
        Act::CheckedOut { to: place, holder: None, due_at, home, seen_at: None, same_loan: true }
    }
}

/// A change of custody. Where it changes nothing the screen says so; the act is written down as it was all the same,
/// because a late scan may come between and make it a change.
fn changed(context: &Context<'_>, chart: &Chart, kind: VerdictKind, act: Act) -> Decision {
    let nothing_new = changes_nothing(&chart.custody, context.key, &act);
    let stands_said = kind == VerdictKind::Found || arrives(chart, kind, &act);
    let kind = if nothing_new && !stands_said { VerdictKind::AlreadyHere } else { kind };
    let mut decision = context.said(kind);
    decision.verdict.chart = Some(chart.number);
    let own_again = context.session.last_change.is_some_and(|(number, _)| number == chart.number);
    if !nothing_new || own_again || context.late {
        decision.session.last_change = Some((chart.number, context.key.seq));
    } else {
        // UNDO means what the screen said last, and never a chart that lies elsewhere by now.
        decision.session.last_change = None;
    }
    note_case(context, chart, &act, &mut decision.verdict);
    note_circumstances(context, chart, &act, &mut decision.verdict);
    decision.acts.push((chart.number, act));
    decision
}

/// Is this the first sight of a chart where it was said to go? Then it arrives, though the fold has it there already.
fn arrives(chart: &Chart, kind: VerdictKind, act: &Act) -> bool {
    let asserted = matches!(act, Act::Received { .. }) && chart.custody.place_known_by() != KnownBy::Scanned;
    asserted && (kind == VerdictKind::Received || chart.custody.seen_place.is_some())
}

fn located(context: &Context<'_>, chart: &Chart) -> Decision {
    let mut decision = seen_only(context, chart, VerdictKind::Located);
    decision.verdict.place = Some(chart.custody.place.clone());
    if chart.custody.missing.is_some() && decision.acts.is_empty() {
        note_missing(chart, &mut decision.verdict);
    }
    decision
}

/// Who reads the label of the chart itself has it in hand: both that and the report are written down, and the report is
/// the later word.
fn reported_missing(context: &Context<'_>, chart: &Chart, here: &Place) -> Decision {
    let mut decision = context.said(VerdictKind::ReportedMissing);
    decision.verdict.chart = Some(chart.number);
    decision.verdict.place = Some(chart.custody.place.clone());
    decision.session.last_change = Some((chart.number, context.key.seq));
    if chart.custody.missing.is_some() {
        note_missing(chart, &mut decision.verdict);
    }
    let seen = context.in_hand().then(|| here.code.clone());
    if seen.is_some() {
        decision.verdict.notes.push(Note::new(NoteKind::SightingKept));
    }
    decision.acts.push((chart.number, Act::ReportedMissing { seen }));
    decision
}

/// Found: whoever has the chart in hand has it here; who typed its number says so.
fn found(context: &Context<'_>, chart: &Chart, here: &Place) -> Decision {
    if let Some(rule) = when_chart_is_not_missing(context) {
        return context.refused(rule);
    }
    let act = if context.in_hand() {
        arrival(context, chart, here)
    } else {
        let (home, due_at) = term(context, chart, here);
        Act::ReportedFound { place: Some(here.code.clone()), home, due_at }
    };
    let mut decision = changed(context, chart, VerdictKind::Found, act);
    decision.verdict.place = Some(here.code.clone());
    decision
}

fn label_queued(context: &Context<'_>, chart: &Chart) -> Decision {
    let mut decision = seen_only(context, chart, VerdictKind::LabelQueued);
    decision.label_for = Some(chart.number);
    decision
}

/// The chart is looked at, not moved.
pub(super) fn seen_only(context: &Context<'_>, chart: &Chart, kind: VerdictKind) -> Decision {
    let mut decision = context.said(kind);
    decision.verdict.chart = Some(chart.number);
    if let Some((number, act)) = context.sighting() {
        note_case(context, chart, &act, &mut decision.verdict);
        decision.acts.push((number, act));
    }
    if kind != VerdictKind::LabelQueued {
        note_overdue(context, chart, &mut decision.verdict);
        if chart.restricted {
            note_restricted(&mut decision.verdict);
        }
    }
    decision
}

/// Says when this act closes the chart's missing case.
pub(super) fn note_case(context: &Context<'_>, chart: &Chart, act: &Act, verdict: &mut Verdict) {
    let Some(case) = &chart.custody.missing else { return };
    let after = apply(Some(&chart.custody), context.key, act);
    let newer = *context.key > chart.custody.last || context.key.effective_at >= case.since;
    if newer && after.is_some_and(|custody| custody.missing.is_none()) {
        verdict.notes.push(Note { at: Some(case.since), ..Note::new(NoteKind::WasMissingCaseClosed) });
    } else {
        note_missing(chart, verdict);
    }
}

fn note_circumstances(context: &Context<'_>, chart: &Chart, act: &Act, verdict: &mut Verdict) {
    note_overdue(context, chart, verdict);
    if chart.restricted {
        note_restricted(verdict);
    }
    if chart.other_volumes_elsewhere > 0 {
        let count = Some(u32::from(chart.other_volumes_elsewhere));
        verdict.notes.push(Note { count, ..Note::new(NoteKind::OtherVolumesElsewhere) });
    }
    if *context.key < chart.custody.last && said_place(act).is_some_and(|place| *place != chart.custody.place) {
        verdict.notes.push(Note::seen_elsewhere_since(&chart.custody));
    }
}

fn said_place(act: &Act) -> Option<&PlaceCode> {
    match act {
        Act::CheckedOut { to, .. } => Some(to),
        Act::Received { place, .. } => Some(place),
        _ => None,
    }
}

fn note_overdue(context: &Context<'_>, chart: &Chart, verdict: &mut Verdict) {
    let due_at = chart.custody.due_at.filter(|due| *due <= context.key.effective_at);
    if due_at.is_some() {
        verdict.notes.push(Note { at: due_at, ..Note::new(NoteKind::WasOverdue) });
    }
}

fn note_missing(chart: &Chart, verdict: &mut Verdict) {
    let at = chart.custody.missing.as_ref().map(|case| case.since);
    verdict.notes.push(Note { at, ..Note::new(NoteKind::IsMissing) });
}

fn note_restricted(verdict: &mut Verdict) {
    if !verdict.notes.iter().any(|note| note.kind == NoteKind::RestrictedRecord) {
        verdict.notes.push(Note::new(NoteKind::RestrictedRecord));
    }
}

/// An older label still is that chart, with a note; a newer one that is on the chart supersedes those before it. A
/// chart whose labels Outguide never printed accepts any issue.
pub(super) fn note_label(context: &Context<'_>, decision: &mut Decision) {
    let (Code::Chart(number, issue), Some(chart)) = (context.at.code, context.chart()) else { return };
    if chart.label_issued.is_none() {
        return;
    }
    if chart.label_issue.is_some_and(|on_chart| *issue < on_chart) {
        let count = chart.label_issue.map(|on_chart| u32::from(on_chart.0));
        decision.verdict.notes.push(Note { count, ..Note::new(NoteKind::LabelSuperseded) });
    } else if chart.label_issue.is_none_or(|on_chart| *issue > on_chart) && context.scan.source != ScanSource::Typed {
        decision.on_chart = Some((*number, *issue));
    }
}
