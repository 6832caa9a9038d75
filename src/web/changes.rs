//! Changes of scanners and printers that are no entries: the server's own and those at kiosks' own computers, as one.

use std::sync::Arc;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::state::{App, PrinterView};
use crate::intake::DeviceStatus;

/// Something that is not as it was.
pub enum Change {
    /// A scanner.
    Device(DeviceStatus),
    /// A printer.
    Printer(PrinterView),
}

/// Each change from now on.
pub struct Changes {
    here: Option<Receiver<DeviceStatus>>,
    at_agents: Option<Receiver<DeviceStatus>>,
    printers: Option<Receiver<String>>,
    views: Arc<dyn Fn() -> Vec<PrinterView> + Send + Sync>,
}

impl Changes {
    /// Of all that hangs on this server and on its agents.
    pub fn follow(app: &App) -> Changes {
        Changes {
            here: Some(app.intake.subscribe()),
            at_agents: Some(app.agents.subscribe_devices()),
            printers: Some((app.printer_changes)()),
            views: Arc::clone(&app.printers),
        }
    }

    /// The next one. Nothing is lost where this is not waited for to its end.
    pub async fn next(&mut self) -> Change {
        loop {
            let printer = tokio::select! {
                device = next(&mut self.here) => return Change::Device(device),
                device = next(&mut self.at_agents) => return Change::Device(device),
                printer = next(&mut self.printers) => printer,
            };
            if let Some(view) = (self.views)().into_iter().find(|view| view.id == printer) {
                return Change::Printer(view);
            }
        }
    }
}

/// The next change; never, where nobody tells any more. Missed ones are made good by the next.
async fn next<T: Clone>(receiver: &mut Option<Receiver<T>>) -> T {
    while let Some(open) = receiver {
        match open.recv().await {
            Ok(change) => return change,
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => *receiver = None,
        }
    }
    std::future::pending().await
}
