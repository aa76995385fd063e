//! `GET /v1/orders/{id}/events`: every change of status, as it happens.

use std::time::Duration;

use axum::{
    extract::State,
    response::{
        IntoResponse,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{Stream, StreamExt, stream};
use http::{HeaderMap, header};
use kit::{
    http::{Path, Problem, kinds},
    identity,
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{Object, Type},
};
use uuid::Uuid;

use crate::{AppState, Error, hub::Listener, order::TimelineEntry, routes::get_order::readable};

/// A comment this often keeps proxies from closing a quiet stream.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// One event of the stream, field by field (WHATWG HTML §9.2.6). OpenAPI 3.1 has no way to describe
/// the stream as such; readers take the schema of `text/event-stream` for that of its events.
#[derive(ToSchema)]
#[schema(as = OrderEvent)]
#[expect(dead_code, reason = "only described")]
struct StatusEvent {
    /// `status`.
    #[schema(pattern = "^status$")]
    event: String,
    /// The entry's sequence, for `Last-Event-ID`.
    #[schema(pattern = "^[1-9][0-9]*$")]
    id: String,
    /// The entry of the timeline, as JSON.
    #[schema(schema_with = entry_as_json)]
    data: TimelineEntry,
}

fn entry_as_json() -> Object {
    Object::builder()
        .schema_type(Type::String)
        .description(Some("The entry of the timeline, as JSON."))
        .content_media_type("application/json")
        .content_schema(Some(TimelineEntry::schema()))
        .build()
}

/// Server-sent events named `status`, whose data is an entry of the order's timeline and whose id
/// is the entry's sequence: first what has happened (after `Last-Event-ID`), then what happens.
/// The stream ends after `delivered` and `cancelled`, and when the access token ends.
#[utoipa::path(
    get,
    path = "/v1/orders/{id}/events",
    tag = "orders",
    params(
        ("id" = Uuid, Path, description = "The order's id"),
        ("Last-Event-ID" = Option<u32>, Header, maximum = 4_294_967_295_u64,
            description = "The last event seen"),
    ),
    responses(
        (status = 200, description = "The events", body = StatusEvent,
            content_type = "text/event-stream"),
        (status = 404, description = "`not-found`"),
        (status = 429, description = "`too-many-streams`: a user may have 20 open"),
    ),
    security(("bearer" = [])),
    extensions(("x-edge" = json!({ "stream": true }))),
)]
pub(crate) async fn stream_order_events(
    State(state): State<AppState>,
    user: identity::User,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Result<impl IntoResponse, Error> {
    let last_seen = last_event_id(&headers)?;
    // Listen before the first reading, so that nothing falls in between.
    let listener = state.driver.hub.listen(id);
    readable(&state, &user, id).await?;
    let open = state.streams.take(user.id).ok_or(Error::TooManyStreams)?;
    let events = entries(state, id, last_seen.into(), listener).map(move |entry| {
        let _open = &open;
        let event = Event::default().event("status");
        let event = event.id(entry.sequence.to_string());
        event.json_data(entry)
    });
    let events = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    Ok(([(header::CACHE_CONTROL, "no-store")], events))
}

fn last_event_id(headers: &HeaderMap) -> Result<u32, Problem> {
    let Some(value) = headers.get("last-event-id") else {
        return Ok(0);
    };
    let value = value.to_str().ok().and_then(|value| value.parse().ok());
    value.ok_or_else(|| {
        kinds::BAD_PARAMETER
            .problem()
            .detail("`Last-Event-ID` is the id of an event of this stream.")
    })
}

/// The entries of the timeline after this one, as they come to be; at last the final one.
fn entries(
    state: AppState,
    order_id: Uuid,
    after: i64,
    listener: Listener,
) -> impl Stream<Item = TimelineEntry> {
    let start = Some((after, listener));
    let batches = stream::unfold(start, move |cursor| {
        let state = state.clone();
        async move {
            let (mut after, mut listener) = cursor?;
            loop {
                // A store that fails ends the stream: the client comes back with the last id.
                let mut entries = state.store.find(order_id).await.ok()??.timeline;
                let last = *entries.last()?;
                entries.retain(|entry| entry.sequence > after);
                after = after.max(last.sequence);
                if last.status.is_final() {
                    return Some((entries, None));
                }
                if !entries.is_empty() {
                    return Some((entries, Some((after, listener))));
                }
                state.stop.run_until_cancelled(listener.changed()).await?;
            }
        }
    });
    batches.flat_map(stream::iter)
}
