//! Live events: what the ledger published, kept for a while so that a browser that lost its connection goes on where it
//! was, and told "resync" when it cannot.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::caller::Callers;
use super::limits::{RESUME_EVENTS_MAX, STREAMS_MAX, STREAMS_PER_CALLER};
use super::problem::{Answer, Problem};
use crate::ledger::{Ledger, Published};

/// Receipts a kiosk's screen is given when it is opened.
pub const RECENT_RECEIPTS: usize = 20;
/// Events a slow stream may be behind before it is told to resync.
const BEHIND_MAX_EVENTS: usize = 1_024;

/// How the kinds of entries begin that change whose credentials are good.
const ACCOUNTS_CHANGED: [&str; 3] = ["user_", "token_", "password_"];

/// What a stream is told.
#[derive(Debug, Clone)]
pub enum News {
    /// An entry.
    Entry(Arc<Published>),
    /// Something was missed: ask for the present state. What follows goes on after this entry, where that is known.
    Resync(Option<u64>),
}

/// The newest entries and who listens.
pub struct Feed {
    past: Mutex<Past>,
    news: broadcast::Sender<News>,
    streams: Arc<Semaphore>,
    by_caller: Mutex<HashMap<String, Arc<Semaphore>>>,
}

struct Past {
    entries: VecDeque<Arc<Published>>,
    /// Every entry after this one is in `entries`.
    complete_after: u64,
    recent: HashMap<String, VecDeque<Arc<Published>>>,
}

/// A stream's beginning: what it missed, what follows, and its place among the streams.
pub struct Subscription {
    /// What it is told first.
    pub missed: Vec<News>,
    /// Entries up to this one are told already: they may come again in `live` and are passed over.
    pub told: u64,
    /// What follows.
    pub live: broadcast::Receiver<News>,
    /// Its place; given back when the stream ends.
    pub place: [OwnedSemaphorePermit; 2],
}

impl Feed {
    /// Listens to the ledger from now on. Must be called inside the async runtime.
    pub fn start(ledger: &Ledger, callers: &Arc<Callers>) -> Arc<Feed> {
        let published = ledger.subscribe();
        let feed = Arc::new(Feed::after(ledger.head().seq));
        tokio::spawn(pump(Arc::downgrade(&feed), Arc::clone(callers), published));
        feed
    }

    fn after(seq: u64) -> Feed {
        Feed {
            past: Mutex::new(Past { entries: VecDeque::new(), complete_after: seq, recent: HashMap::new() }),
            news: broadcast::channel(BEHIND_MAX_EVENTS).0,
            streams: Arc::new(Semaphore::new(STREAMS_MAX)),
            by_caller: Mutex::default(),
        }
    }

    /// A new stream for `caller`, which saw entry `last_seen` last.
    pub fn subscribe(&self, caller: &str, last_seen: Option<u64>) -> Result<Subscription, Problem> {
        let place = self.place(caller)?;
        let past = self.past();
        // Under the lock that `take` holds while it sends: nothing falls between the past and what follows.
        let live = self.news.subscribe();
        let missed = last_seen.map_or_else(Vec::new, |seen| past.after(seen));
        Ok(Subscription { missed, told: 0, live, place })
    }

    /// The same for a stream that needs no receipts: what the feed does not remember is read from the ledger, unless it
    /// is more than a resumed stream is given.
    pub async fn resume(&self, ledger: &Ledger, caller: &str, last_seen: Option<u64>) -> Answer<Subscription> {
        let mut subscription = self.subscribe(caller, last_seen)?;
        let (Some(seen), [News::Resync(_)]) = (last_seen, subscription.missed.as_slice()) else {
            return Ok(subscription);
        };
        let head = ledger.head().seq;
        if seen > head || head - seen > u64::from(RESUME_EVENTS_MAX) {
            return Ok(subscription);
        }
        let limit = RESUME_EVENTS_MAX as usize;
        let entries = ledger.read(move |reader| reader.published_since(seen, limit)).await?;
        subscription.told = entries.last().map_or(seen, |entry| entry.seq);
        subscription.missed = entries.into_iter().map(|entry| News::Entry(Arc::new(entry))).collect();
        Ok(subscription)
    }

    /// The newest receipts of a kiosk, oldest first.
    pub fn recent(&self, kiosk: &str) -> Vec<Arc<Published>> {
        self.past().recent.get(kiosk).map(|recent| recent.iter().cloned().collect()).unwrap_or_default()
    }

