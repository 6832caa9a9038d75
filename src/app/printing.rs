//! The configured printers and the ways to them.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use outguide_hardware::drivers;
use outguide_hardware::printer::sim::SimPrinter;
use outguide_hardware::printer::{Fault, Printer, Speech};
use outguide_hardware::profile::LineSettings;

use super::say::Failure;
use crate::agent::remote::{AgentPrinter, Agents};
use crate::config::{self, Config, ConfigError, PrinterTransport};
use crate::labels::{Format, Labels, Subject};
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

/// What the LABEL command prints where the configuration says so.
pub fn chart_labels(config: &Config) -> HashMap<String, String> {
    let named = |printer: &config::Printer| Some((printer.id.clone(), printer.chart_label.clone()?.template));
    config.printers.iter().filter_map(named).collect()
}

/// Whether each template that the configuration names can be what it is named for.
pub fn check_chart_labels(config: &Config, labels: &Labels) -> Result<(), ConfigError> {
    let fault = |printer: &config::Printer| {
        let named = printer.chart_label.as_ref()?;
        let text = chart_label_fault(labels, &named.template, &printer.stock)?;
        Some(config::Fault { line: Some(named.line), text })
    };
    let faults: Vec<_> = config.printers.iter().filter_map(fault).collect();
    if faults.is_empty() { Ok(()) } else { Err(ConfigError { file: config.file.clone(), faults }) }
}

fn chart_label_fault(labels: &Labels, name: &str, loaded: &str) -> Option<String> {
    let template = match labels.template(name) {
        Ok(template) => template,
        Err(error) => return Some(format!("chart_label: {error}")),
    };
    if template.subject != Subject::Chart {
        let about = template.subject.name();
        return Some(format!("chart_label: `{name}` is about a {about}: name a template of a chart's own label"));
    }
    if template.stock.sheet.is_some() {
        return Some(format!(
            "chart_label: `{name}` is a sheet of labels, and LABEL prints one: name a template on a roll"
        ));
    }
    let stock = labels.stock(loaded).or_else(|_| labels.template(loaded).map(|template| &template.stock));
    let fits = stock.is_ok_and(|stock| stock.name == template.stock.name || stock.takes(&template.stock));
    (!fits).then(|| {
        let needed = &template.stock.name;
        format!("chart_label: `{name}` needs stock {needed}, and this printer's is {loaded}: set stock = {needed:?}")
    })
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
        PrinterTransport::Ipp { uri, access } => {
            drivers::PrinterTransport::Ipp { uri: uri.clone(), access: access.clone() }
        }
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

/// How a printer looks from the web; `agent` is the kiosk whose own computer drives it, and may not be heard any more:
/// then nobody can say that the printer is ready, also where its worker has not asked yet.
pub fn view(
    status: crate::outbox::PrinterStatus,
    agent: Option<String>,
    not_heard_since: Option<Timestamp>,
) -> PrinterView {
    let (state, faults) = match not_heard_since {
        Some(_) => ("unreachable", vec![Fault::Unreachable.word()]),
        None => (status.state, status.faults),
    };
    PrinterView {
        agent,
        id: status.spec.id,
        place: status.spec.place,
        transport: status.transport.to_owned(),
        language: status.spec.format.extension().to_owned(),
        stock: status.spec.stock,
        state: state.to_owned(),
        faults: faults.into_iter().map(str::to_owned).collect(),
        warnings: status.warnings.into_iter().map(str::to_owned).collect(),
        low_stock: status.spec.low_stock,
        sending: status.sending,
        loaded: None,
        detail: status.detail,
        simulated: status.simulated,
        not_heard_since,
    }
}
