//! `GET /v1/orders/{id}/events`: every change of status, as it happens.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{Stream, StreamExt, stream};
use http::{HeaderMap, StatusCode};
use kit::{
    http::{Path, Problem},
    identity,
};
use tokio_util::sync::CancellationToken;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{Object, Type},
};
use uuid::Uuid;

use crate::{
    AppState, Error,
    hub::Listener,
    order::Moment,
    routes::get_order::{MomentView, readable},
    store::Store,
};

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
    /// The moment's sequence, for `Last-Event-ID`.
    #[schema(pattern = "^[1-9][0-9]*$")]
    id: String,
    /// The moment, as JSON.
    #[schema(schema_with = moment_as_json)]
    data: MomentView,
}

fn moment_as_json() -> Object {
    Object::builder()
        .schema_type(Type::String)
        .description(Some("The moment, as JSON."))
        .content_media_type("application/json")
        .content_schema(Some(MomentView::schema()))
        .build()
}

/// Server-sent events named `status`, whose data is a moment of the order's timeline and whose id
/// is the moment's sequence: first what has happened (after `Last-Event-ID`), then what happens.
/// The stream ends after `delivered` and `cancelled`.
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
    ),
    security(("bearer" = [])),
    extensions(("x-edge" = json!({ "stream": true }))),
)]
pub(crate) async fn stream_order_events(
    State(state): State<AppState>,
    user: identity::User,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Result<Response, Response> {
    let last_seen = last_event_id(&headers).map_err(IntoResponse::into_response)?;
    // Listen before the first reading, so that nothing falls in between.
    let listener = state.hub.listen();
    readable(&state, &user, id)
        .await
        .map_err(Error::into_response)?;
    let events = moments(state, id, last_seen.into(), listener).map(|moment| {
        let event = Event::default()
            .event("status")
            .id(moment.sequence.to_string());
        let event = event.json_data(MomentView::from(moment));
        Ok::<_, Infallible>(event.unwrap_or_default())
    });
    let events = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    Ok(([("cache-control", "no-store")], events).into_response())
}

fn last_event_id(headers: &HeaderMap) -> Result<u32, Problem> {
    let Some(value) = headers.get("last-event-id") else {
        return Ok(0);
    };
    let value = value.to_str().ok().and_then(|value| value.parse().ok());
    value.ok_or_else(|| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "bad-parameter",
            "A parameter is not valid",
        )
        .detail("`Last-Event-ID` is the id of an event of this stream.")
    })
}

struct Cursor {
    store: std::sync::Arc<dyn Store>,
    order_id: Uuid,
    after: i64,
    listener: Listener,
    stop: CancellationToken,
}

fn moments(
    state: AppState,
    order_id: Uuid,
    after: i64,
    listener: Listener,
) -> impl Stream<Item = Moment> {
    let cursor = Cursor {
        store: state.store,
        order_id,
        after,
        listener,
        stop: state.stop,
    };
    let batches = stream::unfold(Some(cursor), |cursor| async {
        let mut cursor = cursor?;
        loop {
            // A store that fails ends the stream: the client comes back with the last id.
            let all = cursor.store.timeline(cursor.order_id).await.ok()?;
            let ends = all.last().is_some_and(|moment| moment.status.is_final());
            let new: Vec<Moment> = all
                .into_iter()
                .filter(|moment| moment.sequence > cursor.after)
                .collect();
            if let Some(last) = new.last() {
                cursor.after = last.sequence;
            }
            if ends {
                return Some((new, None));
            }
            if !new.is_empty() {
                return Some((new, Some(cursor)));
            }
            let changed = cursor.listener.changed(cursor.order_id);
            cursor.stop.run_until_cancelled(changed).await?;
        }
    });
    batches.flat_map(stream::iter)
}
