//! Printed matter from the ledger: what stands on a chart's label, and the list for the day the server is dead.

use jiff::tz::TimeZone;

use crate::barcode::{ChartNumber, LabelIssue};
use crate::config::Config;
use crate::labels::report::{self, ListHead, Paper, Part};
use crate::labels::{DOCUMENT_DPI, Format, LabelError, Labels, Target};
use crate::ledger::queries::{ChartDetail, Sight};
use crate::ledger::{Ledger, ReadError};
use crate::outbox::{label_data, list_row};
use crate::records::Filing;
use crate::web::{LabelForm, PaperError, Papers};

/// What printed matter needs to know of the hospital, and the ledger it is made from.
#[derive(Clone)]
pub struct Paperwork {
    ledger: Ledger,
    hospital: String,
    zone: TimeZone,
    filing: Filing,
    paper: Paper,
}

/// Why a list could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The ledger could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The pages could not be made.
    #[error(transparent)]
    Label(#[from] LabelError),
    /// They could not be written.
    #[error(transparent)]
    File(#[from] std::io::Error),
}

impl Paperwork {
    /// The paperwork of one hospital.
    pub fn new(config: &Config, ledger: &Ledger) -> Paperwork {
        let american = config.time_zone.iana_name().is_some_and(|zone| zone.starts_with("America/"));
        Paperwork {
            ledger: ledger.clone(),
            hospital: config.hospital.clone(),
            zone: config.time_zone.clone(),
            filing: config.numbering.filing,
            paper: if american { Paper::Letter } else { Paper::A4 },
        }
    }

    /// The downtime list, part by part.
    pub fn downtime_list(&self, mut sink: impl FnMut(Part) -> Result<(), ListError>) -> Result<(), ListError> {
        let head = self.ledger.head();
        let mut rows = Vec::new();
        self.ledger.read_blocking(|reader| {
            reader.each_out_chart::<ReadError>(|row| {
                rows.push(list_row(&row));
                Ok(())
            })
        })?;
        let head = ListHead {
            hospital: self.hospital.clone(),
            generated_at: self.ledger.now(),
            zone: self.zone.clone(),
            head_seq: head.seq,
            head_hash: hex::encode(head.hash),
            filing: self.filing,
            paper: self.paper,
        };
        report::downtime_list(&head, rows, &mut sink)
    }
}

/// The issue that the next printing of the chart's label would have; a preview uses up none.
pub fn next_issue(detail: &ChartDetail) -> LabelIssue {
    let last = detail.label_issued.or(detail.label_issue).map_or(0, |issue| issue.0);
    LabelIssue(last.saturating_add(1).min(999))
}

impl Papers for Paperwork {
    fn label(&self, template: &str, chart: ChartNumber, form: LabelForm) -> Result<Vec<u8>, PaperError> {
        let detail = self.ledger.read_blocking(|reader| reader.chart_detail(chart, Sight::Full)).map_err(unreadable)?;
        let data = label_data(&detail.row, next_issue(&detail), &self.hospital, self.filing);
        let format = match form {
            LabelForm::Svg => Format::Svg,
            LabelForm::Pdf => Format::Pdf,
        };
        let labels = Labels::built_in().map_err(|error| PaperError::Failed(error.to_string()))?;
        let target = Target { format, dpi: DOCUMENT_DPI, copies: 1 };
        match labels.render(template, &data, target) {
            Ok(rendered) => Ok(rendered.bytes),
            Err(error @ LabelError::UnknownTemplate { .. }) => Err(PaperError::NotFound(error.to_string())),
            Err(error) => Err(PaperError::Failed(error.to_string())),
        }
    }

    /// The first part, which is the whole list up to ten thousand charts; the scheduled list has them all.
    fn downtime_list(&self) -> Result<Vec<u8>, PaperError> {
        let mut first = None;
        let made = Paperwork::downtime_list(self, |part| {
            first.get_or_insert(part.pdf);
            Ok(())
        });
        made.map_err(|error| PaperError::Failed(error.to_string()))?;
        first.ok_or_else(|| PaperError::Failed("the list has no page".to_owned()))
    }

    fn templates(&self) -> Vec<String> {
        let labels = Labels::built_in().map(Labels::templates).unwrap_or_default();
        labels.iter().map(|template| template.name.clone()).collect()
    }
}

fn unreadable(error: ReadError) -> PaperError {
    match error {
        ReadError::NotFound(text) => PaperError::NotFound(text),
        error => PaperError::Failed(error.to_string()),
    }
}
