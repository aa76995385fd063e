//! TLS to PostgreSQL, by aws-lc-rs.

use std::path::Path;

use rustls::pki_types::{CertificateDer, pem::PemObject};
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::super::{PostgresUrl, StoreError, url::Ssl};

/// Has the connections of this URL encrypted as it says. A file of authorities is read once.
pub(super) fn secure(
    options: PgConnectOptions,
    url: &PostgresUrl,
) -> Result<PgConnectOptions, StoreError> {
    Ok(match url.ssl() {
        Ssl::Disable => options.ssl_mode(PgSslMode::Disable),
        Ssl::Prefer => options.ssl_mode(PgSslMode::Prefer),
        Ssl::Require => options.ssl_mode(PgSslMode::Require),
        Ssl::VerifyFull(None) => options.ssl_mode(PgSslMode::VerifyFull),
        Ssl::VerifyFull(Some(file)) => options
            .ssl_mode(PgSslMode::VerifyFull)
            .ssl_root_cert_from_pem(authorities(file)?),
    })
}

/// The text of a PEM file with at least one certificate.
fn authorities(file: &Path) -> Result<Vec<u8>, StoreError> {
    let fault = |what: String| StoreError::RootCert(format!("{}: {what}", file.display()));
    let text = std::fs::read(file).map_err(|it| fault(it.to_string()))?;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|it| fault(it.to_string()))?;
    if certificates.is_empty() {
        return Err(fault("no certificate".to_owned()));
    }
    Ok(text)
}
