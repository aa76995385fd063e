//! A certificate and its key in files, which somebody else renews.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use aws_lc_rs::digest::{Context, SHA256};
use metrics::counter;

use super::{BadCertificate, Certificate};

/// How often they are read. A certificate is renewed days before it ends, and to read is what works
/// on every file system, and where a folder is swapped by a link, as Kubernetes does.
const EVERY: Duration = Duration::from_secs(5);

/// The files, and what was in them.
pub struct CertificateFiles {
    chain: PathBuf,
    key: PathBuf,
    certificate: Arc<Certificate>,
    seen: Seen,
}

/// What was in the files, or why they could not be read: what is seen again is not told again.
type Seen = Result<Vec<u8>, String>;

impl CertificateFiles {
    /// Reads them. A fault names the file.
    pub fn open(chain: &Path, key: &Path) -> Result<Self, String> {
        let texts = read(chain, key)?;
        let certificate = Certificate::from_pem(&texts[0], &texts[1]);
        Ok(Self {
            certificate: certificate.map_err(|bad| told(chain, key, &bad))?,
            chain: chain.to_owned(),
            key: key.to_owned(),
            seen: Ok(digest(&texts)),
        })
    }

    /// What was last read and could be used.
    pub fn certificate(&self) -> Arc<Certificate> {
        self.certificate.clone()
    }

    /// Takes over what is put into them, for ever. What cannot be used changes nothing: the last good
    /// certificate stays, and the log and a counter say so.
    pub async fn follow(mut self) {
        loop {
            tokio::time::sleep(EVERY).await;
            self.look();
        }
    }

    fn look(&mut self) {
        let texts = read(&self.chain, &self.key);
        let seen = texts.as_ref().map(digest).map_err(String::clone);
        if seen == self.seen {
            return;
        }
        self.seen = seen;
        let replaced = texts.and_then(|[chain, key]| {
            let replaced = self.certificate.replace(&chain, &key);
            replaced.map_err(|bad| told(&self.chain, &self.key, &bad))
        });
        match replaced {
            Ok(()) => tracing::info!(chain = %self.chain.display(), "shows a new certificate"),
            Err(fault) => {
                counter!("certificates_refused_total").increment(1);
                tracing::error!(%fault, "keeps the last good certificate");
            }
        }
    }
}

fn read(chain: &Path, key: &Path) -> Result<[Vec<u8>; 2], String> {
    let read = |path: &Path| fs::read(path).map_err(|fault| format!("{}: {fault}", path.display()));
    let text = read(chain)?;
    // Where both are in one file they are read at once: it may be replaced in between.
    let key = if chain == key {
        text.clone()
    } else {
        read(key)?
    };
    Ok([text, key])
}

fn told(chain: &Path, key: &Path, bad: &BadCertificate) -> String {
    match bad {
        BadCertificate::Key => format!("{}: {bad}", key.display()),
        _ => format!("{}: {bad}", chain.display()),
    }
}

/// Not the texts themselves: one of them is a secret.
fn digest(texts: &[Vec<u8>; 2]) -> Vec<u8> {
    let mut digest = Context::new(&SHA256);
    texts.iter().for_each(|text| digest.update(text));
    digest.finish().as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(folder: &Path, name: &str, text: &str) {
        fs::write(folder.join(name), text).unwrap();
    }

    /// A chain and its key.
    fn pair() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    fn shown(files: &CertificateFiles) -> Vec<u8> {
        let shown = files.certificate.0.load_full().unwrap();
        shown.cert[0].to_vec()
    }

    #[test]
    fn a_pair_that_cannot_be_used_leaves_the_last_good_one() {
        let folder = tempfile::tempdir().unwrap();
        let (chain, key) = (folder.path().join("chain"), folder.path().join("key"));
        let (first, second) = (pair(), pair());
        put(folder.path(), "chain", &first.0);
        put(folder.path(), "key", &first.1);
        let mut files = CertificateFiles::open(&chain, &key).unwrap();
        let good = shown(&files);

        // Half of a new pair; nonsense; no file at all.
        put(folder.path(), "chain", &second.0);
        files.look();
        assert_eq!(shown(&files), good);
        put(folder.path(), "chain", "-----BEGIN CERTIFICATE-----");
        files.look();
        assert_eq!(shown(&files), good);
        fs::remove_file(&chain).unwrap();
        files.look();
        assert_eq!(shown(&files), good);

        put(folder.path(), "chain", &second.0);
        put(folder.path(), "key", &second.1);
        files.look();
        assert_ne!(shown(&files), good);
    }

    #[test]
    fn a_start_with_a_pair_that_cannot_be_used_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let (chain, key) = (folder.path().join("chain"), folder.path().join("key"));
        let (first, second) = (pair(), pair());

        let told = |at: &str| match CertificateFiles::open(&chain, &key) {
            Err(fault) => assert!(fault.contains(at), "{at}: {fault}"),
            Ok(_) => panic!("{at} is taken"),
        };

        told("chain");
        put(folder.path(), "chain", &first.0);
        told("key");
        put(folder.path(), "key", "no key");
        told("key: expected a private key in PEM");
        put(folder.path(), "key", &second.1);
        told("cannot be used together");
    }
}
