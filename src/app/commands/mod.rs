//! What each command does.

mod accounts;
mod data;
mod look;
mod paper;
mod upkeep;

use std::path::Path;

pub use accounts::{kiosk, token, user};
pub use data::{import, load_here};
pub use look::devices;
pub use paper::{label, tls};
pub use upkeep::{backup, rebuild, restore, verify};

use super::cli::ConfigArg;
use super::folders;
use super::printing;
use super::say::{self, Failure};
use super::templates::Templates;
use crate::config::{Config, ConfigError, PrinterTransport};

/// The unit, with places for this machine's paths.
const UNIT: &str = include_str!("../outguide.service");

/// The configuration that a command was given.
pub fn config(argument: &ConfigArg) -> Result<Config, Failure> {
    Config::load(argument.config.as_deref()).map_err(Failure::new)
}

/// `outguide check-config`.
pub fn check_config(argument: &ConfigArg) -> Result<(), Failure> {
    let config = Config::load(argument.config.as_deref()).map_err(|error: ConfigError| Failure::not_so(error))?;
    let templates = Templates::open(config.label_directory.clone()).map_err(Failure::new)?;
    printing::check_chart_labels(&config, &templates.now()).map_err(Failure::not_so)?;
    folders::check(&config).map_err(Failure::not_so)?;
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

/// `outguide systemd-unit`: for this program and this configuration, with the folders that it may write.
pub fn systemd_unit(argument: &ConfigArg) -> Result<(), Failure> {
    let program = std::env::current_exe().map_err(Failure::new)?;
    let config = config(argument)?;
    let absolute = |path: &Path| {
        std::path::absolute(path)
            .map(|path| path.display().to_string())
            .map_err(|error| Failure::new(error.to_string()))
    };
    let file = match &config.file {
        Some(file) => absolute(file)?,
        None => return Err(Failure::new("a service needs a configuration of its own: name it with --config FILE")),
    };
    let mut folders = vec![absolute(&config.data_dir)?, absolute(&config.downtime.directory)?];
    if let Some(backup) = &config.backup {
        folders.push(absolute(&backup.directory)?);
    }
    for printer in &config.printers {
        if let PrinterTransport::Folder { path } = &printer.transport {
            folders.push(absolute(path)?);
        }
    }
    let mut first: Vec<String> =
        folders.iter().map(|folder| format!("#   install -d -o outguide -g outguide -m 700 {folder}")).collect();
    if let Some(tls) = &config.tls {
        first.push(format!("#   chown outguide {}", absolute(&tls.key)?));
    }
    let unit = UNIT
        .replace("@PROGRAM@", &program.display().to_string())
        .replace("@CONFIG@", &file)
        .replace("@FIRST@", &first.join("\n"))
        .replace("@FOLDERS@", &folders.join(" "));
    say::bytes(unit.as_bytes()).map_err(Failure::new)
}
