//! A certificate authority of this machine alone, for `--tls`: made at the first start, kept in the data
//! directory. It may sign for `localhost` and its addresses and for nothing else (RFC 5280 §4.2.1.10),
//! so that whoever trusts it has little to lose. What the shop shows is signed by it for days, and
//! anew every day.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::{Duration, SystemTime},
};

use kit::tls::Certificate;
use rcgen::{
    CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, Issuer,
    KeyPair, KeyUsagePurpose, NameConstraints, SanType,
};

use crate::{authority, data::Data};

/// The file of its certificate, which browsers are told to trust.
pub const FILE: &str = "ca.pem";

/// The file of its key.
const KEY: &str = "ca-key.pem";

const DAY: Duration = Duration::from_hours(24);
const LEAF_LIFE: Duration = Duration::from_hours(7 * 24);

/// How often it is asked what day it is: a machine that sleeps does not count the hours.
const LOOK: Duration = Duration::from_secs(60);

/// The authority.
pub struct LocalCa {
    issuer: Issuer<'static, KeyPair>,
}

impl LocalCa {
    /// The one of this data directory, made when missing.
    pub fn open(data: &Data) -> anyhow::Result<Self> {
        let issuer = authority::open(&data.path(FILE), &data.path(KEY), &params()?)?;
        Ok(Self { issuer })
    }

    /// A new certificate for this machine.
    pub fn certificate(&self) -> anyhow::Result<Arc<Certificate>> {
        let [chain, key] = self.sign()?;
        Ok(Certificate::from_pem(chain.as_bytes(), key.as_bytes())?)
    }

    /// Replaces the certificate every day, for ever.
    pub async fn renew(self, certificate: Arc<Certificate>) {
        let mut signed = SystemTime::now();
        loop {
            tokio::time::sleep(LOOK).await;
            if signed.elapsed().is_ok_and(|age| age < DAY) {
                continue;
            }
            let renewed = self.sign().and_then(|[chain, key]| {
                Ok(certificate.replace(chain.as_bytes(), key.as_bytes())?)
            });
            match renewed {
                Ok(()) => signed = SystemTime::now(),
                Err(fault) => tracing::error!(%fault, "cannot renew the certificate"),
            }
        }
    }

    /// A chain and its key, in PEM. They are kept in memory alone.
    fn sign(&self) -> anyhow::Result<[String; 2]> {
        let key = KeyPair::generate()?;
        let mut leaf = CertificateParams::new(["localhost".to_owned()])?;
        let addresses = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        let addresses = addresses.map(SanType::IpAddress);
        leaf.subject_alt_names.extend(addresses);
        leaf.distinguished_name
            .push(DnType::CommonName, "localhost");
        leaf.use_authority_key_identifier_extension = true;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        authority::live(&mut leaf, DAY, LEAF_LIFE)?;
        let leaf = leaf.signed_by(&key, &self.issuer)?;
        Ok([leaf.pem(), key.serialize_pem()])
    }
}

/// What its certificate says.
fn params() -> anyhow::Result<CertificateParams> {
    let mut ca = authority::params("Terrace on this machine alone")?;
    ca.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![
            GeneralSubtree::DnsName("localhost".to_owned()),
            GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix([127, 0, 0, 1], 32)),
            GeneralSubtree::IpAddress(CidrSubnet::from_v6_prefix(
                Ipv6Addr::LOCALHOST.octets(),
                128,
            )),
        ],
        excluded_subtrees: Vec::new(),
    });
    Ok(ca)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn it_stays_the_same_and_its_key_is_for_the_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let data = Data::open(folder.path()).unwrap();
        LocalCa::open(&data).unwrap();
        let first = fs::read_to_string(data.path(FILE)).unwrap();

        LocalCa::open(&data).unwrap();

        assert_eq!(fs::read_to_string(data.path(FILE)).unwrap(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(data.path(KEY)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        // One whose key is lost is replaced as a whole.
        fs::remove_file(data.path(KEY)).unwrap();
        LocalCa::open(&data).unwrap();
        assert_ne!(fs::read_to_string(data.path(FILE)).unwrap(), first);
    }
}
