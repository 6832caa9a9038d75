//! Alerts: what people do with them, and those that devices, printers and subsystems open.

use jiff::Timestamp;

use super::super::error::ChangeError;
use super::super::work::Work;
use super::super::{AlertId, AlertKind, AlertRow};
use super::Change;
use crate::barcode::PlaceCode;

/// What is done with an alert.
#[derive(Debug, Clone)]
pub enum AlertStep {
    /// Someone looks after it from now on.
    Assign {
        /// The console user.
        user: String,
    },
    /// A note; its text stays beside the chain.
    Note {
        /// The text.
        text: String,
    },
    /// Hidden until then.
    Snooze {
        /// Until when.
        until: Timestamp,
    },
    /// Done with.
    Resolve {
        /// Why.
        reason: String,
    },
    /// Seen.
    Acknowledge,
}

/// A step in an alert's life.
#[derive(Debug, Clone)]
pub struct AlertAction {
    /// Which alert.
    pub id: AlertId,
    /// What is done.
    pub step: AlertStep,
}

impl Change for AlertAction {
    type Made = AlertRow;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let _ = work;
        todo!()
    }
}

/// Opens a device, printer or system alert; where one for the same kind and subject is open, that one is the answer.
#[derive(Debug, Clone)]
pub struct OpenAlert {
    /// What it is about.
    pub kind: AlertKind,
    /// The device, printer or subsystem, and what is wrong in a word. No patient data.
    pub subject: String,
    /// The place it concerns.
    pub place: Option<PlaceCode>,
}

impl Change for OpenAlert {
    type Made = AlertRow;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let _ = work;
        todo!()
    }
}

/// Resolves the open alert of this kind and subject; `None` when there is none.
#[derive(Debug, Clone)]
pub struct CloseAlert {
    /// What it is about.
    pub kind: AlertKind,
    /// The same subject it was opened with.
    pub subject: String,
    /// Why, for example `recovered`.
    pub resolution: String,
}

impl Change for CloseAlert {
    type Made = Option<AlertRow>;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let _ = work;
        todo!()
    }
}
