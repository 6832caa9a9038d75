//! Talking to what may block for ever. A device file or serial line has no write timeout that holds: `write(2)` and the
//! drain behind it can hang for minutes, and so can a name that is looked up. So a thread talks and the caller waits.

use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use super::port::Port;
use super::{SendError, SendOutcome};

/// Bytes handed to the system at once: small, so that what is known to have been taken is known closely. Between chunks
/// the writer looks whether it was given up.
const CHUNK_BYTES: usize = 1024;

/// How far a conversation got; shared with whoever waits for it.
#[derive(Debug, Clone, Default)]
pub(super) struct Meter(Arc<Mutex<Reading>>);

#[derive(Debug, Default)]
struct Reading {
    sent_bytes: usize,
    in_flight: bool,
    given_up: bool,
}

impl Meter {
    /// Writes all of `bytes`, counting only these: what is asked before a job is no part of it.
    pub(super) fn write(&self, port: &mut dyn Port, bytes: &[u8], limits: &Limits) -> Result<(), Broken> {
        let (mut sent_bytes, began, mut moved) = (0, Instant::now(), Instant::now());
        while let Some(rest) = bytes.get(sent_bytes..).filter(|rest| !rest.is_empty()) {
            {
                let mut reading = self.lock();
                if reading.given_up {
                    return Err(Broken::Error(ErrorKind::TimedOut.into()));
                }
                reading.in_flight = true;
            }
            let taken = port.write(rest.get(..CHUNK_BYTES).unwrap_or(rest));
            let mut reading = self.lock();
            reading.in_flight = false;
            match taken {
                Ok(0) => return Err(Broken::Error(ErrorKind::WriteZero.into())),
                Ok(taken) => {
                    (sent_bytes, moved) = (sent_bytes + taken, Instant::now());
                    reading.sent_bytes = sent_bytes;
                }
                Err(error) if is_pause(&error) => {}
                Err(error) => return Err(Broken::Error(error)),
            }
            if moved.elapsed() > limits.write {
                return Err(Broken::Stuck(limits.write));
            }
            if began.elapsed() > limits.job {
                return Err(Broken::Stuck(limits.job));
            }
        }
        Ok(())
    }

    /// Bytes that are known to have been taken.
    pub(super) fn sent_bytes(&self) -> usize {
        self.lock().sent_bytes
    }

    fn lock(&self) -> MutexGuard<'_, Reading> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why writing ended early.
#[derive(Debug)]
pub(super) enum Broken {
    /// The system said so.
    Error(io::Error),
    /// Nothing was taken, or not all, for this long.
    Stuck(Duration),
}

impl Broken {
    pub(super) fn to(self, to: String) -> SendError {
        match self {
            Broken::Error(error) => SendError::Write { to, error },
            Broken::Stuck(limit) => SendError::Stuck { to, seconds: limit.as_secs() },
        }
    }
}

/// Nothing happened just now, nothing is wrong.
pub(super) fn is_pause(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// The limits of a conversation with a printer.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The longest wait for a connection.
    pub connect: Duration,
    /// The longest wait for the printer to take one chunk.
    pub write: Duration,
    /// The longest time for a whole job: a printer that dribbles is stuck too. A label of 4 KB takes 4 s at 9600 baud.
    pub job: Duration,
    /// After the last byte on TCP: how long a reset is waited for, which would mean that the job was thrown away.
    pub linger: Duration,
    /// The longest wait for an answer to a question.
    pub status: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            write: Duration::from_secs(15),
            job: Duration::from_secs(60),
            linger: Duration::from_millis(300),
            status: Duration::from_secs(2),
        }
    }
}

impl Limits {
    /// The longest time for a question: reaching the printer, by up to four addresses, and its answer.
    pub(super) fn question(&self) -> Duration {
        self.connect * 4 + self.status * 2
    }

    /// The longest time for a job: the question before it, its bytes, and the drain behind them.
    pub(super) fn whole_job(&self) -> Duration {
        self.question() + self.job + self.linger
    }
}

