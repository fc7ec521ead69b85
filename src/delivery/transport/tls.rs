//! TLS towards a relay: the platform's roots of trust, and more of them when the operator (or a test) names some.
//!
//! There is no way to switch verification off: a relay whose certificate cannot be verified gets no mail.

use std::io;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls_platform_verifier::Verifier;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// What a handshake needs; made once for a relay, because it reads the platform's certificates.
pub(super) fn client_config(extra_roots: &[CertificateDer<'static>]) -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Verifier::new_with_extra_roots(extra_roots.iter().cloned(), Arc::clone(&provider))?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        // "Dangerous" is rustls's word for any verifier of one's own; this one is the platform's.
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

pub(super) async fn handshake(config: Arc<ClientConfig>, host: &str, tcp: TcpStream) -> io::Result<Box<TlsStream<TcpStream>>> {
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    TlsConnector::from(config).connect(name, tcp).await.map(Box::new)
}
