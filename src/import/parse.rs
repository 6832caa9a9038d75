//! Fields into typed rows. What only the ledger can know (does the place exist?) is the sink's to say.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::columns::{Columns, ImportKind};
use super::rows::ImportedRow;
use crate::barcode::{BadgeNumber, PlaceCode};
use crate::custody::{PlaceKind, Role};
use crate::ledger::changes::{ChartRow, PatientRow, PlaceRow, StaffRow};
use crate::records::{BIRTH_YEAR_MIN, MRN_MAX_CHARS, NAME_MAX_CHARS};

const EMAIL_MAX_CHARS: usize = 254;
const LEGACY_BARCODE_MAX_CHARS: usize = 128;
/// Ten years: a longer loan is a slip of the keyboard.
const LOAN_HOURS_MAX: u32 = 87_600;
const VOLUME_MAX: u16 = 999;

/// What the fields are judged by.
pub struct ParseRules<'a> {
    /// Does an MRN fit the hospital's numbering? Says what is wrong with it.
    pub mrn: &'a dyn Fn(&str) -> Result<(), String>,
    /// The hospital's time zone: times without an offset are in it.
    pub zone: TimeZone,
    /// Now: no birth and no loan begins later.
    pub now: Timestamp,
}

/// A field that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{column}: {text}")]
pub struct FieldFault {
    /// Its column.
    pub column: String,
    /// What is wrong with it.
    pub text: String,
}

/// A line's fields as a row of `kind`.
pub fn parse_row(
    kind: ImportKind,
    columns: &Columns,
    fields: &[String],
    rules: &ParseRules<'_>,
) -> Result<ImportedRow, FieldFault> {
    if fields.len() != columns.names.len() {
        let text = format!("the line has {} fields, the header {}", fields.len(), columns.names.len());
        return Err(FieldFault { column: "line".to_owned(), text });
    }
    let row = Row { columns, fields };
    match kind {
        ImportKind::Places => place(&row).map(ImportedRow::Place),
        ImportKind::Staff => staff(&row).map(ImportedRow::Staff),
        ImportKind::Patients => patient(&row, rules).map(ImportedRow::Patient),
        ImportKind::Charts => chart(&row, rules).map(ImportedRow::Chart),
    }
}

fn place(row: &Row<'_>) -> Result<PlaceRow, FieldFault> {
    let loan_hours = row.optional("loan_hours", 6)?.map(|text| {
        let hours = text.parse::<u32>().ok().filter(|hours| (1..=LOAN_HOURS_MAX).contains(hours));
        hours.ok_or_else(|| {
            fault(
                "loan_hours",
                format!("{text:?} is not a number of hours from 1 to {LOAN_HOURS_MAX}; leave it empty for no due time"),
            )
        })
    });
    Ok(PlaceRow {
        code: place_code("code", row.required("code", 64)?)?,
        name: row.required("name", NAME_MAX_CHARS)?.to_owned(),
        kind: place_kind(row.required("kind", 64)?)?,
        loan_hours: loan_hours.transpose()?,
    })
}

fn staff(row: &Row<'_>) -> Result<StaffRow, FieldFault> {
    let role = row.required("role", 64)?;
    let email = row.optional("email", EMAIL_MAX_CHARS)?;
    if let Some(email) = email
        && (!email.contains('@') || email.contains(char::is_whitespace))
    {
        return Err(fault("email", format!("{email:?} is not a mail address")));
    }
    Ok(StaffRow {
        badge: badge("badge", row.required("badge", 64)?)?,
        name: row.required("name", NAME_MAX_CHARS)?.to_owned(),
        role: Role::from_word(&role.to_lowercase()).ok_or_else(|| {
            fault("role", format!("{role:?} is not a role; use one of {}", Role::ALL.map(Role::word).join(", ")))
        })?,
        place: row.optional("place", 64)?.map(|code| place_code("place", code)).transpose()?,
        email: email.map(str::to_owned),
    })
}

fn patient(row: &Row<'_>, rules: &ParseRules<'_>) -> Result<PatientRow, FieldFault> {
    Ok(PatientRow {
        mrn: mrn(row, rules)?,
        last_name: row.required("last_name", NAME_MAX_CHARS)?.to_owned(),
        first_name: row.optional("first_name", NAME_MAX_CHARS)?.unwrap_or_default().to_owned(),
        birth_date: row.optional("birth_date", 32)?.map(|text| birth_date(text, rules)).transpose()?,
        sex: row.optional("sex", 16)?.map(sex).transpose()?,
    })
}

