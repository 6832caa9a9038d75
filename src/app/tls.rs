//! `outguide tls init`: a certificate authority of the site's own and a server certificate that it signs, so that
//! kiosks get a secure origin (cameras and offline work need one) without anybody outside.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};

/// How long the authority is trusted, in years.
const AUTHORITY_YEARS: i16 = 10;
/// How long a server certificate runs, in days: the longest that browsers take from any authority with ease.
const SERVER_DAYS: i32 = 397;

/// The files made.
#[derive(Debug, Clone)]
pub struct Made {
    /// What kiosks trust, once.
    pub authority: PathBuf,
    /// For `[tls] certificate`.
    pub certificate: PathBuf,
    /// For `[tls] key`.
    pub key: PathBuf,
    /// The names in the server certificate.
    pub names: Vec<String>,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file could not be written or read.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The certificate could not be made.
    #[error("certificate: {0}: check the names given with --name")]
    Certificate(#[from] rcgen::Error),
    /// Not a name that a certificate can have.
    #[error(
        "{0:?} is no host name or address: give what kiosks type into the browser, such as charts.hospital.example"
    )]
    Name(String),
    /// The calendar ends before the certificate would.
    #[error("the clock says a time that no certificate can hold: set the machine's clock")]
    Clock,
}

/// Makes the authority where there is none yet, and a new server certificate in any case.
pub fn init(dir: &Path, names: &[String], now: Timestamp) -> Result<Made, TlsError> {
    fs::create_dir_all(dir).map_err(|source| TlsError::File { path: dir.to_owned(), source })?;
    let names = all_names(dir, names)?;
    let made =
        Made { authority: dir.join("ca.pem"), certificate: dir.join("server.pem"), key: dir.join("server.key"), names };
    let authority_key = dir.join("ca.key");
    let (authority_pem, issuer_key) = if made.authority.exists() && authority_key.exists() {
        (read(&made.authority)?, KeyPair::from_pem(&read(&authority_key)?)?)
    } else {
        let key = KeyPair::generate()?;
        let pem = authority(now)?.self_signed(&key)?.pem();
        write(&authority_key, key.serialize_pem().as_bytes(), 0o600)?;
        write(&made.authority, pem.as_bytes(), 0o644)?;
        (pem, key)
    };
    let issuer = Issuer::from_ca_cert_pem(&authority_pem, issuer_key)?;
    let key = KeyPair::generate()?;
    let server = server(&made.names, now)?.signed_by(&key, &issuer)?.pem();
    write(&made.key, key.serialize_pem().as_bytes(), 0o600)?;
    write(&made.certificate, format!("{server}{authority_pem}").as_bytes(), 0o644)?;
    Ok(made)
}

/// The names given now and before, so that a new certificate serves whom the old one served, and this machine.
fn all_names(dir: &Path, given: &[String]) -> Result<Vec<String>, TlsError> {
    let kept = dir.join("names");
    let before = if kept.exists() { read(&kept)? } else { String::new() };
    let mut all: Vec<String> = Vec::new();
    for name in given.iter().map(String::as_str).chain(before.lines()).chain(["localhost", "127.0.0.1", "::1"]) {
        if !is_host(name) {
            return Err(TlsError::Name(name.to_owned()));
        }
        if !all.iter().any(|known| known == name) {
            all.push(name.to_owned());
        }
    }
    write(&kept, all.join("\n").as_bytes(), 0o644)?;
    Ok(all)
}

/// An address, or a host name as in RFC 1123, with a wildcard for its first label at most.
fn is_host(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let host = name.strip_prefix("*.").unwrap_or(name);
    name.parse::<std::net::IpAddr>().is_ok() || (host.len() <= 253 && host.split('.').all(label))
}

fn authority(now: Timestamp) -> Result<CertificateParams, TlsError> {
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params.distinguished_name.push(DnType::CommonName, "Outguide site authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_validity(&mut params, now, |today| today.checked_add(AUTHORITY_YEARS.years()))?;
    Ok(params)
}

fn server(names: &[String], now: Timestamp) -> Result<CertificateParams, TlsError> {
    let mut params = CertificateParams::new(names.to_vec())?;
    params.distinguished_name.push(DnType::CommonName, names.first().map_or("localhost", String::as_str));
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    set_validity(&mut params, now, |today| today.checked_add(SERVER_DAYS.days()))?;
    Ok(params)
}

/// Valid from yesterday (kiosks' clocks are off) to `end`.
fn set_validity(
    params: &mut CertificateParams,
    now: Timestamp,
    end: impl FnOnce(Date) -> Result<Date, jiff::Error>,
) -> Result<(), TlsError> {
    let ymd = |date: Date| {
        let month = u8::try_from(date.month()).ok()?;
        let day = u8::try_from(date.day()).ok()?;
        Some(rcgen::date_time_ymd(i32::from(date.year()), month, day))
    };
    let today = now.to_zoned(TimeZone::UTC).date();
    params.not_before = today.yesterday().ok().and_then(ymd).ok_or(TlsError::Clock)?;
    params.not_after = end(today).ok().and_then(ymd).ok_or(TlsError::Clock)?;
    Ok(())
}

fn read(path: &Path) -> Result<String, TlsError> {
    fs::read_to_string(path).map_err(|source| TlsError::File { path: path.to_owned(), source })
}

/// Through a new file that is moved into place, so that a running server never sees half a key.
fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), TlsError> {
    let new = path.with_extension("new");
    let put = || {
        let _gone = fs::remove_file(&new);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&new)?;
        file.write_all(bytes)?;
        // Certificates are for everybody, whatever the process's mask takes away.
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    put().map_err(|source| TlsError::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authority_is_kept_and_the_server_certificate_is_new() {
        let dir = tempfile::tempdir().expect("dir");
        let now: Timestamp = "2026-01-02T03:04:05Z".parse().expect("time");
        let first = init(dir.path(), &["charts.example".to_owned()], now).expect("made");
        let authority = fs::read(&first.authority).expect("authority");
        let certificate = fs::read(&first.certificate).expect("certificate");
        let second = init(dir.path(), &[], now).expect("made again");
        assert_eq!(authority, fs::read(&second.authority).expect("authority"));
        assert_ne!(certificate, fs::read(&second.certificate).expect("certificate"));
        assert_eq!(first.names, ["charts.example", "localhost", "127.0.0.1", "::1"]);
        assert_eq!(second.names, first.names, "names given before are kept");
        assert!(matches!(init(dir.path(), &["*.bad name".to_owned()], now), Err(TlsError::Name(_))));
    }
}
