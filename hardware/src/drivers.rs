//! The list of drivers: every way to a scanner or printer that this build has. To add one, write its module, add its
//! case here, and the compiler names what else has to know.

use std::path::PathBuf;

use crate::printer::folder::FolderPrinter;
use crate::printer::ipp::IppPrinter;
use crate::printer::ipp_access::{IppAccess, IppAccessError};
use crate::printer::sim::SimPrinter;
use crate::printer::{self, Limits, Printer, Speech};
use crate::profile::{LineSettings, Profile};
use crate::scanner::Scanner;
use crate::scanner::hid::HidOpener;
use crate::scanner::linked::LinkedScanner;
use crate::scanner::serial::{PortSelector, SerialOpener};
use crate::scanner::sim::{SimHand, SimScanner, SimScript};
use crate::scanner::tcp::TcpOpener;
use crate::usb::UsbSelector;

/// The words for `[[scanner]] transport`.
pub const SCANNER_TRANSPORTS: [&str; 4] = ["serial", "tcp", "hid", "sim"];

/// The words for `[[printer]] transport`.
pub const PRINTER_TRANSPORTS: [&str; 6] = ["tcp", "serial", "device", "ipp", "folder", "sim"];

/// A way to a scanner.
pub enum ScannerTransport {
    /// A serial line or USB virtual COM port.
    Serial {
        /// Which one.
        port: PortSelector,
        /// Bits a second, where they differ from the profile's.
        baud: Option<u32>,
    },
    /// A serial line behind a device server.
    Tcp {
        /// `host:port`.
        address: String,
    },
    /// A HID device: HID POS, or a keyboard.
    Hid {
        /// Which one.
        usb: UsbSelector,
    },
    /// Made of software.
    Sim {
        /// What it scans by itself.
        script: Option<SimScript>,
    },
}

impl ScannerTransport {
    /// Its word.
    pub fn word(&self) -> &'static str {
        match self {
            ScannerTransport::Serial { .. } => "serial",
            ScannerTransport::Tcp { .. } => "tcp",
            ScannerTransport::Hid { .. } => "hid",
            ScannerTransport::Sim { .. } => "sim",
        }
    }

    /// Is the scanner made of software?
    pub fn simulated(&self) -> bool {
        matches!(self, ScannerTransport::Sim { .. })
    }

    /// The scanner, and the hand on it where it is simulated.
    pub fn scanner(self, profile: &Profile) -> (Box<dyn Scanner>, Option<SimHand>) {
        let linked = |opener| (Box::new(LinkedScanner::new(opener)) as Box<dyn Scanner>, None);
        match self {
            ScannerTransport::Serial { port, baud } => linked(Box::new(SerialOpener::new(port, profile, baud))),
            ScannerTransport::Tcp { address } => linked(Box::new(TcpOpener::new(&address, profile))),
            ScannerTransport::Hid { usb } => linked(Box::new(HidOpener::new(usb, profile))),
            ScannerTransport::Sim { script } => {
                let (scanner, hand) = SimScanner::new(profile, script);
                (Box::new(scanner), Some(hand))
            }
        }
    }
}

impl std::fmt::Debug for ScannerTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ScannerTransport::Serial { port, baud } => write!(f, "Serial({port}, {baud:?})"),
            ScannerTransport::Tcp { address } => write!(f, "Tcp({address})"),
            ScannerTransport::Hid { usb } => write!(f, "Hid({usb})"),
            ScannerTransport::Sim { script } => write!(f, "Sim(scripted: {})", script.is_some()),
        }
    }
}

/// A way to a printer.
#[derive(Debug, Clone)]
pub enum PrinterTransport {
    /// Raw TCP.
    Tcp {
        /// `host:port`.
        address: String,
    },
    /// A serial line.
    Serial {
        /// The device file.
        port: PathBuf,
        /// The line.
        line: LineSettings,
    },
    /// A device file, such as `/dev/usb/lp0`.
    Device {
        /// The device file.
        path: PathBuf,
    },
    /// An IPP printer or CUPS queue.
    Ipp {
        /// Its address, `ipp://host/ipp/print`.
        uri: String,
        /// Who prints, and whom to believe.
        access: IppAccess,
    },
    /// A folder.
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// Made of software; keep a clone to see what it got.
    Sim(SimPrinter),
}

impl PrinterTransport {
    /// The printer, which is spoken to like this.
    pub fn printer(&self, speech: &Speech) -> Result<Box<dyn Printer>, IppAccessError> {
        let limits = Limits::default();
        Ok(match self {
            PrinterTransport::Tcp { address } => Box::new(printer::tcp(address, speech, limits)),
            PrinterTransport::Serial { port, line } => Box::new(printer::serial(port, *line, speech, limits)),
            PrinterTransport::Device { path } => Box::new(printer::device(path, speech, limits)),
            PrinterTransport::Ipp { uri, access } => Box::new(IppPrinter::new(uri, access, speech.asks, limits)?),
            PrinterTransport::Folder { path } => Box::new(FolderPrinter::new(path)),
            PrinterTransport::Sim(sim) => Box::new(sim.clone()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_transport_builds_what_its_word_says() {
        let path = PathBuf::from("/nowhere");
        let printers = [
            PrinterTransport::Tcp { address: "127.0.0.1:9100".into() },
            PrinterTransport::Serial { port: path.clone(), line: LineSettings::default() },
            PrinterTransport::Device { path: path.clone() },
            PrinterTransport::Ipp { uri: "ipp://127.0.0.1/ipp/print".into(), access: IppAccess::default() },
            PrinterTransport::Folder { path: path.clone() },
            PrinterTransport::Sim(SimPrinter::default()),
        ];
        assert_eq!(printers.map(|p| p.printer(&Speech::of("zpl")).unwrap().transport()), PRINTER_TRANSPORTS);
        let scanners = [
            ScannerTransport::Serial { port: PortSelector::Path(path), baud: None },
            ScannerTransport::Tcp { address: "127.0.0.1:4001".into() },
            ScannerTransport::Hid { usb: "05e0:1200".parse().unwrap() },
            ScannerTransport::Sim { script: None },
        ];
        let generic = Profile::named("generic").unwrap();
        assert_eq!(scanners.map(|s| s.scanner(&generic).0.transport()), SCANNER_TRANSPORTS);
    }
}
