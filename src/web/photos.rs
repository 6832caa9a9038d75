//! Photographs that are being read: few at once, each on a thread of its own with the lowest claim to the processors, so
//! that scans do not wait for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use axum::body::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::limits::{PHOTO_READING_TIME, PHOTOS_AT_ONCE, PHOTOS_HELD_MAX};
use super::problem::{Answer, Problem};
use crate::barcode::photo::{self, Picture, PictureError, Reading};

/// How much a photograph's thread yields to all others (see nice(2); on Linux it is a thread's own).
const NICE: i32 = 15;

/// Where photographs wait for their turn.
pub struct PhotoDesk {
    held: Arc<Semaphore>,
    reading: Arc<Semaphore>,
}

impl Default for PhotoDesk {
    fn default() -> Self {
        Self { held: Arc::new(Semaphore::new(PHOTOS_HELD_MAX)), reading: Arc::new(Semaphore::new(PHOTOS_AT_ONCE)) }
    }
}

/// A photograph that was looked at.
pub struct Looked {
    /// Its width, upright.
    pub width: usize,
    /// Its height, upright.
    pub height: usize,
    /// What it says.
    pub reading: Reading,
}

/// Room for one photograph, from before its first byte is taken until it was read.
pub struct Held(OwnedSemaphorePermit);

/// Tells the thread that nobody waits for its answer any more.
struct Abandoned(Arc<AtomicBool>);

impl Drop for Abandoned {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl PhotoDesk {
    /// Room for one more.
    pub fn hold(&self) -> Answer<Held> {
        let busy = |_full| Problem::unavailable("Other photographs are being read. Send this one again in a moment.");
        Arc::clone(&self.held).try_acquire_owned().map(Held).map_err(busy)
    }

    /// Reads a photograph once those before it are done.
    pub async fn read(&self, held: Held, bytes: Bytes) -> Answer<Looked> {
        let failed = |cause: &dyn std::fmt::Display| Problem::internal("a photograph could not be read", cause);
        let turn = Arc::clone(&self.reading).acquire_owned().await.map_err(|closed| failed(&closed))?;
        let abandoned = Abandoned(Arc::new(AtomicBool::new(false)));
        let (given_up, (reply, answer)) = (Arc::clone(&abandoned.0), oneshot::channel());
        let work = move || {
            // Refused only where the system knows no such thing; then it reads as all threads do.
            let _as_all = rustix::process::nice(NICE);
            let looked = look(&bytes, &given_up);
            drop((bytes, turn, held.0));
            let _nobody_waits = reply.send(looked);
        };
        std::thread::Builder::new().name("photograph".to_owned()).spawn(work).map_err(|error| failed(&error))?;
        let looked = answer.await.map_err(|gone| failed(&gone))?;
        drop(abandoned);
        Ok(looked?)
    }
}

fn look(bytes: &[u8], given_up: &AtomicBool) -> Result<Looked, PictureError> {
    let end = Instant::now() + PHOTO_READING_TIME;
    let picture = Picture::decode(bytes)?;
    let reading = photo::read(&picture, &mut || !given_up.load(Ordering::Relaxed) && Instant::now() < end);
    Ok(Looked { width: picture.width(), height: picture.height(), reading })
}
