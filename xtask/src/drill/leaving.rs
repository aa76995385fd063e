//! The drill `leaving`: people delete their accounts while what has a part in it is killed. What is kept of them
//! goes everywhere all the same.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::{
    http,
    services::owners,
    up::{Shop, Up},
};

/// Who is killed while somebody leaves: at first nobody.
const KILLED: [&str; 7] = [
    "nobody", "users", "orders", "notices", "edge", "postgres", "redis",
];

/// Stands in everything that people tell.
const MARK: &str = "zqleaver";

/// How often each of them is.
const ROUNDS: usize = 2;

/// How long what was killed may take to come back, and what has to happen after it.
const TIMEOUT: Duration = Duration::from_secs(120);

/// How often is looked.
const LOOK: Duration = Duration::from_millis(200);

/// A person, who is told by a mark in all that they tell the shop.
struct Person {
    mark: String,
    /// The header that shows who calls.
    token: String,
    /// An order that is under way.
    order: String,
}

pub(super) fn run(data: &Path) -> anyhow::Result<()> {
    let mut shop = Up::for_tests(data, &["orders"]).open(&AtomicBool::new(false))?;
    let staff = staff(&shop, data)?;
    let mut people = Vec::new();
    for round in 0..KILLED.len() * ROUNDS {
        let person = live(&mut shop, &format!("{MARK}{round}x"))?;
        let known = marked(&shop, &person.mark)?;
        for table in ["users.address", "orders.purchase"] {
            ensure!(
                known.iter().any(|it| it == table),
                "{table} has nothing of who lives"
            );
        }
        people.push(person);
    }
    for (round, (person, victim)) in people.iter().zip(KILLED.iter().cycle()).enumerate() {
        println!("somebody leaves, and {victim} is killed");
        leave(&mut shop, person, victim, round)?;
    }
    let count = people.len();
    for service in ["orders", "notices"] {
        let gone = |shop: &Shop| {
            let found = shop.query(service, "select count(*) from departed");
            found.is_ok_and(|found| found.trim() == count.to_string())
        };
        ensure!(wait(&mut shop, gone)?, "{service} has not heard of all");
    }
    for person in &people {
        for step in ["ship", "deliver"] {
            let (port, path) = (
                shop.edge_port(),
                format!("/v1/orders/{}/{step}", person.order),
            );
            let headers = std::slice::from_ref(&staff);
            let done = shop.pass(TIMEOUT, || {
                match http::call(port, "POST", &path, headers, None) {
                    Ok(_) => true,
                    // By an attempt whose answer was lost.
                    Err(fault) => format!("{fault:#}").contains(" 409 "),
                }
            })?;
            ensure!(done, "an order cannot {step}");
        }
        let forgotten = |shop: &Shop| marked(shop, &person.mark).is_ok_and(|it| it.is_empty());
        let is_forgotten = wait(&mut shop, forgotten)?;
        ensure!(is_forgotten, "kept: {:?}", marked(&shop, &person.mark)?);
    }
    let redis = shop.redis_folder()?;
    // What is looked into is what it was told: of their orders it was.
    let orders = files_with(redis, &people[0].order)?;
    ensure!(!orders.is_empty(), "Redis was told nothing");
    let told = files_with(redis, MARK)?;
    ensure!(told.is_empty(), "Redis was told: {told:?}");
    println!(
        "\n{count} people have left: nothing of them is in a database, nor in what Redis was told."
    );
    Ok(())
}

/// Waits until something is so, in which what died is started again; false when it is not in time.
fn wait(shop: &mut Shop, is_so: impl Fn(&Shop) -> bool) -> anyhow::Result<bool> {
    let started = Instant::now();
    while started.elapsed() < TIMEOUT {
        if is_so(shop) {
            return Ok(true);
        }
        shop.pass(LOOK, || false)?;
    }
    Ok(false)
}

/// Every table of every database that has the mark, also as bytes.
fn marked(shop: &Shop, mark: &str) -> anyhow::Result<Vec<String>> {
    let bytes: String = mark.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut found = Vec::new();
    for owner in owners() {
        let tables = "select quote_ident(table_name) from information_schema.tables where table_schema = 'public'";
        for table in shop.query(owner, tables)?.lines() {
            let rows = format!(
                "select count(*) from {table} as it where it::text ilike '%{mark}%' or it::text like '%{bytes}%'"
            );
            if shop.query(owner, &rows)?.trim() != "0" {
                found.push(format!("{owner}.{table}"));
            }
        }
    }
    Ok(found)
}

