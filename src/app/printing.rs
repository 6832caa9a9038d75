//! The configured printers and the ways to them.

use std::sync::Arc;

use outguide_hardware::drivers;
use outguide_hardware::printer::sim::SimPrinter;
use outguide_hardware::printer::{Printer, Speech};
use outguide_hardware::profile::LineSettings;

use super::say::Failure;
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

/// The configured printers with the ways to them.
pub fn printers(config: &Config) -> Result<Vec<Reached>, Failure> {
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
            let speech = Speech {
                language: printer.language.clone(),
                asks: printer.status,
                shared: printer.shared,
                odometer: printer.odometer,
            };
            let way = transport(printer).printer(&speech).map_err(Failure::new)?;
            Ok((spec, Arc::from(way)))
        })
        .collect()
}

fn transport(printer: &config::Printer) -> drivers::PrinterTransport {
    match &printer.transport {
        PrinterTransport::Tcp { address } => drivers::PrinterTransport::Tcp { address: address.clone() },
        PrinterTransport::Serial { port, baud } => drivers::PrinterTransport::Serial {
            port: port.into(),
            line: LineSettings { baud: *baud, ..LineSettings::default() },
        },
        PrinterTransport::Device { path } => drivers::PrinterTransport::Device { path: path.clone() },
        PrinterTransport::Ipp { uri } => drivers::PrinterTransport::Ipp { uri: uri.clone() },
        PrinterTransport::Folder { path } => drivers::PrinterTransport::Folder { path: path.clone() },
        PrinterTransport::Simulated => drivers::PrinterTransport::Sim(SimPrinter::default()),
    }
}

/// How a printer looks from the web.
pub fn view(status: crate::outbox::PrinterStatus) -> PrinterView {
    PrinterView {
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
