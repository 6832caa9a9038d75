//! Console accounts, bearer tokens, sessions, enrolment codes and the access log.
//!
//! Secrets are random 256 bits of which only the SHA-256 is kept (there is nothing to guess, so nothing to slow
//! down); passwords are kept as Argon2id. Making and ending accounts and tokens are ledger entries without secrets;
//! sessions, enrolment codes and the access log stand beside the chain, written by the same writer, as durable.

mod access;
mod password;
mod secret;
mod sessions;
mod tokens;
mod users;

pub use access::{Access, LogAccess};
pub use password::{PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS, PasswordFault, PasswordHash};
pub use secret::{Secret, SecretHash};
pub use sessions::{
    ENROL_CODE_SECONDS, ENROLMENT_SECONDS, EndSession, EnrolCode, EnrolKiosk, MakeEnrolCode, SESSION_IDLE_SECONDS,
    SESSION_MAX_SECONDS, StartSession, TouchSession,
};
pub use tokens::{CreateToken, EnrolAgent, RevokeToken};
pub use users::{AddUser, CorrectUser, SetPassword, canonical};

use super::api::{Actor, Ledger};
use super::error::{ChangeError, ReadError};
use crate::custody::Role;

/// Whom a secret stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
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
    /// A kiosk, by its token or an enrolled browser.
    Kiosk {
        /// Which.
        kiosk: String,
    },
}

/// Who signed in, with the new session's secret: it is shown to nobody again.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The account.
    pub user: String,
    /// Its role.
    pub role: Role,
    /// The session cookie's value.
    pub secret: Secret,
}

impl Ledger {
    /// Checks a password and begins a session; `None` if the account is unknown or inactive or the password wrong,
    /// which all take the same work. Either way it is logged. How often one may try is the caller's to limit.
    pub async fn sign_in(
        &self,
        user: &str,
        password: &str,
        address: Option<&str>,
    ) -> Result<Option<SignedIn>, ChangeError> {
        let name = users::canonical(user);
        let wanted = name.clone();
        let known = self.read(move |reader| reader.credentials(&wanted)).await.map_err(not_read)?;
        let exists = known.is_some();
        let typed = password.to_owned();
        let verify = move || {
            let fits = password::verify(&typed, known.as_ref().map(|(hash, _)| hash));
            known.filter(|_| fits)
        };
        let verified = tokio::task::spawn_blocking(verify).await;
        let verified = verified.map_err(|error| ChangeError::NotRecorded(error.to_string()))?;
        let address = address.map(str::to_owned);
        let Some((verified, role)) = verified else {
            // What was typed as a name is not kept unless it is one: people type passwords into the wrong field.
            let by = if exists { Actor::User(name) } else { Actor::System };
            let log =
                Access { what: "sign_in".to_owned(), outcome: "refused".to_owned(), address, ..Access::default() };
            self.change(&by, LogAccess(log)).await?;
            return Ok(None);
        };
        let secret = Secret::random()?;
        let start = StartSession { user: name.clone(), verified, session: secret.hash(), address };
        let began = self.change(&Actor::User(name.clone()), start).await?;
        Ok(began.then_some(SignedIn { user: name, role, secret }))
    }

    /// Logs that sign-ins are refused unheard, because too many failed.
    pub async fn sign_in_slowed(&self, what: &str, user: &str, address: Option<String>) -> Result<(), ChangeError> {
        let name = users::canonical(user);
        let wanted = name.clone();
        let known = self.read(move |reader| reader.credentials(&wanted)).await.map_err(not_read)?;
        let by = if known.is_some() { Actor::User(name) } else { Actor::System };
        let log = Access { what: what.to_owned(), outcome: "slowed".to_owned(), address, ..Access::default() };
        self.change(&by, LogAccess(log)).await
    }

    /// Whom a bearer token stands for, if it is alive.
    pub async fn bearer(&self, secret: &str) -> Result<Option<Owner>, ReadError> {
        let hash = SecretHash::of(secret);
        self.read(move |reader| reader.token_owner(&hash)).await
    }

    /// Whom a cookie's session stands for, if it is alive. `touched`: a person did something, so the idle time starts
    /// anew (written down at most once a minute); background requests of an open page are no such thing.
    pub async fn session_owner(&self, secret: &str, touched: bool) -> Result<Option<Owner>, ReadError> {
        let hash = SecretHash::of(secret);
        let Some((owner, stale)) = self.read(move |reader| reader.session_owner(&hash)).await? else {
            return Ok(None);
        };
        if touched && stale {
            // Not fatal: the session then only ends earlier.
            if let Err(error) = self.change(&Actor::System, TouchSession { session: hash }).await {
                tracing::warn!(%error, "a session's last use could not be written");
            }
        }
        Ok(Some(owner))
    }

    /// Writes a line of the access log; answers when it is durable.
    pub async fn log_access(&self, by: &Actor, access: Access) -> Result<(), ChangeError> {
        self.change(by, LogAccess(access)).await
    }
}

