//! Scanners on a serial line or a USB virtual COM port.

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serialport::{DataBits, FlowControl, SerialPort, StopBits, TTYPort};

use super::{Backoff, LinkState, Scanner, ScannerEvent, Stop};
use crate::framer::{FrameEvent, Framer};
use crate::profile::{Flow, LineSettings, Parity, Profile};
use crate::usb::{UsbKind, UsbSelector, usb_devices};

/// How long one read waits: so often the loop looks at the clock and at `stop`.
const READ_TIMEOUT: Duration = Duration::from_millis(100);
/// Bytes taken at once.
const READ_BYTES: usize = 1024;
/// The first and the longest pause between tries to open the port. Short enough that a scanner that was plugged in
/// again works before the next chart is in hand.
const RETRY_FIRST: Duration = Duration::from_millis(200);
const RETRY_MAX: Duration = Duration::from_secs(2);

/// Which port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortSelector {
    /// A device file, best one that udev keeps in place (`/dev/serial/by-id/…`).
    Path(PathBuf),
    /// The serial port of a USB device, whatever its number today.
    Usb(UsbSelector),
}

impl std::fmt::Display for PortSelector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PortSelector::Path(path) => write!(f, "{}", path.display()),
            PortSelector::Usb(usb) => write!(f, "{usb}"),
        }
    }
}

impl PortSelector {
    /// Its device file now, if it is there.
    pub fn resolve(&self) -> Option<PathBuf> {
        match self {
            PortSelector::Path(path) => Some(path.clone()).filter(|path| path.exists()),
            PortSelector::Usb(usb) => {
                let mut ports = usb_devices().into_iter().filter(|device| device.kind == UsbKind::Serial);
                ports.find(|device| usb.fits(device)).map(|device| device.path)
            }
        }
    }
}

/// A scanner on a serial port.
#[derive(Debug)]
pub struct SerialScanner {
    port: PortSelector,
    line: LineSettings,
    framer: Framer,
    /// The time spent waiting for bytes. A pause counts only while the line was watched: bytes that wait in the kernel
    /// while this program is held up (a full queue, a suspended machine) must not look like half a frame.
    watched: Duration,
    state: LinkState,
    was_ready: bool,
}

impl SerialScanner {
    /// The scanner at `port`, speaking as `profile` says; `baud` where the configuration differs from the profile.
    pub fn new(port: PortSelector, profile: &Profile, baud: Option<u32>) -> Self {
        let line = LineSettings { baud: baud.unwrap_or(profile.serial.baud), ..profile.serial };
        Self {
            port,
            line,
            framer: Framer::new(profile.framing.clone()),
            watched: Duration::ZERO,
            state: LinkState::Connecting,
            was_ready: false,
        }
    }

    fn open(&self) -> Result<TTYPort, (LinkState, Option<String>)> {
        let Some(path) = self.port.resolve() else {
            let state = if self.was_ready { LinkState::Gone } else { LinkState::NotFound };
            return Err((state, Some(format!("{} is not there", self.port))));
        };
        open_line(&path, self.line).map_err(|error| {
            let state = refusal(&error);
            let text = match state {
                LinkState::NoPermission => format!("{} may not be opened: see `outguide devices`", path.display()),
                LinkState::InUse => format!("{} is in use by another program", path.display()),
                _ => format!("{}: {error}", path.display()),
            };
            (state, Some(text))
        })
    }

    fn tell(&mut self, state: LinkState, text: Option<String>, sink: &mut dyn FnMut(ScannerEvent)) {
        if self.state != state {
            self.state = state;
            sink(ScannerEvent::Link(state, text));
        }
    }

