//! One who buys, and keeps what the shop said.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use shoppers::{Account, Attempts, Fault, Service, told};
use terrace_sdk::{
    Client, Config, Refusal,
    types::{PaymentInput, PlaceOrder, SetCartItem},
};
use uuid::Uuid;

use crate::{PAUSE, SETTLED};

/// How long one looks at what was bought. Meanwhile somebody else takes the connection, and the next order begins on a new one.
const LOOK: Duration = Duration::from_millis(100);

/// One who is signed in.
pub(crate) struct Shopper {
    shop: Client,
    attempts: Attempts,
    /// The orders that were acknowledged.
    pub(crate) acknowledged: Vec<String>,
    /// The attempts that failed, those that the client repeated as well.
    pub(crate) failed: Vec<String>,
}

impl Shopper {
    pub(crate) async fn sign_up(api: &Service) -> Result<Self, Fault> {
        let attempts = Attempts::default();
        let shop = Client::new(attempts.watch(Config {
            http: api.http.clone(),
            ..Config::new(&api.url)
        }));
        let account = Account::new();
        account.sign_up(&shop, "Drill").await?;
        account.sign_in(&shop).await?;
        Ok(Self {
            shop,
            attempts,
            acknowledged: Vec::new(),
            failed: Vec::new(),
        })
    }

    /// One order after the other. Fails when the shop refuses anything.
    pub(crate) async fn buy_until(
        mut self,
        enough: &AtomicBool,
        products: &[String],
    ) -> Result<Self, Fault> {
        let one = SetCartItem { quantity: 1 };
        for product in products.iter().cycle() {
            if enough.load(Ordering::SeqCst) {
                break;
            }
            // Who they are, what it is, into the cart: something for every service.
            self.insist(async |shop| shop.get_me().await).await?;
            self.insist(async |shop| shop.get_product_v2(product).await)
                .await?;
            let cart = self
                .insist(async |shop| shop.set_cart_item(product, &one).await)
                .await?;
            let payment = PaymentInput {
                token: "tok_visa".to_owned(),
            };
            let order = PlaceOrder {
                address: Some(Account::home()),
                ..PlaceOrder::new(payment, cart.total)
            };
            let key = Uuid::new_v4();
            let placed = self
                .insist(async |shop| shop.with_key(key).place_order(&order).await)
                .await?;
            self.acknowledged.push(placed.id);
            tokio::time::sleep(LOOK).await;
        }
        Ok(self)
    }

    /// Calls an operation again and again until it is done: what the client does not repeat, and when it has done so often enough.
    /// Fails when it is refused, though the client may have mended that, or fails for too long.
    async fn insist<T>(
        &mut self,
        call: impl AsyncFn(&Client) -> Result<T, Refusal>,
    ) -> Result<T, Fault> {
        let started = Instant::now();
        loop {
            let answer = call(&self.shop).await;
            for missed in self.attempts.take() {
                if missed.is_refused {
                    return Err(missed.told.into());
                }
                self.failed.push(missed.told);
            }
            let refusal = match answer {
                Err(refusal) if refusal.status >= 500 || refusal.slug == "unreachable" => refusal,
                answer => return answer.map_err(|refusal| told(&refusal).into()),
            };
            if started.elapsed() > SETTLED {
                return Err(format!("it fails all the time: {}", told(&refusal)).into());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
