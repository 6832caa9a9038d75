//! `agent.toml`: what a kiosk's own computer is told. Checked as a whole; every fault names its line and the fix.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use ureq::http::Uri;

use super::check::Checker;
use super::{ConfigError, Printer, PrinterTransport, Scanner, devices, fault, sections, text_of};

/// An agent's configuration that was checked.
#[derive(Debug, Clone)]
pub struct AgentConfig {
    /// The file it came from.
    pub file: PathBuf,
    /// The kiosk that this computer is.
    pub kiosk: String,
    /// Where scans wait and are kept.
    pub data_dir: PathBuf,
    /// Where the kiosk's page is served, on this computer only.
    pub listen: SocketAddr,
    /// The server, `https://host:port` without a path.
    pub url: String,
    /// The certificate authority that the server's certificate must be signed by, PEM; not for clear HTTP.
    pub authority: Option<PathBuf>,
    /// The file with the kiosk's token.
    pub token_file: PathBuf,
    /// How many scans can wait or be parked.
    pub max_scans: u64,
    /// Its scanners.
    pub scanners: Vec<Scanner>,
    /// Its printers.
    pub printers: Vec<Printer>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    kiosk: Spanned<String>,
    data_dir: Option<PathBuf>,
    listen: Option<Spanned<String>>,
    server: Spanned<Server>,
    #[serde(default)]
    queue: Queue,
    #[serde(default)]
    scanner: Vec<Spanned<sections::Scanner>>,
    #[serde(default)]
    printer: Vec<Spanned<sections::Printer>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Server {
    url: Spanned<String>,
    authority: Option<Spanned<PathBuf>>,
    token: Option<PathBuf>,
    #[serde(default)]
    insecure_http: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Queue {
    max_scans: Option<Spanned<u64>>,
}

/// Weeks of a busy kiosk, in some 50 MB.
const MAX_SCANS_DEFAULT: u64 = 50_000;
/// Fewer are no outage's worth; more are no small computer's.
const MAX_SCANS: std::ops::RangeInclusive<u64> = 10..=1_000_000;

impl AgentConfig {
    /// The file that is read when none is named.
    pub const DEFAULT_FILE: &'static str = "agent.toml";

    /// Reads `file`; without one, `agent.toml`.
    pub fn load(file: Option<&Path>) -> Result<AgentConfig, ConfigError> {
        let file = file.unwrap_or(Path::new(AgentConfig::DEFAULT_FILE));
        AgentConfig::parse(&text_of(file)?, file)
    }

    /// Parses and checks `text`. Relative paths are taken from the file's own folder.
    pub fn parse(text: &str, file: &Path) -> Result<AgentConfig, ConfigError> {
        let wrong = |faults| ConfigError { file: Some(file.to_owned()), faults };
        let parsed: File = toml::from_str(text).map_err(|error| wrong(vec![fault::from_toml(text, &error)]))?;
        let mut checker = Checker::new(text, Some(file));
        let c = &mut checker;
        let kiosk = kiosk(c, &parsed.kiosk);
        let listen = listen(c, parsed.listen.as_ref());
        let server = parsed.server.get_ref();
        let url = url(c, server);
        let authority = authority(c, server, url.starts_with("https:"), &parsed.server.span());
        let scanners = devices::scanners(c, &parsed.scanner, std::slice::from_ref(&kiosk));
        let printers = devices::printers(c, &parsed.printer);
        for (printer, section) in printers.iter().zip(&parsed.printer) {
            if let PrinterTransport::Agent { .. } = printer.transport {
                let at = c.key(&section.span(), "transport");
                c.fault(&at, "this is the agent: say how the printer is wired to this computer".to_owned());
            }
        }
        let max_scans = parsed.queue.max_scans.as_ref().map_or(MAX_SCANS_DEFAULT, |max| *max.get_ref());
        if let Some(max) = parsed.queue.max_scans.as_ref().filter(|max| !MAX_SCANS.contains(max.get_ref())) {
            c.fault(&max.span(), format!("max_scans: from {} to {}", MAX_SCANS.start(), MAX_SCANS.end()));
        }
        let data_dir = c.path(parsed.data_dir.as_deref().unwrap_or(Path::new("./outguide-agent")));
        let token_file = c.path(server.token.as_deref().unwrap_or(Path::new("agent.token")));
        let faults = checker.finish();
        if !faults.is_empty() {
            return Err(wrong(faults));
        }
        let file = file.to_owned();
        Ok(AgentConfig { file, kiosk, data_dir, listen, url, authority, token_file, max_scans, scanners, printers })
    }
}

fn kiosk(c: &mut Checker, id: &Spanned<String>) -> String {
    let text = id.get_ref();
    if text.is_empty() || text.len() > 40 || !text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
        c.fault(&id.span(), format!("{text:?} is no kiosk's id: give the one that the server knows it by"));
    }
    text.clone()
}

fn listen(c: &mut Checker, listen: Option<&Spanned<String>>) -> SocketAddr {
    let default = SocketAddr::from(([127, 0, 0, 1], 8081));
    let Some(listen) = listen else { return default };
    match listen.get_ref().parse::<SocketAddr>() {
        Ok(address) if address.ip().is_loopback() => address,
        Ok(address) => {
            let text = format!(
                "`{address}` is reached from other computers, and the kiosk's page asks for no sign-in: use 127.0.0.1"
            );
            c.fault(&listen.span(), text);
            default
        }
        Err(_) => {
            let text = listen.get_ref();
            c.fault(&listen.span(), format!("{text:?} is no address to listen on: write it as \"127.0.0.1:8081\""));
            default
        }
    }
}

/// `https://host[:port]`; clear HTTP on this computer, or where it is said in so many words.
fn url(c: &mut Checker, server: &Server) -> String {
    let text = server.url.get_ref().trim_end_matches('/');
    let span = server.url.span();
    let parsed = text.parse::<Uri>().ok();
    let host = parsed.as_ref().and_then(Uri::host).unwrap_or_default();
    let plain = parsed.as_ref().is_some_and(|uri| matches!(uri.path(), "" | "/") && uri.query().is_none());
    match parsed.as_ref().and_then(Uri::scheme_str) {
        Some("https") if plain => {}
        Some("http") if plain && (server.insecure_http || ["127.0.0.1", "localhost", "[::1]"].contains(&host)) => {}
        Some("http") if plain => c.fault(
            &span,
            format!(
                "{text:?} sends the kiosk's token and patient data in clear: use https, or say `insecure_http = true` \
                 under [server]"
            ),
        ),
        _ => c.fault(&span, format!("{text:?} is no server's address: write it as \"https://charts.example:8443\"")),
    }
    text.to_owned()
}

fn authority(c: &mut Checker, server: &Server, tls: bool, span: &std::ops::Range<usize>) -> Option<PathBuf> {
    match &server.authority {
        Some(file) => {
            let path = c.path(file.get_ref());
            if !path.is_file() {
                c.fault(&file.span(), format!("{} is not there: copy tls/ca.pem from the server", path.display()));
            }
            Some(path)
        }
        None if tls => {
            let text = "say whom to trust: authority = \"ca.pem\", the file tls/ca.pem that `outguide tls init` made";
            c.fault(span, text.to_owned());
            None
        }
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let error = AgentConfig::parse(text, Path::new("agent.toml")).expect_err("faulty");
        error.faults.iter().map(|fault| fault.located(error.file.as_deref())).collect()
    }

    #[test]
    fn the_smallest_file_is_taken_and_paths_are_its_folders() {
        let text = "kiosk = \"er-1\"\n[server]\nurl = \"http://127.0.0.1:8080/\"\n";
        let config = AgentConfig::parse(text, Path::new("/etc/outguide/agent.toml")).expect("good");
        assert_eq!(config.url, "http://127.0.0.1:8080");
        assert_eq!(config.token_file, Path::new("/etc/outguide/agent.token"));
        assert!(config.listen.ip().is_loopback());
    }

    #[test]
    fn what_would_be_unsafe_is_a_fault_with_its_line() {
        let text = "kiosk = \"er-1\"\nlisten = \"0.0.0.0:8081\"\n[server]\nurl = \"http://charts.example\"\n\
                    [queue]\nmax_scans = 0\n[[printer]]\nid = \"p\"\ntransport = \"agent\"\nagent = \"er-1\"\n\
                    [[scanner]]\nid = \"gun\"\nkiosk = \"er-2\"\ntransport = \"sim\"\n";
        let lines: Vec<_> =
            faults(text).iter().map(|fault| fault.split(':').nth(1).expect("line").to_owned()).collect();
        assert_eq!(lines, ["2", "4", "6", "9", "13"]);
        assert!(faults("kiosk = \"er-1\"\n[server]\nurl = \"https://charts.example\"\n")[0].contains("authority ="));
        assert!(faults("kiosk = \"er-1\"\n[server]\nurl = \"https://a/b\"\nauthority = \"no.pem\"\n").len() == 2);
        assert!(
            faults("kiosk = \"er-1\"\nlistne = \"x\"\n[server]\nurl = \"x\"\n")[0].contains("did you mean `listen`")
        );
    }
}
