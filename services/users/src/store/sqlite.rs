//! users.db in SQLite.

mod addresses;
mod departures;
mod events;
mod links;
mod mirror;
mod people;
mod places;
mod providers;
mod second_factors;

use std::{collections::BTreeSet, ffi::c_int, path::Path, slice, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;
use kit::{
    events::sqlite::SqliteOutbox,
    store::{Migration, Sqlite, StoreError},
};
use rusqlite::{
    Connection, OptionalExtension, Params, Row,
    ffi::{SQLITE_CONSTRAINT_FOREIGNKEY, SQLITE_CONSTRAINT_UNIQUE},
    params,
};
use tokio::sync::Notify;
use uuid::Uuid;

use self::events::insert_events;
use super::{Rotation, Store, Tell};
use crate::{
    Error,
    proof::Proof,
    session::{Lives, MAX_SESSIONS, RefreshToken, Seed, Session, TokenHash, ended, may_repeat},
    user::{Email, Name, User},
};

const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "0001_create_users",
        sql: include_str!("../../migrations/sqlite/0001_create_users.sql"),
    },
    Migration {
        name: "0002_add_session_seed",
        sql: include_str!("../../migrations/sqlite/0002_add_session_seed.sql"),
    },
    Migration {
        name: "0003_create_outbox",
        sql: include_str!("../../migrations/sqlite/0003_create_outbox.sql"),
    },
    Migration {
        name: "0004_add_second_factors",
        sql: include_str!("../../migrations/sqlite/0004_add_second_factors.sql"),
    },
    Migration {
        name: "0006_create_link",
        sql: include_str!("../../migrations/sqlite/0006_create_link.sql"),
    },
    Migration {
        name: "0007_add_places",
        sql: include_str!("../../migrations/sqlite/0007_add_places.sql"),
    },
    Migration {
        name: "0009_create_provider_link",
        sql: include_str!("../../migrations/sqlite/0009_create_provider_link.sql"),
    },
    Migration {
        name: "0010_add_managers",
        sql: include_str!("../../migrations/sqlite/0010_add_managers.sql"),
    },
];

const USER: &str = "id, email, name, is_staff, is_manager, created_at";

/// The adapter.
pub struct SqliteStore {
    db: Sqlite,
    outbox: Arc<SqliteOutbox>,
    /// Notified of every commit that may have appended events.
    wake: Arc<Notify>,
}

impl SqliteStore {
    /// Opens the file and migrates it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let db = Sqlite::open(path, MIGRATIONS)?;
        Ok(Self {
            outbox: Arc::new(SqliteOutbox::new(db.clone())),
            db,
            wake: Arc::default(),
        })
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn insert_user(&self, user: &User, password_hash: &str) -> Result<(), Error> {
        let (user, hash) = (user.clone(), password_hash.to_owned());
        self.db.write(move |db| insert_user(db, &user, &hash)).await
    }

    async fn find_credentials(&self, email: &Email) -> Result<Option<(User, String)>, Error> {
        self.db.read(|db| {
            let sql = format!("select {USER}, password_hash from user where email = ?1");
            let mut rows = db.prepare_cached(&sql)?;
            let row = rows.query_row([email.as_str()], |row| Ok((user(row)?, row.get(6)?)));
            Ok(row.optional()?)
        })
    }

    async fn find_user(&self, id: Uuid) -> Result<Option<User>, Error> {
        self.db.read(|db| Ok(select_user(db, id)?))
    }

    async fn rename_user(&self, id: Uuid, name: &Name) -> Result<Option<User>, Error> {
        let name = name.clone();
        self.db
            .write(move |db| {
                db.prepare_cached("update user set name = ?2, folded_name = ?3 where id = ?1")?
                    .execute(params![id, name.as_str(), name.folded()])?;
                Ok(select_user(db, id)?)
            })
            .await
    }

    async fn set_password(&self, email: &Email, password_hash: &str) -> Result<(), Error> {
        let (email, hash) = (email.clone(), password_hash.to_owned());
        self.db
            .write(move |db| {
                db.prepare_cached("update user set password_hash = ?2 where email = ?1")?
                    .execute(params![email.as_str(), hash])?;
                Ok(())
            })
            .await
    }

