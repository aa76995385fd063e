//! A real PostgreSQL server for the tests of one process, and in it a database of its own for each
//! test.
//!
//! The server is found in `PATH` or where Debian keeps it, runs on a free port in a folder of its
//! own, and ends with the process however that ends. With `TERRACE_TEST_POSTGRES`, a URL of a role
//! that may make databases, that server is used instead. Without any the tests fail.

use std::{
    fs::{self, Permissions},
    io::Write,
    net::TcpListener,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use kit::store::StoreUrl;
use sqlx::{AssertSqlSafe, Connection, PgConnection, raw_sql};
use tempfile::TempDir;
use uuid::Uuid;

/// How long a server may take to answer.
const START: Duration = Duration::from_secs(60);

/// What the tests need where there is no server.
const MISSING: &str = "PostgreSQL is needed and was not found in PATH nor in /usr/lib/postgresql: install it \
     (Debian: apt-get install postgresql), or set TERRACE_TEST_POSTGRES to the URL of a server";

/// Runs the server until the pipe to its standard input closes, which it does when the tests end,
/// however they do. The line "keep" keeps the data.
const WATCH: &str = r#"
dir=$1; shift
"$@" >"$dir/log" 2>&1 &
read -r word
kill -QUIT $!
wait $!
[ "$word" = keep ] || rm -rf "$dir"
"#;

/// How much of its data a server keeps when the machine stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// All: as in production.
    On,
    /// None: it is faster.
    Off,
}

/// A server of its own, for a test that stops it.
#[derive(Debug)]
pub struct Server {
    folder: TempDir,
    port: u16,
    sync: Sync,
    tls: bool,
    watch: Option<Child>,
}

/// A database of its own, empty; dropped when this is.
#[derive(Debug)]
pub struct Database {
    base: String,
    name: String,
}

/// A new database on the server that the tests of this process share.
pub async fn database() -> Database {
    static SHARED: OnceLock<(String, Option<Server>)> = OnceLock::new();
    let (base, _) = SHARED.get_or_init(|| match std::env::var("TERRACE_TEST_POSTGRES") {
        Ok(url) => (url, None),
        Err(_) => {
            let server = Server::start(Sync::Off);
            (server.base(), Some(server))
        }
    });
    Database::on(base).await
}

