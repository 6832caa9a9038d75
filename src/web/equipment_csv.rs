//! The register of equipment as CSV, for a spreadsheet.

use serde::Serialize;
use serde_json::Value;

use crate::ledger::queries::EquipmentRow;

/// The most rows of an export; a hospital has some hundreds.
pub const ROWS_MAX: usize = 50_000;

/// The columns, named as in JSON.
const COLUMNS: [&str; 18] = [
    "id",
    "kind",
    "name",
    "make",
    "model",
    "serial",
    "place",
    "place_name",
    "device",
    "purchased_on",
    "warranty_until",
    "service_every",
    "service_unit",
    "service_work",
    "registered_on",
    "last_service_on",
    "next_service",
    "retired",
];

/// The rows as CSV with a header line.
pub fn text(rows: &[EquipmentRow]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for row in rows {
        writer.write_record(cells(row))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn cells(row: &impl Serialize) -> Vec<String> {
    let row = serde_json::to_value(row).unwrap_or_default();
    let cell = |column: &&str| match row.get(*column) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => inert(text),
        Some(other) => other.to_string(),
    };
    COLUMNS.iter().map(cell).collect()
}

/// A spreadsheet runs a cell that begins like a formula; an apostrophe before it makes it text.
fn inert(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula() {
        let row = serde_json::json!({"id": 7, "name": "=HYPERLINK(\"x\")", "make": "A, \"B\"", "serial": null});
        let cells = cells(&row);
        assert_eq!(cells[..6], ["7", "", "'=HYPERLINK(\"x\")", "A, \"B\"", "", ""]);
    }
}
