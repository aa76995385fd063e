//! What the one-process shop makes for itself in its data directory: the lock, the secrets that
//! outlive a restart, and the demo accounts. Nothing else in Terrace has a secret by default.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
};

use aws_lc_rs::rand;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
pub use users::demo::{DemoAccount, DemoAccounts};

/// A data directory; but for [`Data::beside`], held by this process alone as long as this value lives.
#[derive(Debug)]
pub struct Data {
    folder: PathBuf,
    _lock: Option<File>,
}

/// A data directory that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// Another process holds it.
    #[error("the data directory {0} is in use by another Terrace; stop that one first")]
    InUse(PathBuf),
    /// It cannot be read or written.
    #[error("the data directory {0} cannot be used")]
    Unusable(PathBuf, #[source] io::Error),
    /// A database in it was emptied.
    #[error(
        "{0} is empty although the shop was open before; put back a copy, or delete it to begin it anew"
    )]
    Emptied(PathBuf),
    /// No shop was ever opened on it.
    #[error("there is no shop in {0}: open it once, or name another directory by --data")]
    NoShop(PathBuf),
    /// A file in it is not what this program wrote.
    #[error("{0} is damaged: {1}")]
    Damaged(PathBuf, String),
}

impl Data {
    /// Takes the directory, made when missing, and closed to everybody else.
    pub fn open(folder: &Path) -> Result<Self, DataError> {
        let unusable = |fault| DataError::Unusable(folder.to_owned(), fault);
        kit::private::folder(folder).map_err(unusable)?;
        let path = folder.join("lock");
        let lock = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .open(path);
        let lock = lock.map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                folder: folder.to_owned(),
                _lock: Some(lock),
            }),
            Err(TryLockError::WouldBlock) => Err(DataError::InUse(folder.to_owned())),
            Err(TryLockError::Error(fault)) => Err(unusable(fault)),
        }
    }

    /// The directory of a shop that was opened once, and may be open now: for what its databases let several
    /// processes do.
    pub fn beside(folder: &Path) -> Result<Self, DataError> {
        match folder.join("demo-accounts.json").exists() {
            true => Ok(Self {
                folder: folder.to_owned(),
                _lock: None,
            }),
            false => Err(DataError::NoShop(folder.to_owned())),
        }
    }

    /// A path in the directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Refuses a database that is empty after the first start, which ends with the accounts: it would
    /// be taken for a new one, beside others that know of what it held.
    pub fn refuse_emptied(&self, databases: &[impl AsRef<str>]) -> Result<(), DataError> {
        let size = |path: &Path| fs::metadata(path).ok().map(|file| file.len());
        if size(&self.path("demo-accounts.json")).is_none() {
            return Ok(());
        }
        let paths = databases.iter().map(|name| self.path(name.as_ref()));
        match { paths }.find(|path| size(path) == Some(0)) {
            Some(emptied) => Err(DataError::Emptied(emptied)),
            None => Ok(()),
        }
    }

    /// The secret of this name, made by `make` at the first start.
    pub fn secret(
        &self,
        name: &str,
        make: impl FnOnce() -> SecretString,
    ) -> Result<SecretString, DataError> {
        once(&self.path(name), || make().expose_secret().to_owned()).map(SecretString::from)
    }

    /// The demo accounts, with passwords made at the first start.
    pub fn demo_accounts(&self) -> Result<DemoAccounts, DataError> {
        let path = self.path("demo-accounts.json");
        let text = once(&path, new_demo_accounts)?;
        serde_json::from_str(&text).map_err(|fault| DataError::Damaged(path, fault.to_string()))
    }
}

/// Accounts with new passwords, as JSON.
pub(crate) fn new_demo_accounts() -> String {
    let account = |who: &str| DemoAccount {
        email: format!("{who}@terrace.example"),
        password: random_secret(12).expose_secret().to_owned(),
    };
    let accounts = DemoAccounts {
        shopper: account("shopper"),
        staff: account("staff"),
        manager: Some(account("manager")),
    };
    serde_json::to_string_pretty(&accounts).expect("strings serialise") + "\n"
}

/// The text of a file that the first start makes, readable by the owner only; without the space
/// around it.
pub(crate) fn once(path: &Path, make: impl FnOnce() -> String) -> Result<String, DataError> {
    let folder = path.parent().unwrap_or(path);
    let unusable = |fault| DataError::Unusable(folder.to_owned(), fault);
    match fs::read_to_string(path) {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => {}
        text => return text.map(|text| text.trim().to_owned()).map_err(unusable),
    }
    let text = make();
    kit::private::write(path, &text).map_err(unusable)?;
    Ok(text.trim().to_owned())
}

/// A random secret of so many bytes, base64url.
pub fn random_secret(bytes: usize) -> SecretString {
    let mut random = vec![0; bytes];
    rand::fill(&mut random).expect("the system has random numbers");
    URL_SAFE_NO_PAD.encode(random).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_shop_on_the_same_data_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let first = Data::open(dir.path()).unwrap();

        let second = Data::open(dir.path()).unwrap_err();

        assert!(matches!(second, DataError::InUse(_)));
        drop(first);
        Data::open(dir.path()).unwrap();
    }

    #[test]
    fn a_database_that_is_empty_after_the_first_start_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let data = Data::open(dir.path()).unwrap();
        let path = data.path("catalog.db");
        File::create(&path).unwrap();
        data.refuse_emptied(&["users.db", "catalog.db"]).unwrap();
        data.demo_accounts().unwrap();

        let refused = data
            .refuse_emptied(&["users.db", "catalog.db"])
            .unwrap_err();

        assert!(matches!(refused, DataError::Emptied(emptied) if emptied == path));
        data.refuse_emptied(&["users.db"]).unwrap();
    }

    #[test]
    fn accounts_and_secrets_stay_and_are_for_the_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let data = Data::open(dir.path()).unwrap();

        let first = data.demo_accounts().unwrap();
        let again = data.demo_accounts().unwrap();

        assert_eq!(first.staff.password, again.staff.password);
        assert_ne!(first.staff.password, first.shopper.password);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&data.path("demo-accounts.json")), 0o600);
            assert_eq!(mode(dir.path()), 0o700);
        }
    }
}
