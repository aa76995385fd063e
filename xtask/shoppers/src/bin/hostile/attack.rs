//! What attackers do, each from the same address with the same three accounts.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use futures_util::future::{join, join_all};
use shoppers::Fault;
use terrace_sdk::types::{SetCartItem, SignIn};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::sleep,
};
use uuid::Uuid;

use crate::{
    honest::{any_product, order},
    visitor::{Visitor, connect},
};

/// Where all of them are.
const ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 0, 9, 9);

/// How many accounts they have.
const ACCOUNTS: usize = 3;

type Attack = fn(Arc<Attackers>) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// All attacks. None ends by itself.
pub(crate) const ATTACKS: [(&str, Attack); 8] = [
    ("streams", |them| Box::pin(streams(them))),
    ("unread answers", |them| Box::pin(unread(them))),
    ("slow bodies", |them| Box::pin(slow_bodies(them))),
    ("slow heads", |them| Box::pin(slow_heads(them))),
    ("guesses", |them| Box::pin(guesses(them))),
    ("accounts", |them| Box::pin(accounts(them))),
    ("refusals", |them| Box::pin(refusals(them))),
    ("preflights", |them| Box::pin(preflights(them))),
];

/// Those who attack.
pub(crate) struct Attackers {
    api: SocketAddr,
    site: SocketAddr,
    accounts: Vec<Visitor>,
    /// Their access tokens.
    tokens: Vec<String>,
    /// An order of the first account.
    order: String,
}

impl Attackers {
    pub(crate) async fn sign_up(api: SocketAddr, site: SocketAddr) -> Result<Self, Fault> {
        let (mut accounts, mut tokens) = (Vec::new(), Vec::new());
        for _ in 0..ACCOUNTS {
            let account = Visitor::at(ADDRESS, api)?;
            tokens.push(account.sign_up().await?);
            accounts.push(account);
        }
        let shop = &accounts[0].shop;
        let product = any_product(shop).await?;
        let one = SetCartItem { quantity: 1 };
        let cart = shop.set_cart_item(&product, &one).await?;
        let order = shop.place_order(&order(cart.total)).await?.id;
        Ok(Self {
            api,
            site,
            accounts,
            tokens,
            order,
        })
    }

    /// A connection on which this has been said.
    async fn say(&self, to: SocketAddr, said: &str) -> io::Result<TcpStream> {
        let mut connection = connect(ADDRESS, to).await?;
        connection.write_all(said.as_bytes()).await?;
        Ok(connection)
    }

    fn token(&self, number: usize) -> &str {
        &self.tokens[number % ACCOUNTS]
    }
}

/// Event streams of one order, as many as there can be.
async fn streams(them: Arc<Attackers>) {
    let (order, token) = (&them.order, them.token(0));
    let request = format!(
        "GET /v1/orders/{order}/events HTTP/1.1\r\nhost: shop\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    keep_opening(&them, &request, None, Duration::from_millis(15)).await;
}

/// Large answers that nobody reads.
async fn unread(them: Arc<Attackers>) {
    let large = "GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nhost: shop\r\n\r\n".repeat(8);
    let pages = "GET / HTTP/1.1\r\nhost: shop\r\n\r\n".repeat(200);
    keep_opening(&them, &large, Some(&pages), Duration::from_millis(15)).await;
}

/// Heads that never end, at the API and at the site.
async fn slow_heads(them: Arc<Attackers>) {
    let half = "GET / HTTP/1.1\r\nhost: shop\r\nx-slow: ";
    keep_opening(&them, half, Some(half), Duration::from_millis(5)).await;
}

/// Opens connections, says something, and keeps them.
async fn keep_opening(them: &Attackers, to_api: &str, to_site: Option<&str>, pause: Duration) {
    let mut kept = Vec::new();
    loop {
        kept.extend(them.say(them.api, to_api).await);
        if let Some(said) = to_site {
            kept.extend(them.say(them.site, said).await);
        }
        sleep(pause).await;
    }
}

/// Orders whose body does not come.
async fn slow_bodies(them: Arc<Attackers>) {
    let mut held = Vec::new();
    for number in 0.. {
        let (token, key) = (them.token(number), Uuid::new_v4());
        let request = format!(
            "POST /v1/orders HTTP/1.1\r\nhost: shop\r\nauthorization: Bearer {token}\r\n\
             idempotency-key: {key}\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{{"
        );
        held.extend(them.say(them.api, &request).await);
        sleep(Duration::from_millis(6)).await;
    }
}

/// Passwords of somebody else's account, each with a token of one's own.
async fn guesses(them: Arc<Attackers>) {
    let guess = |number: usize| {
        let them = them.clone();
        async move {
            let account = &them.accounts[number % ACCOUNTS];
            loop {
                let guess = SignIn {
                    email: "staff@terrace.example".to_owned(),
                    password: Uuid::new_v4().into(),
                };
                let _ = account.shop.sign_in(&guess).await;
                account.attempts.take();
            }
        }
    };
    join_all((0..12).map(guess)).await;
}

/// New accounts without end.
async fn accounts(them: Arc<Attackers>) {
    let sign_up = |number: usize| {
        let them = them.clone();
        async move {
            let account = &them.accounts[number % ACCOUNTS];
            loop {
                let _ = account.sign_up().await;
                account.attempts.take();
            }
        }
    };
    join_all((0..12).map(sign_up)).await;
}

/// Requests beyond every limit, a hundred at a time.
async fn refusals(them: Arc<Attackers>) {
    let token = them.token(1);
    let request = format!(
        "GET /v1/cart HTTP/1.1\r\nhost: shop\r\nauthorization: Bearer {token}\r\n\r\n\
         GET /v1/products?q=fern HTTP/1.1\r\nhost: shop\r\n\r\n"
    );
    pipeline(&them, &request.repeat(50)).await;
}

/// Questions whether one may ask.
async fn preflights(them: Arc<Attackers>) {
    let request = "OPTIONS /v1/cart HTTP/1.1\r\nhost: shop\r\norigin: http://localhost:3000\r\n\
                   access-control-request-method: GET\r\n\r\n";
    pipeline(&them, &request.repeat(100)).await;
}

/// Says the same again and again on a few connections, and reads what is answered.
async fn pipeline(them: &Attackers, said: &str) {
    let say = |_| async {
        loop {
            if let Ok(connection) = connect(ADDRESS, them.api).await {
                let (mut answers, mut requests) = connection.into_split();
                let asking = async { while requests.write_all(said.as_bytes()).await.is_ok() {} };
                let mut buffer = vec![0; 64 * 1024];
                let hearing = async { while let Ok(1..) = answers.read(&mut buffer).await {} };
                join(asking, hearing).await;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    join_all((0..4).map(say)).await;
}
