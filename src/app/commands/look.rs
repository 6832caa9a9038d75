//! `outguide devices`.

use std::time::Duration;

use outguide_hardware::listing;

use crate::app::cli::DevicesArgs;
use crate::app::say::{self, Failure};
use crate::config::{Config, ScannerTransport};

/// How often `--watch` looks.
const WATCH_EVERY: Duration = Duration::from_secs(1);

/// `outguide devices [--watch]`.
pub fn devices(arguments: &DevicesArgs) -> Result<(), Failure> {
    let config = super::config(&arguments.config)?;
    let mut before = describe(&config);
    if before.is_empty() {
        say::line("No USB scanner or printer is plugged in, and no serial scanner is configured.");
    }
    before.iter().for_each(say::line);
    if !arguments.watch {
        return Ok(());
    }
    loop {
        std::thread::sleep(WATCH_EVERY);
        let now = describe(&config);
        before.iter().filter(|line| !now.contains(line)).for_each(|line| say::line(format_args!("- {line}")));
        now.iter().filter(|line| !before.contains(line)).for_each(|line| say::line(format_args!("+ {line}")));
        before = now;
    }
}

fn describe(config: &Config) -> Vec<String> {
    let configured = config.scanners.iter().map(|scanner| match &scanner.transport {
        ScannerTransport::Serial { port, .. } => {
            let (state, hint) = listing::look_at(port);
            let hint = hint.map(|hint| format!("\n    {hint}")).unwrap_or_default();
            format!("scanner {} (configured): {port}: {}{hint}", scanner.id, state.word())
        }
        ScannerTransport::Simulated => format!("scanner {} (configured): simulated", scanner.id),
    });
    listing::look().iter().map(ToString::to_string).chain(configured).collect()
}
