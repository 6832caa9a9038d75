//! The way to the server: HTTPS that trusts the site's own authority and nobody else, with the kiosk's token.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig};

use super::protocol::Speaks;
use super::wire::{Hello, Welcome};

/// How an agent calls itself in its requests, before its version.
pub const PROGRAM: &str = "outguide-agent/";
/// How long a connection may take to stand.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);
/// How long a request may take to be answered, unless it asks the server to wait.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(8);
/// The largest answer that is read: a label's bytes in hex.
const ANSWER_MAX_BYTES: u64 = 64 * 1024 * 1024;
/// What 401 means at a kiosk's computer, in words for those who stand there.
pub const TOKEN_IS_DEAD: &str =
    "its token is not good any more: get a code from the console and run `outguide agent enrol CODE` here";
/// An event stream is read for so long and then opened again, from where it was: what hangs is noticed by then.
pub const STREAM_FOR: Duration = Duration::from_secs(40);

/// Whom to reach and by what right.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `https://host:port`.
    pub url: String,
    /// The authority that signs the server's certificate, PEM.
    pub authority: Option<PathBuf>,
    /// The file with the kiosk's token.
    pub token_file: PathBuf,
    /// The kiosk.
    pub kiosk: String,
    /// This program's version.
    pub version: String,
}

/// Why the way to the server cannot even be tried.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A file cannot be read.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// There is no token yet.
    #[error("{}: there is no token yet: run `outguide agent enrol CODE` with a one-time code from the console", path.display())]
    NoToken {
        /// Where it should be.
        path: PathBuf,
    },
    /// Others can read the token.
    #[error("{}: other users can read this token (mode {mode:03o}): run `chmod 600 {}`", path.display(), path.display())]
    OpenToken {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It is no token.
    #[error("{}: this is no token: enrol this computer again", path.display())]
    BadToken {
        /// The file.
        path: PathBuf,
    },
    /// It is no certificate.
    #[error("{}: {error}: copy tls/ca.pem from the server", path.display())]
    Authority {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: String,
    },
}

/// No answer came, in words: the network, the server, its certificate or the time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unanswered(pub String);

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The JSON that came with it; null where none did.
    pub body: Value,
}

impl Answer {
    /// The body, where the request succeeded and the body is what was asked for.
    pub fn read<T: DeserializeOwned>(self) -> Option<T> {
        (200..300).contains(&self.status).then(|| serde_json::from_value(self.body).ok()).flatten()
    }

    /// What the server says is wrong.
    pub fn said(&self) -> String {
        if self.status == 401 {
            return TOKEN_IS_DEAD.to_owned();
        }
        let text = self.body.get("detail").and_then(Value::as_str);
        text.map_or_else(|| format!("the server answered {}", self.status), str::to_owned)
    }
}

/// The way to the server. Calls block, each within its limit; clones share connections.
#[derive(Clone)]
pub struct Upstream {
    http: ureq::Agent,
    settings: Settings,
    bearer: Arc<RwLock<Option<String>>>,
}

impl Upstream {
    /// With the kiosk's token.
    pub fn open(settings: &Settings) -> Result<Upstream, SettingsError> {
        let upstream = Upstream::unknown(settings)?;
        upstream.read_token()?;
        Ok(upstream)
    }

    /// Reads the token's file again: this computer may have been enrolled anew.
    pub fn read_token(&self) -> Result<(), SettingsError> {
        let token = read_token(&self.settings.token_file)?;
        *self.bearer.write().unwrap_or_else(PoisonError::into_inner) = Some(format!("Bearer {token}"));
        Ok(())
    }