fn chart(row: &Row<'_>, rules: &ParseRules<'_>) -> Result<ChartRow, FieldFault> {
    let volume = row.required("volume", 8)?;
    let out_since = row.optional("out_since", 40)?.map(|text| moment("out_since", text, rules)).transpose()?;
    Ok(ChartRow {
        mrn: mrn(row, rules)?,
        record_type: place_code("record_type", row.required("record_type", 64)?)?.as_str().to_owned(),
        volume: volume.parse().ok().filter(|volume| (1..=VOLUME_MAX).contains(volume)).ok_or_else(|| {
            fault("volume", format!("{volume:?} is not a volume; use a number from 1 to {VOLUME_MAX}"))
        })?,
        home: place_code("home", row.required("home", 64)?)?,
        place: row.optional("place", 64)?.map(|code| place_code("place", code)).transpose()?,
        holder: row.optional("holder_badge", 64)?.map(|text| badge("holder_badge", text)).transpose()?,
        out_since,
        legacy_barcode: row.optional("legacy_barcode", LEGACY_BARCODE_MAX_CHARS)?.map(str::to_owned),
    })
}

fn mrn(row: &Row<'_>, rules: &ParseRules<'_>) -> Result<String, FieldFault> {
    let text = row.required("mrn", MRN_MAX_CHARS)?;
    (rules.mrn)(text).map_err(|why| fault("mrn", why))?;
    Ok(text.to_owned())
}

fn place_code(column: &str, text: &str) -> Result<PlaceCode, FieldFault> {
    PlaceCode::new(text).map_err(|why| fault(column, why.to_string()))
}

fn badge(column: &str, text: &str) -> Result<BadgeNumber, FieldFault> {
    BadgeNumber::new(text).map_err(|why| fault(column, why.to_string()))
}

fn place_kind(text: &str) -> Result<PlaceKind, FieldFault> {
    Ok(match text.to_lowercase().as_str() {
        "file_room" => PlaceKind::FileRoom,
        "department" => PlaceKind::Department,
        "clinic" => PlaceKind::Clinic,
        "office" => PlaceKind::Office,
        "cart" => PlaceKind::Cart,
        "offsite" => PlaceKind::Offsite,
        _ => {
            let text =
                format!("{text:?} is no kind of place; use file_room, department, clinic, office, cart or offsite");
            return Err(fault("kind", text));
        }
    })
}

fn birth_date(text: &str, rules: &ParseRules<'_>) -> Result<Date, FieldFault> {
    let date: Date = plain(text, "0000-00-00").then(|| text.parse().ok()).flatten().ok_or_else(|| {
        fault("birth_date", format!("{text:?} is not a date; write it as year-month-day, like 1980-01-31"))
    })?;
    let today = rules.now.to_zoned(rules.zone.clone()).date();
    if date > today || date.year() < BIRTH_YEAR_MIN {
        return Err(fault("birth_date", format!("{text} is not a date on which a patient was born")));
    }
    Ok(date)
}

/// HL7 table 0001, administrative sex.
fn sex(text: &str) -> Result<String, FieldFault> {
    let upper = text.to_uppercase();
    if ["F", "M", "O", "U", "A", "N"].contains(&upper.as_str()) {
        return Ok(upper);
    }
    Err(fault("sex", format!("{text:?} is not one of F, M, O, U, A, N (HL7 table 0001); leave it empty if not known")))
}

/// RFC 3339, or a local date and time, or a date alone (its first moment), in the hospital's zone.
fn moment(column: &str, text: &str, rules: &ParseRules<'_>) -> Result<Timestamp, FieldFault> {
    let local = |at: DateTime| at.to_zoned(rules.zone.clone()).ok().map(|zoned| zoned.timestamp());
    let at = if plain(text, "0000-00-00") {
        text.parse::<Date>().ok().and_then(|date| local(date.at(0, 0, 0, 0)))
    } else {
        text.parse::<Timestamp>().ok().or_else(|| text.parse::<DateTime>().ok().and_then(local))
    };
    let at = at.ok_or_else(|| fault(column, format!("{text:?} is not a time; write it like 2026-01-31 14:30")))?;
    if at > rules.now {
        return Err(fault(column, format!("{text} is in the future")));
    }
    Ok(at)
}

/// Is `text` digits and dashes exactly where `form` has them?
fn plain(text: &str, form: &str) -> bool {
    text.len() == form.len()
        && text
            .bytes()
            .zip(form.bytes())
            .all(|(got, want)| if want == b'0' { got.is_ascii_digit() } else { got == want })
}

fn fault(column: &str, text: impl Into<String>) -> FieldFault {
    FieldFault { column: column.to_owned(), text: text.into() }
}

struct Row<'a> {
    columns: &'a Columns,
    fields: &'a [String],
}

