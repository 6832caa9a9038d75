//! Printed matter from the ledger: what stands on a chart's label, and the list for the day the server is dead.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::barcode::LabelIssue;
use crate::config::Config;
use crate::labels::report::{self, ListHead, ListRow, Paper, Part};
use crate::labels::{self, DOCUMENT_DPI, Format, LabelData, LabelError, Stock, Target, Template, TemplateError};
use crate::ledger::queries::ChartDetail;
use crate::ledger::{Ledger, ReadError};
use crate::outbox::{Texts, list_row};
use crate::records::Filing;
use crate::web::{LabelForm, PaperError, Papers, Shown, StockView, TemplateFault, TemplateTrial, TemplateView};

use super::printing;
use super::templates::Templates;

/// What printed matter needs to know of the hospital, and the ledger it is made from.
#[derive(Clone)]
pub struct Paperwork {
    ledger: Ledger,
    hospital: String,
    zone: TimeZone,
    filing: Filing,
    paper: Paper,
    texts: Texts,
    templates: Arc<Templates>,
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
    pub fn new(config: &Config, ledger: &Ledger, templates: &Arc<Templates>) -> Paperwork {
        let american = config.time_zone.iana_name().is_some_and(|zone| zone.starts_with("America/"));
        Paperwork {
            ledger: ledger.clone(),
            hospital: config.hospital.clone(),
            zone: config.time_zone.clone(),
            filing: config.numbering.filing,
            texts: printing::texts(config, ledger),
            templates: Arc::clone(templates),
            paper: if american { Paper::Letter } else { Paper::A4 },
        }
    }

    /// The downtime list, part by part.
    pub fn downtime_list(&self, mut sink: impl FnMut(Part) -> Result<(), ListError>) -> Result<(), ListError> {
        let (head, rows) = self.what_is_out()?;
        report::downtime_list(&head, rows, &mut sink)
    }

    /// What the list says, as of now.
    fn what_is_out(&self) -> Result<(ListHead, Vec<ListRow>), ReadError> {
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
        Ok((head, rows))
    }
}

/// The issue that the next printing of the chart's label would have; a preview uses up none.
pub fn next_issue(detail: &ChartDetail) -> LabelIssue {
    let last = detail.label_issued.or(detail.label_issue).map_or(0, |issue| issue.0);
    LabelIssue(last.saturating_add(1).min(999))
}

impl Paperwork {
    /// What the chart's next label says, or a slip about it.
    fn data(&self, about: labels::Subject, (chart, sight): Shown) -> Result<LabelData, PaperError> {
        let detail = self.ledger.read_blocking(|reader| reader.chart_detail(chart, sight)).map_err(unreadable)?;
        let made = match about {
            labels::Subject::Request => self.texts.slip(chart, None),
            labels::Subject::Transfer => self.texts.transfer(&[chart], None, ""),
            _ => Ok(self.texts.label_of(&detail.row, next_issue(&detail))),
        };
        made.map_err(|error| PaperError::Failed(error.to_string()))
    }
}

impl Papers for Paperwork {
    fn label(&self, template: &str, chart: Option<Shown>, form: LabelForm) -> Result<Vec<u8>, PaperError> {
        let labels = self.templates.now();
        let about = labels.template(template).map_err(undrawn)?.subject;
        let data = match chart {
            Some(chart) => self.data(about, chart)?,
            None => LabelData::sample_of(about),
        };
        let format = match form {
            LabelForm::Svg => Format::Svg,
            LabelForm::Pdf => Format::Pdf,
        };
        let target = Target { format, dpi: DOCUMENT_DPI, copies: 1 };
        labels.render(template, &data, target).map(|rendered| rendered.bytes).map_err(undrawn)
    }

    fn downtime_list(&self) -> Result<Vec<u8>, PaperError> {
        let (head, rows) = self.what_is_out().map_err(unreadable)?;
        report::whole_downtime_list(&head, rows).map_err(undrawn)
    }

    fn templates(&self) -> Vec<TemplateView> {
        self.templates.now().templates().iter().map(|template| self.view(template)).collect()
    }

    fn template_text(&self, name: &str) -> Option<String> {
        let file = self.templates.now().template(name).ok()?.file.clone();
        self.templates.text(&file).map(|(text, _)| text)
    }

    fn template_faults(&self) -> Vec<TemplateFault> {
        self.templates.faults().into_iter().map(fault_view).collect()
    }

    fn try_template(&self, file: &str, text: &str, chart: Option<Shown>) -> Result<TemplateTrial, PaperError> {
        let labels = self.templates.now();
        let template = match labels.check(file, text) {
            Ok(template) => template,
            Err(fault) => return Ok(TemplateTrial { fault: Some(fault_view(fault)), ..TemplateTrial::default() }),
        };
        let data = chart.map(|chart| self.data(template.subject, chart)).transpose()?;
        match labels.preview(file, text, data.as_ref()) {
            Err(fault) => Ok(TemplateTrial { fault: Some(fault_view(fault)), ..TemplateTrial::default() }),
            Ok(preview) => Ok(TemplateTrial {
                fault: None,
                template: Some(self.view(&template)),
                svg: Some(String::from_utf8_lossy(&preview.svg).into_owned()),
                pages: preview.pages,
                notes: preview.notes.iter().map(ToString::to_string).collect(),
            }),
        }
    }

    fn stocks(&self) -> Vec<StockView> {
        self.templates.now().stocks().iter().map(stock_view).collect()
    }
}

impl Paperwork {
    fn view(&self, template: &Template) -> TemplateView {
        TemplateView {
            name: template.name.clone(),
            title: template.title.clone(),
            about: template.subject.name().to_owned(),
            stock: stock_view(&template.stock),
            own: self.templates.text(&template.file).is_some_and(|(_, own)| own),
            file: template.file.clone(),
            tells_patient: !template.is_free_of_patient_data(),
        }
    }
}

fn stock_view(stock: &Stock) -> StockView {
    StockView {
        name: stock.name.clone(),
        title: stock.title.clone(),
        width_mm: stock.width,
        height_mm: stock.height,
        per_sheet: u16::try_from(stock.labels_per_sheet()).unwrap_or(u16::MAX),
        columns: stock.sheet.as_ref().map_or(1, |sheet| sheet.columns),
    }
}

fn fault_view(fault: TemplateError) -> TemplateFault {
    TemplateFault { file: fault.file, line: fault.line, fault: fault.fault, fix: fault.fix }
}

fn undrawn(error: LabelError) -> PaperError {
    match error {
        error @ LabelError::UnknownTemplate { .. } => PaperError::NotFound(error.to_string()),
        error => PaperError::Failed(error.to_string()),
    }
}

fn unreadable(error: ReadError) -> PaperError {
    match error {
        ReadError::NotFound(text) => PaperError::NotFound(text),
        error => PaperError::Failed(error.to_string()),
    }
}
