//! What may stand in a patient's fields, whoever brings it: a form, an import, a script.

use jiff::civil::Date;

use super::{Numbering, Patient};

/// The longest name (of a person, a place, a kind of record, a kiosk), in characters.
pub const NAME_MAX_CHARS: usize = 120;
/// Nobody alive, and nobody whose chart is kept, was born in an earlier year.
pub const BIRTH_YEAR_MIN: i16 = 1850;
/// HL7 table 0001, administrative sex.
const SEXES: [&str; 6] = ["F", "M", "O", "U", "A", "N"];

/// A rule that refuses, the field at fault (as in CSV files and HTTP) and what to do, in words.
pub type Fault = (&'static str, &'static str, String);

/// The patient with blanks around the texts taken off and the sex in capitals.
pub fn tidied(patient: Patient) -> Patient {
    Patient {
        mrn: patient.mrn.trim().to_owned(),
        last_name: patient.last_name.trim().to_owned(),
        first_name: patient.first_name.trim().to_owned(),
        sex: patient.sex.map(|sex| sex.trim().to_ascii_uppercase()).filter(|sex| !sex.is_empty()),
        ..patient
    }
}

/// The first fault of a tidied patient. `today` is the hospital's date: nobody is born after it. One of the two names
/// may be missing: newborns and people of one name have only one.
pub fn patient_fault(patient: &Patient, numbering: &Numbering, today: Date) -> Option<Fault> {
    let fault = |rule, field, text: String| Some((rule, field, text));
    if let Err(error) = numbering.check(&patient.mrn) {
        return fault("refuse_when_mrn_does_not_fit", "mrn", error.to_string());
    }
    if patient.last_name.is_empty() && patient.first_name.is_empty() {
        return fault("refuse_when_name_is_empty", "last_name", "give a last name or a first name".into());
    }
    for (field, name) in [("last_name", &patient.last_name), ("first_name", &patient.first_name)] {
        if name.chars().count() > NAME_MAX_CHARS {
            return fault(
                "refuse_when_name_is_too_long",
                field,
                format!("a name may have {NAME_MAX_CHARS} characters"),
            );
        }
    }
    match patient.birth_date {
        Some(born) if born > today => {
            return fault("refuse_when_birth_date_is_in_the_future", "birth_date", "that day is in the future".into());
        }
        Some(born) if born.year() < BIRTH_YEAR_MIN => {
            let text = format!("that day is before {BIRTH_YEAR_MIN}; leave it empty if not known");
            return fault("refuse_when_birth_date_is_too_long_ago", "birth_date", text);
        }
        _ => {}
    }
    if patient.sex.as_deref().is_some_and(|sex| !SEXES.contains(&sex)) {
        let text = "use F, M, O, U, A or N, or leave it empty".into();
        return fault("refuse_when_sex_is_not_a_code", "sex", text);
    }
    None
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::records::Filing;

    fn patient() -> Patient {
        tidied(Patient {
            mrn: " 123456 ".to_owned(),
            last_name: "Żółć".to_owned(),
            first_name: String::new(),
            birth_date: Some(date(1970, 2, 3)),
            sex: Some("f ".to_owned()),
            active: true,
        })
    }

    fn fault(patient: &Patient) -> Option<&'static str> {
        let numbering = Numbering::new(r"\d{6}", Filing::TerminalDigit).expect("pattern");
        patient_fault(patient, &numbering, date(2026, 12, 1)).map(|(_, field, _)| field)
    }

    #[test]
    fn fields_are_tidied_and_faults_name_their_field() {
        let good = patient();
        assert_eq!((good.mrn.as_str(), good.sex.as_deref()), ("123456", Some("F")));
        assert_eq!(fault(&good), None);
        assert_eq!(fault(&Patient { mrn: "12345".to_owned(), ..patient() }), Some("mrn"));
        assert_eq!(fault(&Patient { last_name: String::new(), ..patient() }), Some("last_name"));
        let long = "x".repeat(NAME_MAX_CHARS + 1);
        assert_eq!(fault(&Patient { last_name: long.clone(), ..patient() }), Some("last_name"));
        assert_eq!(fault(&Patient { first_name: long, ..patient() }), Some("first_name"));
        assert_eq!(fault(&Patient { birth_date: Some(date(2026, 12, 1)), ..patient() }), None);
        assert_eq!(fault(&Patient { birth_date: Some(date(2026, 12, 2)), ..patient() }), Some("birth_date"));
        assert_eq!(fault(&Patient { birth_date: Some(date(1849, 12, 31)), ..patient() }), Some("birth_date"));
        assert_eq!(fault(&Patient { sex: Some("X".to_owned()), ..patient() }), Some("sex"));
    }
}
