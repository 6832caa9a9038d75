//! Sign-in rate limiting that slows guessing and cannot lock others out: failures count against the network they come
//! from (alone and together with the user), never against the user. A browser that has signed in before holds a device cookie for that
//! user and is counted by itself, so that a guesser behind the same address does not keep its owner out either (OWASP,
//! "Device cookies").

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::connections::network;
use super::limits::{
    SIGN_IN_ADDRESS_BURST, SIGN_IN_ADDRESS_REFILL, SIGN_IN_BUCKETS_MAX, SIGN_IN_BURST, SIGN_IN_HASHES, SIGN_IN_REFILL,
    SIGN_IN_TOLD_EVERY, SIGN_IN_WAITING_MAX,
};
use super::problem::Problem;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Address(Option<IpAddr>),
    UserAt(String, Option<IpAddr>),
    Device(String),
    Enrolling(Option<IpAddr>),
}

impl Key {
    /// How many failures it takes at once.
    fn burst(&self) -> u32 {
        if matches!(self, Key::Address(_)) { SIGN_IN_ADDRESS_BURST } else { SIGN_IN_BURST }
    }

    /// How long one failure takes to fade.
    fn refill(&self) -> Duration {
        if matches!(self, Key::Address(_)) { SIGN_IN_ADDRESS_REFILL } else { SIGN_IN_REFILL }
    }

    /// Of `failures` so far, how many are left now.
    fn left(&self, failures: Failures, now: Timestamp) -> f64 {
        let past = now.duration_since(failures.at).as_secs_f64().max(0.0);
        (failures.count - past / self.refill().as_secs_f64()).max(0.0)
    }

    /// How long it takes until all have faded, in seconds.
    fn fading(&self, failures: Failures, now: Timestamp) -> f64 {
        self.left(failures, now) * self.refill().as_secs_f64()
    }
}

/// Failures so far, as of a time; they fade one by one.
#[derive(Debug, Clone, Copy)]
struct Failures {
    count: f64,
    at: Timestamp,
    /// When it was last told that attempts are refused.
    told: Option<Timestamp>,
}

/// An attempt that may not be made now.
#[derive(Debug, Clone)]
pub struct Slowed {
    /// What the one who tries hears.
    pub problem: Problem,
    /// To be written down: nothing was, lately, of those refused for the same reason.
    pub tell: bool,
}

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// A name and a password.
    SignIn,
    /// A kiosk's one-time code.
    Enrol,
}

/// One attempt to sign in.
#[derive(Debug, Clone)]
pub struct Attempt<'a> {
    /// What is tried.
    pub door: Door,
    /// The account named, in the one spelling that accounts have; it may not exist.
    pub user: &'a str,
    /// Where from.
    pub address: Option<IpAddr>,
    /// The device cookie the browser sent, if any.
    pub device: Option<&'a str>,
    /// When.
    pub now: Timestamp,
}

/// Counts failed sign-ins and bounds password hashing.
pub struct SignInLimiter {
    failures: Mutex<HashMap<Key, Failures>>,
    hashing: Semaphore,
    waiting: Semaphore,
    device_key: [u8; 32],
}

impl SignInLimiter {
    /// A limiter that has counted nothing yet, and knows the device cookies sealed with this key.
    pub fn new(device_key: [u8; 32]) -> Self {
        Self {
            failures: Mutex::default(),
            hashing: Semaphore::new(SIGN_IN_HASHES),
            waiting: Semaphore::new(SIGN_IN_WAITING_MAX),
            device_key,
        }
    }

    /// Takes the attempt as failed before it is made, so that many at once get no more tries than one by one; what
    /// does not fail is given back. Where it may not be made now, says when, and counts nothing: who waits that long
    /// is heard.
    pub fn reserve(&self, attempt: &Attempt<'_>) -> Result<(), Slowed> {
        let mut failures = self.failures();
        let keys = self.keys(attempt);
        let count = |failures: &HashMap<Key, Failures>, key: &Key| {
            failures.get(key).map_or(0.0, |one| key.left(*one, attempt.now))
        };
        let wait = |key: &Key| {
            let over = count(&failures, key) + 1.0 - f64::from(key.burst());
            key.refill().mul_f64(over.max(0.0)).as_millis().div_ceil(1_000)
        };
        let longest = keys.iter().map(|key| (wait(key), key)).max_by_key(|(wait, _)| *wait);
        if let Some((wait, key)) = longest
            && wait > 0
        {
            let detail = "Too many sign-ins failed from here. Wait a little and try again.";
            let problem = Problem::too_many(detail, u64::try_from(wait).unwrap_or(u64::MAX));
            let tell = failures.get_mut(key).is_some_and(|one| one.tell(attempt.now));
            return Err(Slowed { problem, tell });
        }
        make_room(&mut failures, attempt.now);
        for key in keys {
            let told = failures.get(&key).and_then(|one| one.told);
            let count = count(&failures, &key) + 1.0;
            failures.insert(key, Failures { count, at: attempt.now, told });
        }
        Ok(())
    }

