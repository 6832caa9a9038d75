//! What the web asks of the ledger's accounts: whom a secret stands for, sessions, enrolment.

use axum::http::HeaderMap;

use super::caller::{Means, Peer, Who};
use super::cookies;
use super::limiter::{Attempt, Door};
use super::problem::Answer;
use super::state::Web;
use crate::ledger::accounts::{EndSession, EnrolAgent, EnrolKiosk, MakeEnrolCode, Owner, Secret, SecretHash, SignedIn};
use crate::ledger::changes::Change;
use crate::ledger::{Actor, ChangeError};

/// The owner of a bearer token or of a cookie's session, if it has one that is still good. `touched`: a person did
/// something, so that the session's idle time starts anew.
pub async fn owner(web: &Web, secret: &str, means: Means, touched: bool) -> Answer<Option<Who>> {
    let owner = match means {
        Means::Bearer => web.ledger().bearer(secret).await?,
        Means::Cookie => web.ledger().session_owner(secret, touched).await?,
    };
    Ok(owner.map(|owner| match owner {
        Owner::User { name, role } => Who::User { name, role },
        Owner::Token { name, role } => Who::Token { name, role },
        Owner::Kiosk { kiosk } => Who::Kiosk { kiosk },
    }))
}

/// Signs in; `None`: the name or the password is wrong, or the account is closed. Logged either way.
pub async fn sign_in(web: &Web, user: &str, password: &str, peer: Peer) -> Answer<Option<SignedIn>> {
    Ok(web.ledger().sign_in(user, password, peer.text().as_deref()).await?)
}

/// Writes down that attempts like this one are refused unheard.
pub async fn slowed(web: &Web, attempt: &Attempt<'_>, peer: Peer) -> Answer<()> {
    let what = match attempt.door {
        Door::SignIn => "sign_in",
        Door::Enrol => "enrol",
    };
    Ok(web.ledger().sign_in_slowed(what, attempt.user, peer.text()).await?)
}

/// Ends a session, and what its owner has open.
pub async fn sign_out(web: &Web, secret: &str, peer: Peer) -> Answer<()> {
    let end = EndSession { session: SecretHash::of(secret), address: peer.text() };
    // Who it was is known from the session itself; the log must not take the word of a request for it.
    let by = match owner(web, secret, Means::Cookie, false).await? {
        Some(who) => who.actor(),
        None => return Ok(()),
    };
    web.ledger().change(&by, end).await?;
    web.callers.forget(secret);
    Ok(())
}

/// Uses up an enrolment code: the kiosk and the secret for its cookie. `None`: the code is not good.
pub async fn enrol(web: &Web, code: String) -> Answer<Option<(String, Secret)>> {
    redeem(web, |session| EnrolKiosk { code, session }).await
}

/// Uses up an enrolment code for a kiosk's own computer: the kiosk and its bearer token. `None`: the code is not good.
pub async fn enrol_agent(web: &Web, code: String) -> Answer<Option<(String, Secret)>> {
    redeem(web, |secret| EnrolAgent { code, secret }).await
}

/// Uses up a code for a new secret.
async fn redeem<C>(web: &Web, change: impl FnOnce(SecretHash) -> C) -> Answer<Option<(String, Secret)>>
where
    C: Change<Made = String>,
{
    let secret = Secret::random()?;
    match web.ledger().change(&Actor::System, change(secret.hash())).await {
        Ok(kiosk) => Ok(Some((kiosk, secret))),
        Err(ChangeError::Refused(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// In a demonstration: a new enrolment for a browser that has none for this kiosk.
pub async fn enrol_for_demonstration(web: &Web, kiosk: &str, headers: &HeaderMap) -> Answer<Option<Secret>> {
    if !web.ledger().kiosks().get(kiosk).is_some_and(|known| known.active) {
        return Ok(None);
    }
    if let Some(secret) = cookies::sent(headers, cookies::KIOSK) {
        let own = Who::Kiosk { kiosk: kiosk.to_owned() };
        if owner(web, secret, Means::Cookie, false).await? == Some(own) {
            return Ok(None);
        }
    }
    let made = web.ledger().change(&Actor::System, MakeEnrolCode { kiosk: kiosk.to_owned() }).await?;
    Ok(enrol(web, made.code).await?.map(|(_, secret)| secret))
}
