//! The loop that all scanners on a file descriptor share: open, listen and answer, notice that it went, open again.

use std::io::{self, ErrorKind};
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::bell::Bell;
use super::{Backoff, LinkState, Scanner, ScannerEvent, Stop};
use crate::decoder::{Decoder, Output};

/// How long one wait lasts: so often the loop looks at the clock and at `stop`.
const TURN: Duration = Duration::from_millis(100);
/// Bytes taken at once; no report and no packet is longer.
const READ_BYTES: usize = 4096;
/// How long a scanner may take to accept what it is told. A beep is not worth more of its next code's time.
const WRITE_WITHIN: Duration = Duration::from_millis(200);
/// The first and the longest pause between tries to open it. Short enough that a scanner that was plugged in again
/// works before the next chart is in hand.
const RETRY_FIRST: Duration = Duration::from_millis(200);
const RETRY_MAX: Duration = Duration::from_secs(1);
/// How often a battery is asked for.
const BATTERY_EVERY: Duration = Duration::from_secs(60);

/// An open way to a scanner. Reads and writes never wait.
pub trait Link: Send {
    /// To wait for.
    fn fd(&self) -> BorrowedFd<'_>;
    /// What came; an error of the kind "would block" when nothing did.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize>;
    /// Hands over some of `bytes`.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;
    /// How full its battery is, in percent, where it tells.
    fn battery_percent(&self) -> Option<u8> {
        None
    }
}

/// Why a scanner could not be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The state that this is.
    pub state: LinkState,
    /// What is the matter and what to do, for a person.
    pub text: String,
}

impl Refused {
    /// Says why.
    pub fn new(state: LinkState, text: impl Into<String>) -> Refused {
        Refused { state, text: text.into() }
    }
}

/// An open way, and what understands what comes on it.
pub type Opened = (Box<dyn Link>, Box<dyn Decoder>);

/// Knows where a scanner is and how it speaks.
pub trait Opener: Send {
    /// Opens it, with a decoder of its own. Not there is [`LinkState::NotFound`].
    fn open(&self) -> Result<Opened, Refused>;
    /// The transport's word.
    fn transport(&self) -> &'static str;
}

/// A scanner on a file descriptor.
pub struct LinkedScanner {
    opener: Box<dyn Opener>,
    bell: Option<Bell>,
    /// What was told last.
    told: (LinkState, Option<String>),
    was_ready: bool,
}

impl LinkedScanner {
    /// The scanner that `opener` finds.
    pub fn new(opener: Box<dyn Opener>) -> LinkedScanner {
        // Without a file descriptor for it the scanner still reads; it only stays silent.
        LinkedScanner { opener, bell: Bell::new().ok(), told: (LinkState::Connecting, None), was_ready: false }
    }

    /// Another text for the same state is news too: that a scanner was swapped shows only after it was gone.
    fn tell(&mut self, state: LinkState, text: Option<String>, sink: &mut dyn FnMut(ScannerEvent)) {
        let told = (state, text);
        if self.told != told {
            self.told.clone_from(&told);
            sink(ScannerEvent::Link(told.0, told.1));
        }
    }

    /// Reads until the connection breaks or `stop`; tells what broke it.
    fn attend(
        &self,
        link: &mut dyn Link,
        decoder: &mut dyn Decoder,
        sink: &mut dyn FnMut(ScannerEvent),
        stop: &Stop,
    ) -> Option<String> {
        // What was rung while nobody was there is about codes of long ago.
        self.bell.iter().for_each(|bell| drop(bell.take()));
        let (mut bytes, mut out) = ([0_u8; READ_BYTES], Output::default());
        // The time spent waiting for bytes. A pause counts only while the line was watched: bytes that wait in the kernel
        // while this program is held up (a full queue, a suspended machine) must not look like half a frame.
        let mut watched = Duration::ZERO;
        let mut battery_at = None;
        decoder.greet(watched, &mut out);
        while !stop.is_set() {
            let mut broke = say(link, &mut out).err().map(|error| error.to_string());
            let began = Instant::now();
            if broke.is_none() {
                broke = self.wait(link).err().map(|error| error.to_string());
            }
            watched += began.elapsed().min(TURN);
            if broke.is_none() {
                broke = hear(link, decoder, &mut bytes, watched, &mut out);
            }
            for signal in self.bell.iter().flat_map(Bell::take) {
                decoder.signal(signal, watched, &mut out);
            }
            if broke.is_some() {
                decoder.hang_up(&mut out);
            }
            out.events.drain(..).for_each(|event| sink(ScannerEvent::Frame(event)));
            if broke.is_some() {
                return broke;
            }
            if battery_at.is_none_or(|at: Instant| at.elapsed() >= BATTERY_EVERY) {
                battery_at = Some(Instant::now());
                link.battery_percent().into_iter().for_each(|percent| sink(ScannerEvent::Battery(percent)));
            }
        }
        None
    }

