//! The wiring: arguments to rooms. The only place where everything meets.

mod agent;
mod agents;
mod backups;
mod cli;
mod commands;
mod control;
mod demo;
mod devices;
mod downtime;
mod folders;
mod logging;
mod metrics;
mod papers;
mod printing;
mod reach;
mod say;
mod schedule;
mod serve;
mod silence;
mod tasks;
mod templates;
mod tls;
mod watched;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};
use say::Failure;

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    // Whatever this program writes may name a patient: files are for its own user, unless a mode is given on purpose.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let cli = Cli::parse();
    logging::start(!cli.command.runs_for_long());
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say::warn(format_args!("outguide: {}", failure.text));
            ExitCode::from(failure.code)
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Serve(config) => serve::run(&commands::config(&config)?),
        Command::CheckConfig(config) => commands::check_config(&config),
        Command::Import(arguments) => commands::import(&arguments),
        Command::User(command) => commands::user(&command),
        Command::Token(command) => commands::token(&command),
        Command::Kiosk(command) => commands::kiosk(&command),
        Command::Tls(command) => commands::tls(&command),
        Command::Label(command) => commands::label(&command),
        Command::Devices(arguments) => commands::devices(&arguments),
        Command::Verify(arguments) => commands::verify(&arguments),
        Command::Rebuild(config) => commands::rebuild(&config),
        Command::Backup(arguments) => commands::backup(&arguments),
        Command::Agent(command) => agent::command(&command),
        Command::Restore(arguments) => commands::restore(&arguments),
        Command::SystemdUnit(config) => commands::systemd_unit(&config),
    }
}
