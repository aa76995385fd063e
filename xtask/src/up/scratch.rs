//! A PostgreSQL server for a test alone.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use anyhow::{Context, bail};

use super::{
    fleet::Fleet,
    servers::{Admin, START, start_postgres},
};

/// A PostgreSQL server of its own, which ends when this is dropped.
pub(crate) struct ScratchPostgres {
    admin: Admin,
    _fleet: Fleet,
}

impl ScratchPostgres {
    /// Starts a server in `folder`, and waits until it answers.
    pub(crate) fn start(folder: &Path) -> anyhow::Result<Self> {
        let mut fleet = Fleet::default();
        let admin = start_postgres(&mut fleet, folder)?;
        let mut ask = admin.psql()?;
        ask.args(["--command", "select 1"]);
        fleet.wait_until_succeeds(&mut ask, START, &AtomicBool::new(false))?;
        Ok(Self {
            admin,
            _fleet: fleet,
        })
    }

    /// Its address, and what psql's environment has to say of its administrator.
    pub(crate) fn access(&self) -> anyhow::Result<(String, [(&'static str, String); 4])> {
        let (_, rest) = self
            .admin
            .url
            .split_once('@')
            .context("a URL with a user")?;
        let (address, _) = rest.split_once('/').context("a URL with a database")?;
        let (host, port) = address.split_once(':').context("a URL with a port")?;
        let password = self.admin.password.clone().unwrap_or_default();
        let environment = [
            ("PGHOST", host.to_owned()),
            ("PGPORT", port.to_owned()),
            ("PGUSER", "postgres".to_owned()),
            ("PGPASSWORD", password),
        ];
        Ok((address.to_owned(), environment))
    }

    /// Makes a database of these migrations; its URL.
    pub(crate) fn database(&mut self, name: &str, migrations: &Path) -> anyhow::Result<String> {
        let mut files: Vec<PathBuf> = fs::read_dir(migrations)?
            .map(|file| Ok(file?.path()))
            .collect::<anyhow::Result<_>>()?;
        files.sort();
        let mut psql = self.admin.psql()?;
        psql.args(["--set", "ON_ERROR_STOP=1"]);
        psql.args(["--command", &format!("create database {name}")]);
        psql.args(["--command", &format!("\\connect {name}")]);
        for file in files {
            psql.arg("--file").arg(file);
        }
        let output = psql.output().context("psql cannot be started")?;
        if !output.status.success() {
            bail!("{name}: {}", String::from_utf8_lossy(&output.stderr));
        }
        let password = self.admin.password.as_deref().unwrap_or_default();
        let (server, _) = self
            .admin
            .url
            .rsplit_once('/')
            .context("a URL with a database")?;
        let server = server.replace('@', &format!(":{password}@"));
        Ok(format!("{server}/{name}"))
    }
}
