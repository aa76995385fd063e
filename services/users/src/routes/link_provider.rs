//! `PUT /v1/me/providers/{name}`: an account's owner consents that it is entered by another provider.

use axum::extract::State;
use http::StatusCode;
use kit::http::{Faults, Parse, Path, ValidJson};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    AppState, Error,
    challenge::{Ceremony, check_challenge},
    fresh::Fresh,
    letter::{Kind, Letter},
    provider::Linked,
    user::Email,
};

/// The consent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkProvider {
    /// Of the problem `consent-required`.
    #[schema(max_length = 4096)]
    link: String,
}

/// Whom a provider vouched for, and has no account linked.
#[derive(Serialize, Deserialize)]
pub(crate) struct Ticket {
    pub(crate) provider: String,
    pub(crate) subject: String,
    /// The address that it vouched for.
    pub(crate) email: String,
    /// The account that it was asked for; of a sign-in the one that has the address.
    pub(crate) user_id: Option<Uuid>,
}

/// Links an identity at another provider to the signed-in user's account. Asks for a fresh proof of who calls. The
/// provider must have vouched for the account's own address; doing it again changes nothing.
#[utoipa::path(
    put,
    path = "/v1/me/providers/{name}",
    tag = "me",
    params(
        ("name" = String, Path, pattern = "^[a-z0-9_-]{1,32}$",
            description = "The provider's name", example = "example"),
    ),
    request_body = LinkProvider,
    responses(
        (status = 204, description = "Linked"),
        (status = 401, description = "`step-up-required`, `challenge-expired`"),
        (status = 409, description = "`address-differs`, `provider-taken`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn link_provider(
    State(state): State<AppState>,
    Fresh(caller): Fresh,
    Path(name): Path<String>,
    ValidJson(link): ValidJson<LinkProvider>,
) -> Result<StatusCode, Error> {
    let now = state.clock.now();
    let provider = state.providers.find(&name).ok_or(Error::NotFound)?;
    let ticket = state
        .challenges
        .open::<Ticket>(Ceremony::ProviderLink, &link.link, now);
    let ticket = ticket.map(|challenge| challenge.about).filter(|ticket| {
        ticket.provider == name && ticket.user_id.is_none_or(|user| user == caller.id)
    });
    let ticket = ticket.ok_or(Error::ChallengeExpired)?;
    let user = state.store.find_user(caller.id).await?;
    let user = user.ok_or(Error::NotFound)?;
    if !Email::candidates(&ticket.email).contains(&user.email) {
        return Err(Error::AddressDiffers);
    }
    let linked = Linked {
        user_id: user.id,
        provider: name,
        issuer: provider.issuer.clone(),
        subject: ticket.subject,
        linked_at: now,
        used_at: None,
    };
    let kind = Kind::ProviderLinked {
        provider: provider.label.clone(),
    };
    let event = state.letters.event(&user, &Letter::to(&user, kind));
    if state.store.link_provider(&linked, event).await? {
        tracing::info!(user_id = %user.id, provider = linked.provider, "an account is linked");
    }
    Ok(StatusCode::NO_CONTENT)
}

impl Parse for LinkProvider {
    type Valid = Self;

    fn parse(self, faults: &mut Faults) -> Option<Self> {
        check_challenge(faults, "/link", &self.link);
        Some(self)
    }
}
