//! What a kiosk's agent and the server say to each other, as JSON. Unknown fields are passed over and words that are not
//! known are taken for the most cautious known one, so that neighbouring versions understand each other.

use std::io;

use jiff::Timestamp;
use outguide_hardware::printer::{Fault, Health, PrinterState, SendError, Warning};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::protocol::Speaks;

/// The agent introduces itself, at each new contact.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Hello {
    /// What it speaks.
    pub speaks: Speaks,
    /// Its program's version, for people.
    pub version: String,
}

/// The server's answer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Welcome {
    /// What the server speaks.
    pub speaks: Speaks,
    /// The number that both use from now on.
    pub protocol: u16,
    /// Its program's version, for people.
    pub version: String,
    /// The ledger's epoch: another one than before means a restore.
    pub epoch: Uuid,
}

/// How the agent is. Sent when something changed, and every few seconds.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct AgentStatus {
    /// Its program's version.
    #[serde(default)]
    pub version: String,
    /// Its scanners, as kiosks show them. Kept as they came: those of a newer agent may have states not known here.
    #[serde(default)]
    #[schema(value_type = Vec<serde_json::Value>)]
    pub devices: Vec<serde_json::Value>,
    /// Scanners that have been away for so long that someone should come.
    #[serde(default)]
    pub missing: Vec<String>,
    /// Its printers.
    #[serde(default)]
    pub printers: Vec<PrinterReport>,
    /// How many scans wait.
    #[serde(default)]
    pub waiting: u64,
    /// Since when the oldest waits, by the agent's clock.
    #[serde(default)]
    pub oldest_at: Option<Timestamp>,
    /// How many scans were parked.
    #[serde(default)]
    pub parked: u64,
    /// Why it can keep no more scans.
    #[serde(default)]
    pub full: Option<String>,
}

/// The server's answer to a status.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Noted {
    /// The ledger's epoch.
    pub epoch: Uuid,
}

/// How a printer at an agent is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct PrinterReport {
    /// Its id.
    pub id: String,
    /// `ready`, `not_ready` or `unasked`.
    pub state: String,
    /// What stops it, in the words of alerts.
    #[serde(default)]
    pub faults: Vec<String>,
    /// What will stop it soon.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Labels or sheets left in it, where it knows.
    #[serde(default)]
    pub stock_left: Option<u32>,
}

/// A print job for one of the agent's printers. It is the agent's only once it was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Offer {
    /// This offer: each attempt at a job is another one.
    pub offer: Uuid,
    /// The printer.
    pub printer: String,
    /// The job's name, the same for each attempt.
    pub name: String,
    /// The language of the bytes.
    pub language: String,
    /// How many labels come out of it, copies counted.
    pub labels: u32,
    /// The bytes, in hex.
    pub bytes: String,
}

/// What became of an offer that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobReport {
    /// The job's name.
    pub name: String,
    /// Its printer.
    pub printer: String,
    /// Its fate.
    pub fate: JobFate,
}

/// A job's fate, as far as the agent knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum JobFate {
    /// Nothing of it left the computer.
    NothingSent {
        /// Why.
        #[serde(flatten)]
        why: Why,
    },
    /// Some of it may have.
    Unknown {
        /// At least so much was handed over, in bytes.
        sent_bytes: u64,
        /// Why.
        #[serde(flatten)]
        why: Why,
    },
    /// All of it was handed over.
    Sent,
    /// All of it was handed over, and no more than that can be learnt from the printer.
    Unproven,
    /// The printer's own count says that it came out.
    Printed,
    /// The printer gave it up.
    Failed {
        /// Why.
        #[serde(flatten)]
        why: Why,
    },
}

/// Why a job did not get through.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Why {
    /// `not_ready`, `wrong_stock`, `refused`, or `unreachable` for all else.
    pub kind: String,
    /// In words.
    pub text: String,
    /// With `not_ready`: what stops the printer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
    /// With `wrong_stock`: what is loaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loaded: Option<String>,
    /// With `wrong_stock`: what is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed: Option<String>,
}

impl Why {
    /// In words alone.
    pub fn said(text: impl Into<String>) -> Why {
        Why { kind: "unreachable".to_owned(), text: text.into(), ..Why::default() }
    }

    /// A job that cannot be printed here, however often it is tried.
    pub fn refused(text: impl Into<String>) -> Why {
        Why { kind: "refused".to_owned(), ..Why::said(text) }
    }