/// Why a conversation has no result.
#[derive(Debug)]
pub(super) enum Hung {
    /// An earlier one still hangs.
    StillBusy,
    /// No thread for it.
    NoThread(io::Error),
    /// It took too long; at least so many bytes of the job, or one that is in the system's hands, are gone.
    TooLong {
        /// What may have been sent.
        perhaps_sent: usize,
    },
}

impl Hung {
    /// What it means for a job.
    pub(super) fn outcome(self, to: String, limit: Duration) -> SendOutcome {
        match self {
            Hung::StillBusy => SendOutcome::NothingSent(SendError::StillStuck { to }),
            Hung::NoThread(error) => SendOutcome::NothingSent(SendError::Unreachable { to, error }),
            Hung::TooLong { perhaps_sent } => {
                SendOutcome::failed(perhaps_sent, SendError::Stuck { to, seconds: limit.as_secs() })
            }
        }
    }
}

/// Watches over the conversations with one printer, one at a time.
#[derive(Debug, Default)]
pub(super) struct Watchdog {
    busy: Arc<AtomicBool>,
}

impl Watchdog {
    /// Does `work` on another thread and waits at most `limit`. Work that hangs is left behind and writes no further
    /// chunk; until it ends, the next is refused.
    pub(super) fn run<T, F>(&self, limit: Duration, work: F) -> Result<T, Hung>
    where
        T: Send + 'static,
        F: FnOnce(&Meter) -> T + Send + 'static,
    {
        if self.busy.swap(true, Ordering::AcqRel) {
            return Err(Hung::StillBusy);
        }
        let (meter, busy) = (Meter::default(), Arc::clone(&self.busy));
        let (done, ended) = mpsc::channel();
        let its_meter = meter.clone();
        let worker = thread::Builder::new().name("printer".into()).spawn(move || {
            let result = work(&its_meter);
            busy.store(false, Ordering::Release);
            let _ = done.send(result);
        });
        if let Err(error) = worker {
            self.busy.store(false, Ordering::Release);
            return Err(Hung::NoThread(error));
        }
        ended.recv_timeout(limit).map_err(|_| {
            let mut reading = meter.lock();
            reading.given_up = true;
            Hung::TooLong { perhaps_sent: reading.sent_bytes + usize::from(reading.in_flight) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes `room` bytes, then blocks until `release` says so.
    struct Stuck {
        room: usize,
        release: mpsc::Receiver<()>,
    }

    impl Port for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.room == 0 {
                let _ = self.release.recv();
            }
            let taken = bytes.len().min(self.room.max(1));
            self.room -= taken.min(self.room);
            Ok(taken)
        }
        fn read(&mut self, _: &mut [u8], _: Duration) -> io::Result<usize> {
            Err(ErrorKind::TimedOut.into())
        }
        fn finish(&mut self, _: &Limits) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_stuck_device_is_unknown_and_refuses_the_next_job_until_it_is_free() {
        let (watchdog, (free, release)) = (Watchdog::default(), mpsc::channel());
        let limit = Duration::from_millis(500);
        let hung = watchdog.run(limit, move |meter| {
            meter.write(&mut Stuck { room: 1700, release }, &[b'x'; 4000], &Limits::default()).is_ok()
        });
        let outcome = hung.unwrap_err().outcome("lp0".into(), limit);
        let SendOutcome::Unknown { sent_bytes, error: SendError::Stuck { .. } } = outcome else {
            panic!("{outcome:?}")
        };
        assert!(sent_bytes >= 1700);
        assert!(matches!(watchdog.run(limit, |_| ()), Err(Hung::StillBusy)));
        drop(free);
        let since = Instant::now();
        while watchdog.run(limit, |_| ()).is_err() {
            assert!(since.elapsed() < Duration::from_secs(10));
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn what_never_opens_gets_nothing() {
        let (watchdog, (free, release)) = (Watchdog::default(), mpsc::channel::<()>());
        let limit = Duration::from_millis(50);
        let hung = watchdog.run(limit, move |_| release.recv().is_ok()).unwrap_err();
        assert!(matches!(hung.outcome("lp0".into(), limit), SendOutcome::NothingSent(SendError::Stuck { .. })));
        drop(free);
    }
}
