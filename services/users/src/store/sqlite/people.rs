//! Accounts for those who look after them, in SQLite.

use std::slice;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, Row, params, types::Type};
use uuid::Uuid;

use super::{SqliteStore, USER, end, events::insert_events, select_user, user};
use crate::{
    Error,
    audit::{Action, Entry, Named, Reason},
    people::Search,
    store::{People, Tell},
    user::{Name, User},
};

#[async_trait]
impl People for SqliteStore {
    async fn find_people(
        &self,
        search: &Search,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<User>, Error> {
        self.db.read(|db| {
            let sql = format!(
                "select {USER} from user
                 where ((email >= ?1 and email < ?2) or (folded_name >= ?3 and folded_name < ?4))
                   and id > ?5
                 order by id limit ?6"
            );
            let ([email, to_email], [name, to_name]) = (search.emails(), search.names());
            let after = after.unwrap_or_default();
            let mut rows = db.prepare_cached(&sql)?;
            let rows =
                rows.query_map(params![email, to_email, name, to_name, after, limit], user)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    async fn carry_out(&self, entry: &Entry, tell: Option<Tell>) -> Result<bool, Error> {
        let entry = entry.clone();
        self.write_with_events(move |db| {
            let managers = managers(db)?;
            let person = select_user(db, entry.person)?.ok_or(Error::NotFound)?;
            let after = entry.decide(&person, &managers)?;
            let is_done = match entry.action {
                Action::Give(_) => set_groups(db, &person, &after)?,
                Action::Take(_) if set_groups(db, &person, &after)? => {
                    end_sessions(db, person.id)?;
                    true
                }
                Action::Take(_) => false,
                Action::EndSessions => {
                    end_sessions(db, person.id)?;
                    true
                }
                Action::ResetFactors => delete_factors(db, person.id)?,
            };
            if is_done {
                insert_entry(db, &entry)?;
                if let Some(tell) = tell {
                    insert_events(db, slice::from_ref(&tell(&person)))?;
                }
            }
            Ok(is_done)
        })
        .await
    }

    async fn list_audit(
        &self,
        person: Option<Uuid>,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Named>, Error> {
        self.db.read(|db| {
            let mut rows = db.prepare_cached(
                "select audit.id, at, actor, action, group_name, person, network, reason,
                   (select name from user where id = actor), (select name from user where id = person)
                 from audit
                 where (?1 is null or person = ?1) and (?2 is null or audit.id < ?2)
                 order by audit.id desc limit ?3",
            )?;
            let rows = rows.query_map(params![person, before, limit], named)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

fn managers(db: &Connection) -> Result<Vec<Uuid>, rusqlite::Error> {
    let mut rows = db.prepare_cached("select id from user where is_manager")?;
    let rows = rows.query_map([], |row| row.get(0))?;
    rows.collect()
}

/// Whether there was something to change.
fn set_groups(db: &Connection, before: &User, after: &User) -> Result<bool, rusqlite::Error> {
    let updated = db
        .prepare_cached(
            "update user set is_staff = ?2, is_manager = ?3
             where id = ?1 and (is_staff <> ?2 or is_manager <> ?3)",
        )?
        .execute(params![before.id, after.is_staff, after.is_manager])?;
    Ok(updated == 1)
}

fn end_sessions(db: &Connection, person: Uuid) -> Result<(), rusqlite::Error> {
    let sql = "delete from session where user_id = ?1 returning family";
    end(db, sql, [person])
}

/// Whether there was a second factor.
fn delete_factors(db: &Connection, person: Uuid) -> Result<bool, rusqlite::Error> {
    let delete = |sql| db.prepare_cached(sql)?.execute([person]);
    let apps = delete("delete from totp where user_id = ?1")?;
    let passkeys = delete("delete from passkey where user_id = ?1")?;
    delete("delete from recovery_code where user_id = ?1")?;
    Ok(apps + passkeys > 0)
}

fn insert_entry(db: &Connection, entry: &Entry) -> Result<(), rusqlite::Error> {
    db.prepare_cached(
        "insert into audit (id, at, actor, action, group_name, person, network, reason)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        entry.id,
        entry.at.as_millisecond(),
        entry.actor,
        entry.action.as_str(),
        entry.action.group().map(|group| group.as_str()),
        entry.person,
        entry.network,
        entry.reason.as_ref().map(Reason::as_str),
    ])
    .map(drop)
}

fn named(row: &Row<'_>) -> Result<Named, rusqlite::Error> {
    let (action, group): (String, Option<String>) = (row.get(3)?, row.get(4)?);
    let action = Action::stored(&action, group.as_deref());
    let corrupt = || rusqlite::Error::InvalidColumnType(3, "audit".into(), Type::Text);
    let name = |index| Ok::<_, rusqlite::Error>(row.get::<_, Option<_>>(index)?.map(Name::stored));
    Ok(Named {
        entry: Entry {
            id: row.get(0)?,
            at: Timestamp::from_millisecond(row.get(1)?).unwrap_or_default(),
            actor: row.get(2)?,
            action: action.ok_or_else(corrupt)?,
            person: row.get(5)?,
            network: row.get(6)?,
            reason: row.get::<_, Option<_>>(7)?.map(Reason::stored),
        },
        actor: name(8)?,
        person: name(9)?,
    })
}
