//! Writing to what may block for ever. A device file or serial line has no write timeout that holds: `write(2)` and
//! the drain behind it can hang for minutes. So a thread writes and the caller only waits.

use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use super::{SendError, SendOutcome, Track};

/// Bytes written at once; between chunks the writer looks whether it was given up.
const CHUNK_BYTES: usize = 512;

#[derive(Debug, Default)]
struct Progress {
    sent_bytes: usize,
    in_flight: bool,
    given_up: bool,
}

/// Watches over the writes to one device, one at a time.
#[derive(Debug, Default)]
pub struct Watchdog {
    busy: Arc<AtomicBool>,
}

impl Watchdog {
    /// Opens the device with `open` and writes `bytes`, both on another thread, waiting at most `limit`. A writer that
    /// hangs is left behind and writes no further chunk; until it ends, the next job is refused.
    pub fn write<W, F>(&self, to: &str, open: F, bytes: &[u8], limit: Duration) -> SendOutcome
    where
        W: Write,
        F: FnOnce() -> io::Result<W> + Send + 'static,
    {
        if self.busy.swap(true, Ordering::AcqRel) {
            return SendOutcome::NothingSent(SendError::StillStuck { to: to.to_owned() });
        }
        let (progress, busy) = (Arc::new(Mutex::new(Progress::default())), Arc::clone(&self.busy));
        let (done, ended) = mpsc::channel();
        let (writer_progress, writer_bytes) = (Arc::clone(&progress), bytes.to_vec());
        let writer = thread::Builder::new().name("printer-write".into()).spawn(move || {
            let result = open().map_err(|e| (true, e)).and_then(|mut device| {
                write_chunks(&mut device, &writer_bytes, &writer_progress).map_err(|e| (false, e))
            });
            busy.store(false, Ordering::Release);
            let _ = done.send(result);
        });
        if let Err(error) = writer {
            self.busy.store(false, Ordering::Release);
            return SendOutcome::NothingSent(SendError::Unreachable { to: to.to_owned(), error });
        }
        let ended = ended.recv_timeout(limit);
        let mut progress = lock(&progress);
        let to = to.to_owned();
        match ended {
            Ok(Ok(())) => SendOutcome::Sent(Track::none()),
            Ok(Err((true, error))) => SendOutcome::NothingSent(SendError::Unreachable { to, error }),
            Ok(Err((false, error))) => SendOutcome::failed(progress.sent_bytes, SendError::Write { to, error }),
            Err(_) => {
                progress.given_up = true;
                let perhaps_sent = progress.sent_bytes + usize::from(progress.in_flight);
                SendOutcome::failed(perhaps_sent, SendError::Stuck { to, seconds: limit.as_secs() })
            }
        }
    }
}

fn write_chunks(device: &mut impl Write, bytes: &[u8], progress: &Mutex<Progress>) -> io::Result<()> {
    let mut sent_bytes = 0;
    while let Some(rest) = bytes.get(sent_bytes..).filter(|rest| !rest.is_empty()) {
        {
            let mut progress = lock(progress);
            if progress.given_up {
                return Err(io::Error::new(ErrorKind::TimedOut, "given up"));
            }
            progress.in_flight = true;
        }
        let taken = device.write(rest.get(..CHUNK_BYTES).unwrap_or(rest));
        let mut progress = lock(progress);
        progress.in_flight = false;
        match taken {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(taken) => sent_bytes += taken,
            // The serial library's own timeout: the line is only slow, or stuck, which is the waiting side's to say.
            Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::TimedOut) => {}
            Err(error) => return Err(error),
        }
        progress.sent_bytes = sent_bytes;
    }
    device.flush()
}

fn lock(progress: &Mutex<Progress>) -> MutexGuard<'_, Progress> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes `room` bytes, then blocks until `release` says so.
    struct Stuck {
        room: usize,
        release: mpsc::Receiver<()>,
    }

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.room == 0 {
                let _ = self.release.recv();
            }
            let taken = bytes.len().min(self.room.max(1));
            self.room -= taken.min(self.room);
            Ok(taken)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_stuck_device_is_unknown_and_refuses_the_next_job_until_it_is_free() {
        let (watchdog, (free, release)) = (Watchdog::default(), mpsc::channel());
        let limit = Duration::from_millis(500);
        let outcome = watchdog.write("lp0", move || Ok(Stuck { room: 700, release }), &[b'x'; 2000], limit);
        let SendOutcome::Unknown { sent_bytes, error: SendError::Stuck { .. } } = outcome else {
            panic!("{outcome:?}")
        };
        assert!(sent_bytes >= 700);
        let next = watchdog.write("lp0", || Ok(Vec::new()), b"x", limit);
        assert!(matches!(next, SendOutcome::NothingSent(SendError::StillStuck { .. })));
        drop(free);
        let mut outcome = watchdog.write("lp0", || Ok(Vec::new()), b"x", limit);
        for _ in 0..100 {
            if matches!(outcome, SendOutcome::Sent(_)) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
            outcome = watchdog.write("lp0", || Ok(Vec::new()), b"x", limit);
        }
        panic!("{outcome:?}");
    }

    #[test]
    fn a_device_that_never_opens_gets_nothing() {
        let (watchdog, (free, release)) = (Watchdog::default(), mpsc::channel::<()>());
        let open = move || {
            let _ = release.recv();
            Ok(Vec::new())
        };
        let outcome = watchdog.write("lp0", open, b"x", Duration::from_millis(50));
        assert!(matches!(outcome, SendOutcome::NothingSent(SendError::Stuck { .. })), "{outcome:?}");
        drop(free);
    }
}
