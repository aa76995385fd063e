//! A mail server, by SMTP (RFC 5321, RFC 6409). Each letter has a connection of its own: there are few, and
//! one that was left open may be gone.

use std::{fs, time::Duration};

use async_trait::async_trait;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    transport::smtp::{
        self,
        authentication::Credentials,
        client::{Certificate, CertificateStore, Tls, TlsParameters},
        extension::ClientId,
    },
};
use secrecy::ExposeSecret;
use tokio::time::timeout;
use uuid::Uuid;

use super::{Refusal, Transport};
use crate::mail_url::{Security, Server};

/// How long a letter may take, from the connection to the server's last word.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The server.
pub(crate) struct Smtp(AsyncSmtpTransport<Tokio1Executor>);

impl Smtp {
    /// Reached when the first letter goes. `own` is the domain that it is greeted with.
    pub(crate) fn new(server: &Server, own: &str) -> Result<Self, String> {
        let mut tls = TlsParameters::builder(server.host.clone());
        if let Some(root) = &server.root {
            let named = |fault: &dyn std::fmt::Display| format!("{}: {fault}", root.display());
            let pem = fs::read(root).map_err(|fault| named(&fault))?;
            let root = Certificate::from_pem(&pem).map_err(|fault| named(&fault))?;
            tls = tls
                .certificate_store(CertificateStore::None)
                .add_root_certificate(root);
        }
        let tls = || tls.build_rustls().map_err(|fault| fault.to_string());
        let tls = match server.security {
            Security::Tls => Tls::Wrapper(tls()?),
            Security::StartTls => Tls::Required(tls()?),
            Security::Off => Tls::None,
        };
        let mut smtp = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .tls(tls)
            .hello_name(ClientId::Domain(own.to_owned()));
        if let Some((user, password)) = &server.user {
            let password = password.expose_secret().to_owned();
            smtp = smtp.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Self(smtp.build()))
    }
}

#[async_trait]
impl Transport for Smtp {
    async fn send(&self, _: Uuid, letter: &Message) -> Result<(), Refusal> {
        let formatted = letter.formatted();
        let sent = self.0.send_raw(letter.envelope(), &formatted);
        match timeout(TIMEOUT, sent).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(fault)) => Err(refusal(&fault, letter)),
            Err(_) => Err(Refusal::OfAll("the mail server takes too long".to_owned())),
        }
    }
}

/// What a fault means for the letter. What the server says may name the recipient, so of that its code
/// alone is told.
fn refusal(fault: &smtp::Error, letter: &Message) -> Refusal {
    let is_plain = |to: &lettre::Address| to.user().is_ascii();
    match fault.status().map(u16::from) {
        // It does not believe who we are, or closes: that says nothing about the letter.
        Some(code @ (421 | 454 | 530 | 534 | 535 | 538)) => {
            Refusal::OfAll(format!("the mail server takes nothing from us: {code}"))
        }
        Some(code) if fault.is_permanent() => {
            Refusal::ForGood(format!("the mail server refuses it: {code}"))
        }
        Some(code) => Refusal::ForNow(format!("the mail server does not take it now: {code}")),
        None if fault.is_client() && !letter.envelope().to().iter().all(is_plain) => {
            Refusal::ForGood("the mail server takes no such address (SMTPUTF8)".to_owned())
        }
        None => Refusal::OfAll(format!("the mail server: {fault}")),
    }
}
