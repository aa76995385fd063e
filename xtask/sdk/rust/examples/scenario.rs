//! One story of a shopper, by the client. `cargo xtask test sdk` starts the shop and this.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    io::{Read, Write},
    net::TcpStream,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use futures_util::StreamExt;
use terrace_sdk::{
    Attempt, Client, Config, Credentials, ListOrdersParams, ListProductsParams, Refusal, each, slugs, types::*,
};

const PASSWORD: &str = "a long pass phrase";

struct Story {
    url: String,
    faulty: String,
    email: String,
}

#[tokio::main]
async fn main() {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("after 1970");
    let story = Story {
        url: env::var("SHOP_API").expect("SHOP_API"),
        faulty: env::var("SHOP_FAULTS").expect("SHOP_FAULTS"),
        email: format!("rust-{}@garden.example", now.as_nanos()),
    };
    let shop = Client::new(Config::new(&story.url));
    let names = browse(&shop).await;
    story.sign_up(&shop).await;
    let monstera = ListProductsParams {
        q: Some("monstera".into()),
        ..Default::default()
    };
    let plant = shop
        .list_products(&monstera)
        .await
        .expect("products")
        .items
        .remove(0)
        .id;
    let total = story.buy(&plant).await;
    story.signatures(&shop, &plant).await;
    let orders = story.networks(&shop, &plant, &total).await;
    story.time_passes().await;
    shop.sign_out().await.expect("signed out");
    refused(shop.get_me().await, 401, slugs::SIGN_IN_REQUIRED);
    println!("rust: {names} products, {orders} orders");
}

async fn browse(shop: &Client) -> usize {
    let mut names = BTreeMap::new();
    let mut all = pin!(each(|cursor| async move {
        shop.list_products(&ListProductsParams {
            cursor,
            limit: Some(5),
            ..Default::default()
        })
        .await
    }));
    while let Some(product) = all.next().await {
        let product = product.expect("a product");
        names.insert(product.slug, product.id);
    }
    assert!(names.len() > 10, "a list has more than one page");
    #[expect(deprecated, reason = "the second version has no slugs in its answer")]
    let [unknown, elsewhere] = [
        shop.get_product("a b ü*?").await,
        shop.get_product("..").await,
    ];
    refused(unknown, 404, slugs::NOT_FOUND);
    assert_eq!(
        elsewhere.expect_err("it leads elsewhere").slug,
        "unsendable"
    );
    // The version of a product, to be changed by it.
    let tags = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&tags);
    let shown = shop.on_headers(move |headers| {
        told.lock().expect("a list").extend(headers.get("etag").cloned());
    });
    let (_, id) = names.first_key_value().expect("a product");
    shown.get_product_v2(id).await.expect("a product");
    assert_eq!(tags.lock().expect("a list").len(), 1);
    names.len()
}

impl Story {
    fn who(&self) -> SignIn {
        SignIn {
            email: self.email.clone(),
            password: PASSWORD.into(),
        }
    }

    async fn sign_up(&self, shop: &Client) {
        let rose = SignUp {
            email: self.email.clone(),
            password: PASSWORD.into(),
            name: "Rose".into(),
        };
        refused(shop.get_cart().await, 401, slugs::SIGN_IN_REQUIRED);
        let broken = SignUp {
            password: "short".into(),
            name: String::new(),
            ..rose.clone()
        };
        let broken = refused(shop.sign_up(&broken).await, 422, slugs::INVALID_BODY);
        let pointers: BTreeSet<_> = broken.errors.iter().map(|it| &*it.pointer).collect();
        assert_eq!(pointers, BTreeSet::from(["/name", "/password"]));
        shop.sign_up(&rose).await.expect("an account");
        refused(shop.sign_up(&rose).await, 409, slugs::EMAIL_TAKEN);
        let wrong = SignIn {
            password: "another phrase".into(),
            ..self.who()
        };
        refused(shop.sign_in(&wrong).await, 401, slugs::WRONG_CREDENTIALS);
        shop.sign_in(&self.who()).await.expect("signed in");
        shop.refresh_session().await.expect("new tokens");
        assert_eq!(shop.get_me().await.expect("me").email, self.email);
    }

    /// Requests are signed; the order is followed and cancelled, and whoever comes back goes on where they were.
    async fn buy(&self, plant: &str) -> OrdersMoney {
        let shop = Client::new(Config {
            signing: true,
            now: Box::new(slow),
            ..Config::new(&self.url)
        });
        shop.sign_in(&self.who()).await.expect("signed in");
        shop.set_cart_item(plant, &SetCartItem { quantity: 1 })
            .await
            .expect("a cart");
        let total = shop.get_cart().await.expect("a cart").total;
        let more = OrdersMoney {
            amount: total.amount + 1,
            ..total.clone()
        };
        let changed = refused(order(&shop, "tok_visa", &more).await, 409, slugs::PRICE_CHANGED);
        let conflict: CheckoutConflict =
            serde_json::from_value(changed.document.clone()).expect("its document");
        assert_eq!(conflict.price_change.expect("prices").total, total);
        refused(
            order(&shop, "tok_declined", &total).await,
            402,
            slugs::PAYMENT_DECLINED,
        );
        self.declines(plant, &total).await;
        let bought = order(&shop, "tok_visa", &total).await.expect("an order");
        assert_eq!(bought.status, OrderStatus::Confirmed);
        let all = follow(&shop, &bought.id, None, Some(&shop)).await;
        assert_eq!(
            all,
            [
                OrderStatus::Placed,
                OrderStatus::Confirmed,
                OrderStatus::Cancelled
            ]
        );
        assert_eq!(
            follow(&shop, &bought.id, Some("2"), None).await,
            [OrderStatus::Cancelled]
        );
        refused(shop.cancel_order(&bought.id).await, 409, slugs::WRONG_STATE);
        total
    }

