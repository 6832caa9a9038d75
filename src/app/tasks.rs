//! What a command may ask of the ledger: done in the command's own process, or by the running server.

use serde::{Deserialize, Serialize};

use crate::barcode::ChartNumber;
use crate::config::nearest;
use crate::custody::Role;
use crate::import::{Chunk, ChunkDone, DryRunSink, ImportSink, LedgerSink};
use crate::ledger::accounts::{AddUser, CreateToken, PasswordHash, Secret, SetPassword};
use crate::ledger::changes::{Change, ImportRun};
use crate::ledger::queries::{ChartDetail, Sight};
use crate::ledger::{Actor, Ledger, Rebuild};

/// One request.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Task {
    /// A chunk of an import.
    Import {
        /// The rows.
        chunk: Chunk,
        /// Only compare.
        dry_run: bool,
        /// The run that it belongs to.
        #[serde(default)]
        run: Option<ImportRun>,
    },
    /// A console account.
    AddUser {
        /// Its name.
        name: String,
        /// Its role.
        role: Role,
        /// Its password, which is hashed at once.
        password: String,
    },
    /// A console account with a new random password, made where it is not there yet.
    ResetUser {
        /// Its name.
        name: String,
        /// Its role, where it is made.
        role: Role,
    },
    /// A bearer token.
    CreateToken {
        /// What it is for.
        name: String,
        /// What it may do.
        role: Role,
    },
    /// A kiosk's bearer token.
    KioskToken {
        /// The kiosk.
        kiosk: String,
    },
    /// What is known of a chart.
    Chart {
        /// Its number.
        number: ChartNumber,
    },
    /// The projections made anew.
    Rebuild,
}

impl Task {
    /// Does it. For a thread of its own, never inside the async runtime.
    pub fn run(&self, ledger: &Ledger) -> Result<Done, TaskError> {
        match self {
            Task::Import { chunk, dry_run, run } => import(ledger, chunk, *dry_run, run.clone()),
            Task::AddUser { name, role, password } => {
                let password = PasswordHash::of(password).map_err(TaskError::new)?;
                change(ledger, AddUser { name: name.clone(), role: *role, password }).map(|_| Done::Well)
            }
            Task::ResetUser { name, role } => reset_user(ledger, name, *role),
            Task::CreateToken { name, role } => create_token(ledger, name.clone(), Some(*role), None),
            Task::KioskToken { kiosk } => kiosk_token(ledger, kiosk),
            Task::Chart { number } => {
                let chart = ledger.read_blocking(|reader| reader.chart_detail(*number, Sight::Full));
                chart.map(|chart| Done::Chart(Box::new(chart))).map_err(TaskError::new)
            }
            Task::Rebuild => change(ledger, Rebuild).map(Done::Rebuilt),
        }
    }
}

fn change<C: Change>(ledger: &Ledger, change: C) -> Result<C::Made, TaskError> {
    ledger.change_blocking(&Actor::System, change).map_err(TaskError::new)
}

fn import(ledger: &Ledger, chunk: &Chunk, dry_run: bool, run: Option<ImportRun>) -> Result<Done, TaskError> {
    let ledger = ledger.clone();
    let done = if dry_run {
        DryRunSink { ledger }.load(chunk)
    } else {
        LedgerSink { ledger, by: Actor::System, run }.load(chunk)
    };
    done.map(Done::Imported).map_err(TaskError::new)
}

fn reset_user(ledger: &Ledger, name: &str, role: Role) -> Result<Done, TaskError> {
    let secret = Secret::random().map_err(TaskError::new)?;
    // Long enough by far, and short enough to type from a terminal.
    let password: String = secret.reveal().chars().filter(char::is_ascii_alphanumeric).take(16).collect();
    let hash = PasswordHash::of(&password).map_err(TaskError::new)?;
    let known = ledger.read_blocking(|reader| reader.user(name)).map_err(TaskError::new)?;
    match known {
        Some(_) => drop(change(ledger, SetPassword { name: name.to_owned(), password: hash })?),
        None => drop(change(ledger, AddUser { name: name.to_owned(), role, password: hash })?),
    }
    Ok(Done::Secret(password))
}

fn kiosk_token(ledger: &Ledger, kiosk: &str) -> Result<Done, TaskError> {
    let kiosks = ledger.kiosks();
    let Some(known) = kiosks.get(kiosk) else {
        let known: Vec<String> = kiosks.iter().map(|known| known.kiosk.id.clone()).collect();
        let hint = match nearest(kiosk, &known) {
            Some(near) => format!("did you mean {near}?"),
            None => "add it in the console, or as a [[kiosk]] to the configuration, first".to_owned(),
        };
        return Err(TaskError::new(format!("there is no kiosk {kiosk}: {hint}")));
    };
    if !known.active {
        return Err(TaskError::new(format!("kiosk {kiosk} is deactivated: activate it in the console first")));
    }
    // A kiosk may have several, one for each device that speaks for it; the time tells them apart.
    let name = format!("kiosk {kiosk} {}", ledger.now());
    create_token(ledger, name, None, Some(kiosk.to_owned()))
}

fn create_token(ledger: &Ledger, name: String, role: Option<Role>, kiosk: Option<String>) -> Result<Done, TaskError> {
    let secret = Secret::random().map_err(TaskError::new)?;
    change(ledger, CreateToken { name, role, kiosk, secret: secret.hash() })?;
    Ok(Done::Secret(secret.reveal().to_owned()))
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "done", content = "with", rename_all = "snake_case")]
pub enum Done {
    /// A chunk was taken.
    Imported(ChunkDone),
    /// A secret that is shown once.
    Secret(String),
    /// A chart.
    Chart(Box<ChartDetail>),
    /// Done; how many entries were folded.
    Rebuilt(u64),
    /// Done, nothing to say.
    Well,
}

/// Why it was not done, in words for whoever gave the command.
#[derive(Debug, Clone, Serialize, Deserialize, thiserror::Error)]
#[error("{text}")]
pub struct TaskError {
    text: String,
}

impl TaskError {
    /// An error in these words.
    pub fn new(text: impl ToString) -> TaskError {
        TaskError { text: text.to_string() }
    }
}
