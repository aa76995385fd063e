//! Services that show each other who they are: mutual TLS, in which each side's certificate names a
//! service by a URI, `spiffe://terrace/orders`, and is signed by an authority of the shop's own. Where
//! a service is does not matter: neither its host nor its address is looked at.
//!
//! It says which program calls. For whom that calls, the caller token says.

use std::{fs, io, path::Path, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, Error,
    PeerIncompatible, RootCertStore, ServerConfig, SignatureScheme,
    client::{
        ResolvesClientCert, Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_cert_signed_by_trust_anchor,
    },
    crypto::verify_tls13_signature,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    server::{
        NoServerSessionStorage, ParsedCertificate, WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
    sign::CertifiedKey,
    version::TLS13,
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector, client::TlsStream};
use webpki::EndEntityCert;

use super::{BadCertificate, Certificate, HTTP_1_1, Tls, provider};

/// A service, as it shows itself to others.
#[derive(Clone, Debug)]
pub struct Identity {
    certificate: Arc<Certificate>,
    authority: Arc<RootCertStore>,
}

/// The way to another service.
#[derive(Clone)]
pub struct Caller {
    connector: TlsConnector,
    service: ServerName<'static>,
}

impl Identity {
    /// With the service's certificate, and the authority's in this file in PEM.
    pub fn new(certificate: Arc<Certificate>, authority: &Path) -> Result<Self, String> {
        let told = |fault: &dyn std::fmt::Display| format!("{}: {fault}", authority.display());
        let text = fs::read(authority).map_err(|fault| told(&fault))?;
        let mut roots = RootCertStore::empty();
        for root in CertificateDer::pem_slice_iter(&text) {
            let root = root.map_err(|_| told(&BadCertificate::Chain))?;
            roots.add(root).map_err(|fault| told(&fault))?;
        }
        if roots.is_empty() {
            return Err(told(&BadCertificate::Chain));
        }
        Ok(Self {
            certificate,
            authority: Arc::new(roots),
        })
    }

    /// What a listener speaks with: only these services may connect.
    pub fn listener(&self, callers: &[String]) -> Tls {
        let config = ServerConfig::builder_with_provider(provider());
        let config = config.with_protocol_versions(&[&TLS13]);
        let config = config.expect("the provider has what it needs");
        let mut config = config
            .with_client_cert_verifier(self.among(callers))
            .with_cert_resolver(self.certificate.clone());
        // Who comes back shows its certificate again: the one before may have ended.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        config.alpn_protocols = vec![HTTP_1_1.to_vec()];
        Tls {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            hsts: None,
        }
    }

    /// The way to this service, and to no other.
    pub fn caller(&self, service: &str) -> Result<Caller, String> {
        let named = ServerName::try_from(service.to_owned());
        let named = named.map_err(|_| format!("{service:?} is no name of a service"))?;
        let config = ClientConfig::builder_with_provider(provider());
        let config = config.with_protocol_versions(&[&TLS13]);
        let config = config.expect("the provider has what it needs");
        let mut config = config
            .dangerous()
            .with_custom_certificate_verifier(self.among(&[service.to_owned()]))
            .with_client_cert_resolver(self.certificate.clone());
        config.resumption = Resumption::disabled();
        config.alpn_protocols = vec![HTTP_1_1.to_vec()];
        Ok(Caller {
            connector: TlsConnector::from(Arc::new(config)),
            service: named,
        })
    }

    fn among(&self, services: &[String]) -> Arc<Among> {
        let clients =
            WebPkiClientVerifier::builder_with_provider(self.authority.clone(), provider());
        let clients = clients.build().expect("there is an authority");
        let names = services
            .iter()
            .map(|name| format!("spiffe://terrace/{name}"));
        Arc::new(Among {
            names: names.collect(),
            authority: self.authority.clone(),
            clients,
        })
    }
}

impl Caller {
    pub(super) fn new(connector: TlsConnector, service: ServerName<'static>) -> Self {
        Self { connector, service }
    }

    /// Agrees on TLS on this connection; fails unless both sides are who they should be.
    pub async fn connect(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.connector.connect(self.service.clone(), stream).await
    }
}

impl ResolvesClientCert for Certificate {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.load_full()
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// The services that the other side may be.
#[derive(Debug)]
struct Among {
    names: Vec<String>,
    authority: Arc<RootCertStore>,
    clients: Arc<dyn ClientCertVerifier>,
}

impl Among {
    /// A certificate has one name that is a URI (SPIFFE's X.509-SVID §2).
    fn check_name(&self, certificate: &CertificateDer<'_>) -> Result<(), Error> {
        let bad = |reason| Error::InvalidCertificate(reason);
        let read = EndEntityCert::try_from(certificate);
        let read = read.map_err(|_| bad(CertificateError::BadEncoding))?;
        let mut uris = read.valid_uri_names();
        match (uris.next(), uris.next()) {
            (Some(uri), None) if self.names.iter().any(|name| name == uri) => Ok(()),
            _ => Err(bad(CertificateError::NotValidForName)),
        }
    }

    fn check_signature(
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = provider().signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, &algorithms)
    }
}

/// TLS 1.2 is not spoken between services.
const NEVER: Error = Error::PeerIncompatible(PeerIncompatible::Tls12NotOfferedOrEnabled);

impl ClientCertVerifier for Among {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.clients.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.clients.verify_client_cert(certificate, chain, now)?;
        self.check_name(certificate)?;
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(NEVER)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Self::check_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.clients.supported_verify_schemes()
    }
}

impl ServerCertVerifier for Among {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let algorithms = provider().signature_verification_algorithms.all;
        let read = ParsedCertificate::try_from(certificate)?;
        verify_server_cert_signed_by_trust_anchor(&read, &self.authority, chain, now, algorithms)?;
        self.check_name(certificate)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(NEVER)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Self::check_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.clients.supported_verify_schemes()
    }
}
