//! From what a scanner sent to a typed code: AIM identifiers, our own codes, then the hospital's rules.

use std::sync::Arc;

use regex::Regex;

use super::check::CheckScheme;
use super::code::parse;
use super::{BadgeNumber, Code, LegacyCode, PlaceCode, Unrecognised};

/// The longest text a rule is tried on, in bytes.
const LEGACY_MAX_BYTES: usize = 256;
/// The named groups a rule may have.
const GROUPS: [&str; 5] = ["mrn", "volume", "type", "badge", "place"];
/// The most memory one rule's machine may take, in bytes.
const RULE_SIZE_LIMIT: usize = 1 << 20;

/// A rule for labels that a hospital already has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegacyRule {
    /// A regular expression with named groups `mrn`, `volume`, `type`, `badge`, `place`.
    pub pattern: String,
    /// What the number in the group `mrn` (else `badge`) is checked by; its check digit is part of the number.
    pub check: Option<CheckScheme>,
}

/// Why a rule cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Not a regular expression.
    #[error("pattern {pattern:?} is no regular expression: {reason}")]
    Pattern {
        /// The rule's.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A group that means nothing.
    #[error("pattern {pattern:?} has a group `{group}`: the groups are mrn, volume, type, badge and place")]
    UnknownGroup {
        /// The rule's.
        pattern: String,
        /// The group.
        group: String,
    },
    /// No group that names something.
    #[error("pattern {pattern:?} names nothing: give it a group (?<mrn>…), (?<badge>…) or (?<place>…)")]
    NamesNothing {
        /// The rule's.
        pattern: String,
    },
}

/// Understands texts; cheap to clone.
#[derive(Debug, Clone)]
pub struct Reader {
    rules: Arc<[(Regex, Option<CheckScheme>)]>,
}

impl Reader {
    /// A reader that tries `rules` in their order after our own codes.
    pub fn new(rules: &[LegacyRule]) -> Result<Reader, RuleError> {
        let compiled: Result<Vec<_>, _> = rules.iter().map(|rule| Ok((compile(rule)?, rule.check))).collect();
        Ok(Reader { rules: compiled?.into() })
    }

    /// What `data` is. `symbology` is what the scanner said it read; an AIM identifier in front of the data is taken
    /// off first (ISO/IEC 15424).
    pub fn read(&self, data: &str, symbology: Option<&str>) -> Code {
        let _ = symbology;
        let text = clean(data);
        if text.is_empty() {
            return Code::Unrecognised(Unrecognised::Empty);
        }
        if text.len() > LEGACY_MAX_BYTES {
            return Code::Unrecognised(Unrecognised::TooLong);
        }
        // Codes of our own may be typed in groups: blanks do not count in them.
        let own: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_uppercase();
        match parse(&own) {
            Ok(code) => code,
            // What has the exact form of our chart labels is a misread one, whatever a generous rule may make of it.
            Err(reason) if names_a_chart(&own) => Code::Unrecognised(reason),
            Err(reason) => self.legacy(text).unwrap_or(Code::Unrecognised(reason)),
        }
    }

    fn legacy(&self, text: &str) -> Option<Code> {
        self.rules.iter().find_map(|(pattern, check)| {
            let found = pattern.captures(text)?;
            let group = |name: &str| found.name(name).map(|m| m.as_str()).filter(|m| !m.is_empty());
            let checked = group("mrn").or(group("badge"));
            if let (Some(scheme), Some(number)) = (check, checked)
                && !scheme.holds(number)
            {
                return None;
            }
            if let Some(badge) = group("badge") {
                return BadgeNumber::new(badge).ok().map(Code::Badge);
            }
            if let Some(place) = group("place") {
                return PlaceCode::new(place).ok().map(Code::Place);
            }
            Some(Code::Legacy(LegacyCode {
                text: text.to_owned(),
                mrn: Some(group("mrn")?.to_owned()),
                volume: group("volume").and_then(|volume| volume.parse().ok()),
                record_type: group("type").map(str::to_ascii_uppercase),
            }))
        })
    }
}

/// What a scanner sent without blanks and control characters around it, and without an AIM identifier in front. A
/// chart's old barcode is kept and looked up in this form.
pub fn clean(data: &str) -> &str {
    let blank = |c: char| c.is_whitespace() || c.is_control();
    strip_aim(data.trim_matches(blank)).trim_matches(blank)
}

/// What `data` may say as a chart's old barcode, in the form in which those are kept; `None` for what cannot be one,
/// such as a misread label of ours.
pub fn old_barcode(data: &str) -> Option<&str> {
    let text = clean(data);
    let own: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_uppercase();
    (!text.is_empty() && text.len() <= LEGACY_MAX_BYTES && !names_a_chart(&own)).then_some(text)
}

/// `C` and 14 digits, or `R` and 11.
fn names_a_chart(text: &str) -> bool {
    let digits = match text.split_at_checked(1) {
        Some(("C", digits)) if digits.len() == 14 => digits,
        Some(("R", digits)) if digits.len() == 11 => digits,
        _ => return false,
    };
    digits.bytes().all(|b| b.is_ascii_digit())
}

fn compile(rule: &LegacyRule) -> Result<Regex, RuleError> {
    let pattern = rule.pattern.clone();
    let regex = regex::RegexBuilder::new(&pattern).size_limit(RULE_SIZE_LIMIT).build();
    let regex = regex.map_err(|error| {
        let reason = error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        RuleError::Pattern { pattern: pattern.clone(), reason }
    })?;
    let names: Vec<&str> = regex.capture_names().flatten().collect();
    if let Some(group) = names.iter().find(|name| !GROUPS.contains(name)) {
        return Err(RuleError::UnknownGroup { pattern, group: (*group).to_owned() });
    }
    if !names.iter().any(|name| ["mrn", "badge", "place"].contains(name)) {
        return Err(RuleError::NamesNothing { pattern });
    }
    Ok(regex)
}

/// `]cm` in front: a code character and a modifier.
fn strip_aim(text: &str) -> &str {
    let aim = |rest: &str| {
        let mut chars = rest.chars();
        chars.next().is_some_and(|c| c.is_ascii_alphabetic()) && chars.next().is_some_and(|c| c.is_ascii_alphanumeric())
    };
    match text.strip_prefix(']') {
        Some(rest) if aim(rest) => rest.get(2..).unwrap_or_default(),
        _ => text,
    }
}
