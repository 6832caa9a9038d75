//! Printers behind a device file: `/dev/usb/lp0`, or a serial line.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::watchdog::Watchdog;
use super::{Doubt, Fault, Health, Payload, Printer, PrinterState, Progress, SendOutcome, Track};
use crate::profile::LineSettings;
use crate::scanner::serial::open_line;

/// The longest a whole job may take. A label of 4 KB takes 4 s at 9600 baud, and a printer that feeds holds the line.
const JOB_LIMIT: Duration = Duration::from_secs(60);

/// A printer behind a device file that takes bytes as they are.
#[derive(Debug)]
pub struct DevicePrinter {
    path: PathBuf,
    watchdog: Watchdog,
}

impl DevicePrinter {
    /// The printer at `path`.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), watchdog: Watchdog::default() }
    }
}

impl Printer for DevicePrinter {
    fn send(&self, job: Payload<'_>) -> SendOutcome {
        let path = self.path.clone();
        // Never created: a printer that was unplugged must not become a file.
        let open = move || -> std::io::Result<File> { OpenOptions::new().write(true).open(path) };
        self.watchdog.write(&self.path.display().to_string(), open, job.bytes, JOB_LIMIT)
    }

    fn follow(&self, _track: &mut Track) -> Progress {
        Progress::Unproven(Doubt::CannotCount)
    }

    fn health(&self) -> Health {
        there(&self.path).into()
    }

    fn transport(&self) -> &'static str {
        "device"
    }
}

/// A printer on a serial line.
#[derive(Debug)]
pub struct SerialPrinter {
    path: PathBuf,
    line: LineSettings,
    watchdog: Watchdog,
}

impl SerialPrinter {
    /// The printer at the port `path`.
    pub fn new(path: &Path, line: LineSettings) -> Self {
        Self { path: path.to_owned(), line, watchdog: Watchdog::default() }
    }
}

impl Printer for SerialPrinter {
    fn send(&self, job: Payload<'_>) -> SendOutcome {
        let (path, line) = (self.path.clone(), self.line);
        let open = move || open_line(&path, line).map_err(std::io::Error::from);
        self.watchdog.write(&self.path.display().to_string(), open, job.bytes, JOB_LIMIT)
    }

    fn follow(&self, _track: &mut Track) -> Progress {
        Progress::Unproven(Doubt::CannotCount)
    }

    fn health(&self) -> Health {
        there(&self.path).into()
    }

    fn transport(&self) -> &'static str {
        "serial"
    }
}

fn there(path: &Path) -> PrinterState {
    if fs::metadata(path).is_ok() { PrinterState::CannotAsk } else { PrinterState::NotReady(vec![Fault::Unreachable]) }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use serialport::{SerialPort, TTYPort};

    use super::super::SendError;
    use super::*;

    #[test]
    fn an_absent_device_gets_nothing_and_no_file_appears() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("lp0");
        let printer = DevicePrinter::new(&path);
        let outcome = printer.send(Payload { name: "j", bytes: b"x", labels: 1, language: "zpl" });
        assert!(matches!(outcome, SendOutcome::NothingSent(SendError::Unreachable { .. })));
        assert_eq!(printer.state(), PrinterState::NotReady(vec![Fault::Unreachable]));
        assert!(!path.exists());
    }

    #[test]
    fn a_device_gets_the_bytes() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("lp0");
        fs::write(&path, b"").unwrap();
        assert!(matches!(
            DevicePrinter::new(&path).send(Payload { name: "j", bytes: b"^XA^XZ", labels: 1, language: "zpl" }),
            SendOutcome::Sent(_)
        ));
        assert_eq!(fs::read(&path).unwrap(), b"^XA^XZ");
    }

    #[test]
    fn a_serial_printer_gets_the_bytes() {
        let (mut master, slave) = TTYPort::pair().unwrap();
        let printer = SerialPrinter::new(Path::new(&slave.name().unwrap()), LineSettings::default());
        let reader = std::thread::spawn(move || {
            let mut read = [0_u8; 6];
            master.set_timeout(Duration::from_secs(5)).unwrap();
            master.read_exact(&mut read).unwrap();
            // The port stays open until the printer has drained it.
            (master, read)
        });
        assert!(matches!(
            printer.send(Payload { name: "j", bytes: b"^XA^XZ", labels: 1, language: "zpl" }),
            SendOutcome::Sent(_)
        ));
        assert_eq!(&reader.join().unwrap().1, b"^XA^XZ");
    }
}
