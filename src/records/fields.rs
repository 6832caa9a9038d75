//! What may stand in the fields of patients and other rows. A fault names its field, so that a form or a reject file
//! can show it where it belongs.

use jiff::civil::{Date, date};

use super::{Numbering, Patient};

/// The longest name, in characters.
pub const NAME_MAX_CHARS: usize = 100;
/// The longest administrative sex, in characters.
const SEX_MAX_CHARS: usize = 8;
/// Nobody alive, and nobody whose chart is kept, was born before.
const BORN_FROM: Date = date(1850, 1, 1);

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {text}")]
pub struct FieldFault {
    /// The field's name, as in CSV files and HTTP.
    pub field: &'static str,
    /// What is wrong, and what would be right.
    pub text: String,
}

/// A text of at most `max_chars`, blanks around it taken off; control characters are refused. Any other Unicode may
/// stand in a name.
pub fn check_text(field: &'static str, text: &str, max_chars: usize) -> Result<String, FieldFault> {
    let text = text.trim();
    let fault = |text: String| Err(FieldFault { field, text });
    if let Some(control) = text.chars().find(|c| c.is_control()) {
        return fault(format!("holds the control character U+{:04X}", u32::from(control)));
    }
    match text.chars().count() {
        count if count > max_chars => fault(format!("has {count} characters; {max_chars} are the most")),
        _ => Ok(text.to_owned()),
    }
}

/// A name that must be there.
pub fn check_name(field: &'static str, name: &str) -> Result<String, FieldFault> {
    let name = check_text(field, name, NAME_MAX_CHARS)?;
    if name.is_empty() {
        return Err(FieldFault { field, text: "is empty".to_owned() });
    }
    Ok(name)
}

/// The patient with blanks around the fields taken off, or the first field that is at fault. `today` is the hospital's
/// date: nobody is born after it. A given name may be empty: newborns and people of one name have none.
pub fn check_patient(patient: &Patient, numbering: &Numbering, today: Date) -> Result<Patient, FieldFault> {
    let mrn = check_text("mrn", &patient.mrn, super::MRN_MAX_CHARS)?;
    numbering.check(&mrn).map_err(|fault| FieldFault { field: "mrn", text: fault.to_string() })?;
    let sex = patient.sex.as_deref().map(|sex| check_text("sex", sex, SEX_MAX_CHARS)).transpose()?;
    Ok(Patient {
        mrn,
        last_name: check_name("last_name", &patient.last_name)?,
        first_name: check_text("first_name", &patient.first_name, NAME_MAX_CHARS)?,
        birth_date: patient.birth_date.map(|born| check_birth_date(born, today)).transpose()?,
        sex: sex.filter(|sex| !sex.is_empty()),
        active: patient.active,
    })
}

fn check_birth_date(born: Date, today: Date) -> Result<Date, FieldFault> {
    let fault = |text: &str| Err(FieldFault { field: "birth_date", text: format!("{born} {text}") });
    match born {
        born if born > today => fault("is in the future"),
        born if born < BORN_FROM => fault("is too long ago"),
        born => Ok(born),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Filing;

    fn patient() -> Patient {
        Patient {
            mrn: " 123456 ".to_owned(),
            last_name: "Żółć".to_owned(),
            first_name: String::new(),
            birth_date: Some(date(1970, 2, 3)),
            sex: Some(String::new()),
            active: true,
        }
    }

    fn check(patient: &Patient) -> Result<Patient, FieldFault> {
        let numbering = Numbering::new(r"\d{6}", Filing::TerminalDigit).expect("pattern");
        check_patient(patient, &numbering, date(2026, 12, 1))
    }

    #[test]
    fn fields_are_tidied_and_faults_name_their_field() {
        let good = check(&patient()).expect("good");
        assert_eq!((good.mrn.as_str(), good.sex), ("123456", None));
        let field = |patient: Patient| check(&patient).expect_err("fault").field;
        assert_eq!(field(Patient { mrn: "12345".to_owned(), ..patient() }), "mrn");
        assert_eq!(field(Patient { last_name: " ".to_owned(), ..patient() }), "last_name");
        assert_eq!(field(Patient { first_name: "a\u{7}b".to_owned(), ..patient() }), "first_name");
        assert_eq!(field(Patient { last_name: "x".repeat(101), ..patient() }), "last_name");
        assert_eq!(field(Patient { birth_date: Some(date(2027, 1, 1)), ..patient() }), "birth_date");
        assert_eq!(field(Patient { sex: Some("x".repeat(9)), ..patient() }), "sex");
    }
}
