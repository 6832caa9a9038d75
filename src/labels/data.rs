//! What a label can say: fields by name, and which subject has which.

mod forms;
mod samples;

use jiff::civil::DateTime;
use serde::Deserialize;

use super::{FilingNumber, plain};

pub use forms::{ChartLabel, CommandCard, PlaceCard, RequestSlip, StaffBadge, TransferSheet};

/// What a template is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// A chart: what is stuck on its folder. The only subject with a chart's own barcode.
    #[default]
    Chart,
    /// A place: its card on the wall.
    Place,
    /// A person: the badge.
    Staff,
    /// A sheet of command cards, one in each row.
    Commands,
    /// A chart that is asked for or out: request slips and outguides.
    Request,
    /// A batch of charts that travel together, one in each row.
    Transfer,
}

impl Subject {
    /// All of them.
    pub const ALL: [Subject; 6] =
        [Subject::Chart, Subject::Place, Subject::Staff, Subject::Commands, Subject::Request, Subject::Transfer];

    /// Its name in templates.
    pub fn name(self) -> &'static str {
        match self {
            Subject::Chart => "chart",
            Subject::Place => "place",
            Subject::Staff => "staff",
            Subject::Commands => "commands",
            Subject::Request => "request",
            Subject::Transfer => "transfer",
        }
    }
}

/// A field that a template may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "described in FIELDS")]
pub enum Field {
    Barcode,
    Reference,
    Number,
    Digit(u8),
    Mrn,
    Name,
    BirthDate,
    Sex,
    RecordType,
    RecordTypeName,
    Volume,
    Home,
    Year,
    Hospital,
    Printed,
    Place,
    PlaceCode,
    Kind,
    Person,
    Role,
    Badge,
    Word,
    Title,
    Does,
    Holder,
    With,
    Since,
    Due,
    Requester,
    WantedAt,
    WantedBy,
    Asked,
    Reason,
    From,
    To,
    SentBy,
    Count,
    Row,
    Page,
    Pages,
}

/// A field as templates see it.
#[derive(Debug, Clone, Copy)]
pub struct FieldInfo {
    /// Its name in templates.
    pub name: &'static str,
    /// The field.
    pub field: Field,
    /// What it says.
    pub says: &'static str,
    /// Subjects whose labels have it.
    pub on_label: &'static [Subject],
    /// Subjects whose rows have it.
    pub in_rows: &'static [Subject],
    /// Whether it says who a patient is: such a field keeps a template from being free of patient data.
    pub tells_patient: bool,
}

const CHART: &[Subject] = &[Subject::Chart];
const CHARTS: &[Subject] = &[Subject::Chart, Subject::Request];
const REQUEST: &[Subject] = &[Subject::Request];
const TRANSFER: &[Subject] = &[Subject::Transfer];
const COMMANDS: &[Subject] = &[Subject::Commands];
const PLACE: &[Subject] = &[Subject::Place];
const STAFF: &[Subject] = &[Subject::Staff];
const BARCODED: &[Subject] = &[Subject::Chart, Subject::Place, Subject::Staff];
const EVERY: &[Subject] = &Subject::ALL;
const NONE: &[Subject] = &[];

type Subjects = &'static [Subject];

const fn info(
    name: &'static str,
    field: Field,
    says: &'static str,
    on_label: Subjects,
    in_rows: Subjects,
) -> FieldInfo {
    FieldInfo {
        name,
        field,
        says,
        on_label,
        in_rows,
        tells_patient: matches!(field, Field::Name | Field::BirthDate | Field::Sex),
    }
}

