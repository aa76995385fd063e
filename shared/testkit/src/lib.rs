//! What tests of several services share. [`service`] calls one service in process, as any caller;
//! [`postgres`], [`redis`] and [`pebble`] are real servers, [`program`] a service as a process, [`tls`] a client that
//! trusts one. [`lists`] asks a
//! store for all that it lists, and finds fault with what its database does for it; [`on_every_adapter`] makes tests of its contract.
//! [`authority`] asks every operation as everybody. `aws` makes topics and queues on an emulator, `secrets` a secret. [`corpus`] holds what
//! fuzzers found.

pub mod authority;
#[cfg(feature = "aws")]
pub mod aws;
pub mod corpus;
pub mod lists;
pub mod pebble;
mod plan;
pub mod postgres;
pub mod program;
pub mod redis;
#[cfg(feature = "secrets")]
pub mod secrets;
pub mod service;
mod store;
pub mod tls;

/// The services whose documents are in `openapi/`, but for the edge itself.
pub fn documented() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi");
    let entries = std::fs::read_dir(folder).expect("the documents are there");
    let names = entries.filter_map(|entry| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        Some(name.strip_suffix(".json")?.to_owned())
    });
    let mut names: Vec<_> = names.filter(|it| it != "edge" && it != "terrace").collect();
    names.sort();
    names
}

/// The bytes of a text in base32 without padding (RFC 4648 §6).
pub fn base32(text: &str) -> Vec<u8> {
    let digit = |c| "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(c);
    let digits = text.chars().map(|c| digit(c).expect("a digit of base32"));
    let bits: String = digits.map(|digit| format!("{digit:05b}")).collect();
    let bytes = bits.as_bytes().chunks_exact(8);
    let byte = |bits: &[u8]| bits.iter().fold(0, |byte, bit| byte << 1 | (bit - b'0'));
    bytes.map(byte).collect()
}