/// The files in a folder and below it that have the mark.
fn files_with(folder: &Path, mark: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files_with(&path, mark)?);
        } else {
            let bytes = fs::read(&path)?;
            let mut windows = bytes.windows(mark.len());
            if windows.any(|it| it.eq_ignore_ascii_case(mark.as_bytes())) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

fn staff(shop: &Shop, data: &Path) -> anyhow::Result<String> {
    let accounts = fs::read_to_string(data.join("demo-accounts.json"))?;
    let accounts: Value = serde_json::from_str(&accounts)?;
    sign_in(shop.edge_port(), &accounts["staff"])
}

/// The header of who has this account.
fn sign_in(port: u16, account: &Value) -> anyhow::Result<String> {
    let credentials = json!({ "email": account["email"], "password": account["password"] });
    let session = http::post(port, "/v1/sessions", &credentials)?;
    let token = session["access_token"].as_str().context("a token")?;
    Ok(format!("authorization: Bearer {token}"))
}

fn account(mark: &str) -> Value {
    json!({ "email": format!("{mark}@garden.example"), "password": format!("{mark} is a long password") })
}

/// Signs up, keeps an address, asks for a letter, and buys something that is under way then.
fn live(shop: &mut Shop, mark: &str) -> anyhow::Result<Person> {
    let port = shop.edge_port();
    let mut sign_up = account(mark);
    sign_up["name"] = mark.into();
    http::post(port, "/v1/users", &sign_up)?;
    http::post(
        port,
        "/v1/password-resets",
        &json!({ "email": sign_up["email"] }),
    )?;
    let token = sign_in(port, &sign_up)?;
    let home = json!({
        "name": mark, "line1": mark, "line2": mark, "city": mark, "region": "OR", "postal_code": "97201",
        "country": "US",
    });
    let own = [token.clone(), format!("idempotency-key: {mark}")];
    http::send(port, "POST", "/v1/me/addresses", &own[..1], &home)?;
    let products = http::get(port, "/v1/products?in_stock=true&limit=1")?;
    let products: Value = serde_json::from_str(&products)?;
    let product = products["items"][0]["id"].as_str().context("a product")?;
    let item = format!("/v1/cart/items/{product}");
    http::send(port, "PUT", &item, &own[..1], &json!({ "quantity": 1 }))?;
    let cart = http::call(port, "GET", "/v1/cart", &own[..1], None)?;
    let order = json!({
        "address": home, "payment": { "token": "tok_visa" }, "expected_total": cart["total"],
    });
    let order = http::send(port, "POST", "/v1/orders", &own, &order)?;
    let order = order["id"].as_str().context("an order")?.to_owned();
    let path = format!("/v1/orders/{order}");
    let paid = || {
        let order = http::call(port, "GET", &path, &own[..1], None);
        order.is_ok_and(|order| order["payment"]["status"] == "captured")
    };
    ensure!(shop.pass(TIMEOUT, paid)?, "an order does not settle");
    http::send(port, "PUT", &item, &own[..1], &json!({ "quantity": 2 }))?;
    Ok(Person {
        mark: mark.to_owned(),
        token,
        order,
    })
}

/// Has somebody delete the account, which may have failed; then they do it again.
fn leave(shop: &mut Shop, person: &Person, victim: &str, round: usize) -> anyhow::Result<()> {
    let (port, token) = (shop.edge_port(), person.token.clone());
    let leaving =
        thread::spawn(move || http::call(port, "DELETE", "/v1/me", &[token], None).is_ok());
    thread::sleep(Duration::from_millis(round as u64 * 2));
    if victim != "nobody" {
        let replicas = shop.processes();
        let first = replicas.iter().find(|(name, _)| name.starts_with(victim));
        let name = first.map_or(victim, |(name, _)| name).to_owned();
        shop.signal(&name, "-KILL")?;
    }
    let answered = leaving.join().unwrap_or(false);
    let account = account(&person.mark);
    let mut signed_in_after = false;
    let gone = shop.pass(TIMEOUT, || {
        // 401, when they are gone: everything else is a fault that passes.
        match sign_in(port, &account) {
            Ok(token) => {
                signed_in_after = true;
                http::call(port, "DELETE", "/v1/me", &[token], None).is_ok()
            }
            Err(fault) => format!("{fault:#}").contains(" 401 "),
        }
    })?;
    ensure!(gone, "{} is still there", person.mark);
    ensure!(
        !(answered && signed_in_after),
        "what was answered has not happened"
    );
    Ok(())
}