/// Every field with its name in templates.
pub const FIELDS: &[FieldInfo] = &[
    info("barcode", Field::Barcode, "its own payload: C… chart, L… place, S… person, K… command", BARCODED, COMMANDS),
    info("reference", Field::Reference, "R…, which names a chart and is never taken as seen", CHARTS, TRANSFER),
    info("number", Field::Number, "the number as the shelf is read", CHARTS, TRANSFER),
    info("digit_1", Field::Digit(1), "first digit of the pair that is searched first", CHARTS, TRANSFER),
    info("digit_2", Field::Digit(2), "second digit of the pair that is searched first", CHARTS, TRANSFER),
    info("digit_3", Field::Digit(3), "first digit of the pair that is searched next", CHARTS, TRANSFER),
    info("digit_4", Field::Digit(4), "second digit of the pair that is searched next", CHARTS, TRANSFER),
    info("digit_5", Field::Digit(5), "first digit of the pair that is searched last", CHARTS, TRANSFER),
    info("digit_6", Field::Digit(6), "second digit of the pair that is searched last", CHARTS, TRANSFER),
    info("mrn", Field::Mrn, "medical record number as it is written elsewhere", CHARTS, TRANSFER),
    info("name", Field::Name, "the patient, family name first", CHARTS, TRANSFER),
    info("birth_date", Field::BirthDate, "the patient's birth date", CHARTS, TRANSFER),
    info("sex", Field::Sex, "the patient's administrative sex", CHARTS, TRANSFER),
    info("record_type", Field::RecordType, "record type's code", CHARTS, TRANSFER),
    info("record_type_name", Field::RecordTypeName, "record type's name", CHARTS, TRANSFER),
    info("volume", Field::Volume, "volume, from 1", CHARTS, TRANSFER),
    info("home", Field::Home, "where the chart is filed", CHARTS, TRANSFER),
    info("year", Field::Year, "the year that the band stands for", CHART, NONE),
    info("hospital", Field::Hospital, "the hospital's name", EVERY, NONE),
    info("printed", Field::Printed, "when it was printed", EVERY, NONE),
    info("place", Field::Place, "the place's name", PLACE, NONE),
    info("place_code", Field::PlaceCode, "the place's code", PLACE, NONE),
    info("kind", Field::Kind, "the place's kind", PLACE, NONE),
    info("person", Field::Person, "the person's name", STAFF, NONE),
    info("role", Field::Role, "the person's role", STAFF, NONE),
    info("badge", Field::Badge, "the person's badge number", STAFF, NONE),
    info("word", Field::Word, "the command", NONE, COMMANDS),
    info("title", Field::Title, "what people call the command", NONE, COMMANDS),
    info("does", Field::Does, "what the command does", NONE, COMMANDS),
    info("with", Field::With, "the place that has the chart", REQUEST, NONE),
    info("holder", Field::Holder, "the person who has the chart", REQUEST, NONE),
    info("since", Field::Since, "since when the chart is out", REQUEST, NONE),
    info("due", Field::Due, "when it is due back", REQUEST, NONE),
    info("requester", Field::Requester, "who asks for the chart", REQUEST, NONE),
    info("wanted_at", Field::WantedAt, "the place where it is wanted", REQUEST, NONE),
    info("wanted_by", Field::WantedBy, "when it is wanted", REQUEST, NONE),
    info("asked", Field::Asked, "when it was asked for", REQUEST, NONE),
    info("reason", Field::Reason, "what it is wanted for", REQUEST, NONE),
    info("from", Field::From, "the place that sends", TRANSFER, NONE),
    info("to", Field::To, "the place that is sent to", TRANSFER, NONE),
    info("sent_by", Field::SentBy, "who sends", TRANSFER, NONE),
    info("count", Field::Count, "how many rows there are", &[Subject::Transfer, Subject::Commands], NONE),
    info("row", Field::Row, "the row's number, from 1", NONE, &[Subject::Transfer, Subject::Commands]),
    info("page", Field::Page, "the page's number, from 1", &[Subject::Transfer, Subject::Commands], NONE),
    info("pages", Field::Pages, "how many pages there are", &[Subject::Transfer, Subject::Commands], NONE),
];

impl Field {
    /// What there is to know about it.
    pub fn info(self) -> Option<&'static FieldInfo> {
        FIELDS.iter().find(|info| info.field == self)
    }

    /// Its name in templates.
    pub fn name(self) -> &'static str {
        self.info().map_or("?", |info| info.name)
    }
}

/// Said where something is not known: an empty space would look like a printer's fault.
pub(super) const NOT_KNOWN: &str = "not known";