    fn bearer(&self) -> Option<String> {
        self.bearer.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Before this computer has a token.
    pub fn unknown(settings: &Settings) -> Result<Upstream, SettingsError> {
        let mut config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(format!("{PROGRAM}{}", settings.version))
            .timeout_connect(Some(CONNECT_WITHIN));
        if let Some(path) = &settings.authority {
            let roots = RootCerts::new_with_certs(&authority(path)?);
            config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
        }
        Ok(Upstream { http: config.build().into(), settings: settings.clone(), bearer: Arc::default() })
    }

    /// The kiosk.
    pub fn kiosk(&self) -> &str {
        &self.settings.kiosk
    }

    /// A path below the kiosk's part of the agents' interface.
    pub fn agent_path(&self, rest: &str) -> String {
        format!("/api/v1/agents/{}{rest}", self.settings.kiosk)
    }

    /// A path below the kiosk itself.
    pub fn kiosk_path(&self, rest: &str) -> String {
        format!("/api/v1/kiosks/{}{rest}", self.settings.kiosk)
    }

    /// Sends JSON.
    pub fn post(&self, path: &str, body: &impl Serialize) -> Result<Answer, Unanswered> {
        let mut request = self.http.post(self.at(path));
        if let Some(bearer) = self.bearer() {
            request = request.header("authorization", bearer);
        }
        let request = request.config().timeout_global(Some(ANSWER_WITHIN)).build();
        answer(request.send_json(body).map_err(unanswered)?)
    }

    /// Asks; the server may take `wait` longer over it.
    pub fn get(&self, path: &str, wait: Duration) -> Result<Answer, Unanswered> {
        let request = self.asking(path).config().timeout_global(Some(ANSWER_WITHIN + wait)).build();
        answer(request.call().map_err(unanswered)?)
    }

    /// Opens an event stream, from behind event `last`. It ends after [`STREAM_FOR`].
    pub fn stream(&self, path: &str, last: Option<u64>) -> Result<impl Read + use<>, Unanswered> {
        let mut request = self.asking(path).header("accept", "text/event-stream");
        if let Some(last) = last {
            request = request.header("last-event-id", last.to_string());
        }
        let limited = request.config().timeout_recv_response(Some(ANSWER_WITHIN)).timeout_recv_body(Some(STREAM_FOR));
        let response = limited.build().call().map_err(unanswered)?;
        if response.status() != 200 {
            return Err(Unanswered(answer(response)?.said()));
        }
        Ok(response.into_body().into_reader())
    }

    /// Introduces this program: what the server says to that.
    pub fn hello(&self) -> Result<Answer, Unanswered> {
        let hello = Hello { speaks: Speaks::OURS, version: self.settings.version.clone() };
        self.post(&self.agent_path("/hello"), &hello)
    }

    fn asking(&self, path: &str) -> ureq::RequestBuilder<ureq::typestate::WithoutBody> {
        let request = self.http.get(self.at(path));
        match self.bearer() {
            Some(bearer) => request.header("authorization", bearer),
            None => request,
        }
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.settings.url)
    }
}

/// A welcome, where it is one.
pub fn welcome(answer: Answer) -> Option<Welcome> {
    answer.read()
}

fn answer(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer, Unanswered> {
    let status = response.status().as_u16();
    let read = response.body_mut().with_config().limit(ANSWER_MAX_BYTES).read_to_vec();
    // An answer that broke off may be one to a scan that was recorded: nothing is known.
    let bytes = read.map_err(unanswered)?;
    Ok(Answer { status, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
}

fn unanswered(error: ureq::Error) -> Unanswered {
    let text = error.to_string();
    let certificate = ["certificate", "UnknownIssuer", "NotValidForName", "InvalidCertificate"];
    Unanswered(if certificate.iter().any(|word| text.contains(word)) {
        format!(
            "the server's certificate is not to be trusted ({text}): check `authority` and `url`, and this computer's clock"
        )
    } else {
        format!("the server does not answer ({text})")
    })
}

fn authority(path: &Path) -> Result<Vec<Certificate<'static>>, SettingsError> {
    let pem = std::fs::read(path).map_err(|error| SettingsError::File { path: path.to_owned(), error })?;
    let wrong = |error: String| SettingsError::Authority { path: path.to_owned(), error };
    let mut found = Vec::new();
    for item in ureq::tls::parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| wrong(error.to_string()))? {
            found.push(certificate);
        }
    }
    if found.is_empty() {
        return Err(wrong("it holds no certificate".to_owned()));
    }
    Ok(found)
}

/// The token in `path`, which nobody else may read.
fn read_token(path: &Path) -> Result<String, SettingsError> {
    let file = |error: std::io::Error| SettingsError::File { path: path.to_owned(), error };
    let metadata = match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(SettingsError::NoToken { path: path.to_owned() });
        }
        found => found.map_err(file)?,
    };
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(SettingsError::OpenToken { path: path.to_owned(), mode });
    }
    let token = std::fs::read_to_string(path).map_err(file)?.trim().to_owned();
    if token.is_empty() || token.len() > 512 || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(SettingsError::BadToken { path: path.to_owned() });
    }
    Ok(token)
}

/// Puts `token` into `path`, for this user alone, whole or not at all.
pub fn write_token(path: &Path, token: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let new = path.with_extension("new");
    let _not_there = std::fs::remove_file(&new);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    writeln!(file, "{token}")?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(parent)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_for_its_user_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("agent.token");
        assert!(matches!(read_token(&path), Err(SettingsError::NoToken { .. })));
        write_token(&path, "abc").unwrap();
        assert_eq!(read_token(&path).unwrap(), "abc");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let refused = read_token(&path).unwrap_err();
        assert!(refused.to_string().contains("chmod 600"), "{refused}");
        write_token(&path, "two words").unwrap();
        assert!(matches!(read_token(&path), Err(SettingsError::BadToken { .. })));
    }

    #[test]
    fn an_authority_must_be_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ca.pem");
        std::fs::write(&path, "nothing").unwrap();
        assert!(authority(&path).unwrap_err().to_string().contains("ca.pem"));
    }
}
