//! The groups that an account can be given: who works for the shop.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::user::User;

/// A group beside `customer`, which everybody is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// Looks after products and orders.
    Staff,
    /// Looks after people as well, and is one of the staff.
    Manager,
}

impl Group {
    /// As tokens, letters and the store have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Manager => "manager",
        }
    }

    /// One that has been stored.
    pub(crate) fn stored(text: &str) -> Option<Self> {
        Self::from_str(text, false).ok()
    }

    /// The user as one of the group. A manager is one of the staff.
    pub(crate) fn give(self, user: &User) -> User {
        User {
            is_staff: true,
            is_manager: user.is_manager || self == Self::Manager,
            ..user.clone()
        }
    }

    /// The user as none of the group. Who is no longer one of the staff is no manager.
    pub(crate) fn take(self, user: &User) -> User {
        User {
            is_staff: user.is_staff && self == Self::Manager,
            is_manager: false,
            ..user.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::{Email, Name};

    #[test]
    fn a_manager_is_one_of_the_staff_and_nobody_else_is_a_manager() {
        let email = Email::parse("rose@garden.example").unwrap();
        let customer = User::new(email, Name::parse("Rose").unwrap());
        let staff = Group::Staff.give(&customer);
        let manager = Group::Manager.give(&customer);
        let groups = |user: &User| user.groups().join(" ");

        assert_eq!(groups(&customer), "customer");
        assert_eq!(groups(&staff), "customer staff");
        assert_eq!(groups(&manager), "customer staff manager");
        assert_eq!(groups(&Group::Staff.give(&manager)), groups(&manager));
        assert_eq!(groups(&Group::Manager.take(&manager)), groups(&staff));
        assert_eq!(groups(&Group::Staff.take(&manager)), groups(&customer));
        assert_eq!(groups(&Group::Manager.take(&customer)), groups(&customer));
    }
}
