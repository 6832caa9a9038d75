//! The refusals, each a function named after its rule. The first that speaks decides.

use super::context::Context;
use super::moves::stays_here;
use super::{Custody, Place, Role, Rule, ScanSource, SessionMode};
use crate::barcode::{Code, CommandWord};

/// A reason to refuse, if there is one.
pub(super) type Refusal = fn(&Context<'_>) -> Option<Rule>;

/// What stands in the way of anything with a chart, in the order in which people can do something about it.
pub(super) const OF_CHARTS: [Refusal; 13] = [
    when_kiosk_place_is_unknown,
    when_several_charts_fit,
    when_chart_is_unknown,
    when_nobody_is_signed_in,
    when_role_may_not,
    when_reference_is_not_the_chart,
    when_chart_is_retired,
    when_kiosk_place_is_inactive,
    when_destination_is_missing,
    when_destination_is_inactive,
    when_taker_is_inactive,
    when_home_is_inactive,
    when_kiosk_has_no_printer,
];

/// What stands in the way of a place becoming the destination.
pub(super) const OF_PLACES: [Refusal; 3] = [when_place_is_unknown, when_place_is_inactive, when_nobody_is_signed_in];

/// What stands in the way of a badge.
pub(super) const OF_BADGES: [Refusal; 2] = [when_badge_is_unknown, when_badge_is_inactive];

/// What stands in the way of a command, besides its role.
pub(super) const OF_COMMANDS: [Refusal; 2] = [when_command_is_not_yet_served, when_nobody_is_signed_in];

/// The first of `refusals` that speaks.
pub(super) fn first(refusals: &[Refusal], context: &Context<'_>) -> Option<Rule> {
    refusals.iter().find_map(|refusal| refusal(context))
}

fn when(refuse: bool, rule: Rule) -> Option<Rule> {
    refuse.then_some(rule)
}

fn when_kiosk_place_is_unknown(context: &Context<'_>) -> Option<Rule> {
    when(context.at.kiosk_place.is_none(), Rule::RefuseWhenKioskPlaceIsUnknown)
}

fn when_several_charts_fit(context: &Context<'_>) -> Option<Rule> {
    when(context.at.charts.len() > 1, Rule::RefuseWhenSeveralChartsFit)
}

fn when_chart_is_unknown(context: &Context<'_>) -> Option<Rule> {
    when(context.at.charts.is_empty(), Rule::RefuseWhenChartIsUnknown)
}

fn when_nobody_is_signed_in(context: &Context<'_>) -> Option<Rule> {
    when(context.person.is_none() && !context.late, Rule::RefuseWhenNobodyIsSignedIn)
}

fn when_role_may_not(context: &Context<'_>) -> Option<Rule> {
    when(!context.may(role_for_mode(context.session.mode)), Rule::RefuseWhenRoleMayNot)
}

/// A slip is not the chart: it can be asked about, reported missing or given a new label, never moved. The one touched on
/// the kiosk's screen says which chart is meant: it moves, as seen right after a label that fits it, else as said.
fn when_reference_is_not_the_chart(context: &Context<'_>) -> Option<Rule> {
    let reference = matches!(context.at.code, Code::Reference(_));
    let asks = matches!(context.session.mode, SessionMode::Where | SessionMode::Missing | SessionMode::Label);
    let chosen = context.scan.source == ScanSource::Touched;
    when(reference && !asks && !chosen, Rule::RefuseWhenReferenceIsNotTheChart)
}

fn when_chart_is_retired(context: &Context<'_>) -> Option<Rule> {
    let asks = context.session.mode == SessionMode::Where;
    when(!asks && context.chart().is_some_and(|chart| chart.retired), Rule::RefuseWhenChartIsRetired)
}

/// Nothing arrives at a place that was closed. What still is there may be looked up and sent on.
fn when_kiosk_place_is_inactive(context: &Context<'_>) -> Option<Rule> {
    let closed = context.at.kiosk_place.is_some_and(|place| !place.active);
    let (chart, here) = (context.chart(), context.at.kiosk_place);
    let arrives = match (context.session.mode, &context.session.destination) {
        (SessionMode::Automatic, None) | (SessionMode::Receive | SessionMode::Found, _) => true,
        (SessionMode::Return, _) => chart.zip(here).is_some_and(|(chart, here)| stays_here(context, chart, here)),
        _ => false,
    };
    when(closed && arrives, Rule::RefuseWhenPlaceIsInactive)
}

fn when_destination_is_missing(context: &Context<'_>) -> Option<Rule> {
    let missing = matches!(context.session.mode, SessionMode::Out | SessionMode::Unclear);
    when(missing && context.session.destination.is_none(), Rule::RefuseWhenDestinationIsMissing)
}

fn when_destination_is_inactive(context: &Context<'_>) -> Option<Rule> {
    let dead = |place: Option<&Place>| place.is_none_or(|place| !place.active);
    when(context.session.destination.is_some() && dead(context.at.destination), Rule::RefuseWhenPlaceIsInactive)
}

/// A badge that was withdrawn after it was named takes no more charts.
fn when_taker_is_inactive(context: &Context<'_>) -> Option<Rule> {
    let named = context.session.destination.as_ref().is_some_and(|destination| destination.holder.is_some());
    when(named && context.at.taker.is_none_or(|staff| !staff.active), Rule::RefuseWhenBadgeIsInactive)
}

/// RETURN at a department says that the chart goes home: not to a place that was closed.
fn when_home_is_inactive(context: &Context<'_>) -> Option<Rule> {
    let (SessionMode::Return, Some((chart, here))) =
        (context.session.mode, context.chart().zip(context.at.kiosk_place))
    else {
        return None;
    };
    when(!chart.home_in_use && !stays_here(context, chart, here), Rule::RefuseWhenPlaceIsInactive)
}

fn when_kiosk_has_no_printer(context: &Context<'_>) -> Option<Rule> {
    let prints = context.session.mode == SessionMode::Label;
    when(prints && context.at.kiosk.printer.is_none(), Rule::RefuseWhenKioskHasNoPrinter)
}

fn when_place_is_unknown(context: &Context<'_>) -> Option<Rule> {
    when(context.at.place.is_none(), Rule::RefuseWhenPlaceIsUnknown)
}

fn when_place_is_inactive(context: &Context<'_>) -> Option<Rule> {
    when(context.at.place.is_some_and(|place| !place.active), Rule::RefuseWhenPlaceIsInactive)
}

fn when_badge_is_unknown(context: &Context<'_>) -> Option<Rule> {
    when(context.at.badge.is_none(), Rule::RefuseWhenBadgeIsUnknown)
}

fn when_badge_is_inactive(context: &Context<'_>) -> Option<Rule> {
    when(context.at.badge.is_some_and(|staff| !staff.active), Rule::RefuseWhenBadgeIsInactive)
}

fn when_command_is_not_yet_served(context: &Context<'_>) -> Option<Rule> {
    let later = matches!(context.at.code, Code::Command(CommandWord::Send | CommandWord::Shelf));
    when(later, Rule::RefuseWhenCommandIsNotYetServed)
}

/// A mode that reports is for records staff, the others for everybody who handles charts.
pub(super) fn role_for_mode(mode: SessionMode) -> Role {
    match mode {
        SessionMode::Missing | SessionMode::Found => Role::Records,
        SessionMode::Automatic
        | SessionMode::Out
        | SessionMode::Return
        | SessionMode::Receive
        | SessionMode::Where
        | SessionMode::Label
        | SessionMode::Unclear => Role::Clerk,
    }
}

/// FOUND needs a missing case. A late one is taken as it is: the report may only come after it.
pub(super) fn when_chart_is_not_missing(context: &Context<'_>) -> Option<Rule> {
    let known_here = context.chart().is_some_and(|chart| chart.custody.missing.is_none());
    when(known_here && !context.late, Rule::RefuseWhenChartIsNotMissing)
}

/// UNDO takes back this session's own last change, while it is the chart's last.
pub(super) fn when_there_is_nothing_to_undo(context: &Context<'_>) -> Option<Rule> {
    let Some((number, entry)) = context.session.last_change else { return Some(Rule::RefuseWhenNothingToUndo) };
    let Some(chart) = context.at.last_change_chart.filter(|chart| chart.number == number) else {
        return Some(Rule::RefuseWhenNothingToUndo);
    };
    if chart.retired {
        return Some(Rule::RefuseWhenChartIsRetired);
    }
    let was_filed = |before: &Custody| before.out_since.is_none() && before.place != chart.home;
    if chart.custody.undo.as_ref().is_some_and(|undo| undo.target == entry && was_filed(&undo.before)) {
        // Filed elsewhere since: it would be neither at home nor out.
        return Some(Rule::RefuseWhenChartWasTouchedSince);
    }
    let still_last = chart.custody.undo.as_ref().is_some_and(|undo| undo.target == entry);
    // A late UNDO takes its place in the history, where the fold says whether anything came between.
    when(!still_last && !context.late, Rule::RefuseWhenChartWasTouchedSince)
}
