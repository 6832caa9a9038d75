//! What all the rules look at: the situation with the session as it stands at the scan's own time.

use jiff::{SignedDuration, Timestamp};

use super::{Act, Chart, Decision, KioskSession, Note, NoteKind, OrderKey, Place, Role, Rule, Scan, ScanSource};
use super::{SessionMode, Situation, Staff, Tone, Verdict, VerdictKind};
use crate::barcode::{ChartNumber, Code};

/// One scan being judged.
pub(super) struct Context<'a> {
    pub(super) at: &'a Situation<'a>,
    pub(super) scan: &'a Scan,
    pub(super) key: &'a OrderKey,
    /// The scan waited in a kiosk's queue: nobody could refuse it there, and nobody refuses it for sign-in here.
    pub(super) late: bool,
    /// The scan's own time, by which sessions go; the key's is later where the clock was put back.
    time: Timestamp,
    /// The session as of the scan's time.
    pub(super) session: KioskSession,
    /// Who is signed in, their badge being alive.
    pub(super) person: Option<&'a Staff>,
    /// What the code read just before fits, one of which may be touched now.
    choosing: Vec<ChartNumber>,
}

impl<'a> Context<'a> {
    pub(super) fn new(at: &'a Situation<'a>, scan: &'a Scan, key: &'a OrderKey, recorded_at: Timestamp) -> Context<'a> {
        let (late, time) = (scan.is_late(recorded_at), scan.effective_at().min(recorded_at));
        let person = at.signed_in.filter(|staff| staff.active && at.session.staff.as_ref() == Some(&staff.badge));
        let withdrawn = person.is_none() && at.session.staff.is_some();
        let mut session = if withdrawn { KioskSession::default() } else { at.session.clone() };
        let choosing = std::mem::take(&mut session.choosing);
        Context { at, scan, key, late, time, session, person, choosing }
    }

    /// Was it scanned in a session of which nothing is known any more? A chart then only was here: where it went, and
    /// whether it stayed, a badge or a card said that is forgotten.
    pub(super) fn strays(&self) -> bool {
        let KioskSession { staff: None, destination: None, mode: SessionMode::Automatic, .. } = self.session else {
            return false;
        };
        self.at.stale && self.in_hand()
    }

    /// The one chart that the code fits.
    pub(super) fn chart(&self) -> Option<&'a Chart> {
        match self.at.charts {
            [chart] => Some(chart),
            _ => None,
        }
    }

    /// Was the chart itself read here? A reference or a typed number says something, but shows nothing; a touch among
    /// the charts that the label just read fits says whose label that was.
    pub(super) fn in_hand(&self) -> bool {
        match self.at.code {
            Code::Chart(..) | Code::Legacy(_) => self.scan.source != ScanSource::Typed,
            Code::Reference(number) => self.scan.source == ScanSource::Touched && self.choosing.contains(number),
            _ => false,
        }
    }

    /// The sighting that this scan is, whatever becomes of the rest.
    pub(super) fn sighting(&self) -> Option<(ChartNumber, Act)> {
        let (chart, place) = (self.chart()?, self.at.kiosk_place?);
        self.in_hand().then(|| (chart.number, Act::Sighted { place: place.code.clone(), asserted: false }))
    }

    /// May the one who is signed in do what asks for `role`? A late scan of an unknown person may.
    pub(super) fn may(&self, role: Role) -> bool {
        self.person.map_or(self.late, |staff| staff.role.includes(role))
    }

    /// When a chart that goes to `place` now is due there.
    pub(super) fn due_at(&self, place: &Place) -> Option<Timestamp> {
        let hours = place.loan_hours?;
        self.key.effective_at.checked_add(SignedDuration::from_hours(i64::from(hours))).ok()
    }

    /// A verdict that goes well and moves nothing.
    pub(super) fn said(&self, kind: VerdictKind) -> Decision {
        self.decided(Verdict::new(kind, Tone::Ok))
    }

    /// The refusal named by `rule`: custody is left alone, a sighting is kept.
    pub(super) fn refused(&self, rule: Rule) -> Decision {
        let mut decision = self.decided(Verdict::refused(rule));
        decision.verdict.chart = self.chart().map(|chart| chart.number);
        if let Some(sighting) = self.sighting() {
            decision.acts.push(sighting);
            decision.verdict.notes.push(Note::new(NoteKind::SightingKept));
        }
        decision
    }

    pub(super) fn decided(&self, verdict: Verdict) -> Decision {
        Decision { verdict, session: self.session.clone(), acts: Vec::new(), label_for: None, on_chart: None }
    }

    /// What holds for every scan: it keeps the session alive, and a late one is marked as such.
    pub(super) fn finished(&self, mut decision: Decision) -> Decision {
        let notes = &mut decision.verdict.notes;
        if self.late {
            notes.push(Note { at: Some(self.key.effective_at), ..Note::new(NoteKind::LateScan) });
            if self.person.is_none() && !decision.acts.is_empty() {
                notes.push(Note::new(NoteKind::Unattributed));
            }
        }
        if decision.verdict.tone == Tone::Ok && decision.verdict.notes.iter().any(Note::calls_attention) {
            decision.verdict.tone = Tone::Attention;
        }
        let session = &mut decision.session;
        // Who touched the screen while this scan waited did so in the session that it made.
        let touched = self.session.active_at.filter(|_| self.late);
        session.active_at = session.active_at.max(touched).max(Some(self.time));
        session.scanned_at = session.scanned_at.max(Some(self.time));
        session.since = session.since.or(Some(self.time));
        decision
    }
}
