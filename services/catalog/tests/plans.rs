//! Every list of the catalog is found by an index, whatever the database keeps of a statement that
//! is asked again and again. `cargo xtask bench lists` asks the same of many more products.

#[path = "../examples/shared/lists.rs"]
mod lists;

use kit::store::StoreUrl;
use testkit::{
    lists::check,
    postgres::{Server, Sync},
};

const PRODUCTS: u32 = 3_000;

#[tokio::test]
async fn every_list_of_sqlite_walks_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let url = StoreUrl::Sqlite(folder.path().join("catalog.db"));

    check::<lists::Catalog>(&url, PRODUCTS).await;
}

#[tokio::test]
async fn every_list_of_postgres_walks_an_index() {
    // One of our own: only a superuser is told of plans.
    let server = Server::start(Sync::Off);
    let database = server.database().await;

    check::<lists::Catalog>(&database.url(), PRODUCTS).await;
}
