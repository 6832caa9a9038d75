//! What is plugged in, which profile fits, and what hinders: the facts behind `outguide devices`.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::hid::{hid_devices_under, is_scanner};
use crate::profile::Profile;
use crate::scanner::LinkState;
use crate::scanner::hid::{self, HidOpener};
use crate::scanner::linked::{Opener, Refused};
use crate::scanner::serial::{PortSelector, open_line, refusal};
use crate::scanner::tcp::TcpOpener;
use crate::usb::{UsbDevice, UsbId, UsbKind, UsbSelector, usb_devices_under};

/// The udev rules for the scanners and printers that are known, as a file to install.
pub const UDEV_RULES: &str = include_str!("../udev/60-outguide.rules");

/// A port or printer, or a scanner that shows no port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its device file; a scanner in keyboard mode has none.
    pub path: Option<PathBuf>,
    /// What it is; a scanner whose mode shows no device file has no kind.
    pub kind: Option<UsbKind>,
    /// Vendor and product.
    pub id: UsbId,
    /// Its serial number, if it has one.
    pub serial: Option<String>,
    /// What it calls itself.
    pub name: String,
    /// The socket it is in.
    pub usb_path: String,
    /// The profile that fits best, for a scanner.
    pub profile: Option<String>,
    /// The languages that printers of its maker speak, likeliest first.
    pub languages: &'static [&'static str],
    /// Can it be used now?
    pub state: LinkState,
    /// What hinders, and what to do.
    pub hint: Option<String>,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.as_ref().map_or_else(|| "(no port)".to_owned(), |path| path.display().to_string());
        let kind = match self.kind {
            Some(UsbKind::Printer) => "printer",
            Some(UsbKind::HidPos) => "scanner (HID POS)",
            Some(UsbKind::Keyboard) => "scanner (keyboard)",
            Some(UsbKind::Serial) | None => "scanner or serial port",
        };
        write!(f, "{path}  {}", self.id)?;
        if let Some(serial) = &self.serial {
            write!(f, ":{}", shown(serial))?;
        }
        write!(f, "  {}  socket {}  {kind}  {}", shown(&self.name), self.usb_path, self.state.word())?;
        if let Some(profile) = &self.profile {
            write!(f, "  profile {profile}")?;
        }
        self.write_configuration(f)?;
        if let Some(hint) = &self.hint {
            write!(f, "\n    {}", hint.replace('\n', "\n    "))?;
        }
        Ok(())
    }
}

impl Found {
    /// What to write into the configuration for it.
    fn write_configuration(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(kind), Some(path)) = (self.kind, &self.path) else { return Ok(()) };
        if kind == UsbKind::Printer {
            write!(f, "\n    in outguide.toml: transport = \"device\", path = {:?}", path.display().to_string())?;
            return match self.languages {
                [] => write!(f, ", language = its own"),
                languages => write!(f, ", language = \"{}\"", languages.join("\" or \"")),
            };
        }
        // A serial port of an unknown maker may be anything: a modem, a board's console.
        let Some(profile) = &self.profile else { return Ok(()) };
        let transport = if kind == UsbKind::Serial { "serial" } else { "hid" };
        let serial = self.serial.as_ref().map(|serial| format!(":{}", shown(serial))).unwrap_or_default();
        write!(f, "\n    in outguide.toml: transport = \"{transport}\", usb = \"{}{serial}\", ", self.id)?;
        write!(f, "profile = \"{profile}\"")
    }
}

/// A device's own words, without what could play tricks on a terminal.
fn shown(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}

/// Everything that is plugged in and could matter here.
pub fn look() -> Vec<Found> {
    look_under(Path::new("/sys"), Path::new("/dev"))
}

/// The same from other roots.
pub fn look_under(sys: &Path, dev: &Path) -> Vec<Found> {
    let mut devices = usb_devices_under(sys, dev);
    // A keyboard counts when it is of a maker of scanners: nobody wants to read of all others.
    devices.extend(hid_devices_under(sys, dev).into_iter().filter(is_scanner));
    let portless = portless_scanners(sys, &devices);
    devices.iter().map(found).chain(portless).collect()
}