    /// Reads until the line breaks or `stop`; tells what broke it.
    fn read(&mut self, port: &mut TTYPort, sink: &mut dyn FnMut(ScannerEvent), stop: &Stop) -> Option<String> {
        let (mut bytes, mut events) = ([0_u8; READ_BYTES], Vec::new());
        while !stop.is_set() {
            let began = Instant::now();
            let read = port.read(&mut bytes);
            self.watched += began.elapsed().min(READ_TIMEOUT);
            let broke = match read {
                // A serial line has no end of file: this is how some drivers say that the device is gone.
                Ok(0) => Some("the device hung up".to_owned()),
                Ok(read) => {
                    self.framer.feed(bytes.get(..read).unwrap_or(&[]), self.watched, &mut events);
                    None
                }
                Err(error) => match error.kind() {
                    ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::Interrupted => {
                        self.framer.tick(self.watched, &mut events);
                        None
                    }
                    _ => Some(error.to_string()),
                },
            };
            if broke.is_some() {
                self.framer.hang_up(&mut events);
            }
            give(&mut events, sink);
            if broke.is_some() {
                return broke;
            }
        }
        None
    }
}

fn give(events: &mut Vec<FrameEvent>, sink: &mut dyn FnMut(ScannerEvent)) {
    for event in events.drain(..) {
        sink(ScannerEvent::Frame(event));
    }
}

impl Scanner for SerialScanner {
    fn run(&mut self, sink: &mut dyn FnMut(ScannerEvent), stop: &Stop) {
        let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MAX);
        while !stop.is_set() {
            match self.open() {
                Ok(mut port) => {
                    backoff.reset();
                    self.was_ready = true;
                    self.tell(LinkState::Ready, None, sink);
                    if let Some(broke) = self.read(&mut port, sink, stop) {
                        self.tell(LinkState::Gone, Some(broke), sink);
                    }
                }
                Err((state, text)) => self.tell(state, text, sink),
            }
            if stop.wait(backoff.pause()) {
                return;
            }
        }
    }

    fn transport(&self) -> &'static str {
        "serial"
    }
}

/// Opens a serial line, raw, for this program alone.
pub fn open_line(path: &Path, line: LineSettings) -> Result<TTYPort, serialport::Error> {
    let parity = match line.parity {
        Parity::None => serialport::Parity::None,
        Parity::Odd => serialport::Parity::Odd,
        Parity::Even => serialport::Parity::Even,
    };
    let flow = match line.flow {
        Flow::None => FlowControl::None,
        Flow::Hardware => FlowControl::Hardware,
        Flow::Software => FlowControl::Software,
    };
    let mut port = serialport::new(path.to_string_lossy(), line.baud)
        .data_bits(if line.data_bits == 7 { DataBits::Seven } else { DataBits::Eight })
        .parity(parity)
        .stop_bits(if line.stop_bits == 2 { StopBits::Two } else { StopBits::One })
        .flow_control(flow)
        .timeout(READ_TIMEOUT)
        .open_native()?;
    // Many USB scanners send only while DTR is up. A pseudo terminal has no such line.
    let _ = port.write_data_terminal_ready(true);
    Ok(port)
}

