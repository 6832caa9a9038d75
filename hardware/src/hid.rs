//! HID scanners that the machine has, by USB or Bluetooth (from Linux's sysfs): those in HID POS mode, and keyboards.

use std::fs;
use std::path::{Path, PathBuf};

use crate::decoder::hid_pos::Layout;
use crate::decoder::report_descriptor::Descriptor;
use crate::profile::Profile;
use crate::usb::{UsbDevice, UsbId, UsbKind};

/// The keys that make a keyboard one: 1, Enter and A, all in the lowest word of the bitmap.
const KEYS: u64 = 1 << 2 | 1 << 28 | 1 << 30;

/// The HID POS scanners and keyboards of this machine.
pub fn hid_devices() -> Vec<UsbDevice> {
    hid_devices_under(Path::new("/sys"), Path::new("/dev"))
}

/// The same from other roots; in the order of their device files' numbers.
pub fn hid_devices_under(sys: &Path, dev: &Path) -> Vec<UsbDevice> {
    let mut found = Vec::new();
    for (class, folder, prefix) in [("class/hidraw", "", "hidraw"), ("class/input", "input", "event")] {
        let Ok(entries) = fs::read_dir(sys.join(class)) else { continue };
        let mut numbered: Vec<(u32, PathBuf)> = entries
            .flatten()
            .filter_map(|entry| Some((entry.file_name().to_str()?.strip_prefix(prefix)?.parse().ok()?, entry.path())))
            .collect();
        numbered.sort();
        for (number, entry) in numbered {
            let path = dev.join(folder).join(format!("{prefix}{number}"));
            found.extend(if prefix == "hidraw" { pos_scanner(&entry, path) } else { keyboard(&entry, path) });
        }
    }
    found
}

/// Is it surely, or by its maker likely, a scanner?
pub fn is_scanner(device: &UsbDevice) -> bool {
    device.kind == UsbKind::HidPos || Profile::for_vendor(device.id.vendor).is_some()
}

/// Where the reports of a HID POS scanner hold what, by its device file; `None` where it is none.
pub fn pos_layout(sys: &Path, path: &Path) -> Option<Layout> {
    layout(&sys.join("class/hidraw").join(path.file_name()?).join("device"))
}

fn layout(hid: &Path) -> Option<Layout> {
    Layout::of(Descriptor::parse(&fs::read(hid.join("report_descriptor")).ok()?).ok()?)
}

/// How full the battery of a HID device is, in percent, where the kernel knows.
pub fn battery_percent(sys: &Path, path: &Path) -> Option<u8> {
    let class = if path.starts_with("/dev/input") { "class/input" } else { "class/hidraw" };
    let device = sys.join(class).join(path.file_name()?).join("device").canonicalize().ok()?;
    // The battery hangs on the HID device: at the device itself for hidraw, two above it for an input.
    let supplies = device.ancestors().take(3).find_map(|folder| fs::read_dir(folder.join("power_supply")).ok())?;
    supplies.flatten().find_map(|supply| {
        let text = fs::read_to_string(supply.path().join("capacity")).ok()?;
        text.trim().parse::<u8>().ok().filter(|percent| *percent <= 100)
    })
}

fn pos_scanner(entry: &Path, path: PathBuf) -> Option<UsbDevice> {
    let hid = entry.join("device").canonicalize().ok()?;
    layout(&hid)?;
    let uevent = fs::read_to_string(hid.join("uevent")).ok()?;
    let value = |key: &str| uevent.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    // HID_ID=0003:0000C2E:00000B61: bus, vendor, product.
    let mut ids =
        value("HID_ID")?.split(':').skip(1).map(|id| u16::from_str_radix(id.trim_start_matches('0'), 16).ok());
    let (vendor, product) = (ids.next()??, ids.next()??);
    Some(UsbDevice {
        path,
        kind: UsbKind::HidPos,
        id: UsbId { vendor, product },
        serial: value("HID_UNIQ").filter(|serial| !serial.is_empty()).map(str::to_owned),
        name: value("HID_NAME").unwrap_or_default().to_owned(),
        usb_path: socket(&hid),
    })
}

