//! `GET /v1/me/export`: all that the shop keeps of the signed-in user, as an archive.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::header;
use jiff::Timestamp;
use serde::Serialize;
use tokio::task::spawn_blocking;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    AppState, Error,
    address::AddressView,
    archive::{self, File},
    fresh::Fresh,
    routes::{
        list_my_providers::{LinkedView, linked_views},
        list_second_factors::SecondFactors,
        list_sessions::{SessionView, views},
    },
    store::KeptLink,
    user::User,
};

/// A ZIP file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "only described")]
pub(crate) struct Archive(Vec<u8>);

/// What users keeps itself.
#[derive(Serialize)]
struct Account {
    id: Uuid,
    email: String,
    is_email_proven: bool,
    name: String,
    groups: Vec<&'static str>,
    #[serde(serialize_with = "kit::http::milliseconds")]
    created_at: Timestamp,
    addresses: Vec<AddressView>,
    sessions: Vec<SessionView>,
    second_factors: SecondFactors,
    providers: Vec<LinkedView>,
    links: Vec<LinkView>,
}

/// A link of a letter, without what it proves.
#[derive(Serialize)]
struct LinkView {
    purpose: String,
    email: String,
    #[serde(serialize_with = "kit::http::milliseconds")]
    expires_at: Timestamp,
}

/// A ZIP file with a JSON document a service, and a text that explains them. There is none unless every service
/// has told what it keeps. Asks for a fresh proof of who calls.
#[utoipa::path(
    get,
    path = "/v1/me/export",
    tag = "me",
    responses(
        (status = 200, description = "The archive", body = Archive, content_type = "application/zip"),
        (status = 401, description = "`step-up-required`"),
        (status = 503, description = "`unavailable`: a service does not tell what it keeps, see `Retry-After`"),
    ),
    security(("bearer" = [])),
    extensions(("x-edge" = json!({
        "timeout_ms": 29000, "throttle": { "rate_per_s": 0.05, "burst": 5 },
    }))),
)]
pub(crate) async fn export_me(
    State(state): State<AppState>,
    Fresh(caller): Fresh,
) -> Result<Response, Error> {
    let keepers = state.keepers.as_ref();
    let keepers = keepers.ok_or_else(|| Error::Incomplete("nobody else was named".into()))?;
    let user = state.store.find_user(caller.id).await?;
    let user = user.ok_or(Error::NotFound)?;
    let account = account(&state, user, caller.session).await?;
    let account = ("account.json".to_owned(), account);
    let mut files: Vec<File> = vec![archive::readme(keepers), account];
    for keeper in keepers.iter() {
        files.push((keeper.file(), keeper.tell(caller.id).await?));
    }
    // Whoever was deleted meanwhile is in a part of the files alone.
    let user = state.store.find_user(caller.id).await?;
    user.ok_or(Error::NotFound)?;
    let packed = spawn_blocking(move || archive::pack(&files)).await;
    let packed = packed.map_err(|fault| Error::Internal(fault.into()))?;
    let packed = packed.map_err(|fault| Error::Internal(fault.into()))?;
    let headers = [
        (header::CONTENT_TYPE, "application/zip"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"terrace-data.zip\"",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, packed).into_response())
}

async fn account(state: &AppState, user: User, current: Option<Uuid>) -> Result<String, Error> {
    let store = &state.store;
    let addresses = store.list_addresses(user.id).await?;
    let places = store.list_places(user.id, state.clock.now()).await?;
    let links = store.links_of(user.id).await?;
    let account = Account {
        id: user.id,
        email: user.email.as_str().to_owned(),
        is_email_proven: store.has_proven_address(user.id).await?,
        name: user.name.as_str().to_owned(),
        groups: user.groups().to_vec(),
        created_at: user.created_at,
        addresses: addresses.into_iter().map(AddressView::from).collect(),
        sessions: views(places, current),
        second_factors: store.list_factors(user.id).await?.into(),
        providers: linked_views(state, user.id).await?,
        links: links.into_iter().map(LinkView::from).collect(),
    };
    let text = serde_json::to_string_pretty(&account);
    text.map_err(|fault| Error::Internal(fault.into()))
}

impl From<KeptLink> for LinkView {
    fn from(link: KeptLink) -> Self {
        Self {
            purpose: link.purpose,
            email: link.email,
            expires_at: link.expires_at,
        }
    }
}
