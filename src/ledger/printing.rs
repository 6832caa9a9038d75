//! Print jobs, batches and printers' stock as the projections have them. No patient data: charts, places and people are
//! named by number, code and badge; what a label says is made anew when it is sent.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::barcode::{BadgeNumber, ChartNumber, LabelIssue, PlaceCode};

/// A print job's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct PrintJobId(pub u64);

/// A batch's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct PrintBatchId(pub u64);

/// A print job's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the contract's words")]
pub enum PrintJobState {
    Queued,
    Sending,
    Sent,
    Printed,
    Failed,
    Unknown,
    Cancelled,
}

/// How it is known that a job was printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The printer's own count said so.
    Counted,
    /// The label was scanned.
    Scanned,
    /// A person looked and said so.
    Seen,
}

/// A chart's label: which chart, and which printing of its label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct ChartLabel {
    /// The chart.
    pub chart: ChartNumber,
    /// The label's issue; copies share it.
    pub issue: LabelIssue,
}

/// What a print job is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "SubjectFields", into = "SubjectFields")]
pub enum Subject {
    /// A chart's own label; uses up an issue.
    Label(ChartLabel),
    /// Labels of several charts on one sheet.
    Sheet(Vec<ChartLabel>),
    /// A slip or outguide that names a chart by its reference; uses up no issue.
    Reference(ChartNumber),
    /// A list that goes along with several charts.
    Transfer {
        /// The charts.
        charts: Vec<ChartNumber>,
        /// Where they go, where that is said.
        to: Option<PlaceCode>,
    },
    /// A place's card.
    Place(PlaceCode),
    /// A person's badge.
    Staff(BadgeNumber),
    /// The sheet of command cards.
    Commands,
}

/// The word for what a job is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// A chart's own label.
    #[default]
    Label,
    /// Labels of several charts on one sheet.
    Sheet,
    /// A slip that names a chart.
    Reference,
    /// A list of charts.
    Transfer,
    /// A place's card.
    Place,
    /// A badge.
    Staff,
    /// Command cards.
    Commands,
}

/// [`Subject`] as it is written. Jobs of before there were other subjects say nothing: they are about a chart's label.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct SubjectFields {
    /// What the job is about.
    #[serde(default)]
    pub about: About,
    /// The chart, of a label or a slip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart: Option<ChartNumber>,
    /// The label's issue; copies share it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue: Option<LabelIssue>,
    /// The labels on a sheet, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<ChartLabel>,
    /// The charts of a transfer sheet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charts: Vec<ChartNumber>,
    /// The place, of a card; where the charts go, of a transfer sheet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceCode>,
    /// The person, of a badge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub badge: Option<BadgeNumber>,
}

impl From<Subject> for SubjectFields {
    fn from(subject: Subject) -> SubjectFields {
        let about = subject.about();
        let of = SubjectFields { about, ..SubjectFields::default() };
        match subject {
            Subject::Label(label) => SubjectFields { chart: Some(label.chart), issue: Some(label.issue), ..of },
            Subject::Sheet(labels) => SubjectFields { labels, ..of },
            Subject::Reference(chart) => SubjectFields { chart: Some(chart), ..of },
            Subject::Transfer { charts, to } => SubjectFields { charts, place: to, ..of },
            Subject::Place(place) => SubjectFields { place: Some(place), ..of },
            Subject::Staff(badge) => SubjectFields { badge: Some(badge), ..of },
            Subject::Commands => of,
        }
    }
}

impl TryFrom<SubjectFields> for Subject {
    type Error = String;

    fn try_from(fields: SubjectFields) -> Result<Subject, String> {
        let wanting = |what: &str| format!("a print job about a {:?} names no {what}", fields.about).to_lowercase();
        match fields.about {
            About::Label => match (fields.chart, fields.issue) {
                (Some(chart), Some(issue)) => Ok(Subject::Label(ChartLabel { chart, issue })),
                _ => Err(wanting("chart and issue")),
            },
            About::Sheet => Ok(Subject::Sheet(fields.labels)),
            About::Reference => fields.chart.map(Subject::Reference).ok_or_else(|| wanting("chart")),
            About::Transfer => Ok(Subject::Transfer { charts: fields.charts, to: fields.place }),
            About::Place => fields.place.clone().map(Subject::Place).ok_or_else(|| wanting("place")),
            About::Staff => fields.badge.clone().map(Subject::Staff).ok_or_else(|| wanting("badge")),
            About::Commands => Ok(Subject::Commands),
        }
    }
}

