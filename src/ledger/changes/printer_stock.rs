//! What is loaded in printers: said by staff, counted down by labels sent, corrected by the printer's own count.

use rusqlite::OptionalExtension;
use serde_json::json;

use super::super::error::ChangeError;
use super::super::rows::{self, PRINTER_STOCK_COLUMNS};
use super::super::work::Work;
use super::super::{Effect, PrinterStockRow};
use super::Change;

/// Someone loaded a new roll or a pile of sheets.
#[derive(Debug, Clone)]
pub struct LoadStock {
    /// The printer's id as configured.
    pub printer: String,
    /// How many labels or sheets, at most [`LoadStock::PIECES_MAX`].
    pub loaded: u32,
    /// The stock's or template's name, where it is another than configured.
    pub stock: Option<String>,
}

impl LoadStock {
    /// More than any roll or pile has.
    pub const PIECES_MAX: u32 = 100_000;
}

impl Change for LoadStock {
    type Made = PrinterStockRow;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        if !(1..=Self::PIECES_MAX).contains(&self.loaded) {
            let text = format!("say how many were loaded, 1 to {}", Self::PIECES_MAX);
            return Err(ChangeError::refused("refuse_when_stock_is_out_of_range", Some("loaded"), text));
        }
        let stock = PrinterStockRow {
            printer: self.printer,
            stock: self.stock,
            loaded: self.loaded,
            left: self.loaded,
            loaded_by: work.actor(),
            loaded_at: work.now(),
        };
        set(work, stock, "printer_stock_loaded")
    }
}

/// The printer itself says how many are left.
#[derive(Debug, Clone)]
pub struct CorrectStock {
    /// The printer's id as configured.
    pub printer: String,
    /// How many it says are left.
    pub left: u32,
}

impl Change for CorrectStock {
    type Made = Option<PrinterStockRow>;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        match of(work, &self.printer)? {
            Some(stock) if stock.left != self.left => {
                let stock = PrinterStockRow { left: self.left, loaded: stock.loaded.max(self.left), ..stock };
                set(work, stock, "printer_stock_corrected").map(Some)
            }
            known => Ok(known),
        }
    }
}

/// The stock after this many were sent, where anybody said what was loaded.
pub(super) fn counted_down(
    work: &Work<'_>,
    printer: &str,
    pieces: u32,
) -> Result<Option<PrinterStockRow>, ChangeError> {
    let stock = of(work, printer)?.filter(|stock| stock.left > 0);
    Ok(stock.map(|stock| PrinterStockRow { left: stock.left.saturating_sub(pieces), ..stock }))
}

fn of(work: &Work<'_>, printer: &str) -> Result<Option<PrinterStockRow>, ChangeError> {
    let sql = format!("SELECT {PRINTER_STOCK_COLUMNS} FROM main.printer_stock WHERE printer = ?");
    Ok(work.conn().prepare_cached(&sql)?.query_row([printer], rows::printer_stock).optional()?)
}

fn set(work: &mut Work<'_>, stock: PrinterStockRow, kind: &str) -> Result<PrinterStockRow, ChangeError> {
    let change = json!({ "printer": stock.printer, "left": stock.left });
    work.record(kind, change, vec![Effect::PrinterStockSet(stock.clone())])?;
    Ok(stock)
}
