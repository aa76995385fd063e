//! The services that keep something of people, besides users: each tells what, page by page, by an operation that
//! is for users alone. What it means only they know; here it is JSON.

use client::Neighbour;
use http::Method;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::Error;

/// How many items are asked for at once: as many as a page may have.
const PAGE: usize = 100;

/// What is said of `orders.json`.
const ORDERS: &str =
    "your orders: what, when, where to, and how they were paid. If you delete your account, tax
                law has us keep their number, products, amounts, dates, and the country and
                region that they went to. Those that are still on their way keep your address
                until they have arrived.";

/// Where something is kept of people.
#[derive(Clone)]
pub struct Keeper {
    /// What it keeps, as it is called there and in the archive.
    what: &'static str,
    /// What people are told of it.
    pub(crate) about: &'static str,
    neighbour: Neighbour,
}

/// All of them. The catalog keeps nothing of people.
#[derive(Clone, Default)]
pub struct Keepers(Vec<Keeper>);

impl Keepers {
    /// And orders, which asks payments: those know no people.
    #[must_use]
    pub fn with_orders(self, orders: &Neighbour) -> Self {
        let kept = [
            ("cart", "what you mean to buy"),
            ("orders", ORDERS),
            (
                "payments",
                "the payments of these orders, and the money that moved",
            ),
        ];
        self.keeping(kept, orders)
    }

    /// And notices.
    #[must_use]
    pub fn with_notices(self, notices: &Neighbour) -> Self {
        let letters = "letters to you that are not sent yet, or could not be sent";
        self.keeping([("letters", letters)], notices)
    }

    /// And another, of what it calls these: each with what people are told of it.
    #[must_use]
    pub fn keeping<const N: usize>(
        mut self,
        kept: [(&'static str, &'static str); N],
        neighbour: &Neighbour,
    ) -> Self {
        self.0.extend(kept.map(|(what, about)| Keeper {
            what,
            about,
            neighbour: neighbour.clone(),
        }));
        self
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Keeper> {
        self.0.iter()
    }
}

#[derive(Deserialize)]
struct Page {
    items: Vec<Value>,
    next_cursor: Option<String>,
}

impl Keeper {
    /// Its file in the archive.
    pub(crate) fn file(&self) -> String {
        format!("{}.json", self.what)
    }

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
