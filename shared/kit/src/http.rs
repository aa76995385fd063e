//! What a handler receives and answers: problem documents, validated bodies, parameters,
//! lists, entity tags, idempotency keys. Every rejection here is a [`Problem`].

mod document;
mod etag;
mod extract;
mod host;
mod idempotency;
mod integer;
pub mod kinds;
mod objects;
mod page;
mod problem;
mod text;
mod time;

pub use document::complete;
pub use etag::{ETag, IfMatch};
pub use extract::{
    Faults, Parse, Path, Query, RawBody, ValidJson, read_json, says_json, says_no_coding,
};
pub use host::host;
pub use idempotency::IdempotencyKey;
pub use integer::integer;
pub use page::{Cursor, Limit, List};
pub use problem::{FieldError, Kind, Problem, ProblemBody, is_problem};
pub use text::{Country, Line, Lines};
pub use time::milliseconds;
