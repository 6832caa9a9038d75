//! Who asks: found from a bearer token, the console's cookie or a kiosk's cookie, and remembered for a few seconds.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio::sync::broadcast;

use super::limits::{CALLER_REMEMBERED_FOR, CALLERS_REMEMBERED};
use super::problem::{Answer, Problem};
use super::state::Web;
use super::{cookies, keys};
use crate::custody::Role;
use crate::ledger::Actor;

/// Who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A console account.
    User {
        /// Its name.
        name: String,
        /// Its role.
        role: Role,
    },
    /// A bearer token with a role.
    Token {
        /// Its name.
        name: String,
        /// Its role.
        role: Role,
    },
    /// A kiosk: its bearer token or an enrolled browser.
    Kiosk {
        /// Which.
        kiosk: String,
    },
}

impl Who {
    /// The role; a kiosk has none of its own.
    pub fn role(&self) -> Option<Role> {
        match self {
            Who::User { role, .. } | Who::Token { role, .. } => Some(*role),
            Who::Kiosk { .. } => None,
        }
    }

    /// The account's, token's or kiosk's name.
    pub fn name(&self) -> &str {
        match self {
            Who::User { name, .. } | Who::Token { name, .. } => name,
            Who::Kiosk { kiosk } => kiosk,
        }
    }

    /// As the ledger names it.
    pub fn actor(&self) -> Actor {
        match self {
            Who::User { name, .. } => Actor::User(name.clone()),
            Who::Token { name, .. } => Actor::Token(name.clone()),
            Who::Kiosk { kiosk } => Actor::Kiosk(kiosk.clone()),
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.actor().fmt(f)
    }
}

/// By what means it was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// An `Authorization` header, which no foreign page can send.
    Bearer,
    /// A cookie, which browsers send by themselves.
    Cookie,
}

/// The one who asks; a handler that takes it is called only by those whom the route's access admits.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who.
    pub who: Who,
    /// By what means.
    pub means: Means,
    /// Names the secret it was shown by, for streams that end with it.
    key: Key,
}

impl Caller {
    /// As the ledger names it.
    pub fn actor(&self) -> Actor {
        self.who.actor()
    }

    /// Names the secret it was shown by.
    pub fn key(&self) -> Key {
        self.key
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Caller>().cloned().ok_or_else(Problem::sign_in_needed)
    }
}

/// The address the connection comes from, where there is a connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub Option<std::net::IpAddr>);

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(Peer(parts.extensions.get::<ConnectInfo<std::net::SocketAddr>>().map(|peer| peer.0.ip())))
    }
}

impl Peer {
    /// As the access log has it.
    pub fn text(self) -> Option<String> {
        self.0.map(|address| address.to_string())
    }
}

/// Under what a secret is remembered: never the secret itself.
pub type Key = [u8; 32];

/// Whose credentials are good no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    One(Key),
    Any,
}

/// Those identified lately. Forgotten as a whole when an account, token or enrolment changes.
pub struct Callers {
    known: Mutex<Known>,
    ended: broadcast::Sender<Ended>,
}

impl Default for Callers {
    fn default() -> Self {
        Self { known: Mutex::default(), ended: broadcast::channel(ENDED_MAX).0 }
    }
}

/// Endings that a stream may be behind before it takes them all to be its own.
const ENDED_MAX: usize = 64;

#[derive(Default)]
struct Known {
    by_hash: HashMap<Key, (Timestamp, Option<Who>)>,
    /// Counts the times all were forgotten, so that an answer asked for before is not remembered after.
    generation: u64,
}

impl Callers {
    /// Whom the request's credentials stand for, best first: a bearer token alone, else the console's cookie, then the
    /// kiosk's. A bearer token that is not known is an error, also beside a good cookie.
    pub async fn identify(&self, web: &Web, headers: &HeaderMap) -> Answer<Vec<Caller>> {
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            let token = value.to_str().ok().and_then(bearer).ok_or_else(Problem::sign_in_needed)?;
            let caller = self.caller(web, token, Means::Bearer, false).await?;
            return Ok(vec![caller.ok_or_else(Problem::sign_in_needed)?]);
        }
        // What a page asks by itself does not keep an unattended session alive: its event stream, and what it marks.
        let by_itself = headers.contains_key("x-outguide-background")
            || headers.get(header::ACCEPT).is_some_and(|kind| kind == "text/event-stream");
        let mut found = Vec::new();
        for name in [cookies::CONSOLE, cookies::KIOSK] {
            let Some(secret) = cookies::sent(headers, name).filter(|secret| !secret.is_empty()) else { continue };
            found.extend(self.caller(web, secret, Means::Cookie, !by_itself).await?);
        }
        Ok(found)
    }

    /// Forgets everybody: an account or token changed. Streams end, and who still may opens another.
    pub fn forget_all(&self) {
        let mut known = self.known();
        known.by_hash.clear();
        known.generation += 1;
        // Nobody has a stream open: nothing to end.
        let _nobody = self.ended.send(Ended::Any);
    }

    /// Forgets whom a cookie's secret stood for: the session ended.
    pub fn forget(&self, secret: &str) {
        let key = key(secret, Means::Cookie);
        let mut known = self.known();
        known.by_hash.remove(&key);
        known.generation += 1;
        let _nobody = self.ended.send(Ended::One(key));
    }

    /// Resolves when the caller's credentials are good no longer, or may not be.
    pub fn ended(&self, caller: &Caller) -> impl Future<Output = ()> + Send + 'static {
        let (key, mut ended) = (caller.key, self.ended.subscribe());
        async move {
            while let Ok(Ended::One(other)) = ended.recv().await {
                if other == key {
                    return;
                }
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn caller(&self, web: &Web, secret: &str, means: Means, touched: bool) -> Answer<Option<Caller>> {
        let key = key(secret, means);
        let who = self.who(web, secret, key, means, touched).await?;
        Ok(who.map(|who| Caller { who, means, key }))
    }

    async fn who(&self, web: &Web, secret: &str, key: Key, means: Means, touched: bool) -> Answer<Option<Who>> {
        let now = web.ledger().now();
        let generation = {
            let known = self.known();
            if let Some((at, who)) = known.by_hash.get(&key)
                && now.duration_since(*at).unsigned_abs() < CALLER_REMEMBERED_FOR
            {
                return Ok(who.clone());
            }
            known.generation
        };
        let who = keys::owner(web, secret, means, touched).await?;
        let mut known = self.known();
        if known.generation == generation {
            if known.by_hash.len() >= CALLERS_REMEMBERED {
                known.by_hash.clear();
            }
            known.by_hash.insert(key, (now, who.clone()));
        }
        Ok(who)
    }
}

fn key(secret: &str, means: Means) -> Key {
    let kind: &[u8] = if means == Means::Bearer { b"bearer" } else { b"cookie" };
    Sha256::new().chain_update(kind).chain_update(secret).finalize().into()
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim()).filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bearer_tokens_are_read_from_the_header() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer  abc "), Some("abc"));
        assert_eq!(bearer("Basic abc"), None);
        assert_eq!(bearer("Bearer "), None);
        assert_eq!(bearer("abc"), None);
    }
}