impl Server {
    /// Starts a server with no database of ours.
    pub fn start(sync: Sync) -> Self {
        let folder = tempfile::Builder::new().prefix("terrace-pg-").tempdir();
        let folder = folder.expect("a temporary folder");
        let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|it| it.local_addr());
        let mut server = Self {
            port: free.expect("a free port").port(),
            folder,
            sync,
            tls: false,
            watch: None,
        };
        hand_over(server.folder.path());
        let made = program("initdb")
            .args([
                "--no-sync",
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
            ])
            .args(["--locale=C", "-D"])
            .arg(server.data())
            .output()
            .expect("initdb runs");
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        server.restart();
        server
    }

    /// A new database on this server.
    pub async fn database(&self) -> Database {
        Database::on(&self.base()).await
    }

    /// Stops the server at once, as a crash does; connections break. Its data stays.
    pub fn stop(&mut self) {
        if let Some(mut watch) = self.watch.take() {
            let mut input = watch.stdin.take().expect("its input is a pipe");
            let _ = input.write_all(b"keep\n");
            drop(input);
            let _ = watch.wait();
        }
    }

    /// Starts the server again, on the same port with the same data, and waits until it answers.
    pub fn restart(&mut self) {
        self.stop();
        let mut server = program("postgres");
        server
            .arg("-D")
            .arg(self.data())
            .arg("-k")
            .arg(self.folder.path())
            .args([
                "-p",
                &self.port.to_string(),
                "-h",
                "127.0.0.1",
                "-c",
                "max_connections=300",
            ])
            .args(["-c", "shared_buffers=32MB"]);
        if self.sync == Sync::Off {
            server.args(["-c", "fsync=off", "-c", "full_page_writes=off"]);
            server.args(["-c", "synchronous_commit=off"]);
        }
        if self.tls {
            server.args(["-c", "ssl=on"]);
        }
        let log = self.folder.path().join("log");
        let _ = fs::remove_file(&log);
        let mut watch = Command::new("sh");
        watch
            .args(["-c", WATCH, "sh"])
            .arg(self.folder.path())
            .arg(server.get_program())
            .args(server.get_args())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // A Ctrl-C for the tests must leave it time to clean up.
        watch.process_group(0);
        self.watch = Some(watch.spawn().expect("sh runs"));

        let asked = Instant::now();
        while !self.answers() {
            let log = fs::read_to_string(&log).unwrap_or_default();
            let gave_up = log.contains("database system is shut down");
            assert!(!gave_up && asked.elapsed() < START, "no server: {log}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Restarts the server so that it offers TLS with this certificate and key, both PEM.
    pub fn offer_tls(&mut self, certificate: &str, key: &str) {
        for (name, text) in [("server.crt", certificate), ("server.key", key)] {
            let file = self.data().join(name);
            fs::write(&file, text).expect("the data can be written");
            let owner_only = Permissions::from_mode(0o600);
            fs::set_permissions(&file, owner_only).expect("the file is ours");
            hand_over(&file);
        }
        self.tls = true;
        self.restart();
    }

    /// Restarts the server so that it asks every role but its first for a password.
    pub fn ask_for_passwords(&mut self) {
        let rules =
            "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
        fs::write(self.data().join("pg_hba.conf"), rules).expect("the data can be written");
        self.restart();
    }

    fn answers(&self) -> bool {
        // Written when the server takes connections, with its state in the last line.
        let state = fs::read_to_string(self.data().join("postmaster.pid"));
        state.is_ok_and(|state| state.trim_end().ends_with("ready"))
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn base(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Database {
    /// Its URL, as text.
    pub fn url_text(&self) -> String {
        at(&self.base, &self.name)
    }

    /// Its URL.
    pub fn url(&self) -> StoreUrl {
        self.url_text().parse().expect("a URL")
    }

    async fn on(base: &str) -> Self {
        let name = format!("test_{}", Uuid::now_v7().simple());
        execute(base, &format!("create database {name} template template0")).await;
        Self {
            base: base.to_owned(),
            name,
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = format!("drop database if exists {} with (force)", self.name);
        let base = self.base.clone();
        // The test's runtime may be ending, and must not be blocked by itself.
        let dropped = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                // A server that a test stopped takes its databases along.
                let _ = try_execute(&base, &drop).await;
            });
        });
        let _ = dropped.join();
    }
}

/// The URL with another database.
fn at(base: &str, name: &str) -> String {
    let (address, parameters) = base
        .split_once('?')
        .map_or((base, ""), |(address, rest)| (address, rest));
    let (server, _) = address.rsplit_once('/').expect("a URL with a database");
    match parameters {
        "" => format!("{server}/{name}"),
        parameters => format!("{server}/{name}?{parameters}"),
    }
}

async fn execute(base: &str, sql: &str) {
    if let Err(fault) = try_execute(base, sql).await {
        panic!("{sql}: {fault:?}");
    }
}

async fn try_execute(base: &str, sql: &str) -> Result<(), sqlx::Error> {
    let mut db = PgConnection::connect(base).await?;
    raw_sql(AssertSqlSafe(sql)).execute(&mut db).await?;
    db.close().await
}

/// Makes the file or folder the server's, which refuses to run as root.
fn hand_over(path: &Path) {
    if is_root() {
        let owner = Command::new("chown").arg("postgres").arg(path).status();
        let done = owner.is_ok_and(|owner| owner.success());
        assert!(done, "no user \"postgres\": {MISSING}");
    }
}

/// One of the server's programs, run as a user that it accepts.
fn program(name: &str) -> Command {
    let path = find(name).expect(MISSING);
    if !is_root() {
        return Command::new(path);
    }
    let mut program = Command::new("setpriv");
    program.args([
        "--reuid=postgres",
        "--regid=postgres",
        "--clear-groups",
        "--",
    ]);
    program.arg(path);
    program
}

fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    // Debian keeps each version's programs in a folder of its own.
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|found| {
            found
                .flatten()
                .map(|version| version.path().join("bin"))
                .collect()
        })
        .unwrap_or_default();
    versions.sort();
    folders.extend(versions.into_iter().rev());
    folders
        .iter()
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|id| id.stdout == b"0\n")
}
