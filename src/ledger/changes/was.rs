//! Two people correct the same row: the second one hears of it instead of overwriting what the first one wrote.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::super::error::ChangeError;

/// What the fields to be changed were when whoever asks looked at them; empty asks for no comparison. Fields that are
/// not named here may have changed meanwhile: two people who correct different fields do not stand in each other's way.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, ToSchema)]
#[schema(value_type = Object)]
pub struct Was(pub Map<String, Value>);

impl Was {
    /// Compares with the row as it is.
    ///
    /// # Errors
    ///
    /// [`ChangeError::Clash`] names the first field that is different by now; a field that the row does not have is
    /// refused.
    pub(in crate::ledger) fn check<T: Serialize>(&self, before: &T) -> Result<(), ChangeError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let before = serde_json::to_value(before)?;
        for (field, seen) in &self.0 {
            let Some(now) = before.get(field) else {
                let text = "`was` names the fields to be changed, and this is none of them";
                return Err(ChangeError::refused("refuse_when_field_is_unknown", Some("was"), text));
            };
            if now != seen {
                let text = "somebody changed this meanwhile: close, look at what it is now, and correct it again";
                return Err(ChangeError::clash(field, text));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(was: Value) -> Result<(), ChangeError> {
        let was: Was = serde_json::from_value(was).unwrap();
        was.check(&json!({ "name": "Emergency", "loan_hours": null }))
    }

    #[test]
    fn only_what_was_seen_is_compared_and_the_first_difference_is_named() {
        assert_eq!(check(json!({})), Ok(()));
        assert_eq!(check(json!({ "name": "Emergency", "loan_hours": null })), Ok(()));
        assert!(
            matches!(check(json!({ "loan_hours": 24 })), Err(ChangeError::Clash { field, .. }) if field == "loan_hours")
        );
        assert!(
            matches!(check(json!({ "colour": 1 })), Err(ChangeError::Refused(refusal)) if refusal.field == Some("was"))
        );
    }
}
