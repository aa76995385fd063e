//! A shopper's program at Amazon API Gateway, by the client. `cargo xtask test sdk-aws` deploys the shop and starts this: the
//! environment has temporary credentials, as AWS gives them, and both addresses of the API.

use std::{
    collections::BTreeSet,
    env,
    fmt::Debug,
    io::{Read, Write},
    net::TcpStream,
    pin::pin,
    time::{Duration, SystemTime},
};

use futures_util::StreamExt;
use terrace_sdk::{
    Client, Config, Credentials, ListAllOrdersParams, ListOrdersParams, ListProductsParams,
    Refusal, each, types::*,
};

#[tokio::main]
async fn main() {
    let shop = Client::new(Config::new(the("SHOP_API")));
    let names = browse(&shop).await;
    let monstera = ListProductsParams {
        q: Some("monstera".into()),
        ..Default::default()
    };
    let plants = shop.list_products(&monstera).await.expect("products");
    let plant = &plants.items[0].id;
    let total = buy(&shop, plant).await;
    signatures().await;
    let orders = networks(plant, &total).await;
    println!("rust: {names} products, {orders} orders");
}

/// What everybody may read is at the address for people, without a signature.
async fn browse(shop: &Client) -> usize {
    let mut names = BTreeSet::new();
    let mut all = pin!(each(|cursor| async move {
        let page = ListProductsParams {
            cursor,
            limit: Some(20),
            ..Default::default()
        };
        shop.list_products(&page).await
    }));
    while let Some(product) = all.next().await {
        names.insert(product.expect("a product").slug);
    }
    assert!(names.len() > 20, "a list has more than one page");
    #[expect(deprecated, reason = "the second version has no slugs in its answer")]
    refused(shop.get_product("no-such-plant").await, 404, "not-found");
    refused(shop.get_cart().await, 401, "invalid-token");
    let wrong = SignIn {
        password: "Another1phrase!".into(),
        ..who()
    };
    refused(shop.sign_in(&wrong).await, 401, "wrong-credentials");
    names.len()
}

/// By a clock that is an hour slow. Whoever signs in is who the credentials are of.
async fn buy(shop: &Client, plant: &str) -> OrdersMoney {
    shop.sign_in(&who()).await.expect("signed in");
    let program = whole(slow);
    let (me, same) = (program.get_me().await, shop.get_me().await);
    assert_eq!(me.expect("me").id, same.expect("me").id);
    program.clear_cart().await.expect("a cart");
    let none = program.set_cart_item(plant, &SetCartItem { quantity: 0 });
    refused(none.await, 422, "invalid-body");
    let one = SetCartItem { quantity: 1 };
    program.set_cart_item(plant, &one).await.expect("a cart");
    let total = program.get_cart().await.expect("a cart").total;
    let more = OrdersMoney {
        amount: total.amount + 1,
        ..total.clone()
    };
    let changed = refused(
        order(&program, "tok_visa", &more).await,
        409,
        "price-changed",
    );
    let conflict: CheckoutConflict =
        serde_json::from_value(changed.document.clone()).expect("its document");
    assert_eq!(conflict.price_change.expect("prices").total, total);
    let declined = order(&program, "tok_declined", &total).await;
    refused(declined, 402, "payment-declined");
    let bought = order(&program, "tok_visa", &total).await.expect("an order");
    let read = program.get_order(&bought.id).await.expect("an order");
    assert_eq!(read.number, bought.number);
    let mine = orders(&program).await;
    assert!(mine.iter().any(|it| it.id == bought.id));
    let cancelled = program.cancel_order(&bought.id).await.expect("an order");
    assert_eq!(cancelled.status, OrderStatus::Cancelled);
    refused(program.cancel_order(&bought.id).await, 409, "wrong-state");
    let any = ListAllOrdersParams::default();
    refused(program.list_all_orders(&any).await, 403, "forbidden");
    // API Gateway has no streams, and no such method.
    let first = pin!(program.follow_order(&bought.id, None)).next().await;
    refused(
        first.expect("an answer"),
        403,
        "missing-authentication-token",
    );
    total
}

