//! What stands on printed matter, read from the ledger when it is made.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::LabelFault;
use crate::barcode::{self, ChartNumber, Code, CommandWord, LabelIssue};
use crate::custody::PlaceKind;
use crate::labels::report::ListRow;
use crate::labels::{ChartLabel, CommandCard, LabelData, PlaceCard, RequestSlip, StaffBadge, TransferSheet};
use crate::ledger::queries::{ChartRow, Sight};
use crate::ledger::{Ledger, PrintJobRow, ReadError, Subject};
use crate::records::Filing;

/// A hospital's printed matter.
#[derive(Clone)]
pub struct Texts {
    ledger: Ledger,
    hospital: String,
    filing: Filing,
    zone: TimeZone,
}

impl Texts {
    /// From this ledger; the hospital's name and filing order stand on labels, times are its local ones.
    pub fn new(ledger: Ledger, hospital: &str, filing: Filing, zone: TimeZone) -> Self {
        Self { ledger, hospital: hospital.to_owned(), filing, zone }
    }

    /// What a job's labels say, one for each label.
    pub fn of_job(&self, job: &PrintJobRow) -> Result<Vec<LabelData>, LabelFault> {
        let by = job.requested_by.as_str();
        match &job.subject {
            Subject::Label(label) => Ok(vec![self.label(label.chart, label.issue)?]),
            Subject::Sheet(labels) => labels.iter().map(|label| self.label(label.chart, label.issue)).collect(),
            Subject::Reference(chart) => Ok(vec![self.slip(*chart, Some((by, job.requested_at)))?]),
            Subject::Transfer { charts, to } => Ok(vec![self.transfer(charts, to.as_ref(), by)?]),
            Subject::Place(code) => {
                let place = known(self.ledger.read_blocking(|reader| reader.place(code)), || format!("place {code}"))?;
                let card = PlaceCard {
                    barcode: barcode::encode(&Code::Place(place.code.clone())).unwrap_or_default(),
                    code: place.code.to_string(),
                    name: place.name,
                    kind: kind_words(place.kind).to_owned(),
                    hospital: self.hospital.clone(),
                };
                Ok(vec![self.printed(LabelData::place(&card))])
            }
            Subject::Staff(badge) => {
                let found = self.ledger.read_blocking(|reader| reader.staff_member(badge));
                let person = known(found, || format!("badge {badge}"))?;
                let badge = StaffBadge {
                    barcode: barcode::encode(&Code::Badge(person.badge.clone())).unwrap_or_default(),
                    badge: person.badge.to_string(),
                    name: person.name,
                    role: capital(person.role.word()),
                    hospital: self.hospital.clone(),
                };
                Ok(vec![self.printed(LabelData::staff(&badge))])
            }
            Subject::Commands => Ok(vec![self.printed(LabelData::commands(&self.hospital, &command_cards()))]),
        }
    }

    /// A chart's label of this issue.
    pub fn label(&self, chart: ChartNumber, issue: LabelIssue) -> Result<LabelData, LabelFault> {
        let row = self.chart(chart, Sight::Full)?;
        Ok(self.label_of(&row, issue))
    }

    /// The same of a row that was read already.
    pub fn label_of(&self, row: &ChartRow, issue: LabelIssue) -> LabelData {
        let label = chart_label(row, issue, &self.hospital, self.filing);
        self.printed(LabelData::chart(&label).of_year(self.local(self.ledger.now()).year()))
    }

    /// A slip that stands for a chart: who has it, where and since when, and who asked for it. That is who had it handed
    /// out, of a chart that is out; else who asked for the slip (an entry's actor, and when). Where a chart is
    /// confidentially stays off paper, and so does who had it brought there.
    pub fn slip(&self, chart: ChartNumber, asked: Option<(&str, Timestamp)>) -> Result<LabelData, LabelFault> {
        let row = self.chart(chart, Sight::Masked)?;
        let held = &row.chart;
        let out = held.out_since.is_some() && held.place.is_some();
        let named = self.ledger.read_blocking(|reader| match asked {
            _ if out => reader.checked_out_by(chart),
            Some((actor, _)) => reader.person(actor),
            None => Ok(None),
        });
        let requester = named.map_err(|error| LabelFault::NotNow(error.to_string()))?;
        let place = held.place_name.clone().or_else(|| held.place.as_ref().map(ToString::to_string));
        let slip = RequestSlip {
            chart: self.named(&row),
            with: place,
            holder: held.holder_name.clone().or_else(|| held.holder.as_ref().map(ToString::to_string)),
            since: held.out_since.map(|at| self.local(at)),
            due: held.due_at.map(|at| self.local(at)),
            requester,
            wanted_at: None,
            wanted_by: None,
            asked: asked.map(|(_, at)| self.local(at)),
            reason: None,
        };
        Ok(self.printed(LabelData::request(&slip)))
    }

