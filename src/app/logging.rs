//! Structured logs on standard error: JSON lines for a machine, plain lines for a terminal. No patient data.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging. `OUTGUIDE_LOG` sets what is logged (`info`, `debug`, `outguide::ledger=trace`, …);
/// `OUTGUIDE_LOG_FORMAT` is `json` or `text`, else it follows where standard error goes.
pub fn start(quiet: bool) {
    let default = if quiet { "warn" } else { "info" };
    let filter = EnvFilter::try_from_env("OUTGUIDE_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let json = match std::env::var("OUTGUIDE_LOG_FORMAT").as_deref() {
        Ok("json") => true,
        Ok("text") => false,
        _ => !std::io::stderr().is_terminal(),
    };
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start (tests in one process) keeps the first.
    let _first_kept = if json { logs.json().try_init() } else { logs.try_init() };
}