/// What is not whole is refused; a wrong clock is corrected by the refusal.
async fn signatures() {
    let (key, secret) = (the("AWS_ACCESS_KEY_ID"), the("AWS_SECRET_ACCESS_KEY"));
    let session = Some(the("AWS_SESSION_TOKEN"));
    let unsigned = Client::new(Config::new(the("SHOP_SIGNED")));
    refused(
        unsigned.get_cart().await,
        403,
        "missing-authentication-token",
    );
    let without = by(&key, &secret, None, SystemTime::now);
    refused(without.get_cart().await, 403, "unrecognized-client");
    let unknown = by(
        "ASIAAAAAAAAAAAAAAAAA",
        &secret,
        session.clone(),
        SystemTime::now,
    );
    refused(unknown.get_cart().await, 403, "unrecognized-client");
    let another = by(&key, "another", session, SystemTime::now);
    refused(another.get_cart().await, 403, "invalid-signature");
    let late = whole(slow);
    let (one, two) = tokio::join!(late.get_me(), late.get_me());
    for me in [one, two] {
        assert_eq!(me.expect("me").email, who().email);
    }
}

/// What may be repeated is, and nothing else.
async fn networks(plant: &str, total: &OrdersMoney) -> usize {
    let program = whole(SystemTime::now);
    order_faults("429 503 lost");
    let one = SetCartItem { quantity: 1 };
    program.set_cart_item(plant, &one).await.expect("a cart");
    let before = orders(&program).await.len();
    order_faults("lost 503 429");
    let once = order(&program, "tok_visa", total).await.expect("an order");
    let after = orders(&program).await;
    assert_eq!(
        after.len(),
        before + 1,
        "one order, though its answer was lost"
    );
    assert_eq!(after[0].id, once.id);
    order_faults("503");
    let busy = program.add_address(&address()).await.expect_err("busy");
    assert_eq!(
        (busy.status, busy.retry_after),
        (503, Some(Duration::from_secs(1)))
    );
    let kept = program.list_addresses().await.expect("addresses");
    assert!(kept.items.is_empty());
    after.len()
}

async fn orders(program: &Client) -> Vec<Order> {
    let first = program.list_orders(&ListOrdersParams::default()).await;
    first.expect("orders").items
}

fn the(name: &str) -> String {
    env::var(name).expect(name)
}

fn slow() -> SystemTime {
    SystemTime::now() - Duration::from_secs(3600)
}

fn who() -> SignIn {
    SignIn {
        email: the("SHOP_EMAIL"),
        password: the("SHOP_PASSWORD"),
    }
}

/// With the credentials of the environment.
fn whole(now: fn() -> SystemTime) -> Client {
    let (key, secret) = (the("AWS_ACCESS_KEY_ID"), the("AWS_SECRET_ACCESS_KEY"));
    by(&key, &secret, Some(the("AWS_SESSION_TOKEN")), now)
}

fn by(key: &str, secret: &str, session_token: Option<String>, now: fn() -> SystemTime) -> Client {
    let credentials = Credentials {
        access_key_id: key.into(),
        secret_access_key: secret.into(),
        session_token,
        expires_at: None,
    };
    Client::new(Config {
        signing: true,
        credentials: Some(Box::new(move || {
            let credentials = credentials.clone();
            Box::pin(async move { Ok(credentials) })
        })),
        region: the("AWS_REGION"),
        now: Box::new(now),
        ..Config::new(the("SHOP_SIGNED"))
    })
}

fn order_faults(faults: &str) {
    let host = the("SHOP_FAULTS")
        .trim_start_matches("http://")
        .replace("localhost", "127.0.0.1");
    let mut proxy = TcpStream::connect(host).expect("the proxy");
    let length = faults.len();
    let head = format!("PUT /faults HTTP/1.1\r\ncontent-length: {length}\r\n\r\n");
    let sent = proxy.write_all((head + faults).as_bytes());
    sent.expect("the order");
    proxy.read_to_end(&mut Vec::new()).expect("its answer");
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
    let order = PlaceOrder {
        address: serde_json::from_value(delivery()).ok(),
        address_id: None,
        expected_items: None,
        expected_total: total.clone(),
        payment: PaymentInput {
            token: token.into(),
        },
    };
    buyer.place_order(&order).await
}

fn refused<T: Debug>(answer: Result<T, Refusal>, status: u16, slug: &str) -> Refusal {
    let refusal = answer.expect_err(slug);
    assert_eq!(
        (refusal.status, &*refusal.slug),
        (status, slug),
        "{refusal}"
    );
    assert!(refusal.request_id.is_some());
    refusal
}