    /// Whose cards are declined again and again waits longer than the client would: that comes back at once.
    async fn declines(&self, plant: &str, total: &OrdersMoney) {
        let shop = Client::new(Config::new(&self.url));
        let other = SignIn {
            email: format!("other-{}", self.email),
            ..self.who()
        };
        let account = SignUp {
            email: other.email.clone(),
            password: PASSWORD.into(),
            name: "Other".into(),
        };
        shop.sign_up(&account).await.expect("an account");
        shop.sign_in(&other).await.expect("signed in");
        shop.set_cart_item(plant, &SetCartItem { quantity: 1 })
            .await
            .expect("a cart");
        for _ in 0..5 {
            let declined = order(&shop, "tok_declined", total).await;
            refused(declined, 402, slugs::PAYMENT_DECLINED);
        }
        let begun = Instant::now();
        let waits = order(&shop, "tok_visa", total).await;
        let wait = refused(waits, 429, slugs::TOO_MANY_DECLINES).retry_after;
        assert!(wait > Some(Duration::from_secs(20)), "{wait:?}");
        assert!(begun.elapsed() < Duration::from_secs(5));
    }

    /// What is not whole is refused; a wrong clock is corrected by the refusal.
    async fn signatures(&self, shop: &Client, plant: &str) {
        let issued = shop.create_credentials(None).await.expect("credentials");
        let by = |secret: &str, session: Option<&str>, now: fn() -> SystemTime| {
            let credentials = Credentials {
                access_key_id: issued.access_key_id.clone(),
                secret_access_key: secret.into(),
                session_token: session.map(str::to_owned),
                expires_at: None,
            };
            Client::new(Config {
                signing: true,
                credentials: Some(Box::new(move || {
                    let credentials = credentials.clone();
                    Box::pin(async move { Ok(credentials) })
                })),
                now: Box::new(now),
                ..Config::new(&self.url)
            })
        };
        let (secret, session) = (&*issued.secret_access_key, Some(&*issued.session_token));
        refused(
            by(secret, None, SystemTime::now).get_me().await,
            403,
            slugs::MISSING_AUTHENTICATION_TOKEN,
        );
        refused(
            by("another", session, SystemTime::now).get_me().await,
            403,
            slugs::INVALID_SIGNATURE,
        );
        // The one whose answer corrects the clock is not the only one that was wrong.
        let late = by(secret, session, slow);
        let (one, two) = tokio::join!(late.get_me(), late.get_me());
        for me in [one, two] {
            assert_eq!(me.expect("me").email, self.email);
        }
        let both = by(secret, session, SystemTime::now);
        let odd = ListProductsParams {
            q: Some("gärtner's (a*b) & c+d=e/f".into()),
            ..Default::default()
        };
        both.list_products(&odd).await.expect("products");
        let put = |quantity| {
            let both = both.clone();
            async move {
                both.set_cart_item(plant, &SetCartItem { quantity })
                    .await
                    .expect("a cart")
            }
        };
        tokio::join!(put(1), put(2));
    }

