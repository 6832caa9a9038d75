//! Scanners and printers of the configuration.

use std::collections::BTreeSet;
use std::ops::Range;

use outguide_hardware::drivers::PRINTER_TRANSPORTS;
use outguide_hardware::language::{self, LANGUAGES};
use outguide_hardware::printer::ipp::check_uri;
use outguide_hardware::profile::Profile;
use outguide_hardware::scanner::serial::PortSelector;
use outguide_hardware::usb::UsbSelector;
use toml::Spanned;

use super::check::{Checker, not_there, unique_id};
use super::fault::nearest;
use super::{Printer, PrinterTransport, Scanner, ScannerTransport, sections};
use crate::barcode::PlaceCode;

/// RS-232 as scanners leave the factory.
const BAUD_DEFAULT: u32 = 9600;
const DPI: [u32; 3] = [203, 300, 600];
/// A document, for printers that take one.
const PDF: &str = "pdf";
/// The transport of a printer that a kiosk's own computer drives.
const AGENT: &str = "agent";

/// The scanners of these sections; each names one of `kiosks`.
pub(super) fn scanners(c: &mut Checker, sections: &[Spanned<sections::Scanner>], kiosks: &[String]) -> Vec<Scanner> {
    let mut seen = BTreeSet::new();
    let mut scanners = Vec::new();
    for spanned in sections {
        let (span, section) = (spanned.span(), spanned.get_ref());
        unique_id(c, "scanner", &mut seen, &section.id, &span);
        if !kiosks.contains(&section.kiosk) {
            let at = c.key(&span, "kiosk");
            c.fault(&at, not_there("kiosk", &section.kiosk, kiosks));
        }
        let profile = section.profile.clone().unwrap_or_else(|| "generic".to_owned());
        let profiles: Vec<String> = Profile::names().map(str::to_owned).collect();
        if !profiles.contains(&profile) {
            let at = c.key(&span, "profile");
            c.fault(&at, format!("there is no profile `{profile}`: use one of {}", profiles.join(", ")));
        }
        let Some(transport) = scanner_transport(c, section, &span) else { continue };
        scanners.push(Scanner {
            id: section.id.clone(),
            kiosk: section.kiosk.clone(),
            lane: section.lane.clone().unwrap_or_default(),
            transport,
            profile,
        });
    }
    scanners
}

fn scanner_transport(c: &mut Checker, section: &sections::Scanner, span: &Range<usize>) -> Option<ScannerTransport> {
    let at = c.key(span, "transport");
    match section.transport.as_str() {
        "serial" => {
            let port = port_choice(c, section, span)?;
            Some(ScannerTransport::Serial { port, baud: section.baud })
        }
        "sim" => Some(ScannerTransport::Simulated),
        "tcp" | "hid" => {
            c.fault(&at, format!("transport `{}` is not served yet: use serial, or sim", section.transport));
            None
        }
        other => {
            c.fault(&at, format!("{other:?} is no transport of a scanner: use serial or sim"));
            None
        }
    }
}

fn port_choice(c: &mut Checker, section: &sections::Scanner, span: &Range<usize>) -> Option<PortSelector> {
    if let Some(address) = &section.address {
        let at = c.key(span, "address");
        c.fault(&at, format!("a serial scanner has no address {address:?}: give port or usb"));
    }
    match (&section.port, &section.usb) {
        (Some(path), None) => Some(PortSelector::Path(path.into())),
        (None, Some(usb)) => match usb.parse::<UsbSelector>() {
            Ok(selector) => Some(PortSelector::Usb(UsbSelector { usb_path: section.usb_path.clone(), ..selector })),
            Err(error) => {
                let at = c.key(span, "usb");
                c.fault(&at, error.to_string());
                None
            }
        },
        _ => {
            c.fault(span, format!("scanner `{}`: give either port = \"/dev/…\" or usb = \"vid:pid\"", section.id));
            None
        }
    }
}

/// How many labels left open an alert, unless the configuration says otherwise.
const LOW_STOCK_DEFAULT: u32 = 25;

