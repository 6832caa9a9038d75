//! `outguide tls init`: a certificate authority of the site's own and a server certificate that it signs, so that
//! kiosks get a secure origin (cameras and offline work need one) without anybody outside. The authority vouches for this
//! server's names only (RFC 5280, 4.2.1.10): who steals its key must not be able to pose as any site to who trusts it.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::IpAddr;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, NameConstraints,
};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};

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
    /// The authority is there already, and does not vouch for these.
    #[error(
        "{authority} vouches for the names it was made with and not for {names}, so no browser would take a certificate for \
         that. To serve under it all the same, move {authority} and ca.key beside it away and run this again: that makes a \
         new authority, which every kiosk then has to trust",
        authority = authority.display(), names = names.join(", ")
    )]
    Outside {
        /// Its file.
        authority: PathBuf,
        /// The names that were not there before.
        names: Vec<String>,
    },
    /// The authority is there already, with another one's key.
    #[error(
        "{authority} and ca.key beside it do not belong together: put back the one that is wrong, or move both away and run \
         this again, which makes a new authority",
        authority = .0.display()
    )]
    Unfit(PathBuf),
    /// The calendar ends before the certificate would.
    #[error("the clock says a time that no certificate can hold: set the machine's clock")]
    Clock,
}

/// Makes the authority where there is none yet, and a new server certificate in any case.
pub fn init(dir: &Path, names: &[String], now: Timestamp) -> Result<Made, TlsError> {
    fs::create_dir_all(dir).map_err(|source| TlsError::File { path: dir.to_owned(), source })?;
    let kept = dir.join("names");
    let before = if kept.exists() { read(&kept)? } else { String::new() };
    let names = all_names(&before, names)?;
    let made =
        Made { authority: dir.join("ca.pem"), certificate: dir.join("server.pem"), key: dir.join("server.key"), names };
    let authority_key = dir.join("ca.key");
    let (authority_pem, issuer_key) = if made.authority.exists() && authority_key.exists() {
        (read(&made.authority)?, KeyPair::from_pem(&read(&authority_key)?)?)
    } else {
        let key = KeyPair::generate()?;
        let pem = authority(&made.names, now)?.self_signed(&key)?.pem();
        write(&authority_key, key.serialize_pem().as_bytes(), 0o600)?;
        write(&made.authority, pem.as_bytes(), 0o644)?;
        (pem, key)
    };
    let issuer = Issuer::from_ca_cert_pem(&authority_pem, issuer_key)?;
    let key = KeyPair::generate()?;
    let server = server(&made.names, now)?.signed_by(&key, &issuer)?;
    if !is_taken(&authority_pem, server.der(), now) {
        let (authority, mut names) = (made.authority, made.names);
        names.retain(|name| !before.lines().any(|known| known == name));
        return Err(if names.is_empty() { TlsError::Unfit(authority) } else { TlsError::Outside { authority, names } });
    }
    write(&kept, made.names.join("\n").as_bytes(), 0o644)?;
    write(&made.key, key.serialize_pem().as_bytes(), 0o600)?;
    write(&made.certificate, format!("{}{authority_pem}", server.pem()).as_bytes(), 0o644)?;
    Ok(made)
}

/// Does who trusts the authority take the certificate? An authority of before may vouch for any name or for some.
fn is_taken(authority_pem: &str, server: &CertificateDer<'_>, now: Timestamp) -> bool {
    let taken = || -> Option<()> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority_pem.as_bytes()).ok()?).ok()?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().ok()?;
        let now = UnixTime::since_unix_epoch(now.duration_since(Timestamp::UNIX_EPOCH).try_into().ok()?);
        let localhost = ServerName::try_from("localhost").ok()?;
        verifier.verify_server_cert(server, &[], &localhost, &[], now).ok().map(|_| ())
    };
    taken().is_some()
}

/// The names given now and before, so that a new certificate serves whom the old one served, and this machine.
fn all_names(before: &str, given: &[String]) -> Result<Vec<String>, TlsError> {
    let mut all: Vec<String> = Vec::new();
    for name in given.iter().map(String::as_str).chain(before.lines()).chain(["localhost", "127.0.0.1", "::1"]) {
        if !is_host(name) {
            return Err(TlsError::Name(name.to_owned()));
        }
        if !all.iter().any(|known| known == name) {
            all.push(name.to_owned());
        }
    }
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
    name.parse::<IpAddr>().is_ok() || (host.len() <= 253 && host.split('.').all(label))
}

/// An authority for these names and those below them.
fn authority(names: &[String], now: Timestamp) -> Result<CertificateParams, TlsError> {
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params.distinguished_name.push(DnType::CommonName, "Outguide site authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let permitted_subtrees = names.iter().map(|name| subtree(name)).collect();
    params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
    set_validity(&mut params, now, |today| today.checked_add(AUTHORITY_YEARS.years()))?;
    Ok(params)
}

fn subtree(name: &str) -> GeneralSubtree {
    match name.parse::<IpAddr>() {
        Ok(address) => {
            let whole = if address.is_ipv4() { 32 } else { 128 };
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, whole))
        }
        Err(_) => GeneralSubtree::DnsName(name.strip_prefix("*.").unwrap_or(name).to_owned()),
    }
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
        let names = ["charts.example", "*.wards.example", "10.0.0.20"].map(str::to_owned);
        let first = init(dir.path(), &names, now).expect("made");
        let authority = fs::read(&first.authority).expect("authority");
        let certificate = fs::read(&first.certificate).expect("certificate");
        let second = init(dir.path(), &["two.charts.example".to_owned()], now).expect("made again");
        assert_eq!(authority, fs::read(&second.authority).expect("authority"));
        assert_ne!(certificate, fs::read(&second.certificate).expect("certificate"));
        let all = ["charts.example", "*.wards.example", "10.0.0.20", "localhost", "127.0.0.1", "::1"];
        assert_eq!(first.names, all);
        assert_eq!(second.names[1..], all, "names given before are kept");
        assert!(matches!(init(dir.path(), &["*.bad name".to_owned()], now), Err(TlsError::Name(_))));
    }

    #[test]
    fn the_authority_vouches_for_its_own_names_only() {
        let dir = tempfile::tempdir().expect("dir");
        let now: Timestamp = "2026-01-02T03:04:05Z".parse().expect("time");
        let made = init(dir.path(), &["charts.example".to_owned()], now).expect("made");
        let certificate = fs::read(&made.certificate).expect("certificate");
        for strange in ["bank.example", "charts.example.net", "10.0.0.21"] {
            let refused = init(dir.path(), &[strange.to_owned()], now);
            assert!(matches!(refused, Err(TlsError::Outside { names, .. }) if names == [strange]), "{strange}");
        }
        assert_eq!(certificate, fs::read(&made.certificate).expect("certificate"), "what serves is left alone");
        init(dir.path(), &[], now).expect("and the refused name is forgotten");
        let mut unbound = authority(&made.names, now).expect("authority");
        unbound.name_constraints = None;
        let key = KeyPair::from_pem(&read(&dir.path().join("ca.key")).expect("key")).expect("key");
        fs::write(&made.authority, unbound.self_signed(&key).expect("signed").pem()).expect("written");
        init(dir.path(), &["bank.example".to_owned()], now).expect("an authority of before vouches for any name");
        fs::write(dir.path().join("ca.key"), KeyPair::generate().expect("key").serialize_pem()).expect("written");
        assert!(matches!(init(dir.path(), &[], now), Err(TlsError::Unfit(_))));
    }
}
