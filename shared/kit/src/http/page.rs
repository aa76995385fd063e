//! Lists by keyset pagination: `{ "items": [...], "next_cursor": "..." | null }`.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::ToSchema;

use super::{Problem, kinds};

/// How many items a page may have: 1–100, 24 unless told.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "u32")]
pub struct Limit(u32);

impl Limit {
    /// The number of items.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(24)
    }
}

impl TryFrom<u32> for Limit {
    type Error = &'static str;

    fn try_from(limit: u32) -> Result<Self, Self::Error> {
        if (1..=100).contains(&limit) {
            Ok(Self(limit))
        } else {
            Err("`limit` is 1 to 100")
        }
    }
}

/// Where a page ends: the sort key of its last item, opaque to callers.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// Writes the key of the last item.
    pub fn encode<K: Serialize>(key: &K) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).expect("a keyset is plain data"))
    }

    /// Reads the key back; 400 `bad-cursor` for anything that [`Cursor::encode`] did not write.
    pub fn decode<K: DeserializeOwned>(&self) -> Result<K, Problem> {
        let bytes = URL_SAFE_NO_PAD.decode(&self.0).ok();
        bytes
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .ok_or_else(Self::refused)
    }

    /// 400 `bad-cursor`: it is none of ours, or one of another list.
    pub fn refused() -> Problem {
        kinds::BAD_CURSOR
            .problem()
            .detail("Pass `next_cursor` back as it was, with the same filters and sort.")
    }
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    /// The items, in the order asked for.
    pub items: Vec<T>,
    /// Pass it back as `cursor` for the next page; null on the last.
    #[schema(required, example = json!(null))]
    pub next_cursor: Option<String>,
}

impl<T> List<T> {
    /// A page from `limit + 1` rows: the extra row tells that there is a next page.
    pub fn from_rows<K: Serialize>(
        mut rows: Vec<T>,
        limit: Limit,
        key: impl FnOnce(&T) -> K,
    ) -> Self {
        let size = limit.get() as usize;
        let more = rows.len() > size;
        rows.truncate(size);
        let next_cursor = rows
            .last()
            .filter(|_| more)
            .map(|last| Cursor::encode(&key(last)));
        Self {
            items: rows,
            next_cursor,
        }
    }

    /// A list that always fits one page.
    pub fn whole(items: Vec<T>) -> Self {
        Self {
            items,
            next_cursor: None,
        }
    }

    /// The same page with other items.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> List<U> {
        List {
            items: self.items.into_iter().map(f).collect(),
            next_cursor: self.next_cursor,
        }
    }
}
