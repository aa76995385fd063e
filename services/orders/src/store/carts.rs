//! Carts: what people mean to buy.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{Error, cart::Item};

/// Everybody's cart. Every method is atomic.
#[async_trait]
pub trait Carts: Send + Sync {
    /// The user's cart, in the order in which the products were added.
    async fn cart(&self, user_id: Uuid) -> Result<Vec<Item>, Error>;

    /// Puts an item into the cart, or changes its quantity; [`Error::CartFull`],
    /// [`Error::AccountDeleted`].
    async fn set_item(&self, user_id: Uuid, item: Item) -> Result<(), Error>;

    /// Takes an item out of the cart; repeatable.
    async fn remove_item(&self, user_id: Uuid, product_id: Uuid) -> Result<(), Error>;

    /// Empties the cart; repeatable.
    async fn clear_cart(&self, user_id: Uuid) -> Result<(), Error>;
}
