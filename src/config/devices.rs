//! Scanners and printers of the configuration.

use std::collections::BTreeSet;
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use outguide_hardware::drivers::{PRINTER_TRANSPORTS, SCANNER_TRANSPORTS};
use outguide_hardware::language::{self, LANGUAGES};
use outguide_hardware::printer::ipp_access::{self, IppAccess, IppAccessError, Secret};
use outguide_hardware::profile::Profile;
use outguide_hardware::scanner::serial::PortSelector;
use outguide_hardware::usb::UsbSelector;
use toml::Spanned;

use super::check::{Checker, not_there, unique_id};
use super::fault::nearest;
use super::{ChartLabel, Printer, PrinterTransport, Scanner, ScannerTransport, sections};
use crate::barcode::PlaceCode;

/// RS-232 as scanners leave the factory.
const BAUD_DEFAULT: u32 = 9600;
/// The same code twice within two seconds is one pull of the trigger, or a code that lies under a reader.
const ECHO_DEFAULT_MS: u64 = 2000;
const ECHO_MAX_MS: u64 = 60_000;
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
        let usual = if section.transport == "hid" { "hid" } else { "generic" };
        let profile = section.profile.clone().unwrap_or_else(|| usual.to_owned());
        let profiles: Vec<String> = Profile::names().map(str::to_owned).collect();
        if !profiles.contains(&profile) {
            let at = c.key(&span, "profile");
            c.fault(&at, format!("there is no profile `{profile}`: use one of {}", profiles.join(", ")));
        }
        let echo_ms = section.echo_ms.unwrap_or(ECHO_DEFAULT_MS);
        if echo_ms > ECHO_MAX_MS {
            let at = c.key(&span, "echo_ms");
            c.fault(&at, format!("echo_ms = {echo_ms}: from 0 (no code is an echo) to {ECHO_MAX_MS}"));
        }
        let Some(transport) = scanner_transport(c, section, &span) else { continue };
        scanners.push(Scanner {
            id: section.id.clone(),
            kiosk: section.kiosk.clone(),
            lane: section.lane.clone().unwrap_or_default(),
            transport,
            profile,
            echo_window: Duration::from_millis(echo_ms),
        });
    }
    scanners
}

fn scanner_transport(c: &mut Checker, section: &sections::Scanner, span: &Range<usize>) -> Option<ScannerTransport> {
    let takes: &[&str] = match section.transport.as_str() {
        "serial" => &["port", "usb", "usb-path", "baud"],
        "tcp" => &["address"],
        "hid" => &["usb", "usb-path"],
        "sim" => &[],
        other => {
            let at = c.key(span, "transport");
            let known: Vec<String> = SCANNER_TRANSPORTS.iter().map(|word| (*word).to_owned()).collect();
            let text = match nearest(other, &known) {
                Some(near) => format!("{other:?} is no transport of a scanner: did you mean {near:?}?"),
                None => format!("{other:?} is no transport of a scanner: use one of {}", known.join(", ")),
            };
            c.fault(&at, text);
            return None;
        }
    };
    refuse_other_keys(c, section, span, takes);
    match section.transport.as_str() {
        "serial" => Some(ScannerTransport::Serial { port: port_choice(c, section, span)?, baud: section.baud }),
        "tcp" => Some(ScannerTransport::Tcp { address: device_server(c, section, span)? }),
        "hid" => match &section.usb {
            Some(usb) => Some(ScannerTransport::Hid { usb: usb_choice(c, usb, section, span)? }),
            None => {
                c.fault(span, format!("scanner `{}`: transport hid needs usb = \"vid:pid\"", section.id));
                None
            }
        },
        _ => Some(ScannerTransport::Simulated),
    }
}

/// A key that the transport does not read would be believed to do something.
fn refuse_other_keys(c: &mut Checker, section: &sections::Scanner, span: &Range<usize>, takes: &[&str]) {
    let given = [
        ("port", section.port.is_some()),
        ("usb", section.usb.is_some()),
        ("usb-path", section.usb_path.is_some()),
        ("address", section.address.is_some()),
        ("baud", section.baud.is_some()),
    ];
    for (key, _) in given.into_iter().filter(|(key, given)| *given && !takes.contains(key)) {
        let at = c.key(span, key);
        let text = match takes {
            [] => format!("a simulated scanner has no {key}: leave it out"),
            takes => {
                format!("a scanner with transport {} has no {key}: give {}", section.transport, takes.join(" or "))
            }
        };
        c.fault(&at, text);
    }
}

