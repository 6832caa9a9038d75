//! What an import would do: each row against what is there. Nothing is changed.

use super::{ReadError, Reader};
use crate::barcode::PlaceCode;
use crate::ledger::changes::import_charts::{InChunk, judge, refused_row};
use crate::ledger::changes::patients::former_mrn;
use crate::ledger::changes::{ChartRow, PatientRow, PlaceRow, RowOutcome, StaffRow};

impl Reader {
    /// For each place: new, changed or the same.
    pub fn compare_places(&self, rows: &[PlaceRow]) -> Result<Vec<RowOutcome>, ReadError> {
        let compare = |row: &PlaceRow| {
            Ok(outcome(self.place(&row.code)?, |old| {
                old.name == row.name && old.kind == row.kind && old.loan_hours == row.loan_hours
            }))
        };
        rows.iter().map(compare).collect()
    }

    /// The same for staff.
    pub fn compare_staff(&self, rows: &[StaffRow]) -> Result<Vec<RowOutcome>, ReadError> {
        let compare = |row: &StaffRow| {
            if let Some(place) = &row.place
                && let Some(unknown) = self.unknown_place("place", place)?
            {
                return Ok(unknown);
            }
            Ok(outcome(self.staff_member(&row.badge)?, |old| {
                old.name == row.name && old.role == row.role && old.place == row.place && old.email == row.email
            }))
        };
        rows.iter().map(compare).collect()
    }

    /// The same for patients.
    pub fn compare_patients(&self, rows: &[PatientRow]) -> Result<Vec<RowOutcome>, ReadError> {
        let compare = |row: &PatientRow| {
            let known = self.patient(&row.mrn)?;
            if known.is_none()
                && let Some(text) = former_mrn(self.conn(), &row.mrn)?
            {
                return Ok(rejected("mrn", text));
            }
            Ok(outcome(known, |old| {
                let old = &old.patient;
                old.last_name == row.last_name
                    && old.first_name == row.first_name
                    && old.birth_date == row.birth_date
                    && old.sex == row.sex
            }))
        };
        rows.iter().map(compare).collect()
    }

    /// The same for charts. Where an existing chart is said to be is not compared: an import does not move it.
    pub fn compare_charts(&self, rows: &[ChartRow]) -> Result<Vec<RowOutcome>, ReadError> {
        rows.iter().map(|row| self.compare_chart(row)).collect()
    }

    fn compare_chart(&self, row: &ChartRow) -> Result<RowOutcome, ReadError> {
        let judged = judge(&mut &*self, row, &InChunk::default());
        let said = judged.map(|judged| judged.outcome(row)).or_else(refused_row);
        said.map_err(|error| ReadError::Failed(error.to_string()))
    }

    fn unknown_place(&self, field: &'static str, code: &PlaceCode) -> Result<Option<RowOutcome>, ReadError> {
        let known = self.place(code)?.is_some();
        Ok((!known).then(|| rejected(field, format!("there is no place {code}; import places first"))))
    }
}

fn outcome<T>(old: Option<T>, same: impl FnOnce(T) -> bool) -> RowOutcome {
    match old.map(same) {
        None => RowOutcome::Added,
        Some(true) => RowOutcome::Unchanged,
        Some(false) => RowOutcome::Changed,
    }
}

fn rejected(field: &'static str, text: String) -> RowOutcome {
    RowOutcome::Rejected { field, text }
}
