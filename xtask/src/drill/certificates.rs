//! The certificates by which services know each other: renewed several times while shoppers buy.

use std::{fs, path::Path, time::Duration};

use anyhow::ensure;

use crate::{
    needs,
    run::{command, succeeds},
    services::{callers_of, owners},
    up::Shop,
};

/// How long a certificate is good: the shortest that there is, renewed every 20 s.
pub(super) const LIFE: Duration = Duration::from_secs(30);

/// How often they are renewed: at the end the first ones were no longer good for as long as they had been.
const RENEWALS: usize = 4;

/// How long a service may take to show a renewed one; it looks every 5 s.
const SHOWN: Duration = Duration::from_secs(30);

/// Waits for renewals, until every service shows one of them; and tries who reaches the services.
pub(super) fn renew(shop: &mut Shop, data: &Path) -> anyhow::Result<()> {
    needs::CURL.get()?;
    let secrets = data.join("up/secrets");
    let now = || fs::read_to_string(secrets.join("edge/identity.pem")).unwrap_or_default();
    for n in 1..=RENEWALS {
        let before = now();
        let renewed = shop.pass(2 * LIFE, || now() != before)?;
        ensure!(renewed, "the certificates are not renewed");
        println!("certificates are renewed for the {n}. time");
    }
    for service in owners() {
        let port = shop.port(service);
        let callers = callers_of(service);
        let Some(caller) = callers.first().copied() else {
            continue;
        };
        let identity = secrets.join(service).join("identity.pem");
        let is_shown = || {
            let pem = fs::read_to_string(&identity).unwrap_or_default();
            let own = pem.split("-----BEGIN PRIVATE KEY").next();
            let shown = call(port, &secrets, Some(caller)).unwrap_or_default();
            own.is_some_and(|own| shown.contains(own.trim()))
        };
        ensure!(
            shop.pass(SHOWN, is_shown)?,
            "{service} does not show its new certificate to {caller}"
        );
        for other in [None, Some("catalog"), Some("payments")] {
            ensure!(
                call(port, &secrets, other).is_none(),
                "{service} is reached by {other:?}"
            );
        }
        let plain = format!("http://127.0.0.1:{port}/");
        let plain = succeeds(&mut command("curl", &["--silent", &plain]));
        ensure!(!plain, "{service} is reached without TLS");
    }
    println!("a service is reached by those who call it, and by nobody else");
    Ok(())
}

/// The certificate that a service shows to this caller, when it answers it.
fn call(port: u16, secrets: &Path, caller: Option<&str>) -> Option<String> {
    let url = format!("https://127.0.0.1:{port}/");
    // Its name is no host's, so that curl cannot check it; services do.
    let mut curl = command("curl", &["--silent", "--insecure", "--output", "/dev/null"]);
    if let Some(caller) = caller {
        curl.arg("--cert")
            .arg(secrets.join(caller).join("identity.pem"));
    }
    let called = curl.args(["--write-out", "%{certs}", &url]).output().ok()?;
    let told = String::from_utf8_lossy(&called.stdout).into_owned();
    called.status.success().then_some(told)
}
