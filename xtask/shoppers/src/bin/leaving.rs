//! People in a drill, each told by a mark that is in all that they tell the shop. For every line of standard input one of them does
//! something, and a line says when it is done: `live <mark>`, sign up, keep an address, and buy something (the order's id);
//! `leave <mark>`, delete the account, whatever fails meanwhile (`going` first, then `gone`); `send <mark>`, for the staff who
//! send the order and deliver it (`sent`). `cargo xtask drill leaving` drives it.

use std::{
    collections::HashMap,
    env,
    io::{BufRead, stdin},
    time::{Duration, Instant},
};

use shoppers::{Account, Fault, Service, told};
use terrace_sdk::{
    Client, Config, ListProductsParams, Refusal,
    types::{
        AddressInput, AskPasswordReset, DeliveryAddressInput, PaymentInput, PaymentStatus,
        PlaceOrder, SetCartItem,
    },
};
use tokio::time::sleep;

/// How long the shop may take to do what it is asked, where a part of it is gone.
const TIMEOUT: Duration = Duration::from_secs(120);

/// How long until something is tried again.
const PAUSE: Duration = Duration::from_millis(200);

// One thread: the machine is to work for the shop.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Fault> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [api, accounts] = arguments.as_slice() else {
        return Err("leaving <addresses of the API> <demo-accounts.json>".into());
    };
    let api = Service::at(api)?;
    let staff = client(&api);
    Account::staff(accounts)?.sign_in(&staff).await?;
    let mut people = HashMap::new();
    for line in stdin().lock().lines() {
        let line = line?;
        let (command, mark) = line.split_once(' ').ok_or("<command> <mark>")?;
        match command {
            "live" => {
                let person = Person::live(&api, mark).await?;
                println!("{}", person.order);
                people.insert(mark.to_owned(), person);
            }
            "leave" => {
                let person = people.get(mark).ok_or("nobody has this mark")?;
                println!("going");
                person.leave(&api).await?;
                println!("gone");
            }
            "send" => {
                let person = people.get(mark).ok_or("nobody has this mark")?;
                person.send(&staff).await?;
                println!("sent");
            }
            _ => return Err(format!("{command} is no command").into()),
        }
    }
    Ok(())
}

fn client(api: &Service) -> Client {
    Client::new(Config {
        http: api.http.clone(),
        ..Config::new(&api.url)
    })
}

struct Person {
    account: Account,
    shop: Client,
    /// An order that is under way.
    order: String,
}

impl Person {
    /// Signs up, keeps an address, asks for a letter, and buys something that is under way then.
    async fn live(api: &Service, mark: &str) -> Result<Self, Fault> {
        let shop = client(api);
        let email = format!("{mark}@garden.example");
        let account = Account::of(email, format!("{mark} is a long password"));
        account.sign_up(&shop, mark).await?;
        let letter = AskPasswordReset {
            email: account.email().to_owned(),
        };
        shop.ask_password_reset(&letter).await?;
        account.sign_in(&shop).await?;
        let kept = AddressInput {
            line2: Some(mark.to_owned()),
            ..AddressInput::new(mark, mark, mark, "OR", "97201", "US")
        };
        shop.add_address(&kept).await?;

        let in_stock = ListProductsParams {
            in_stock: Some(true),
            limit: Some(1),
            ..Default::default()
        };
        let mut products = shop.list_products(&in_stock).await?.items;
        let product = products.pop().ok_or("no product")?.id;
        let cart = shop
            .set_cart_item(&product, &SetCartItem { quantity: 1 })
            .await?;
        let payment = PaymentInput {
            token: "tok_visa".to_owned(),
        };
        let home = DeliveryAddressInput {
            line2: Some(mark.to_owned()),
            ..DeliveryAddressInput::new(mark, mark, mark, "OR", "97201", "US")
        };
        let order = PlaceOrder {
            address: Some(home),
            ..PlaceOrder::new(payment, cart.total)
        };
        let order = shop.with_key(mark).place_order(&order).await?.id;
        insist("an order settles", async || {
            match shop.get_order(&order).await?.payment.status {
                PaymentStatus::Captured => Ok(Some(())),
                _ => Ok(None),
            }
        })
        .await?;
        shop.set_cart_item(&product, &SetCartItem { quantity: 2 })
            .await?;
        Ok(Self {
            account,
            shop,
            order,
        })
    }

    /// Deletes the account, which may have failed; then they do it again. Fails when it was answered and has not happened.
    async fn leave(&self, api: &Service) -> Result<(), Fault> {
        let is_answered = self.shop.delete_me().await.is_ok();
        let signs_in = insist("the account is deleted", async || {
            let again = client(api);
            match self.account.sign_in(&again).await {
                // They are gone: everything else is a fault that passes.
                Err(refusal) if refusal.status == 401 => Ok(Some(false)),
                Err(refusal) => Err(refusal),
                Ok(_) if is_answered => Ok(Some(true)),
                Ok(_) => again.delete_me().await.map(|()| Some(false)),
            }
        });
        match signs_in.await? {
            true => Err("what was answered has not happened".into()),
            false => Ok(()),
        }
    }

    /// Sends the order, and delivers it.
    async fn send(&self, staff: &Client) -> Result<(), Fault> {
        // 409 by an attempt whose answer was lost.
        let done = |answer: Result<_, Refusal>| match answer {
            Err(refusal) if refusal.status != 409 => Err(refusal),
            _ => Ok(Some(())),
        };
        insist("the order is sent", async || {
            done(staff.ship_order(&self.order, None).await)
        })
        .await?;
        insist("the order is delivered", async || {
            done(staff.deliver_order(&self.order).await)
        })
        .await
    }
}

/// Tries something again and again until it comes to something. Fails when that takes too long.
async fn insist<T>(
    what: &str,
    attempt: impl AsyncFn() -> Result<Option<T>, Refusal>,
) -> Result<T, Fault> {
    let started = Instant::now();
    loop {
        let missed = match attempt().await {
            Ok(Some(done)) => return Ok(done),
            Ok(None) => "not yet".to_owned(),
            Err(refusal) => told(&refusal),
        };
        if started.elapsed() > TIMEOUT {
            return Err(format!("{what}: {missed}").into());
        }
        sleep(PAUSE).await;
    }
}
