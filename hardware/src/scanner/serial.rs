//! Scanners on a serial line or a USB virtual COM port.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;
use rustix::termios::{ControlModes, InputModes, OptionalActions, ioctl_tiocexcl, tcgetattr, tcsetattr};
use serialport::{DataBits, FlowControl, SerialPort, StopBits, TTYPort};

use super::LinkState;
use super::linked::{Link, Opened, Opener, Refused};
use crate::decoder::us_keyboard::UNREADABLE;
use crate::profile::{Flow, LineSettings, Parity, Profile};
use crate::usb::{UsbKind, UsbSelector, usb_devices};

/// How long a read or write of a printer's line waits.
const READ_TIMEOUT: Duration = Duration::from_millis(100);

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

    /// Says that it is not there, and what is there instead.
    pub fn absence(&self) -> String {
        let PortSelector::Usb(usb) = self else { return format!("{self} is not there") };
        usb.absence(&usb_devices())
    }
}

/// Finds a scanner on a serial port.
#[derive(Debug)]
pub struct SerialOpener {
    port: PortSelector,
    line: LineSettings,
    profile: Profile,
}

impl SerialOpener {
    /// The scanner at `port`, speaking as `profile` says; `baud` where the configuration differs from the profile.
    pub fn new(port: PortSelector, profile: &Profile, baud: Option<u32>) -> Self {
        let line = LineSettings { baud: baud.unwrap_or(profile.serial.baud), ..profile.serial };
        Self { port, line, profile: profile.clone() }
    }
}

impl Opener for SerialOpener {
    fn open(&self) -> Result<Opened, Refused> {
        let Some(path) = self.port.resolve() else {
            return Err(Refused::new(LinkState::NotFound, self.port.absence()));
        };
        let line = TtyLink::open(&path, self.line).map_err(|error| {
            let (state, path) = (refused(&error), path.display());
            Refused::new(
                state,
                match state {
                    LinkState::NoPermission => format!("{path} may not be opened: see `outguide devices`"),
                    LinkState::InUse => format!("{path} is in use by another program"),
                    _ => format!("{path}: {error}"),
                },
            )
        })?;
        Ok((Box::new(line), self.profile.decoder()))
    }

    fn transport(&self) -> &'static str {
        "serial"
    }
}

/// A serial line whose reads and writes never wait. The serial library's port has no such mode, and a scanner that
/// holds its line up must not keep us from hearing it.
#[derive(Debug)]
struct TtyLink {
    tty: File,
    marks: Marks,
}

impl TtyLink {
    /// Opens a line, raw, for this program alone. Opening raises DTR: many USB scanners send only while it is up.
    fn open(path: &Path, line: LineSettings) -> io::Result<TtyLink> {
        let flags = OFlags::NOCTTY | OFlags::NONBLOCK;
        let mut options = OpenOptions::new();
        options.read(true).write(true).custom_flags(i32::try_from(flags.bits()).unwrap_or(0));
        let tty = options.open(path)?;
        let mut modes = tcgetattr(&tty)?;
        // Against programs that open it later, and those of the superuser that respect only this lock.
        ioctl_tiocexcl(&tty)?;
        flock(&tty, FlockOperation::NonBlockingLockExclusive).map_err(|error| match error {
            Errno::WOULDBLOCK => Errno::BUSY,
            other => other,
        })?;
        modes.make_raw();
        // Bytes with wrong parity or framing (another baud rate) are marked, not passed on as if they were right.
        modes.input_modes |= InputModes::INPCK | InputModes::PARMRK;
        modes.input_modes.set(InputModes::IXON | InputModes::IXOFF, line.flow == Flow::Software);
        modes.control_modes |= ControlModes::CREAD | ControlModes::CLOCAL;
        modes.control_modes.remove(ControlModes::CSIZE);
        modes.control_modes |= if line.data_bits == 7 { ControlModes::CS7 } else { ControlModes::CS8 };
        modes.control_modes.set(ControlModes::CSTOPB, line.stop_bits == 2);
        modes.control_modes.set(ControlModes::PARENB, line.parity != Parity::None);
        modes.control_modes.set(ControlModes::PARODD, line.parity == Parity::Odd);
        modes.control_modes.set(ControlModes::CRTSCTS, line.flow == Flow::Hardware);
        modes.set_speed(line.baud)?;
        tcsetattr(&tty, OptionalActions::Now, &modes)?;
        Ok(TtyLink { tty, marks: Marks::default() })
    }
}

