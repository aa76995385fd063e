//! The services that keep something of people, besides users: each tells what, page by page, by an operation that
//! is for users alone. What it means only they know; here it is JSON.

use std::sync::Arc;

use client::Neighbour;
use http::Method;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::Error;

/// How many items are asked for at once: as many as a page may have.
const PAGE: usize = 100;

/// Where something is kept of people.
#[derive(Clone)]
pub struct Keeper {
    /// What it is called in the archive.
    pub(crate) file: &'static str,
    what: &'static str,
    neighbour: Neighbour,
}

/// All of them. Payments knows no people: orders asks it. The catalog keeps nothing of people.
pub fn keepers(orders: &Neighbour, notices: &Neighbour) -> Arc<[Keeper]> {
    let keeper = |file, what, neighbour: &Neighbour| Keeper {
        file,
        what,
        neighbour: neighbour.clone(),
    };
    [
        keeper("cart.json", "cart", orders),
        keeper("orders.json", "orders", orders),
        keeper("payments.json", "payments", orders),
        keeper("letters.json", "letters", notices),
    ]
    .into()
}

#[derive(Deserialize)]
struct Page {
    items: Vec<Value>,
    next_cursor: Option<String>,
}

impl Keeper {
    /// All that it keeps of this user, as a JSON array. [`Error::Incomplete`] when it does not tell.
    pub(crate) async fn tell(&self, user_id: Uuid) -> Result<String, Error> {
        let mut told = String::from("[");
        let mut cursor = String::new();
        loop {
            let what = self.what;
            let path = format!("/internal/people/{user_id}/{what}?limit={PAGE}{cursor}");
            let page = self.neighbour.call(Method::GET, &path, &());
            let page: Page = page
                .await
                .map_err(|fault| Error::Incomplete(fault.into()))?;
            for item in page.items {
                let before = if told.len() == 1 { "\n" } else { ",\n" };
                told.push_str(before);
                told.push_str(&item.to_string());
            }
            match page.next_cursor {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        told.push_str("\n]\n");
        Ok(told)
    }
}