pub(super) fn printers(c: &mut Checker, sections: &[Spanned<sections::Printer>]) -> Vec<Printer> {
    let mut seen = BTreeSet::new();
    let mut printers = Vec::new();
    for spanned in sections {
        let (span, section) = (spanned.span(), spanned.get_ref());
        unique_id(c, "printer", &mut seen, &section.id, &span);
        let place = section.place.as_deref().and_then(|code| match PlaceCode::new(code) {
            Ok(place) => Some(place),
            Err(error) => {
                let at = c.key(&span, "place");
                c.fault(&at, error.to_string());
                None
            }
        });
        let language = section.language.clone().unwrap_or_else(|| "zpl".to_owned());
        let known: Vec<&str> = LANGUAGES.iter().map(|language| language.name()).chain([PDF]).collect();
        if !known.contains(&language.as_str()) {
            let at = c.key(&span, "language");
            c.fault(&at, format!("{language:?} is no printer language: use one of {}", known.join(", ")));
        }
        let dpi = dots_per_inch(c, section, &language, &span);
        let Some(transport) = printer_transport(c, section, &span) else { continue };
        let stock = section.stock.clone().unwrap_or_else(|| "folder-4x2".to_owned());
        if section.odometer && language != "zpl" {
            let at = c.key(&span, "odometer");
            c.fault(&at, format!("{language} printers have no odometer that can be asked for: leave it out"));
        }
        let (status, shared, odometer) = (section.status, section.shared, section.odometer);
        let low_stock = section.low_stock.unwrap_or(LOW_STOCK_DEFAULT);
        let id = section.id.clone();
        printers.push(Printer { id, place, transport, language, dpi, stock, low_stock, status, shared, odometer });
    }
    printers
}

/// As given, or else the first that the language's printers have.
fn dots_per_inch(c: &mut Checker, section: &sections::Printer, language: &str, span: &Range<usize>) -> u32 {
    let its: Vec<u32> = language::named(language)
        .map(|language| language.resolutions().iter().map(|dpi| u32::from(*dpi)).collect())
        .unwrap_or_default();
    let dpi = section.dpi.unwrap_or_else(|| its.first().copied().unwrap_or(203));
    let at = c.key(span, "dpi");
    if !DPI.contains(&dpi) {
        c.fault(&at, format!("dpi = {dpi}: label printers have 203, 300 or 600"));
    } else if !its.is_empty() && !its.contains(&dpi) {
        let its: Vec<String> = its.iter().map(ToString::to_string).collect();
        c.fault(&at, format!("dpi = {dpi}: {language} printers have {}", its.join(" or ")));
    }
    dpi
}

/// With its port, which is 9100 by custom.
fn tcp_address(c: &mut Checker, address: &str, span: &Range<usize>) -> String {
    // Whether the name can be looked up shows when it is printed to; a port that is none never will.
    let (address, port) = match address.rsplit_once(':') {
        Some((_, port)) => (address.to_owned(), port),
        None => (format!("{address}:9100"), "9100"),
    };
    if port.parse::<u16>().is_err() || address.starts_with(':') {
        let at = c.key(span, "address");
        c.fault(&at, format!("{address:?} is no address: write it as \"10.0.0.20:9100\""));
    }
    address
}

fn printer_transport(c: &mut Checker, section: &sections::Printer, span: &Range<usize>) -> Option<PrinterTransport> {
    let needs = |c: &mut Checker, key: &str, example: &str| {
        c.fault(span, format!("printer `{}`: transport {} needs {key} = {example:?}", section.id, section.transport));
    };
    match section.transport.as_str() {
        "tcp" => match &section.address {
            Some(address) => Some(PrinterTransport::Tcp { address: tcp_address(c, address, span) }),
            None => {
                needs(c, "address", "10.0.0.20:9100");
                None
            }
        },
        "serial" => match &section.port {
            Some(port) => {
                Some(PrinterTransport::Serial { port: port.clone(), baud: section.baud.unwrap_or(BAUD_DEFAULT) })
            }
            None => {
                needs(c, "port", "/dev/ttyS0");
                None
            }
        },
        "ipp" => match &section.uri {
            Some(uri) => match check_uri(uri) {
                Ok(()) => Some(PrinterTransport::Ipp { uri: uri.clone() }),
                Err(error) => {
                    let at = c.key(span, "uri");
                    c.fault(&at, error.to_string());
                    None
                }
            },
            None => {
                needs(c, "uri", "ipp://10.0.0.30/ipp/print");
                None
            }
        },
        "device" | "folder" => match &section.path {
            Some(path) if section.transport == "folder" => Some(PrinterTransport::Folder { path: c.path(path) }),
            Some(path) => Some(PrinterTransport::Device { path: c.path(path) }),
            None => {
                needs(c, "path", if section.transport == "folder" { "./labels" } else { "/dev/usb/lp0" });
                None
            }
        },
        "sim" => Some(PrinterTransport::Simulated),
        AGENT => match &section.agent {
            Some(kiosk) => Some(PrinterTransport::Agent { kiosk: kiosk.clone() }),
            None => {
                needs(c, "agent", "er-1");
                None
            }
        },
        other => {
            let at = c.key(span, "transport");
            let known: Vec<String> = PRINTER_TRANSPORTS.iter().copied().chain([AGENT]).map(str::to_owned).collect();
            let text = match nearest(other, &known) {
                Some(near) => format!("{other:?} is no transport of a printer: did you mean {near:?}?"),
                None => format!("{other:?} is no transport of a printer: use one of {}", known.join(", ")),
            };
            c.fault(&at, text);
            None
        }
    }
}