impl Link for TtyLink {
    fn fd(&self) -> BorrowedFd<'_> {
        self.tty.as_fd()
    }

    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.tty.read(into)?;
        if read == 0 {
            return Ok(0);
        }
        match self.marks.take_out(into, read) {
            // Half a mark and nothing else yet.
            0 => Err(ErrorKind::WouldBlock.into()),
            kept => Ok(kept),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.tty.write(bytes)
    }
}

/// Undoes the marks of `PARMRK` (termios): `FF 00 x` is a damaged byte and becomes one that is no text, `FF FF` is `FF`.
#[derive(Debug, Default)]
struct Marks {
    seen: usize,
}

impl Marks {
    /// Works in place on the first `read` bytes; how many are left.
    fn take_out(&mut self, bytes: &mut [u8], read: usize) -> usize {
        let mut kept = 0;
        for at in 0..read {
            let Some(byte) = bytes.get(at).copied() else { break };
            let byte = match (self.seen, byte) {
                (0, 0xFF) => {
                    self.seen = 1;
                    continue;
                }
                (1, 0x00) => {
                    self.seen = 2;
                    continue;
                }
                (0, byte) => byte,
                _ => UNREADABLE,
            };
            self.seen = 0;
            if let Some(place) = bytes.get_mut(kept) {
                *place = byte;
                kept += 1;
            }
        }
        kept
    }
}

fn refused(error: &io::Error) -> LinkState {
    match error.kind() {
        ErrorKind::PermissionDenied => LinkState::NoPermission,
        ErrorKind::NotFound => LinkState::NotFound,
        ErrorKind::ResourceBusy => LinkState::InUse,
        // A device file whose device has just gone.
        _ if matches!(Errno::from_io_error(error), Some(Errno::NXIO | Errno::NODEV)) => LinkState::NotFound,
        _ => LinkState::Failed,
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
    // Many USB devices send only while DTR is up. A pseudo terminal has no such line.
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
    use std::cell::Cell;
    use std::io::Write;
    use std::os::unix::fs::symlink;
    use std::sync::mpsc::{self, Receiver};
    use std::thread::JoinHandle;

    use super::super::linked::LinkedScanner;
    use super::super::{ScannerEvent, Stop, start};
    use super::*;
    use crate::framer::FrameEvent;

    fn scanner(path: &Path, profile: &Profile) -> LinkedScanner {
        LinkedScanner::new(Box::new(SerialOpener::new(PortSelector::Path(path.to_owned()), profile, None)))
    }

    struct Running {
        events: Receiver<ScannerEvent>,
        stop: Stop,
        thread: Option<JoinHandle<()>>,
        last: Cell<Option<LinkState>>,
    }

    impl Running {
        fn at(path: &Path) -> Running {
            let (sender, events) = mpsc::channel();
            let stop = Stop::default();
            let profile = Profile::named("generic").unwrap();
            let scanner = scanner(path, &profile);
            let thread = start("t", Box::new(scanner), move |event| drop(sender.send(event)), stop.clone()).unwrap();
            Running { events, stop, thread: Some(thread), last: Cell::new(None) }
        }

        fn next(&self) -> ScannerEvent {
            self.events.recv_timeout(Duration::from_secs(10)).unwrap()
        }

        /// The next other state; its text may change in between.
        fn state(&self) -> LinkState {
            loop {
                match self.next() {
                    ScannerEvent::Link(state, _) if self.last.replace(Some(state)) == Some(state) => {}
                    ScannerEvent::Link(state, _) => return state,
                    event => panic!("{event:?}"),
                }
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
    fn marks_of_damaged_bytes_are_undone_wherever_a_read_ends() {
        let marked = b"A\xFF\x00BC\xFF\xFFD\xFF\x00\x00E";
        for cut in 0..=marked.len() {
            let (mut marks, mut text) = (Marks::default(), Vec::new());
            for piece in [&marked[..cut], &marked[cut..]] {
                let mut bytes = piece.to_vec();
                let kept = marks.take_out(&mut bytes, piece.len());
                text.extend_from_slice(&bytes[..kept]);
            }
            assert_eq!(text, b"A\xFFC\xFFD\xFFE", "cut at {cut}");
        }
    }

    #[test]
    fn a_code_that_came_while_this_program_was_held_up_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("gun");
        let mut port = plug(&link);
        let (sender, events) = mpsc::sync_channel(0);
        let stop = Stop::default();
        let profile = Profile::named("generic").unwrap();
        let scanner = scanner(&link, &profile);
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
