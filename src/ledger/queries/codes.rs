//! What a code that was read somewhere names.

use rusqlite::params;

use super::{ChartRow, ReadError, Reader, Sight};
use crate::barcode::{BadgeNumber, ChartNumber, Code, CommandWord, LabelIssue, PlaceCode, Unrecognised};
use crate::ledger::situation::{numbers_by_legacy, understand};
use crate::records::shown;

/// What a code names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// A chart, by its own label.
    Chart {
        /// The chart.
        row: Box<ChartRow>,
        /// The newest label known to be on it, where the one that was read is an older one.
        newer: Option<LabelIssue>,
    },
    /// A chart, on a slip, list or screen.
    Reference(Box<ChartRow>),
    /// An old label that fits several charts.
    Several(usize),
    /// One of our codes or an old label, of a chart that is not here.
    UnknownChart,
    /// A place, and its name where it is known.
    Place(PlaceCode, Option<String>),
    /// A person's badge, and the name where it is known.
    Badge(BadgeNumber, Option<String>),
    /// A command card.
    Command(CommandWord),
    /// Nothing known.
    Unrecognised(Unrecognised),
}

impl Reader {
    /// What the code `text` names, the hospital's own labels included.
    pub fn meaning(&self, text: &str, symbology: &str, sight: Sight) -> Result<Meaning, ReadError> {
        let code = understand(self.conn(), self.barcodes().read(text, Some(symbology)), text)?;
        Ok(match code {
            Code::Chart(number, issue) => self.own_label(number, Some(issue), sight)?,
            Code::Reference(number) => match self.chart(number, sight)? {
                Some(row) => Meaning::Reference(Box::new(row)),
                None => Meaning::UnknownChart,
            },
            Code::Legacy(legacy) => match numbers_by_legacy(self.conn(), &legacy)?.as_slice() {
                [] => Meaning::UnknownChart,
                [number] => self.own_label(*number, None, sight)?,
                several => Meaning::Several(several.len()),
            },
            Code::Place(place) => {
                let name = self.place(&place)?.map(|known| shown(&known.name));
                Meaning::Place(place, name)
            }
            Code::Badge(badge) => {
                let name = self.staff_name(badge.as_str())?.map(|name| shown(&name));
                Meaning::Badge(badge, name)
            }
            Code::Command(word) => Meaning::Command(word),
            Code::Unrecognised(reason) => Meaning::Unrecognised(reason),
        })
    }

    fn own_label(&self, number: ChartNumber, issue: Option<LabelIssue>, sight: Sight) -> Result<Meaning, ReadError> {
        let Some(row) = self.chart(number, sight)? else { return Ok(Meaning::UnknownChart) };
        let mut select = self.conn().prepare_cached("SELECT on_chart FROM charts WHERE number = ?1")?;
        let on_chart: Option<u16> = select.query_row(params![number.0], |row| row.get(0))?;
        let newer = on_chart.map(LabelIssue).filter(|newer| issue.is_some_and(|issue| issue < *newer));
        Ok(Meaning::Chart { row: Box::new(row), newer })
    }
}