/// How one configured port is, and what to do when it is not ready. Opens it for a moment.
pub fn look_at(port: &PortSelector) -> (LinkState, Option<String>) {
    match port.resolve() {
        None => {
            let hint = format!("{}: plugged in, switched on, in USB CDC mode?", port.absence());
            (LinkState::NotFound, Some(hint))
        }
        Some(path) => {
            let device = usb_devices_under(Path::new("/sys"), Path::new("/dev"));
            let real = path.canonicalize().unwrap_or_else(|_| path.clone());
            try_port(&path, device.iter().find(|device| device.path == real))
        }
    }
}

/// How one configured HID scanner is. Opens it for a moment.
pub fn look_at_hid(usb: &UsbSelector, profile: &Profile) -> (LinkState, Option<String>) {
    let opener = HidOpener::new(usb.clone(), profile);
    match opener.device() {
        Ok(device) => try_hid(&device),
        Err(refused) => (refused.state, Some(format!("{}: plugged in, in HID POS or keyboard mode?", refused.text))),
    }
}

/// How one configured device server is. Connects for a moment.
pub fn look_at_address(address: &str, profile: &Profile) -> (LinkState, Option<String>) {
    match TcpOpener::new(address, profile).open() {
        Ok(_) => (LinkState::Ready, None),
        Err(Refused { state, text }) => (state, Some(text)),
    }
}

fn found(device: &UsbDevice) -> Found {
    let (state, hint) = match device.kind {
        UsbKind::Printer => try_printer(&device.path, device),
        UsbKind::Serial => try_port(&device.path, Some(device)),
        UsbKind::HidPos | UsbKind::Keyboard => try_hid(device),
    };
    let profile = match device.kind {
        UsbKind::Printer => None,
        UsbKind::Serial => Profile::for_usb(device.id).map(|profile| profile.id),
        UsbKind::HidPos | UsbKind::Keyboard => Some("hid".to_owned()),
    };
    Found {
        path: Some(device.path.clone()),
        kind: Some(device.kind),
        id: device.id,
        serial: device.serial.clone(),
        name: device.name.clone(),
        usb_path: device.usb_path.clone(),
        profile,
        languages: if device.kind == UsbKind::Printer { languages(device.id.vendor) } else { &[] },
        state,
        hint,
    }
}

/// What the printers of a maker speak, as far as this build can.
fn languages(vendor: u16) -> &'static [&'static str] {
    match vendor {
        // Zebra; SATO, Bixolon and Citizen emulate it on most models.
        0x0A5F => &["zpl", "epl2"],
        0x0828 | 0x1504 | 0x1343 | 0x1D90 | 0x2730 => &["zpl"],
        0x04F9 => &["brother-ql", "brother-ql-wide"],
        0x1203 => &["tspl", "zpl"],
        // Epson and Star receipt printers.
        0x04B8 | 0x0519 => &["esc-pos"],
        _ => &[],
    }
}

fn try_port(path: &Path, device: Option<&UsbDevice>) -> (LinkState, Option<String>) {
    // The settings are of no account: nothing is read.
    match open_line(path, crate::profile::LineSettings::default()) {
        Ok(_) => (LinkState::Ready, None),
        Err(error) => {
            let state = refusal(&error);
            (state, Some(hint(state, path, device, &error.to_string())))
        }
    }
}

fn try_hid(device: &UsbDevice) -> (LinkState, Option<String>) {
    match hid::try_open(device) {
        Ok(()) => (LinkState::Ready, None),
        Err(Refused { state, text }) => (state, Some(hint(state, &device.path, Some(device), &text))),
    }
}

fn try_printer(path: &Path, device: &UsbDevice) -> (LinkState, Option<String>) {
    match OpenOptions::new().write(true).open(path) {
        Ok(_) => (LinkState::Ready, None),
        Err(error) => {
            let state = match error.kind() {
                ErrorKind::PermissionDenied => LinkState::NoPermission,
                ErrorKind::NotFound => LinkState::Gone,
                ErrorKind::ResourceBusy => LinkState::InUse,
                _ => LinkState::Failed,
            };
            (state, Some(hint(state, path, Some(device), &error.to_string())))
        }
    }
}

