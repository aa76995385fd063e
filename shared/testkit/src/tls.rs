//! Clients that speak TLS, and certificates for the servers that they trust.

use std::{net::SocketAddr, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    SanType,
};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector, client::TlsStream};

/// A certificate of `localhost` that signs itself, and its key.
pub struct Pair {
    /// What a client trusts.
    pub certificate: CertificateDer<'static>,
    /// The certificate in PEM.
    pub chain: String,
    /// The key in PEM.
    pub key: String,
}

/// A new one.
pub fn pair() -> Pair {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]);
    let made = made.expect("the name is one");
    Pair {
        certificate: made.cert.der().clone(),
        chain: made.cert.pem(),
        key: made.signing_key.serialize_pem(),
    }
}

/// A connection to `localhost` at this address, by the first of these protocols that it speaks. The
/// error says why it is not trusted.
pub async fn connect(
    address: SocketAddr,
    trusted: &CertificateDer<'static>,
    protocols: &[&str],
) -> Result<TlsStream<TcpStream>, String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("it is a certificate");
    let config = ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into());
    let config = config.with_safe_default_protocol_versions();
    let config = config.expect("the provider has what both versions need");
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|it| it.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(address).await;
    let stream = stream.map_err(|fault| fault.to_string())?;
    let name = "localhost".try_into().expect("it is a name");
    let connector = TlsConnector::from(Arc::new(config));
    let connected = connector.connect(name, stream).await;
    connected.map_err(|fault| fault.to_string())
}

/// A server on 127.0.0.1 that speaks TLS and hands what it hears to the one at this address; its own address, and its
/// certificate in PEM, which signs itself.
pub async fn before(address: SocketAddr) -> (SocketAddr, String) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]);
    let made = made.expect("it is an address");
    let key = PrivateKeyDer::from_pem_slice(made.signing_key.serialize_pem().as_bytes());
    let key = key.expect("it is a key in PEM");
    let config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into());
    let config = config.with_safe_default_protocol_versions();
    let config = config.expect("the provider has what both versions need");
    let config = config.with_no_client_auth();
    let config = config.with_single_cert(vec![made.cert.der().clone()], key);
    let acceptor = TlsAcceptor::from(Arc::new(config.expect("the key is the certificate's")));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await;
    let listener = listener.expect("a free port");
    let own = listener.local_addr().expect("it has one");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut client = acceptor.accept(stream).await?;
                let mut server = TcpStream::connect(address).await?;
                tokio::io::copy_bidirectional(&mut client, &mut server).await
            });
        }
    });
    (own, made.cert.pem())
}

/// The certificate of this PEM, for a client to trust.
pub fn read(pem: &[u8]) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem).expect("it is a certificate in PEM")
}

/// An authority that signs the certificates of services.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// A new one.
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("the system has random numbers");
        let issuer = CertifiedIssuer::self_signed(params, key);
        Self(issuer.expect("it signs itself"))
    }

    /// Its certificate in PEM.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate in PEM with these names that are URIs, and its key.
    pub fn sign(&self, uris: &[&str]) -> [String; 2] {
        let mut params = CertificateParams::default();
        let names = uris
            .iter()
            .map(|uri| (*uri).try_into().expect("it is ASCII"));
        params.subject_alt_names = names.map(SanType::URI).collect();
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        let key = KeyPair::generate().expect("the system has random numbers");
        let signed = params.signed_by(&key, &self.0).expect("it can be signed");
        [signed.pem(), key.serialize_pem()]
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}
