//! Text in an area: broken into lines, shrunk, cut, or refused.

use outguide_hardware::display::{Ink, Item, Rect, TextRun, Weight};
use outguide_hardware::language::zpl::printers_font_has;

use super::{CAP_HEIGHT_EM, Layout, Note, SHRINK_STEP, ceil, count, round, run, text_ink, to_f32};
use crate::labels::LabelError;
use crate::labels::template::{Overflow, TextElement};

/// From one baseline to the next, in heights of capitals.
const LEADING_CAPS: f32 = 1.75;

/// A single line is kept if its letters stay above this part of the full size; below it a second line reads better.
const ONE_LINE_FROM: f32 = 0.8;

/// Text broken into lines at a size.
struct Set {
    lines: Vec<String>,
    size: f32,
}

impl Layout<'_> {
    pub(super) fn text(
        &mut self,
        line: usize,
        element: &TextElement,
        (text, area, ink): (&str, Rect, Ink),
    ) -> Result<(), LabelError> {
        let set = self.set(line, element, text, area)?;
        let cap = set.size * CAP_HEIGHT_EM;
        let block = cap * (1.0 + LEADING_CAPS * (count(set.lines.len()) - 1.0));
        let mut baseline = to_f32(area.y) + (to_f32(area.height) - block) / 2.0 + cap;
        let style = (element.weight.into(), element.tabular);
        let reach = text_ink(area, self.scale.size(element.cap) * CAP_HEIGHT_EM, element.lines);
        for words in set.lines {
            let width = self.width(&words, style.0, style.1, set.size);
            let x = element.align.place(area, width);
            let placed = run(words, x, set.size, style, width);
            let placed = TextRun { baseline: round(baseline), ink, printers_font: element.printers_font, ..placed };
            self.push_text(line, placed, reach);
            baseline += cap * LEADING_CAPS;
        }
        Ok(())
    }

    /// Breaks and sizes a text so that it fits its area.
    fn set(&mut self, line: usize, element: &TextElement, text: &str, area: Rect) -> Result<Set, LabelError> {
        let full = self.scale.size(element.cap);
        let least = self.scale.size(element.least.unwrap_or(element.cap));
        let style = (Weight::from(element.weight), element.tabular);
        let most_lines = usize::from(element.lines);
        let mut best: Option<Set> = None;
        for lines in 1..=most_lines {
            if best.as_ref().is_some_and(|best| best.size >= full * ONE_LINE_FROM) {
                break;
            }
            let room = largest(area.height, lines);
            let mut size = full.min(room);
            while size >= least.min(room) {
                if let Some(broken) = self.break_lines(text, style, size, area.width, lines) {
                    if best.as_ref().is_none_or(|best| best.size < size) {
                        best = Some(Set { lines: broken, size });
                    }
                    break;
                }
                if element.overflow == Overflow::Refuse {
                    break;
                }
                size *= SHRINK_STEP;
            }
        }
        if let Some(best) = best {
            return Ok(best);
        }
        if element.overflow == Overflow::Refuse {
            let fault = format!("{text:?} does not fit, and may be neither smaller nor cut");
            return Err(self.fault(line, fault, "make the area wider or shorten the text"));
        }
        let size = least.min(largest(area.height, most_lines));
        let (lines, whole) = self.cut(text, style, size, area.width, most_lines);
        if !whole {
            self.notes.push(Note::Cut(text.to_owned()));
        }
        Ok(Set { lines, size })
    }

    /// Words into at most `most` lines; none if they need more, or a word is wider than a line.
    fn break_lines(
        &self,
        text: &str,
        (weight, tabular): (Weight, bool),
        size: f32,
        width: i32,
        most: usize,
    ) -> Option<Vec<String>> {
        let fits = |line: &str| self.width(line, weight, tabular, size) <= width;
        // One line is measured as a whole: it is asked for at every size.
        if most == 1 {
            return fits(text).then(|| vec![text.to_owned()]);
        }
        let mut lines: Vec<String> = Vec::new();
        for word in text.split(' ') {
            match lines.last_mut() {
                Some(last) if fits(&format!("{last} {word}")) => *last = format!("{last} {word}"),
                _ if fits(word) => lines.push(word.to_owned()),
                _ => return None,
            }
            if lines.len() > most {
                return None;
            }
        }
        Some(lines)
    }

    /// Fills `most` lines, breaking within words; says whether all of it found room, else the last ends in an ellipsis.
    fn cut(
        &self,
        text: &str,
        (weight, tabular): (Weight, bool),
        size: f32,
        width: i32,
        most: usize,
    ) -> (Vec<String>, bool) {
        let fits = |line: &str| self.width(line, weight, tabular, size) <= width;
        let mut lines = Vec::new();
        let mut rest = text;
        while !fits(rest) && lines.len() < most {
            let last = lines.len() + 1 == most;
            let tail = if last { "…" } else { "" };
            let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8());
            let room = |end: &usize| rest.get(..*end).is_some_and(|line| fits(&format!("{line}{tail}")));
            // A letter wider than the line must not stop the loop.
            let mut end = ends.clone().take_while(room).last().or(ends.clone().next()).unwrap_or(rest.len());
            if !last && let Some(space) = rest.get(..end).and_then(|line| line.rfind(' ')) {
                end = space;
            }
            let (line, after) = rest.split_at(end);
            lines.push(format!("{}{tail}", line.trim_end()));
            rest = after.trim_start();
        }
        let whole = lines.len() < most;
        if whole && !rest.is_empty() {
            lines.push(rest.to_owned());
        }
        (lines, whole)
    }

    pub(super) fn push_text(&mut self, line: usize, run: TextRun, ink: Rect) {
        let missing = &self.tools.typeface.shape(&run.text, run.weight, run.tabular).missing;
        if !missing.is_empty() {
            self.notes.push(Note::Missing(missing.clone()));
        }
        if run.printers_font && printers_font_has(&run.text) {
            self.notes.push(Note::PrintersFont(run.text.clone()));
        }
        self.put(line, Item::Text(run), ink);
    }

    pub(super) fn width(&self, text: &str, weight: Weight, tabular: bool, size: f32) -> i32 {
        ceil(self.tools.typeface.shape(text, weight, tabular).width * size)
    }
}

/// The largest size, in dots per em, at which so many lines stand in a height, tails of letters included.
fn largest(height: i32, lines: usize) -> f32 {
    let tails = if lines > 1 { 0.3 } else { 0.0 };
    to_f32(height) / (1.0 + LEADING_CAPS * (count(lines) - 1.0) + tails) / CAP_HEIGHT_EM
}
