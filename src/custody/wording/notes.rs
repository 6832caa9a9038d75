//! Notes: what else there is to know.

use super::Words;
use crate::barcode::{self, ChartNumber, Code};
use crate::custody::{ChartChoice, Note, NoteKind, ReceiptNote};

impl Words<'_> {
    pub(super) fn note(&self, note: &Note) -> ReceiptNote {
        let choices = match note.kind {
            NoteKind::ChooseOne => note.charts.iter().filter_map(|number| self.choice(*number)).collect(),
            _ => Vec::new(),
        };
        ReceiptNote { kind: note.kind, text: self.note_text(note), choices }
    }

    fn choice(&self, number: ChartNumber) -> Option<ChartChoice> {
        let chart = self.names.chart(number)?;
        Some(ChartChoice {
            number,
            code: barcode::encode(&Code::Reference(number))?,
            mrn: chart.mrn,
            filing: chart.filing,
            record_type: chart.record_type,
            volume: chart.volume,
        })
    }

    fn note_text(&self, note: &Note) -> String {
        let another = || self.say("detail.another_place");
        let place = || note.place.as_ref().map_or_else(another, |place| self.place(place));
        let since = |without: &str, with: &str| match note.at {
            Some(at) => self.with(with, &[("when", &self.when(at))]),
            None => self.say(without),
        };
        let counted = |without: &str, with: &str| match note.count {
            Some(count) => self.manner.language.say_count(with, count),
            None => self.say(without),
        };
        match note.kind {
            NoteKind::WasMissingCaseClosed => since("note.was_missing", "note.was_missing_since"),
            NoteKind::LabelSuperseded => self.say("note.label_superseded"),
            NoteKind::OtherVolumesElsewhere => {
                self.manner.language.say_count("note.other_volumes", note.count.unwrap_or(1))
            }
            NoteKind::RestrictedRecord => self.say("note.restricted_record"),
            NoteKind::BelongsElsewhere => self.with("note.belongs_elsewhere", &[("place", &place())]),
            NoteKind::Unattributed => self.say("note.unattributed"),
            NoteKind::LateScan => since("note.late", "note.late_at"),
            NoteKind::SeenElsewhereSince => {
                let place = note.place.as_ref().map_or_else(another, |place| self.place_if_open(place));
                self.with("note.seen_elsewhere_since", &[("place", &place)])
            }
            NoteKind::WantedElsewhere => self.with("note.wanted_elsewhere", &[("place", &place())]),
            NoteKind::LooseSheetsWaiting => self.say("note.loose_sheets"),
            NoteKind::SightingKept => self.say("note.sighting_kept"),
            NoteKind::WasOverdue => since("note.overdue", "note.overdue_since"),
            NoteKind::IsMissing => since("note.missing", "note.missing_since"),
            NoteKind::ChooseOne => counted("note.choose_one", "note.choose_one_of"),
        }
    }
}
