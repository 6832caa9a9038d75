//! Refusals: what is the matter, and what to do next.

use super::Words;
use crate::barcode::{CommandWord, Unrecognised};
use crate::custody::{Rule, SessionMode};

impl Words<'_> {
    pub(super) fn refusal(&self) -> (String, String) {
        self.headline_and_next(match self.verdict.rule {
            None | Some(Rule::RefuseWhenCodeIsUnrecognised) => self.unrecognised(),
            Some(Rule::RefuseWhenRoleMayNot) if self.needs_records() => "refused.role_records",
            // A badge that was to take charts: who signed in before still is.
            Some(Rule::RefuseWhenBadgeIsInactive) if self.outcome.session.staff.is_some() => "refused.taker_inactive",
            Some(Rule::RefuseWhenCommandIsNotYetServed) => match self.verdict.command {
                Some(CommandWord::Send) => "refused.send_later",
                _ => "refused.shelf_later",
            },
            Some(Rule::RefuseWhenDestinationIsMissing) if self.outcome.session.mode == SessionMode::Unclear => {
                "refused.unclear"
            }
            Some(rule) => of_rule(rule),
        })
    }

    fn unrecognised(&self) -> &'static str {
        match self.verdict.reason {
            Some(Unrecognised::WrongCheck) => "refused.misread",
            Some(Unrecognised::Empty) => "refused.empty",
            Some(Unrecognised::TooLong) => "refused.too_long",
            Some(Unrecognised::Malformed) => "refused.malformed",
            Some(Unrecognised::UnknownPattern) | None => "refused.unknown_code",
        }
    }

    fn needs_records(&self) -> bool {
        matches!(self.verdict.command, Some(CommandWord::Missing | CommandWord::Found))
            || matches!(self.outcome.session.mode, SessionMode::Missing | SessionMode::Found)
    }
}

fn of_rule(rule: Rule) -> &'static str {
    match rule {
        Rule::RefuseWhenNobodyIsSignedIn => "refused.nobody_signed_in",
        Rule::RefuseWhenBadgeIsUnknown => "refused.badge_unknown",
        Rule::RefuseWhenBadgeIsInactive => "refused.badge_inactive",
        Rule::RefuseWhenPlaceIsUnknown => "refused.place_unknown",
        Rule::RefuseWhenPlaceIsInactive => "refused.place_inactive",
        Rule::RefuseWhenChartIsUnknown => "refused.chart_unknown",
        Rule::RefuseWhenChartIsRetired => "refused.chart_retired",
        Rule::RefuseWhenSeveralChartsFit => "refused.several_fit",
        Rule::RefuseWhenRoleMayNot => "refused.role",
        Rule::RefuseWhenCommandIsNotYetServed => "refused.shelf_later",
        Rule::RefuseWhenNothingToUndo => "refused.nothing_to_undo",
        Rule::RefuseWhenChartWasTouchedSince => "refused.touched_since",
        Rule::RefuseWhenReferenceIsNotTheChart => "refused.reference",
        Rule::RefuseWhenChartIsNotMissing => "refused.not_missing",
        Rule::RefuseWhenKioskHasNoPrinter => "refused.no_printer",
        Rule::RefuseWhenKioskPlaceIsUnknown => "refused.no_place",
        Rule::RefuseWhenCodeIsUnrecognised => "refused.unknown_code",
        Rule::RefuseWhenDestinationIsMissing => "refused.no_destination",
        Rule::RefuseWhenEcho => "refused.echo",
    }
}
