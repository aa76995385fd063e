//! The secrets of a shop with a process a service: one folder each, so that each can be shown
//! nothing but its own. Files are named as the settings that they are for.

use std::{fs, path::Path};

use aws_lc_rs::digest;
use secrecy::ExposeSecret;

use crate::{
    data::{DataError, new_demo_accounts, once, random_secret},
    services::services,
};

/// Makes what is missing in `folder`. What is there is kept, and what depends on it follows it.
pub fn make(folder: &Path) -> Result<(), DataError> {
    // A PostgreSQL server called `postgres-<service>` for each that owns a database.
    for service in services().iter().filter(|service| service.database) {
        let owner = &service.name;
        let password = secret(folder, &format!("postgres-{owner}"), "password", random)?;
        secret(folder, owner, "store", || {
            format!("postgres://{owner}:{password}@postgres-{owner}:5432/{owner}?sslmode=disable")
        })?;
    }
    for caller in services() {
        for service in &caller.calls {
            let keys = secret(folder, service, "invoke_keys", random)?;
            // While two are accepted, the first is the one to call with.
            let key = keys.split(',').next().unwrap_or_default().to_owned();
            secret(
                folder,
                &caller.name,
                &format!("{service}_invoke_key"),
                || key,
            )?;
        }
    }
    make_redis_users(folder)?;
    secret(folder, "reports", "pseudonym_key", random)?;
    // The role of the staff's queries, which reads and owns nothing.
    let password = secret(folder, "postgres-reports", "reader_password", random)?;
    secret(folder, "reports", "reader", || {
        format!(
            "postgres://reports_reader:{password}@postgres-reports:5432/reports?sslmode=disable"
        )
    })?;
    secret(folder, "edge", "session_keys", random)?;
    let signing_key = || users::generate_signing_key().expose_secret().to_owned();
    secret(folder, "users", "signing_key", signing_key)?;
    secret(folder, "users", "letter_keys", random)?;
    share(folder, "letter_keys", "users", "notices")?;
    // Until it is the URL of a mail server.
    secret(folder, "notices", "mail", || {
        "file:/var/lib/terrace/outbox".to_owned()
    })?;
    secret(folder, "users", "demo_accounts.json", new_demo_accounts)?;
    Ok(())
}

/// A user and a password for each service that uses Redis, and the list of users for the server. It
/// has digests of random passwords alone, so that whoever runs the server may read it.
fn make_redis_users(folder: &Path) -> Result<(), DataError> {
    // Anybody may ask whether the server is there.
    let mut users = "user default on nopass resetkeys resetchannels -@all +ping\n".to_owned();
    for service in services() {
        let (user, Some(own)) = (&service.name, &service.redis) else {
            continue;
        };
        let url = secret(folder, user, "redis", || {
            format!("redis://{user}:{}@redis:6379/0", random())
        })?;
        let password = url.split_once('@').map_or("", |(before, _)| before);
        let password = password.rsplit(':').next().unwrap_or_default();
        let digest = digest::digest(&digest::SHA256, password.as_bytes());
        let digest: String = digest
            .as_ref()
            .iter()
            .map(|it| format!("{it:02x}"))
            .collect();
        let commands = "+@read +@write +@scripting +@connection +time -@admin -@dangerous";
        users += &format!("user {user} on #{digest} resetchannels -@all {commands} {own}\n");
    }
    let folder = folder.join("redis");
    let written = fs::create_dir_all(&folder)
        .and_then(|()| fs::write(folder.join("users.acl"), users))
        .and_then(|()| for_all(&folder, 0o755))
        .and_then(|()| for_all(&folder.join("users.acl"), 0o644));
    written.map_err(|fault| DataError::Unusable(folder, fault))
}

#[cfg(unix)]
fn for_all(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn for_all(_: &Path, _: u32) -> std::io::Result<()> {
    Ok(())
}

fn secret(
    folder: &Path,
    owner: &str,
    name: &str,
    make: impl FnOnce() -> String,
) -> Result<String, DataError> {
    let folder = folder.join(owner);
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let made = builder.create(&folder);
    made.map_err(|fault| DataError::Unusable(folder.clone(), fault))?;
    once(&folder.join(name), make)
}

/// The same secret for another.
fn share(folder: &Path, name: &str, owner: &str, other: &str) -> Result<(), DataError> {
    let own = secret(folder, owner, name, random)?;
    secret(folder, other, name, || own).map(drop)
}

fn random() -> String {
    random_secret(32).expose_secret().to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn read(folder: &Path) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        for owner in fs::read_dir(folder).unwrap() {
            for file in fs::read_dir(owner.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                files.insert(name, fs::read_to_string(path).unwrap());
            }
        }
        files
    }

    #[test]
    fn each_service_gets_its_own_and_both_ends_of_a_call_get_the_same() {
        let folder = tempfile::tempdir().unwrap();

        make(folder.path()).unwrap();

        let made = read(folder.path());
        let mut expected = BTreeSet::from(
            [
                "edge/session_keys",
                "notices/letter_keys",
                "notices/mail",
                "postgres-reports/reader_password",
                "redis/users.acl",
                "reports/pseudonym_key",
                "reports/reader",
                "users/demo_accounts.json",
                "users/letter_keys",
                "users/signing_key",
            ]
            .map(str::to_owned),
        );
        for service in services() {
            let name = &service.name;
            if service.database {
                expected.insert(format!("{name}/store"));
                expected.insert(format!("postgres-{name}/password"));
            }
            if service.redis.is_some() {
                expected.insert(format!("{name}/redis"));
            }
            for called in &service.calls {
                expected.insert(format!("{name}/{called}_invoke_key"));
                expected.insert(format!("{called}/invoke_keys"));
            }
        }
        assert_eq!(made.keys().cloned().collect::<BTreeSet<_>>(), expected);
        assert_eq!(made["edge/orders_invoke_key"], made["orders/invoke_keys"]);
        assert_eq!(
            made["orders/payments_invoke_key"],
            made["payments/invoke_keys"]
        );
        assert_ne!(made["orders/invoke_keys"], made["payments/invoke_keys"]);
        assert_eq!(made["users/letter_keys"], made["notices/letter_keys"]);
        assert!(made["orders/store"].contains(&made["postgres-orders/password"]));
    }

    #[test]
    fn what_is_there_is_kept_and_what_is_missing_follows_it() {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path()).unwrap();
        let before = read(folder.path());
        fs::write(
            folder.path().join("catalog/invoke_keys"),
            "the new,the old\n",
        )
        .unwrap();
        fs::remove_file(folder.path().join("edge/catalog_invoke_key")).unwrap();

        make(folder.path()).unwrap();

        let mut after = read(folder.path());
        assert_eq!(
            after.remove("catalog/invoke_keys").unwrap(),
            "the new,the old\n"
        );
        assert_eq!(after.remove("edge/catalog_invoke_key").unwrap(), "the new");
        assert!(after.iter().all(|(name, text)| before[name] == *text));
    }
}
