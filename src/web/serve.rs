//! The listener: clear or TLS, bounded in connections and in time, and a stop that lets running requests end.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::connections::Bounded;
use super::limits::{
    CONNECTIONS_MAX, HANDSHAKE_TIMEOUT, HEADER_TIMEOUT, HEADERS_MAX_BYTES, SHUTDOWN_GRACE, WRITE_TIMEOUT,
};

/// A certificate and its key, read and found to belong together.
#[derive(Clone)]
pub struct Tls(RustlsConfig);

/// Why a certificate cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is not readable PEM.
    #[error("{path}: {cause}")]
    Pem {
        /// The file.
        path: String,
        /// What is wrong.
        cause: String,
    },
    /// The certificate and the key do not fit together, or rustls does not take them.
    #[error("the certificate and key cannot be used: {0}")]
    Unusable(String),
}

impl Tls {
    /// Reads a certificate chain and its key, both PEM.
    pub fn from_files(certificate: &Path, key: &Path) -> Result<Tls, TlsError> {
        let pem = |path: &Path, cause: &dyn std::fmt::Display| TlsError::Pem {
            path: path.display().to_string(),
            cause: cause.to_string(),
        };
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| pem(certificate, &error))?;
        if chain.is_empty() {
            return Err(pem(certificate, &"holds no certificate"));
        }
        let key_der = PrivateKeyDer::from_pem_file(key).map_err(|error| pem(key, &error))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::Unusable(error.to_string()))?
            .with_no_client_auth()
            .with_single_cert(chain, key_der)
            .map_err(|error| TlsError::Unusable(error.to_string()))?;
        // HTTP/1.1 only: browsers open few connections here, and it is the smaller thing to defend.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Tls(RustlsConfig::from_config(Arc::new(config))))
    }
}

/// Serves `router` on `listener` until `stop` resolves; then takes no new connection and lets running requests end
/// within [`SHUTDOWN_GRACE`]. Event streams end when the app's `closing` says so.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Tls>,
    router: axum::Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let handle = Handle::new();
    let stopping = handle.clone();
    tokio::spawn(async move {
        stop.await;
        stopping.graceful_shutdown(Some(SHUTDOWN_GRACE));
    });
    let mut server = axum_server::from_tcp(listener)?
        .handle(handle)
        .http1_only()
        .first_request_timeout(HEADER_TIMEOUT)
        .accept_error_handler(|peer, error| tracing::debug!(?peer, %error, "a connection was not accepted"));
    server.http_builder().http1().header_read_timeout(HEADER_TIMEOUT).max_buf_size(HEADERS_MAX_BYTES);
    let bounded = Bounded::new(CONNECTIONS_MAX, WRITE_TIMEOUT);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    match tls {
        None => server.acceptor(bounded).serve(service).await,
        Some(Tls(config)) => {
            let acceptor = RustlsAcceptor::new(config).handshake_timeout(HANDSHAKE_TIMEOUT).acceptor(bounded);
            server.acceptor(acceptor).serve(service).await
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use axum::routing::get;
    use tokio::sync::oneshot;

    use super::*;

    async fn running(tls: Option<Tls>) -> (SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<io::Result<()>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let router = axum::Router::new().route("/", get(|| async { "here" }));
        let server = tokio::spawn(serve(listener, tls, router, async move {
            let _dropped = stopped.await;
        }));
        (address, stop, server)
    }

    fn ask(address: SocketAddr) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_server_answers_until_it_is_stopped() {
        let (address, stop, server) = running(None).await;
        let answer = tokio::task::spawn_blocking(move || ask(address)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.ends_with("here"));
        stop.send(()).unwrap();
        server.await.unwrap().unwrap();
        assert!(TcpStream::connect(address).is_err());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn tls_serves_a_certificate_and_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(&certificate, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let (address, stop, server) = running(Some(Tls::from_files(&certificate, &key).unwrap())).await;
        let trusted = made.cert.der().to_vec();
        let text = tokio::task::spawn_blocking(move || {
            let roots = ureq::tls::RootCerts::from([ureq::tls::Certificate::from_der(&trusted).to_owned()]);
            let tls = ureq::tls::TlsConfig::builder().root_certs(roots).build();
            let agent: ureq::Agent = ureq::Agent::config_builder().tls_config(tls).build().into();
            let url = format!("https://localhost:{}/", address.port());
            agent.get(&url).call().unwrap().body_mut().read_to_string().unwrap()
        });
        assert_eq!(text.await.unwrap(), "here");
        stop.send(()).unwrap();
        server.await.unwrap().unwrap();
    }

    #[test]
    fn a_key_that_does_not_fit_is_refused_with_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
        let one = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(&certificate, one.cert.pem()).unwrap();
        std::fs::write(&key, other.signing_key.serialize_pem()).unwrap();
        assert!(matches!(Tls::from_files(&certificate, &key), Err(TlsError::Unusable(_))));
        std::fs::write(&key, "no key").unwrap();
        assert!(matches!(Tls::from_files(&certificate, &key), Err(TlsError::Pem { .. })));
        assert!(Tls::from_files(&folder.path().join("none.pem"), &key).is_err());
    }
}