fn hint(state: LinkState, path: &Path, device: Option<&UsbDevice>, error: &str) -> String {
    let path = path.display();
    match (state, device) {
        (LinkState::NoPermission, Some(device)) => format!(
            "{path} is there but may not be opened. Put this line into /etc/udev/rules.d/60-outguide.rules:\n{}\n\
             then: sudo udevadm control --reload && sudo udevadm trigger",
            udev_rule(device)
        ),
        (LinkState::NoPermission, None) => {
            format!("{path} is there but may not be opened: add the user to the group that owns it (often dialout)")
        }
        (LinkState::InUse, _) => format!("{path} is in use: by a running Outguide, or find it with `fuser {path}`"),
        _ => format!("{path}: {error}"),
    }
}

/// The udev rule that gives one device to the group `outguide`, and a lasting name.
pub fn udev_rule(device: &UsbDevice) -> String {
    let (vendor, product) = (device.id.vendor, device.id.product);
    let subsystem = match device.kind {
        UsbKind::Serial => "tty",
        UsbKind::Printer => "usbmisc",
        // The HID device's name in the kernel, bus:vendor:product, holds for USB and Bluetooth.
        UsbKind::HidPos | UsbKind::Keyboard => {
            let node = if device.kind == UsbKind::HidPos { "hidraw\"" } else { "input\", KERNEL==\"event*\"" };
            return format!(
                "SUBSYSTEM==\"{node}, KERNELS==\"*:{vendor:04X}:{product:04X}.*\", GROUP=\"outguide\", MODE=\"0660\""
            );
        }
    };
    // Only plain serial numbers go into a rule: the device chose the text.
    let plain = |serial: &&String| serial.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    let (matched, suffix) = device.serial.as_ref().filter(plain).map_or_else(
        || (String::new(), String::new()),
        |serial| (format!("ATTRS{{serial}}==\"{serial}\", "), format!("-{serial}")),
    );
    format!(
        "SUBSYSTEM==\"{subsystem}\", ATTRS{{idVendor}}==\"{vendor:04x}\", ATTRS{{idProduct}}==\"{product:04x}\", \
         {matched}GROUP=\"outguide\", MODE=\"0660\", SYMLINK+=\"outguide/{vendor:04x}-{product:04x}{suffix}\""
    )
}

/// Scanners of makers that are known, plugged in but in a mode without a serial port.
fn portless_scanners(sys: &Path, with_port: &[UsbDevice]) -> Vec<Found> {
    let Ok(entries) = fs::read_dir(sys.join("bus/usb/devices")) else { return Vec::new() };
    let mut found: Vec<Found> = entries.flatten().filter_map(|entry| portless_scanner(&entry.path())).collect();
    found.retain(|scanner| with_port.iter().all(|device| device.usb_path != scanner.usb_path));
    found.sort_by(|a, b| a.usb_path.cmp(&b.usb_path));
    found
}

