//! A job's bytes: its template, what is loaded in the printer, what stands on it.

use super::{LabelFault, PrinterSpec};
use crate::labels::{self, LabelData, Labels, Target};
use crate::ledger::PrintJobRow;

/// A job, ready to send.
pub(super) struct Made {
    pub bytes: Vec<u8>,
    /// How many labels or pages come out of it.
    pub labels: u32,
}

/// Makes `job` for a printer that has `stock` in it.
pub(super) fn make(
    spec: &PrinterSpec,
    stock: Option<&str>,
    job: &PrintJobRow,
    data: impl FnOnce() -> Result<Vec<LabelData>, LabelFault>,
) -> Result<Made, LabelFault> {
    let never = |error: labels::LabelError| LabelFault::Never(error.to_string());
    let template = Labels::built_in().and_then(|labels| labels.template(&job.template)).map_err(never)?;
    if let Some(loaded) = stock
        && loaded != template.stock.name
        && loaded != template.name
    {
        let needed = &template.stock.name;
        return Err(LabelFault::WrongStock(format!(
            "loaded with {loaded}, this label needs {needed}: load it and say so on the Print page, or use another printer"
        )));
    }
    let data = data()?;
    let target = Target { format: spec.format, dpi: spec.dpi, copies: job.copies };
    let Some(first) = data.first() else { return Err(LabelFault::Never("there is nothing to print".to_owned())) };
    let rendered = labels::render(&job.template, first, target).map_err(never)?;
    for note in &rendered.notes {
        let kind = if matches!(note, labels::Note::Cut(_)) { "a text was cut" } else { "letters are missing" };
        tracing::info!(printer = %spec.id, job = job.id.0, kind, "the label is not as it should be");
    }
    Ok(Made { bytes: rendered.bytes, labels: u32::from(job.copies) })
}
