//! What the edge answers itself: the merged public document, the reference to read and try, clients to
//! download, what members of plans have used, and temporary credentials.

use axum::{
    Extension, Json, Router,
    extract::State,
    http::HeaderValue,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use http::{StatusCode, header};
use jiff::civil::Date;
use kit::http::{List, Problem, Query, complete};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, OpenApi, ToSchema};
use utoipa_swagger_ui::SwaggerUi;
use uuid::Uuid;

use crate::{
    create_credentials::{__path_create_credentials, create_credentials},
    error,
    exchange_token::{__path_exchange_token, Exchange, exchange_token},
    get_sdk::{__path_get_sdk, Sdks, get_sdk},
    usage::{self, Usage},
};

/// The reference's page brings its own scripts and styles, from this origin alone.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
);

#[derive(OpenApi)]
#[openapi(
    info(title = "Terrace edge", version = "1"),
    paths(
        get_document,
        get_reference,
        get_reference_page,
        get_reference_file,
        get_sdk,
        list_usage,
        create_credentials,
        exchange_token,
    )
)]
struct Document;

/// The operations that give out temporary credentials.
const CREDENTIALS: [&str; 3] = ["/v1/me/credentials", "/aws", "/aws/"];

/// The edge's own operations.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    let [_, exchange, exchange_slash] = CREDENTIALS;
    if let Some(mut item) = document.paths.paths.get(exchange).cloned() {
        // Some SDKs put a slash behind their endpoint.
        let operation = item.post.as_mut();
        operation.expect("it is a POST").operation_id = Some("exchange_token_slash".into());
        document.paths.paths.insert(exchange_slash.into(), item);
    }
    complete(document, error::KINDS)
}

/// The same as the edge reads it, with temporary credentials or without.
pub(crate) fn document(with_credentials: bool) -> Value {
    let mut document = openapi();
    let paths = &mut document.paths.paths;
    paths.retain(|path, _| with_credentials || !CREDENTIALS.contains(&path.as_str()));
    serde_json::to_value(document).expect("a document serialises")
}

#[derive(Clone)]
struct MergedDocument(Bytes);

pub(crate) fn app(
    mut merged: Value,
    sdks: Sdks,
    usage: Usage,
    exchange: Option<Exchange>,
) -> Router {
    sdks.tell(&mut merged);
    let merged = Bytes::from(serde_json::to_vec(&merged).expect("a document serialises"));
    let page = SwaggerUi::new("/docs")
        .config(utoipa_swagger_ui::Config::from("/v1/openapi.json").persist_authorization(false));
    let reference = Router::new()
        .route(
            "/v1/openapi.json",
            get(get_document).layer(Extension(MergedDocument(merged))),
        )
        .route("/v1/sdks/{language}", get(get_sdk).with_state(sdks))
        .route("/v1/admin/usage", get(list_usage).with_state(usage))
        .merge(Router::from(page).layer(axum::middleware::map_response(page_headers)));
    let Some(exchange) = exchange else {
        return reference;
    };
    let create = post(create_credentials).with_state(exchange.sessions.clone());
    let exchange = post(exchange_token).with_state(exchange);
    let [create_at, exchange_at, exchange_slash] = CREDENTIALS;
    reference
        .route(create_at, create)
        .route(exchange_at, exchange.clone())
        .route(exchange_slash, exchange)
}

async fn page_headers(mut response: Response) -> Response {
    // The library refuses without a word.
    if response.status() == StatusCode::NOT_FOUND {
        return Problem::not_found().into_response();
    }
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// The public document of all services, OpenAPI 3.1.
#[utoipa::path(
    get,
    path = "/v1/openapi.json",
    tag = "reference",
    operation_id = "get_document",
    responses((
        status = 200,
        description = "The document",
        body = Value,
        example = json!({ "openapi": "3.1.0", "info": { "title": "Terrace", "version": "1" }, "paths": {} }),
    ))
)]
async fn get_document(
    Extension(MergedDocument(document)): Extension<MergedDocument>,
) -> impl IntoResponse {
    (
        [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, "no-cache"),
        ],
        document,
    )
}

/// The reference to read and try, for a browser.
#[utoipa::path(
    get,
    path = "/docs",
    tag = "reference",
    operation_id = "get_reference",
    responses((status = 303, description = "The page is at /docs/"))
)]
#[expect(dead_code, reason = "describes what the reference's library serves")]
async fn get_reference() {}

/// The reference's page.
#[utoipa::path(
    get,
    path = "/docs/",
    tag = "reference",
    operation_id = "get_reference_page",
    responses((status = 200, description = "The page", body = String, content_type = "text/html"))
)]
#[expect(dead_code, reason = "describes what the reference's library serves")]
async fn get_reference_page() {}

/// A script, style or picture of the reference's page.
#[utoipa::path(
    get,
    path = "/docs/{file}",
    tag = "reference",
    operation_id = "get_reference_file",
    params((
        "file" = String,
        Path,
        description = "The file's name",
        pattern = "^[A-Za-z0-9._-]+$",
        example = "swagger-ui.css",
    )),
    responses(
        (status = 200, description = "The file"),
        (status = 404, description = "`not-found`"),
    )
)]
#[expect(dead_code, reason = "describes what the reference's library serves")]
async fn get_reference_file() {}

/// Which day.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OfDay {
    /// The day (UTC); today unless told. The last 35 are known.
    #[param(value_type = Option<String>, format = Date)]
    day: Option<Date>,
}

/// What a member of a plan has done.
#[derive(Serialize, ToSchema)]
#[schema(as = Usage)]
struct UsageView {
    /// The user's id.
    user: Uuid,
    /// Requests of that day.
    #[schema(minimum = 1)]
    requests: u64,
}

/// How many requests each member of a plan has made in a day, who made most first.
#[utoipa::path(
    get,
    path = "/v1/admin/usage",
    tag = "staff",
    params(OfDay),
    responses((status = 200, description = "The members", body = List<UsageView>)),
    security(("bearer" = ["staff"])),
)]
async fn list_usage(
    State(usage): State<Usage>,
    Query(OfDay { day }): Query<OfDay>,
) -> Result<Json<List<UsageView>>, Problem> {
    let day = day.map_or(usage.today(), usage::day_of);
    let counts = usage.of(day).await;
    let counts = counts.map_err(|gone| Problem::unavailable().because(gone))?;
    let views = counts.into_iter();
    let views = views.map(|(user, requests)| UsageView { user, requests });
    Ok(Json(List::whole(views.collect())))
}
