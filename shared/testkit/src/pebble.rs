//! A real ACME server for a test: pebble, of Let's Encrypt.

use std::{
    fs,
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustls::pki_types::CertificateDer;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{
    redis::WATCH,
    tls::{self, Pair},
};

/// What the tests need where there is no server.
const MISSING: &str =
    "pebble is needed and was not found in PATH: install it (Debian: apt-get install pebble)";

/// A server that forgets everything in the end.
pub struct Server {
    ports: [u16; 2],
    folder: TempDir,
    /// Of the server itself.
    trusted: CertificateDer<'static>,
    watch: Child,
}

impl Server {
    /// Starts one that asks for proofs at this port and signs for so many seconds.
    pub fn start(proofs: u16, life_s: u64) -> Self {
        let free = [(); 2].map(|()| TcpListener::bind(("127.0.0.1", 0)).expect("a free port"));
        let ports = free
            .each_ref()
            .map(|it| it.local_addr().expect("it is bound").port());
        drop(free);
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let Pair {
            certificate,
            chain,
            key,
        } = tls::pair();
        let settings = json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{}", ports[0]),
            "managementListenAddress": format!("127.0.0.1:{}", ports[1]),
            "certificate": path("chain.pem"),
            "privateKey": path("key.pem"),
            "httpPort": proofs,
            "certificateValidityPeriod": life_s,
        } });
        for (name, text) in [
            ("chain.pem", chain),
            ("key.pem", key),
            ("settings.json", settings.to_string()),
        ] {
            fs::write(path(name), text).expect("the folder is ours");
        }
        let watch = Command::new("sh")
            .args(["-c", WATCH, "sh", "pebble", "-config"])
            .arg(path("settings.json"))
            .env("PEBBLE_VA_NOSLEEP", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let server = Self {
            ports,
            folder,
            trusted: certificate,
            watch: watch.expect("there is a shell"),
        };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", ports[0])).is_err() {
            assert!(started.elapsed() < Duration::from_secs(30), "{MISSING}");
            thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// Its directory.
    pub fn directory(&self) -> String {
        format!("https://localhost:{}/dir", self.ports[0])
    }

    /// The file of the certificate by which the server is trusted.
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("chain.pem")
    }

    /// Who signs, which it makes anew at each start.
    pub async fn authority(&self) -> CertificateDer<'static> {
        let address = SocketAddr::from(([127, 0, 0, 1], self.ports[1]));
        let connected = tls::connect(address, &self.trusted, &["http/1.1"]).await;
        let mut connection = connected.expect("its management answers");
        let request = "GET /roots/0 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        connection
            .write_all(request.as_bytes())
            .await
            .expect("it is written");
        let mut answer = Vec::new();
        // It ends without a word.
        let _ = connection.read_to_end(&mut answer).await;
        tls::read(&answer)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.watch.stdin.take());
        let _ = self.watch.wait();
    }
}
