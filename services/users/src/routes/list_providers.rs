//! `GET /v1/providers`: by which other providers one may sign in.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{AppState, provider::Provider};

/// The other providers.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProviderList {
    /// By name; empty where there are none.
    providers: Vec<ProviderView>,
}

/// Another provider.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProviderView {
    /// In paths.
    #[schema(example = "example")]
    name: String,
    /// For people.
    #[schema(example = "Example ID")]
    label: String,
}

/// Lists the other providers that one may sign in by.
#[utoipa::path(
    get,
    path = "/v1/providers",
    tag = "sessions",
    responses((status = 200, description = "The providers", body = ProviderList)),
)]
pub(crate) async fn list_providers(State(state): State<AppState>) -> Json<ProviderList> {
    let providers = state.providers.all().map(ProviderView::from).collect();
    Json(ProviderList { providers })
}

impl From<&Provider> for ProviderView {
    fn from(provider: &Provider) -> Self {
        Self {
            name: provider.name.clone(),
            label: provider.label.clone(),
        }
    }
}
