//! What happens by the clock: the sweep, backups, the downtime list. Each on a thread of its own, so that a slow
//! folder delays nothing else.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// A job that runs every so often until it is dropped.
#[derive(Debug)]
pub struct Repeating {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Repeating {
    /// Runs `job` at once and then every `every`.
    pub fn start(name: &str, every: Duration, mut job: impl FnMut() + Send + 'static) -> std::io::Result<Repeating> {
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            loop {
                job();
                match stopped.recv_timeout(every) {
                    Err(RecvTimeoutError::Timeout) => {}
                    Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        })?;
        Ok(Repeating { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Repeating {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A job that panicked has said so itself.
            let _panicked = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn it_runs_until_it_is_dropped() {
        let runs = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&runs);
        let job = Repeating::start("count", Duration::from_millis(1), move || {
            counted.fetch_add(1, Ordering::Relaxed);
        })
        .expect("thread");
        while runs.load(Ordering::Relaxed) < 3 {
            std::thread::yield_now();
        }
        drop(job);
        let after = runs.load(Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(after, runs.load(Ordering::Relaxed));
    }
}