    async fn insert_session(&self, session: &Session) -> Result<(), Error> {
        let session = session.clone();
        self.write_with_events(move |db| {
            match insert_session(db, &session) {
                Err(fault) if breaks(&fault, SQLITE_CONSTRAINT_FOREIGNKEY) => {
                    return Err(Error::WrongCredentials);
                }
                inserted => inserted?,
            }
            // One that is not used up stands for its session.
            let sql = "delete from session where family in
                         (select family from session where user_id = ?1 and used_at is null
                          order by issued_at desc, family desc limit -1 offset ?2)
                       returning family";
            Ok(end(db, sql, params![session.user_id, MAX_SESSIONS])?)
        })
        .await
    }

    async fn rotate_session(
        &self,
        old: &RefreshToken,
        lives: Lives,
        now: Timestamp,
        tell: Tell,
    ) -> Result<Rotation, Error> {
        let old = old.clone();
        self.write_with_events(move |db| {
            let Some(found) = find_session(db, &old, now)? else {
                return Ok(Rotation::Unknown);
            };
            let Some(user) = select_user(db, found.user_id)? else {
                return Ok(Rotation::Unknown);
            };
            let next = match (found.used_at, &found.seed) {
                (None, _) => rotate(db, &old, lives.end(found.family, now), now)?,
                (Some(used_at), Some(seed)) if may_repeat(used_at, now) => {
                    newest(db, old.successor(seed), now)?
                }
                (Some(_), _) => {
                    end_family(db, found.family)?;
                    insert_events(db, slice::from_ref(&tell(&user)))?;
                    return Ok(Rotation::Reused);
                }
            };
            Ok(Rotation::Rotated(user, found.family, next, found.proof))
        })
        .await
    }

    async fn end_family_of(&self, token: &TokenHash) -> Result<(), Error> {
        let token = token.clone();
        self.write_with_events(move |db| {
            let sql = "delete from session
                       where family = (select family from session where token_hash = ?1)
                       returning family";
            Ok(end(db, sql, [token.0])?)
        })
        .await
    }

    async fn prove_session(
        &self,
        token: &TokenHash,
        user_id: Uuid,
        proof: Proof,
    ) -> Result<bool, Error> {
        let token = token.clone();
        self.db
            .write(move |db| {
                let proven = db
                    .prepare_cached(
                        "update session set proven_by = ?3, proven_at = ?4
                         where user_id = ?2
                           and family = (select family from session where token_hash = ?1)",
                    )?
                    .execute(params![
                        token.0,
                        user_id,
                        proof.method.as_str(),
                        proof.at.as_millisecond(),
                    ])?;
                Ok(proven > 0)
            })
            .await
    }

    async fn delete_expired_sessions(&self, now: Timestamp) -> Result<(), Error> {
        self.db
            .write(move |db| {
                db.prepare_cached("delete from session where expires_at <= ?1")?
                    .execute([now.as_millisecond()])?;
                Ok(())
            })
            .await
    }

    async fn ping(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }
}

fn select_user(db: &Connection, id: Uuid) -> Result<Option<User>, rusqlite::Error> {
    let sql = format!("select {USER} from user where id = ?1");
    db.prepare_cached(&sql)?.query_row([id], user).optional()
}

/// A session as its row has it.
struct Found {
    family: Uuid,
    user_id: Uuid,
    used_at: Option<Timestamp>,
    seed: Option<Seed>,
    proof: Proof,
}

fn find_session(
    db: &Connection,
    token: &RefreshToken,
    now: Timestamp,
) -> Result<Option<Found>, rusqlite::Error> {
    let sql = "select family, user_id, used_at, successor_seed, proven_by, proven_at from session
               where token_hash = ?1 and expires_at > ?2";
    let found = |row: &Row<'_>| {
        let used_at = row.get::<_, Option<i64>>(2)?;
        Ok(Found {
            family: row.get(0)?,
            user_id: row.get(1)?,
            used_at: used_at.and_then(|at| Timestamp::from_millisecond(at).ok()),
            seed: row.get::<_, Option<_>>(3)?.map(Seed),
            proof: Proof::stored(&row.get::<_, String>(4)?, row.get(5)?),
        })
    };
    db.prepare_cached(sql)?
        .query_row(params![token.hash().0, now.as_millisecond()], found)
        .optional()
}

