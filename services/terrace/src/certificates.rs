//! The certificates by which the services of a shop with a process a service know each other, from an
//! authority of its own: of hours, and renewed in time. What services do with them is in `docs/tls.md`.

use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use kit::{private, serve};
use rcgen::{
    CertificateParams, ExtendedKeyUsagePurpose, Issuer, KeyPair, KeyUsagePurpose, SanType,
};

use crate::{authority, services::in_calls};

/// The folder of the authority, which no service sees.
const AUTHORITY: &str = "authority";

/// For clocks that are slow.
const BEFORE: Duration = Duration::from_mins(5);

/// The longest pause until it is asked what time it is: a machine that sleeps does not count the hours.
const LOOK: Duration = Duration::from_secs(60);

/// Whoever signs them.
pub struct Certificates {
    folder: PathBuf,
    life: Duration,
    issuer: Issuer<'static, KeyPair>,
    authority: String,
}

impl Certificates {
    /// For the services whose folders are in this one; the authority is made when missing.
    pub fn open(folder: &Path, life: Duration) -> anyhow::Result<Self> {
        let own = folder.join(AUTHORITY);
        private::folder(&own)?;
        let certificate = own.join("certificate.pem");
        let params = authority::params("The services of Terrace")?;
        Ok(Self {
            issuer: authority::open(&certificate, &own.join("key.pem"), &params)?,
            authority: std::fs::read_to_string(certificate)?,
            folder: folder.to_owned(),
            life,
        })
    }

    /// Gives every service a new one. The chain and its key are one file, so that nobody reads half of
    /// a pair.
    pub fn issue(&self) -> anyhow::Result<()> {
        for service in in_calls() {
            let own = self.folder.join(service);
            private::folder(&own)?;
            private::write(&own.join("identity_authority.pem"), &self.authority)?;
            private::write(&own.join("identity.pem"), &self.sign(service)?)?;
        }
        Ok(())
    }

    /// The same again whenever a third of their life is left, until Ctrl-C or SIGTERM. What fails is
    /// tried again: the last ones are good meanwhile.
    pub async fn renew(&self) {
        let stop = serve::stop_on_signal();
        let mut issued = SystemTime::now();
        let pause = LOOK.min(self.life / 30);
        while stop
            .run_until_cancelled(tokio::time::sleep(pause))
            .await
            .is_some()
        {
            // A clock that was set back is no reason to wait.
            if issued
                .elapsed()
                .is_ok_and(|age| age < self.life - self.life / 3)
            {
                continue;
            }
            match self.issue() {
                Ok(()) => issued = SystemTime::now(),
                Err(fault) => eprintln!("cannot renew the certificates: {fault:#}"),
            }
        }
    }

    fn sign(&self, service: &str) -> anyhow::Result<String> {
        let mut leaf = CertificateParams::new(Vec::new())?;
        let name = format!("spiffe://terrace/{service}");
        leaf.subject_alt_names = vec![SanType::URI(name.try_into()?)];
        leaf.use_authority_key_identifier_extension = true;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        authority::live(&mut leaf, BEFORE, self.life)?;
        let key = KeyPair::generate()?;
        let signed = leaf.signed_by(&key, &self.issuer)?;
        Ok(signed.pem() + &key.serialize_pem())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use kit::tls::{CertificateFiles, Identity};

    use super::*;

    #[test]
    fn each_service_gets_a_new_one_each_time_from_an_authority_that_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let read = |name: &str| fs::read_to_string(path(name)).unwrap();
        let issue = || {
            let certificates = Certificates::open(folder.path(), Duration::from_hours(1));
            certificates.unwrap().issue().unwrap();
        };

        issue();
        let (authority, key) = (read("authority/certificate.pem"), read("edge/identity.pem"));
        issue();

        for service in in_calls() {
            let own = path(service).join("identity.pem");
            let files = CertificateFiles::open(&own, &own).unwrap();
            let trusted = format!("{service}/identity_authority.pem");
            Identity::new(files.certificate(), &path(&trusted)).unwrap();
            assert_eq!(read(&trusted), authority);
        }
        assert_ne!(read("edge/identity.pem"), key);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |name: &str| fs::metadata(path(name)).unwrap().permissions().mode();
            assert_eq!(mode("edge/identity.pem") & 0o777, 0o600);
            assert_eq!(mode("authority/key.pem") & 0o777, 0o600);
            assert_eq!(mode("authority") & 0o777, 0o700);
        }
    }
}
