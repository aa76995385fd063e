//! The catalog's operations, called in process: one file an operation, and `assortment`, `cache`,
//! `list_pages`, `popularity`, `search` and `trust` for parts of one and for what concerns several.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod add_product;
mod assortment;
mod authority;
mod cache;
mod change_product;
mod commit_reservation;
mod delete_product;
mod get_image;
mod get_product;
mod get_product_v2;
mod image_uploads;
mod list_categories;
mod list_facets;
mod list_pages;
mod list_products;
mod list_suggestions;
#[cfg(feature = "opensearch")]
mod opensearch;
mod popularity;
mod quote;
mod release;
mod reserve;
mod search;
mod set_image;
mod set_stock;
mod shared_cache;
mod shop;
mod trust;