fn not_read(error: ReadError) -> ChangeError {
    ChangeError::NotRecorded(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::changes::Was;
    use super::*;
    use crate::barcode;
    use crate::ledger::queries::Paging;
    use crate::ledger::{OpenOptions, RandomIds, SystemClock};
    use crate::records::{Filing, Numbering};

    fn ledger(dir: &std::path::Path) -> Ledger {
        Ledger::open(OpenOptions {
            dir: dir.to_owned(),
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
            kiosks: Vec::new(),
            barcodes: barcode::Reader::new(&[]).unwrap(),
            numbering: Numbering::new(r"\d{6}", Filing::TerminalDigit).unwrap(),
            zone: jiff::tz::TimeZone::UTC,
            chart_labels: std::collections::HashMap::new(),
        })
        .unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_account_from_its_making_to_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = ledger(dir.path());
        for (name, role) in [("Anna", Role::Records), ("root", Role::Admin)] {
            let password = PasswordHash::of("correct horse").unwrap();
            ledger.change(&Actor::System, AddUser { name: name.to_owned(), role, password }).await.unwrap();
        }
        assert!(ledger.sign_in("anna", "wrong horse", None).await.unwrap().is_none());
        assert!(ledger.sign_in("nobody", "correct horse", None).await.unwrap().is_none());
        let session = ledger.sign_in(" ANNA ", "correct horse", Some("10.0.0.9")).await.unwrap().unwrap();
        let owner = ledger.session_owner(session.secret.reveal(), true).await.unwrap();
        assert_eq!(owner, Some(Owner::User { name: "anna".to_owned(), role: Role::Records }));
        let log = ledger.read(|reader| reader.access_log(None, &Paging::default())).await.unwrap();
        let lines: Vec<_> = log.rows.iter().map(|line| (line.who.as_str(), line.outcome.as_str())).collect();
        assert_eq!(lines, [("user:anna", "ok"), ("system", "refused"), ("user:anna", "refused")]);

        let end =
            |name: &str| CorrectUser { name: name.to_owned(), role: None, active: Some(false), was: Was::default() };
        ledger.change(&Actor::System, end("anna")).await.unwrap();
        assert_eq!(ledger.session_owner(session.secret.reveal(), true).await.unwrap(), None);
        assert!(ledger.sign_in("anna", "correct horse", None).await.unwrap().is_none());
        let last = ledger.change(&Actor::System, end("root")).await.unwrap_err();
        assert!(matches!(last, ChangeError::Refused(refusal) if refusal.rule == "refuse_when_no_admin_is_left"));
        let entries = ledger.read(|reader| reader.audit(None, None, &Paging::default())).await.unwrap();
        let text = serde_json::to_string(&entries).unwrap();
        assert!(text.contains("user_deactivated") && !text.contains("argon2"), "{text}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_password_that_was_changed_meanwhile_signs_nobody_in() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = ledger(dir.path());
        let (name, password) = ("anna".to_owned(), PasswordHash::of("correct horse").unwrap());
        ledger.change(&Actor::System, AddUser { name: name.clone(), role: Role::Records, password }).await.unwrap();
        let (verified, _) = ledger.read(|reader| reader.credentials("anna")).await.unwrap().unwrap();
        let password = PasswordHash::of("another horse").unwrap();
        ledger.change(&Actor::System, SetPassword { name: name.clone(), password }).await.unwrap();
        let session = Secret::random().unwrap();
        let start = StartSession { user: name.clone(), verified, session: session.hash(), address: None };
        assert!(!ledger.change(&Actor::User(name), start).await.unwrap());
        assert_eq!(ledger.session_owner(session.reveal(), true).await.unwrap(), None);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn tokens_and_codes_are_good_until_they_are_used_up() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = ledger(dir.path());
        let secret = Secret::random().unwrap();
        let make = CreateToken { name: "feed".into(), role: Some(Role::Viewer), kiosk: None, secret: secret.hash() };
        ledger.change(&Actor::System, make.clone()).await.unwrap();
        assert!(matches!(ledger.change(&Actor::System, make).await, Err(ChangeError::Clash { .. })));
        let owner = ledger.bearer(secret.reveal()).await.unwrap();
        assert_eq!(owner, Some(Owner::Token { name: "feed".into(), role: Role::Viewer }));
        ledger.change(&Actor::System, RevokeToken { name: "feed".into() }).await.unwrap();
        assert_eq!(ledger.bearer(secret.reveal()).await.unwrap(), None);

        let code = ledger.change(&Actor::System, MakeEnrolCode { kiosk: "er-1".into() }).await.unwrap().code;
        let browser = Secret::random().unwrap();
        let enrol = EnrolKiosk { code: code.to_lowercase(), session: browser.hash() };
        assert_eq!(ledger.change(&Actor::System, enrol.clone()).await.unwrap(), "er-1");
        assert!(matches!(ledger.change(&Actor::System, enrol).await, Err(ChangeError::Refused(_))));
        let owner = ledger.session_owner(browser.reveal(), true).await.unwrap();
        assert_eq!(owner, Some(Owner::Kiosk { kiosk: "er-1".into() }));
    }
}
