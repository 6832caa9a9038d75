//! How an IPP printer or CUPS queue is reached: in clear or by TLS, with or without a name and password.
//!
//! Printers' certificates are seldom signed by an authority that everyone knows, so for `ipps://` the printer's own
//! certificate, or that of the hospital's authority, must be given: nothing else is believed (RFC 8010, section 8.2).

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ipp::prelude::Uri;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// The most certificates that one file may hold.
const CERTIFICATES_MAX: usize = 100;
/// The port of IPP, in clear and by TLS (RFC 8010, section 4; RFC 7472, section 3).
const PORT: u16 = 631;

/// A text that nothing prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text`.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// A name and password, and whom to believe.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IppAccess {
    /// Sent with each request (HTTP Basic, RFC 7617), where the printer asks who prints.
    pub user: Option<(String, Secret)>,
    /// Certificates in PEM that are believed: the printer's own, or its authority's. Only for `ipps://`.
    pub trusted: Option<Vec<u8>>,
}

/// Why a printer cannot be reached as configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IppAccessError {
    /// A text that is no address of an IPP printer.
    #[error("{0:?} is no address of an IPP printer: write \"ipp://10.0.0.30/ipp/print\", or ipps:// where it encrypts")]
    Address(String),
    /// Addresses stand in logs.
    #[error("the address holds a name or password: give `user` and `password_file` instead")]
    SecretInAddress,
    /// Nobody to believe.
    #[error("ipps needs `certificate`: a PEM file with the printer's certificate, or its authority's")]
    NoCertificate,
    /// Certificates in clear do nothing.
    #[error("`certificate` is for ipps:// addresses: write ipps:// or leave it out")]
    NotEncrypted,
    /// A password in clear.
    #[error("a password would be sent in clear: write ipps:// and give `certificate`")]
    PasswordInClear,
    /// What should be certificates.
    #[error("no certificate can be read there: it must hold 1 to 100 in PEM (-----BEGIN CERTIFICATE-----)")]
    Certificate,
    /// A name that Basic cannot carry.
    #[error("user {0:?} cannot be sent: it has a colon or control characters")]
    User(String),
}

/// An address that was checked, and how it is reached.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    /// Its address as IPP has it.
    pub(super) uri: Uri,
    /// The same for HTTP.
    pub(super) url: String,
    /// The value of `Authorization`.
    pub(super) authorization: Option<Authorization>,
    pub(super) tls: Option<TlsConfig>,
}

/// A header's value that nothing prints.
#[derive(Clone)]
pub(super) struct Authorization(String);

impl Authorization {
    pub(super) fn value(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Whether a printer can be reached so.
pub fn check(uri: &str, access: &IppAccess) -> Result<(), IppAccessError> {
    reach(uri, access).map(drop)
}

pub(super) fn reach(text: &str, access: &IppAccess) -> Result<Reach, IppAccessError> {
    if text.split(['/', '?']).nth(2).is_some_and(|authority| authority.contains('@')) {
        return Err(IppAccessError::SecretInAddress);
    }
    let no_address = || IppAccessError::Address(text.to_owned());
    let uri = text.parse::<Uri>().map_err(|_| no_address())?;
    let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(no_address)?;
    let (scheme, port) = match uri.scheme_str() {
        Some("ipp") => ("http", PORT),
        Some("http") => ("http", 80),
        Some("ipps") => ("https", PORT),
        Some("https") => ("https", 443),
        _ => return Err(no_address()),
    };
    let url = format!("{scheme}://{host}:{}{}", uri.port_u16().unwrap_or(port), uri.path());
    let encrypted = scheme == "https";
    let tls = match (&access.trusted, encrypted) {
        (Some(pem), true) => Some(trusting(pem)?),
        (None, true) => return Err(IppAccessError::NoCertificate),
        (Some(_), false) => return Err(IppAccessError::NotEncrypted),
        (None, false) => None,
    };
    let authorization = access.user.as_ref().map(|(user, password)| basic(user, password)).transpose()?;
    // Within this machine nobody listens: a CUPS queue there is the usual case.
    if authorization.is_some() && !encrypted && !matches!(host, "localhost" | "127.0.0.1" | "[::1]") {
        return Err(IppAccessError::PasswordInClear);
    }
    Ok(Reach { uri, url, authorization, tls })
}

fn trusting(pem: &[u8]) -> Result<TlsConfig, IppAccessError> {
    let mut certificates: Vec<Certificate<'static>> = Vec::new();
    for item in parse_pem(pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) if certificates.len() < CERTIFICATES_MAX => {
                certificates.push(certificate);
            }
            Ok(PemItem::Certificate(_)) | Err(_) => return Err(IppAccessError::Certificate),
            Ok(_) => {}
        }
    }
    if certificates.is_empty() {
        return Err(IppAccessError::Certificate);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = RootCerts::new_with_certs(&certificates);
    Ok(TlsConfig::builder().unversioned_rustls_crypto_provider(provider).root_certs(roots).build())
}

fn basic(user: &str, Secret(password): &Secret) -> Result<Authorization, IppAccessError> {
    if user.is_empty() || user.contains(':') || user.chars().any(char::is_control) {
        return Err(IppAccessError::User(user.to_owned()));
    }
    Ok(Authorization(format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> IppAccess {
        IppAccess { user: Some((name.to_owned(), Secret::new("open sesame"))), trusted: None }
    }

    #[test]
    fn addresses_are_checked() {
        let clear = IppAccess::default();
        for good in ["ipp://10.0.0.30/ipp/print", "ipp://localhost:8631/printers/zebra", "http://printer:631/ipp/print"]
        {
            assert_eq!(check(good, &clear), Ok(()), "{good}");
        }
        for bad in ["", "10.0.0.30", "ftp://host/x", "ipp:///x", "ipp://", "ipp://a b/"] {
            assert!(matches!(check(bad, &clear), Err(IppAccessError::Address(_))), "{bad}");
        }
        assert_eq!(check("ipp://me:word@host/x", &clear), Err(IppAccessError::SecretInAddress));
        assert_eq!(check("ipps://host/x", &clear), Err(IppAccessError::NoCertificate));
        let nonsense = IppAccess { trusted: Some(b"nonsense".to_vec()), user: None };
        assert_eq!(check("ipps://host/x", &nonsense), Err(IppAccessError::Certificate));
        assert_eq!(check("ipp://host/x", &nonsense), Err(IppAccessError::NotEncrypted));
    }

    #[test]
    fn a_password_is_sent_in_clear_to_nobody_else_and_printed_nowhere() {
        assert_eq!(check("ipp://10.0.0.30/x", &user("me")), Err(IppAccessError::PasswordInClear));
        assert_eq!(check("ipp://localhost/x", &user("me:you")), Err(IppAccessError::User("me:you".into())));
        let reach = reach("ipp://localhost/x", &user("Aladdin")).unwrap();
        // RFC 7617, section 2, has this pair.
        assert_eq!(reach.authorization.as_ref().unwrap().value(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        let printed = format!("{reach:?} {:?}", user("Aladdin"));
        assert!(!printed.contains("sesame") && !printed.contains("QWxh"), "{printed}");
    }
}