/// Why a port could not be opened.
pub fn refusal(error: &serialport::Error) -> LinkState {
    match error.kind() {
        serialport::ErrorKind::Io(ErrorKind::PermissionDenied) => LinkState::NoPermission,
        serialport::ErrorKind::Io(ErrorKind::NotFound) => LinkState::Gone,
        // The library's word for a port that is locked by another program.
        serialport::ErrorKind::NoDevice => LinkState::InUse,
        _ => LinkState::Failed,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::symlink;
    use std::sync::mpsc::{self, Receiver};
    use std::thread::JoinHandle;

    use super::super::start;
    use super::*;

    struct Running {
        events: Receiver<ScannerEvent>,
        stop: Stop,
        thread: Option<JoinHandle<()>>,
    }

    impl Running {
        fn at(path: &Path) -> Running {
            let (sender, events) = mpsc::channel();
            let stop = Stop::default();
            let profile = Profile::named("generic").unwrap();
            let scanner = SerialScanner::new(PortSelector::Path(path.to_owned()), &profile, None);
            let thread = start("t", Box::new(scanner), move |event| drop(sender.send(event)), stop.clone()).unwrap();
            Running { events, stop, thread: Some(thread) }
        }

        fn next(&self) -> ScannerEvent {
            self.events.recv_timeout(Duration::from_secs(10)).unwrap()
        }

        fn state(&self) -> LinkState {
            match self.next() {
                ScannerEvent::Link(state, _) => state,
                event @ ScannerEvent::Frame(_) => panic!("{event:?}"),
            }
        }
    }

    impl Drop for Running {
        fn drop(&mut self) {
            self.stop.set();
            self.thread.take().unwrap().join().unwrap();
        }
    }

    fn frame(text: &str) -> ScannerEvent {
        ScannerEvent::Frame(FrameEvent::Frame(text.into()))
    }

    /// A new pseudo terminal behind `link`; writing to what is returned is scanning, dropping it is unplugging.
    fn plug(link: &Path) -> TTYPort {
        let (master, slave) = TTYPort::pair().unwrap();
        let _ = std::fs::remove_file(link);
        symlink(slave.name().unwrap(), link).unwrap();
        master
    }

    #[test]
    fn split_frames_and_garbage_then_the_port_disappears_and_returns() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("gun");
        let scanner = Running::at(&link);
        assert_eq!(scanner.state(), LinkState::NotFound);

        let mut port = plug(&link);
        assert_eq!(scanner.state(), LinkState::Ready);
        for piece in [&b"C00000"[..], b"0017", b"00163\r", b"\n\xFF\xFE\x80\rKOUT1"] {
            port.write_all(piece).unwrap();
            std::thread::sleep(Duration::from_millis(30));
        }
        assert_eq!(scanner.next(), frame("C00000001700163"));
        assert!(matches!(scanner.next(), ScannerEvent::Frame(FrameEvent::Garbled(_))));

        std::fs::remove_file(&link).unwrap();
        drop(port);
        assert_eq!(scanner.next(), ScannerEvent::Frame(FrameEvent::HalfRead { bytes: 5 }));
        assert_eq!(scanner.state(), LinkState::Gone);

        let mut port = plug(&link);
        assert_eq!(scanner.state(), LinkState::Ready);
        port.write_all(b"C2\r").unwrap();
        assert_eq!(scanner.next(), frame("C2"));
    }

    #[test]
    fn a_code_that_came_while_this_program_was_held_up_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("gun");
        let mut port = plug(&link);
        let (sender, events) = mpsc::sync_channel(0);
        let stop = Stop::default();
        let profile = Profile::named("generic").unwrap();
        let scanner = SerialScanner::new(PortSelector::Path(link), &profile, None);
        let thread = start("t", Box::new(scanner), move |event| drop(sender.send(event)), stop.clone()).unwrap();
        assert_eq!(events.recv().unwrap(), ScannerEvent::Link(LinkState::Ready, None));
        // The scanner hands over A and waits for us, half of B read already; the rest comes meanwhile.
        port.write_all(b"A\rBB").unwrap();
        std::thread::sleep(Duration::from_millis(200));
        port.write_all(b"BB\r").unwrap();
        std::thread::sleep(Duration::from_millis(1200));
        assert_eq!([events.recv().unwrap(), events.recv().unwrap()], [frame("A"), frame("BBBB")]);
        stop.set();
        drop(events);
        thread.join().unwrap();
    }

    #[test]
    fn a_port_of_another_program_is_in_use_and_a_file_is_no_port() {
        let folder = tempfile::tempdir().unwrap();
        let (_master, mut slave) = TTYPort::pair().unwrap();
        slave.set_exclusive(true).unwrap();
        let name = slave.name().unwrap();
        assert_eq!(Running::at(Path::new(&name)).state(), LinkState::InUse);
        let file = folder.path().join("file");
        std::fs::write(&file, b"").unwrap();
        assert_eq!(Running::at(&file).state(), LinkState::Failed);
    }
}
