//! Scanners behind a device server (ser2net, Moxa, Lantronix): bytes of a serial line over raw TCP.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use rustix::net::sockopt;

use super::LinkState;
use super::linked::{Link, Opened, Opener, Refused};
use crate::profile::Profile;

/// How long a connection may take to come about, for each address of the name.
const CONNECT_WITHIN: Duration = Duration::from_secs(1);
/// How many addresses of a name are tried.
const ADDRESSES_MAX: usize = 4;
/// A silent line is asked for after so long, so often, and so many times in vain: a cable that was pulled on the way
/// is known after 3 s.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(1);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(1);
const KEEPALIVE_PROBES: u32 = 2;
/// What was sent and not acknowledged for so long breaks the connection, in milliseconds.
const UNACKNOWLEDGED_MS: u32 = 3000;

/// Finds a scanner at a network address.
#[derive(Debug)]
pub struct TcpOpener {
    address: String,
    profile: Profile,
}

impl TcpOpener {
    /// The scanner at `host:port`, speaking as `profile` says.
    pub fn new(address: &str, profile: &Profile) -> TcpOpener {
        TcpOpener { address: address.to_owned(), profile: profile.clone() }
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let mut failed = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in self.address.to_socket_addrs()?.take(ADDRESSES_MAX) {
            match connect(&address) {
                Ok(stream) => return Ok(stream),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }
}

fn connect(address: &SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(address, CONNECT_WITHIN)?;
    stream.set_nodelay(true)?;
    stream.set_nonblocking(true)?;
    sockopt::set_socket_keepalive(&stream, true)?;
    sockopt::set_tcp_keepidle(&stream, KEEPALIVE_IDLE)?;
    sockopt::set_tcp_keepintvl(&stream, KEEPALIVE_INTERVAL)?;
    sockopt::set_tcp_keepcnt(&stream, KEEPALIVE_PROBES)?;
    sockopt::set_tcp_user_timeout(&stream, UNACKNOWLEDGED_MS)?;
    Ok(stream)
}

impl Opener for TcpOpener {
    fn open(&self) -> Result<Opened, Refused> {
        let stream = self.connect().map_err(|error| {
            let text = format!("{} does not answer ({error}): device server on, address and port right?", self.address);
            Refused::new(LinkState::NotFound, text)
        })?;
        Ok((Box::new(TcpLink(stream)), self.profile.decoder()))
    }

    fn transport(&self) -> &'static str {
        "tcp"
    }
}

#[derive(Debug)]
struct TcpLink(TcpStream);

impl Link for TcpLink {
    fn fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::sync::mpsc;

    use super::super::bell::Signal;
    use super::super::linked::LinkedScanner;
    use super::super::{Scanner, ScannerEvent, Stop, start};
    use super::*;
    use crate::framer::FrameEvent;

    #[test]
    fn a_device_server_is_found_heard_answered_lost_and_found_again() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap().to_string();
        let profile = Profile::named("datalogic-cdc").unwrap();
        let scanner = LinkedScanner::new(Box::new(TcpOpener::new(&address, &profile)));
        let bell = scanner.bell().unwrap();
        let (sender, events) = mpsc::channel();
        let stop = Stop::default();
        let thread = start("t", Box::new(scanner), move |event| drop(sender.send(event)), stop.clone()).unwrap();
        let next = || events.recv_timeout(Duration::from_secs(10)).unwrap();
        let frame = |text: &str| ScannerEvent::Frame(FrameEvent::Frame(text.to_owned()));

        let (mut line, _) = server.accept().unwrap();
        assert_eq!(next(), ScannerEvent::Link(LinkState::Ready, None));
        line.write_all(b"LER").unwrap();
        line.write_all(b"07\r\nC00").unwrap();
        assert_eq!(next(), frame("LER07"));
        bell.ring(Signal::Good);
        let mut told = [0; 2];
        line.read_exact(&mut told).unwrap();
        assert_eq!(&told, b"E\x07", "enabled at the start, then the tone");

        drop(line);
        assert_eq!(next(), ScannerEvent::Frame(FrameEvent::HalfRead { bytes: 3 }));
        assert!(matches!(next(), ScannerEvent::Link(LinkState::Gone, Some(_))));
        bell.ring(Signal::Refused);
        let (mut line, _) = server.accept().unwrap();
        assert_eq!(next(), ScannerEvent::Link(LinkState::Ready, None));
        line.write_all(b"K1\r").unwrap();
        assert_eq!(next(), frame("K1"));
        let mut told = [0; 1];
        line.read_exact(&mut told).unwrap();
        assert_eq!(&told, b"E", "what was rung meanwhile is stale");
        stop.set();
        thread.join().unwrap();
    }
}
