//! Forward-only migrations, numbered alike for every database.
//!
//! Expand, then contract: a migration may add what the version before does not know, and take
//! away only what it does not use. A SQLite file belongs to one process, so a version that finds
//! migrations it does not know was put back by mistake and refuses. A PostgreSQL database is shared
//! by replicas of two versions while they are swapped, and the older may restart: it warns and works.

use rusqlite::Connection;

use super::{Client, PostgresError, Statements, StoreError, Transaction};

/// The advisory lock that whoever migrates holds: "migrate" in ASCII.
const LOCK: i64 = 0x6d_69_67_72_61_74_65;

/// One migration: `NNNN_verb_noun.sql`.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// The file's name without `.sql`; its number orders it.
    pub name: &'static str,
    /// The statements.
    pub sql: &'static str,
}

/// Applies what is missing, each migration in a transaction of its own, and refuses a database
/// that knows migrations which this program does not: it was written by a newer version.
pub(super) fn migrate(db: &mut Connection, migrations: &[Migration]) -> Result<(), StoreError> {
    db.execute_batch(
        "create table if not exists migration (
           name text primary key,
           applied_at integer not null
         ) strict",
    )?;
    let applied: Vec<String> = db
        .prepare("select name from migration order by name")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    if let Some(unknown) = applied
        .iter()
        .find(|name| !migrations.iter().any(|m| m.name == **name))
    {
        return Err(StoreError::NewerDatabase(unknown.clone()));
    }

    for migration in migrations
        .iter()
        .filter(|m| !applied.iter().any(|name| name == m.name))
    {
        let tx = db.transaction()?;
        tx.execute_batch(migration.sql)?;
        tx.execute(
            "insert into migration (name, applied_at) values (?1, unixepoch() * 1000)",
            [migration.name],
        )?;
        tx.commit()?;
    }
    Ok(())
}

/// Applies what is missing, each migration in a transaction of its own that holds the lock, so that
/// of replicas that start at once one applies it and the others wait.
pub(super) async fn migrate_postgres(
    db: &mut Client,
    migrations: &[Migration],
) -> Result<(), PostgresError> {
    let tx = begin_locked(db).await?;
    tx.batch_execute(
        "create table if not exists migration (
           name text primary key,
           applied_at bigint not null
         )",
    )
    .await?;
    tx.commit().await?;

    for migration in migrations {
        let tx = begin_locked(db).await?;
        let enter = "insert into migration (name, applied_at)
             values ($1, extract(epoch from now()) * 1000) on conflict do nothing";
        if tx.run(enter, &[&migration.name]).await? == 1 {
            tx.batch_execute(migration.sql).await?;
        }
        tx.commit().await?;
    }

    let names: Vec<_> = migrations.iter().map(|migration| migration.name).collect();
    let unknown = "select name from migration where name <> all ($1) order by name";
    for row in db.all(unknown, &[&names]).await? {
        let name: String = row.try_get(0)?;
        tracing::warn!(migration = name, "the database is newer than this version");
    }
    Ok(())
}

async fn begin_locked(db: &mut Client) -> Result<Transaction<'_>, PostgresError> {
    let tx = db.transaction().await?;
    // A migration, ours or the one that is waited for, may take longer than a request may.
    tx.batch_execute(&format!(
        "set local statement_timeout = 0;
         set local lock_timeout = 0;
         select pg_advisory_xact_lock({LOCK})"
    ))
    .await?;
    Ok(tx)
}