/// Uses up a token and stores its successor.
fn rotate(
    db: &Connection,
    old: &RefreshToken,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<RefreshToken, rusqlite::Error> {
    let seed = Seed::generate();
    let next = old.successor(&seed);
    db.prepare_cached(
        "update session set used_at = ?2, successor_seed = ?3 where token_hash = ?1",
    )?
    .execute(params![old.hash().0, now.as_millisecond(), seed.0])?;
    db.prepare_cached(
        "insert into session (token_hash, family, user_id, proven_by, proven_at, device, network,
           issued_at, expires_at)
         select ?2, family, user_id, proven_by, proven_at, device, network, ?3, ?4
         from session where token_hash = ?1",
    )?
    .execute(params![
        old.hash().0,
        next.hash().0,
        now.as_millisecond(),
        expires_at.as_millisecond(),
    ])?;
    Ok(next)
}

/// This token, or the last of those that have followed it.
fn newest(
    db: &Connection,
    mut token: RefreshToken,
    now: Timestamp,
) -> Result<RefreshToken, rusqlite::Error> {
    while let Some(seed) = find_session(db, &token, now)?.and_then(|found| found.seed) {
        token = token.successor(&seed);
    }
    Ok(token)
}

fn insert_session(db: &Connection, session: &Session) -> Result<(), rusqlite::Error> {
    let sql = "insert into session (token_hash, family, user_id, proven_by, proven_at, device,
           network, issued_at, expires_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let row = params![
        session.token.0,
        session.family,
        session.user_id,
        session.proof.method.as_str(),
        session.proof.at.as_millisecond(),
        session.device.name,
        session.device.network,
        session.issued_at.as_millisecond(),
        session.expires_at.as_millisecond(),
    ];
    db.prepare_cached(sql)?.execute(row).map(drop)
}

fn end_family(db: &Connection, family: Uuid) -> Result<(), rusqlite::Error> {
    let sql = "delete from session where family = ?1 returning family";
    end(db, sql, [family])
}

/// Ends sessions by a statement that returns the families that it deletes from, and tells of them.
fn end(db: &Connection, sql: &str, of: impl Params) -> Result<(), rusqlite::Error> {
    let mut delete = db.prepare_cached(sql)?;
    let families = delete.query_map(of, |row| row.get(0))?;
    let families: BTreeSet<Uuid> = families.collect::<Result<_, _>>()?;
    let events: Vec<_> = families.into_iter().map(ended).collect();
    insert_events(db, &events)
}

fn user(row: &Row<'_>) -> Result<User, rusqlite::Error> {
    let corrupt = |column| {
        rusqlite::Error::InvalidColumnType(column, "user".into(), rusqlite::types::Type::Text)
    };
    Ok(User {
        id: row.get(0)?,
        email: Email::stored(row.get(1)?),
        name: Name::stored(row.get(2)?),
        is_staff: row.get(3)?,
        is_manager: row.get(4)?,
        created_at: Timestamp::from_millisecond(row.get(5)?).map_err(|_| corrupt(5))?,
    })
}

/// [`Error::EmailTaken`] when the address has an account.
fn insert_user(db: &Connection, user: &User, password_hash: &str) -> Result<(), Error> {
    let sql = "insert into user
                 (id, email, name, folded_name, password_hash, is_staff, is_manager, created_at)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let inserted = db.prepare_cached(sql)?.execute(params![
        user.id,
        user.email.as_str(),
        user.name.as_str(),
        user.name.folded(),
        password_hash,
        user.is_staff,
        user.is_manager,
        user.created_at.as_millisecond(),
    ]);
    match inserted {
        Err(fault) if breaks(&fault, SQLITE_CONSTRAINT_UNIQUE) => Err(Error::EmailTaken),
        inserted => Ok(inserted.map(drop)?),
    }
}

/// What was added to an account; [`Error::NotFound`] where that is gone by now.
fn of_an_account(added: Result<usize, rusqlite::Error>) -> Result<usize, Error> {
    match added {
        Err(fault) if breaks(&fault, SQLITE_CONSTRAINT_FOREIGNKEY) => Err(Error::NotFound),
        added => Ok(added?),
    }
}

/// Whether a statement failed on this kind of constraint (an extended result code of SQLite).
fn breaks(fault: &rusqlite::Error, constraint: c_int) -> bool {
    fault
        .sqlite_error()
        .is_some_and(|fault| fault.extended_code == constraint)
}
