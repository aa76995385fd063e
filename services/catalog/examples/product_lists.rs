//! Seeds a shop and measures each of the catalog's lists, for `cargo xtask bench lists`.
//!
//! ```sh
//! cargo run --release -p catalog --example product_lists -- sqlite 100000
//! ```

#[path = "shared/lists.rs"]
mod lists;

#[tokio::main]
async fn main() {
    testkit::lists::bench::<lists::Catalog>().await;
}
