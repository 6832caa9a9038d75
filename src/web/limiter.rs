//! Sign-in rate limiting that slows guessing and cannot lock others out: failures count against the address (alone and
//! together with the user), never against the user. A browser that has signed in before holds a device cookie for that
//! user and is counted by itself, so that a guesser behind the same address does not keep its owner out either (OWASP,
//! "Device cookies").

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::limits::{
    SIGN_IN_ADDRESS_BURST, SIGN_IN_BUCKETS_MAX, SIGN_IN_BURST, SIGN_IN_HASHES, SIGN_IN_REFILL, SIGN_IN_WAITING_MAX,
};
use super::problem::Problem;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Address(Option<IpAddr>),
    UserAt(String, Option<IpAddr>),
    Device(String),
}

/// Failures so far, as of a time; they fade one by one.
#[derive(Debug, Clone, Copy)]
struct Failures {
    count: f64,
    at: Timestamp,
}

impl Failures {
    fn now(self, now: Timestamp) -> f64 {
        let past = now.duration_since(self.at).as_secs_f64().max(0.0);
        (self.count - past / SIGN_IN_REFILL.as_secs_f64()).max(0.0)
    }
}

/// One attempt to sign in.
#[derive(Debug, Clone)]
pub struct Attempt<'a> {
    /// The account named, which may not exist.
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
    /// A limiter that remembers nothing yet. Device cookies of a former one are worth nothing here.
    pub fn new() -> Self {
        // Two random UUIDs: 244 random bits; the cookie opens nothing, it only chooses a counter.
        let mut device_key = [0; 32];
        let (first, second) = device_key.split_at_mut(16);
        first.copy_from_slice(uuid::Uuid::new_v4().as_bytes());
        second.copy_from_slice(uuid::Uuid::new_v4().as_bytes());
        Self {
            failures: Mutex::default(),
            hashing: Semaphore::new(SIGN_IN_HASHES),
            waiting: Semaphore::new(SIGN_IN_WAITING_MAX),
            device_key,
        }
    }

    /// May this attempt be made? If not, says when.
    pub fn check(&self, attempt: &Attempt<'_>) -> Result<(), Problem> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, burst) in self.keys(attempt) {
            let count = failures.get(&key).map_or(0.0, |failures| failures.now(attempt.now));
            if count + 1.0 > f64::from(burst) {
                let detail = "Too many sign-ins failed from here. Wait a little and try again.";
                return Err(Problem::too_many(detail, SIGN_IN_REFILL.as_secs()));
            }
        }
        Ok(())
    }

    /// Counts a failure.
    pub fn failed(&self, attempt: &Attempt<'_>) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= SIGN_IN_BUCKETS_MAX {
            failures.retain(|_, one| one.now(attempt.now) > 0.0);
        }
        if failures.len() >= SIGN_IN_BUCKETS_MAX {
            // Someone fills the table on purpose: losing its counts is better than growing without bound.
            failures.clear();
        }
        for (key, _) in self.keys(attempt) {
            let count = failures.get(&key).map_or(0.0, |one| one.now(attempt.now)) + 1.0;
            failures.insert(key, Failures { count, at: attempt.now });
        }
    }

    /// A success forgets the failures of this user at this address or device, and answers with a new device cookie.
    pub fn succeeded(&self, attempt: &Attempt<'_>) -> String {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, _) in self.keys(attempt) {
            if !matches!(key, Key::Address(_)) {
                failures.remove(&key);
            }
        }
        let nonce = uuid::Uuid::new_v4().simple().to_string();
        let seal = self.seal(attempt.user, &nonce);
        format!("{nonce}.{seal}")
    }

    /// A place among those who may compute a password hash now.
    pub async fn hash_permit(&self) -> Result<SemaphorePermit<'_>, Problem> {
        let busy = || Problem::unavailable("Too many people sign in at this moment. Try again.");
        let _waiting = self.waiting.try_acquire().map_err(|_| busy())?;
        self.hashing.acquire().await.map_err(|_| busy())
    }

    fn keys(&self, attempt: &Attempt<'_>) -> Vec<(Key, u32)> {
        if let Some(nonce) = self.device_of(attempt) {
            return vec![(Key::Device(nonce.to_owned()), SIGN_IN_BURST)];
        }
        vec![
            (Key::UserAt(attempt.user.to_owned(), attempt.address), SIGN_IN_BURST),
            (Key::Address(attempt.address), SIGN_IN_ADDRESS_BURST),
        ]
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

impl Default for SignInLimiter {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt<'a>(user: &'a str, last: u8, device: Option<&'a str>) -> Attempt<'a> {
        let address = Some(IpAddr::from([192, 0, 2, last]));
        Attempt { user, address, device, now: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn guessing_is_slowed_at_the_guessers_address_only() {
        let limiter = SignInLimiter::new();
        let guess = attempt("anna", 1, None);
        for _ in 0..SIGN_IN_BURST {
            assert!(limiter.check(&guess).is_ok());
            limiter.failed(&guess);
        }
        assert_eq!(limiter.check(&guess).unwrap_err().status, 429);
        assert!(limiter.check(&attempt("anna", 2, None)).is_ok(), "anna elsewhere is not locked out");
        assert!(limiter.check(&attempt("ben", 1, None)).is_ok(), "nor is ben at the same address");
        let later = Attempt { now: Timestamp::UNIX_EPOCH + SIGN_IN_REFILL, ..guess };
        assert!(limiter.check(&later).is_ok(), "one more is given back with time");
    }

    #[test]
    fn a_known_browser_is_not_locked_out_by_its_neighbour() {
        let limiter = SignInLimiter::new();
        let cookie = limiter.succeeded(&attempt("anna", 1, None));
        for _ in 0..SIGN_IN_ADDRESS_BURST {
            limiter.failed(&attempt("anna", 1, None));
        }
        assert!(limiter.check(&attempt("ben", 1, None)).is_err(), "the address is exhausted");
        assert!(limiter.check(&attempt("anna", 1, Some(&cookie))).is_ok());
        assert!(limiter.check(&attempt("ben", 1, Some(&cookie))).is_err(), "the cookie is anna's");
    }

    #[test]
    fn the_table_is_bounded() {
        let limiter = SignInLimiter::new();
        for index in 0..SIGN_IN_BUCKETS_MAX + 10 {
            limiter.failed(&attempt(&format!("user{index}"), 1, None));
        }
        assert!(limiter.failures.lock().unwrap().len() <= SIGN_IN_BUCKETS_MAX + 1);
    }
}
