//! Seeds many orders and measures each of the lists of them, for `cargo xtask bench lists`.
//!
//! ```sh
//! cargo run --release -p orders --example order_lists -- sqlite 1000000
//! ```

#[path = "shared/lists.rs"]
mod lists;

#[tokio::main]
async fn main() {
    testkit::lists::bench::<lists::Orders>().await;
}
