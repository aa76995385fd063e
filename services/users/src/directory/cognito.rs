//! People in a user pool of Amazon Cognito. What people may do with their own password or code needs no
//! credentials of ours; what we do for them (names, groups, deletion) does: from the environment, the container's
//! role or its service account.

mod fault;
mod outcome;
mod srp;
mod tokens;

use std::time::Duration;

use async_trait::async_trait;
use aws::Place;
use aws_lc_rs::hmac;
use aws_sdk_cognitoidentityprovider::{
    Client,
    error::ProvideErrorMetadata,
    types::{AttributeType, AuthFlowType, ChallengeNameType},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use kit::config::Switch;
use secrecy::{ExposeSecret, SecretString};

use super::{Challenge, CognitoConfig, Directory, Factor, Hosted, SignIn, Signed};
use crate::{
    Error,
    group::Group,
    new_password::normalised,
    session::RefreshToken,
    user::{Email, Name},
};
use outcome::Outcome;
use srp::{Asked, Srp};
use tokens::{MANAGER, STAFF, begun, read};

/// How long a call may take with all its attempts: less than the edge gives an operation. One that is slow is
/// waited for, because what it asks may be done already.
const PATIENCE: Duration = Duration::from_secs(4);

/// The adapter.
pub(super) struct Cognito {
    client: Client,
    issuer: String,
    pool: String,
    app: String,
    secret: Option<hmac::Key>,
    client_secret: Option<String>,
    password_auth: bool,
}

fn wrong_credentials() -> Error {
    Error::WrongCredentials
}

fn wrong_code() -> Error {
    Error::WrongCode
}

fn session_ended() -> Error {
    Error::SessionEnded
}

fn not_found() -> Error {
    Error::NotFound
}

impl Cognito {
    pub(super) async fn new(region: &str, pool: &str, app: &str, config: &CognitoConfig) -> Self {
        let place = Place {
            region,
            endpoint: config.endpoint.as_deref(),
        };
        let secret = config.client_secret.expose_secret();
        let secret = (!secret.is_empty()).then(|| secret.to_owned());
        let key = |secret: &String| hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let china = if region.starts_with("cn-") { ".cn" } else { "" };
        Self {
            client: Client::new(&place.configuration(PATIENCE).await),
            issuer: format!("https://cognito-idp.{region}.amazonaws.com{china}/{pool}"),
            pool: pool.to_owned(),
            app: app.to_owned(),
            secret: secret.as_ref().map(key),
            client_secret: secret,
            password_auth: config.password_auth == Switch::On,
        }
    }

    /// Shows that we are the app, where it has a secret (`SECRET_HASH`).
    fn secret_hash(&self, username: &str) -> Option<String> {
        let message = format!("{username}{}", self.app);
        let sign = |key| STANDARD.encode(hmac::sign(key, message.as_bytes()));
        self.secret.as_ref().map(sign)
    }

    async fn by_password(&self, email: &str, password: &SecretString) -> Result<Outcome, Error> {
        let request = self
            .client
            .initiate_auth()
            .client_id(&self.app)
            .auth_flow(AuthFlowType::UserPasswordAuth)
            .auth_parameters("USERNAME", email)
            .auth_parameters("PASSWORD", password.expose_secret());
        let request = match self.secret_hash(email) {
            Some(hash) => request.auth_parameters("SECRET_HASH", hash),
            None => request,
        };
        let answer = request.send().await;
        let answer = answer.map_err(|e| fault::of("InitiateAuth", &e, wrong_credentials))?;
        let told = answer.challenge_parameters.unwrap_or_default();
        let username = told.get("USER_ID_FOR_SRP").map_or(email, String::as_str);
        Ok(Outcome {
            challenge: answer.challenge_name,
            session: answer.session,
            tokens: answer.authentication_result,
            username: username.to_owned(),
        })
    }

    async fn by_srp(&self, email: &str, password: &SecretString) -> Result<Outcome, Error> {
        let srp = Srp::begin();
        let request = self
            .client
            .initiate_auth()
            .client_id(&self.app)
            .auth_flow(AuthFlowType::UserSrpAuth)
            .auth_parameters("USERNAME", email)
            .auth_parameters("SRP_A", srp.public());
        let request = match self.secret_hash(email) {
            Some(hash) => request.auth_parameters("SECRET_HASH", hash),
            None => request,
        };
        let answer = request.send().await;
        let answer = answer.map_err(|e| fault::of("InitiateAuth", &e, wrong_credentials))?;
        let asked = answer.challenge_parameters.unwrap_or_default();
        let asked = |name: &'static str| {
            let missing = || Error::Directory(format!("InitiateAuth: no {name}").into());
            asked.get(name).map(String::as_str).ok_or_else(missing)
        };
        let user = asked("USER_ID_FOR_SRP")?;
        let timestamp = srp::timestamp(jiff::Timestamp::now());
        let proof = srp.prove(
            &Asked {
                pool: self
                    .pool
                    .split_once('_')
                    .map_or(&*self.pool, |(_, name)| name),
                user,
                salt: asked("SALT")?,
                public: asked("SRP_B")?,
                secret_block: asked("SECRET_BLOCK")?,
                timestamp: &timestamp,
            },
            password,
        );
        let proof = proof.map_err(|malformed| Error::Directory(malformed.into()))?;
        let responses = [
            ("PASSWORD_CLAIM_SIGNATURE", &*proof),
            ("PASSWORD_CLAIM_SECRET_BLOCK", asked("SECRET_BLOCK")?),
            ("TIMESTAMP", &*timestamp),
        ];
        let challenge = ChallengeNameType::PasswordVerifier;
        self.respond(
            challenge,
            user,
            answer.session,
            &responses,
            wrong_credentials,
        )
        .await
    }

    async fn respond(
        &self,
        challenge: ChallengeNameType,
        username: &str,
        session: Option<String>,
        responses: &[(&str, &str)],
        denied: fn() -> Error,
    ) -> Result<Outcome, Error> {
        let mut request = self
            .client
            .respond_to_auth_challenge()
            .client_id(&self.app)
            .challenge_name(challenge)
            .set_session(session)
            .challenge_responses("USERNAME", username);
        if let Some(hash) = self.secret_hash(username) {
            request = request.challenge_responses("SECRET_HASH", hash);
        }
        for (name, value) in responses {
            request = request.challenge_responses(*name, *value);
        }
        let answer = request.send().await;
        let answer = answer.map_err(|e| fault::of("RespondToAuthChallenge", &e, denied))?;
        Ok(Outcome {
            challenge: answer.challenge_name,
            session: answer.session,
            tokens: answer.authentication_result,
            username: username.to_owned(),
        })
    }

    async fn check(&self, email: &Email, password: &SecretString) -> Result<Outcome, Error> {
        let (email, password) = (email.as_str(), normalised(password));
        match self.password_auth {
            true => self.by_password(email, &password).await,
            false => self.by_srp(email, &password).await,
        }
    }
}

