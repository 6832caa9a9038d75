//! The headline in giant type, and the rest of the sentence.

use super::Words;
use crate::barcode::{BadgeNumber, CommandWord, PlaceCode};
use crate::custody::{Custody, KioskMode, KnownBy, VerdictKind};

impl Words<'_> {
    /// Headline and detail.
    pub(super) fn verdict(&self) -> (String, String) {
        let (headline, detail) = match self.verdict.kind {
            VerdictKind::SignedIn => ("Signed in", self.signed_in()),
            VerdictKind::SignedOff => ("Signed off", self.signed_off()),
            VerdictKind::DestinationSet => return self.destination_set(),
            VerdictKind::ModeSet => return self.mode_set(),
            VerdictKind::CheckedOut => ("Checked out", self.to_and_due()),
            VerdictKind::Returned => ("Returned", self.returned()),
            VerdictKind::Received => ("Received", self.at_and_due()),
            VerdictKind::AlreadyHere => return self.already_here(),
            VerdictKind::Located => return self.located(),
            VerdictKind::Sighted => ("Seen here", self.at_and_due()),
            VerdictKind::Sent => ("Sent", self.to_and_due()),
            VerdictKind::ReportedMissing => ("Reported missing", self.reported_missing()),
            VerdictKind::Found => ("Found", joined([self.at_place(), Some("the missing case is closed".to_owned())])),
            VerdictKind::LabelQueued => {
                ("Label queued", "Collect it at the printer, stick it on, scan it once.".to_owned())
            }
            VerdictKind::Undone => ("Undone", self.undone()),
            VerdictKind::Unrecognised | VerdictKind::Refused => return self.refusal(),
        };
        (headline.to_owned(), detail)
    }

    fn person(&self) -> Option<String> {
        self.verdict.badge.as_ref().map(|badge| self.staff(badge))
    }

    fn named_place(&self) -> Option<String> {
        self.verdict.place.as_ref().map(|place| self.place(place))
    }

    fn at_place(&self) -> Option<String> {
        self.named_place().map(|place| format!("at {place}"))
    }

    /// Custody, if the chart now is where the verdict says: a late scan may not have moved it.
    fn standing(&self) -> Option<&Custody> {
        self.custody().filter(|custody| Some(&custody.place) == self.verdict.place.as_ref())
    }

    fn due(&self) -> Option<String> {
        self.standing()?.due_at.map(|due| format!("due {}", self.when(due)))
    }

    fn signed_in(&self) -> String {
        let next = match self.outcome.kiosk_mode {
            KioskMode::Receive => "Scan a destination, or charts to receive them here.",
            KioskMode::Return => "Scan a destination, or charts to return them.",
        };
        joined([self.person(), Some(next.to_owned())])
    }

    fn signed_off(&self) -> String {
        self.person().unwrap_or_else(|| "Nobody was signed in.".to_owned())
    }

    fn destination_set(&self) -> (String, String) {
        let place = self.named_place().unwrap_or_default();
        let holder = self.outcome.session.destination.as_ref().and_then(|destination| destination.holder.as_ref());
        let to = match holder {
            Some(badge) => format!("To {}, {place}", self.staff(badge)),
            None => format!("To {place}"),
        };
        (to, "Scan the charts that go there.".to_owned())
    }

    fn mode_set(&self) -> (String, String) {
        let (headline, detail) = match self.verdict.command {
            Some(CommandWord::Out) => ("Check out", "Scan the badge of who takes the charts, or a destination."),
            Some(CommandWord::Return) => ("Return", "Scan the charts that go back to their file room."),
            Some(CommandWord::Receive) => ("Receive", "Scan the charts that are here now."),
            Some(CommandWord::Where) => ("Where is it?", "Scan a chart or a slip. Nothing moves."),
            Some(CommandWord::Missing) => {
                ("Report missing", "Scan the slip, or type the number, of each missing chart.")
            }
            Some(CommandWord::Found) => ("Report found", "Scan each chart that was found."),
            Some(CommandWord::Label) => ("Print labels", "Scan each chart that needs a new label."),
            _ => ("Ready", "Scan a chart."),
        };
        (headline.to_owned(), detail.to_owned())
    }

    fn to_and_due(&self) -> String {
        let place = self.named_place();
        let to = match (self.person(), place) {
            (Some(person), Some(place)) => Some(format!("to {person}, {place}")),
            (None, Some(place)) => Some(format!("to {place}")),
            (person, None) => person.map(|person| format!("to {person}")),
        };
        joined([to, self.due()])
    }

    fn at_and_due(&self) -> String {
        joined([self.at_place(), self.due()])
    }

    fn returned(&self) -> String {
        let home = self.chart.as_ref().map(|chart| &chart.home);
        let seen = self.standing().is_some_and(|custody| custody.known_by == KnownBy::Scanned);
        if home != self.verdict.place.as_ref() {
            return self.at_and_due();
        }
        let to = self.named_place().map(|place| format!("to {place}"));
        let next = if seen {
            self.chart.as_ref().map(|chart| format!("file it at {}", chart.filing))
        } else {
            Some("not seen there yet".to_owned())
        };
        joined([to, next])
    }

    fn already_here(&self) -> (String, String) {
        let seen = self.standing().is_some_and(|custody| custody.known_by == KnownBy::Scanned);
        if seen {
            ("Already here".to_owned(), self.at_and_due())
        } else {
            ("Already checked out".to_owned(), self.to_and_due())
        }
    }

    fn located(&self) -> (String, String) {
        let Some(custody) = self.custody() else { return ("Whereabouts unknown".to_owned(), String::new()) };
        let withheld = self.chart_view().is_none_or(|view| view.withheld);
        if withheld {
            let detail = "Where it is, is confidential. Ask the records room's supervisor.";
            return ("Restricted record".to_owned(), detail.to_owned());
        }
        let at_home = custody.out_since.is_none();
        let with = custody.holder.as_ref().map(|badge: &BadgeNumber| format!("with {}", self.staff(badge)));
        let since = Some(format!("since {}", self.when(custody.since))).filter(|_| !at_home);
        let due = custody.due_at.map(|due| format!("due {}", self.when(due)));
        let filed = self.chart.as_ref().filter(|_| at_home).map(|chart| format!("filed at {}", chart.filing));
        let detail = joined([with, since, filed, Some(self.known(custody)), due]);
        (format!("At {}", self.place(&custody.place)), detail)
    }

    /// How the place is known: seen, or only said.
    fn known(&self, custody: &Custody) -> String {
        match (custody.known_by, custody.seen_at, custody.seen_place.as_ref()) {
            (KnownBy::Scanned, Some(at), Some(place)) if *place == custody.place => {
                format!("scanned {}", self.when(at))
            }
            (_, Some(at), Some(place)) if *place != custody.place => self.seen_elsewhere(place, &self.when(at)),
            (KnownBy::Scanned, ..) => "scanned".to_owned(),
            (KnownBy::Asserted, ..) => "said to be there, not seen".to_owned(),
            (KnownBy::Inferred, ..) => "inferred, not seen".to_owned(),
        }
    }

    fn seen_elsewhere(&self, place: &PlaceCode, at: &str) -> String {
        format!("last seen at {} {at}", self.place(place))
    }

    fn reported_missing(&self) -> String {
        let known = Some("a case is open until it is scanned".to_owned());
        if self.chart_view().is_none_or(|view| view.withheld) {
            return joined([known]);
        }
        joined([self.named_place().map(|place| format!("last known at {place}")), known])
    }

    fn undone(&self) -> String {
        let Some(custody) = self.custody() else { return String::new() };
        if self.chart_view().is_none_or(|view| view.withheld) {
            return "it stands as it was before".to_owned();
        }
        format!("it stands at {} again", self.place(&custody.place))
    }
}

/// The parts that there are, set apart.
fn joined<const N: usize>(parts: [Option<String>; N]) -> String {
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}
