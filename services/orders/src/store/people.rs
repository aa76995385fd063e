//! People who leave.

use async_trait::async_trait;
use jiff::SignedDuration;
use uuid::Uuid;

use crate::Error;

/// For how long somebody who left is remembered: far longer than anything that was begun before can come late.
pub(super) const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// People, as far as orders knows them: an id, a cart, and where their orders went.
#[async_trait]
pub trait People: Send + Sync {
    /// Forgets a person whose account is gone; repeatable. The cart goes. Orders that are over lose the person,
    /// and those under way do in the transaction that ends them. What the person asks for late is refused:
    /// nothing is placed and no cart filled in the 30 days after this.
    ///
    /// An order without its person keeps what the tax law asks for: number, lines, amounts, dates, and the
    /// country and region that it went to.
    async fn forget_person(&self, user_id: Uuid) -> Result<(), Error>;
}