    /// What may be repeated is, and nothing else.
    async fn networks(&self, other: &Client, plant: &str, total: &OrdersMoney) -> usize {
        let attempts = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&attempts);
        let shop = Client::new(Config {
            on_attempt: Some(Box::new(move |it: &Attempt| {
                let status = it.refusal.map(|refusal| refusal.status);
                told.lock().expect("a list").push((it.number, status));
            })),
            ..Config::new(&self.faulty)
        });
        shop.sign_in(&self.who()).await.expect("signed in");
        attempts.lock().expect("a list").clear();
        self.order_faults("429 503 lost");
        assert_eq!(shop.get_me().await.expect("me").email, self.email);
        assert_eq!(
            *attempts.lock().expect("a list"),
            [(1, Some(429)), (2, Some(503)), (3, Some(0)), (4, None)]
        );
        shop.set_cart_item(plant, &SetCartItem { quantity: 1 })
            .await
            .expect("a cart");
        let all = ListOrdersParams::default();
        let before = shop.list_orders(&all).await.expect("orders").items.len();
        self.order_faults("lost 503 429");
        let once = order(&shop, "tok_visa", total).await.expect("an order").id;
        let orders = shop.list_orders(&all).await.expect("orders").items;
        assert_eq!(
            (orders.len(), &orders[0].id),
            (before + 1, &once),
            "one order, though its answer was lost"
        );
        self.order_faults("503");
        let busy = refused(shop.add_address(&address()).await, 503, slugs::UNKNOWN);
        assert_eq!(busy.retry_after, Some(Duration::from_secs(1)));
        let addresses = shop.list_addresses().await.expect("addresses").items;
        assert!(
            addresses.is_empty(),
            "what may be carried out twice was repeated"
        );
        self.order_faults("429");
        shop.add_address(&address()).await.expect("an address");
        self.order_faults("busy");
        let given_up = tokio::time::timeout(Duration::from_millis(300), shop.get_me()).await;
        given_up.expect_err("it waits for longer");
        let hasty = Client::new(Config {
            timeout: Duration::from_millis(300),
            retries: 0,
            ..Config::new(&self.faulty)
        });
        for fault in ["lost", "drip"] {
            self.order_faults(fault);
            refused(hasty.list_categories().await, 0, slugs::UNREACHABLE);
        }
        // A stream that breaks after each event goes on where it was.
        self.order_faults("cut cut cut");
        let all = follow(&shop, &once, None, Some(other)).await;
        assert_eq!(
            all,
            [
                OrderStatus::Placed,
                OrderStatus::Confirmed,
                OrderStatus::Cancelled
            ]
        );
        self.order_faults("");
        orders.len()
    }

    /// Tokens and credentials are renewed before they end, once for all who wait.
    async fn time_passes(&self) {
        let later = Arc::new(AtomicU64::new(0));
        let seconds = Arc::clone(&later);
        let now = move || SystemTime::now() + Duration::from_secs(seconds.load(Ordering::Relaxed));
        let paths = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&paths);
        let shop = Client::new(Config {
            signing: true,
            now: Box::new(now),
            on_attempt: Some(Box::new(move |it: &Attempt| {
                told.lock().expect("a list").push(it.path.to_owned());
            })),
            ..Config::new(&self.url)
        });
        shop.sign_in(&self.who()).await.expect("signed in");
        let credentials = "/v1/me/credentials";
        let renewed = ["/v1/sessions/refresh", credentials];
        for (seconds, before) in [(0, &renewed[1..]), (0, &[]), (870, &renewed)] {
            later.store(seconds, Ordering::Relaxed);
            paths.lock().expect("a list").clear();
            let (one, two, three) = tokio::join!(shop.get_me(), shop.get_me(), shop.get_me());
            assert_eq!(one.expect("me"), two.expect("me"));
            three.expect("me");
            let asked = [before, &["/v1/me"; 3]].concat();
            assert_eq!(*paths.lock().expect("a list"), asked);
        }
    }

    fn order_faults(&self, faults: &str) {
        let host = self
            .faulty
            .trim_start_matches("http://")
            .replace("localhost", "127.0.0.1");
        let mut proxy = TcpStream::connect(host).expect("the proxy");
        let head = format!(
            "PUT /faults HTTP/1.1\r\ncontent-length: {}\r\n\r\n",
            faults.len()
        );
        proxy
            .write_all((head + faults).as_bytes())
            .expect("the order");
        proxy.read_to_end(&mut Vec::new()).expect("its answer");
    }
}

/// The clock is an hour slow, and set by what the API answers.
fn slow() -> SystemTime {
    SystemTime::now() - Duration::from_secs(3600)
}

fn address() -> AddressInput {
    serde_json::from_value(delivery()).expect("an address")
}

fn delivery() -> serde_json::Value {
    serde_json::json!({
        "name": "Rose Gardener", "line1": "1 Orchard Lane", "city": "Portland", "region": "OR",
        "postal_code": "97201", "country": "US",
    })
}

async fn order(buyer: &Client, token: &str, total: &OrdersMoney) -> Result<Order, Refusal> {
    let payment = PaymentInput {
        token: token.into(),
    };
    let order = PlaceOrder {
        address: serde_json::from_value(delivery()).ok(),
        ..PlaceOrder::new(payment, total.clone())
    };
    buyer.place_order(&order).await
}

/// What happens to an order, which is cancelled as soon as it is confirmed.
async fn follow(
    shop: &Client,
    id: &str,
    after: Option<&str>,
    cancel_by: Option<&Client>,
) -> Vec<OrderStatus> {
    let mut seen = Vec::new();
    let mut events = pin!(shop.follow_order(id, after));
    while let Some(event) = events.next().await {
        let status = event.expect("an event").moment.status;
        seen.push(status);
        if let (OrderStatus::Confirmed, Some(by)) = (status, cancel_by) {
            by.cancel_order(id).await.expect("cancelled");
        }
    }
    seen
}

fn refused<T: std::fmt::Debug>(answer: Result<T, Refusal>, status: u16, slug: &str) -> Refusal {
    let refusal = answer.expect_err(slug);
    assert_eq!(
        (refusal.status, &*refusal.slug),
        (status, slug),
        "{refusal}"
    );
    assert!(refusal.request_id.is_some());
    refusal
}
