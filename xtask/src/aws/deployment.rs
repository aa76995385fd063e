//! The template, deployed on an emulator of AWS before a real PostgreSQL, for the lanes that ask the shop there.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Instant,
};

use anyhow::Context;
use serde_json::Value;

use super::commands::{self, Stack};
use crate::{
    cognito::Emulator,
    needs,
    run::{command, output, run},
    shop::free_ports,
    stores::osmem,
    up::ScratchPostgres,
};

/// Of the Redis that functions share.
const PASSWORD: &str = "a-password-for-tests";

/// A shop there, with people who can sign in.
pub(super) struct Deployment {
    pub(super) stack: Stack,
    pub(super) python: PathBuf,
    /// What the stack tells of itself, as JSON.
    pub(super) outputs: String,
    /// What psql's environment has to say of the database's administrator.
    pub(super) administrator: [(&'static str, String); 4],
    /// Addresses of the index and of the Redis.
    pub(super) index: String,
    pub(super) cache: String,
    pub(super) emulator: Emulator,
    // They end after the emulator, whose functions ask them.
    _opensearch: Emulator,
    _redis: Process,
    _postgres: ScratchPostgres,
}

impl Deployment {
    /// Builds the functions and deploys them, for pages of this origin. The folder gets `demo-accounts.json`, with these shoppers
    /// too.
    pub(super) fn start(
        folder: &Path,
        site_origin: &str,
        shoppers: &[&str],
    ) -> anyhow::Result<Self> {
        needs::postgres()?;
        commands::build(true)?;
        let postgres = ScratchPostgres::start(&folder.join("postgres"))?;
        let (database, administrator) = postgres.access()?;
        let python = needs::python::api_gateway()?;
        let emulator = Emulator::start(&python)?;
        let stack = Stack::at(&emulator.url);
        let opensearch = osmem()?;
        let index = format!("{}/products", opensearch.url);
        let [redis] = free_ports()?;
        let cache = format!("redis://:{PASSWORD}@127.0.0.1:{redis}/0");
        let mut server = command(&needs::redis()?.to_string_lossy(), &["--save", ""]);
        server.args(["--bind", "127.0.0.1", "--port", &redis.to_string()]);
        server
            .args(["--requirepass", PASSWORD])
            .stdout(Stdio::null());
        let redis = Process(server.spawn()?);

        let started = Instant::now();
        let mut deploy = stack.command("deploy")?;
        for parameter in [
            "Confirmation=none",
            "DatabaseOptions=sslmode=disable&settings=role&pool=2",
            &format!("Database={database}"),
            &format!("Search=opensearch+aws:{index}"),
            &format!("Cache={cache}"),
            &format!("SiteOrigin={site_origin}"),
        ] {
            deploy.args(["--parameter", parameter]);
        }
        run(account(deploy.envs(administrator.clone())))?;
        println!("  deployed in {} s", started.elapsed().as_secs());
        run(account(&mut stack.command("check")?))?;

        let outputs = output(account(&mut stack.command("outputs")?))?;
        let deployment = Self {
            stack,
            python,
            outputs,
            administrator,
            index,
            cache,
            emulator,
            _opensearch: opensearch,
            _redis: redis,
            _postgres: postgres,
        };
        let mut accounts = deployment.script("accounts.py");
        accounts.arg(deployment.told("UserPool")?);
        accounts.arg(folder.join("demo-accounts.json"));
        run(accounts.args(shoppers))?;
        Ok(deployment)
    }

    /// What the stack tells under this key.
    pub(super) fn told(&self, key: &str) -> anyhow::Result<String> {
        let told: Value = serde_json::from_str(&self.outputs)?;
        let told = told[key].as_str();
        Ok(told.with_context(|| format!("no output {key}"))?.to_owned())
    }

    /// A script of `xtask/aws`, which asks the emulator.
    pub(super) fn script(&self, name: &str) -> Command {
        let mut script = command(&self.python.to_string_lossy(), &[]);
        script
            .arg(Path::new("xtask/aws").join(name))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("AWS_ENDPOINT_URL", &self.emulator.url);
        account(&mut script);
        script
    }

    /// The emulator's port.
    pub(super) fn port(&self) -> &str {
        self.emulator.url.rsplit(':').next().unwrap_or_default()
    }
}

/// Calls with a folder that goes afterwards.
pub(super) fn in_a_folder(test: impl FnOnce(&Path) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let folder = std::env::temp_dir().join(format!("terrace-aws-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let tested = test(&folder);
    fs::remove_dir_all(folder)?;
    tested
}

/// The emulator's own account.
pub(super) fn account(command: &mut Command) -> &mut Command {
    command
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
}

/// Ends with the test.
pub(super) struct Process(pub(super) Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
