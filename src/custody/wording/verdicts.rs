//! The headline in giant type, and the rest of the sentence.

use super::{ChartIdentity, Words};
use crate::barcode::{BadgeNumber, CommandWord};
use crate::custody::{Custody, KioskMode, KnownBy, NoteKind, VerdictKind};

impl Words<'_> {
    /// Headline and detail.
    pub(super) fn verdict(&self) -> (String, String) {
        let (headline, detail) = match self.verdict.kind {
            VerdictKind::SignedIn => ("receipt.signed_in", self.signed_in()),
            VerdictKind::SignedOff => ("receipt.signed_off", self.signed_off()),
            VerdictKind::DestinationSet => return self.destination_set(),
            VerdictKind::ModeSet => return self.mode_set(),
            VerdictKind::CheckedOut => ("receipt.checked_out", self.to_and_due()),
            VerdictKind::Returned => ("receipt.returned", self.returned()),
            VerdictKind::Received => ("receipt.received", self.at_and_due()),
            VerdictKind::AlreadyHere => return self.already_here(),
            VerdictKind::Located => return self.located(),
            VerdictKind::Sighted => ("receipt.sighted", self.at_and_due()),
            VerdictKind::Sent => ("receipt.sent", self.to_and_due()),
            VerdictKind::ReportedMissing => ("receipt.reported_missing", self.reported_missing()),
            VerdictKind::Found => {
                ("receipt.found", joined([self.at_place(), self.due(), Some(self.say("detail.case_closed"))]))
            }
            VerdictKind::LabelQueued => return self.headline_and_next("receipt.label_queued"),
            VerdictKind::Undone => ("receipt.undone", self.undone()),
            VerdictKind::Unrecognised | VerdictKind::Refused => return self.refusal(),
        };
        (self.say(headline), detail)
    }

    fn person(&self) -> Option<String> {
        self.verdict.badge.as_ref().map(|badge| self.staff(badge))
    }

    fn named_place(&self) -> Option<String> {
        self.verdict.place.as_ref().map(|place| self.place(place))
    }

    fn at_place(&self) -> Option<String> {
        self.named_place().map(|place| self.with("detail.at_place", &[("place", &place)]))
    }

    /// Custody, if the chart now is where the verdict says: a late scan may not have moved it.
    fn standing(&self) -> Option<&Custody> {
        self.custody().filter(|custody| Some(&custody.place) == self.verdict.place.as_ref())
    }

    fn due(&self) -> Option<String> {
        self.standing()?.due_at.map(|due| self.with("detail.due", &[("when", &self.when(due))]))
    }

    fn signed_in(&self) -> String {
        let next = match self.outcome.kiosk_mode {
            KioskMode::Receive => "receipt.signed_in.receive",
            KioskMode::Return => "receipt.signed_in.return",
        };
        joined([self.person(), Some(self.say(next))])
    }

    fn signed_off(&self) -> String {
        self.person().unwrap_or_else(|| self.say("receipt.signed_off.nobody"))
    }

    fn destination_set(&self) -> (String, String) {
        let place = self.named_place().unwrap_or_default();
        // Of older entries the session alone names who takes the charts.
        let session = self.outcome.session.destination.as_ref();
        let session = session.filter(|destination| Some(&destination.place) == self.verdict.place.as_ref());
        let holder = session.and_then(|destination| destination.holder.as_ref());
        let to = match self.verdict.badge.as_ref().or(holder) {
            Some(badge) => {
                let person = self.staff(badge);
                self.with("receipt.destination.person_at_place", &[("person", &person), ("place", &place)])
            }
            None => self.with("receipt.destination.place", &[("place", &place)]),
        };
        (to, self.say("receipt.destination.next"))
    }

    fn mode_set(&self) -> (String, String) {
        self.headline_and_next(match self.verdict.command {
            Some(CommandWord::Out) => "mode.out",
            Some(CommandWord::Return) => "mode.return",
            Some(CommandWord::Receive) => "mode.receive",
            Some(CommandWord::Where) => "mode.where",
            Some(CommandWord::Missing) => "mode.missing",
            Some(CommandWord::Found) => "mode.found",
            Some(CommandWord::Label) => "mode.label",
            _ => "mode.ready",
        })
    }

    fn to_and_due(&self) -> String {
        let to = match (self.person(), self.named_place()) {
            (Some(person), Some(place)) => {
                Some(self.with("detail.to_person_at_place", &[("person", &person), ("place", &place)]))
            }
            (None, Some(place)) => Some(self.with("detail.to_place", &[("place", &place)])),
            (person, None) => person.map(|person| self.with("detail.to_person", &[("person", &person)])),
        };
        joined([to, self.due()])
    }

    fn at_and_due(&self) -> String {
        joined([self.at_place(), self.due()])
    }

    fn returned(&self) -> String {
        let home = self.chart.as_ref().map(|chart| &chart.home);
        let seen = self.standing().is_some_and(|custody| custody.place_known_by() == KnownBy::Scanned);
        if home != self.verdict.place.as_ref() {
            return self.at_and_due();
        }
        let to = self.named_place().map(|place| self.with("detail.to_place", &[("place", &place)]));
        let next = if seen {
            self.chart.as_ref().map(|chart| self.shelf(chart))
        } else {
            Some(self.say("detail.not_seen_yet"))
        };
        joined([to, next])
    }

    /// Where on the shelf, in the steps in which one walks there: the screen shows the number as the folder has it.
    fn shelf(&self, chart: &ChartIdentity) -> String {
        match chart.filing.split('-').collect::<Vec<_>>().as_slice() {
            [first, second, third] if chart.filing != chart.mrn => {
                self.with("detail.file_under", &[("first", first), ("second", second), ("third", third)])
            }
            _ => self.with("detail.file_at", &[("filing", &chart.filing)]),
        }
    }

    fn already_here(&self) -> (String, String) {
        let seen = self.standing().is_some_and(|custody| custody.place_known_by() == KnownBy::Scanned);
        if seen && self.verdict.badge.is_none() {
            (self.say("receipt.already_here"), self.at_and_due())
        } else {
            (self.say("receipt.already_out"), self.to_and_due())
        }
    }

    fn located(&self) -> (String, String) {
        let Some(custody) = self.custody() else {
            return (self.say("receipt.unknown_whereabouts"), String::new());
        };
        let withheld = self.chart_view().is_none_or(|view| view.withheld);
        if withheld {
            return self.headline_and_next("receipt.restricted");
        }
        let at_home = custody.out_since.is_none();
        let holder = custody.holder.as_ref();
        let with = holder.map(|badge: &BadgeNumber| self.with("detail.with", &[("person", &self.staff(badge))]));
        let since = (!at_home).then(|| self.with("detail.since", &[("when", &self.when(custody.since))]));
        let due = custody.due_at.map(|due| self.with("detail.due", &[("when", &self.when(due))]));
        let filed = self.chart.as_ref().filter(|_| at_home);
        let filed = filed.map(|chart| self.with("detail.filed_at", &[("filing", &chart.filing)]));
        let detail = joined([with, since, filed, Some(self.known(custody)), due]);
        (self.with("receipt.located", &[("place", &self.place(&custody.place))]), detail)
    }

    /// How the place is known: seen, or only said.
    fn known(&self, custody: &Custody) -> String {
        match (custody.place_known_by(), custody.seen_at, custody.seen_place.as_ref()) {
            (KnownBy::Scanned, Some(at), Some(place)) if *place == custody.place => {
                self.with("detail.scanned_at", &[("when", &self.when(at))])
            }
            (_, Some(at), Some(place)) if *place != custody.place => {
                self.with("detail.last_seen", &[("place", &self.place(place)), ("when", &self.when(at))])
            }
            (KnownBy::Scanned, ..) => self.say("detail.scanned"),
            (KnownBy::Asserted, ..) => self.say("detail.asserted"),
            (KnownBy::Inferred, ..) => self.say("detail.inferred"),
        }
    }

    fn reported_missing(&self) -> String {
        let open = self.custody().is_none_or(|custody| custody.missing.is_some());
        let open = Some(self.say(if open { "detail.case_open" } else { "detail.no_case_open" }));
        if self.chart_view().is_none_or(|view| view.withheld) {
            return joined([open]);
        }
        let known = self.named_place().map(|place| self.with("detail.last_known", &[("place", &place)]));
        joined([known, open])
    }

    fn undone(&self) -> String {
        let Some(custody) = self.custody() else { return String::new() };
        if self.verdict.notes.iter().any(|note| note.kind == NoteKind::SeenElsewhereSince) {
            // The note says where.
            return String::new();
        }
        if self.chart_view().is_none_or(|view| view.withheld) {
            return self.say("detail.stands_as_before");
        }
        self.with("detail.stands_again", &[("place", &self.place(&custody.place))])
    }
}

/// The parts that there are, set apart.
fn joined<const N: usize>(parts: [Option<String>; N]) -> String {
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}