    /// As a printer's error at the server. `to` names the printer there.
    pub fn into_error(self, to: &str) -> SendError {
        let to = to.to_owned();
        match self.kind.as_str() {
            "not_ready" => SendError::NotReady { to, faults: self.faults.iter().map(|word| fault(word)).collect() },
            "wrong_stock" => SendError::WrongStock {
                to,
                loaded: self.loaded.unwrap_or_default(),
                needed: self.needed.unwrap_or_default(),
            },
            "refused" => SendError::Refused { to, why: self.text },
            _ => SendError::Unreachable { to, error: io::Error::other(self.text) },
        }
    }
}

impl From<SendError> for Why {
    fn from(error: SendError) -> Why {
        let text = error.to_string();
        match error {
            SendError::NotReady { faults, .. } => {
                let faults = faults.iter().map(|fault| fault.word().to_owned()).collect();
                Why { kind: "not_ready".to_owned(), text, faults, ..Why::default() }
            }
            SendError::WrongStock { loaded, needed, .. } => {
                let (loaded, needed) = (Some(loaded), Some(needed));
                Why { kind: "wrong_stock".to_owned(), text, loaded, needed, ..Why::default() }
            }
            SendError::Refused { why, .. } => Why::refused(why),
            SendError::Unreachable { error, .. } | SendError::Write { error, .. } => Why::said(error.to_string()),
            SendError::Stuck { .. } | SendError::StillStuck { .. } => Why::said(text),
        }
    }
}

/// Every fault that has a word on the wire.
const FAULTS: [Fault; 14] = [
    Fault::PaperOut,
    Fault::RibbonOut,
    Fault::HeadOpen,
    Fault::CoverOpen,
    Fault::Jam,
    Fault::Paused,
    Fault::WrongStock,
    Fault::BufferFull,
    Fault::CorruptMemory,
    Fault::HeadTemperature,
    Fault::Other,
    Fault::NotAccepting,
    Fault::NoAnswer,
    Fault::Unreachable,
];

/// The fault of this word; a word of a newer agent is a fault all the same.
fn fault(word: &str) -> Fault {
    FAULTS.into_iter().find(|fault| fault.word() == word).unwrap_or(Fault::Other)
}

impl PrinterReport {
    /// Of a printer's health.
    pub fn of(id: &str, health: &Health) -> PrinterReport {
        PrinterReport {
            id: id.to_owned(),
            state: health.state.word().to_owned(),
            faults: health.state.faults().iter().map(|fault| fault.word().to_owned()).collect(),
            warnings: health.warnings.iter().map(|warning| warning.word().to_owned()).collect(),
            stock_left: health.stock_left,
        }
    }

    /// As a printer's health at the server.
    pub fn health(&self) -> Health {
        let state = match self.state.as_str() {
            "ready" => PrinterState::Ready,
            "unasked" => PrinterState::CannotAsk,
            _ if self.faults.is_empty() => PrinterState::NotReady(vec![Fault::Other]),
            _ => PrinterState::NotReady(self.faults.iter().map(|word| fault(word)).collect()),
        };
        let warning =
            |word: &String| [Warning::PaperLow, Warning::RibbonLow].into_iter().find(|warning| warning.word() == word);
        let warnings = self.warnings.iter().filter_map(warning).collect();
        Health { warnings, stock_left: self.stock_left, ..state.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_and_errors_survive_the_wire() {
        for fault in FAULTS {
            let mut health = Health::down(fault);
            health.warnings = vec![Warning::PaperLow];
            assert_eq!(PrinterReport::of("p", &health).health(), health);
        }
        let errors = [
            SendError::NotReady { to: "p".into(), faults: vec![Fault::PaperOut] },
            SendError::WrongStock { to: "p".into(), loaded: "a".into(), needed: "b".into() },
            SendError::Refused { to: "p".into(), why: "no".into() },
            SendError::Unreachable { to: "p".into(), error: io::Error::other("off") },
        ];
        for error in errors {
            let text = error.to_string();
            let fate = JobFate::NothingSent { why: error.into() };
            let told: JobFate = serde_json::from_str(&serde_json::to_string(&fate).unwrap()).unwrap();
            assert_eq!(told, fate);
            let JobFate::NothingSent { why } = told else { panic!("{told:?}") };
            assert_eq!(why.into_error("p").to_string(), text);
        }
    }

    #[test]
    fn words_of_a_newer_agent_are_taken_cautiously() {
        let newer = r#"{"id":"p","state":"napping","faults":["asleep"],"mood":"fine"}"#;
        let report: PrinterReport = serde_json::from_str(newer).unwrap();
        assert_eq!(report.health(), Health::down(Fault::Other));
        let bare: AgentStatus = serde_json::from_str("{}").unwrap();
        assert_eq!((bare.waiting, bare.printers.len()), (0, 0));
    }
}
