//! How to trust the certificate authority of `cargo run -- --tls`. It only tells: what a machine trusts
//! is for its owner to change.

use std::path::Path;

use anyhow::ensure;

use crate::run::root;

pub(crate) fn trust(data: &Path) -> anyhow::Result<()> {
    let file = root().join(data).join("ca.pem");
    let missing = "there is none yet: `cargo run -- --tls` makes it at its first start";
    ensure!(file.exists(), "{}: {missing}", file.display());
    println!("{}", told(&file.display().to_string()));
    Ok(())
}

fn told(file: &str) -> String {
    format!(
        "The shop's certificate authority is {file}
It signs for localhost, 127.0.0.1 and ::1 alone; its key stays beside it. Trust it where you want to:

curl, this once
  curl --cacert {file} https://localhost:8080/v1/categories

Debian, Ubuntu: curl and most programs
  sudo cp {file} /usr/local/share/ca-certificates/terrace.crt && sudo update-ca-certificates
  (undo: sudo rm /usr/local/share/ca-certificates/terrace.crt && sudo update-ca-certificates --fresh)

Chromium, Chrome on Linux (certutil is in libnss3-tools)
  mkdir -p ~/.pki/nssdb && certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n terrace -i {file}
  (undo: certutil -d sql:$HOME/.pki/nssdb -D -n terrace)

macOS: Safari, Chrome, curl
  security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db {file}
  (undo: security remove-trusted-cert {file})

Firefox
  Settings, Privacy & Security, View Certificates, Authorities, Import: choose the file, tick websites

Browsers need a restart. A new authority is made after `cargo xtask reset`: then undo, and trust the new one."
    )
}
