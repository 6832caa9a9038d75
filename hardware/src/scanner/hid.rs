//! Scanners that are HID devices: in HID POS mode through hidraw, in keyboard mode through evdev.
//!
//! A keyboard is grabbed: what it types reaches this program alone, whatever window has the focus, and no stray code is
//! typed into a login prompt.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use evdev::raw_stream::RawDevice;
use evdev::{EventSummary, EventType, InputEvent, LedCode, SynchronizationCode};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use super::LinkState;
use super::linked::{Link, Opened, Opener, Refused};
use crate::decoder::hid_pos::HidPos;
use crate::decoder::plain::Plain;
use crate::decoder::us_keyboard::Keys;
use crate::hid::{battery_percent, hid_devices, pos_layout};
use crate::profile::Profile;
use crate::usb::{UsbDevice, UsbKind, UsbSelector};

/// Finds a HID scanner.
#[derive(Debug)]
pub struct HidOpener {
    usb: UsbSelector,
    profile: Profile,
}

impl HidOpener {
    /// The scanner that `usb` names. In HID POS mode it is read by its reports; else, as a keyboard.
    pub fn new(usb: UsbSelector, profile: &Profile) -> HidOpener {
        HidOpener { usb, profile: profile.clone() }
    }

    /// The device that is meant, if it is there.
    pub fn device(&self) -> Result<UsbDevice, Refused> {
        let devices = hid_devices();
        let fits = |kind| devices.iter().find(|device| device.kind == kind && self.usb.fits(device));
        let found = fits(UsbKind::HidPos).or_else(|| fits(UsbKind::Keyboard));
        found.cloned().ok_or_else(|| Refused::new(LinkState::NotFound, self.usb.absence(&devices)))
    }
}

impl Opener for HidOpener {
    fn open(&self) -> Result<Opened, Refused> {
        let device = self.device()?;
        open(&device, &self.profile).map_err(|error| refusal(&device.path, &error))
    }

    fn transport(&self) -> &'static str {
        "hid"
    }
}

fn open(device: &UsbDevice, profile: &Profile) -> io::Result<Opened> {
    if device.kind == UsbKind::Keyboard {
        let link = KeyboardLink::open(&device.path)?;
        return Ok((Box::new(link), Box::new(Plain::listening_only(profile))));
    }
    let gone = || io::Error::from(ErrorKind::NotFound);
    let layout = pos_layout(Path::new("/sys"), &device.path).ok_or_else(gone)?;
    let mut way = OpenOptions::new();
    way.read(true).custom_flags(i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0));
    // Where only reading is allowed, it is read and stays silent.
    let file = way.clone().write(true).open(&device.path).or_else(|_| way.open(&device.path))?;
    Ok((Box::new(PosLink { file, path: device.path.clone() }), Box::new(HidPos::new(layout, profile))))
}

/// Tries a HID device for a moment, as `outguide devices` does.
pub fn try_open(device: &UsbDevice) -> Result<(), Refused> {
    let tried = match device.kind {
        UsbKind::Keyboard => KeyboardLink::open(&device.path).map(drop),
        _ => File::open(&device.path).map(drop),
    };
    tried.map_err(|error| refusal(&device.path, &error))
}

fn refusal(path: &Path, error: &io::Error) -> Refused {
    let path = path.display();
    match error.kind() {
        ErrorKind::PermissionDenied => {
            Refused::new(LinkState::NoPermission, format!("{path} may not be opened: see `outguide devices`"))
        }
        ErrorKind::ResourceBusy => Refused::new(LinkState::InUse, format!("{path} is grabbed by another program")),
        ErrorKind::NotFound => Refused::new(LinkState::NotFound, format!("{path} has just gone")),
        _ => Refused::new(LinkState::Failed, format!("{path}: {error}")),
    }
}

/// A scanner in HID POS mode: each read is one report.
#[derive(Debug)]
struct PosLink {
    file: File,
    path: PathBuf,
}

impl Link for PosLink {
    fn fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.file.read(into)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.file.write(bytes) {
            // Opened for reading only: it stays silent.
            Err(error) if matches!(rustix::io::Errno::from_io_error(&error), Some(rustix::io::Errno::BADF)) => {
                Ok(bytes.len())
            }
            other => other,
        }
    }

    fn battery_percent(&self) -> Option<u8> {
        battery_percent(Path::new("/sys"), &self.path)
    }
}

/// A scanner in keyboard mode, grabbed: its keys come out as the bytes they stand for.
struct KeyboardLink {
    device: RawDevice,
    path: PathBuf,
    reader: KeyReader,
}

impl KeyboardLink {
    fn open(path: &Path) -> io::Result<KeyboardLink> {
        let mut device = RawDevice::open(path)?;
        fcntl_setfl(&device, fcntl_getfl(&device)? | OFlags::NONBLOCK)?;
        device.grab()?;
        // Some scanners look at the lamp and turn capitals round. Off, all of them mean the same. What has no lamp or may
        // not be written to has nothing to be switched off.
        let off = InputEvent::new(EventType::LED.0, LedCode::LED_CAPSL.0, 0);
        let _no_lamp = device.send_events(&[off]);
        Ok(KeyboardLink { device, path: path.to_owned(), reader: KeyReader::default() })
    }
}

impl Link for KeyboardLink {
    fn fd(&self) -> BorrowedFd<'_> {
        self.device.as_fd()
    }

    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.reader.text.is_empty() {
            for event in self.device.fetch_events()? {
                self.reader.take(event);
            }
        }
        match self.reader.give(into) {
            // Keys went up, or Shift down: no byte yet.
            0 => Err(ErrorKind::WouldBlock.into()),
            given => Ok(given),
        }
    }

    /// A keyboard takes no commands.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn battery_percent(&self) -> Option<u8> {
        battery_percent(Path::new("/sys"), &self.path)
    }
}

/// Makes bytes of input events. Pure.
#[derive(Debug, Default)]
struct KeyReader {
    keys: Keys,
    text: Vec<u8>,
    /// The kernel had no room: what it still holds of this burst is of no use up to the next report.
    dropped: bool,
}

impl KeyReader {
    fn take(&mut self, event: InputEvent) {
        match event.destructure() {
            EventSummary::Synchronization(_, SynchronizationCode::SYN_DROPPED, _) => {
                self.dropped = true;
                self.keys.lost(&mut self.text);
            }
            EventSummary::Synchronization(_, SynchronizationCode::SYN_REPORT, _) => self.dropped = false,
            // 0 is up, 1 down, 2 the kernel's own repeating of a key that is held.
            EventSummary::Key(_, key, value @ (0 | 1)) if !self.dropped => {
                self.keys.key(key.0, value == 1, &mut self.text);
            }
            _ => {}
        }
    }

    fn give(&mut self, into: &mut [u8]) -> usize {
        let given = self.text.len().min(into.len());
        for (place, byte) in into.iter_mut().zip(self.text.drain(..given)) {
            *place = byte;
        }
        given
    }
}

#[cfg(test)]
#[path = "hid_tests.rs"]
mod tests;
