//! `outguide devices`.

use std::sync::Arc;
use std::time::Duration;

use outguide_hardware::listing;
use outguide_hardware::printer::Printer;
use outguide_hardware::printer::fault::advice;
use outguide_hardware::profile::Profile;

use crate::agent::remote::Agents;
use crate::app::cli::DevicesArgs;
use crate::app::printing;
use crate::app::say::{self, Failure};
use crate::config::{Config, Scanner, ScannerTransport};
use crate::ledger::RandomIds;
use crate::outbox::PrinterSpec;

/// How often `--watch` looks.
const WATCH_EVERY: Duration = Duration::from_secs(1);

/// `outguide devices [--watch]`.
pub fn devices(arguments: &DevicesArgs) -> Result<(), Failure> {
    let config = super::config(&arguments.config)?;
    let mut before = describe(&config);
    if before.is_empty() {
        say::line("No USB scanner or printer is plugged in, and no scanner is configured.");
    }
    before.iter().for_each(say::line);
    for (spec, printer) in &printing::printers(&config, &Agents::new(Arc::new(RandomIds)))? {
        say::line(configured(spec, printer.as_ref()));
    }
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
    listing::look().iter().map(ToString::to_string).chain(config.scanners.iter().map(scanner)).collect()
}

/// A configured scanner: where it is looked for, how it is, and what to do.
fn scanner(scanner: &Scanner) -> String {
    // The configuration was checked: the profile is there.
    let Ok(profile) = Profile::named(&scanner.profile) else { return format!("scanner {}: no profile", scanner.id) };
    let (place, (state, hint)) = match &scanner.transport {
        ScannerTransport::Serial { port, .. } => (port.to_string(), listing::look_at(port)),
        ScannerTransport::Hid { usb } => (usb.to_string(), listing::look_at_hid(usb, &profile)),
        ScannerTransport::Tcp { address } => (address.clone(), listing::look_at_address(address, &profile)),
        ScannerTransport::Simulated => return format!("scanner {} (configured): simulated", scanner.id),
    };
    let hint = hint.map(|hint| format!("\n    {}", hint.replace('\n', "\n    "))).unwrap_or_default();
    format!("scanner {} (configured): {place}: {}{hint}", scanner.id, state.word())
}

/// A configured printer, asked once: it may take seconds to find out that one is not there.
fn configured(spec: &PrinterSpec, printer: &dyn Printer) -> String {
    let health = printer.health();
    let mut said = vec![health.state.word().to_owned()];
    if !health.state.faults().is_empty() {
        said.push(advice(health.state.faults()));
    }
    said.extend(health.warnings.iter().map(|warning| warning.word().to_owned()));
    said.extend(health.loaded.map(|loaded| format!("loaded with {loaded}")));
    let simulated = if printer.simulated() { " (simulated)" } else { "" };
    let language = spec.format.extension();
    format!("printer {} (configured): {}{simulated}, {language}: {}", spec.id, printer.transport(), said.join("; "))
}
