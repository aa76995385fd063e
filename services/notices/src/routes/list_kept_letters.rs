//! `GET /internal/people/{user_id}/letters`: the letters about a person's account that are not sent, for the archive
//! that users makes.

use axum::{Json, extract::State};
use jiff::Timestamp;
use kit::http::{List, Path};
use serde::Serialize;
use uuid::Uuid;

use crate::{AppState, Error, message::Writer, store::Kept, wording::wording};

/// A letter, without the link that may be in it.
#[derive(Serialize)]
pub(crate) struct LetterView {
    id: Uuid,
    /// Its subject; null where it cannot be opened.
    subject: Option<&'static str>,
    to: Option<String>,
    name: Option<String>,
    #[serde(serialize_with = "kit::http::milliseconds")]
    caused_at: Timestamp,
    attempts: i64,
    is_given_up: bool,
}

/// All in one page: few letters wait at a time.
pub(crate) async fn list_kept_letters(
    State(state): State<AppState>,
    Path(user_id): Path<Uuid>,
) -> Result<Json<List<LetterView>>, Error> {
    let kept = state.store.letters_of(user_id).await?;
    let views = kept.iter().map(|kept| view(state.writer(), kept));
    Ok(Json(List::whole(views.collect())))
}

fn view(writer: &Writer, kept: &Kept) -> LetterView {
    let letter = writer.opener.open(&kept.letter.sealed).ok();
    LetterView {
        id: kept.letter.id,
        subject: letter
            .as_ref()
            .map(|letter| wording(&letter.kind, &writer.site).subject),
        to: letter.as_ref().map(|letter| letter.to.clone()),
        name: letter.map(|letter| letter.name),
        caused_at: kept.letter.at,
        attempts: kept.attempts,
        is_given_up: kept.is_dead,
    }
}
