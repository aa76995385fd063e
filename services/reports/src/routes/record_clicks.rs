//! `POST /v1/clicks`: what a tab of the storefront has shown, without who looked at it.
//!
//! Anybody may call, and nobody is asked who they are. The answer is the same whatever becomes of the clicks: no page
//! waits for it or is worse off without.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use jiff::{SignedDuration, Timestamp};
use kit::http::{Faults, Parse, ValidJson};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    AppState,
    click::{Click, Seen, keepable},
    clicks::{Outcome, count},
};

/// How many of a kind one request may tell.
const MAX: usize = 50;

/// How long ago, at most: an hour.
const MAX_AGO_MS: u32 = 3_600_000;

/// The longest search that is read, in characters: what the search takes.
const MAX_SEARCH: usize = 200;

/// What a tab has shown since it told the last time.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordClicks {
    /// A random name that the tab made for itself and keeps nowhere.
    visit: Uuid,
    #[serde(default)]
    #[schema(max_items = 50)]
    pages: Vec<SeenPage>,
    #[serde(default)]
    #[schema(max_items = 50)]
    products: Vec<SeenProduct>,
    #[serde(default)]
    #[schema(max_items = 50)]
    searches: Vec<Searched>,
}

/// A page.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeenPage {
    /// The template of its path, never its address.
    #[schema(
        max_length = 64,
        pattern = "^/(([a-z]+(-[a-z]+)*|\\[[a-z]+\\])(/([a-z]+(-[a-z]+)*|\\[[a-z]+\\]))*)?$",
        example = "/product/[slug]"
    )]
    page: String,
    /// How long ago, in milliseconds.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 3_600_000)]
    ago_ms: u32,
}

/// A product.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeenProduct {
    /// Its id.
    product_id: Uuid,
    /// How long ago, in milliseconds.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 3_600_000)]
    ago_ms: u32,
}

/// A search.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Searched {
    /// What for. Words that may be about a person are not kept.
    #[schema(max_length = 200, example = "tomato")]
    words: String,
    /// How many products its first page has.
    #[schema(minimum = 0, maximum = 100)]
    found: u32,
    /// How long ago, in milliseconds.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 3_600_000)]
    ago_ms: u32,
}

/// What is told, in the words of the domain.
pub(crate) struct Told {
    visit: Uuid,
    clicks: Vec<Click>,
}

/// Takes what a tab has shown. Nothing is kept of who looked, of the address or the browser, and nothing at all of a
/// request that says `Sec-GPC: 1` or `DNT: 1`. Clicks that cannot be kept are lost, and nobody is told.
#[utoipa::path(
    post,
    path = "/v1/clicks",
    tag = "clicks",
    request_body = RecordClicks,
    responses((status = 202, description = "Heard; whether anything is kept of it is not told")),
    extensions(("x-edge" = json!({
        "throttle": { "rate_per_s": 1, "burst": 30 }, "timeout_ms": 2000, "body_limit": 65536, "priority": "low",
    }))),
)]
pub(crate) async fn record_clicks(
    State(state): State<AppState>,
    headers: HeaderMap,
    ValidJson(Told { visit, clicks }): ValidJson<RecordClicks>,
) -> StatusCode {
    let many = clicks.len();
    if wants_none(&headers) {
        count(Outcome::OptedOut, many);
        return StatusCode::ACCEPTED;
    }
    if let Some(keeper) = state.clicks.clicks.as_ref().filter(|_| many > 0) {
        match keeper.take(visit, clicks).await {
            Ok(()) => count(Outcome::Taken, many),
            Err(fault) => {
                tracing::debug!(%fault, "clicks are lost");
                count(Outcome::Lost, many);
            }
        }
    }
    StatusCode::ACCEPTED
}

/// Whether the browser says that nothing be kept: Global Privacy Control, or the older "Do Not Track".
fn wants_none(headers: &HeaderMap) -> bool {
    let says = |name| headers.get_all(name).iter().any(|value| value == "1");
    says("sec-gpc") || says("dnt")
}

impl Parse for RecordClicks {
    type Valid = Told;

    fn parse(self, faults: &mut Faults) -> Option<Told> {
        for (pointer, many) in [
            ("/pages", self.pages.len()),
            ("/products", self.products.len()),
            ("/searches", self.searches.len()),
        ] {
            if many > MAX {
                faults.add(pointer, format_args!("has at most {MAX}"));
                return None;
            }
        }
        let visit = self.visit;
        let mut seen = Vec::new();
        for (at, SeenPage { page, ago_ms }) in self.pages.into_iter().enumerate() {
            let pointer = format!("/pages/{at}");
            if !is_template(&page) {
                faults.add(&format!("{pointer}/page"), "is no template of a path");
            }
            check_ago(faults, &pointer, ago_ms);
            seen.push((Seen::Page { visit, page }, ago_ms));
        }
        for (at, SeenProduct { product_id, ago_ms }) in self.products.into_iter().enumerate() {
            check_ago(faults, &format!("/products/{at}"), ago_ms);
            seen.push((Seen::Product { visit, product_id }, ago_ms));
        }
        for (at, search) in self.searches.into_iter().enumerate() {
            let pointer = format!("/searches/{at}");
            let Searched {
                words,
                found,
                ago_ms,
            } = search;
            if words.chars().count() > MAX_SEARCH {
                let detail = format_args!("has at most {MAX_SEARCH} characters");
                faults.add(&format!("{pointer}/words"), detail);
            }
            if found > 100 {
                faults.add(&format!("{pointer}/found"), "is at most 100");
            }
            check_ago(faults, &pointer, ago_ms);
            let words = keepable(&words);
            seen.push((Seen::Search { words, found }, ago_ms));
        }
        let now = Timestamp::now();
        let ago = |ms: u32| SignedDuration::from_millis(ms.into());
        let clicks = seen.into_iter();
        let clicks = clicks.map(|(seen, ago_ms)| Click::new(seen, now, ago(ago_ms)));
        Some(Told {
            visit,
            clicks: clicks.collect(),
        })
    }
}

fn check_ago(faults: &mut Faults, pointer: &str, ago_ms: u32) {
    if ago_ms > MAX_AGO_MS {
        let detail = format_args!("is at most {MAX_AGO_MS}");
        faults.add(&format!("{pointer}/ago_ms"), detail);
    }
}

/// Whether it is made of words and parameters: no id, no address, nothing that somebody typed.
fn is_template(page: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    let is_part = |part: &str| match part.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(is_word),
        None => part.split('-').all(is_word),
    };
    let Some(rest) = page.strip_prefix('/') else {
        return false;
    };
    page.len() <= 64 && (rest.is_empty() || rest.split('/').all(is_part))
}
