//! Which USB device: ids, the configuration's way to name one, and what the machine has (from Linux's sysfs).

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A USB device's vendor and product ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UsbId {
    /// The vendor.
    pub vendor: u16,
    /// The product.
    pub product: u16,
}

impl fmt::Display for UsbId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}:{:04x}", self.vendor, self.product)
    }
}

/// A text that does not name a USB device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} does not name a USB device: write \"05e0:1701\" or \"05e0:1701:SERIAL\", in hexadecimal")]
pub struct UsbNameError(pub String);

impl FromStr for UsbId {
    type Err = UsbNameError;
    fn from_str(text: &str) -> Result<Self, UsbNameError> {
        let hex = |digits: &str| {
            let fits = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_hexdigit());
            if fits { u16::from_str_radix(digits, 16).ok() } else { None }
        };
        let ids = text.split_once(':').and_then(|(vendor, product)| Some((hex(vendor)?, hex(product)?)));
        ids.map(|(vendor, product)| UsbId { vendor, product }).ok_or_else(|| UsbNameError(text.to_owned()))
    }
}

/// A USB device as a configuration names it: `vid:pid` or `vid:pid:serial`, and for twins without a serial number the
/// socket they are in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsbSelector {
    /// Vendor and product.
    pub id: UsbId,
    /// The serial number, where it was given.
    pub serial: Option<String>,
    /// The socket, as the kernel numbers them (`1-2.3`), where it was given.
    pub usb_path: Option<String>,
}

impl FromStr for UsbSelector {
    type Err = UsbNameError;
    fn from_str(text: &str) -> Result<Self, UsbNameError> {
        let wrong = || UsbNameError(text.to_owned());
        let (id, serial) = match text.match_indices(':').nth(1) {
            Some((at, _)) => (text.get(..at).ok_or_else(wrong)?, text.get(at + 1..)),
            None => (text, None),
        };
        let id = id.parse().map_err(|_| wrong())?;
        if serial == Some("") {
            return Err(wrong());
        }
        Ok(UsbSelector { id, serial: serial.map(str::to_owned), usb_path: None })
    }
}

impl fmt::Display for UsbSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "usb {}", self.id)?;
        if let Some(serial) = &self.serial {
            write!(f, ":{serial}")?;
        }
        if let Some(usb_path) = &self.usb_path {
            write!(f, " in socket {usb_path}")?;
        }
        Ok(())
    }
}

impl UsbSelector {
    /// Is it this one?
    pub fn fits(&self, device: &UsbDevice) -> bool {
        self.id == device.id
            && self.serial.as_ref().is_none_or(|serial| device.serial.as_ref() == Some(serial))
            && self.usb_path.as_ref().is_none_or(|usb_path| &device.usb_path == usb_path)
    }

    /// Says that it is not among `devices`, and which of its kind are there instead: a scanner that was swapped for
    /// another has another serial number.
    pub fn absence(&self, devices: &[UsbDevice]) -> String {
        let named = |device: &UsbDevice| match &device.serial {
            Some(serial) => format!("{}:{serial}", device.id),
            None => format!("{} in socket {}", device.id, device.usb_path),
        };
        let kin: Vec<String> = devices.iter().filter(|device| device.id == self.id).map(named).collect();
        if kin.is_empty() {
            return format!("{self} is not there");
        }
        format!(
            "{self} is not there, but another of its kind is: was it swapped? Then say usb = \"{}\"",
            kin.join("\" or \"")
        )
    }
}

/// What a device file drives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UsbKind {
    /// A serial port (`/dev/ttyACM0`, `/dev/ttyUSB0`).
    Serial,
    /// A printer (`/dev/usb/lp0`).
    Printer,
    /// A scanner in HID POS mode (`/dev/hidraw0`).
    HidPos,
    /// A keyboard, or a scanner that says it is one (`/dev/input/event4`).
    Keyboard,
}

/// A USB device with a device file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsbDevice {
    /// Its device file.
    pub path: PathBuf,
    /// What it drives.
    pub kind: UsbKind,
    /// Vendor and product.
    pub id: UsbId,
    /// Its serial number, if it has one.
    pub serial: Option<String>,
    /// What it calls itself: maker and product.
    pub name: String,
    /// The socket it is in, as the kernel numbers them.
    pub usb_path: String,
}

/// The USB serial ports and printers of this machine, in the order of their paths.
pub fn usb_devices() -> Vec<UsbDevice> {
    usb_devices_under(Path::new("/sys"), Path::new("/dev"))
}

