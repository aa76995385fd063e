//! Accounts for those who look after them, in PostgreSQL. Such changes wait for each other: two managers who take
//! each other's group would both see that there is another one left.

use std::slice;

use async_trait::async_trait;
use jiff::Timestamp;
use kit::store::{Connection, PostgresError};
use sqlx::{query, query_as, query_scalar};
use uuid::Uuid;

use super::{PostgresStore, UserRow, events::insert_events, tell_of_ended};
use crate::{
    Error,
    audit::{Action, Entry, Named, Reason},
    people::Search,
    store::{People, Tell},
    user::{Name, User},
};

/// The advisory lock of those changes: "managers" in ASCII.
const ONE_AT_A_TIME: i64 = 0x6d61_6e61_6765_7273;

#[async_trait]
impl People for PostgresStore {
    async fn find_people(
        &self,
        search: &Search,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<User>, Error> {
        let ([email, to_email], [name, to_name]) = (search.emails(), search.names());
        let rows = query_as!(
            UserRow,
            r#"select id, email, name, is_staff, is_manager, created_at from "user"
               where ((email collate "C" >= $1 and email collate "C" < $2)
                   or (folded_name >= $3 and folded_name < $4))
                 and id > $5
               order by id limit $6"#,
            email,
            to_email,
            name,
            to_name,
            after.unwrap_or_default(),
            i64::from(limit)
        );
        let rows = rows.fetch_all(&mut *self.db.get().await?).await?;
        let users: Result<Vec<_>, _> = rows.into_iter().map(User::try_from).collect();
        Ok(users?)
    }

    async fn carry_out(&self, entry: &Entry, tell: Option<Tell>) -> Result<bool, Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        let managers = managers(&mut tx).await?;
        let person = query_as!(
            UserRow,
            r#"select id, email, name, is_staff, is_manager, created_at from "user" where id = $1
               for no key update"#,
            entry.person
        );
        let person = person.fetch_optional(&mut *tx).await?;
        let person: User = person.ok_or(Error::NotFound)?.try_into()?;
        let after = entry.decide(&person, &managers)?;
        let is_done = match entry.action {
            Action::Give(_) => set_groups(&mut tx, &person, &after).await?,
            Action::Take(_) if set_groups(&mut tx, &person, &after).await? => {
                end_sessions(&mut tx, person.id).await?;
                true
            }
            Action::Take(_) => false,
            Action::EndSessions => {
                end_sessions(&mut tx, person.id).await?;
                true
            }
            Action::ResetFactors => delete_factors(&mut tx, person.id).await?,
        };
        if is_done {
            insert_entry(&mut tx, entry).await?;
            if let Some(tell) = tell {
                insert_events(&mut tx, slice::from_ref(&tell(&person))).await?;
            }
        }
        tx.commit().await?;
        Ok(is_done)
    }

    async fn list_audit(
        &self,
        person: Option<Uuid>,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Named>, Error> {
        let rows = query_as!(
            AuditRow,
            r#"select id, at, actor, action, group_name, person, network, reason,
                 (select name from "user" where "user".id = actor) as actor_name,
                 (select name from "user" where "user".id = person) as person_name
               from audit
               where ($1::uuid is null or person = $1) and ($2::uuid is null or id < $2)
               order by id desc limit $3"#,
            person,
            before,
            i64::from(limit)
        );
        let rows = rows.fetch_all(&mut *self.db.get().await?).await?;
        let entries: Result<Vec<_>, _> = rows.into_iter().map(Named::try_from).collect();
        Ok(entries?)
    }
}

/// Who is a manager. Until the transaction ends nobody becomes one, or is one no longer.
pub(super) async fn managers(tx: &mut Connection) -> Result<Vec<Uuid>, Error> {
    query!("select pg_advisory_xact_lock($1)", ONE_AT_A_TIME)
        .execute(&mut *tx)
        .await?;
    let managers = query_scalar!(r#"select id from "user" where is_manager"#);
    Ok(managers.fetch_all(tx).await?)
}

/// Whether there was something to change.
async fn set_groups(tx: &mut Connection, before: &User, after: &User) -> Result<bool, Error> {
    let update = query!(
        r#"update "user" set is_staff = $2, is_manager = $3
           where id = $1 and (is_staff <> $2 or is_manager <> $3)"#,
        before.id,
        after.is_staff,
        after.is_manager
    );
    Ok(update.execute(tx).await?.rows_affected() == 1)
}

async fn end_sessions(tx: &mut Connection, person: Uuid) -> Result<(), Error> {
    let end = query_scalar!(
        "delete from session where user_id = $1 returning family",
        person
    );
    let families = end.fetch_all(&mut *tx).await?;
    tell_of_ended(tx, families).await
}

/// Whether there was a second factor.
async fn delete_factors(tx: &mut Connection, person: Uuid) -> Result<bool, Error> {
    let apps = query!("delete from totp where user_id = $1", person);
    let apps = apps.execute(&mut *tx).await?.rows_affected();
    let passkeys = query!("delete from passkey where user_id = $1", person);
    let passkeys = passkeys.execute(&mut *tx).await?.rows_affected();
    let codes = query!("delete from recovery_code where user_id = $1", person);
    codes.execute(&mut *tx).await?;
    Ok(apps + passkeys > 0)
}

async fn insert_entry(tx: &mut Connection, entry: &Entry) -> Result<(), Error> {
    let insert = query!(
        "insert into audit (id, at, actor, action, group_name, person, network, reason)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        entry.id,
        entry.at.as_millisecond(),
        entry.actor,
        entry.action.as_str(),
        entry.action.group().map(|group| group.as_str()),
        entry.person,
        entry.network,
        entry.reason.as_ref().map(Reason::as_str)
    );
    insert.execute(tx).await?;
    Ok(())
}

struct AuditRow {
    id: Uuid,
    at: i64,
    actor: Option<Uuid>,
    action: String,
    group_name: Option<String>,
    person: Uuid,
    network: String,
    reason: Option<String>,
    actor_name: Option<String>,
    person_name: Option<String>,
}

impl TryFrom<AuditRow> for Named {
    type Error = PostgresError;

    fn try_from(row: AuditRow) -> Result<Self, PostgresError> {
        let action = Action::stored(&row.action, row.group_name.as_deref());
        Ok(Self {
            entry: Entry {
                id: row.id,
                at: Timestamp::from_millisecond(row.at).unwrap_or_default(),
                actor: row.actor,
                action: action.ok_or(PostgresError::Corrupt("audit.action"))?,
                person: row.person,
                network: row.network,
                reason: row.reason.map(Reason::stored),
            },
            actor: row.actor_name.map(Name::stored),
            person: row.person_name.map(Name::stored),
        })
    }
}
