//! The sections of `outguide.toml` as they are written, before they are checked against each other.

use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

use crate::custody::KioskMode;
use crate::records::Filing;

/// The whole file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub server: Server,
    pub hospital: Hospital,
    pub tls: Option<Tls>,
    pub backup: Option<Scheduled>,
    pub downtime: Option<Scheduled>,
    pub numbering: Numbering,
    pub barcode: Barcode,
    pub labels: Labels,
    pub silence: Silence,
    pub kiosk: Vec<Spanned<Kiosk>>,
    pub scanner: Vec<Spanned<Scanner>>,
    pub printer: Vec<Spanned<Printer>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Server {
    pub listen: Option<Spanned<String>>,
    pub data_dir: Option<PathBuf>,
    pub insecure_http: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Hospital {
    pub name: Option<String>,
    pub time_zone: Option<Spanned<String>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tls {
    pub certificate: Spanned<PathBuf>,
    pub key: Spanned<PathBuf>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scheduled {
    pub every: Spanned<String>,
    pub directory: Spanned<PathBuf>,
    pub keep: Option<Spanned<u32>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Labels {
    pub directory: Option<Spanned<PathBuf>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Silence {
    pub after: Option<Spanned<String>>,
    pub usual_scans: Option<Spanned<u64>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Numbering {
    pub pattern: Option<Spanned<String>>,
    pub filing: Option<Filing>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Barcode {
    pub legacy: Vec<Spanned<Legacy>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Legacy {
    pub pattern: String,
    pub check: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kiosk {
    pub id: String,
    pub name: Option<String>,
    pub place: String,
    #[serde(default = "receive")]
    pub mode: KioskMode,
    #[serde(default = "idle")]
    pub idle_sign_off_seconds: u32,
    pub printer: Option<String>,
    pub language: Option<String>,
}

fn receive() -> KioskMode {
    KioskMode::Receive
}

/// Kiosk time-out as Koha's self-checkout has it.
fn idle() -> u32 {
    120
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scanner {
    pub id: String,
    pub kiosk: String,
    pub transport: String,
    pub port: Option<String>,
    pub usb: Option<String>,
    #[serde(rename = "usb-path")]
    pub usb_path: Option<String>,
    pub address: Option<String>,
    pub baud: Option<u32>,
    pub profile: Option<String>,
    pub lane: Option<String>,
    pub echo_ms: Option<u64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Printer {
    pub id: String,
    pub place: Option<String>,
    pub transport: String,
    pub address: Option<String>,
    pub path: Option<PathBuf>,
    pub port: Option<String>,
    pub baud: Option<u32>,
    pub uri: Option<String>,
    /// Who prints, where the printer or queue asks for it.
    pub user: Option<String>,
    pub password_file: Option<PathBuf>,
    /// Whom to believe behind ipps.
    pub certificate: Option<PathBuf>,
    pub agent: Option<String>,
    pub language: Option<String>,
    pub dpi: Option<u32>,
    pub stock: Option<String>,
    pub low_stock: Option<u32>,
    /// The template of charts' own labels.
    pub chart_label: Option<String>,
    /// Whether the printer is asked how it is.
    #[serde(default = "yes")]
    pub status: bool,
    /// Whether others print there too.
    #[serde(default)]
    pub shared: bool,
    /// Whether it counts the labels it ever printed.
    #[serde(default)]
    pub odometer: bool,
}

fn yes() -> bool {
    true
}