#[async_trait]
impl Directory for Cognito {
    fn issuer(&self) -> &str {
        &self.issuer
    }

    async fn sign_up(
        &self,
        email: &Email,
        password: &SecretString,
        name: &Name,
    ) -> Result<(String, bool), Error> {
        let request = self
            .client
            .sign_up()
            .client_id(&self.app)
            .set_secret_hash(self.secret_hash(email.as_str()))
            .username(email.as_str())
            .password(password.expose_secret())
            .user_attributes(attribute("email", email.as_str())?)
            .user_attributes(attribute("name", name.as_str())?);
        let made = request.send().await;
        let made = made.map_err(|e| fault::of("SignUp", &e, wrong_credentials))?;
        Ok((made.user_sub, made.user_confirmed))
    }

    async fn confirm_sign_up(&self, email: &Email, code: &str) -> Result<(), Error> {
        let request = self.client.confirm_sign_up().client_id(&self.app);
        let request = request.set_secret_hash(self.secret_hash(email.as_str()));
        let request = request.username(email.as_str()).confirmation_code(code);
        let confirmed = request.send().await;
        confirmed.map_err(|e| fault::of("ConfirmSignUp", &e, wrong_code))?;
        Ok(())
    }

    async fn sign_in(&self, email: &Email, password: &SecretString) -> Result<SignIn, Error> {
        self.check(email, password).await?.read()
    }

    async fn answer(&self, challenge: &Challenge, code: &str) -> Result<SignIn, Error> {
        let asked = match challenge.factor {
            Factor::Totp => ChallengeNameType::SoftwareTokenMfa,
            Factor::Sms => ChallengeNameType::SmsMfa,
            Factor::Email => ChallengeNameType::EmailOtp,
        };
        let name = format!("{}_CODE", asked.as_str());
        let session = Some(challenge.session.clone());
        let responses = [(&*name, code)];
        let username = &challenge.username;
        let outcome = self.respond(asked, username, session, &responses, wrong_code);
        outcome.await?.read()
    }

    fn hosted(&self, tokens: Hosted) -> Result<Signed, Error> {
        begun(tokens)
    }

    async fn refresh(&self, token: &RefreshToken) -> Result<Signed, Error> {
        if !may_be_token(token) {
            return Err(Error::SessionEnded);
        }
        let request = self.client.get_tokens_from_refresh_token();
        let request = request.client_id(&self.app).refresh_token(token.secret());
        let request = request.set_client_secret(self.client_secret.clone());
        let renewed = request.send().await;
        let renewed =
            renewed.map_err(|e| fault::of("GetTokensFromRefreshToken", &e, session_ended))?;
        read(renewed.authentication_result)
    }