fn keyboard(entry: &Path, path: PathBuf) -> Option<UsbDevice> {
    let input = entry.join("device").canonicalize().ok()?;
    let text = |file: &str| Some(fs::read_to_string(input.join(file)).ok()?.trim().to_owned());
    // Words of the bitmap, the lowest last.
    let keys = text("capabilities/key")?;
    let lowest = u64::from_str_radix(keys.split_whitespace().next_back()?, 16).ok()?;
    if lowest & KEYS != KEYS {
        return None;
    }
    Some(UsbDevice {
        path,
        kind: UsbKind::Keyboard,
        id: format!("{}:{}", text("id/vendor")?, text("id/product")?).parse().ok()?,
        serial: text("uniq").filter(|serial| !serial.is_empty()),
        name: text("name").unwrap_or_default(),
        usb_path: socket(&input),
    })
}

/// The USB socket that a device is in; empty where it is not on USB.
fn socket(device: &Path) -> String {
    let usb = device.ancestors().take(6).find(|folder| folder.join("idVendor").is_file());
    usb.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::decoder::hid_pos::tests::DESCRIPTOR;

    /// A sysfs with a HID POS scanner on USB that has a battery, a scanner in keyboard mode, a mouse and a board's button.
    pub(crate) fn sample_hid(root: &Path) {
        let link = |device: &Path, class: &str, name: &str| {
            let entry = root.join("class").join(class).join(name);
            fs::create_dir_all(&entry).unwrap();
            std::os::unix::fs::symlink(device, entry.join("device")).unwrap();
        };
        let pos = root.join("devices/1-6/1-6:1.0/0003:0C2E:0B6A.0001");
        fs::create_dir_all(pos.join("power_supply/hid-0001-battery")).unwrap();
        fs::write(pos.join("power_supply/hid-0001-battery/capacity"), "73\n").unwrap();
        fs::write(root.join("devices/1-6/idVendor"), "0c2e\n").unwrap();
        fs::write(pos.join("report_descriptor"), DESCRIPTOR).unwrap();
        let uevent = "DRIVER=hid-generic\nHID_ID=0003:00000C2E:00000B6A\nHID_NAME=Honeywell Xenon\nHID_UNIQ=X7\n";
        fs::write(pos.join("uevent"), uevent).unwrap();
        link(&pos, "hidraw", "hidraw0");
        let mouse = root.join("devices/1-8/1-8:1.0/0003:046D:C077.0002");
        fs::create_dir_all(&mouse).unwrap();
        fs::write(mouse.join("report_descriptor"), [0x05, 0x01, 0x09, 0x02, 0xA1, 0x01, 0xC0]).unwrap();
        link(&mouse, "hidraw", "hidraw1");
        for (number, vendor, keys) in [(10, "1eab", "fffffffe"), (2, "046d", "0"), (3, "0001", "4000 0 0")] {
            let input = root.join(format!("devices/1-{number}/1-{number}:1.0/0003.{number}/input/input{number}"));
            fs::create_dir_all(input.join("id")).unwrap();
            fs::create_dir_all(input.join("capabilities")).unwrap();
            fs::write(root.join(format!("devices/1-{number}/idVendor")), vendor).unwrap();
            for (file, text) in [("id/vendor", vendor), ("id/product", "1d03"), ("name", "HR32"), ("uniq", "")] {
                fs::write(input.join(file), format!("{text}\n")).unwrap();
            }
            fs::write(input.join("capabilities/key"), format!("{keys}\n")).unwrap();
            link(&input, "input", &format!("event{number}"));
        }
    }

    #[test]
    fn sysfs_tells_scanners_from_mice_and_buttons() {
        let root = tempfile::tempdir().unwrap();
        sample_hid(root.path());
        let found = hid_devices_under(root.path(), Path::new("/dev"));
        let told: Vec<_> = found.iter().map(|d| (d.path.to_str().unwrap(), d.kind, d.id.to_string())).collect();
        assert_eq!(
            told,
            [
                ("/dev/hidraw0", UsbKind::HidPos, "0c2e:0b6a".to_owned()),
                ("/dev/input/event10", UsbKind::Keyboard, "1eab:1d03".to_owned()),
            ]
        );
        assert_eq!((found[0].serial.as_deref(), found[0].usb_path.as_str()), (Some("X7"), "1-6"));
        assert_eq!((found[1].serial.as_deref(), found[1].usb_path.as_str()), (None, "1-10"));
        assert!(pos_layout(root.path(), Path::new("/dev/hidraw0")).is_some());
        assert!(pos_layout(root.path(), Path::new("/dev/hidraw1")).is_none());
        assert_eq!(battery_percent(root.path(), Path::new("/dev/hidraw0")), Some(73));
        assert_eq!(battery_percent(root.path(), Path::new("/dev/input/event10")), None);
    }
}
