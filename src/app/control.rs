//! The way of a command that writes while the server runs: newline-delimited JSON over a Unix socket in the data
//! directory. Who may open the socket (its folder is the service's own, mode 0700) may administer the ledger, as
//! with the database file beside it.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::tasks::{Done, Task, TaskError};
use crate::ledger::Ledger;

/// The longest line taken: an import chunk of a few hundred rows is well below it.
const LINE_MAX_BYTES: u64 = 4 << 20;
/// How long a command waits for the server's answer; a rebuild of a large ledger is the longest.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3600);
/// The socket's name in the data directory.
const SOCKET: &str = "control.sock";

/// What the server answers.
#[derive(Debug, Serialize, Deserialize)]
enum Answer {
    Done(Done),
    Failed(TaskError),
}

/// A running server, seen from a command.
#[derive(Debug)]
pub struct Remote {
    stream: BufReader<UnixStream>,
}

impl Remote {
    /// Connects to the server that holds `data_dir`.
    pub fn connect(data_dir: &Path) -> std::io::Result<Remote> {
        let stream = UnixStream::connect(data_dir.join(SOCKET))?;
        stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
        Ok(Remote { stream: BufReader::new(stream) })
    }

    /// Has the server do `task`.
    pub fn run(&mut self, task: &Task) -> Result<Done, TaskError> {
        let lost = |error: std::io::Error| {
            TaskError::new(format!(
                "the running server stopped answering ({error}): look at its log, then run this again"
            ))
        };
        let mut line = serde_json::to_vec(task).map_err(|error| TaskError::new(error.to_string()))?;
        line.push(b'\n');
        self.stream.get_mut().write_all(&line).map_err(lost)?;
        let mut answer = String::new();
        self.stream.read_line(&mut answer).map_err(lost)?;
        if answer.is_empty() {
            return Err(TaskError::new("the server stopped before it answered: run this again".to_owned()));
        }
        match serde_json::from_str(&answer) {
            Ok(Answer::Done(done)) => Ok(done),
            Ok(Answer::Failed(error)) => Err(error),
            Err(error) => {
                Err(TaskError::new(format!("the running server is of another version ({error}): restart it")))
            }
        }
    }
}

/// The server's end; the socket file goes away with it, and so does its hold on the ledger.
#[derive(Debug)]
pub struct Control {
    path: PathBuf,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Control {
    /// Opens the socket and serves it on a thread, a thread more for each command under way.
    pub fn serve(data_dir: &Path, ledger: Ledger) -> std::io::Result<Control> {
        let path = data_dir.join(SOCKET);
        // The data directory's lock is ours, so a socket that is there was left by a server that died.
        let _left_over = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        let stopping = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopping);
        let thread = std::thread::Builder::new().name("control".to_owned()).spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::Acquire) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let ledger = ledger.clone();
                let spawned = std::thread::Builder::new().name("command".to_owned()).spawn(move || {
                    if let Err(error) = answer_all(&stream, &ledger) {
                        tracing::warn!(%error, "a command's connection broke");
                    }
                });
                if let Err(error) = spawned {
                    tracing::error!(%error, "no thread for a command");
                }
            }
        })?;
        Ok(Control { path, stopping, thread: Some(thread) })
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Release);
        // The thread waits for a connection: this one tells it to look up.
        let woken = UnixStream::connect(&self.path).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| woken)
            && thread.join().is_err()
        {
            tracing::error!("the thread that takes commands had panicked");
        }
        let _gone = std::fs::remove_file(&self.path);
    }
}

fn answer_all(stream: &UnixStream, ledger: &Ledger) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = Vec::new();
        let read = std::io::Read::take(&mut reader, LINE_MAX_BYTES).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(());
        }
        let answer = match serde_json::from_slice::<Task>(&line) {
            Ok(task) => match task.run(ledger) {
                Ok(done) => Answer::Done(done),
                Err(error) => Answer::Failed(error),
            },
            Err(error) => Answer::Failed(TaskError::new(format!(
                "this server does not understand the command ({error}): use the program of the server's version"
            ))),
        };
        let mut bytes = serde_json::to_vec(&answer).map_err(std::io::Error::other)?;
        bytes.push(b'\n');
        (&mut &*stream).write_all(&bytes)?;
    }
}