    async fn sign_out(&self, token: &RefreshToken) -> Result<(), Error> {
        if !may_be_token(token) {
            return Ok(());
        }
        let request = self.client.revoke_token();
        let request = request.client_id(&self.app).token(token.secret());
        let request = request.set_client_secret(self.client_secret.clone());
        match request.send().await {
            Ok(_) => Ok(()),
            Err(e) => match fault::of("RevokeToken", &e, session_ended) {
                Error::SessionEnded => Ok(()),
                fault => Err(fault),
            },
        }
    }

    async fn end_sessions(&self, email: &Email) -> Result<(), Error> {
        let request = self.client.admin_user_global_sign_out();
        let request = request.user_pool_id(&self.pool).username(email.as_str());
        let ended = request.send().await;
        ended.map_err(|e| fault::of("AdminUserGlobalSignOut", &e, not_found))?;
        Ok(())
    }

    async fn change_password(&self, email: &Email, password: &SecretString) -> Result<(), Error> {
        let request = self.client.admin_set_user_password();
        let request = request.user_pool_id(&self.pool).username(email.as_str());
        let request = request.password(password.expose_secret());
        let set = request.permanent(true).send().await;
        set.map_err(|e| fault::of("AdminSetUserPassword", &e, not_found))?;
        self.end_sessions(email).await
    }

    async fn begin_reset(&self, email: &Email) -> Result<(), Error> {
        let request = self.client.forgot_password().client_id(&self.app);
        let request = request.set_secret_hash(self.secret_hash(email.as_str()));
        match request.username(email.as_str()).send().await {
            Ok(_) => Ok(()),
            Err(e) => match fault::of("ForgotPassword", &e, not_found) {
                Error::NotFound | Error::NotConfirmed => Ok(()),
                fault => Err(fault),
            },
        }
    }

    async fn finish_reset(
        &self,
        email: &Email,
        code: &str,
        password: &SecretString,
    ) -> Result<(), Error> {
        let request = self.client.confirm_forgot_password().client_id(&self.app);
        let request = request.set_secret_hash(self.secret_hash(email.as_str()));
        let request = request.username(email.as_str()).confirmation_code(code);
        let reset = request.password(password.expose_secret()).send();
        let reset = reset.await;
        reset.map_err(|e| fault::of("ConfirmForgotPassword", &e, wrong_code))?;
        Ok(())
    }

    async fn rename(&self, email: &Email, name: &Name) -> Result<(), Error> {
        let request = self.client.admin_update_user_attributes();
        let request = request.user_pool_id(&self.pool).username(email.as_str());
        let request = request.user_attributes(attribute("name", name.as_str())?);
        let renamed = request.send().await;
        renamed.map_err(|e| fault::of("AdminUpdateUserAttributes", &e, not_found))?;
        Ok(())
    }

    async fn set_group(&self, email: &Email, group: Group, is_in: bool) -> Result<(), Error> {
        match (group, is_in) {
            (Group::Staff, true) => self.add(email, STAFF).await,
            (Group::Manager, true) => {
                self.add(email, STAFF).await?;
                self.add(email, MANAGER).await
            }
            (Group::Staff, false) => {
                self.remove(email, MANAGER).await?;
                self.remove(email, STAFF).await
            }
            (Group::Manager, false) => self.remove(email, MANAGER).await,
        }
    }

    async fn delete(&self, email: &Email) -> Result<(), Error> {
        let request = self.client.admin_delete_user();
        let request = request.user_pool_id(&self.pool).username(email.as_str());
        match request.send().await {
            Ok(_) => Ok(()),
            Err(e) => match fault::of("AdminDeleteUser", &e, not_found) {
                Error::NotFound => Ok(()),
                fault => Err(fault),
            },
        }
    }
}

impl Cognito {
    async fn add(&self, email: &Email, group: &str) -> Result<(), Error> {
        let request = self.client.admin_add_user_to_group();
        let request = request.user_pool_id(&self.pool).username(email.as_str());
        let added = request.group_name(group).send().await;
        added.map_err(|e| fault::of("AdminAddUserToGroup", &e, not_found))?;
        Ok(())
    }

    async fn remove(&self, email: &Email, group: &str) -> Result<(), Error> {
        let request = self.client.admin_remove_user_from_group();
        let request = request.user_pool_id(&self.pool).username(email.as_str());
        match request.group_name(group).send().await {
            Ok(_) => Ok(()),
            // Nobody is in a group that the pool does not have.
            Err(e) if e.code() == Some("ResourceNotFoundException") => Ok(()),
            Err(e) => Err(fault::of("AdminRemoveUserFromGroup", &e, not_found)),
        }
    }
}

/// Whether Cognito may have made it; it answers all else as a fault of ours (`TokenModelType`).
fn may_be_token(token: &RefreshToken) -> bool {
    let mut letters = token.secret().chars();
    !token.secret().is_empty() && letters.all(|c| c.is_ascii_alphanumeric() || "-_=.".contains(c))
}

fn attribute(name: &str, value: &str) -> Result<AttributeType, Error> {
    let built = AttributeType::builder().name(name).value(value).build();
    built.map_err(|fault| Error::Internal(fault.into()))
}
