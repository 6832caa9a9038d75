//! Raw printing over TCP, by custom on port 9100. Nobody signs in there: whoever reaches the port can print.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use super::host_status::{ANSWER_MAX_BYTES, HostStatus};
use super::{Doubt, Fault, Health, Payload, Printer, PrinterState, Progress, SendError, SendOutcome, Track};

/// The limits of a conversation with a printer on TCP.
#[derive(Debug, Clone, Copy)]
pub struct TcpLimits {
    /// The longest wait for the connection.
    pub connect: Duration,
    /// The longest wait for the printer to take one chunk.
    pub write: Duration,
    /// The longest time for a whole job: a printer that dribbles is stuck too.
    pub job: Duration,
    /// After the last byte: how long a reset is waited for, which would mean that the job was thrown away.
    pub linger: Duration,
    /// The longest wait for an answer to `~HS`.
    pub status: Duration,
}

impl Default for TcpLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            write: Duration::from_secs(5),
            job: Duration::from_secs(60),
            linger: Duration::from_millis(300),
            status: Duration::from_secs(2),
        }
    }
}

/// Bytes handed to the system at once: small, so that what is known to have been taken is known closely.
const CHUNK_BYTES: usize = 1024;

/// A printer on TCP.
#[derive(Debug)]
pub struct TcpPrinter {
    address: String,
    asks_host_status: bool,
    limits: TcpLimits,
}

