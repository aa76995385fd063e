//! Certificates by ACME (RFC 8555): ordered from an authority, which asks on port 80 for a proof that the
//! host is ours (HTTP-01), kept in a folder, and renewed when a third of their life is left.

mod http;

use std::{
    collections::HashMap,
    error::Error,
    fs, io,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use ::http::{StatusCode, Uri};
use axum::{Router, extract::Path, routing::get};
use instant_acme::{
    Account, AuthorizationStatus, ChallengeType, Identifier, NewAccount, NewOrder, Order,
    OrderStatus, RetryPolicy,
};
use metrics::counter;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use webpki::{EndEntityCert, KeyUsage};

use self::http::Client;
use super::{Certificate, certified};
use crate::{config, private};

/// The file of the chain and its key.
const FILE: &str = "certificate.pem";

/// The longest pause until it is asked again whether a certificate is due: a machine that sleeps does not count the hours.
const LOOK: Duration = Duration::from_secs(60);

/// The longest pause after an order that failed; the first is of two minutes. Authorities count failures by the hour.
const RETRY: Duration = Duration::from_hours(1);

/// How long an authority may take to ask for the proof, and to sign.
const PATIENCE: RetryPolicy = RetryPolicy::new().timeout(Duration::from_secs(90));

/// Settings of certificates by ACME.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AcmeConfig {
    /// The directory of a certificate authority, e.g. `https://acme-v02.api.letsencrypt.org/directory`: with it the service
    /// speaks TLS by certificates from there, and agrees to its terms of service. Needs `redirect_listen` on port 80.
    pub directory: String,
    /// The hosts that the certificate is for. In a variable with commas between.
    #[serde(deserialize_with = "config::list")]
    pub domains: Vec<String>,
    /// Whom the authority may write to, e.g. `mailto:garden@example.com`. In a variable with commas between.
    #[serde(deserialize_with = "config::list")]
    pub contact: Vec<String>,
    /// The folder where account and certificate are kept, for one process; made when missing.
    #[schema(value_type = String)]
    pub folder: PathBuf,
    /// The file of the certificate in PEM by which the authority's server is trusted. Unset, those that the system trusts.
    #[schema(value_type = String)]
    pub root: Option<PathBuf>,
}

/// Whoever gets a certificate and renews it.
pub struct Acme {
    config: AcmeConfig,
    /// Of this authority alone: what comes from one that is for tests is not shown after it was changed for another.
    folder: PathBuf,
    client: Client,
    certificate: Arc<Certificate>,
    proofs: Proofs,
}

/// What is answered on port 80, by token.
type Proofs = Arc<Mutex<HashMap<String, String>>>;

type Fault = Box<dyn Error + Send + Sync>;

impl Acme {
    /// With the certificate of an earlier start, if there is one. A fault names the setting or the file.
    pub fn open(config: &AcmeConfig) -> Result<Self, String> {
        let uri = config.directory.parse::<Uri>().ok();
        let uri = uri.filter(|uri| uri.scheme_str() == Some("https"));
        let host = uri.as_ref().and_then(|uri| uri.host());
        let host = host.ok_or("acme: directory: expected https://host/path")?;
        if config.domains.is_empty() || config.folder.as_os_str().is_empty() {
            return Err("acme: expected domains and a folder".into());
        }
        let folder = config.folder.join(host);
        let told = |fault: &dyn std::fmt::Display| format!("{}: {fault}", folder.display());
        private::folder(&folder).map_err(|fault| told(&fault))?;
        let certificate = Arc::new(Certificate::none());
        match fs::read(folder.join(FILE)) {
            Ok(pem) => certificate.replace(&pem, &pem).map_err(|bad| told(&bad))?,
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => {}
            Err(fault) => return Err(told(&fault)),
        }
        Ok(Self {
            client: Client::new(config.root.as_deref())?,
            config: config.clone(),
            folder,
            certificate,
            proofs: Proofs::default(),
        })
    }

    /// The last one that was signed; none before the first.
    pub fn certificate(&self) -> Arc<Certificate> {
        self.certificate.clone()
    }

    /// What the authority asks for on port 80 (RFC 8555 §8.3).
    pub fn proofs(&self) -> Router {
        let proofs = self.proofs.clone();
        let proof = async move |Path(token): Path<String>| {
            let proofs = proofs.lock().unwrap_or_else(PoisonError::into_inner);
            proofs.get(&token).cloned().ok_or(StatusCode::NOT_FOUND)
        };
        Router::new().route("/.well-known/acme-challenge/{token}", get(proof))
    }

    /// Orders a certificate whenever one is due, for ever. What fails is tried again, and the last good one
    /// stays meanwhile: the log and a counter say so.
    pub async fn follow(self) {
        let mut failed = 0;
        loop {
            if self.life().is_none_or(|life| life.is_due()) {
                match self.order().await {
                    Ok(()) => failed = 0,
                    Err(fault) => {
                        counter!("acme_orders_failed_total").increment(1);
                        tracing::error!(fault, "keeps the last good certificate");
                        failed += 1;
                    }
                }
            }
            let look = self.life().map_or(LOOK, |life| LOOK.min(life.length / 30));
            let pause = RETRY.min(look * 2_u32.saturating_pow(failed));
            tokio::time::sleep(pause).await;
        }
    }

    /// Orders one now: proves that the hosts are ours, and takes over the certificate that is signed for it.
    pub async fn order(&self) -> Result<(), String> {
        let ordered = self.try_order().await;
        self.held().clear();
        ordered.map_err(|fault| fault.to_string())
    }

