//! A real Redis server for a test, which may stop it.

use std::{
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use kit::redis::RedisUrl;

/// What the tests need where there is no server.
const MISSING: &str = "Redis is needed and redis-server was not found in PATH: install it (Debian: apt-get install redis-server)";

/// Runs the server until the pipe to its standard input closes, which it does when the tests end,
/// however they do.
pub(crate) const WATCH: &str = r#""$@" & read -r _; kill -KILL $!; wait $!"#;

/// A server that keeps nothing on disk.
#[derive(Debug)]
pub struct Server {
    port: u16,
    /// The files of its certificate and key, if it speaks TLS alone.
    tls: Option<[PathBuf; 2]>,
    /// The file of its users, if it has some.
    users: Option<PathBuf>,
    watch: Option<Child>,
}

impl Server {
    /// Starts a server on a free port.
    pub fn start() -> Self {
        Self::start_as(None, None)
    }

    /// Starts one that speaks TLS alone, with the certificate and the key in these files.
    pub fn start_with_tls(certificate: &Path, key: &Path) -> Self {
        Self::start_as(Some([certificate.to_owned(), key.to_owned()]), None)
    }

    /// Starts one that knows the users in this file.
    pub fn start_with_users(users: &Path) -> Self {
        Self::start_as(None, Some(users.to_owned()))
    }

    fn start_as(tls: Option<[PathBuf; 2]>, users: Option<PathBuf>) -> Self {
        let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|it| it.local_addr());
        let mut server = Self {
            port: free.expect("a free port").port(),
            tls,
            users,
            watch: None,
        };
        server.restart();
        server
    }

    /// Where it is.
    pub fn url(&self) -> RedisUrl {
        self.address().try_into().expect("it is a Redis URL")
    }

    /// The same, as text for a setting.
    pub fn address(&self) -> String {
        let scheme = self.tls.as_ref().map_or("redis", |_| "rediss");
        format!("{scheme}://127.0.0.1:{}/0", self.port)
    }

    /// Stops it at once, as a crash does. It forgets everything.
    pub fn stop(&mut self) {
        if let Some(mut watch) = self.watch.take() {
            drop(watch.stdin.take());
            let _ = watch.wait();
        }
    }

    /// Starts it again on the same port, and waits until it listens.
    pub fn restart(&mut self) {
        self.stop();
        let mut watch = Command::new("sh");
        watch
            .args(["-c", WATCH, "sh", "redis-server"])
            .args(["--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let port = self.port.to_string();
        match &self.tls {
            None => watch.args(["--port", &port]),
            Some([certificate, key]) => watch
                .args(["--port", "0", "--tls-port", &port])
                .args(["--tls-auth-clients", "no"])
                .args(["--tls-cert-file".as_ref(), certificate.as_os_str()])
                .args(["--tls-key-file".as_ref(), key.as_os_str()]),
        };
        if let Some(users) = &self.users {
            watch.arg("--aclfile").arg(users);
        }
        // A Ctrl-C for the tests must leave it time to clean up.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut watch, 0);
        self.watch = Some(watch.spawn().expect("sh runs"));
        let asked = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(asked.elapsed() < Duration::from_secs(30), "{MISSING}");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
