//! The columns of each kind of file, and the check of a header row against them.

use crate::custody::Role;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the contract's words")]
pub enum ImportKind {
    Places,
    Staff,
    Patients,
    Charts,
}

impl ImportKind {
    /// All kinds, in the order in which a new site imports them.
    pub const ALL: [ImportKind; 4] = [ImportKind::Places, ImportKind::Staff, ImportKind::Patients, ImportKind::Charts];

    /// The word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            ImportKind::Places => "places",
            ImportKind::Staff => "staff",
            ImportKind::Patients => "patients",
            ImportKind::Charts => "charts",
        }
    }

    /// The kind that `word` names, if any.
    pub fn from_word(word: &str) -> Option<ImportKind> {
        ImportKind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The columns that must be there, then those that may be left out.
    pub fn columns(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            ImportKind::Places => (&["code", "name", "kind", "loan_hours"], &[]),
            ImportKind::Staff => (&["badge", "name", "role", "place", "email"], &[]),
            ImportKind::Patients => (&["mrn", "last_name", "first_name", "birth_date", "sex"], &[]),
            ImportKind::Charts => {
                (&["mrn", "record_type", "volume", "home"], &["place", "holder_badge", "out_since", "legacy_barcode"])
            }
        }
    }

    /// The role a console user needs to import such a file.
    pub fn role(self) -> Role {
        match self {
            ImportKind::Places | ImportKind::Staff => Role::Supervisor,
            ImportKind::Patients | ImportKind::Charts => Role::Records,
        }
    }
}

/// What is wrong with a header row; nothing of such a file is loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderFault {
    /// Nothing in the file.
    #[error("the file is empty; its first line must name the columns: {expected}")]
    Empty {
        /// The columns.
        expected: String,
    },
    /// A column that the contract does not know.
    #[error("unknown column {column:?}{}; the columns are: {expected}", near(.nearest))]
    Unknown {
        /// As in the file.
        column: String,
        /// The nearest known one.
        nearest: Option<&'static str>,
        /// The columns.
        expected: String,
    },
    /// Columns that must be there and are not.
    #[error("missing column{} {}; the columns are: {expected}", if .columns.len() == 1 { "" } else { "s" }, .columns.join(", "))]
    Missing {
        /// Which.
        columns: Vec<&'static str>,
        /// The columns.
        expected: String,
    },
    /// A column named twice.
    #[error("column {column:?} is named twice")]
    Twice {
        /// Which.
        column: String,
    },
    /// Separated by something else than a comma.
    #[error("the columns are separated by {found:?}; separate them by commas")]
    Separator {
        /// By what.
        found: char,
    },
    /// Not text in UTF-8.
    #[error("{0}")]
    Encoding(String),
    /// The header line itself is broken.
    #[error("the header line is broken: {0}")]
    Broken(String),
}

fn near(nearest: &Option<&'static str>) -> String {
    nearest.map_or_else(String::new, |name| format!(" (did you mean {name:?}?)"))
}

/// Which field of a line is which column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// The file's own order.
    pub names: Vec<&'static str>,
    /// How many fields stand before them: a file of rejects begins each line with its number and the reason.
    pub passed_over: usize,
}

/// What a file of rejects has before the columns of the file that they come from.
pub const REJECTS_COLUMNS: [&str; 2] = ["line", "reason"];

impl Columns {
    /// Checks a header row. Names are compared without blanks around them and without regard to case.
    pub fn check(kind: ImportKind, header: &[String]) -> Result<Columns, HeaderFault> {
        let (required, optional) = kind.columns();
        let known: Vec<&'static str> = required.iter().chain(optional).copied().collect();
        let expected = known.join(",");
        if let [only] = header
            && let Some(found) = [';', '\t', '|'].into_iter().find(|separator| only.contains(*separator))
        {
            return Err(HeaderFault::Separator { found });
        }
        let mut names: Vec<&'static str> = Vec::with_capacity(header.len());
        let plain = |column: &String| column.trim().to_lowercase();
        let mended = header.len() > REJECTS_COLUMNS.len()
            && header.iter().zip(REJECTS_COLUMNS).all(|(column, name)| plain(column) == name);
        let passed_over = if mended { REJECTS_COLUMNS.len() } else { 0 };
        for column in header.iter().skip(passed_over) {
            let wanted = plain(column);
            let Some(name) = known.iter().copied().find(|name| *name == wanted) else {
                return Err(HeaderFault::Unknown {
                    column: column.clone(),
                    nearest: nearest(&wanted, &known),
                    expected,
                });
            };
            if names.contains(&name) {
                return Err(HeaderFault::Twice { column: column.clone() });
            }
            names.push(name);
        }
        let columns: Vec<&'static str> = required.iter().copied().filter(|name| !names.contains(name)).collect();
        if columns.is_empty() {
            Ok(Columns { names, passed_over })
        } else {
            Err(HeaderFault::Missing { columns, expected })
        }
    }
}

/// The known name that is nearest to `wanted`, when it is near enough to be a slip.
fn nearest(wanted: &str, known: &[&'static str]) -> Option<&'static str> {
    known
        .iter()
        .map(|name| (strsim::jaro_winkler(wanted, name), *name))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Vec<String> {
        text.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn any_order_and_case_will_do() {
        let columns = Columns::check(ImportKind::Places, &header("Name, code,kind,LOAN_HOURS")).unwrap();
        assert_eq!(columns.names, ["name", "code", "kind", "loan_hours"]);
    }

    #[test]
    fn a_file_of_rejects_is_taken_back() {
        let columns = Columns::check(ImportKind::Places, &header("Line,reason,code,name,kind,loan_hours")).unwrap();
        assert_eq!((columns.names.as_slice(), columns.passed_over), (&["code", "name", "kind", "loan_hours"][..], 2));
        assert!(Columns::check(ImportKind::Places, &header("line,code,name,kind,loan_hours")).is_err());
    }

    #[test]
    fn columns_after_home_may_be_left_out() {
        assert!(Columns::check(ImportKind::Charts, &header("mrn,record_type,volume,home")).is_ok());
        assert!(Columns::check(ImportKind::Charts, &header("mrn,record_type,volume,home,legacy_barcode")).is_ok());
    }

    #[test]
    fn an_unknown_column_is_named_with_the_nearest() {
        let fault =
            Columns::check(ImportKind::Patients, &header("mrn,lastname,first_name,birth_date,sex")).unwrap_err();
        let text = fault.to_string();
        assert!(text.contains("\"lastname\"") && text.contains("did you mean \"last_name\""), "{text}");
        let text = Columns::check(ImportKind::Patients, &header("mrn,shoe_size")).unwrap_err().to_string();
        assert!(text.contains("\"shoe_size\"") && !text.contains("did you mean"), "{text}");
    }

    #[test]
    fn missing_columns_are_named() {
        let text = Columns::check(ImportKind::Patients, &header("mrn,last_name,first_name")).unwrap_err().to_string();
        assert!(text.contains("missing columns birth_date, sex"), "{text}");
    }

    #[test]
    fn a_column_twice_and_a_wrong_separator_are_told() {
        assert!(matches!(
            Columns::check(ImportKind::Places, &header("code,code")),
            Err(HeaderFault::Twice { column }) if column == "code"
        ));
        let text = Columns::check(ImportKind::Places, &header("code;name;kind;loan_hours")).unwrap_err().to_string();
        assert!(text.contains("separated by ';'"), "{text}");
    }
}
