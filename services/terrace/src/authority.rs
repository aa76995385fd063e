//! A certificate authority of our own, which is two files: its certificate, and its key for the owner
//! alone.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::Context;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

use crate::data::once;

const LIFE: Duration = Duration::from_hours(10 * 365 * 24);

/// What the certificate of an authority of this name says. It may sign no other authority's.
pub(crate) fn params(name: &str) -> anyhow::Result<CertificateParams> {
    let mut ca = CertificateParams::new(Vec::new())?;
    ca.distinguished_name.push(DnType::CommonName, name);
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::DigitalSignature,
    ];
    live(&mut ca, Duration::from_hours(24), LIFE)?;
    Ok(ca)
}

/// The authority in these files, made when missing.
pub(crate) fn open(
    certificate: &Path,
    key: &Path,
    params: &CertificateParams,
) -> anyhow::Result<Issuer<'static, KeyPair>> {
    if !key.exists() {
        // It would be of another key.
        let _ = fs::remove_file(certificate);
    }
    let new_key = KeyPair::generate()?;
    let text = once(key, || new_key.serialize_pem())?;
    let damaged = || {
        format!(
            "{} is damaged; delete it, and trust the new one",
            key.display()
        )
    };
    let key = KeyPair::from_pem(&text).with_context(damaged)?;
    let signed = params.self_signed(&key)?;
    once(certificate, || signed.pem())?;
    Ok(Issuer::new(params.clone(), key))
}

/// For so long from now on, and for a while `before`, for those whose clocks are slow.
pub(crate) fn live(
    params: &mut CertificateParams,
    before: Duration,
    life: Duration,
) -> anyhow::Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let now = rcgen::date_time_ymd(1970, 1, 1) + now;
    params.not_before = now - before;
    params.not_after = now + life;
    Ok(())
}