impl<'a> Row<'a> {
    /// A field that may be empty or left out.
    fn optional(&self, column: &str, max_chars: usize) -> Result<Option<&'a str>, FieldFault> {
        let Some(at) = self.columns.names.iter().position(|name| *name == column) else { return Ok(None) };
        let text = self.fields.get(at).map_or("", |field| field.trim());
        if let Some(control) = text.chars().find(|c| c.is_control()) {
            return Err(fault(column, format!("holds the control character U+{:04X}", u32::from(control))));
        }
        if text.chars().count() > max_chars {
            return Err(fault(column, format!("is longer than {max_chars} characters")));
        }
        Ok((!text.is_empty()).then_some(text))
    }

    /// A field that must not be empty.
    fn required(&self, column: &str, max_chars: usize) -> Result<&'a str, FieldFault> {
        self.optional(column, max_chars)?.ok_or_else(|| fault(column, "is empty"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn six_digits(mrn: &str) -> Result<(), String> {
        let fits = mrn.len() == 6 && mrn.bytes().all(|byte| byte.is_ascii_digit());
        if fits { Ok(()) } else { Err(format!("{mrn:?} is not six digits")) }
    }

    fn parse(kind: ImportKind, header: &str, line: &str) -> Result<ImportedRow, FieldFault> {
        let rules = ParseRules {
            mrn: &six_digits,
            zone: TimeZone::get("America/New_York").unwrap(),
            now: "2026-11-23T12:00:00Z".parse().unwrap(),
        };
        let header: Vec<String> = header.split(',').map(str::to_owned).collect();
        let columns = Columns::check(kind, &header).unwrap();
        let fields: Vec<String> = line.split(',').map(str::to_owned).collect();
        parse_row(kind, &columns, &fields, &rules)
    }

    #[test]
    fn a_chart_that_is_out() {
        let header = "mrn,record_type,volume,home,place,holder_badge,out_since,legacy_barcode";
        let row = parse(ImportKind::Charts, header, "123456,mr,2,FILE,ER,77,2026-11-20,OLD-1").unwrap();
        let ImportedRow::Chart(chart) = row else { panic!("{row:?}") };
        assert_eq!(chart.record_type, "MR");
        assert_eq!(chart.out_since, Some("2026-11-20T05:00:00Z".parse().unwrap()));
        assert_eq!(chart.legacy_barcode.as_deref(), Some("OLD-1"));
        let row = parse(ImportKind::Charts, header, "123456,MR,2,FILE,,,2026-11-20 09:30,").unwrap();
        let ImportedRow::Chart(chart) = row else { panic!("{row:?}") };
        assert_eq!(chart.out_since, Some("2026-11-20T14:30:00Z".parse().unwrap()));
    }

    #[test]
    fn each_fault_names_its_column() {
        let patients = "mrn,last_name,first_name,birth_date,sex";
        let at = |line: &str| parse(ImportKind::Patients, patients, line).unwrap_err().column;
        assert_eq!(at("12345,Diaz,Rosa,,"), "mrn");
        assert_eq!(at("123456, ,Rosa,,"), "last_name");
        assert_eq!(at("123456,Di\u{7}az,Rosa,,"), "last_name");
        assert_eq!(at("123456,Diaz,Rosa,31/01/1980,"), "birth_date");
        assert_eq!(at("123456,Diaz,Rosa,2027-01-01,"), "birth_date");
        assert_eq!(at("123456,Diaz,Rosa,1980-02-30,"), "birth_date");
        assert_eq!(at("123456,Diaz,Rosa,1980-01-31,female"), "sex");
        assert_eq!(at("123456,Diaz,Rosa"), "line");
        assert!(parse(ImportKind::Patients, patients, "123456,Diaz,Rosa,1980-01-31,f").is_ok());
        let charts = "mrn,record_type,volume,home,out_since";
        let at = |line: &str| parse(ImportKind::Charts, charts, line).unwrap_err().column;
        assert_eq!(at("123456,MR,0,FILE,"), "volume");
        assert_eq!(at("123456,MR,1,,"), "home");
        assert_eq!(at("123456,MR,1,FILE,2026-12-01"), "out_since");
    }

    #[test]
    fn places_and_staff() {
        let places = "code,name,kind,loan_hours";
        assert!(parse(ImportKind::Places, places, "er,Emergency,department,24").is_ok());
        assert!(parse(ImportKind::Places, places, "FILE,File room,file_room,").is_ok());
        assert_eq!(parse(ImportKind::Places, places, "ER,Emergency,ward,24").unwrap_err().column, "kind");
        assert_eq!(parse(ImportKind::Places, places, "ER,Emergency,clinic,0").unwrap_err().column, "loan_hours");
        let staff = "badge,name,role,place,email";
        assert!(parse(ImportKind::Staff, staff, "77,Rosa Diaz,clerk,,").is_ok());
        assert_eq!(parse(ImportKind::Staff, staff, "77,Rosa Diaz,boss,,").unwrap_err().column, "role");
        assert_eq!(parse(ImportKind::Staff, staff, "77,Rosa Diaz,clerk,ER,rosa").unwrap_err().column, "email");
    }
}
