//! What a tab tells: the form of it, and what is made of it.

use jiff::{SignedDuration, Timestamp};
use kit::http::{Faults, Parse};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::click::{Click, Seen, keepable};

/// How many of a kind one request may tell.
const MAX: usize = 50;

/// How long ago, at most: an hour.
const MAX_AGO_MS: i64 = 3_600_000;

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
    #[serde(default, deserialize_with = "kit::http::integer")]
    #[schema(value_type = u32, minimum = 0, maximum = 3_600_000)]
    ago_ms: i64,
}

/// A product.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeenProduct {
    /// Its id.
    product_id: Uuid,
    /// How long ago, in milliseconds.
    #[serde(default, deserialize_with = "kit::http::integer")]
    #[schema(value_type = u32, minimum = 0, maximum = 3_600_000)]
    ago_ms: i64,
}

/// A search.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Searched {
    /// What for. Words that may be about a person are not kept.
    #[schema(max_length = 200, example = "tomato")]
    words: String,
    /// How many products its first page has.
    #[serde(deserialize_with = "kit::http::integer")]
    #[schema(value_type = u32, minimum = 0, maximum = 100)]
    found: i64,
    /// How long ago, in milliseconds.
    #[serde(default, deserialize_with = "kit::http::integer")]
    #[schema(value_type = u32, minimum = 0, maximum = 3_600_000)]
    ago_ms: i64,
}

/// What is told, in the words of the domain.
pub(crate) struct Told {
    pub(super) visit: Uuid,
    pub(super) clicks: Vec<Click>,
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
            let ago = ago(faults, &pointer, ago_ms);
            seen.push((Seen::Page { visit, page }, ago));
        }
        for (at, SeenProduct { product_id, ago_ms }) in self.products.into_iter().enumerate() {
            let ago = ago(faults, &format!("/products/{at}"), ago_ms);
            seen.push((Seen::Product { visit, product_id }, ago));
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
            if !(0..=100).contains(&found) {
                faults.add(&format!("{pointer}/found"), "is 0 to 100");
            }
            let ago = ago(faults, &pointer, ago_ms);
            let words = keepable(&words);
            seen.push((Seen::Search { words, found }, ago));
        }
        let now = Timestamp::now();
        let clicks = seen.into_iter();
        let clicks = clicks.map(|(seen, ago)| Click::new(seen, now, ago));
        Some(Told {
            visit,
            clicks: clicks.collect(),
        })
    }
}

fn ago(faults: &mut Faults, pointer: &str, ago_ms: i64) -> SignedDuration {
    if (0..=MAX_AGO_MS).contains(&ago_ms) {
        return SignedDuration::from_millis(ago_ms);
    }
    let detail = format_args!("is 0 to {MAX_AGO_MS}");
    faults.add(&format!("{pointer}/ago_ms"), detail);
    // Nothing comes of the clicks, and no time is out of reach.
    SignedDuration::ZERO
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
