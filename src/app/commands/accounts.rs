//! `outguide user`, `token` and `kiosk`.

use std::io::Read;

use crate::app::cli::{ConfigArg, KioskCommand, TokenCommand, UserCommand};
use crate::app::reach::Reach;
use crate::app::say::{self, Failure};
use crate::app::tasks::{Done, Task};
use crate::ledger::accounts::PASSWORD_MAX_CHARS;

/// The most that is read from standard input, in bytes: the longest password in the widest letters, and a line end.
const PASSWORD_MAX_BYTES: u64 = 4 * PASSWORD_MAX_CHARS as u64 + 2;

/// `outguide user add NAME --role ROLE --password-stdin`.
pub fn user(command: &UserCommand) -> Result<(), Failure> {
    let UserCommand::Add { name, role, password_stdin: _, config } = command;
    let mut password = String::new();
    std::io::stdin()
        .take(PASSWORD_MAX_BYTES + 1)
        .read_to_string(&mut password)
        .map_err(|error| Failure::new(format_args!("the password on standard input: {error}")))?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    run(config, &Task::AddUser { name: name.clone(), role: *role, password })?;
    say::line(format_args!("{name} may sign in as {}", role.word()));
    Ok(())
}

/// `outguide token create --name NAME --role ROLE`.
pub fn token(command: &TokenCommand) -> Result<(), Failure> {
    let TokenCommand::Create { name, role, config } = command;
    let secret = run(config, &Task::CreateToken { name: name.clone(), role: *role })?;
    show(&format!("Token {name} ({}), shown this once:", role.word()), secret)
}

/// `outguide kiosk token KIOSK`.
pub fn kiosk(command: &KioskCommand) -> Result<(), Failure> {
    let KioskCommand::Token { kiosk, config } = command;
    let secret = run(config, &Task::KioskToken { kiosk: kiosk.clone() })?;
    show(&format!("Token of kiosk {kiosk}, shown this once:"), secret)
}

fn run(config: &ConfigArg, task: &Task) -> Result<Done, Failure> {
    Reach::open(&super::config(config)?)?.run(task)
}

fn show(what: &str, done: Done) -> Result<(), Failure> {
    match done {
        Done::Secret(secret) => {
            say::line(format_args!("{what}\n{secret}"));
            Ok(())
        }
        other => Err(Failure::new(format_args!("no token came of it: {other:?}"))),
    }
}