    fn place(&self, caller: &str) -> Result<[OwnedSemaphorePermit; 2], Problem> {
        let full = || Problem::too_many("Too many event streams are open. Close other windows of this page.", 5);
        let mut callers = self.by_caller.lock().unwrap_or_else(PoisonError::into_inner);
        callers.retain(|_, places| places.available_permits() < STREAMS_PER_CALLER);
        let own = callers.entry(caller.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(STREAMS_PER_CALLER)));
        let own = Arc::clone(own).try_acquire_owned().map_err(|_| full())?;
        let all = Arc::clone(&self.streams).try_acquire_owned().map_err(|_| full())?;
        Ok([own, all])
    }

    fn take(&self, entry: Arc<Published>) {
        let mut past = self.past();
        past.take(&entry);
        // Nobody listens: nothing is lost by that.
        let _nobody = self.news.send(News::Entry(entry));
    }

    fn missed_some(&self) {
        let mut past = self.past();
        past.complete_after = u64::MAX;
        past.entries.clear();
        let _nobody = self.news.send(News::Resync(None));
    }

    fn past(&self) -> MutexGuard<'_, Past> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Past {
    fn take(&mut self, entry: &Arc<Published>) {
        if self.complete_after == u64::MAX {
            self.complete_after = entry.seq.saturating_sub(1);
        }
        self.entries.push_back(Arc::clone(entry));
        if self.entries.len() > RESUME_EVENTS_MAX as usize
            && let Some(oldest) = self.entries.pop_front()
        {
            self.complete_after = oldest.seq;
        }
        if let (Some(kiosk), Some(_)) = (&entry.kiosk, &entry.receipt) {
            let recent = self.recent.entry(kiosk.clone()).or_default();
            recent.push_back(Arc::clone(entry));
            if recent.len() > RECENT_RECEIPTS {
                recent.pop_front();
            }
        }
    }

    fn after(&self, seen: u64) -> Vec<News> {
        let newest = self.entries.back().map_or(self.complete_after, |entry| entry.seq);
        if seen < self.complete_after || seen > newest {
            return vec![News::Resync((newest != u64::MAX).then_some(newest))];
        }
        self.entries.iter().filter(|entry| entry.seq > seen).cloned().map(News::Entry).collect()
    }
}

/// Ends when the ledger closes or nobody holds the feed any more.
async fn pump(feed: std::sync::Weak<Feed>, callers: Arc<Callers>, mut published: broadcast::Receiver<Arc<Published>>) {
    loop {
        let next = published.recv().await;
        let Some(feed) = feed.upgrade() else { return };
        match next {
            Ok(entry) => {
                if ACCOUNTS_CHANGED.iter().any(|start| entry.kind.starts_with(start)) {
                    callers.forget_all();
                }
                feed.take(entry);
            }
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "the live feed fell behind the ledger");
                callers.forget_all();
                feed.missed_some();
            }
            Err(RecvError::Closed) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn entry(seq: u64) -> Arc<Published> {
        Arc::new(Published {
            seq,
            kind: "checked_out".to_owned(),
            at: Timestamp::UNIX_EPOCH,
            kiosk: None,
            lane: None,
            device: None,
            actor: "system".to_owned(),
            chart: None,
            places: Vec::new(),
            alert: None,
            print_job: None,
            receipt: None,
            restricted: false,
        })
    }

    fn told(feed: &Feed, seen: u64) -> Vec<Option<u64>> {
        let missed = feed.subscribe("user:anna", Some(seen)).unwrap().missed;
        missed.iter().map(|news| if let News::Entry(entry) = news { Some(entry.seq) } else { None }).collect()
    }

    #[test]
    fn who_comes_back_hears_what_it_missed_or_to_resync() {
        let feed = Feed::after(10);
        assert_eq!(told(&feed, 10), []);
        assert_eq!(told(&feed, 9), [None], "10 was before our time");
        assert_eq!(told(&feed, 11), [None], "another ledger's number");
        for seq in 11..=13 {
            feed.take(entry(seq));
        }
        assert_eq!(told(&feed, 10), [Some(11), Some(12), Some(13)]);
        assert_eq!(told(&feed, 12), [Some(13)]);
        feed.missed_some();
        assert_eq!(told(&feed, 13), [None]);
        feed.take(entry(20));
        assert_eq!(told(&feed, 13), [None]);
        assert_eq!(told(&feed, 19), [Some(20)]);
    }

    #[test]
    fn the_past_is_bounded() {
        let feed = Feed::after(0);
        let more = u64::from(RESUME_EVENTS_MAX) + 5;
        for seq in 1..=more {
            feed.take(entry(seq));
        }
        assert_eq!(told(&feed, 4), [None]);
        assert_eq!(told(&feed, 5).len(), RESUME_EVENTS_MAX as usize);
    }

    #[test]
    fn one_caller_cannot_take_all_streams() {
        let feed = Feed::after(0);
        let held: Vec<_> = (0..STREAMS_PER_CALLER).map(|_| feed.subscribe("a", None).unwrap()).collect();
        assert!(feed.subscribe("a", None).is_err());
        assert!(feed.subscribe("b", None).is_ok());
        drop(held);
        assert!(feed.subscribe("a", None).is_ok());
    }
}
