//! Raw printing over TCP, by custom on port 9100. Nobody signs in there: whoever reaches the port can print.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use super::port::{Place, Port};
use super::watchdog::{Limits, is_pause};

/// How many addresses of one name are tried.
const ADDRESSES_MAX: usize = 4;
/// How long one write waits before the writer looks at its own limits.
const WRITE_TURN: Duration = Duration::from_millis(100);

/// A printer at `host:port`.
#[derive(Debug, Clone)]
pub(super) struct Tcp(pub(super) String);

impl Place for Tcp {
    fn open(&self, limits: &Limits) -> io::Result<Box<dyn Port>> {
        let mut last = io::Error::new(ErrorKind::NotFound, "the name has no address");
        for address in self.0.to_socket_addrs()?.take(ADDRESSES_MAX) {
            match connect(&address, limits) {
                Ok(stream) => return Ok(Box::new(stream)),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn name(&self) -> String {
        self.0.clone()
    }

    fn word(&self) -> &'static str {
        "tcp"
    }

    /// Many printers serve one connection at a time: whoever else prints there must not be kept out.
    fn stays_open(&self) -> bool {
        false
    }
}

fn connect(address: &SocketAddr, limits: &Limits) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(address, limits.connect)?;
    stream.set_write_timeout(Some(WRITE_TURN))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl Port for TcpStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(self, bytes)
    }

    fn read(&mut self, into: &mut [u8], most: Duration) -> io::Result<usize> {
        self.set_read_timeout(Some(most.max(Duration::from_millis(1))))?;
        Read::read(self, into)
    }

    /// Waits a moment for the printer's side to end. A reset means that it threw away what it had not read.
    fn finish(&mut self, limits: &Limits) -> io::Result<()> {
        self.shutdown(Shutdown::Write)?;
        let (mut ignored, began) = ([0_u8; 256], Instant::now());
        loop {
            let left = limits.linger.saturating_sub(began.elapsed());
            if left.is_zero() {
                return Ok(());
            }
            match Port::read(self, &mut ignored, left) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if is_pause(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }
}
