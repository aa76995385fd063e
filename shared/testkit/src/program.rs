//! A service's program as a process of its own, on free ports: started from settings, asked,
//! told to stop.

use std::{
    ffi::OsStr,
    fs::File,
    io::Write,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use client::Upstream;

use crate::service::{Answer, Client, request};

/// How long a program may take to be ready, or to end.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A running program. It is killed when this is dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    binary: String,
    settings: Vec<(String, String)>,
    listen: SocketAddr,
    admin: SocketAddr,
}

impl Program {
    /// Starts the `binary` of the service `name` with these settings and no other environment.
    /// Settings are named without the service: `STORE` for `ORDERS__STORE`.
    pub fn start(binary: &str, name: &str, settings: &[(&str, &str)]) -> Self {
        Self::spawn(binary, name, &[], settings, Stdio::inherit())
    }

    /// The same with the settings of this file.
    pub fn start_from(binary: &str, name: &str, file: &Path) -> Self {
        let arguments = ["--config".as_ref(), file.as_os_str()];
        Self::spawn(binary, name, &arguments, &[], Stdio::inherit())
    }

    /// The same, with its log in this file.
    pub fn start_with_log(binary: &str, name: &str, settings: &[(&str, &str)], log: &Path) -> Self {
        let log = File::create(log).expect("the log's file can be made");
        Self::spawn(binary, name, &[], settings, log.into())
    }

    fn spawn(
        binary: &str,
        name: &str,
        arguments: &[&OsStr],
        settings: &[(&str, &str)],
        log: Stdio,
    ) -> Self {
        let [listen, admin] = free_addresses();
        let ports = [
            ("LISTEN", listen.to_string()),
            ("ADMIN_LISTEN", admin.to_string()),
        ];
        let given = settings
            .iter()
            .map(|(key, value)| (*key, (*value).to_owned()));
        let variable = |key: &str| format!("{}__{key}", name.to_uppercase());
        let settings: Vec<_> = given
            .chain(ports)
            .map(|(key, value)| (variable(key), value))
            .collect();
        let child = Command::new(binary)
            .args(arguments)
            .env_clear()
            .envs(settings.iter().cloned())
            .stdin(Stdio::null())
            .stderr(log)
            .spawn();
        Self {
            child: child.expect("the program starts"),
            binary: binary.to_owned(),
            settings,
            listen,
            admin,
        }
    }

    /// Where it listens.
    pub fn upstream(&self) -> Upstream {
        at(self.listen)
    }

    /// The same, for who speaks something else than HTTP there.
    pub fn address(&self) -> SocketAddr {
        self.listen
    }

    /// What its admin port answers; none while nobody listens there.
    pub async fn admin(&self, path: &str) -> Option<Answer> {
        std::net::TcpStream::connect(self.admin).ok()?;
        let client = Client::outside(at(self.admin));
        Some(client.send(request(Method::GET, path), Body::empty()).await)
    }

    /// Waits until it is ready.
    pub async fn ready(&mut self) {
        let started = Instant::now();
        loop {
            if let Some(answer) = self.admin("/readyz").await
                && answer.status == StatusCode::OK
            {
                return;
            }
            let ended = self.child.try_wait().expect("it is our child");
            assert!(ended.is_none(), "it ended: {ended:?}");
            assert!(started.elapsed() < TIMEOUT, "it is not ready");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Runs another command of the program, of words with spaces between, with the same settings.
    pub fn run(&self, command: &str) -> std::process::Output {
        self.run_with(command, "")
    }

    /// The same, with this on its standard input.
    pub fn run_with(&self, command: &str, input: &str) -> std::process::Output {
        let child = Command::new(&self.binary)
            .args(command.split(' '))
            .env_clear()
            .envs(self.settings.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.expect("the program starts");
        let stdin = child.stdin.as_mut().expect("it is a pipe");
        // One that reads nothing may have ended already.
        let _ = stdin.write_all(input.as_bytes());
        child.wait_with_output().expect("the program ends")
    }

    /// Tells it to stop, as whoever runs containers does.
    pub fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Tells it to read its settings again; where it would take that for the end of its terminal, it
    /// does so by itself, later.
    pub fn hang_up(&self) {
        if kit::reload::hears_hang_ups() {
            self.signal("-HUP");
        }
    }

    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args([signal, &id]).status();
        assert!(told.is_ok_and(|status| status.success()));
    }

    /// Waits until it has ended.
    pub async fn ended(&mut self) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                return status;
            }
            assert!(started.elapsed() < TIMEOUT, "it does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What every service's program does, whatever it is for: says that it is ready, to its own
    /// `health` as well, refuses nonsense, stops when told to, and ends with 0.
    pub async fn lives_as_programs_do(mut self) {
        self.ready().await;
        let health = self.run("health");
        assert!(health.status.success(), "{health:?}");
        assert_eq!(self.run("nonsense").status.code(), Some(2));
        let help = self.run("--help");
        let help = String::from_utf8_lossy(&help.stdout).into_owned();
        assert!(help.contains("__ADMIN_LISTEN"), "{help}");

        self.terminate();

        assert_eq!(self.ended().await.code(), Some(0));
        assert_eq!(self.run("health").status.code(), Some(1));
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn at(address: SocketAddr) -> Upstream {
    let url = format!("http://{address}");
    Upstream::http(url.parse().expect("an address makes a URL"))
}

/// Addresses where nobody listens, all different because all are held until all are known.
fn free_addresses<const N: usize>() -> [SocketAddr; N] {
    let listeners = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("it is bound"))
}
