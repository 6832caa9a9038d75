//! Who asks: found from a bearer token, the console's cookie or a kiosk's cookie, and remembered for a few seconds.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::cookies;
use super::limits::{CALLER_REMEMBERED_FOR, CALLERS_REMEMBERED};
use super::problem::{Answer, Problem};
use super::state::Web;
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub who: Who,
    /// By what means.
    pub means: Means,
}

impl Caller {
    /// As the ledger names it.
    pub fn actor(&self) -> Actor {
        self.who.actor()
    }

    /// Does its role include `role`?
    pub fn may(&self, role: Role) -> bool {
        self.who.role().is_some_and(|own| own.includes(role))
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

/// The hash under which a secret is kept. Secrets are 256 random bits, so that a plain hash is enough.
type SecretHash = [u8; 32];

/// Those identified lately. Forgotten as a whole when an account, token or enrolment changes.
#[derive(Default)]
pub struct Callers {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    by_hash: HashMap<SecretHash, (Timestamp, Option<Who>)>,
    /// Counts the times all were forgotten, so that an answer asked for before is not remembered after.
    generation: u64,
}

impl Callers {
    /// Whom the request's credentials stand for, best first: a bearer token alone, else the console's cookie, then the
    /// kiosk's. A bearer token that is not known is an error, also beside a good cookie.
    pub async fn identify(&self, web: &Web, headers: &HeaderMap) -> Answer<Vec<Caller>> {
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            let token = value.to_str().ok().and_then(bearer).ok_or_else(Problem::sign_in_needed)?;
            let who = self.who(web, token, Means::Bearer).await?.ok_or_else(Problem::sign_in_needed)?;
            return Ok(vec![Caller { who, means: Means::Bearer }]);
        }
        let mut found = Vec::new();
        for name in [cookies::CONSOLE, cookies::KIOSK] {
            let Some(secret) = cookies::sent(headers, name).filter(|secret| !secret.is_empty()) else { continue };
            if let Some(who) = self.who(web, secret, Means::Cookie).await? {
                found.push(Caller { who, means: Means::Cookie });
            }
        }
        Ok(found)
    }

    /// Forgets everybody: an account, token or enrolment changed.
    pub fn forget(&self) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.by_hash.clear();
        known.generation += 1;
    }

    async fn who(&self, web: &Web, secret: &str, means: Means) -> Answer<Option<Who>> {
        let kind: &[u8] = if means == Means::Bearer { b"bearer" } else { b"cookie" };
        let hash: SecretHash = Sha256::new().chain_update(kind).chain_update(secret).finalize().into();
        let now = web.ledger().now();
        let generation = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((at, who)) = known.by_hash.get(&hash)
                && now.duration_since(*at).unsigned_abs() < CALLER_REMEMBERED_FOR
            {
                return Ok(who.clone());
            }
            known.generation
        };
        let who = super::keys::owner(web, secret, means).await?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.generation == generation {
            if known.by_hash.len() >= CALLERS_REMEMBERED {
                known.by_hash.clear();
            }
            known.by_hash.insert(hash, (now, who.clone()));
        }
        Ok(who)
    }
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
