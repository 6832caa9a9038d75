//! Invented data: templates are tried with it when they are read, and previews show it.

use jiff::civil::{DateTime, date};

use super::{ChartLabel, CommandCard, LabelData, PlaceCard, RequestSlip, StaffBadge, Subject, TransferSheet};
use crate::records::Filing;

impl ChartLabel {
    /// An invented chart.
    pub fn sample() -> Self {
        Self {
            barcode: "C00000001700163".to_owned(),
            reference: "R00000001709".to_owned(),
            mrn: "123456".to_owned(),
            filing: Filing::TerminalDigit,
            last_name: "Sample".to_owned(),
            first_name: "Rosa María".to_owned(),
            birth_date: Some(date(1962, 3, 4)),
            sex: Some("F".to_owned()),
            record_type: "MR".to_owned(),
            record_type_name: "Medical record".to_owned(),
            volume: 2,
            home: "File room".to_owned(),
            hospital: "General Hospital".to_owned(),
        }
    }
}

impl RequestSlip {
    /// An invented request for a chart that is out.
    pub fn sample() -> Self {
        Self {
            chart: ChartLabel::sample(),
            with: Some("Cardiology".to_owned()),
            holder: Some("Dr Amara Osei".to_owned()),
            since: Some(sample_time(23, 9, 12)),
            due: Some(sample_time(26, 14, 0)),
            requester: Some("Jon Example, ward clerk".to_owned()),
            wanted_at: Some("Emergency".to_owned()),
            wanted_by: Some(sample_time(24, 11, 30)),
            asked: Some(sample_time(24, 10, 42)),
            reason: Some("Clinic visit".to_owned()),
        }
    }
}

impl LabelData {
    /// An invented chart's label.
    pub fn sample() -> Self {
        Self::sample_of(Subject::Chart)
    }

    /// Invented data of a subject, with every field it has.
    pub fn sample_of(subject: Subject) -> Self {
        let data = match subject {
            Subject::Chart => Self::chart(&ChartLabel::sample()).of_year(2026),
            Subject::Place => Self::place(&PlaceCard {
                barcode: "LCARDIO70".to_owned(),
                code: "CARDIO".to_owned(),
                name: "Cardiology".to_owned(),
                kind: "Department".to_owned(),
                hospital: hospital(),
            }),
            Subject::Staff => Self::staff(&StaffBadge {
                barcode: "S100125".to_owned(),
                badge: "1001".to_owned(),
                name: "Amara Osei".to_owned(),
                role: "Records clerk".to_owned(),
                hospital: hospital(),
            }),
            Subject::Commands => Self::commands(&hospital(), &commands()),
            Subject::Request => Self::request(&RequestSlip::sample()),
            Subject::Transfer => Self::transfer(&TransferSheet {
                from: "File room".to_owned(),
                to: "Cardiology".to_owned(),
                sent_by: Some("Amara Osei".to_owned()),
                hospital: hospital(),
                charts: charts(),
            }),
        };
        data.printed(sample_time(24, 10, 45))
    }
}

fn hospital() -> String {
    "General Hospital".to_owned()
}

fn sample_time(day: i8, hour: i8, minute: i8) -> DateTime {
    date(2026, 11, day).at(hour, minute, 0, 0)
}

fn charts() -> Vec<ChartLabel> {
    let chart = |(reference, mrn, last, first, volume): (&str, &str, &str, &str, u16)| ChartLabel {
        reference: reference.to_owned(),
        mrn: mrn.to_owned(),
        last_name: last.to_owned(),
        first_name: first.to_owned(),
        volume,
        ..ChartLabel::sample()
    };
    [
        ("R00000001709", "123456", "Sample", "Rosa María", 2),
        ("R00000004231", "981056", "Example", "Jon", 1),
        ("R00000031391", "402277", "Παράδειγμα", "Ελένη", 1),
        ("R00000090270", "117790", "Образцова", "Анна", 3),
    ]
    .map(chart)
    .to_vec()
}

fn commands() -> Vec<CommandCard> {
    let card = |(barcode, word, title, does): (&str, &str, &str, &str)| CommandCard {
        barcode: barcode.to_owned(),
        word: word.to_owned(),
        title: title.to_owned(),
        does: does.to_owned(),
    };
    [
        ("KOUT92", "OUT", "Out", "The next badge takes the charts"),
        ("KRETURN30", "RETURN", "Return", "Charts come back to be filed"),
        ("KRECEIVE18", "RECEIVE", "Receive", "Charts arrive here"),
        ("KWHERE49", "WHERE", "Where", "Says where a chart is"),
        ("KMISSING74", "MISSING", "Missing", "The chart cannot be found"),
        ("KFOUND19", "FOUND", "Found", "The chart has turned up"),
        ("KLABEL71", "LABEL", "Label", "Prints a new label"),
        ("KUNDO49", "UNDO", "Undo", "Takes back the last scan"),
        ("KDONE78", "DONE", "Done", "Signs off"),
    ]
    .map(card)
    .to_vec()
}
