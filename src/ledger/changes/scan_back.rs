//! Scan-back: a label is scanned at the console to prove that it was printed and that it is on the right chart.

use serde_json::json;

use super::super::error::ChangeError;
use super::super::labels::scanned_back;
use super::super::work::Work;
use super::super::{ChartLabel, Effect, PrintJobRow};
use super::Change;
use super::charts::known_chart;
use crate::barcode::{ChartNumber, Code, LabelIssue};

/// A label was scanned to confirm it.
#[derive(Debug, Clone)]
pub struct ScanBack {
    /// What the scanner read.
    pub data: String,
    /// Its symbology, where the scanner says so.
    pub symbology: Option<String>,
    /// The chart on which it should be, where that is known.
    pub expected: Option<ChartNumber>,
}

/// What the scan came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScannedBack {
    /// The label is the newest that is known on its chart; its print job, where it proves one.
    Confirmed(ChartLabel, Option<Box<PrintJobRow>>),
    /// A newer one is on the chart: this one has to come off.
    Superseded(ChartLabel, LabelIssue),
    /// It is another chart's label.
    WrongChart(ChartLabel),
    /// Outguide never printed this label.
    NeverPrinted(ChartLabel),
}

impl Change for ScanBack {
    type Made = ScannedBack;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let read = work.store.fixed.codes.read(&self.data, self.symbology.as_deref());
        let Code::Chart(number, issue) = read else {
            let text = "this is no chart's own label: scan the one that was printed";
            return Err(ChangeError::refused("refuse_when_code_is_no_chart_label", Some("data"), text));
        };
        let label = ChartLabel { chart: number, issue };
        let chart = known_chart(work, number)?;
        let told = |work: &mut Work<'_>, outcome: &str, effects| {
            let change = json!({ "label": label, "expected": self.expected, "outcome": outcome });
            work.record("label_scanned_back", change, effects)
        };
        if self.expected.is_some_and(|expected| expected != number) {
            told(work, "wrong_chart", Vec::new())?;
            return Ok(ScannedBack::WrongChart(label));
        }
        if chart.issued.is_none_or(|issued| issue > issued) {
            told(work, "never_printed", Vec::new())?;
            return Ok(ScannedBack::NeverPrinted(label));
        }
        if let Some(newer) = chart.on_chart.filter(|on_chart| *on_chart > issue) {
            told(work, "superseded", Vec::new())?;
            return Ok(ScannedBack::Superseded(label, newer));
        }
        let now = work.now();
        let job = scanned_back(work.store, number, issue, now)?;
        let mut effects = Vec::new();
        if chart.on_chart != Some(issue) {
            effects.push(Effect::LabelIssueSet { chart: number, issued: chart.issued, on_chart: Some(issue) });
        }
        effects.extend(job.clone().map(Effect::PrintJobSet));
        told(work, "confirmed", effects)?;
        Ok(ScannedBack::Confirmed(label, job.map(Box::new)))
    }
}
