//! Who may do what.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A role, of a console account, a bearer token or a staff badge.
///
/// `viewer` to `admin` each include the one before. `auditor` reads everything logged and changes nothing;
/// `technician` sees devices, printers, configuration state and metrics, and no patient data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Looks charts up.
    Viewer,
    /// Department staff: checks out, receives, returns, prints labels at kiosks.
    Clerk,
    /// Records staff: patients, charts, labels, missing cases, alerts.
    Records,
    /// Answers for the records room: restricted charts, places, staff, reports.
    Supervisor,
    /// Everything, accounts and kiosks included.
    Admin,
    /// Reads everything logged; changes nothing.
    Auditor,
    /// Devices, printers, configuration state, metrics; no patient data.
    Technician,
}

impl Role {
    /// All roles, as in the contract's order.
    pub const ALL: [Role; 7] =
        [Role::Viewer, Role::Clerk, Role::Records, Role::Supervisor, Role::Admin, Role::Auditor, Role::Technician];

    /// The word used in CSV files, configuration and HTTP.
    pub fn word(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Clerk => "clerk",
            Role::Records => "records",
            Role::Supervisor => "supervisor",
            Role::Admin => "admin",
            Role::Auditor => "auditor",
            Role::Technician => "technician",
        }
    }

    /// The role that `word` names, if any.
    pub fn from_word(word: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.word() == word)
    }

    /// Does holding this role allow what asks for `required`? The ladder is viewer < clerk < records < supervisor <
    /// admin; `auditor` also includes `viewer` (it reads), `admin` includes `auditor` and `technician`.
    pub fn includes(self, required: Role) -> bool {
        match (self, required) {
            (a, b) if a == b => true,
            (Role::Admin, _) | (Role::Auditor, Role::Viewer) => true,
            (Role::Auditor | Role::Technician, _) | (_, Role::Auditor | Role::Technician) => false,
            (a, b) => a.rung() >= b.rung(),
        }
    }

    fn rung(self) -> u8 {
        match self {
            Role::Viewer | Role::Auditor | Role::Technician => 0,
            Role::Clerk => 1,
            Role::Records => 2,
            Role::Supervisor => 3,
            Role::Admin => 4,
        }
    }
}