    /// Waits for the scanner or the bell, at most one turn.
    fn wait(&self, link: &dyn Link) -> io::Result<()> {
        let mut fds = vec![PollFd::from_borrowed_fd(link.fd(), PollFlags::IN)];
        fds.extend(self.bell.iter().map(|bell| PollFd::new(bell, PollFlags::IN)));
        let turn = Timespec::try_from(TURN).map_err(io::Error::other)?;
        match poll(&mut fds, Some(&turn)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Takes what there is; tells what broke the connection.
fn hear(
    link: &mut dyn Link,
    decoder: &mut dyn Decoder,
    bytes: &mut [u8],
    watched: Duration,
    out: &mut Output,
) -> Option<String> {
    match link.read(bytes) {
        // None of these ways has an end: this is how drivers say that the device is gone, and peers that they close.
        Ok(0) => Some("the device hung up".to_owned()),
        Ok(read) => {
            decoder.feed(bytes.get(..read).unwrap_or(&[]), watched, out);
            None
        }
        Err(error) if is_pause(&error) => {
            decoder.tick(watched, out);
            None
        }
        Err(error) => Some(error.to_string()),
    }
}

/// Hands over all replies. One that is not taken in time is dropped, and so are those after it: half a command and then
/// a whole one would be nonsense, and a scanner that does not listen must not keep us from listening to it.
fn say(link: &mut dyn Link, out: &mut Output) -> io::Result<()> {
    for reply in std::mem::take(&mut out.replies) {
        let (mut rest, began) = (reply.as_slice(), Instant::now());
        while !rest.is_empty() {
            match link.write(rest) {
                Ok(written) => rest = rest.get(written..).unwrap_or(&[]),
                Err(error) if is_pause(&error) => {
                    let left = WRITE_WITHIN.saturating_sub(began.elapsed());
                    if left.is_zero() {
                        tracing::warn!("a scanner takes no commands: it stays silent");
                        return Ok(());
                    }
                    let left = Timespec::try_from(left).map_err(io::Error::other)?;
                    let mut fds = [PollFd::from_borrowed_fd(link.fd(), PollFlags::OUT)];
                    let _ready_or_not = poll(&mut fds, Some(&left));
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

fn is_pause(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

impl Scanner for LinkedScanner {
    fn run(&mut self, sink: &mut dyn FnMut(ScannerEvent), stop: &Stop) {
        let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MAX);
        while !stop.is_set() {
            match self.opener.open() {
                Ok((mut link, mut decoder)) => {
                    let began = Instant::now();
                    self.was_ready = true;
                    self.tell(LinkState::Ready, None, sink);
                    if let Some(broke) = self.attend(link.as_mut(), decoder.as_mut(), sink, stop) {
                        self.tell(LinkState::Gone, Some(broke), sink);
                    }
                    // One that opens and breaks at once is tried as slowly as one that is not there.
                    if began.elapsed() >= RETRY_MAX {
                        backoff.reset();
                    }
                }
                Err(Refused { state: LinkState::NotFound, text }) if self.was_ready => {
                    self.tell(LinkState::Gone, Some(text), sink);
                }
                Err(refused) => self.tell(refused.state, Some(refused.text), sink),
            }
            if stop.wait(backoff.pause()) {
                return;
            }
        }
    }

    fn transport(&self) -> &'static str {
        self.opener.transport()
    }

    fn bell(&self) -> Option<Bell> {
        self.bell.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::io::{Read, Write};
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;
    use std::sync::{Mutex, mpsc};

    use super::super::bell::Signal;
    use super::super::start;
    use super::*;
    use crate::framer::FrameEvent;
    use crate::profile::Profile;

    /// A scanner that takes no commands.
    struct Deaf(UnixStream);

    impl Link for Deaf {
        fn fd(&self) -> BorrowedFd<'_> {
            self.0.as_fd()
        }
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.0.read(into)
        }
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            Err(ErrorKind::WouldBlock.into())
        }
        fn battery_percent(&self) -> Option<u8> {
            Some(41)
        }
    }

    /// Gives what it was prepared to give, one after the other.
    struct Prepared(Mutex<VecDeque<Result<UnixStream, Refused>>>);

    impl Opener for Prepared {
        fn open(&self) -> Result<Opened, Refused> {
            let absent = || Err(Refused::new(LinkState::NotFound, "no more"));
            let stream = self.0.lock().unwrap().pop_front().unwrap_or_else(absent)?;
            stream.set_nonblocking(true).unwrap();
            Ok((Box::new(Deaf(stream)), Profile::named("datalogic-cdc").unwrap().decoder()))
        }
        fn transport(&self) -> &'static str {
            "serial"
        }
    }

    #[test]
    fn a_deaf_scanner_is_heard_and_one_that_was_swapped_is_said_so() {
        let (line, mut scanner_end) = UnixStream::pair().unwrap();
        let absent = |text: &str| Err(Refused::new(LinkState::NotFound, text));
        let turns = [absent("not there"), Ok(line), absent("not there"), absent("another of its kind is")];
        let scanner = LinkedScanner::new(Box::new(Prepared(Mutex::new(turns.into()))));
        let bell = scanner.bell().unwrap();
        let (sender, events) = mpsc::channel();
        let stop = Stop::default();
        let thread = start("t", Box::new(scanner), move |event| drop(sender.send(event)), stop.clone()).unwrap();
        let next = || events.recv_timeout(Duration::from_secs(10)).unwrap();
        let link = |state, text: &str| ScannerEvent::Link(state, Some(text.to_owned()));
        assert_eq!(next(), link(LinkState::NotFound, "not there"));
        assert_eq!(next(), ScannerEvent::Link(LinkState::Ready, None));
        assert_eq!(next(), ScannerEvent::Battery(41));
        for code in ["C1", "C2", "C3"] {
            bell.ring(Signal::Good);
            write!(scanner_end, "{code}\r").unwrap();
            assert_eq!(next(), ScannerEvent::Frame(FrameEvent::Frame(code.into())));
        }
        drop(scanner_end);
        assert!(matches!(next(), ScannerEvent::Link(LinkState::Gone, Some(_))));
        assert_eq!(next(), link(LinkState::Gone, "not there"));
        assert_eq!(next(), link(LinkState::Gone, "another of its kind is"), "that it is another one is news");
        stop.set();
        thread.join().unwrap();
    }
}