/// Fields with their values, harmless for paper.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Values {
    fields: Vec<(Field, String)>,
    number: Option<FilingNumber>,
}

impl Values {
    /// Gives a field its value; control and direction characters go.
    pub(super) fn set(&mut self, field: Field, value: impl AsRef<str>) {
        let value = plain(value.as_ref());
        match self.fields.iter_mut().find(|(known, _)| *known == field) {
            Some((_, old)) => *old = value,
            None => self.fields.push((field, value)),
        }
    }

    fn set_number(&mut self, number: FilingNumber) {
        self.set(Field::Number, number.text());
        for (at, digit) in (1..=6).zip(number.digits()) {
            self.set(Field::Digit(at), digit.to_string());
        }
        self.number = Some(number);
    }

    /// One field as text; what is not known says so.
    pub fn field(&self, field: Field) -> &str {
        let value = self.fields.iter().find(|(known, _)| *known == field).map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty()).unwrap_or(NOT_KNOWN)
    }

    /// The number as the shelf is read, where there is one.
    pub fn filing_number(&self) -> Option<&FilingNumber> {
        self.number.as_ref()
    }
}

/// What stands on one label or form, as it is when it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelData {
    /// What it is about.
    pub subject: Subject,
    /// The label's fields.
    pub values: Values,
    /// The fields of each row, for lists.
    pub rows: Vec<Values>,
}

impl LabelData {
    fn new(subject: Subject, hospital: &str) -> Self {
        let mut values = Values::default();
        values.set(Field::Hospital, hospital);
        Self { subject, values, rows: Vec::new() }
    }

    /// One field as text.
    pub fn field(&self, field: Field) -> &str {
        self.values.field(field)
    }

    /// The same, printed at that (local) time.
    pub fn printed(mut self, at: DateTime) -> Self {
        self.values.set(Field::Printed, time(at));
        self
    }

    /// The same, with the year that a year band stands for.
    pub fn of_year(mut self, year: i16) -> Self {
        self.values.set(Field::Year, year.to_string());
        self
    }
}

/// A local time as people say it.
pub(super) fn time(at: DateTime) -> String {
    at.strftime("%a %d %b %Y %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_read_well_and_unknown_is_said() {
        let mut chart = ChartLabel::sample();
        let data = LabelData::chart(&chart);
        assert_eq!(data.field(Field::Name), "Sample, Rosa María");
        assert_eq!(data.field(Field::BirthDate), "04 Mar 1962");
        let digits: Vec<&str> = (1..=6).map(|at| data.field(Field::Digit(at))).collect();
        assert_eq!(digits, ["5", "6", "3", "4", "1", "2"]);
        (chart.birth_date, chart.first_name) = (None, "\u{202e}\u{7}".into());
        let data = LabelData::chart(&chart);
        assert_eq!(data.field(Field::BirthDate), "not known");
        assert_eq!(data.field(Field::Name), "Sample");
    }

    #[test]
    fn every_subject_has_a_sample_with_all_its_fields() {
        for subject in Subject::ALL {
            let data = LabelData::sample_of(subject);
            assert_eq!(data.subject, subject);
            for info in FIELDS {
                let counted = matches!(info.field, Field::Page | Field::Pages | Field::Row);
                if info.on_label.contains(&subject) && !counted {
                    assert_ne!(data.field(info.field), NOT_KNOWN, "{} of {}", info.name, subject.name());
                }
                if info.in_rows.contains(&subject) && !counted {
                    assert_ne!(data.rows[0].field(info.field), NOT_KNOWN, "{} of {}", info.name, subject.name());
                }
            }
        }
    }

    #[test]
    fn only_a_chart_label_carries_the_charts_own_code() {
        for subject in [Subject::Request, Subject::Transfer] {
            let data = LabelData::sample_of(subject);
            for values in data.rows.iter().chain([&data.values]) {
                assert_eq!(values.field(Field::Barcode), NOT_KNOWN);
                assert!(!values.fields.iter().any(|(_, value)| value.starts_with('C') && value.len() == 15));
            }
        }
    }
}
