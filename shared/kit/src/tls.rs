//! TLS at a listener: who it is, which protocols it speaks, and certificates that are replaced while
//! connections go on, be they of files or by `acme`; `mutual` is for services among themselves, `outside` for what we call elsewhere. TLS 1.2 and 1.3 alone (RFC 8446, RFC 9325), on aws-lc-rs.

mod acme;
mod files;
mod mutual;
mod outside;

use std::{fmt, sync::Arc};

use arc_swap::ArcSwapOption;
use http::HeaderValue;
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio_rustls::TlsAcceptor;

pub use self::{
    acme::{Acme, AcmeConfig},
    files::CertificateFiles,
    mutual::{Caller, Identity},
    outside::Outside,
};

/// The protocols by their names of RFC 7301, the one that we like better first.
pub(crate) const HTTP_2: &[u8] = b"h2";
const HTTP_1_1: &[u8] = b"http/1.1";

/// What a listener speaks TLS with.
#[derive(Clone)]
pub struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) hsts: Option<HeaderValue>,
}

/// A certificate chain and its key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadCertificate {
    /// The chain is not one or more certificates in PEM.
    #[error("expected a chain of certificates in PEM, the server's own first")]
    Chain,
    /// The key is no private key in PEM.
    #[error("expected a private key in PEM")]
    Key,
    /// They do not belong together, or are of a kind that is not known.
    #[error("the certificate and the key cannot be used together: {0}")]
    Pair(#[from] rustls::Error),
}

/// A certificate with its key. Connections that are there go on with the one that they began with.
pub struct Certificate(ArcSwapOption<CertifiedKey>);

impl Certificate {
    /// A chain and its key, both in PEM.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Arc<Self>, BadCertificate> {
        let certified = certified(chain, key)?;
        Ok(Arc::new(Self(ArcSwapOption::from_pointee(certified))))
    }

    /// None yet: nobody can connect.
    fn none() -> Self {
        Self(ArcSwapOption::empty())
    }

    /// Shows this one from now on; one that cannot be used changes nothing.
    pub fn replace(&self, chain: &[u8], key: &[u8]) -> Result<(), BadCertificate> {
        self.0.store(Some(Arc::new(certified(chain, key)?)));
        Ok(())
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate")
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.load_full()
    }
}

impl Tls {
    /// With this certificate, for HTTP/2 and HTTP/1.1.
    pub fn new(certificate: Arc<Certificate>) -> Self {
        let config = ServerConfig::builder_with_provider(provider());
        let config = config.with_safe_default_protocol_versions();
        let config = config.expect("the provider has what both versions need");
        let mut config = config.with_no_client_auth().with_cert_resolver(certificate);
        config.alpn_protocols = [HTTP_2, HTTP_1_1].map(<[u8]>::to_vec).to_vec();
        Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            hsts: None,
        }
    }

    /// Tells browsers to come by TLS alone for so many seconds from each answer on (RFC 6797); 0 tells
    /// them nothing.
    pub fn with_hsts(mut self, seconds: u32) -> Self {
        let value = format!("max-age={seconds}");
        let value = HeaderValue::try_from(value).expect("it is visible ASCII");
        self.hsts = (seconds > 0).then_some(value);
        self
    }
}

fn certified(chain: &[u8], key: &[u8]) -> Result<CertifiedKey, BadCertificate> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
    let chain = chain.map_err(|_| BadCertificate::Chain)?;
    if chain.is_empty() {
        return Err(BadCertificate::Chain);
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| BadCertificate::Key)?;
    Ok(CertifiedKey::from_der(chain, key, &provider())?)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}
