//! What each command does.

mod accounts;
mod data;
mod look;
mod paper;
mod upkeep;

pub use accounts::{kiosk, token, user};
pub use data::{import, load_here};
pub use look::devices;
pub use paper::{label, tls};
pub use upkeep::{backup, rebuild, restore, verify};

use super::cli::ConfigArg;
use super::say::{self, Failure};
use crate::config::{Config, ConfigError};

/// The unit, with places for this machine's paths.
const UNIT: &str = include_str!("../outguide.service");

/// The configuration that a command was given.
pub fn config(argument: &ConfigArg) -> Result<Config, Failure> {
    Config::load(argument.config.as_deref()).map_err(Failure::new)
}

/// `outguide check-config`.
pub fn check_config(argument: &ConfigArg) -> Result<(), Failure> {
    let config = Config::load(argument.config.as_deref()).map_err(|error: ConfigError| Failure::not_so(error))?;
    let file = config.file.as_ref().map_or("built-in defaults".to_owned(), |file| file.display().to_string());
    say::line(format_args!(
        "{file}: good. {} kiosks, {} scanners, {} printers; listens on {}, data in {}",
        config.kiosks.len(),
        config.scanners.len(),
        config.printers.len(),
        config.listen,
        config.data_dir.display()
    ));
    Ok(())
}

/// `outguide systemd-unit`.
pub fn systemd_unit(argument: &ConfigArg) -> Result<(), Failure> {
    let program = std::env::current_exe().map_err(Failure::new)?;
    let config = argument.config.clone().unwrap_or_else(|| "/etc/outguide/outguide.toml".into());
    let unit =
        UNIT.replace("@PROGRAM@", &program.display().to_string()).replace("@CONFIG@", &config.display().to_string());
    say::bytes(unit.as_bytes()).map_err(Failure::new)
}
