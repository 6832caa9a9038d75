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
        let place = || note.place.as_ref().map_or_else(|| "another place".to_owned(), |place| self.place(place));
        let since = || note.at.map_or_else(String::new, |at| format!(" since {}", self.when(at)));
        match note.kind {
            NoteKind::WasMissingCaseClosed => format!("Was missing{}: the case is closed.", since()),
            NoteKind::LabelSuperseded => {
                "An older label: a newer one was printed. Take this one off, or print a new one with LABEL.".to_owned()
            }
            NoteKind::OtherVolumesElsewhere => match note.count {
                Some(1) | None => "Another volume is elsewhere.".to_owned(),
                Some(count) => format!("{count} other volumes are elsewhere."),
            },
            NoteKind::RestrictedRecord => "Restricted record: keep it closed and out of sight.".to_owned(),
            NoteKind::BelongsElsewhere => format!("It belongs in {}: send it on.", place()),
            NoteKind::Unattributed => "Nobody was signed in: recorded without a name.".to_owned(),
            NoteKind::LateScan => match note.at {
                Some(at) => format!("Scanned {} while the kiosk was offline.", self.when(at)),
                None => "Scanned while the kiosk was offline.".to_owned(),
            },
            NoteKind::SeenElsewhereSince => {
                let place = note.place.as_ref().map(|place| self.place_if_open(place));
                format!("Since then it is known to be at {}: not moved.", place.as_deref().unwrap_or("another place"))
            }
            NoteKind::WantedElsewhere => format!("Wanted by {}: send it there next.", place()),
            NoteKind::LooseSheetsWaiting => "Loose sheets wait to be filed in it.".to_owned(),
            NoteKind::SightingKept => "That the chart was here is written down.".to_owned(),
            NoteKind::WasOverdue => format!("Overdue{}.", since()),
            NoteKind::IsMissing => format!("Reported missing{}.", since()),
            NoteKind::ChooseOne => match note.count {
                Some(count) => format!("{count} charts carry this number."),
                None => "Several charts carry this number.".to_owned(),
            },
        }
    }
}
