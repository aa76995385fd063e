//! Who may vouch for a server, besides the platform's authorities.

use std::path::Path;

use rustls::pki_types::{CertificateDer, pem::PemObject};

use super::super::StoreError;

/// The text of a PEM file with at least one certificate.
pub(super) fn authorities(file: &Path) -> Result<Vec<u8>, StoreError> {
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
