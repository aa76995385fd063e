//! Static website hosting, the way an S3 website endpoint does it: index and error documents,
//! folders, validators, ranges, precompressed files, and headers that keep a page safe.
//!
//! Reading order: [`routes`] (what is answered), `key` (which paths are names of files), `files`
//! (what is read and held), `pages` (which addresses are pages), `negotiate`, `conditional`,
//! `policy` (security headers), `turns` (fairness between clients), [`cloudfront`] (the same from a bucket).
//!
//! Why not tower-http's `ServeDir`, which knows validators, ranges and precompressed files too: its
//! `ETag` is time and size, and two builds of a storefront often agree in both (hashed names have
//! one length, images one date), so a visitor would keep the old page; here as in S3 it is made of
//! the content, except of files above 4 MiB, which are not held in memory. And a page's policy names its inline scripts by hash: page, tag and policy have to
//! come from the same bytes, also while the build is being replaced.

pub mod cloudfront;
mod conditional;
mod config;
mod files;
mod key;
mod media;
mod negotiate;
mod pages;
mod policy;
mod routes;
mod state;
mod turns;

pub use config::Config;
pub use routes::app;
pub use state::{AppState, ConnectError, connect};
