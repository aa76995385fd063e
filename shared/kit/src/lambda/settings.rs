//! The settings of a function.

use std::collections::BTreeMap;

use http::HeaderValue;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What every function of the shop is told beside its own settings, by variables that begin with `FUNCTION__`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FunctionConfig {
    /// The one origin whose pages may read answers, and bring cookies, e.g. `https://terrace.example`.
    pub origin: String,
    /// The exact `iss` of the access tokens that API Gateway's authoriser lets through. Unset, nobody can be
    /// signed in.
    pub issuer: String,
    /// The app clients of the pool that tokens may be for; in a variable with commas between.
    #[serde(deserialize_with = "crate::config::list")]
    pub clients: Vec<String>,
    /// The IAM roles of those who sign their requests as `staff`; in a variable with commas between. Who
    /// signs by another role is a customer, or nobody.
    #[serde(deserialize_with = "crate::config::list")]
    pub staff_roles: Vec<String>,
    /// The same for the group `manager`.
    #[serde(deserialize_with = "crate::config::list")]
    pub manager_roles: Vec<String>,
    /// The namespace of CloudWatch in which its metrics are.
    pub namespace: String,
    /// The metrics that it is told of, as `docs/telemetry.md` names them, for a histogram its `_count`; in a variable with
    /// commas between. Each combination of labels is a metric that CloudWatch charges for.
    #[serde(deserialize_with = "crate::config::list")]
    pub metrics: Vec<String>,
}

/// The groups that the shop knows beside `customer`, in which everybody is. Others mean nothing to it.
pub(super) const STAFF: &str = "staff";
pub(super) const MANAGER: &str = "manager";

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("FUNCTION__{0}")]
pub struct BadSetting(&'static str);

impl FunctionConfig {
    /// Whether all of them can be used.
    pub fn check(&self) -> Result<(), BadSetting> {
        if HeaderValue::try_from(&self.origin).is_err() || self.origin.ends_with('/') {
            let expected =
                "ORIGIN: expected an origin as browsers write it, e.g. https://terrace.example";
            return Err(BadSetting(expected));
        }
        if !self.issuer.is_empty() && self.clients.iter().all(String::is_empty) {
            return Err(BadSetting("CLIENTS: expected the issuer's app clients"));
        }
        if !self.metrics.is_empty() && self.namespace.is_empty() {
            return Err(BadSetting("NAMESPACE: expected one for the metrics"));
        }
        let roles = self.staff_roles.iter().chain(&self.manager_roles);
        if !roles.into_iter().all(|arn| Role::of_arn(arn).is_some()) {
            let expected =
                "STAFF_ROLES, FUNCTION__MANAGER_ROLES: expected arn:aws:iam::<account>:role/<name>";
            return Err(BadSetting(expected));
        }
        Ok(())
    }

    /// The groups of who signs by the session of this ARN.
    pub(super) fn groups_of_session(&self, session: &str) -> Vec<&'static str> {
        let Some(role) = Role::of_session(session) else {
            return Vec::new();
        };
        let groups: BTreeMap<_, _> =
            [(STAFF, &self.staff_roles), (MANAGER, &self.manager_roles)].into();
        let has = |roles: &[String]| roles.iter().any(|arn| Role::of_arn(arn) == Some(role));
        let own = groups.into_iter().filter(|(_, roles)| has(roles));
        own.map(|(group, _)| group).collect()
    }
}

/// A role of IAM, by what its ARN and those of its sessions have in common.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Role<'a> {
    partition: &'a str,
    account: &'a str,
    name: &'a str,
}

impl<'a> Role<'a> {
    /// `arn:<partition>:iam::<account>:role/<path>/<name>`.
    fn of_arn(arn: &'a str) -> Option<Self> {
        let (partition, account, resource) = parts(arn, "iam")?;
        let (_, name) = resource.strip_prefix("role")?.rsplit_once('/')?;
        Self::new(partition, account, name)
    }

    /// `arn:<partition>:sts::<account>:assumed-role/<name>/<session>`.
    fn of_session(arn: &'a str) -> Option<Self> {
        let (partition, account, resource) = parts(arn, "sts")?;
        let (name, _) = resource.strip_prefix("assumed-role/")?.split_once('/')?;
        Self::new(partition, account, name)
    }

    fn new(partition: &'a str, account: &'a str, name: &'a str) -> Option<Self> {
        let is_whole = !partition.is_empty() && !account.is_empty() && !name.is_empty();
        is_whole.then_some(Self {
            partition,
            account,
            name,
        })
    }
}

fn parts<'a>(arn: &'a str, service: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let mut parts = arn.splitn(6, ':');
    let mut next = || parts.next();
    let (arn, partition, own, _region) = (next()?, next()?, next()?, next()?);
    let (account, resource) = (next()?, next()?);
    (arn == "arn" && own == service).then_some((partition, account, resource))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> FunctionConfig {
        FunctionConfig {
            staff_roles: vec![
                "arn:aws:iam::1:role/shop/Staff".into(),
                "arn:aws:iam::1:role/Boss".into(),
            ],
            manager_roles: vec!["arn:aws:iam::1:role/Boss".into()],
            ..FunctionConfig::default()
        }
    }

    #[test]
    fn a_session_has_the_groups_of_its_role_in_its_account_alone() {
        let groups = |arn| settings().groups_of_session(arn);

        assert_eq!(
            groups("arn:aws:sts::1:assumed-role/Staff/CognitoIdentityCredentials"),
            ["staff"]
        );
        assert_eq!(
            groups("arn:aws:sts::1:assumed-role/Boss/x"),
            ["manager", "staff"]
        );
        for other in [
            "arn:aws:sts::2:assumed-role/Staff/x",
            "arn:aws-cn:sts::1:assumed-role/Staff/x",
            "arn:aws:sts::1:assumed-role/Customer/Staff",
            "arn:aws:sts::1:assumed-role/Staff",
            "arn:aws:iam::1:user/Staff",
            "arn:aws:sts::1:federated-user/Staff",
            "",
        ] {
            assert_eq!(groups(other), [""; 0], "{other}");
        }
    }

    #[test]
    fn settings_that_would_trust_too_much_are_refused() {
        let issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A".to_owned();

        assert!(settings().check().is_ok());
        let anybodys = FunctionConfig {
            issuer,
            ..settings()
        };
        assert!(
            anybodys
                .check()
                .unwrap_err()
                .to_string()
                .contains("CLIENTS")
        );
        for role in [
            "Staff",
            "",
            "arn:aws:iam::1:user/Staff",
            "arn:aws:iam::1:role/",
            "arn:aws:iam:::role/S",
        ] {
            let staff_roles = vec![role.to_owned()];
            let settings = FunctionConfig {
                staff_roles,
                ..settings()
            };
            assert!(settings.check().is_err(), "{role}");
        }
        let origin = "https://terrace.example/".to_owned();
        assert!(
            FunctionConfig {
                origin,
                ..settings()
            }
            .check()
            .is_err()
        );
    }
}
