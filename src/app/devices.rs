//! From configured scanners to working ones.

use outguide_hardware::drivers;
use outguide_hardware::profile::Profile;
use outguide_hardware::scanner::sim::SimScript;

use super::say::Failure;
use crate::config::{Config, Scanner, ScannerTransport};
use crate::intake::ScannerSpec;

/// The configured scanners; `script` gives the simulated ones what they scan by themselves.
pub fn scanners(
    config: &Config,
    script: impl FnMut(&Scanner) -> Option<SimScript>,
) -> Result<Vec<ScannerSpec>, Failure> {
    specs(&config.scanners, script)
}

/// The same for these scanners.
pub fn specs(
    scanners: &[Scanner],
    mut script: impl FnMut(&Scanner) -> Option<SimScript>,
) -> Result<Vec<ScannerSpec>, Failure> {
    scanners
        .iter()
        .map(|scanner| {
            let transport = match &scanner.transport {
                ScannerTransport::Serial { port, baud } => {
                    drivers::ScannerTransport::Serial { port: port.clone(), baud: *baud }
                }
                ScannerTransport::Tcp { address } => drivers::ScannerTransport::Tcp { address: address.clone() },
                ScannerTransport::Hid { usb } => drivers::ScannerTransport::Hid { usb: usb.clone() },
                ScannerTransport::Simulated => drivers::ScannerTransport::Sim { script: script(scanner) },
            };
            Ok(ScannerSpec {
                id: scanner.id.clone(),
                kiosk: scanner.kiosk.clone(),
                transport,
                profile: Profile::named(&scanner.profile).map_err(Failure::new)?,
                lane: scanner.lane.clone(),
                echo_window: scanner.echo_window,
            })
        })
        .collect()
}
