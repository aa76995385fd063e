//! The catalog's operations, called in process: one file an operation.

mod add_product;
mod change_product;
mod commit_reservation;
mod delete_product;
mod get_product;
mod list_categories;
mod popularity;
mod quote;
mod release;
mod reserve;
mod shop;
mod trust;
