//! Every list of orders is found by an index, whatever the database keeps of a statement that is
//! asked again and again. `cargo xtask bench lists` asks the same of many more orders.

#[path = "../examples/shared/lists.rs"]
mod lists;

use kit::store::StoreUrl;
use testkit::{
    lists::check,
    postgres::{Server, Sync},
};

const ORDERS: u32 = 6_000;

#[tokio::test]
async fn every_list_of_sqlite_walks_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let url = StoreUrl::Sqlite(folder.path().join("orders.db"));

    check::<lists::Orders>(&url, ORDERS).await;
}

#[tokio::test]
async fn every_list_of_postgres_walks_an_index() {
    // One of our own: only a superuser is told of plans.
    let server = Server::start(Sync::Off);
    let database = server.database().await;

    check::<lists::Orders>(&database.url(), ORDERS).await;
}
