//! The filing number: groups on one baseline, the primary one heaviest.

use outguide_hardware::display::{Rect, TextRun, Weight};

use super::{CAP_HEIGHT_EM, Layout, SHRINK_STEP, round, run, text_ink, to_f32};
use crate::labels::data::Values;
use crate::labels::template::FilingNumberElement;
use crate::labels::{FilingNumber, LabelError};

impl Layout<'_> {
    pub(super) fn filing_number(
        &mut self,
        line: usize,
        element: &FilingNumberElement,
        values: &Values,
        area: Rect,
    ) -> Result<(), LabelError> {
        let Some(number) = values.filing_number() else { return Ok(()) };
        let mut size = self.scale.size(element.cap);
        let mut runs = self.number_runs(element, number, size);
        let end = |runs: &[TextRun]| runs.last().map_or(0, |run| run.x + run.width);
        // At least eight dots to the em, so that nothing loops or vanishes.
        while end(&runs) > area.width && size > 8.0 {
            size *= SHRINK_STEP;
            runs = self.number_runs(element, number, size);
        }
        if end(&runs) > area.width {
            let fault = format!("the number {} does not fit, and is never cut", number.text());
            return Err(self.fault(line, fault, "make the area wider"));
        }
        let cap = size * CAP_HEIGHT_EM;
        let baseline = round(to_f32(area.y) + (to_f32(area.height) + cap) / 2.0);
        let left = element.align.place(area, end(&runs));
        let reach = text_ink(area, self.scale.size(element.cap) * CAP_HEIGHT_EM, 1);
        for run in runs {
            self.push_text(line, TextRun { x: run.x + left, baseline, ..run }, reach);
        }
        Ok(())
    }

    /// The groups and the hyphens between them from `x` = 0.
    fn number_runs(&self, element: &FilingNumberElement, number: &FilingNumber, size: f32) -> Vec<TextRun> {
        #[allow(clippy::cast_possible_truncation, reason = "a part of 1")]
        let others = element.others as f32;
        let mut x = 0;
        let mut runs = Vec::new();
        let mut put = |text: &str, size: f32, weight: Weight, tabular: bool| {
            let width = self.width(text, weight, tabular, size);
            runs.push(run(text.to_owned(), x, size, (weight, tabular), width));
            x += width;
        };
        for (i, group) in number.groups.iter().enumerate() {
            if i > 0 {
                put("-", size * others, Weight::Regular, false);
            }
            if i == number.primary {
                put(group, size, Weight::ExtraBold, true);
            } else {
                put(group, size * others, Weight::Regular, true);
            }
        }
        runs
    }
}
