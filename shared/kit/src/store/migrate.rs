//! Forward-only migrations of SQLite, numbered as PostgreSQL's are.
//!
//! A file belongs to one process, so a version that finds migrations it does not know was put back
//! by mistake and refuses.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

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
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // A command opens the file while the service begins: one of the two applies it.
        let is_applied = "select exists (select 1 from migration where name = ?1)";
        if tx.query_row(is_applied, [migration.name], |row| row.get(0))? {
            continue;
        }
        tx.execute_batch(migration.sql)?;
        tx.execute(
            "insert into migration (name, applied_at) values (?1, unixepoch() * 1000)",
            [migration.name],
        )?;
        tx.commit()?;
    }
    Ok(())
}
