//! Every operation of orders, called in process as the edge calls it, over fake neighbours; and the
//! rules that the operations stand on.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod app;
mod authority;
mod cancel_order;
mod cart;
mod change;
mod clear_cart;
mod consent;
mod deliver_order;
mod document;
mod fakes;
mod get_cart;
mod get_order;
mod kill;
mod list_all_orders;
mod list_orders;
mod money;
mod mortal;
mod names;
mod neighbours;
mod people;
mod place_order;
mod remove_cart_item;
mod replicas;
mod resume;
mod saga;
mod set_cart_item;
mod settings;
mod ship_order;
mod stream_order_events;
#[path = "../shared/table.rs"]
mod table;
