//! `outguide.toml`: parsed once and checked as a whole; every fault names its line and the fix.

mod agent;
mod check;
mod devices;
mod fault;
mod sections;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;
use outguide_hardware::printer::ipp_access::IppAccess;
use outguide_hardware::scanner::serial::PortSelector;
use outguide_hardware::usb::UsbSelector;

use crate::alerts::SilenceRule;
use crate::barcode::{self, LegacyRule, PlaceCode};
use crate::custody::Kiosk;
use crate::records::Numbering;

pub use agent::AgentConfig;
pub(crate) use fault::nearest;
pub use fault::{ConfigError, Fault};

/// A configuration that was checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file it came from; `None` for the embedded defaults.
    pub file: Option<PathBuf>,
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Where the ledger lives.
    pub data_dir: PathBuf,
    /// The hospital's name, on screens, labels and lists.
    pub hospital: String,
    /// Its zone: times are kept in UTC and shown in this.
    pub time_zone: TimeZone,
    /// Certificate chain and key, PEM.
    pub tls: Option<TlsFiles>,
    /// Scheduled backups.
    pub backup: Option<Schedule>,
    /// The scheduled downtime list.
    pub downtime: Schedule,
    /// When a silent scanner is an alert; `None`: never.
    pub silence: Option<SilenceRule>,
    /// How MRNs look and are filed.
    pub numbering: Numbering,
    /// The site's own label templates, media, palettes, images and fonts.
    pub label_directory: Option<PathBuf>,
    /// Rules for labels that the hospital already has.
    pub legacy: Vec<LegacyRule>,
    /// The same rules, compiled.
    pub reader: barcode::Reader,
    /// The kiosks.
    pub kiosks: Vec<Kiosk>,
    /// The scanners wired to this server.
    pub scanners: Vec<Scanner>,
    /// The printers.
    pub printers: Vec<Printer>,
}

/// Where the server's certificate and key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate chain, PEM.
    pub certificate: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
}

/// Something made on a schedule into a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// How often.
    pub every: Duration,
    /// Where to.
    pub directory: PathBuf,
    /// The line that says so; `None` where none does.
    pub line: Option<usize>,
    /// How many are kept.
    pub keep: u32,
}

/// A scanner wired to this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanner {
    /// Its id, in every entry that it causes.
    pub id: String,
    /// The kiosk whose scans it makes.
    pub kiosk: String,
    /// The lane within the kiosk; empty for the only one.
    pub lane: String,
    /// How its bytes come in.
    pub transport: ScannerTransport,
    /// The device profile's name.
    pub profile: String,
    /// The same code again within this time, nothing between, is an echo: written down, and nothing done.
    pub echo_window: Duration,
}

/// How a scanner's bytes come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScannerTransport {
    /// A serial port or USB CDC device.
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
    /// A simulated scanner, labelled as such.
    Simulated,
}

/// A label printer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printer {
    /// Its id.
    pub id: String,
    /// Where it stands.
    pub place: Option<PlaceCode>,
    /// How bytes reach it.
    pub transport: PrinterTransport,
    /// A printer language of `hardware`, or `pdf`.
    pub language: String,
    /// Dots per inch.
    pub dpi: u32,
    /// The stock that is loaded.
    pub stock: String,
    /// The template that a kiosk's LABEL command prints here, where it is not the usual folder label.
    pub chart_label: Option<ChartLabel>,
    /// An alert opens when so few labels are left.
    pub low_stock: u32,
    /// Whether it is asked how it is; not where the cable goes one way only.
    pub status: bool,
    /// Others print there too, so that its counts prove nothing.
    pub shared: bool,
    /// A ZPL printer that counts the labels it ever printed.
    pub odometer: bool,
}

/// A template that the configuration names. Templates are read later: then a fault can still say the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartLabel {
    /// Its name.
    pub template: String,
    /// The line on which it is named, from 1.
    pub line: usize,
}

/// How bytes reach a printer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrinterTransport {
    /// Raw TCP, port 9100 by custom; unauthenticated.
    Tcp {
        /// `host:port`.
        address: String,
    },
    /// A serial line.
    Serial {
        /// The port's path.
        port: String,
        /// Bits a second.
        baud: u32,
    },
    /// A device file, such as `/dev/usb/lp0`.
    Device {
        /// The file.
        path: PathBuf,
    },
    /// An IPP printer or a CUPS queue.
    Ipp {
        /// Its address, `ipp://host/ipp/print`, or `ipps://`.
        uri: String,
        /// Who prints, and whom to believe.
        access: IppAccess,
    },
    /// At a kiosk's own computer, whose `outguide agent` has it.
    Agent {
        /// The kiosk.
        kiosk: String,
    },
    /// One file a job in a folder.
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// A simulated printer, labelled as such.
    Simulated,
}

impl Config {
    /// The file that is read when none is named.
    pub const DEFAULT_FILE: &'static str = "outguide.toml";

    /// Reads `file`; without one, `outguide.toml` if it is there, else the embedded defaults.
    pub fn load(file: Option<&Path>) -> Result<Config, ConfigError> {
        match file {
            Some(file) => Config::read(file),
            None if Path::new(Config::DEFAULT_FILE).exists() => Config::read(Path::new(Config::DEFAULT_FILE)),
            None => Config::parse("", None),
        }
    }

    fn read(file: &Path) -> Result<Config, ConfigError> {
        Config::parse(&text_of(file)?, Some(file))
    }

    /// Parses and checks `text`. Relative paths are taken from the file's own folder.
    pub fn parse(text: &str, file: Option<&Path>) -> Result<Config, ConfigError> {
        let parsed: sections::File = toml::from_str(text).map_err(|error| ConfigError {
            file: file.map(Path::to_owned),
            faults: vec![fault::from_toml(text, &error)],
        })?;
        check::check(text, file, parsed)
    }

    /// Is any device of this configuration simulated?
    pub fn simulated(&self) -> bool {
        self.scanners.iter().any(|scanner| scanner.transport == ScannerTransport::Simulated)
            || self.printers.iter().any(|printer| printer.transport == PrinterTransport::Simulated)
    }
}

fn text_of(file: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(file).map_err(|error| ConfigError {
        file: Some(file.to_owned()),
        faults: vec![Fault {
            line: None,
            text: match error.kind() {
                std::io::ErrorKind::InvalidData => "is not UTF-8 text: save it as UTF-8".to_owned(),
                _ => format!("cannot be read ({error}): name the file with --config FILE"),
            },
        }],
    })
}

#[cfg(test)]
mod tests;