    /// Gives an attempt back that did not fail.
    pub fn refund(&self, attempt: &Attempt<'_>) {
        let mut failures = self.failures();
        for key in self.keys(attempt) {
            if let Some(one) = failures.get_mut(&key) {
                one.count = (one.count - 1.0).max(0.0);
            }
        }
    }

    /// A success is given back and forgets the failures of this user at this address or device. Answers with a new
    /// device cookie.
    pub fn succeeded(&self, attempt: &Attempt<'_>) -> String {
        self.refund(attempt);
        let mut failures = self.failures();
        for key in self.keys(attempt) {
            if !matches!(key, Key::Address(_)) {
                failures.remove(&key);
            }
        }
        let nonce = uuid::Uuid::new_v4().simple().to_string();
        let seal = self.seal(attempt.user, &nonce);
        format!("{nonce}.{seal}")
    }

    fn failures(&self) -> MutexGuard<'_, HashMap<Key, Failures>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place among those who may compute a password hash now.
    pub async fn hash_permit(&self) -> Result<SemaphorePermit<'_>, Problem> {
        let busy = || Problem::unavailable("Too many people sign in at this moment. Try again.");
        let _waiting = self.waiting.try_acquire().map_err(|_| busy())?;
        self.hashing.acquire().await.map_err(|_| busy())
    }

    fn keys(&self, attempt: &Attempt<'_>) -> Vec<Key> {
        let from = attempt.address.map(network);
        if attempt.door == Door::Enrol {
            return vec![Key::Enrolling(from)];
        }
        match self.device_of(attempt) {
            Some(nonce) => vec![Key::Device(nonce.to_owned())],
            None => vec![Key::UserAt(attempt.user.to_owned(), from), Key::Address(from)],
        }
    }

    fn device_of<'a>(&self, attempt: &Attempt<'a>) -> Option<&'a str> {
        let (nonce, seal) = attempt.device?.split_once('.')?;
        let seal = hex::decode(seal).ok()?;
        self.mac(attempt.user, nonce)?.verify_slice(&seal).is_ok().then_some(nonce)
    }

    fn seal(&self, user: &str, nonce: &str) -> String {
        self.mac(user, nonce).map(|mac| hex::encode(mac.finalize().into_bytes())).unwrap_or_default()
    }

    fn mac(&self, user: &str, nonce: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.device_key).ok()?;
        mac.update(nonce.as_bytes());
        mac.update(b".");
        mac.update(user.as_bytes());
        Some(mac)
    }
}

impl Failures {
    /// Is it time to tell that attempts are refused? Then it is told.
    fn tell(&mut self, now: Timestamp) -> bool {
        let tell = self.told.is_none_or(|told| now.duration_since(told).unsigned_abs() >= SIGN_IN_TOLD_EVERY);
        if tell {
            self.told = Some(now);
        }
        tell
    }
}

