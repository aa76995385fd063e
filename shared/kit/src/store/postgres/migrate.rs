//! Forward-only migrations, embedded by `sqlx::migrate!("migrations/postgres")`.
//!
//! Expand, then contract: a migration may add what the version before does not know, and take
//! away only what it does not use. A database is shared by replicas of two versions while they are
//! swapped, and the older may restart: it warns and works.

use sqlx::{
    PgConnection,
    migrate::{Migrate, Migration, Migrator},
    query, query_as, query_scalar,
};

use super::PostgresError;

/// The advisory lock that whoever migrates holds: "migrate" in ASCII.
const LOCK: i64 = 0x6d_69_67_72_61_74_65;

/// The table in which sqlx keeps what was applied.
const APPLIED: &str = "_sqlx_migrations";

/// Applies what is missing, each migration in a transaction of its own. Of replicas that start at
/// once one applies it and the others wait. The lock is held until the connection is closed.
pub(super) async fn migrate(
    db: &mut PgConnection,
    mut migrations: Migrator,
) -> Result<(), PostgresError> {
    query("select pg_advisory_lock($1)")
        .bind(LOCK)
        .execute(&mut *db)
        .await?;
    db.ensure_migrations_table(APPLIED).await?;
    let has_legacy = has_legacy(db).await?;
    if has_legacy {
        take_over(db, &migrations).await?;
    }
    migrations.set_ignore_missing(true).set_locking(false);
    migrations.run(&mut *db).await?;
    if has_legacy {
        tell_older(db, &migrations).await?;
    }

    let known: Vec<i64> = migrations
        .iter()
        .map(|migration| migration.version)
        .collect();
    let unknown = "select version, description from _sqlx_migrations
         where version <> all ($1) order by version";
    let unknown: Vec<(i64, String)> = query_as(unknown).bind(known).fetch_all(&mut *db).await?;
    for (version, description) in unknown {
        let migration = name(version, &description);
        tracing::warn!(migration, "the database is newer than this version");
    }
    Ok(())
}

/// Whether a version made this database that kept what it applied in the table `migration`. Such a
/// version may still run, or restart, while this one takes its place.
async fn has_legacy(db: &mut PgConnection) -> Result<bool, sqlx::Error> {
    query_scalar("select to_regclass('migration') is not null")
        .fetch_one(db)
        .await
}

/// Enters what such a version has applied, so that it is not applied again.
async fn take_over(db: &mut PgConnection, migrations: &Migrator) -> Result<(), sqlx::Error> {
    for migration in migrations.iter() {
        let enter = "insert into _sqlx_migrations
               (version, description, success, checksum, execution_time)
             select $1, $2, true, $3, 0 from migration where name = $4
             on conflict do nothing";
        query(enter)
            .bind(migration.version)
            .bind(&*migration.description)
            .bind(&*migration.checksum)
            .bind(legacy_name(migration))
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// Tells such a version what it must not apply again.
async fn tell_older(db: &mut PgConnection, migrations: &Migrator) -> Result<(), sqlx::Error> {
    for migration in migrations.iter() {
        let enter = "insert into migration (name, applied_at)
             values ($1, extract(epoch from now()) * 1000) on conflict do nothing";
        query(enter)
            .bind(legacy_name(migration))
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

fn legacy_name(migration: &Migration) -> String {
    name(migration.version, &migration.description)
}

/// The name of the migration's file, without `.sql`.
fn name(version: i64, description: &str) -> String {
    format!("{version:04}_{}", description.replace(' ', "_"))
}
