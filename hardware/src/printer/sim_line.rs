//! What all printers made of software have in common: a TCP port or a pseudo terminal on which a machine is spoken to.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serialport::{SerialPort, TTYPort};

/// How many conversations at once; further ones wait.
const CONVERSATIONS_MAX: usize = 16;
/// How often it looks whether it should stop, and whether the machine has something to say.
const TURN: Duration = Duration::from_millis(20);
/// What a machine reads at once; a slow one pauses after each.
const PIECE_BYTES: usize = 1024;

/// What a machine does on hearing something.
#[derive(Debug, Default)]
pub(super) struct Reaction {
    /// It says this.
    pub(super) says: Vec<u8>,
    /// It breaks the connection off.
    pub(super) resets: bool,
    /// It ends the connection.
    pub(super) ends: bool,
    /// It reads nothing for so long.
    pub(super) pauses: Duration,
}

/// A machine that takes bytes and answers.
pub(super) trait Machine: Send + 'static {
    /// Someone connected.
    fn connected(&mut self) -> Reaction {
        Reaction::default()
    }
    /// `waiting` is what came and was not taken yet.
    fn hear(&mut self, waiting: &mut Vec<u8>) -> Reaction;
    /// What it says by itself, asked many times a second.
    fn speak(&mut self) -> Vec<u8> {
        Vec::new()
    }
}

/// A machine and the thread on which it is spoken to. It stops when it is dropped.
#[derive(Debug)]
pub(super) struct Running<M> {
    machine: Arc<Mutex<M>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl<M: Machine> Running<M> {
    /// On a TCP port; port 0 takes a free one.
    pub(super) fn on_tcp(machine: M, address: &str) -> io::Result<(Self, SocketAddr)> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok((Self::start(machine, move |machine, stop| listen(&listener, machine, stop))?, address))
    }

    /// On a pseudo terminal: the path of its other end.
    pub(super) fn on_tty(machine: M) -> io::Result<(Self, String)> {
        let (mut master, slave) = TTYPort::pair().map_err(io::Error::from)?;
        let path = slave.name().ok_or(ErrorKind::NotFound)?;
        // Held open, so that the line does not end when a program closes it, but not locked.
        let held = OpenOptions::new().read(true).write(true).custom_flags(no_control()).open(&path)?;
        drop(slave);
        master.set_timeout(TURN).map_err(io::Error::from)?;
        let running = Self::start(machine, move |machine, stop| {
            let _held = held;
            let _ = converse(&mut master, &mut Vec::new(), machine, stop);
        })?;
        Ok((running, path))
    }

    fn start(machine: M, work: impl FnOnce(&Arc<Mutex<M>>, &Arc<AtomicBool>) + Send + 'static) -> io::Result<Self> {
        let (machine, stop) = (Arc::new(Mutex::new(machine)), Arc::new(AtomicBool::new(false)));
        let (its_machine, its_stop) = (Arc::clone(&machine), Arc::clone(&stop));
        let thread = thread::Builder::new().name("sim-printer".into()).spawn(move || work(&its_machine, &its_stop))?;
        Ok(Self { machine, stop, thread: Some(thread) })
    }

    pub(super) fn machine(&self) -> MutexGuard<'_, M> {
        lock(&self.machine)
    }
}

impl<M> Drop for Running<M> {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Opening it must not make it this program's terminal.
fn no_control() -> i32 {
    i32::try_from(rustix::fs::OFlags::NOCTTY.bits()).unwrap_or(0)
}

fn lock<M>(machine: &Mutex<M>) -> MutexGuard<'_, M> {
    machine.lock().unwrap_or_else(PoisonError::into_inner)
}

fn listen<M: Machine>(listener: &TcpListener, machine: &Arc<Mutex<M>>, stop: &Arc<AtomicBool>) {
    let mut conversations: Vec<JoinHandle<()>> = Vec::new();
    while !stop.load(Ordering::Acquire) {
        conversations.retain(|conversation| !conversation.is_finished());
        let accepted = if conversations.len() < CONVERSATIONS_MAX { listener.accept().ok() } else { None };
        let Some((stream, _)) = accepted else {
            thread::sleep(TURN);
            continue;
        };
        let (machine, stop) = (Arc::clone(machine), Arc::clone(stop));
        let conversation = thread::Builder::new().name("sim-printer-job".into()).spawn(move || {
            // A client that breaks off is its own affair.
            let _ = serve(stream, &machine, &stop);
        });
        conversations.extend(conversation);
    }
    for conversation in conversations {
        let _ = conversation.join();
    }
}

fn serve<M: Machine>(mut stream: TcpStream, machine: &Mutex<M>, stop: &AtomicBool) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(TURN))?;
    stream.set_write_timeout(Some(Duration::from_secs(1)))?;
    if lock(machine).connected().resets || converse(&mut stream, &mut Vec::new(), machine, stop)? {
        // Closing with no time to linger is a reset.
        rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO))?;
    }
    Ok(())
}

/// Until the other side ends or `stop`; `true`: the machine breaks off.
fn converse<M: Machine, S: Read + Write>(
    line: &mut S,
    waiting: &mut Vec<u8>,
    machine: &Mutex<M>,
    stop: &AtomicBool,
) -> io::Result<bool> {
    let mut piece = [0_u8; PIECE_BYTES];
    while !stop.load(Ordering::Acquire) {
        match line.read(&mut piece) {
            Ok(0) => return Ok(false),
            Ok(read) => waiting.extend_from_slice(piece.get(..read).unwrap_or(&[])),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {
                let says = lock(machine).speak();
                line.write_all(&says)?;
                continue;
            }
            Err(e) => return Err(e),
        }
        let reaction = lock(machine).hear(waiting);
        line.write_all(&reaction.says)?;
        if reaction.resets || reaction.ends {
            return Ok(reaction.resets);
        }
        let pauses = reaction.pauses.as_millis() / TURN.as_millis().max(1);
        for _ in 0..pauses {
            if stop.load(Ordering::Acquire) {
                break;
            }
            thread::sleep(TURN);
        }
    }
    Ok(false)
}
