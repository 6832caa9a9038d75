//! The configured printers and the ways to them.

use std::sync::Arc;

use outguide_hardware::drivers;
use outguide_hardware::printer::sim::SimPrinter;
use outguide_hardware::printer::{Printer, Speech};
use outguide_hardware::profile::LineSettings;

use super::say::Failure;
use crate::agent::remote::{AgentPrinter, Agents};
use crate::config::{self, Config, PrinterTransport};
use crate::labels::Format;
use crate::ledger::Ledger;
use crate::outbox::{PrinterSpec, Texts};
use crate::web::PrinterView;

/// What stands on a hospital's printed matter.
pub fn texts(config: &Config, ledger: &Ledger) -> Texts {
    Texts::new(ledger.clone(), &config.hospital, config.numbering.filing, config.time_zone.clone())
}

/// A printer and the way to it.
pub type Reached = (PrinterSpec, Arc<dyn Printer>);

/// The configured printers with the ways to them; some stand at `agents`.
pub fn printers(config: &Config, agents: &Agents) -> Result<Vec<Reached>, Failure> {
    config
        .printers
        .iter()
        .map(|printer| {
            let format = Format::named(&printer.language)
                .ok_or_else(|| Failure::new(format_args!("no printer language {:?}", printer.language)))?;
            let spec = PrinterSpec {
                id: printer.id.clone(),
                place: printer.place.as_ref().map(ToString::to_string),
                format,
                dpi: u16::try_from(printer.dpi).map_err(Failure::new)?,
                stock: Some(printer.stock.clone()),
                low_stock: printer.low_stock,
            };
            Ok((spec, way(printer, agents)?))
        })
        .collect()
}

/// The way to a printer, which may stand at one of `agents`.
pub fn way(printer: &config::Printer, agents: &Agents) -> Result<Arc<dyn Printer>, Failure> {
    let transport = match &printer.transport {
        PrinterTransport::Agent { kiosk } => {
            let (id, kiosk, agents) = (printer.id.clone(), kiosk.clone(), agents.clone());
            return Ok(Arc::new(AgentPrinter { id, kiosk, agents }));
        }
        PrinterTransport::Tcp { address } => drivers::PrinterTransport::Tcp { address: address.clone() },
        PrinterTransport::Serial { port, baud } => drivers::PrinterTransport::Serial {
            port: port.into(),
            line: LineSettings { baud: *baud, ..LineSettings::default() },
        },
        PrinterTransport::Device { path } => drivers::PrinterTransport::Device { path: path.clone() },
        PrinterTransport::Ipp { uri } => drivers::PrinterTransport::Ipp { uri: uri.clone() },
        PrinterTransport::Folder { path } => drivers::PrinterTransport::Folder { path: path.clone() },
        PrinterTransport::Simulated => drivers::PrinterTransport::Sim(SimPrinter::default()),
    };
    let speech = Speech {
        language: printer.language.clone(),
        asks: printer.status,
        shared: printer.shared,
        odometer: printer.odometer,
    };
    transport.printer(&speech).map(Arc::from).map_err(Failure::new)
}

/// The kiosk whose own computer drives this printer.
pub fn agent_of(config: &Config, printer: &str) -> Option<String> {
    config.printers.iter().find(|known| known.id == printer).and_then(|known| match &known.transport {
        PrinterTransport::Agent { kiosk } => Some(kiosk.clone()),
        _ => None,
    })
}

/// How a printer looks from the web; `agent` is the kiosk whose own computer drives it.
pub fn view(status: crate::outbox::PrinterStatus, agent: Option<String>) -> PrinterView {
    PrinterView {
        agent,
        id: status.spec.id,
        place: status.spec.place,
        transport: status.transport.to_owned(),
        language: status.spec.format.extension().to_owned(),
        stock: status.spec.stock,
        state: status.state.to_owned(),
        faults: status.faults.into_iter().map(str::to_owned).collect(),
        warnings: status.warnings.into_iter().map(str::to_owned).collect(),
        low_stock: status.spec.low_stock,
        sending: status.sending,
        loaded: None,
        detail: status.detail,
        simulated: status.simulated,
    }
}
