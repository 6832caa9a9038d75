//! What each subject's labels are made from.

use jiff::civil::{Date, DateTime};

use super::{Field, LabelData, Subject, Values, time};
use crate::labels::{FilingNumber, plain};
use crate::records::Filing;

/// One chart as its folder's label says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartLabel {
    /// The chart's own payload, `C…`, with the label's issue.
    pub barcode: String,
    /// The payload that only names the chart, `R…`.
    pub reference: String,
    /// The patient's medical record number.
    pub mrn: String,
    /// How the shelf is ordered.
    pub filing: Filing,
    /// Family name.
    pub last_name: String,
    /// Given names.
    pub first_name: String,
    /// Birth date, where known.
    pub birth_date: Option<Date>,
    /// Administrative sex, where known.
    pub sex: Option<String>,
    /// Record type's code.
    pub record_type: String,
    /// Record type's name.
    pub record_type_name: String,
    /// Volume, from 1.
    pub volume: u16,
    /// Name of the place where the chart is filed.
    pub home: String,
    /// The hospital's name.
    pub hospital: String,
}

impl ChartLabel {
    /// Everything but the chart's own payload.
    fn fill(&self, values: &mut Values) {
        values.set(Field::Reference, &self.reference);
        values.set_number(FilingNumber::new(&self.mrn, self.filing));
        values.set(Field::Mrn, &self.mrn);
        values.set(Field::Name, name(&self.last_name, &self.first_name));
        let born = self.birth_date.map(|date| date.strftime("%d %b %Y").to_string());
        values.set(Field::BirthDate, born.unwrap_or_default());
        values.set(Field::Sex, self.sex.as_deref().unwrap_or_default());
        values.set(Field::RecordType, &self.record_type);
        values.set(Field::RecordTypeName, &self.record_type_name);
        values.set(Field::Volume, self.volume.to_string());
        values.set(Field::Home, &self.home);
    }
}

/// One place as its card says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceCard {
    /// `L…`.
    pub barcode: String,
    /// The place's code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its kind in words, such as "Department".
    pub kind: String,
    /// The hospital's name.
    pub hospital: String,
}

/// One person as the badge says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffBadge {
    /// `S…`.
    pub barcode: String,
    /// The badge number.
    pub badge: String,
    /// The person's name.
    pub name: String,
    /// The person's role in words.
    pub role: String,
    /// The hospital's name.
    pub hospital: String,
}

/// One command card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandCard {
    /// `K…`.
    pub barcode: String,
    /// The command's word.
    pub word: String,
    /// What people call it.
    pub title: String,
    /// What it does, in a line.
    pub does: String,
}

/// A request, or an outguide: a chart, where it is and who wants it. Times are the hospital's local ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestSlip {
    /// The chart; only its reference is printed, never its own payload.
    pub chart: ChartLabel,
    /// The place that has it, or that it goes to.
    pub with: Option<String>,
    /// The person who has it.
    pub holder: Option<String>,
    /// Since when it is out.
    pub since: Option<DateTime>,
    /// When it is due back.
    pub due: Option<DateTime>,
    /// Who asks for it.
    pub requester: Option<String>,
    /// Where it is wanted.
    pub wanted_at: Option<String>,
    /// When it is wanted.
    pub wanted_by: Option<DateTime>,
    /// When it was asked for.
    pub asked: Option<DateTime>,
    /// What for.
    pub reason: Option<String>,
}

/// Charts that travel together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferSheet {
    /// The place that sends.
    pub from: String,
    /// The place that is sent to.
    pub to: String,
    /// Who sends.
    pub sent_by: Option<String>,
    /// The hospital's name.
    pub hospital: String,
    /// The charts; only their references are printed.
    pub charts: Vec<ChartLabel>,
}

impl LabelData {
    /// A chart's label.
    pub fn chart(chart: &ChartLabel) -> Self {
        let mut data = Self::new(Subject::Chart, &chart.hospital);
        data.values.set(Field::Barcode, &chart.barcode);
        chart.fill(&mut data.values);
        data
    }

    /// A place's card.
    pub fn place(card: &PlaceCard) -> Self {
        let mut data = Self::new(Subject::Place, &card.hospital);
        data.values.set(Field::Barcode, &card.barcode);
        data.values.set(Field::PlaceCode, &card.code);
        data.values.set(Field::Place, &card.name);
        data.values.set(Field::Kind, &card.kind);
        data
    }

    /// A person's badge.
    pub fn staff(badge: &StaffBadge) -> Self {
        let mut data = Self::new(Subject::Staff, &badge.hospital);
        data.values.set(Field::Barcode, &badge.barcode);
        data.values.set(Field::Badge, &badge.badge);
        data.values.set(Field::Person, &badge.name);
        data.values.set(Field::Role, &badge.role);
        data
    }

    /// Command cards, one in each row.
    pub fn commands(hospital: &str, cards: &[CommandCard]) -> Self {
        let mut data = Self::new(Subject::Commands, hospital);
        let row = |card: &CommandCard| {
            let mut row = Values::default();
            row.set(Field::Barcode, &card.barcode);
            row.set(Field::Word, &card.word);
            row.set(Field::Title, &card.title);
            row.set(Field::Does, &card.does);
            row
        };
        data.take_rows(cards.iter().map(row).collect());
        data
    }

    /// A request slip or an outguide.
    pub fn request(slip: &RequestSlip) -> Self {
        let mut data = Self::new(Subject::Request, &slip.chart.hospital);
        let values = &mut data.values;
        slip.chart.fill(values);
        let words = |text: &Option<String>| text.clone().unwrap_or_default();
        let when = |at: Option<DateTime>| at.map(time).unwrap_or_default();
        values.set(Field::With, words(&slip.with));
        values.set(Field::Holder, words(&slip.holder));
        values.set(Field::Since, when(slip.since));
        values.set(Field::Due, when(slip.due));
        values.set(Field::Requester, words(&slip.requester));
        values.set(Field::WantedAt, words(&slip.wanted_at));
        values.set(Field::WantedBy, when(slip.wanted_by));
        values.set(Field::Asked, when(slip.asked));
        values.set(Field::Reason, words(&slip.reason));
        data
    }

    /// A transfer sheet, one chart in each row.
    pub fn transfer(sheet: &TransferSheet) -> Self {
        let mut data = Self::new(Subject::Transfer, &sheet.hospital);
        data.values.set(Field::From, &sheet.from);
        data.values.set(Field::To, &sheet.to);
        data.values.set(Field::SentBy, sheet.sent_by.as_deref().unwrap_or_default());
        let row = |chart: &ChartLabel| {
            let mut row = Values::default();
            chart.fill(&mut row);
            row
        };
        data.take_rows(sheet.charts.iter().map(row).collect());
        data
    }

    fn take_rows(&mut self, rows: Vec<Values>) {
        self.values.set(Field::Count, rows.len().to_string());
        self.rows = rows;
        for (at, row) in self.rows.iter_mut().enumerate() {
            row.set(Field::Row, (at + 1).to_string());
        }
    }
}

/// Family name first, as folders are filed.
fn name(last: &str, first: &str) -> String {
    match (plain(last).as_str(), plain(first).as_str()) {
        ("", only) | (only, "") => only.to_owned(),
        (last, first) => format!("{last}, {first}"),
    }
}