fn portless_scanner(folder: &Path) -> Option<Found> {
    let text = |file: &str| fs::read_to_string(folder.join(file)).ok().map(|text| text.trim().to_owned());
    let id: UsbId = format!("{}:{}", text("idVendor")?, text("idProduct")?).parse().ok()?;
    let profile = Profile::for_vendor(id.vendor)?;
    Some(Found {
        path: None,
        kind: None,
        id,
        serial: text("serial").filter(|serial| !serial.is_empty()),
        name: [text("manufacturer"), text("product")].into_iter().flatten().collect::<Vec<_>>().join(" "),
        usb_path: folder.file_name()?.to_string_lossy().into_owned(),
        hint: Some(format!(
            "plugged in, but in a mode that shows neither a serial port nor a HID device (SNAPI?). To drive it from here: {}",
            profile.wiring
        )),
        profile: Some(profile.id),
        languages: &[],
        state: LinkState::NotFound,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usb::tests::sample_sysfs;

    #[test]
    fn scanners_without_a_serial_port_are_told_with_what_to_write_and_what_hinders() {
        let root = tempfile::tempdir().unwrap();
        crate::hid::tests::sample_hid(root.path());
        let found = look_under(root.path(), &root.path().join("dev"));
        let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(lines.len(), 2, "{lines:#?}");
        assert!(lines[0].contains("scanner (HID POS)  not_found"), "{}", lines[0]);
        assert!(lines[0].contains("transport = \"hid\", usb = \"0c2e:0b6a:X7\", profile = \"hid\""), "{}", lines[0]);
        assert!(lines[1].contains("scanner (keyboard)"), "{}", lines[1]);
    }

    #[test]
    fn what_is_plugged_in_is_told_with_profile_and_hindrance() {
        let root = tempfile::tempdir().unwrap();
        sample_sysfs(root.path());
        let keyboard = root.path().join("bus/usb/devices/1-7");
        fs::create_dir_all(&keyboard).unwrap();
        for (file, text) in [("idVendor", "1eab\n"), ("idProduct", "1d03\n"), ("product", "HR32\n")] {
            fs::write(keyboard.join(file), text).unwrap();
        }
        let dev = root.path().join("dev");
        fs::create_dir_all(dev.join("usb")).unwrap();
        fs::write(dev.join("usb/lp0"), b"").unwrap();
        let found = look_under(root.path(), &dev);
        let told: Vec<_> = found.iter().map(|f| (f.id.to_string(), f.profile.as_deref(), f.state)).collect();
        assert_eq!(
            told,
            [
                ("05e0:1701".to_owned(), Some("zebra-cdc"), LinkState::Gone),
                ("0c2e:0b61".to_owned(), Some("honeywell-cdc"), LinkState::Gone),
                ("0a5f:0001".to_owned(), None, LinkState::Ready),
                ("1eab:1d03".to_owned(), Some("newland-cdc"), LinkState::NotFound),
            ]
        );
        let printer = found[2].to_string();
        assert!(printer.contains("transport = \"device\"") && printer.contains("usb/lp0\""), "{printer}");
        assert!(printer.contains("language = \"zpl\" or \"epl2\""), "{printer}");
        let line = found[3].to_string();
        assert!(
            line.starts_with("(no port)  1eab:1d03  HR32  socket 1-7") && line.contains("Scan 'USB CDC'"),
            "{line}"
        );
    }

    #[test]
    fn a_rule_names_the_device_and_trusts_no_odd_serial_number() {
        let mut device = UsbDevice {
            path: "/dev/ttyACM0".into(),
            kind: UsbKind::Serial,
            id: "05e0:1701".parse().unwrap(),
            serial: Some("S1".into()),
            name: "gun".into(),
            usb_path: "1-2".into(),
        };
        let rule = udev_rule(&device);
        assert_eq!(
            rule,
            "SUBSYSTEM==\"tty\", ATTRS{idVendor}==\"05e0\", ATTRS{idProduct}==\"1701\", ATTRS{serial}==\"S1\", \
             GROUP=\"outguide\", MODE=\"0660\", SYMLINK+=\"outguide/05e0-1701-S1\""
        );
        let text = hint(LinkState::NoPermission, Path::new("/dev/ttyACM0"), Some(&device), "denied");
        assert!(text.contains(&rule) && text.contains("udevadm"));
        device.serial = Some("\", RUN+=\"/bin/sh".into());
        assert!(!udev_rule(&device).contains("RUN"));
        device.kind = UsbKind::Keyboard;
        let keys =
            "SUBSYSTEM==\"input\", KERNEL==\"event*\", KERNELS==\"*:05E0:1701.*\", GROUP=\"outguide\", MODE=\"0660\"";
        assert_eq!(udev_rule(&device), keys);
    }

    #[test]
    fn the_rules_file_knows_every_vendor_of_the_profiles() {
        for name in Profile::names() {
            for pattern in Profile::named(name).unwrap().usb {
                assert!(UDEV_RULES.contains(&format!("{:04x}", pattern.vendor())), "{name}");
                assert!(UDEV_RULES.contains(&format!("*:{:04X}:*", pattern.vendor())), "{name} as a HID device");
            }
        }
    }

    #[test]
    fn an_absent_port_is_not_found() {
        let (state, hint) = look_at(&PortSelector::Path("/nowhere/ttyACM0".into()));
        assert_eq!(state, LinkState::NotFound);
        assert!(hint.unwrap().contains("is not there"));
    }
}
