//! A pool of a test's own.

use std::{sync::Arc, time::Duration};

use aws::Place;
use aws_sdk_cognitoidentityprovider::{
    Client,
    types::{
        ExplicitAuthFlowsType, PasswordPolicyType, PreventUserExistenceErrorTypes,
        SoftwareTokenMfaConfigType, TimeUnitsType, TokenValidityUnitsType, UserPoolMfaType,
        UserPoolPolicyType, UsernameAttributeType,
    },
};
use kit::config::Switch;
use users::{
    directory::{self, CognitoConfig, Directory, DirectoryName},
    user::{Email, Name},
};

use super::{CODE, REGION, password};
use crate::app::PASSWORD;

/// A new pool and an app of it.
pub(crate) struct Pool {
    pub(crate) name: DirectoryName,
    pub(crate) config: CognitoConfig,
    pub(super) id: String,
    pub(super) client: Client,
}

/// One, where a server was named.
pub(crate) async fn pool() -> Option<Pool> {
    match std::env::var("TERRACE_TEST_COGNITO") {
        Ok(endpoint) => Some(Pool::at(&endpoint, false).await),
        Err(_) => None,
    }
}

impl Pool {
    pub(super) async fn new(with_secret: bool) -> Self {
        let endpoint = std::env::var("TERRACE_TEST_COGNITO");
        let endpoint = endpoint.expect("run `cargo xtask test cognito`, which starts a server");
        Self::at(&endpoint, with_secret).await
    }

    async fn at(endpoint: &str, with_secret: bool) -> Self {
        let place = Place {
            region: REGION,
            endpoint: Some(endpoint),
        };
        let aws = place.configuration(Duration::from_secs(30)).await;
        let client = Client::new(&aws);
        let rule = PasswordPolicyType::builder().minimum_length(10);
        let rule = UserPoolPolicyType::builder().password_policy(rule.build());
        let pool = client
            .create_user_pool()
            .pool_name("garden")
            .policies(rule.build())
            .username_attributes(UsernameAttributeType::Email)
            .send();
        let id = pool.await.unwrap().user_pool.unwrap().id.unwrap();
        let units = TokenValidityUnitsType::builder().access_token(TimeUnitsType::Minutes);
        let app = client
            .create_user_pool_client()
            .user_pool_id(&id)
            .client_name("terrace")
            .generate_secret(with_secret)
            .explicit_auth_flows(ExplicitAuthFlowsType::AllowUserSrpAuth)
            .explicit_auth_flows(ExplicitAuthFlowsType::AllowUserPasswordAuth)
            .explicit_auth_flows(ExplicitAuthFlowsType::AllowRefreshTokenAuth)
            .prevent_user_existence_errors(PreventUserExistenceErrorTypes::Enabled)
            .access_token_validity(15)
            .token_validity_units(units.build())
            .send();
        let app = app.await.unwrap().user_pool_client.unwrap();
        let totp = SoftwareTokenMfaConfigType::builder().enabled(true).build();
        let factors = client.set_user_pool_mfa_config().user_pool_id(&id);
        let factors = factors.software_token_mfa_configuration(totp);
        let factors = factors.mfa_configuration(UserPoolMfaType::Optional);
        factors.send().await.unwrap();
        for group in ["staff", "manager"] {
            let group = client.create_group().user_pool_id(&id).group_name(group);
            group.send().await.unwrap();
        }
        Self {
            name: DirectoryName::Cognito {
                region: REGION.into(),
                pool: id.clone(),
                client: app.client_id.unwrap(),
            },
            config: CognitoConfig {
                client_secret: app.client_secret.unwrap_or_default().into(),
                endpoint: Some(endpoint.to_owned()),
                password_auth: Switch::Off,
            },
            id,
            client,
        }
    }

    pub(super) async fn open(&self) -> Arc<dyn Directory> {
        let opened = directory::open(&self.name, &self.config).await;
        opened.unwrap().unwrap()
    }

    /// The directory with an account that is confirmed.
    pub(super) async fn with(&self, email: &Email) -> Arc<dyn Directory> {
        let directory = self.open().await;
        let name = Name::parse("Rose").unwrap();
        let (_, confirmed) = directory
            .sign_up(email, &password(PASSWORD), &name)
            .await
            .unwrap();
        assert!(!confirmed);
        directory.confirm_sign_up(email, CODE).await.unwrap();
        directory
    }
}
