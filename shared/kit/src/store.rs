//! Data of one service: where it lives, its migrations, and SQLite with one writer.

mod migrate;
mod sqlite;
mod url;

pub use migrate::Migration;
pub use sqlite::{Sqlite, StoreError};
pub use url::{BadStoreUrl, StoreUrl};
