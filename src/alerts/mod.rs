//! When an alert opens and closes. Pure: custody before and after, and the time, come in; changes of alerts go out.

mod alert;
mod rules;
mod services;
mod silence;
#[cfg(test)]
mod tests;

pub use alert::{AlertId, AlertKind, AlertRow, AlertState};
pub use rules::{ActSeen, AlertChange, BY_HAND, NewAlert, after_act, overdue, stands, taken_back};
pub use services::{service_due, service_ended};
pub use silence::{
    Heard, QUARTER, SilenceRule, Stretch, WEEKS, quarter_of, silence_at, silence_ends, silence_prefix, silence_settled,
    silence_subject, silent, usual,
};