    /// A list that goes along with charts.
    pub fn transfer(
        &self,
        charts: &[ChartNumber],
        to: Option<&crate::barcode::PlaceCode>,
        by: &str,
    ) -> Result<LabelData, LabelFault> {
        let rows: Result<Vec<_>, _> = charts.iter().map(|chart| self.chart(*chart, Sight::Masked)).collect();
        let rows = rows?;
        let name = |code: &crate::barcode::PlaceCode| {
            let place = self.ledger.read_blocking(|reader| reader.place(code)).ok().flatten();
            place.map_or_else(|| code.to_string(), |place| place.name)
        };
        let homes: std::collections::BTreeSet<&String> = rows.iter().filter_map(|row| row.home_name.as_ref()).collect();
        let sheet = TransferSheet {
            from: homes.into_iter().cloned().collect::<Vec<_>>().join(", "),
            to: to.map(name).unwrap_or_default(),
            sent_by: by.split_once(':').map(|(_, name)| name.to_owned()),
            hospital: self.hospital.clone(),
            charts: rows.iter().map(|row| self.named(row)).collect(),
        };
        Ok(self.printed(LabelData::transfer(&sheet)))
    }

    /// A chart as paper names it that is not on the chart: no issue of its label is known to it.
    fn named(&self, row: &ChartRow) -> ChartLabel {
        ChartLabel { barcode: String::new(), ..chart_label(row, LabelIssue(0), &self.hospital, self.filing) }
    }

    fn chart(&self, chart: ChartNumber, sight: Sight) -> Result<ChartRow, LabelFault> {
        known(self.ledger.read_blocking(|reader| reader.chart(chart, sight)), || format!("chart {chart}"))
    }

    fn printed(&self, data: LabelData) -> LabelData {
        data.printed(self.local(self.ledger.now()))
    }

    fn local(&self, at: Timestamp) -> DateTime {
        at.to_zoned(self.zone.clone()).datetime()
    }
}

fn known<T>(found: Result<Option<T>, ReadError>, what: impl Fn() -> String) -> Result<T, LabelFault> {
    match found {
        Ok(Some(found)) => Ok(found),
        Ok(None) | Err(ReadError::NotFound(_)) => Err(LabelFault::Never(format!("there is no {}", what()))),
        Err(error) => Err(LabelFault::NotNow(error.to_string())),
    }
}

/// What a chart's label says, with the given issue.
pub fn chart_label(row: &ChartRow, issue: LabelIssue, hospital: &str, filing: Filing) -> ChartLabel {
    let chart = &row.chart;
    ChartLabel {
        barcode: barcode::encode(&Code::Chart(chart.number, issue)).unwrap_or_default(),
        reference: barcode::encode(&Code::Reference(chart.number)).unwrap_or_default(),
        mrn: row.patient.mrn.clone(),
        filing,
        last_name: row.patient.last_name.clone(),
        first_name: row.patient.first_name.clone(),
        birth_date: row.patient.birth_date,
        sex: row.patient.sex.clone(),
        record_type: chart.record_type.clone(),
        record_type_name: row.record_type_name.clone().unwrap_or_else(|| chart.record_type.clone()),
        volume: chart.volume,
        home: row.home_name.clone().or_else(|| chart.home.as_ref().map(ToString::to_string)).unwrap_or_default(),
        hospital: hospital.to_owned(),
    }
}

/// A chart that is out, as the downtime list has it.
pub fn list_row(row: &ChartRow) -> ListRow {
    let chart = &row.chart;
    let code = chart.place.as_ref().map(ToString::to_string);
    ListRow {
        place: chart.place_name.clone().or(code).unwrap_or_else(|| "Place not known".to_owned()),
        mrn: row.patient.mrn.clone(),
        last_name: row.patient.last_name.clone(),
        first_name: row.patient.first_name.clone(),
        birth_date: row.patient.birth_date,
        record_type: chart.record_type.clone(),
        volume: chart.volume,
        holder: chart.holder_name.clone().or_else(|| chart.holder.as_ref().map(ToString::to_string)),
        out_since: chart.out_since,
        due_at: chart.due_at,
        missing: chart.missing_since.is_some(),
    }
}

fn kind_words(kind: PlaceKind) -> &'static str {
    match kind {
        PlaceKind::FileRoom => "File room",
        PlaceKind::Department => "Department",
        PlaceKind::Clinic => "Clinic",
        PlaceKind::Office => "Office",
        PlaceKind::Cart => "Cart",
        PlaceKind::Offsite => "Offsite store",
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The commands that kiosks serve, as cards.
fn command_cards() -> Vec<CommandCard> {
    let cards = [
        (CommandWord::Out, "OUT", "Out", "The next badge takes the charts that follow."),
        (CommandWord::Return, "RETURN", "Return", "Charts that follow come back."),
        (CommandWord::Receive, "RECEIVE", "Receive", "Charts that follow are here now."),
        (CommandWord::Where, "WHERE", "Where", "Says where a chart is. Moves nothing."),
        (CommandWord::Missing, "MISSING", "Missing", "Opens a missing case for each chart that follows."),
        (CommandWord::Found, "FOUND", "Found", "Closes the missing case of each chart that follows."),
        (CommandWord::Label, "LABEL", "Label", "Prints a new label for each chart that follows."),
        (CommandWord::Undo, "UNDO", "Undo", "Takes back the last change."),
        (CommandWord::Done, "DONE", "Done", "Signs you off."),
    ];
    let card = |(command, word, title, does): (CommandWord, &str, &str, &str)| CommandCard {
        barcode: barcode::encode(&Code::Command(command)).unwrap_or_default(),
        word: word.to_owned(),
        title: title.to_owned(),
        does: does.to_owned(),
    };
    cards.into_iter().map(card).collect()
}