/// The same from other roots. Read from sysfs rather than by the serial library's listing, which tells no socket, knows
/// no printers and panics where `/sys/class/tty` is absent.
pub fn usb_devices_under(sys: &Path, dev: &Path) -> Vec<UsbDevice> {
    let mut found = Vec::new();
    for (class, folder, kind) in [("class/tty", "", UsbKind::Serial), ("class/usbmisc", "usb", UsbKind::Printer)] {
        let Ok(entries) = fs::read_dir(sys.join(class)) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name();
            if kind == UsbKind::Printer && !name.to_string_lossy().starts_with("lp") {
                continue;
            }
            found.extend(usb_device(&entry.path(), dev.join(folder).join(&name), kind));
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn usb_device(class_entry: &Path, path: PathBuf, kind: UsbKind) -> Option<UsbDevice> {
    // `device` leads to the interface (ttyACM) or to the port below it (ttyUSB); the device is the first above that
    // has a vendor id.
    let interface = class_entry.join("device").canonicalize().ok()?;
    let device = interface.ancestors().take(4).find(|folder| folder.join("idVendor").is_file())?;
    let text = |file: &str| {
        let text = fs::read_to_string(device.join(file)).ok()?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let id = format!("{}:{}", text("idVendor")?, text("idProduct")?).parse().ok()?;
    let name = [text("manufacturer"), text("product")].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let usb_path = device.file_name()?.to_string_lossy().into_owned();
    Some(UsbDevice { path, kind, id, serial: text("serial"), name, usb_path })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A sysfs with two scanners (one ACM, one behind a usb-serial converter), a printer and a port of the board.
    pub(crate) fn sample_sysfs(root: &Path) {
        let devices = [
            ("tty", "ttyACM0", "1-2.3", "1-2.3:1.0", ["05e0", "1701", "S1", "Symbol", "Scanner"]),
            ("tty", "ttyUSB0", "1-4", "1-4:1.0/ttyUSB0", ["0c2e", "0b61", "", "", "Gun"]),
            ("usbmisc", "lp0", "1-5", "1-5:1.0", ["0a5f", "0001", "Z9", "Zebra", "GK420d"]),
        ];
        for (class, name, usb_path, interface, [vendor, product, serial, maker, model]) in devices {
            let device = root.join("devices").join(usb_path);
            fs::create_dir_all(device.join(interface)).unwrap();
            for (file, text) in [
                ("idVendor", vendor),
                ("idProduct", product),
                ("serial", serial),
                ("manufacturer", maker),
                ("product", model),
            ] {
                fs::write(device.join(file), format!("{text}\n")).unwrap();
            }
            let entry = root.join("class").join(class).join(name);
            fs::create_dir_all(&entry).unwrap();
            std::os::unix::fs::symlink(device.join(interface), entry.join("device")).unwrap();
        }
        fs::create_dir_all(root.join("class/tty/ttyS0/device")).unwrap();
    }

    #[test]
    fn sysfs_tells_ports_printers_and_sockets() {
        let root = tempfile::tempdir().unwrap();
        sample_sysfs(root.path());
        let found = usb_devices_under(root.path(), Path::new("/dev"));
        let paths: Vec<_> = found.iter().map(|device| device.path.to_str().unwrap()).collect();
        assert_eq!(paths, ["/dev/ttyACM0", "/dev/ttyUSB0", "/dev/usb/lp0"]);
        assert_eq!(found[0].name, "Symbol Scanner");
        assert_eq!((found[0].usb_path.as_str(), found[0].serial.as_deref()), ("1-2.3", Some("S1")));
        assert_eq!((found[1].id.to_string().as_str(), found[1].serial.as_deref()), ("0c2e:0b61", None));
        assert!(usb_devices_under(Path::new("/nowhere"), Path::new("/dev")).is_empty());
    }

    #[test]
    fn selectors_name_one_device() {
        let root = tempfile::tempdir().unwrap();
        sample_sysfs(root.path());
        let found = usb_devices_under(root.path(), Path::new("/dev"));
        let fits = |text: &str| text.parse::<UsbSelector>().unwrap().fits(&found[0]);
        assert!(fits("05e0:1701") && fits("05E0:1701:S1"));
        assert!(!fits("05e0:1701:S2") && !fits("05e0:1900"));
        let twin = |usb_path: &str| UsbSelector {
            usb_path: Some(usb_path.into()),
            ..("05e0:1701".parse::<UsbSelector>().unwrap())
        };
        assert!(twin("1-2.3").fits(&found[0]) && !twin("1-2.4").fits(&found[0]));
        let absent = "05e0:1701:S2".parse::<UsbSelector>().unwrap();
        assert!(absent.absence(&found).ends_with("Then say usb = \"05e0:1701:S1\""), "{}", absent.absence(&found));
        assert_eq!(absent.absence(&[]), "usb 05e0:1701:S2 is not there");
        for wrong in ["", "05e0", "05e0:17", "05e0:1701:", "ttyACM0", "zzzz:1701", "+5e0:1701"] {
            assert!(wrong.parse::<UsbSelector>().is_err(), "{wrong}");
        }
    }
}
