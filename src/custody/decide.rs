//! What a scan means: a pure function of the situation, the scan and its time.

use jiff::Timestamp;

use super::context::Context;
use super::moves;
use super::refusals::{self, OF_BADGES, OF_CHARTS, OF_COMMANDS, OF_PLACES, first, role_for_mode};
use super::{
    Act, Chart, Decision, Destination, KioskSession, Note, NoteKind, OrderKey, Place, Rule, Scan, SessionMode,
};
use super::{Situation, Tone, Verdict, VerdictKind};
use crate::barcode::{BadgeNumber, Code, CommandWord, PlaceCode, Unrecognised};

/// Judges one scan. `key` is its place in the order of things: its effective time, kiosk, queue number, and the number
/// that its entry will have.
pub fn decide(situation: &Situation<'_>, scan: &Scan, key: &OrderKey, recorded_at: Timestamp) -> Decision {
    let context = Context::new(situation, scan, key, recorded_at);
    let decision = match situation.code {
        Code::Badge(badge) => badge_scanned(&context, badge),
        Code::Place(place) => place_scanned(&context, place),
        Code::Command(word) => command_scanned(&context, *word),
        Code::Chart(..) | Code::Reference(_) | Code::Legacy(_) => chart_scanned(&context),
        Code::Unrecognised(reason) => unrecognised(&context, *reason),
    };
    context.finished(decision)
}

/// The decision on a scanner's echo: written down, and nothing else.
pub fn echo(session: &KioskSession) -> Decision {
    Decision {
        verdict: Verdict::refused(Rule::RefuseWhenEcho),
        session: session.clone(),
        acts: Vec::new(),
        label_for: None,
        on_chart: None,
    }
}

fn chart_scanned(context: &Context<'_>) -> Decision {
    let mut decision = match (first(&OF_CHARTS, context), context.chart(), context.at.kiosk_place) {
        (Some(rule), _, _) => chart_refused(context, rule),
        (None, Some(chart), Some(here)) if context.strays() => strayed(context, chart, here),
        (None, Some(chart), Some(here)) => moves::by_mode(context, chart, here),
        // The refusals above leave exactly one chart and a known place.
        (None, _, _) => context.refused(Rule::RefuseWhenChartIsUnknown),
    };
    moves::note_label(context, &mut decision);
    decision
}

fn strayed(context: &Context<'_>, chart: &Chart, here: &Place) -> Decision {
    let mut decision = moves::seen_only(context, chart, VerdictKind::Sighted);
    decision.verdict.place = Some(here.code.clone());
    decision
}

fn chart_refused(context: &Context<'_>, rule: Rule) -> Decision {
    let mut decision = context.refused(rule);
    if rule == Rule::RefuseWhenSeveralChartsFit {
        let charts: Vec<_> = context.at.charts.iter().map(|chart| chart.number).collect();
        let count = u32::try_from(charts.len()).ok();
        if context.in_hand() {
            decision.session.choosing.clone_from(&charts);
        }
        decision.verdict.notes.push(Note { charts, count, ..Note::new(NoteKind::ChooseOne) });
    }
    if let (Some(chart), Some((_, act))) = (context.chart(), decision.acts.first()) {
        moves::note_case(context, chart, &act.clone(), &mut decision.verdict);
    }
    decision
}

fn badge_scanned(context: &Context<'_>, badge: &BadgeNumber) -> Decision {
    let takes_charts = context.session.mode == SessionMode::Out
        && context.session.destination.as_ref().is_none_or(|destination| destination.holder.is_none());
    let signed_in = context.person.is_some() || context.late;
    if let Some(rule) = first(&OF_BADGES, context) {
        let mut decision = context.refused(rule);
        decision.verdict.badge = Some(badge.clone());
        if !takes_charts {
            // Somebody else stands here now: what follows must not be put down to whoever stood here before.
            decision.session = KioskSession::default();
        }
        return decision;
    }
    if takes_charts && signed_in { taker_named(context, badge) } else { signed_in_as(context, badge) }
}

fn signed_in_as(context: &Context<'_>, badge: &BadgeNumber) -> Decision {
    let mut decision = context.said(VerdictKind::SignedIn);
    decision.verdict.badge = Some(badge.clone());
    decision.session = KioskSession::of(badge);
    decision
}

/// OUT, then a badge: that person takes the charts, to the destination already named, else to where the person works.
fn taker_named(context: &Context<'_>, badge: &BadgeNumber) -> Decision {
    let session = &context.session;
    let named = session.destination.as_ref().map(|destination| destination.place.clone());
    let works_at = context.at.badge.and_then(|staff| staff.place.clone());
    let place = named.or(works_at).unwrap_or_else(|| context.at.kiosk.place.clone());
    destination_set(context, Destination { place, holder: Some(badge.clone()) })
}