impl TcpPrinter {
    /// A printer at `address` (`host:port`). `asks_host_status`: it speaks ZPL and answers `~HS`.
    pub fn new(address: &str, asks_host_status: bool, limits: TcpLimits) -> Self {
        Self { address: address.to_owned(), asks_host_status, limits }
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let mut last = io::Error::new(ErrorKind::NotFound, "the name has no address");
        for address in self.address.to_socket_addrs()?.take(4) {
            match self.connect_to(&address) {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn connect_to(&self, address: &SocketAddr) -> io::Result<TcpStream> {
        let stream = TcpStream::connect_timeout(address, self.limits.connect)?;
        stream.set_write_timeout(Some(self.limits.write))?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    fn write_all(&self, stream: &mut TcpStream, bytes: &[u8]) -> Result<(), (usize, SendError)> {
        let (mut sent_bytes, began) = (0, Instant::now());
        while let Some(rest) = bytes.get(sent_bytes..).filter(|rest| !rest.is_empty()) {
            if began.elapsed() > self.limits.job {
                return Err((sent_bytes, self.stuck(self.limits.job)));
            }
            match stream.write(rest.get(..CHUNK_BYTES).unwrap_or(rest)) {
                Ok(taken) => sent_bytes += taken,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) => return Err((sent_bytes, self.stuck(self.limits.write))),
                Err(error) => return Err((sent_bytes, self.broke(error))),
            }
        }
        Ok(())
    }

    /// Waits a moment for the printer's side to end. A reset means that it threw away what it had not read.
    fn hear_out(&self, stream: &mut TcpStream) -> io::Result<()> {
        stream.shutdown(Shutdown::Write)?;
        stream.set_read_timeout(Some(self.limits.linger))?;
        let (mut ignored, began) = ([0_u8; 256], Instant::now());
        while began.elapsed() < self.limits.linger {
            match stream.read(&mut ignored) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if is_timeout(&error) => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn host_status(&self) -> io::Result<Option<HostStatus>> {
        let mut stream = self.connect()?;
        stream.write_all(b"~HS\r\n")?;
        let (mut answer, mut piece, began) = (Vec::new(), [0_u8; 128], Instant::now());
        while !HostStatus::is_whole(&answer) && answer.len() < ANSWER_MAX_BYTES {
            let left = self.limits.status.saturating_sub(began.elapsed());
            if left.is_zero() {
                return Ok(None);
            }
            stream.set_read_timeout(Some(left))?;
            match stream.read(&mut piece) {
                Ok(0) => break,
                Ok(read) => answer.extend_from_slice(piece.get(..read).unwrap_or(&[])),
                Err(error) if is_timeout(&error) => return Ok(None),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(HostStatus::parse(&answer))
    }

    fn stuck(&self, limit: Duration) -> SendError {
        SendError::Stuck { to: self.address.clone(), seconds: limit.as_secs() }
    }

    fn broke(&self, error: io::Error) -> SendError {
        SendError::Write { to: self.address.clone(), error }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

impl Printer for TcpPrinter {
    fn send(&self, job: Payload<'_>) -> SendOutcome {
        let mut stream = match self.connect() {
            Ok(stream) => stream,
            Err(error) => {
                return SendOutcome::NothingSent(SendError::Unreachable { to: self.address.clone(), error });
            }
        };
        if let Err((sent_bytes, error)) = self.write_all(&mut stream, job.bytes) {
            return SendOutcome::failed(sent_bytes, error);
        }
        match self.hear_out(&mut stream) {
            Ok(()) => SendOutcome::Sent(Track::none()),
            Err(error) => SendOutcome::failed(job.bytes.len(), self.broke(error)),
        }
    }

    fn follow(&self, _track: &mut Track) -> Progress {
        Progress::Unproven(Doubt::CannotCount)
    }

    fn health(&self) -> Health {
        if !self.asks_host_status {
            return match self.connect() {
                Ok(_) => PrinterState::CannotAsk.into(),
                Err(_) => Health::down(Fault::Unreachable),
            };
        }
        match self.host_status() {
            Ok(Some(status)) => Health { labels_to_come: Some(status.labels_remaining), ..status.state().into() },
            // Newer firmware is silent while labels or ribbon are out or the head is open.
            Ok(None) => Health::down(Fault::NoAnswer),
            Err(_) => Health::down(Fault::Unreachable),
        }
    }

    fn transport(&self) -> &'static str {
        "tcp"
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::super::sim_server::SimZplPrinter;
    use super::*;

    /// Short, yet long enough for a busy machine.
    fn quick() -> TcpLimits {
        TcpLimits {
            connect: Duration::from_secs(2),
            write: Duration::from_millis(300),
            job: Duration::from_secs(10),
            linger: Duration::from_secs(2),
            status: Duration::from_millis(800),
        }
    }

    fn job(bytes: &[u8]) -> Payload<'_> {
        Payload { name: "job-1.zpl", bytes, labels: 1, language: "zpl" }
    }

    #[test]
    fn a_label_arrives_whole_and_the_state_is_the_printers() {
        let sim = SimZplPrinter::start("127.0.0.1:0").unwrap();
        let printer = TcpPrinter::new(&sim.address().to_string(), true, quick());
        assert_eq!(printer.state(), PrinterState::Ready);
        assert!(matches!(printer.send(job(b"^XA^FDone^FS^XZ\n^XA^FDtwo^FS^XZ")), SendOutcome::Sent(_)));
        assert_eq!(sim.labels(), [b"^XA^FDone^FS^XZ", b"^XA^FDtwo^FS^XZ"]);
        sim.set_status(HostStatus { paper_out: true, ..HostStatus::default() });
        assert_eq!(printer.state(), PrinterState::NotReady(vec![Fault::PaperOut]));
        sim.set_silent(true);
        assert_eq!(printer.state(), PrinterState::NotReady(vec![Fault::NoAnswer]));
    }

    #[test]
    fn nobody_there_is_nothing_sent() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let printer = TcpPrinter::new(&free.to_string(), true, quick());
        assert!(matches!(printer.send(job(b"^XA^XZ")), SendOutcome::NothingSent(SendError::Unreachable { .. })));
        assert_eq!(printer.state(), PrinterState::NotReady(vec![Fault::Unreachable]));
    }

    #[test]
    fn a_printer_that_stops_reading_is_stuck_and_unknown() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let printer = TcpPrinter::new(&listener.local_addr().unwrap().to_string(), false, quick());
        let outcome = printer.send(job(&vec![b'x'; 64 << 20]));
        let SendOutcome::Unknown { sent_bytes, error: SendError::Stuck { .. } } = outcome else {
            panic!("{outcome:?}")
        };
        assert!(sent_bytes > 0);
    }

    #[test]
    fn a_reset_after_the_last_byte_is_unknown() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let printer = TcpPrinter::new(&listener.local_addr().unwrap().to_string(), false, quick());
        let peer = thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            thread::sleep(Duration::from_millis(50));
            // Closed with unread bytes: the kernel answers with a reset.
            drop(stream);
        });
        let outcome = printer.send(job(b"^XA^FDlost^FS^XZ"));
        assert!(matches!(outcome, SendOutcome::Unknown { .. }), "{outcome:?}");
        peer.join().unwrap();
    }
}
