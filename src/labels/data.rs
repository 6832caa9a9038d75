//! What a label can say.

use jiff::civil::Date;

use super::{FilingNumber, plain};
use crate::records::Filing;

/// What stands on the label of one chart, as it is when the label is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelData {
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

/// A field that a template may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the fields of LabelData")]
pub enum Field {
    Barcode,
    Reference,
    Number,
    Mrn,
    Name,
    BirthDate,
    Sex,
    RecordType,
    RecordTypeName,
    Volume,
    Home,
    Hospital,
}

/// Every field with its name in templates.
pub const FIELDS: &[(&str, Field)] = &[
    ("barcode", Field::Barcode),
    ("reference", Field::Reference),
    ("number", Field::Number),
    ("mrn", Field::Mrn),
    ("name", Field::Name),
    ("birth_date", Field::BirthDate),
    ("sex", Field::Sex),
    ("record_type", Field::RecordType),
    ("record_type_name", Field::RecordTypeName),
    ("volume", Field::Volume),
    ("home", Field::Home),
    ("hospital", Field::Hospital),
];

/// Said where something is not known: an empty space would look like a printer's fault.
const NOT_KNOWN: &str = "not known";

impl LabelData {
    /// One field as text, harmless for paper.
    pub fn field(&self, field: Field) -> String {
        let text = match field {
            Field::Barcode => self.barcode.clone(),
            Field::Reference => self.reference.clone(),
            Field::Number => self.filing_number().text(),
            Field::Mrn => self.mrn.clone(),
            Field::Name => name(&self.last_name, &self.first_name),
            Field::BirthDate => self.birth_date.map(|date| date.strftime("%d %b %Y").to_string()).unwrap_or_default(),
            Field::Sex => self.sex.clone().unwrap_or_default(),
            Field::RecordType => self.record_type.clone(),
            Field::RecordTypeName => self.record_type_name.clone(),
            Field::Volume => self.volume.to_string(),
            Field::Home => self.home.clone(),
            Field::Hospital => self.hospital.clone(),
        };
        let text = plain(&text);
        if text.is_empty() { NOT_KNOWN.to_owned() } else { text }
    }

    /// The number as the shelf is read.
    pub fn filing_number(&self) -> FilingNumber {
        FilingNumber::new(&self.mrn, self.filing)
    }

    /// An invented chart: templates are tried with it when they are read, and previews show it.
    pub fn sample() -> Self {
        Self {
            barcode: "C00000001700163".to_owned(),
            reference: "R00000001735".to_owned(),
            mrn: "123456".to_owned(),
            filing: Filing::TerminalDigit,
            last_name: "Sample".to_owned(),
            first_name: "Rosa María".to_owned(),
            birth_date: Some(jiff::civil::date(1962, 3, 4)),
            sex: Some("F".to_owned()),
            record_type: "MR".to_owned(),
            record_type_name: "Medical record".to_owned(),
            volume: 2,
            home: "File room".to_owned(),
            hospital: "General Hospital".to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_read_well_and_unknown_is_said() {
        let mut data = LabelData::sample();
        assert_eq!(data.field(Field::Name), "Sample, Rosa María");
        assert_eq!(data.field(Field::BirthDate), "04 Mar 1962");
        (data.birth_date, data.first_name) = (None, "\u{202e}\u{7}".into());
        assert_eq!(data.field(Field::BirthDate), "not known");
        assert_eq!(data.field(Field::Name), "Sample");
    }
}