fn place_scanned(context: &Context<'_>, place: &PlaceCode) -> Decision {
    if let Some(rule) = first(&OF_PLACES, context) {
        let mut decision = refused_to_say(context, rule);
        decision.verdict.place = Some(place.clone());
        return decision;
    }
    let taker = context.session.destination.as_ref().and_then(|destination| destination.holder.clone());
    let holder = taker.filter(|_| context.session.mode == SessionMode::Out);
    destination_set(context, Destination { place: place.clone(), holder })
}

fn destination_set(context: &Context<'_>, destination: Destination) -> Decision {
    let mut decision = context.said(VerdictKind::DestinationSet);
    decision.verdict.place = Some(destination.place.clone());
    decision.verdict.badge.clone_from(&destination.holder);
    if context.session.mode != SessionMode::Out {
        decision.session.mode = SessionMode::Automatic;
    }
    decision.session.destination = Some(destination);
    decision.session.since = None;
    decision
}

/// What the next charts are for was not understood as it was meant: they must not go by what was said before.
fn refused_to_say(context: &Context<'_>, rule: Rule) -> Decision {
    let mut decision = context.refused(rule);
    if rule != Rule::RefuseWhenNobodyIsSignedIn {
        decision.session = decision.session.unclear();
    }
    decision
}

fn command_scanned(context: &Context<'_>, word: CommandWord) -> Decision {
    let mut decision = match (first(&OF_COMMANDS, context), word) {
        (Some(Rule::RefuseWhenNobodyIsSignedIn), CommandWord::Done) => signed_off(context),
        (Some(rule), CommandWord::Undo) => context.refused(rule),
        (Some(rule), _) => refused_to_say(context, rule),
        (None, CommandWord::Done) => signed_off(context),
        (None, CommandWord::Undo) => undo(context),
        (None, _) => mode_set(context, word),
    };
    decision.verdict.command = Some(word);
    decision
}

fn signed_off(context: &Context<'_>) -> Decision {
    let mut decision = context.said(VerdictKind::SignedOff);
    decision.verdict.badge = context.session.staff.clone();
    decision.session = KioskSession::default();
    decision
}

fn mode_set(context: &Context<'_>, word: CommandWord) -> Decision {
    let Some(mode) = mode_of(word) else { return refused_to_say(context, Rule::RefuseWhenCommandIsNotYetServed) };
    if !context.may(role_for_mode(mode)) {
        return refused_to_say(context, Rule::RefuseWhenRoleMayNot);
    }
    if mode == SessionMode::Label && context.at.kiosk.printer.is_none() {
        return refused_to_say(context, Rule::RefuseWhenKioskHasNoPrinter);
    }
    let mut decision = context.said(VerdictKind::ModeSet);
    decision.session = decision.session.in_mode(mode);
    decision
}

fn mode_of(word: CommandWord) -> Option<SessionMode> {
    match word {
        CommandWord::Out => Some(SessionMode::Out),
        CommandWord::Return => Some(SessionMode::Return),
        CommandWord::Receive => Some(SessionMode::Receive),
        CommandWord::Where => Some(SessionMode::Where),
        CommandWord::Missing => Some(SessionMode::Missing),
        CommandWord::Found => Some(SessionMode::Found),
        CommandWord::Label => Some(SessionMode::Label),
        CommandWord::Send | CommandWord::Shelf | CommandWord::Undo | CommandWord::Done => None,
    }
}

fn undo(context: &Context<'_>) -> Decision {
    if !context.may(role_for_mode(SessionMode::Automatic)) {
        return context.refused(Rule::RefuseWhenRoleMayNot);
    }
    let refusal = refusals::when_there_is_nothing_to_undo(context);
    let Some((number, target)) = context.session.last_change else {
        return context.refused(Rule::RefuseWhenNothingToUndo);
    };
    if let Some(rule) = refusal {
        let mut decision = context.refused(rule);
        decision.verdict.chart = Some(number);
        return decision;
    }
    let mut decision = context.said(VerdictKind::Undone);
    let place = context.at.kiosk_place.map(|place| place.code.clone());
    decision.verdict.chart = Some(number);
    decision.acts.push((number, Act::Undone { target, place }));
    decision.session.last_change = None;
    decision
}

fn unrecognised(context: &Context<'_>, reason: Unrecognised) -> Decision {
    let rule = Some(Rule::RefuseWhenCodeIsUnrecognised);
    let verdict = Verdict::new(VerdictKind::Unrecognised, Tone::Refused);
    context.decided(Verdict { rule, reason: Some(reason), ..verdict })
}
