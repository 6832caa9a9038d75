//! A job's bytes: its template, what is loaded in the printer, what stands on it.

use super::{LabelFault, PrinterSpec};
use crate::labels::{Batch, LabelData, LabelError, Labels, Note, Part, Stock, Target, Template};
use crate::ledger::PrintJobRow;

/// A job, ready to send.
pub(super) struct Made {
    pub bytes: Vec<u8>,
    /// How many labels or pages come out of it.
    pub labels: u32,
}

/// Makes `job` for a printer that has the stock `loaded` in it.
pub(super) fn make(
    spec: &PrinterSpec,
    labels: &Labels,
    loaded: Option<&str>,
    job: &PrintJobRow,
    data: impl FnOnce() -> Result<Vec<LabelData>, LabelFault>,
) -> Result<Made, LabelFault> {
    let template = labels.template(&job.template).map_err(never)?;
    let stock = stock_for(labels, template, loaded)?;
    let data = data()?;
    let target = Target { format: spec.format, dpi: spec.dpi, copies: job.copies };
    let (bytes, pages, notes) = if stock.sheet.is_some() {
        sheet(labels, template, stock, u32::from(job.start_at), target, &data)?
    } else {
        let [data] = data.as_slice() else { return Err(LabelFault::Never("a roll has one label at a time".into())) };
        let rendered = labels.render(&template.name, data, target).map_err(never)?;
        // Only lists fill more than one page.
        let pages = match template.rows() {
            Some(_) => labels.lay_out_pages(&template.name, data, spec.dpi).map_err(never)?.0.len(),
            None => 1,
        };
        let pages = u32::try_from(pages).unwrap_or(u32::MAX).saturating_mul(u32::from(job.copies));
        (rendered.bytes, pages, rendered.notes)
    };
    for note in &notes {
        let kind = if matches!(note, Note::Cut(_)) { "a text was cut" } else { "letters are missing" };
        tracing::info!(printer = %spec.id, job = job.id.0, kind, "the label is not as it should be");
    }
    Ok(Made { bytes, labels: pages })
}

fn never(error: LabelError) -> LabelFault {
    LabelFault::Never(error.to_string())
}

/// The stock that the labels go on: what is loaded, where its labels have the template's size.
fn stock_for<'a>(labels: &'a Labels, template: &'a Template, loaded: Option<&str>) -> Result<&'a Stock, LabelFault> {
    let Some(loaded) = loaded.filter(|loaded| *loaded != template.stock.name && *loaded != template.name) else {
        return Ok(&template.stock);
    };
    // What is loaded may be said as a template's name: then it is that template's stock.
    let known = labels.stock(loaded).or_else(|_| labels.template(loaded).map(|template| &template.stock)).ok();
    known.filter(|stock| stock.takes(&template.stock)).ok_or_else(|| {
        let needed = &template.stock.name;
        LabelFault::WrongStock(format!(
            "loaded with {loaded}, this label needs {needed}: load it and say so on the Print page, or use another printer"
        ))
    })
}

type Sheets = (Vec<u8>, u32, Vec<Note>);

fn sheet(
    labels: &Labels,
    template: &Template,
    stock: &Stock,
    start: u32,
    target: Target,
    data: &[LabelData],
) -> Result<Sheets, LabelFault> {
    let (name, part_labels) = (&template.name, data.len().max(1));
    let batch = Batch { template: name, stock: Some(&stock.name), start, target, part_labels };
    let mut parts: Vec<Part> = Vec::new();
    labels
        .render_many(batch, data, |part| {
            parts.push(part);
            Ok::<(), LabelError>(())
        })
        .map_err(never)?;
    let placed = (start - 1).saturating_add(u32::try_from(data.len()).unwrap_or(u32::MAX) * u32::from(target.copies));
    let notes = parts.iter().flat_map(|part| part.notes.iter().map(|(_, note)| note.clone())).collect();
    let bytes = parts.into_iter().flat_map(|part| part.bytes).collect();
    Ok((bytes, placed.div_ceil(stock.labels_per_sheet()), notes))
}
