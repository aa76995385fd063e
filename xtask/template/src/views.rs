//! How a seedling is shown.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::seedling::Seedling;

/// A seedling.
#[derive(Serialize, ToSchema)]
#[schema(as = Seedling)]
pub(crate) struct SeedlingView {
    id: Uuid,
    /// What it is called.
    #[schema(example = "The first")]
    name: String,
    #[serde(serialize_with = "kit::http::milliseconds")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Seedling> for SeedlingView {
    fn from(seedling: Seedling) -> Self {
        Self {
            id: seedling.id,
            name: seedling.name.as_str().to_owned(),
            created_at: seedling.created_at,
        }
    }
}