fn port_choice(c: &mut Checker, section: &sections::Scanner, span: &Range<usize>) -> Option<PortSelector> {
    match (&section.port, &section.usb) {
        (Some(path), None) => Some(PortSelector::Path(path.into())),
        (None, Some(usb)) => usb_choice(c, usb, section, span).map(PortSelector::Usb),
        _ => {
            c.fault(span, format!("scanner `{}`: give either port = \"/dev/…\" or usb = \"vid:pid\"", section.id));
            None
        }
    }
}

fn usb_choice(c: &mut Checker, usb: &str, section: &sections::Scanner, span: &Range<usize>) -> Option<UsbSelector> {
    match usb.parse::<UsbSelector>() {
        Ok(selector) => Some(UsbSelector { usb_path: section.usb_path.clone(), ..selector }),
        Err(error) => {
            let at = c.key(span, "usb");
            c.fault(&at, error.to_string());
            None
        }
    }
}

/// `host:port`. Whether the name can be looked up shows when it is connected to.
fn device_server(c: &mut Checker, section: &sections::Scanner, span: &Range<usize>) -> Option<String> {
    let Some(address) = &section.address else {
        c.fault(span, format!("scanner `{}`: transport tcp needs address = \"10.0.0.40:4001\"", section.id));
        return None;
    };
    let port = address.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port.parse::<u16>());
    if !matches!(port, Some(Ok(1..))) {
        let at = c.key(span, "address");
        c.fault(&at, format!("{address:?} is no address of a device server: write it as \"10.0.0.40:4001\""));
        return None;
    }
    Some(address.clone())
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
        let chart_label = section.chart_label.clone().map(|template| {
            let at = c.key(&span, "chart_label");
            ChartLabel { template, line: c.line(&at) }
        });
        let (status, shared, odometer) = (section.status, section.shared, section.odometer);
        let low_stock = section.low_stock.unwrap_or(LOW_STOCK_DEFAULT);
        let id = section.id.clone();
        printers.push(Printer {
            id,
            place,
            transport,
            language,
            dpi,
            stock,
            chart_label,
            low_stock,
            status,
            shared,
            odometer,
        });
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
            Some(uri) => ipp(c, section, span, uri),
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

/// The longest file with a printer's password or certificates, in bytes.
const ACCESS_FILE_MAX_BYTES: u64 = 256 * 1024;

fn ipp(c: &mut Checker, section: &sections::Printer, span: &Range<usize>, uri: &str) -> Option<PrinterTransport> {
    let user = match (&section.user, &section.password_file) {
        (Some(user), Some(file)) => {
            let bytes = access_file(c, "password_file", file, span)?;
            // Editors end a file with a line's end, which is no part of the password.
            let password = std::str::from_utf8(&bytes).ok().map(|text| text.trim_end_matches(['\r', '\n']));
            let Some(password) = password.filter(|word| !word.is_empty() && !word.chars().any(char::is_control)) else {
                let at = c.key(span, "password_file");
                c.fault(&at, "the file must hold the password alone, in UTF-8 on one line".to_owned());
                return None;
            };
            Some((user.clone(), Secret::new(password)))
        }
        (None, None) => None,
        (user, _) => {
            let (has, lacks) = if user.is_some() { ("user", "password_file") } else { ("password_file", "user") };
            let at = c.key(span, has);
            c.fault(&at, format!("printer `{}` has {has} and no {lacks}: give both or neither", section.id));
            return None;
        }
    };
    let trusted = match &section.certificate {
        Some(file) => Some(access_file(c, "certificate", file, span)?),
        None => None,
    };
    let access = IppAccess { user, trusted };
    match ipp_access::check(uri, &access) {
        Ok(()) => Some(PrinterTransport::Ipp { uri: uri.to_owned(), access }),
        Err(error) => {
            let key = match &error {
                IppAccessError::Certificate | IppAccessError::NotEncrypted => "certificate",
                IppAccessError::User(_) => "user",
                _ => "uri",
            };
            let at = c.key(span, key);
            c.fault(&at, error.to_string());
            None
        }
    }
}

fn access_file(c: &mut Checker, key: &str, file: &Path, span: &Range<usize>) -> Option<Vec<u8>> {
    let path = c.path(file);
    let read = std::fs::File::open(&path).and_then(|file| {
        let mut bytes = Vec::new();
        file.take(ACCESS_FILE_MAX_BYTES).read_to_end(&mut bytes).map(|_| bytes)
    });
    match read {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            let at = c.key(span, key);
            c.fault(&at, format!("{} cannot be read: {error}", path.display()));
            None
        }
    }
}
