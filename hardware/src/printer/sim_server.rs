//! A ZPL printer made of software that listens on TCP: takes labels, answers `~HS`, can be told to be out of paper or
//! silent. For tests and for trying a configuration without a printer.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::host_status::HostStatus;

/// How many labels it keeps; older ones are forgotten.
const LABELS_KEPT_MAX: usize = 1000;
/// The longest label; what is longer is thrown away.
const LABEL_MAX_BYTES: usize = 1 << 20;
/// How many conversations at once; further ones wait.
const CONVERSATIONS_MAX: usize = 16;
/// How often it looks whether it should stop.
const TURN: Duration = Duration::from_millis(20);

#[derive(Debug, Default)]
struct Shared {
    labels: VecDeque<Vec<u8>>,
    status: HostStatus,
    silent: bool,
}

/// The printer. It stops when it is dropped.
#[derive(Debug)]
pub struct SimZplPrinter {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    stop: Arc<AtomicBool>,
    listener: Option<JoinHandle<()>>,
}

impl SimZplPrinter {
    /// Listens on `address`; port 0 takes a free one.
    pub fn start(address: &str) -> io::Result<SimZplPrinter> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (shared, stop) = (Arc::new(Mutex::new(Shared::default())), Arc::new(AtomicBool::new(false)));
        let (its_shared, its_stop) = (Arc::clone(&shared), Arc::clone(&stop));
        let thread =
            thread::Builder::new().name("sim-zpl".into()).spawn(move || listen(&listener, &its_shared, &its_stop))?;
        Ok(SimZplPrinter { address, shared, stop, listener: Some(thread) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The labels it got (`^XA` to `^XZ`), oldest first.
    pub fn labels(&self) -> Vec<Vec<u8>> {
        lock(&self.shared).labels.iter().cloned().collect()
    }

    /// What it answers to `~HS` from now on.
    pub fn set_status(&self, status: HostStatus) {
        lock(&self.shared).status = status;
    }

    /// Answers nothing, as newer firmware does while labels are out.
    pub fn set_silent(&self, silent: bool) {
        lock(&self.shared).silent = silent;
    }
}

impl Drop for SimZplPrinter {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn listen(listener: &TcpListener, shared: &Arc<Mutex<Shared>>, stop: &Arc<AtomicBool>) {
    let mut conversations: Vec<JoinHandle<()>> = Vec::new();
    while !stop.load(Ordering::Acquire) {
        conversations.retain(|conversation| !conversation.is_finished());
        let accepted = if conversations.len() < CONVERSATIONS_MAX { listener.accept().ok() } else { None };
        let Some((stream, _)) = accepted else {
            thread::sleep(TURN);
            continue;
        };
        let (shared, stop) = (Arc::clone(shared), Arc::clone(stop));
        let conversation = thread::Builder::new().name("sim-zpl-job".into()).spawn(move || {
            // A client that breaks off is its own affair.
            let _ = converse(stream, &shared, &stop);
        });
        conversations.extend(conversation);
    }
    for conversation in conversations {
        let _ = conversation.join();
    }
}

fn converse(mut stream: TcpStream, shared: &Mutex<Shared>, stop: &AtomicBool) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(TURN))?;
    stream.set_write_timeout(Some(Duration::from_secs(1)))?;
    let (mut waiting, mut piece) = (Vec::new(), [0_u8; 4096]);
    while !stop.load(Ordering::Acquire) {
        match stream.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(read) => waiting.extend_from_slice(piece.get(..read).unwrap_or(&[])),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {
                continue;
            }
            Err(e) => return Err(e),
        }
        while let Some(answer) = take_command(&mut waiting, &mut lock(shared)) {
            stream.write_all(&answer)?;
        }
    }
    Ok(())
}

/// Takes the first whole command off `waiting`; the answer may be empty. `None`: nothing whole is left.
fn take_command(waiting: &mut Vec<u8>, shared: &mut Shared) -> Option<Vec<u8>> {
    let find = |what: &[u8]| waiting.windows(3).position(|at| at.eq_ignore_ascii_case(what));
    let (query, begin) = (find(b"~HS"), find(b"^XA"));
    // `~HS` is obeyed at once, even within a label.
    if let Some(at) = query {
        waiting.drain(at..at + 3);
        return Some(if shared.silent { Vec::new() } else { shared.status.answer() });
    }
    let end = begin.and_then(|begin| find(b"^XZ").filter(|end| *end > begin));
    if let (Some(begin), Some(end)) = (begin, end) {
        let label = waiting.drain(..end + 3).skip(begin).collect();
        if shared.labels.len() == LABELS_KEPT_MAX {
            shared.labels.pop_front();
        }
        shared.labels.push_back(label);
        return Some(Vec::new());
    }
    if waiting.len() > LABEL_MAX_BYTES {
        waiting.clear();
    }
    None
}
