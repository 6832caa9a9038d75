//! Refusals: what is the matter, and what to do next.

use super::Words;
use crate::barcode::{CommandWord, Unrecognised};
use crate::custody::{Rule, SessionMode};

impl Words<'_> {
    pub(super) fn refusal(&self) -> (String, String) {
        let (headline, detail) = match self.verdict.rule {
            None | Some(Rule::RefuseWhenCodeIsUnrecognised) => self.unrecognised(),
            Some(Rule::RefuseWhenNobodyIsSignedIn) => ("Nobody is signed in", "Scan your badge, then this code again."),
            Some(rule) if concerns_people(rule) => self.people(rule),
            Some(rule) if concerns_kiosk(rule) => self.kiosk(rule),
            Some(rule) => chart(rule),
        };
        (headline.to_owned(), detail.to_owned())
    }

    fn unrecognised(&self) -> (&'static str, &'static str) {
        match self.verdict.reason {
            Some(Unrecognised::WrongCheck) => {
                ("Misread", "The check digits do not fit. Scan it again; if that fails, print a new label.")
            }
            Some(Unrecognised::Empty) => ("Nothing read", "Scan it again."),
            Some(Unrecognised::TooLong) => {
                ("Too long", "That is no code for this kiosk. Scan a badge, a place or a chart.")
            }
            Some(Unrecognised::Malformed) => {
                ("Not a known code", "The label is faulty. Print a new one and scan that.")
            }
            Some(Unrecognised::UnknownPattern) | None => {
                ("Not a known code", "Nothing was changed. Scan a badge, a place card or a chart's own label.")
            }
        }
    }

    fn people(&self, rule: Rule) -> (&'static str, &'static str) {
        match rule {
            Rule::RefuseWhenBadgeIsInactive => {
                ("This badge is withdrawn", "Nobody is signed in. Scan another badge or see the records room.")
            }
            Rule::RefuseWhenRoleMayNot if self.needs_records() => {
                ("Not with this badge", "That is for records staff. Ask them, or scan a records badge.")
            }
            Rule::RefuseWhenRoleMayNot => (
                "Not with this badge",
                "This badge may not move charts. Scan a badge that may, or ask the records room.",
            ),
            _ => ("Unknown badge", "Scan another badge, or have this one entered by the records room."),
        }
    }

    fn needs_records(&self) -> bool {
        matches!(self.verdict.command, Some(CommandWord::Missing | CommandWord::Found))
            || matches!(self.outcome.session.mode, SessionMode::Missing | SessionMode::Found)
    }

    fn kiosk(&self, rule: Rule) -> (&'static str, &'static str) {
        match rule {
            Rule::RefuseWhenCommandIsNotYetServed => match self.verdict.command {
                Some(CommandWord::Send) => ("SEND comes later", "Scan the destination and check the chart out to it."),
                _ => ("Shelf reading comes later", "To say that one chart is here, scan it after WHERE."),
            },
            Rule::RefuseWhenNothingToUndo => ("Nothing to undo", "This session has changed nothing yet. Scan on."),
            Rule::RefuseWhenKioskHasNoPrinter => {
                ("No printer here", "Print the label from the console, or at a kiosk that has a printer.")
            }
            Rule::RefuseWhenKioskPlaceIsUnknown => {
                ("This kiosk has no place", "Its place is not entered yet. Tell the records room.")
            }
            Rule::RefuseWhenPlaceIsInactive => {
                ("This place is closed", "No chart goes there any more. Scan another destination.")
            }
            Rule::RefuseWhenPlaceIsUnknown => ("Unknown place", "Scan another place card, or have this one entered."),
            _ => ("Read twice", "The same code came twice at once; it counts once."),
        }
    }
}

fn concerns_people(rule: Rule) -> bool {
    matches!(rule, Rule::RefuseWhenBadgeIsInactive | Rule::RefuseWhenBadgeIsUnknown | Rule::RefuseWhenRoleMayNot)
}

fn concerns_kiosk(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::RefuseWhenCommandIsNotYetServed
            | Rule::RefuseWhenNothingToUndo
            | Rule::RefuseWhenKioskHasNoPrinter
            | Rule::RefuseWhenKioskPlaceIsUnknown
            | Rule::RefuseWhenPlaceIsInactive
            | Rule::RefuseWhenPlaceIsUnknown
            | Rule::RefuseWhenEcho
    )
}

fn chart(rule: Rule) -> (&'static str, &'static str) {
    match rule {
        Rule::RefuseWhenChartIsRetired => ("This chart is retired", "It moves no more. Hand it to the records room."),
        Rule::RefuseWhenSeveralChartsFit => {
            ("Which chart is it?", "Several charts carry this number. Choose the one in your hand.")
        }
        Rule::RefuseWhenChartWasTouchedSince => {
            ("Too late to undo", "The chart was scanned elsewhere since. Check it out or return it anew.")
        }
        Rule::RefuseWhenReferenceIsNotTheChart => {
            ("That is a slip, not the chart", "Scan the label on the chart itself.")
        }
        Rule::RefuseWhenChartIsNotMissing => {
            ("It is not missing", "No case was open. Scan a badge or a command to go on.")
        }
        Rule::RefuseWhenDestinationIsMissing => {
            ("Where does it go?", "Scan the badge of who takes it, or a destination, then this chart again.")
        }
        _ => ("Unknown chart", "No chart has this number here. Take it to the records room."),
    }
}
