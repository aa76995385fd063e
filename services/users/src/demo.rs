//! The accounts to try the shop with: one customer, one member of the staff, one manager.

use std::{error::Error, fs, path::Path};

use futures::future::try_join_all;
use kit::program::say;
use serde::{Deserialize, Serialize};

use crate::{AppState, Config, group::Group};

/// The accounts to try the shop with.
#[derive(Clone, Serialize, Deserialize)]
pub struct DemoAccounts {
    /// A customer.
    pub shopper: DemoAccount,
    /// A member of the staff.
    pub staff: DemoAccount,
    /// One who looks after people; none in a file from before there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<DemoAccount>,
}

/// An account to try the shop with. It shows nothing in logs.
#[derive(Clone, Serialize, Deserialize)]
pub struct DemoAccount {
    /// The e-mail address to sign in with.
    pub email: String,
    /// The password, made at random at the first start.
    pub password: String,
}

impl DemoAccounts {
    /// Reads them from a JSON file.
    pub fn read(file: &Path) -> Result<Self, Box<dyn Error>> {
        let named = |fault: &dyn Error| format!("demo_accounts: {}: {fault}", file.display());
        let text = fs::read(file).map_err(|fault| named(&fault))?;
        Ok(serde_json::from_slice(&text).map_err(|fault| named(&fault))?)
    }
}

impl Config {
    /// Prints the accounts of the settings.
    pub fn print_demo_accounts(&self) -> Result<(), Box<dyn Error>> {
        let file = self.demo_accounts.as_ref();
        let file = file.ok_or("demo_accounts: not set, so there are none")?;
        let accounts = DemoAccounts::read(file)?;
        say(serde_json::to_string_pretty(&accounts)?);
        Ok(())
    }
}

impl AppState {
    /// Makes the accounts that are not there yet. Those that are get the passwords of the file: who
    /// lost it and had another one made signs in with what that says.
    pub async fn ensure_demo_accounts(&self, accounts: &DemoAccounts) -> Result<(), crate::Error> {
        let manager = accounts.manager.as_ref();
        let manager = manager.map(|it| (it, "Mara Manager", Some(Group::Manager)));
        let accounts = [
            (&accounts.shopper, "Sam Shopper", None),
            (&accounts.staff, "Stella Staff", Some(Group::Staff)),
        ];
        // Each hashes or checks a password: not one after the other, because a start waits for them.
        let ensure = async |(account, name, group): (&DemoAccount, _, _)| {
            let password = account.password.clone().into();
            let made = self.ensure_user(&account.email, &password, name, group);
            if !made.await? {
                self.ensure_password(&account.email, &password).await?;
            }
            Ok(())
        };
        let accounts = accounts.into_iter().chain(manager).map(ensure);
        try_join_all(accounts).await.map(drop)
    }
}