    async fn try_order(&self) -> Result<(), Fault> {
        let account = self.account().await?;
        let domains = self.config.domains.iter().cloned();
        let domains: Vec<_> = domains.map(Identifier::Dns).collect();
        let mut order = account.new_order(&NewOrder::new(&domains)).await?;
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            if authorization.status == AuthorizationStatus::Valid {
                continue;
            }
            let challenge = authorization.challenge(ChallengeType::Http01);
            let mut challenge = challenge.ok_or("the authority does not ask on port 80")?;
            let proof = challenge.key_authorization().as_str().to_owned();
            self.held().insert(challenge.token.clone(), proof);
            challenge.set_ready().await?;
        }
        if order.poll_ready(&PATIENCE).await? != OrderStatus::Ready {
            return Err(refusal(&mut order).await?.into());
        }
        let key = order.finalize().await?;
        let pem = order.poll_certificate(&PATIENCE).await? + &key;
        let signed = certified(pem.as_bytes(), pem.as_bytes())?;
        let life = Life::of(&signed.cert[0], &self.config.domains);
        if life.is_none_or(|life| life.is_due()) {
            // It would be ordered again and again.
            return Err("what was signed is for other hosts, or ends at once".into());
        }
        let kept = private::write(&self.folder.join(FILE), &pem);
        self.certificate.replace(pem.as_bytes(), pem.as_bytes())?;
        tracing::info!(domains = ?self.config.domains, "shows a new certificate");
        Ok(kept?)
    }

    async fn account(&self) -> Result<Account, Fault> {
        let file = self.folder.join("account.json");
        let builder = Account::builder_with_http(Box::new(self.client.clone()));
        match fs::read(&file) {
            Ok(known) => {
                let known = serde_json::from_slice(&known);
                let known = known.map_err(|fault| format!("{}: {fault}", file.display()))?;
                Ok(builder.from_credentials(known).await?)
            }
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => {
                let contact: Vec<_> = self.config.contact.iter().map(String::as_str).collect();
                let new = NewAccount {
                    contact: &contact,
                    terms_of_service_agreed: true,
                    only_return_existing: false,
                };
                let directory = self.config.directory.clone();
                let (account, known) = builder.create(&new, directory, None).await?;
                private::write(&file, &serde_json::to_string(&known)?)?;
                Ok(account)
            }
            Err(fault) => Err(fault.into()),
        }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.proofs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn life(&self) -> Option<Life> {
        let shown = self.certificate.0.load();
        Life::of(&shown.as_ref()?.cert[0], &self.config.domains)
    }
}

/// What the authority says of a proof that it did not get.
async fn refusal(order: &mut Order) -> Result<String, instant_acme::Error> {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        let state = authorization.refresh().await?;
        if let Some(problem) = state.challenges.iter().find_map(|it| it.error.as_ref()) {
            return Ok(problem.to_string());
        }
    }
    Ok("the authority refuses the order".to_owned())
}

/// How long a certificate is good.
struct Life {
    until: Duration,
    length: Duration,
}

impl Life {
    /// None if it is not for all of these hosts.
    fn of(certificate: &CertificateDer<'_>, domains: &[String]) -> Option<Self> {
        let read = EndEntityCert::try_from(certificate).ok()?;
        for domain in domains {
            let name = ServerName::try_from(domain.as_str()).ok()?;
            read.verify_is_valid_for_subject_name(&name).ok()?;
        }
        // webpki does not say from when until when it is good, but why it is not good at a time.
        let at = |time: u64| {
            let time = UnixTime::since_unix_epoch(Duration::from_secs(time));
            let usage = KeyUsage::server_auth();
            read.verify_for_usage(&[], &[], &[], time, usage, None, None)
                .err()
        };
        match (at(0), at(u64::MAX)) {
            (
                Some(webpki::Error::CertNotValidYet { not_before, .. }),
                Some(webpki::Error::CertExpired { not_after, .. }),
            ) => {
                let until = Duration::from_secs(not_after.as_secs());
                let from = Duration::from_secs(not_before.as_secs());
                Some(Self {
                    until,
                    length: until.saturating_sub(from),
                })
            }
            _ => None,
        }
    }

    /// Whether less than a third of it is left.
    fn is_due(&self) -> bool {
        now() + self.length / 3 > self.until
    }
}

/// Since 1970.
fn now() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn pem(host: &str, from: Duration, until: Duration) -> String {
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        let now = rcgen::date_time_ymd(1970, 1, 1) + now();
        (params.not_before, params.not_after) = (now - from, now + until);
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().pem() + &key.serialize_pem()
    }

    #[tokio::test]
    async fn a_certificate_is_due_in_time_and_stays_when_the_authority_is_gone() {
        let (short, long) = (Duration::from_hours(1), Duration::from_hours(3));
        for (host, from, until, due) in [
            ("shop.example", short, long, false),
            ("shop.example", long, short, true),
            ("else.example", short, long, true),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let own = folder.path().join("127.0.0.1");
            fs::create_dir(&own).unwrap();
            fs::write(own.join(FILE), pem(host, from, until)).unwrap();

            let acme = Acme::open(&AcmeConfig {
                directory: "https://127.0.0.1:1/directory".to_owned(),
                domains: vec!["shop.example".to_owned()],
                folder: folder.path().to_owned(),
                ..AcmeConfig::default()
            });
            let acme = acme.unwrap();

            let life = acme.life();
            assert_eq!(
                life.is_none_or(|life| life.is_due()),
                due,
                "{host} {until:?}"
            );
            let shown = acme.certificate.0.load_full();
            acme.order().await.unwrap_err();
            assert!(Arc::ptr_eq(
                &shown.unwrap(),
                &acme.certificate.0.load_full().unwrap()
            ));
        }
    }
}