impl Subject {
    /// Its word.
    pub fn about(&self) -> About {
        match self {
            Subject::Label(_) => About::Label,
            Subject::Sheet(_) => About::Sheet,
            Subject::Reference(_) => About::Reference,
            Subject::Transfer { .. } => About::Transfer,
            Subject::Place(_) => About::Place,
            Subject::Staff(_) => About::Staff,
            Subject::Commands => About::Commands,
        }
    }

    /// The chart labels on it.
    pub fn labels(&self) -> &[ChartLabel] {
        match self {
            Subject::Label(label) => std::slice::from_ref(label),
            Subject::Sheet(labels) => labels,
            _ => &[],
        }
    }

    /// The charts that it names.
    pub fn charts(&self) -> Vec<ChartNumber> {
        match self {
            Subject::Label(label) => vec![label.chart],
            Subject::Sheet(labels) => labels.iter().map(|label| label.chart).collect(),
            Subject::Reference(chart) => vec![*chart],
            Subject::Transfer { charts, .. } => charts.clone(),
            Subject::Place(_) | Subject::Staff(_) | Subject::Commands => Vec::new(),
        }
    }
}

/// A print job as projected. What is on the label is made anew when it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PrintJobRow {
    /// Its number.
    pub id: PrintJobId,
    /// The printer's id as configured.
    pub printer: String,
    /// The template's name.
    pub template: String,
    /// What it is about.
    #[serde(flatten)]
    #[schema(value_type = SubjectFields)]
    pub subject: Subject,
    /// How many.
    pub copies: u16,
    /// On a sheet: the position of the first label, from 1.
    #[serde(default = "first")]
    pub start_at: u16,
    /// The batch that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<PrintBatchId>,
    /// Which label of the batch it is (on a sheet: the first of them), from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u32>,
    /// Why it is printed, or `not given`.
    pub reason: String,
    /// Where in its life it is.
    pub state: PrintJobState,
    /// How it is known that it was printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    /// Who asked, as an entry's actor.
    pub requested_by: String,
    /// When.
    pub requested_at: Timestamp,
    /// When its state last changed.
    pub changed_at: Timestamp,
    /// Attempts at sending so far.
    pub attempts: u16,
    /// What went wrong, in words for staff.
    pub fault: Option<String>,
}

impl PrintJobRow {
    /// How many labels of the stock it uses up: a sheet is one.
    pub fn pieces(&self) -> u32 {
        u32::from(self.copies)
    }
}

fn first() -> u16 {
    1
}

/// A batch's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PrintBatchState {
    /// Its charts are being looked up.
    Gathering,
    /// Its labels are queued chunk by chunk.
    Running,
    /// Nothing of it is queued until someone lets it go on.
    Paused,
    /// All its labels went out.
    Done,
    /// Given up.
    Cancelled,
}

/// A batch of labels as projected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PrintBatchRow {
    /// Its number.
    pub id: PrintBatchId,
    /// What staff call it. Free words, which may name a patient: entries leave it out and have its keyed hash.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The printer's id as configured.
    pub printer: String,
    /// The template's name.
    pub template: String,
    /// How many of each label.
    pub copies: u16,
    /// On sheets: where on the first sheet it begins, from 1.
    pub start_at: u16,
    /// Labels on a sheet of its stock; 1 for a roll.
    pub per_sheet: u16,
    /// Why it is printed.
    pub reason: String,
    /// Where in its life it is.
    pub state: PrintBatchState,
    /// How many labels it has.
    pub total: u32,
    /// The label that is queued next, from 1; beyond `total` once all were.
    pub next: u32,
    /// Why it was paused, in words for staff.
    pub note: Option<String>,
    /// Who asked, as an entry's actor.
    pub requested_by: String,
    /// When.
    pub requested_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
}

/// What is loaded in a printer, as far as staff said and labels were counted down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PrinterStockRow {
    /// The printer's id as configured.
    pub printer: String,
    /// The stock's or template's name, where whoever loaded it said so; else as configured.
    pub stock: Option<String>,
    /// How many labels or sheets were loaded.
    pub loaded: u32,
    /// How many should be left.
    pub left: u32,
    /// Who loaded it, as an entry's actor.
    pub loaded_by: String,
    /// When.
    pub loaded_at: Timestamp,
}
