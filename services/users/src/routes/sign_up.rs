//! `POST /v1/users`: a new account.

use axum::{Json, extract::State};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use kit::http::{Faults, Parse, ValidJson};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    AppState, Client, Error,
    link::{self, Purpose},
    new_password::NewPassword,
    user::{Email, Name, NameLine, User},
};

/// Who wants an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignUp {
    /// The e-mail address to sign in with.
    #[schema(format = Email, min_length = 3, max_length = 254, example = "rose@garden.example")]
    email: String,
    /// 10 to 128 characters, and none of those that are guessed first.
    #[schema(value_type = String, min_length = 10, max_length = 128)]
    password: SecretString,
    /// A name to be greeted by.
    name: NameLine,
}

/// The account.
#[derive(Serialize, ToSchema)]
pub(crate) struct Account {
    pub(crate) id: Uuid,
    #[schema(example = "rose@garden.example")]
    pub(crate) email: String,
    #[schema(example = "Rose")]
    pub(crate) name: String,
    #[serde(serialize_with = "kit::http::milliseconds")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
    /// Whether it can be used at once; otherwise a code was sent to the address.
    #[schema(example = true)]
    pub(crate) confirmed: bool,
}

/// Opens an account.
#[utoipa::path(
    post,
    path = "/v1/users",
    tag = "users",
    request_body = SignUp,
    responses(
        (status = 201, description = "The account", body = Account),
        (status = 409, description = "`email-taken`"),
    ),
    extensions(("x-edge" = json!({ "throttle": { "rate_per_s": 0.5, "burst": 20 } }))),
)]
pub(crate) async fn sign_up(
    State(state): State<AppState>,
    headers: HeaderMap,
    ValidJson((email, password, name)): ValidJson<SignUp>,
) -> Result<(StatusCode, Json<Account>), Error> {
    let user = User::new(email, name);
    let client = Client::of(&headers);
    let hash = state.passwords.hash(client, password.secret()).await?;
    state.store.insert_user(&user, &hash).await?;
    link::send(&state, &user, Purpose::ProveAddress, &user.email).await?;

    let account = Account {
        id: user.id,
        email: user.email.as_str().to_owned(),
        name: user.name.as_str().to_owned(),
        created_at: user.created_at,
        confirmed: true,
    };
    Ok((StatusCode::CREATED, Json(account)))
}

impl Parse for SignUp {
    type Valid = (Email, NewPassword, Name);

    fn parse(self, faults: &mut Faults) -> Option<Self::Valid> {
        let email = faults.field("/email", Email::parse(&self.email));
        let about = [&*self.email, self.name.as_sent()];
        let password = NewPassword::parse(&self.password, &about);
        let password = faults.field("/password", password);
        let name = faults.field("/name", Name::parse(self.name.as_sent()));
        Some((email?, password?, name?))
    }
}