/// What has faded goes first, then a tenth that would fade soonest: whoever fills the table on purpose must not empty it
/// of what others, or the same one, did before.
fn make_room(failures: &mut HashMap<Key, Failures>, now: Timestamp) {
    if failures.len() < SIGN_IN_BUCKETS_MAX {
        return;
    }
    failures.retain(|key, one| key.left(*one, now) > 0.0);
    if failures.len() < SIGN_IN_BUCKETS_MAX {
        return;
    }
    let mut soonest: Vec<(f64, Key)> = failures.iter().map(|(key, one)| (key.fading(*one, now), key.clone())).collect();
    soonest.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    for (_, key) in soonest.iter().take(SIGN_IN_BUCKETS_MAX / 10) {
        failures.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter() -> SignInLimiter {
        SignInLimiter::new([7; 32])
    }

    fn attempt<'a>(user: &'a str, last: u8, device: Option<&'a str>) -> Attempt<'a> {
        let address = Some(IpAddr::from([192, 0, 2, last]));
        Attempt { door: Door::SignIn, user, address, device, now: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn guessing_is_slowed_at_the_guessers_address_only() {
        let limiter = limiter();
        let guess = attempt("anna", 1, None);
        for _ in 0..SIGN_IN_BURST {
            assert!(limiter.reserve(&guess).is_ok());
        }
        for _ in 0..1_000 {
            assert_eq!(limiter.reserve(&guess).unwrap_err().problem.status, 429);
        }
        assert!(limiter.reserve(&attempt("anna", 2, None)).is_ok(), "anna elsewhere is not locked out");
        assert!(limiter.reserve(&attempt("ben", 1, None)).is_ok(), "nor is ben at the same address");
        let enrol = Attempt { door: Door::Enrol, ..guess.clone() };
        assert!(limiter.reserve(&enrol).is_ok(), "nor a kiosk that enrols");
        let later = Attempt { now: Timestamp::UNIX_EPOCH + SIGN_IN_REFILL, ..guess };
        assert!(limiter.reserve(&later).is_ok(), "however many were refused, one more is heard soon");
    }

    #[test]
    fn what_did_not_fail_is_given_back() {
        let limiter = limiter();
        for _ in 0..100 {
            let good = attempt("anna", 1, None);
            limiter.reserve(&good).unwrap();
            limiter.succeeded(&good);
        }
        for _ in 0..SIGN_IN_ADDRESS_BURST {
            limiter.reserve(&attempt(&uuid::Uuid::new_v4().to_string(), 1, None)).unwrap();
        }
        assert!(limiter.reserve(&attempt("anna", 1, None)).is_err());
    }

    #[test]
    fn a_known_browser_is_not_locked_out_by_its_neighbour() {
        let cookie = limiter().succeeded(&attempt("anna", 1, None));
        let limiter = limiter(); // The server was started again.
        for user in 0..SIGN_IN_ADDRESS_BURST {
            limiter.reserve(&attempt(&user.to_string(), 1, None)).unwrap();
        }
        assert!(limiter.reserve(&attempt("ben", 1, None)).is_err(), "the address is exhausted");
        assert!(limiter.reserve(&attempt("anna", 1, Some(&cookie))).is_ok());
        assert!(limiter.reserve(&attempt("ben", 1, Some(&cookie))).is_err(), "the cookie is anna's");
    }

    #[test]
    fn a_network_is_counted_and_not_each_of_its_addresses() {
        let limiter = limiter();
        let guess = |last: u16| {
            let address = std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, last);
            limiter.reserve(&Attempt { address: Some(address.into()), ..attempt("anna", 1, None) })
        };
        assert!((0..5).all(|last| guess(last).is_ok()));
        assert!(guess(99).is_err());
    }

    #[test]
    fn refusals_are_told_once_in_a_while() {
        let limiter = limiter();
        let guess = attempt("anna", 1, None);
        (0..SIGN_IN_BURST).for_each(|_| limiter.reserve(&guess).unwrap());
        let told = |guess: &Attempt<'_>| limiter.reserve(guess).err().map(|slowed| slowed.tell);
        assert_eq!([told(&guess), told(&guess)], [Some(true), Some(false)]);
        for seconds in 0..SIGN_IN_TOLD_EVERY.as_secs() {
            let later = Attempt { now: guess.now + Duration::from_secs(seconds), ..guess.clone() };
            assert_ne!(told(&later), Some(true), "after {seconds} s");
        }
        let later = Attempt { now: guess.now + SIGN_IN_TOLD_EVERY, ..guess.clone() };
        let _heard = limiter.reserve(&later);
        assert_eq!(told(&later), Some(true));
    }

    #[test]
    fn a_full_table_forgets_those_who_failed_least() {
        let limiter = limiter();
        let guess = attempt("anna", 1, None);
        (0..SIGN_IN_BURST).for_each(|_| limiter.reserve(&guess).unwrap());
        for index in 0..SIGN_IN_BUCKETS_MAX {
            let address = Some(IpAddr::from(u32::try_from(index).unwrap().to_be_bytes()));
            limiter.reserve(&Attempt { address, ..attempt("ben", 1, None) }).unwrap();
        }
        assert!(limiter.failures().len() <= SIGN_IN_BUCKETS_MAX + 1);
        assert!(limiter.reserve(&guess).is_err());
    }
}
