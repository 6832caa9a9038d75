//! When an alert opens and closes. Pure: custody before and after, and the time, come in; changes of alerts go out.

mod alert;
mod rules;
mod services;
#[cfg(test)]
mod tests;

pub use alert::{AlertId, AlertKind, AlertRow, AlertState};
pub use rules::{ActSeen, AlertChange, NewAlert, after_act, overdue};
pub use services::{service_due, service_ended};
