//! `cargo xtask sqlx`: what sqlx's macros have to know of the services' databases, in `.sqlx/`, so
//! that the shop builds where there is no PostgreSQL.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context, bail};

use crate::{
    new,
    run::{root, run},
    services::owners,
    test,
    up::ScratchPostgres,
};

/// Writes `.sqlx/`, or compares and fails when it differs from what the statements and migrations
/// of now give.
///
/// The compiler asks a PostgreSQL of this run while it lints, which it has to do anyway: what is
/// compiled here is not compiled again.
pub(crate) fn sqlx(check: bool) -> anyhow::Result<()> {
    let work = root().join("target/sqlx");
    let (committed, asked) = (root().join(".sqlx"), work.join("queries"));
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&asked)?;

    let mut server = ScratchPostgres::start(&work.join("postgres"))?;
    let mut lint = test::lint(&[]);
    let mut touched = Vec::new();
    let template = (new::TEMPLATE, root().join(new::TEMPLATE_FOLDER));
    let services = owners()
        .into_iter()
        .map(|owner| (owner, root().join("services").join(owner)));
    for (owner, service) in services.chain([template]) {
        let url = server.database(owner, &service.join("migrations/postgres"))?;
        lint.env(format!("{}_DATABASE_URL", owner.to_uppercase()), url);
        touched.push(Touched::now(service.join("src/lib.rs"))?);
    }
    run(lint
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", &asked))?;
    drop(server);
    if check {
        touched.into_iter().try_for_each(Touched::restore)?;
    }

    let (old, new) = (files(&committed)?, files(&asked)?);
    let differing: Vec<String> = old
        .keys()
        .chain(new.keys().filter(|name| !old.contains_key(*name)))
        .filter(|name| old.get(*name) != new.get(*name))
        .map(|name| {
            let what = match (old.get(name), new.get(name)) {
                (Some(_), None) => "no statement has it",
                (None, _) => "is missing",
                (Some(_), Some(_)) => "is stale",
            };
            format!(".sqlx/{name} {what}")
        })
        .collect();
    if check {
        if !differing.is_empty() {
            bail!("{}; run `cargo xtask sqlx`", differing.join(", "));
        }
        return Ok(());
    }
    let _ = fs::remove_dir_all(&committed);
    fs::create_dir_all(&committed)?;
    for (name, text) in new {
        fs::write(committed.join(name), text)?;
    }
    println!("{} changed in .sqlx/", differing.len());
    Ok(())
}

/// The files of a folder, by name.
fn files(folder: &Path) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let Ok(found) = fs::read_dir(folder) else {
        return Ok(BTreeMap::new());
    };
    let mut files = BTreeMap::new();
    for file in found {
        let file = file?;
        let name = file.file_name().to_string_lossy().into_owned();
        files.insert(name, fs::read(file.path())?);
    }
    Ok(files)
}

/// A source that is compiled again. It stays so when data are written: a migration that is new is
/// embedded by the next build. Else its time comes back, so that what was built of it stays built.
struct Touched(PathBuf, SystemTime);

impl Touched {
    fn now(file: PathBuf) -> anyhow::Result<Self> {
        let changed = fs::metadata(&file)?.modified()?;
        set_time(&file, SystemTime::now())?;
        Ok(Self(file, changed))
    }

    fn restore(self) -> anyhow::Result<()> {
        set_time(&self.0, self.1)
    }
}

fn set_time(file: &Path, time: SystemTime) -> anyhow::Result<()> {
    let opened = File::options().write(true).open(file)?;
    let set = opened.set_modified(time);
    set.with_context(|| format!("the time of {} cannot be set", file.display()))
}
