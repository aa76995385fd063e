//! The PostgreSQL and the Redis of a shop: started here, or given; a database and a role a service.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::AtomicBool,
    time::Duration,
};

use anyhow::{Context, bail};

use super::{
    Up,
    attached::{attached, enterable},
    fleet::{Fleet, Tier, Unit},
};
use crate::{
    needs,
    run::{command, root, succeeds},
    services::{owners, redis_users},
};

/// How long a server may take to start; it may have to recover first.
pub(super) const START: Duration = Duration::from_secs(120);

/// The role of the staff's queries, and what makes it.
const READER: &str = "reports_reader";
const READER_SQL: &str = "k8s/overlays/local/postgres/reports/reader.psql";

/// Where the services find their stores.
pub(super) struct Databases {
    admin: Admin,
    /// A service, its setting, and the URL.
    stores: Vec<(&'static str, &'static str, String)>,
    redis: Vec<(&'static str, String)>,
    /// Where a Redis that was started here keeps what it was told.
    redis_folder: Option<PathBuf>,
}

impl Databases {
    /// Starts what was not given, and makes the databases and roles that are missing.
    pub(super) fn start(
        fleet: &mut Fleet,
        options: &Up,
        up: &Path,
        secrets: &Path,
        stop: &AtomicBool,
    ) -> anyhow::Result<Self> {
        let admin = match &options.postgres {
            Some(url) => Admin {
                url: url.clone(),
                password: None,
            },
            None => start_postgres(fleet, &up.join("postgres"))?,
        };
        let (redis, redis_folder) = match &options.redis {
            Some(url) => {
                let users = redis_users().into_iter();
                (users.map(|user| (user, url.clone())).collect(), None)
            }
            None => {
                let (urls, folder) = start_redis(fleet, &up.join("redis"), secrets)?;
                (urls, Some(folder))
            }
        };
        let mut ask = admin.psql()?;
        ask.args(["--command", "select 1"]);
        fleet.wait_until_succeeds(&mut ask, START, stop)?;
        let mut stores = Vec::new();
        for owner in owners() {
            let file = secrets.join(format!("postgres-{owner}/password"));
            let password = fs::read_to_string(file)?;
            make_database(&admin, owner, password.trim())?;
            let url = store_url(&admin.url, owner, password.trim())?;
            stores.push((owner, "STORE", url));
        }
        stores.push(("reports", "READER", make_reader(&admin, secrets)?));
        Ok(Self {
            admin,
            stores,
            redis,
            redis_folder,
        })
    }

    /// Where a Redis that was started here keeps what it was told.
    pub(super) fn redis_folder(&self) -> Option<&Path> {
        self.redis_folder.as_deref()
    }

    /// The settings by which a service finds its stores; they replace those of SQLite.
    pub(super) fn settings(&self, service: &str) -> Vec<(String, String)> {
        let mut settings = Vec::new();
        for (_, setting, url) in self.stores.iter().filter(|(owner, ..)| *owner == service) {
            settings.push(((*setting).to_owned(), url.clone()));
        }
        if let Some((_, url)) = self.redis.iter().find(|(user, _)| *user == service) {
            settings.push(("REDIS".to_owned(), url.clone()));
        }
        settings
    }

