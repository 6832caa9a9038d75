//! Printers behind a device file: `/dev/usb/lp0`, or a serial line.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use serialport::{SerialPort, TTYPort};

use super::port::{Place, Port};
use super::watchdog::{Limits, is_pause};
use crate::profile::LineSettings;
use crate::scanner::serial::open_line;

/// How long one write or read waits before the talking side looks at its own limits.
const TURN: Duration = Duration::from_millis(100);
/// The pause after a read that gave nothing: some USB printers answer with empty packets.
const EMPTY_PAUSE: Duration = Duration::from_millis(10);

/// A printer behind a device file that takes bytes as they are.
#[derive(Debug, Clone)]
pub(super) struct Device(pub(super) PathBuf);

impl Place for Device {
    fn open(&self, _: &Limits) -> io::Result<Box<dyn Port>> {
        // Never created: a printer that was unplugged must not become a file.
        let mut way = OpenOptions::new();
        way.write(true).custom_flags(i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0));
        // Some printers and rights allow only writing.
        let file = way.clone().read(true).open(&self.0).or_else(|_| way.open(&self.0))?;
        Ok(Box::new(DevicePort(file)))
    }

    fn name(&self) -> String {
        self.0.display().to_string()
    }

    fn word(&self) -> &'static str {
        "device"
    }

    fn can_answer(&self) -> bool {
        std::fs::metadata(&self.0).map_or(true, |found| found.file_type().is_char_device())
    }
}

#[derive(Debug)]
struct DevicePort(File);

impl DevicePort {
    /// Waits until the device takes or gives; `false`: not within `most`.
    fn wait(&self, what: PollFlags, most: Duration) -> io::Result<bool> {
        let mut fds = [PollFd::new(&self.0, what)];
        let time = Timespec::try_from(most).map_err(io::Error::other)?;
        match poll(&mut fds, Some(&time)) {
            Ok(ready) => Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

impl Port for DevicePort {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.wait(PollFlags::OUT, TURN)?;
                Err(error)
            }
            other => other,
        }
    }

    fn read(&mut self, into: &mut [u8], most: Duration) -> io::Result<usize> {
        let began = Instant::now();
        loop {
            match self.0.read(into) {
                Ok(0) => thread::sleep(EMPTY_PAUSE),
                Err(error) if is_pause(&error) => {
                    self.wait(PollFlags::IN, most.saturating_sub(began.elapsed()).min(TURN))?;
                }
                other => return other,
            }
            if began.elapsed() >= most {
                return Err(ErrorKind::TimedOut.into());
            }
        }
    }

    fn finish(&mut self, _: &Limits) -> io::Result<()> {
        self.0.flush()
    }
}

/// A printer on a serial line.
#[derive(Debug, Clone)]
pub(super) struct Serial {
    pub(super) path: PathBuf,
    pub(super) line: LineSettings,
}

impl Place for Serial {
    fn open(&self, _: &Limits) -> io::Result<Box<dyn Port>> {
        Ok(Box::new(SerialPrinterPort(open_line(&self.path, self.line).map_err(io::Error::from)?)))
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn word(&self) -> &'static str {
        "serial"
    }
}

#[derive(Debug)]
struct SerialPrinterPort(TTYPort);

impl Port for SerialPrinterPort {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn read(&mut self, into: &mut [u8], most: Duration) -> io::Result<usize> {
        self.0.set_timeout(most.max(Duration::from_millis(1))).map_err(io::Error::from)?;
        let read = self.0.read(into);
        self.0.set_timeout(TURN).map_err(io::Error::from)?;
        match read {
            // A serial line has no end of file: this is how some drivers say that the device is gone.
            Ok(0) => Err(ErrorKind::BrokenPipe.into()),
            other => other,
        }
    }

    fn finish(&mut self, _: &Limits) -> io::Result<()> {
        self.0.flush()
    }
}