    /// The rows that a query finds in a service's database, as lines with `|` between the columns.
    pub(super) fn query(&self, owner: &str, sql: &str) -> anyhow::Result<String> {
        let mut psql = self.admin.psql()?;
        psql.args(["--tuples-only", "--no-align"]);
        let connect = format!("\\connect {owner}");
        psql.args(["--command", &connect, "--command", sql]);
        let output = psql.output().context("psql cannot be started")?;
        if !output.status.success() {
            bail!("psql failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}

/// Who makes the databases.
pub(super) struct Admin {
    pub(super) url: String,
    /// Where it is not in the URL.
    pub(super) password: Option<String>,
}

impl Admin {
    pub(super) fn psql(&self) -> anyhow::Result<Command> {
        let mut psql = Command::new(needs::postgres_program("psql")?);
        psql.args([&self.url, "--no-psqlrc", "--quiet"]);
        // Arguments can be seen by everybody on the machine.
        if let Some(password) = &self.password {
            psql.env("PGPASSWORD", password);
        }
        Ok(psql)
    }
}

/// Starts a server on a free port, in `folder`.
pub(super) fn start_postgres(fleet: &mut Fleet, folder: &Path) -> anyhow::Result<Admin> {
    let (user, folder) = own_user(folder, "postgres")?;
    let (data, password) = (folder.join("data"), folder.join("password"));
    if !data.join("PG_VERSION").exists() {
        write_secret(&password)?;
        user.give(&password)?;
        // An earlier start may have been interrupted.
        let _ = fs::remove_dir_all(&data);
        let mut make = user.command(&needs::postgres_program("initdb")?, "TERM");
        make.args(["--username=postgres", "--auth=scram-sha-256"])
            .args(["--encoding=UTF8", "--locale=C", "--pwfile"])
            .arg(&password)
            .arg("-D")
            .arg(&data);
        let made = make.output().context("initdb cannot be started")?;
        if !made.status.success() {
            bail!("initdb failed: {}", String::from_utf8_lossy(&made.stderr));
        }
    }
    let port = free_port()?;
    let mut server = user.command(&needs::postgres_program("postgres")?, "INT");
    server
        .arg("-D")
        .arg(&data)
        .args(["-h", "127.0.0.1", "-p", &port.to_string()])
        .args(["-c", "unix_socket_directories="])
        // What a statement got wrong, the service that sent it says.
        .args(["-c", "log_min_messages=fatal"]);
    // SIGINT ends connections; SIGTERM would wait until their clients do.
    fleet.start(Unit::new("postgres".to_owned(), server, Tier::Server).stopped_by("-INT"))?;
    Ok(Admin {
        url: format!("postgres://postgres@127.0.0.1:{port}/postgres"),
        password: Some(fs::read_to_string(password)?),
    })
}

/// Starts a server on a free port that keeps its data and its log in `folder`; its URL for each
/// service that uses it, and the folder.
fn start_redis(
    fleet: &mut Fleet,
    folder: &Path,
    secrets: &Path,
) -> anyhow::Result<(Vec<(&'static str, String)>, PathBuf)> {
    let program = needs::redis()?;
    let (user, folder) = own_user(folder, "redis")?;
    // Where its user may enter.
    let users = folder.join("users.acl");
    fs::copy(secrets.join("redis/users.acl"), &users)?;
    user.give(&users)?;
    let port = free_port()?;
    let mut server = user.command(&program, "TERM");
    server
        .arg("--aclfile")
        .arg(users)
        .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
        .args(["--appendonly", "yes", "--save", "", "--loglevel", "warning"])
        .arg("--logfile")
        .arg(folder.join("log"))
        .arg("--dir")
        .arg(&folder);
    fleet.start(Unit::new("redis".to_owned(), server, Tier::Server))?;
    let url = |user: &'static str| {
        let url = fs::read_to_string(secrets.join(user).join("redis"))?;
        let server = format!("127.0.0.1:{port}");
        Ok((user, url.trim().replace("redis:6379", &server)))
    };
    let urls = redis_users().into_iter().map(url);
    Ok((urls.collect::<anyhow::Result<_>>()?, folder))
}

/// A role and its database for one service, as nobody else may see it.
fn make_database(admin: &Admin, owner: &str, password: &str) -> anyhow::Result<()> {
    let sql = format!(
        "select 'create role {owner} login'
           where not exists (select from pg_roles where rolname = '{owner}') \\gexec
         alter role {owner} password '{password}';
         select 'create database {owner} owner {owner}'
           where not exists (select from pg_database where datname = '{owner}') \\gexec
         revoke all on database {owner} from public;\n"
    );
    tell(admin, &sql).with_context(|| format!("the database of {owner} could not be made"))
}

/// The role of the staff's queries, in the database of reports; where it finds that.
fn make_reader(admin: &Admin, secrets: &Path) -> anyhow::Result<String> {
    let password = fs::read_to_string(secrets.join("postgres-reports/reader_password"))?;
    let password = password.trim();
    let sql = fs::read_to_string(root().join(READER_SQL))?;
    let sql = format!("\\connect reports\n{sql}\nalter role {READER} password '{password}';\n");
    tell(admin, &sql).context("the role of queries could not be made")?;
    let url = store_url(&admin.url, "reports", password)?;
    Ok(url.replacen("//reports:", &format!("//{READER}:"), 1))
}

/// Has psql do it. Arguments can be seen by everybody on the machine, so it comes as input.
fn tell(admin: &Admin, sql: &str) -> anyhow::Result<()> {
    let mut psql = admin
        .psql()?
        .args(["--set", "ON_ERROR_STOP=1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .context("psql cannot be started")?;
    let mut input = psql.stdin.take().context("its input is a pipe")?;
    input.write_all(sql.as_bytes())?;
    drop(input);
    if !psql.wait()?.success() {
        bail!("psql failed");
    }
    Ok(())
}

/// The URL of a service's database on the server of `admin`.
fn store_url(admin: &str, owner: &str, password: &str) -> anyhow::Result<String> {
    let (_, rest) = admin
        .rsplit_once('@')
        .context("--postgres: expected a URL with a user")?;
    let (host, rest) = rest.split_once('/').unwrap_or((rest, ""));
    let parameters = rest
        .split_once('?')
        .map_or("sslmode=prefer", |(_, parameters)| parameters);
    Ok(format!(
        "postgres://{owner}:{password}@{host}/{owner}?{parameters}"
    ))
}

/// Who runs a server: ourselves, or for root another user, because PostgreSQL refuses root.
struct User(Option<(u32, u32)>);

/// Makes `folder` for a server; as root it belongs to the user `name`, or to nobody, and is elsewhere
/// where that user may not enter it.
fn own_user(folder: &Path, name: &str) -> anyhow::Result<(User, PathBuf)> {
    fs::create_dir_all(folder)?;
    if id(&["-u"])? != 0 {
        return Ok((User(None), folder.to_owned()));
    }
    let name = match succeeds(&mut command("id", &[name])) {
        true => name,
        false => "nobody",
    };
    let (uid, gid) = (id(&["-u", name])?, id(&["-g", name])?);
    let user = User(Some((uid, gid)));
    user.give(folder)?;
    let can_enter = |folder: &Path| {
        let mut look = user.command(Path::new("test"), "TERM");
        succeeds(look.arg("-x").arg(folder))
    };
    let folder = enterable(folder, can_enter);
    fs::create_dir_all(&folder)?;
    // Everybody may make a folder in /var/tmp, also one of this name.
    if ![0, uid].contains(&folder.symlink_metadata()?.uid()) {
        bail!("{} belongs to somebody else", folder.display());
    }
    user.give(&folder)?;
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
    Ok((user, folder))
}

impl User {
    fn give(&self, path: &Path) -> anyhow::Result<()> {
        if let Some((user, group)) = self.0 {
            std::os::unix::fs::chown(path, Some(user), Some(group))?;
        }
        Ok(())
    }

    /// A program that gets this signal when we end.
    fn command(&self, program: &Path, signal: &str) -> Command {
        let mut command = attached(&program.display().to_string(), signal);
        // Not where we are: the user may have no business there.
        command.current_dir("/");
        if let Some((user, group)) = self.0 {
            std::os::unix::process::CommandExt::uid(&mut command, user);
            std::os::unix::process::CommandExt::gid(&mut command, group);
        }
        command
    }
}

fn id(arguments: &[&str]) -> anyhow::Result<u32> {
    let output = command("id", arguments).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().parse()?)
}

fn write_secret(file: &PathBuf) -> anyhow::Result<()> {
    let mut random = [0; 32];
    fs::File::open("/dev/urandom")?.read_exact(&mut random)?;
    let text: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut options = fs::OpenOptions::new();
    options.create(true).write(true).truncate(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    Ok(options.open(file)?.write_all(text.as_bytes())?)
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
